//! The rules of the house, measured.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what does not hold ends the test")]

use std::fs;
use std::path::{Path, PathBuf};

/// Lines of a file of code at most.
const MOST_LINES: usize = 400;
/// Lines of a function at most.
const MOST_FUNCTION_LINES: usize = 60;

/// Returns the files of the project that git tracks or would track.
fn files() -> Vec<PathBuf> {
    let output = std::process::Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(tests::project())
        .output()
        .unwrap();
    let list = String::from_utf8(output.stdout).unwrap();
    let files = list.split('\0').filter(|name| !name.is_empty()).map(|name| tests::project().join(name));
    // What a fixture holds is input, not ours.
    let input =
        |part: std::path::Component<'_>| ["fixtures", "inputs"].iter().any(|name| part.as_os_str() == *name);
    let ours = |path: &PathBuf| path.is_file() && !path.components().any(input);
    let mut files: Vec<PathBuf> = files.filter(ours).collect();
    files.sort();
    assert!(files.len() > 100, "the project's files are listed");
    files
}

fn code() -> Vec<(PathBuf, String)> {
    let rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    files().into_iter().filter(rust).map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// Fails with the whole list of what is wrong.
fn settle(problems: &[String]) {
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

fn name(path: &Path) -> String {
    path.strip_prefix(tests::project()).unwrap_or(path).display().to_string()
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent = code().into_iter().filter(|(_, text)| !text.starts_with("//!"));
    settle(&silent.map(|(path, _)| format!("{} does not open with //!", name(&path))).collect::<Vec<_>>());
}

#[test]
fn files_are_short() {
    let long = code().into_iter().filter_map(|(path, text)| {
        let lines = text.lines().count();
        (lines > MOST_LINES).then(|| format!("{}: {lines} lines; a second noun is hiding", name(&path)))
    });
    settle(&long.collect::<Vec<_>>());
}

#[test]
fn functions_are_short() {
    let mut problems = Vec::new();
    for (path, text) in code() {
        let mut open: Option<(usize, usize, String)> = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            if open.is_none() && is_function(line) {
                open = Some((number, indent, line.trim().to_owned()));
            } else if let Some((from, depth, head)) = &open {
                let ends = indent == *depth
                    && (line.trim_start().starts_with('}') || line.trim_end().ends_with(';'));
                if ends {
                    let lines = number - from + 1;
                    if lines > MOST_FUNCTION_LINES {
                        problems.push(format!("{}:{}: {lines} lines: {head}", name(&path), from + 1));
                    }
                    open = None;
                }
            }
        }
    }
    settle(&problems);
}

fn is_function(line: &str) -> bool {
    let text = line.trim_start();
    let words: Vec<&str> = text.split([' ', '(', '<']).collect();
    let at = words.iter().position(|word| *word == "fn");
    let before = |at: usize| {
        words.iter().take(at).all(|word| {
            word.starts_with("pub") || matches!(*word, "async" | "const" | "unsafe" | "crate)" | "super)")
        })
    };
    at.is_some_and(before) && !text.ends_with(';') && !text.ends_with('}')
}

#[test]
fn nothing_is_silenced_without_a_reason() {
    let mut problems = Vec::new();
    let forbidden = [format!("#[{}(", "allow"), format!("#![{}(", "allow"), format!("#[{}]", "ignore")];
    for (path, text) in code() {
        for (number, line) in text.lines().enumerate() {
            if forbidden.iter().any(|word| line.trim_start().starts_with(word.as_str())) {
                problems.push(format!("{}:{}: {}", name(&path), number + 1, line.trim()));
            }
        }
    }
    settle(&problems);
}

#[test]
fn no_text_names_what_it_must_not() {
    // Put together from pieces, so that this file does not name them.
    let hosts = [
        ["npm", "js.org"],
        ["npm", "js.com"],
        ["pypi", ".org"],
        ["pythonhosted", ".org"],
        ["crates", ".io/api"],
    ];
    let hosts = hosts.iter().map(|pieces| pieces.concat());
    let more =
        [["static.crates", ".io"], ["index.crates", ".io"], ["repo1.", "maven"], ["proxy.golang", ".org"]];
    let words: Vec<String> = hosts.chain(more.iter().map(|pieces| pieces.concat())).collect();
    let mut problems = Vec::new();
    for path in files() {
        let generated = path.file_name().is_some_and(|name| name == "Cargo.lock");
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate().filter(|_| !generated) {
            let lower = line.to_lowercase();
            for word in words.iter().filter(|word| lower.contains(word.as_str())) {
                problems.push(format!("{}:{}: names {word}", name(&path), number + 1));
            }
        }
    }
    settle(&problems);
}

/// What a newcomer is sent to is there, and each way to add something has an example.
#[test]
fn contributors_are_sent_to_files_that_are_there() {
    let text = fs::read_to_string(tests::project().join("CONTRIBUTING.md")).unwrap();
    let names = text.split('`').skip(1).step_by(2);
    let paths: Vec<&str> = names
        .filter(|name| name.contains('/') && !name.contains(|c: char| c.is_whitespace() || c == '<'))
        .collect();
    assert!(paths.len() > 10, "{paths:?}");
    let gone = paths.iter().filter(|path| !path.starts_with("src/") && !tests::project().join(path).exists());
    settle(&gone.map(|path| format!("CONTRIBUTING.md names {path}")).collect::<Vec<_>>());
    let sections = text.split("\n## ").filter(|section| section.contains("A file in"));
    let bare = sections.filter(|section| !section.contains("for example `"));
    settle(&bare.map(|section| format!("no example: {section}")).collect::<Vec<_>>());
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = fs::read_to_string(tests::project().join("Cargo.toml")).unwrap();
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    let missing = section.lines().filter(|line| {
        let dependency = line.contains('=') && !line.starts_with('#') && !line.contains("path = ");
        dependency && !line.contains(" # ")
    });
    settle(&missing.map(str::to_owned).collect::<Vec<_>>());
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let manifests =
        files().into_iter().filter(|path| path.file_name().is_some_and(|name| name == "Cargo.toml"));
    let without = manifests.filter(|path| path.parent() != Some(tests::project().as_path())).filter(|path| {
        let text = fs::read_to_string(path).unwrap();
        text.contains("[package]") && !text.contains("[lints]\nworkspace = true")
    });
    settle(&without.map(|path| name(&path)).collect::<Vec<_>>());
}

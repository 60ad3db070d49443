//! What is said on standard error and to people: nothing foreign drives the terminal, JSON lines are JSON lines, quiet is
//! quiet, and a standard error that is full changes no outcome.

#![cfg(unix)]

use std::fs;

use serde_json::Value;
use tests::{Ran, Site, token};

/// Clears the screen, sets the title.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;pwn\u{7}";

fn leaking() -> Site {
    let site = Site::new();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\n");
    site.write("leak.py", format!("token = \"{}\"\n", token(1)));
    site
}

/// Expects that a command says something, and nothing that drives a terminal.
fn harmless(site: &Site, arguments: &[&str]) -> Ran {
    let ran = site.run(arguments);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    let active = |character: char| character.is_control() && character != '\n' && character != '\t';
    assert!(!said.is_empty() && !said.contains(active), "{arguments:?}\n{said:?}");
    ran
}

#[test]
fn errors_quote_the_pipeline_file_harmlessly() {
    let escaped = "\\e[2J\\e]0;pwn\\x07";
    let pipelines = [
        format!("version: 1\nstages:\n  secrets: {{}}\nbaseline: \"a{escaped}b\"\n"),
        format!("version: 1\nstages:\n  secrets: {{ when: {{ paths: [\"{escaped}[\"] }} }}\n"),
        format!("version: 1\ngate:\n  rules: [{{ name: a, if: \"finding.{escaped}(\", action: fail }}]\n"),
        format!("version: 1\nreport: {{ \"{escaped}\": out }}\n"),
        format!("version: 1\nreport: {{ text: \"../{escaped}\" }}\n"),
        format!("version: 1\n\"{escaped}\": 1\n"),
        format!("version: 1\n# {HOSTILE}\nstages: [ {HOSTILE}\n"),
    ];
    for pipeline in pipelines {
        let site = Site::new();
        site.write("sluicegate.yaml", &pipeline).write("a.py", "1\n");
        let ran = harmless(&site, &["run", "--offline"]);
        assert_eq!(ran.code, 2, "{pipeline:?}\n{}", ran.stderr);
        assert!(ran.stderr.starts_with("error[configuration]: "), "{}", ran.stderr);
    }
    let ran = harmless(&leaking(), &["run", "--format", HOSTILE]);
    assert_eq!(ran.code, 2);
}

#[test]
fn names_of_files_are_told_harmlessly() {
    let site = Site::repository();
    let name = format!("src/{HOSTILE}\n  hit: forged.py");
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: { when: { paths: [\"src/**\"] } }\n");
    site.commit("start");
    site.git(&["checkout", "--quiet", "-b", "change"]);
    site.write(&name, format!("token = \"{}\"\n", token(1))).commit("change");
    let plan = harmless(&site, &["plan", "--since", "main"]);
    assert!(plan.stdout.contains("src/\\u{1b}[2J"), "{}", plan.stdout);
    assert!(!plan.stdout.contains("\n  hit: forged"), "{}", plan.stdout);
    harmless(&site, &["plan", "--since", "main", "--format", "json"]);
    assert_eq!(harmless(&site, &["run", "--offline", "--since", "main", "--record", "../record"]).code, 1);
    let report = site.run(&["report", "../record", "--format", "json"]);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let id = report["findings"][0]["id"].as_str().unwrap();
    let told = harmless(&site, &["explain", id, "--record", "../record"]);
    assert!(told.stdout.contains("at: src/\\u{1b}[2J"), "{}", told.stdout);
    site.remove(&name).write(&name, "1\n");
    harmless(&site, &["explain", "secrets", "--cache", "--since", "main"]);
}

#[test]
fn json_lines_are_all_there_is() {
    let site = leaking();
    for more in [&[][..], &["-v"], &["-vv"]] {
        let ran = site.run(&[&["run", "--offline", "--log-format", "json"], more].concat());
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        let lines: Vec<Value> =
            ran.stderr.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        let ended = lines.iter().find(|line| line["fields"]["findings"] == 1).unwrap();
        let fields = &ended["fields"];
        assert_eq!(
            (&fields["stage"], &fields["status"], &fields["gaps"]),
            (&"secrets".into(), &"findings".into(), &0.into())
        );
    }
    site.write("sluicegate.yaml", "nonsense: 1\n");
    let ran = site.run(&["run", "--log-format", "json"]);
    let line: Value = serde_json::from_str(ran.stderr.trim()).unwrap();
    assert_eq!((ran.code, &line["level"]), (2, &"ERROR".into()), "{}", ran.stderr);
}

/// An error says its kind first and what to do last, to people and to programs.
#[test]
fn every_error_has_a_kind_and_a_hint() {
    let check = |site: &Site, arguments: &[&str], kind: &str, help: &str| {
        let ran = site.run(arguments);
        let help = format!("\n  help: {help}");
        let said = ran.stderr.starts_with(&format!("error[{kind}]: ")) && ran.stderr.contains(&help);
        assert!(ran.code == 2 && said, "{arguments:?}\n{help}\n{}", ran.stderr);
        let ran = site.run(&[arguments, &["--log-format", "json"]].concat());
        let line: Value = serde_json::from_str(ran.stderr.trim()).expect(&ran.stderr);
        let fields = &line["fields"];
        let told = fields["help"].as_str().is_some_and(|told| help.contains(told.lines().next().unwrap()));
        assert!(fields["kind"] == kind && told, "{arguments:?}\n{line:#}");
    };
    let site = leaking();
    check(&site, &["run", "nope"], "usage", "name a folder that is there, or none for this one");
    let known = "name one of those that are known, or add it under `stages`";
    check(&site, &["run", "--stage", "nope"], "usage", known);
    check(&site, &["run", "--stage", "secretz"], "usage", "write `secrets`");
    let profiles = "name one of those, or add it under `profiles`";
    check(&site, &["run", "--profile", "nope"], "usage", profiles);
    let repository = "run `git init`, or name a folder inside a repository";
    check(&site, &["run", "--since", "main"], "usage", repository);
    for (text, help) in [
        ("version: 1\nstagez: {}\n", "write `stages`"),
        ("version: 1\nnonsense: {}\n", "take it out, or write one of those that are known"),
        ("version: 1\nversion: 1\n", "keep one of the two"),
        ("version: 1\nstages: [a\n", "close it"),
        ("version: 1\nstages: a\n", "write it as keys, each with its value"),
        ("version: 1\ngate: { fail-on: 3 }\n", "take it out, or write one of those that are known"),
        ("version: 1\nstages: { secrets: { disable: 3 } }\n", "write a list"),
        ("version: 1\nstages:\n\tsecrets: {}\n", "put spaces in the place of the tab"),
        ("version: 1\na: b: c\n", "put the value in quotes, or below its key"),
        ("version: 1\nstages: *a\n", "correct line 2 of sluicegate.yaml"),
        ("version: 2\n", "write `version: 1`, or update Sluicegate"),
        ("version: 1\nextends: [a.yaml]\n", "name a file that is in the tree, or take it out"),
        ("version: 1\nprofiles: { ci: { stages: [nope], scope: full } }\n", known),
        ("version: 1\nprofiles: { ci: { stages: [secretz], scope: full } }\n", "write `secrets`"),
        ("version: 1\nstages: { secretz: {} }\n", "write `secrets`"),
        (
            "version: 1\nstages: { secrets: { timeout: soon } }\n",
            "write it as `30s`, `5m` or `1h30m`, up to `24h`",
        ),
        ("version: 1\nwaivers: [{ id: a }]\n", "add the key"),
        ("version: 1\ntrust: true\n", "take `trust` out"),
    ] {
        site.write("sluicegate.yaml", text);
        check(&site, &["plan"], "configuration", help);
    }
    let place = site.tree().join("sluicegate.yaml");
    site.remove("sluicegate.yaml");
    std::os::unix::fs::symlink("leak.py", &place).unwrap();
    let file = "put the file itself in its place, or name it with `--config`";
    check(&site, &["plan"], "configuration", file);
    site.remove("sluicegate.yaml");
    assert!(std::process::Command::new("mkfifo").arg(&place).status().unwrap().success());
    check(&site, &["plan"], "configuration", "put one in its place, or name one with `--config`");
    let ran = site.run(&["nope"]);
    assert!(ran.code == 2 && ran.stderr.starts_with("error[usage]: "), "{}", ran.stderr);
}

#[test]
fn quiet_is_quiet() {
    let site = leaking();
    for command in [&["baseline", "--offline"][..], &["init", "--force"], &["run", "--offline"], &["plan"]] {
        let ran = site.run(&[&["-q"], command].concat());
        assert_eq!(ran.stderr, "", "{command:?}");
        let ran = site.run(&[&["-q", "--log-format", "json"], command].concat());
        assert_eq!(ran.stderr, "", "{command:?}");
    }
}

#[test]
fn one_is_one() {
    let ran = leaking().run(&["run", "--offline"]);
    assert!(ran.stderr.contains("secrets (tree): 1 finding, 0 gaps in "), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_error_changes_no_outcome() {
    let site = leaking();
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let check = |arguments: &[&str], code: i32| {
        let ran = Ran::of(site.command(arguments).stderr(full()).output().unwrap());
        assert_eq!(ran.code, code, "{arguments:?}\n{}", ran.stdout);
    };
    for talk in [&[][..], &["-vv"], &["-v", "--log-format", "json"]] {
        check(&[&["run", "--offline"], talk].concat(), 1);
        check(&[&["run", "--offline", "nowhere"], talk].concat(), 2);
        check(&[&["baseline", "--offline"], talk].concat(), 0);
    }
    check(&["nonsense"], 2);
    // What asked for it does not get it.
    let ran = Ran::of(site.command(&["--help"]).stdout(full()).output().unwrap());
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("error[incomplete]: cannot write to standard output"), "{}", ran.stderr);
}

/// Every name that a profile has wrong is told, in the order of the file.
#[test]
fn all_wrong_names_of_profiles_are_told() {
    let site = leaking();
    let profiles = "version: 1\nprofiles:\n  x: { stages: [secretz, bar], scope: full, require: [baz] }\n";
    site.write("sluicegate.yaml", profiles);
    let ran = site.run(&["plan"]);
    let told: Vec<&str> = ran
        .stderr
        .lines()
        .filter_map(|line| line.split_once("unknown stage `"))
        .map(|(_, name)| name.split('`').next().unwrap())
        .collect();
    assert_eq!((ran.code, told.as_slice()), (2, &["secretz", "bar", "baz"][..]), "{}", ran.stderr);
    assert!(ran.stderr.contains("\n  help: write `secrets`\n"), "{}", ran.stderr);
}

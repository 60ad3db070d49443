//! What a run writes and where: the code under check says nothing of files beside it, the user says everything.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what does not hold ends the test")]

use std::fs;

use tests::{RULES, Ran, Site, token};

fn site(report: &str) -> Site {
    let site = Site::repository();
    site.write("sluicegate.yaml", format!("version: 1\nstages:\n  secrets: {{}}\nreport: {report}\n"));
    site
}

/// Runs from another folder, so that only the folder under check can be what a path is relative to.
fn run(site: &Site, more: &[&str]) -> Ran {
    let tree = site.tree().display().to_string();
    let mut command = site.command(&["run", "--offline", &tree]);
    Ran::of(command.args(more).current_dir(site.home()).output().unwrap())
}

#[test]
fn the_pipeline_file_names_files_of_the_tree() {
    let site = site("{ text: out/report.txt, json: report.json }");
    let ran = run(&site, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(fs::read_to_string(site.tree().join("out/report.txt")).unwrap(), ran.stdout);
    assert!(fs::read_to_string(site.tree().join("report.json")).unwrap().contains("\"verdict\": \"pass\""));
    assert!(!site.home().join("out").exists());
}

#[test]
fn the_pipeline_file_names_nothing_else() {
    let victim = tempfile::tempdir().unwrap();
    let absolute = victim.path().join("absolute").display().to_string();
    let places =
        ["../victim", "a/../../victim", &absolute, ".git/hooks/pre-commit", ".GIT/config", "sub/.git/x"];
    for place in places {
        let site = site(&format!("{{ text: {place:?} }}"));
        fs::write(site.beside("victim"), "mine").unwrap();
        let ran = run(&site, &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{place}");
        assert!(
            ran.stderr.contains(place) && ran.stderr.contains("help: name a file below"),
            "{}",
            ran.stderr
        );
        assert_eq!(fs::read_to_string(site.beside("victim")).unwrap(), "mine", "{place}");
        assert!(!fs::exists(&absolute).unwrap() && !site.tree().join(".git/hooks/pre-commit").exists());
    }
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere() {
    let site = site("{ text: link/report.txt }");
    fs::create_dir(site.beside("victim")).unwrap();
    std::os::unix::fs::symlink("../victim", site.tree().join("link")).unwrap();
    assert_eq!(run(&site, &[]).code, 2);
    assert_eq!(fs::read_dir(site.beside("victim")).unwrap().count(), 0);
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\nreport: { text: direct }\n");
    fs::write(site.beside("file"), "mine").unwrap();
    std::os::unix::fs::symlink("../file", site.tree().join("direct")).unwrap();
    assert_eq!(run(&site, &[]).code, 2);
    assert_eq!(fs::read_to_string(site.beside("file")).unwrap(), "mine");
}

#[test]
fn a_change_does_not_say_where_reports_go() {
    let site = site("{ text: of-target.txt }");
    site.commit("start");
    site.git(&["checkout", "--quiet", "-b", "change"]);
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\nreport: { text: of-change.txt }\n");
    site.commit("change");
    let ran = run(&site, &["--since", "main"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(site.tree().join("of-target.txt").exists() && !site.tree().join("of-change.txt").exists());
}

#[test]
fn a_bare_repository_gets_no_file() {
    let site = site("{ text: hooks/pre-receive }");
    site.commit("start");
    let bare = site.beside("bare.git").display().to_string();
    site.git(&["clone", "--quiet", "--bare", ".", &bare]);
    let ran = site.run(&["run", "--offline", &bare]);
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(!site.beside("bare.git/hooks/pre-receive").exists());
}

#[test]
fn the_command_line_names_any_file() {
    let site = site("{}");
    let place = site.beside("anywhere").display().to_string();
    assert_eq!(run(&site, &["-f", &format!("json={place}"), "-f", "text", "-o", "../home/text"]).code, 0);
    assert!(site.beside("anywhere").exists() && site.home().join("text").exists());
}

#[test]
fn a_dash_is_standard_output() {
    let site = site("{}");
    site.write("leak.py", format!("token = \"{}\"\n", token(1)));
    let expected = run(&site, &["-f", "json"]).stdout;
    assert!(expected.starts_with('{'), "{expected}");
    for more in [&["-f", "json=-"][..], &["-f", "json", "-o", "-"]] {
        assert_eq!(run(&site, more).stdout, expected, "{more:?}");
        assert!(!site.home().join("-").exists());
    }
    assert_eq!(run(&site, &["-f", "json=-", "-f", "text"]).code, 2, "one of them needs a file");
}

#[test]
fn a_baseline_goes_to_standard_output_too() {
    let site = site("{}");
    site.write("leak.py", format!("token = \"{}\"\n", token(1)));
    let ran = site.run(&["baseline", "--offline", "-o", "-"]);
    assert!(ran.code == 0 && !ran.stderr.contains("wrote"), "{}", ran.stderr);
    assert!(!site.tree().join("-").exists());
    site.write("b.json", ran.stdout);
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\nbaseline: b.json\n");
    assert_eq!(run(&site, &[]).code, 0);
}

#[test]
fn a_file_takes_one_output() {
    let site = site("{ text: out.txt }");
    let check = |more: &[&str], code: i32, said: &str| {
        let ran = run(&site, more);
        assert_eq!(ran.code, code, "{more:?}\n{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{more:?}\n{}", ran.stderr);
    };
    let own = site.tree().join("out.txt").display().to_string();
    let twice = "error[usage]: several outputs would go to ./a\n  help: give each a file of its own";
    check(&["-f", "json=a", "-f", "sarif=./a"], 2, twice);
    check(&["-o", "a", "-f", "text", "-f", "json=./a"], 2, twice);
    check(&["-f", "json=a", "--record", "./a"], 2, twice);
    check(&["-f", &format!("json={own}")], 2, &format!("several outputs would go to {own}"));
    // What the pipeline file asks for already is asked for once.
    check(&["-f", &format!("text={own}")], 0, "");
    #[cfg(unix)]
    check(&["-f", "json=/dev/null", "-f", "sarif=/dev/null"], 0, "");
}

/// What decides what passes is not written over, whoever names it.
#[test]
fn no_output_takes_the_place_of_the_policy() {
    let site = Site::new();
    site.write("policy/base.yaml", "version: 1\n").write("a.py", "1\n").write("rules.yaml", RULES);
    site.run(&["baseline", "--offline", "-o", "b.json"]);
    let check = |report: &str, more: &[&str], said: &str| {
        let policy = "version: 1\nextends: [policy/base.yaml]\nstages: { secrets: { rules: [rules.yaml] } }\nbaseline: b.json\n";
        site.write("sluicegate.yaml", format!("{policy}report: {{ {report} }}\n"));
        let ran = run(&site, more);
        assert!(ran.code == 2 && ran.stderr.contains(said), "{report} {more:?}\n{}", ran.stderr);
        assert!(!ran.stderr.contains("secrets (tree)"), "nothing ran: {}", ran.stderr);
    };
    let pipeline = "it would take the place of sluicegate.yaml, the pipeline file\n";
    let places = [
        ("sluicegate.yaml", pipeline),
        (
            "./policy/base.yaml",
            "it would take the place of policy/base.yaml, which the pipeline file extends\n",
        ),
        ("b.json", "it would take the place of b.json, the baseline\n"),
        ("rules.yaml", "it would take the place of rules.yaml, a policy file of stage `secrets`\n"),
    ];
    for (file, said) in places {
        check(&format!("text: {file}"), &[], &format!("`{file}` is not written: {said}"));
        let file = site.tree().join(file).display().to_string();
        check("", &["-o", &file], &format!("the text report is not written to {file}: {said}"));
        check(
            "",
            &["-f", &format!("json={file}")],
            &format!("the json report is not written to {file}: {said}"),
        );
        check("", &["--record", &file], &format!("the record is not written to {file}: {said}"));
    }
    let other = site.tree().join("out.txt").display().to_string();
    assert_ne!(run(&site, &["-o", &other]).code, 2);
}

/// The pipeline file that is written is the one that is advised: what cannot be named there is not.
#[test]
fn a_baseline_is_advised_by_the_name_that_is_read() {
    let site = site("{}");
    let check = |place: &std::path::Path, said: &str| {
        let ran = site.run(&["baseline", "--offline", "-o", place.to_str().unwrap()]);
        assert!(ran.code == 0 && ran.stderr.contains(said), "{}", ran.stderr);
    };
    check(&site.tree().join("deep/b.json"), "`baseline: deep/b.json`");
    check(std::path::Path::new("./b.json"), "`baseline: b.json`");
    check(&site.beside("b.json"), "it lies outside of the tree, where no pipeline file can name it");
}

#[test]
fn what_cannot_be_written_keeps_no_verdict_back() {
    let site = site("{}");
    let check = |more: &[&str], code: i32, verdict: &str| {
        let ran = run(&site, more);
        assert_eq!(ran.code, code, "{more:?}\n{}", ran.stderr);
        assert!(ran.stdout.contains(verdict), "{}", ran.stdout);
        assert!(ran.stderr.contains("error[incomplete]: cannot write "), "{}", ran.stderr);
    };
    site.write("file", "");
    let nowhere = site.tree().join("file/report").display().to_string();
    let asked: [&[&str]; 2] = [&["-f", &format!("json={nowhere}"), "-f", "text"], &["--record", &nowhere]];
    for more in asked {
        check(more, 3, "pass");
    }
    site.write("leak.py", format!("token = \"{}\"\n", token(1)));
    for more in asked {
        check(more, 1, "fail");
    }
}

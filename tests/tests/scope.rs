//! How much is judged and by whose policy, whatever the change says of it: revisions, profiles, pull requests, pushes.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what does not hold ends the test")]

use serde_json::Value;
use tests::{Ran, Site, leak};

/// The policy of the target branch in most cases.
const STRICT: &str = "version: 1\nstages:\n  secrets: {}\ngate:\n  fail-on: high\n";
/// A pull request on GitHub that is to land on main.
const PULL: [(&str, &str); 3] =
    [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "pull_request"), ("GITHUB_BASE_REF", "main")];
/// A push to main on GitHub.
const PUSH: [(&str, &str); 3] =
    [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "push"), ("GITHUB_REF_NAME", "main")];

/// Returns a clone as a CI service makes it: remote branches, and `checked_out` without a branch.
fn cloned(site: &Site, checked_out: &str) -> Site {
    let clone = Site::new();
    let url = format!("file://{}", site.tree().display());
    clone.git(&["clone", "--quiet", "--no-local", &url, "."]);
    clone.git(&["checkout", "--quiet", "--detach", checked_out]);
    clone
}

fn run(site: &Site, environment: &[(&str, &str)], arguments: &[&str]) -> (Ran, Value) {
    let all = [&["run", "--offline", "--format", "json", "--format", "text=../text"], arguments].concat();
    let mut command = site.command(&all);
    let ran = Ran::of(command.envs(environment.iter().copied()).output().unwrap());
    let report = serde_json::from_str(&ran.stdout).unwrap_or(Value::Null);
    (ran, report)
}

/// Runs and expects an exit code; returns the report for people, with what is said on standard error.
fn check(site: &Site, environment: &[(&str, &str)], arguments: &[&str], code: i32) -> (String, Value) {
    let (ran, report) = run(site, environment, arguments);
    let text = std::fs::read_to_string(site.beside("text")).unwrap_or_default() + &ran.stderr;
    let _ = std::fs::remove_file(site.beside("text"));
    assert_eq!(ran.code, code, "{environment:?} {arguments:?}\n{text}");
    (text, report)
}

fn says(text: &str, expected: &[&str]) {
    for part in expected {
        assert!(text.contains(part), "`{part}` is not said:\n{text}");
    }
}

/// Returns the states of the findings, sorted.
fn states(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut states: Vec<String> = findings.map(|one| one["state"].as_str().unwrap().to_owned()).collect();
    states.sort();
    states
}

#[test]
fn a_change_does_not_get_rid_of_its_judge_by_scope() {
    let own = "version: 1\nprofiles:\n  ci: { stages: all, scope: full }\n  push: { stages: all, scope: full }\nstages:\n  secrets: {}\ngate:\n  fail-on: never\n";
    let site = Site::branched(STRICT);
    site.write("sluicegate.yaml", own).write("leak.py", leak(1)).commit("relax");
    for (environment, profile) in [(&[][..], "ci"), (&PULL, "ci"), (&[], "release"), (&[], "push")] {
        let (text, report) = check(&site, environment, &["--profile", profile], 1);
        says(&text, &["gate.fail-on"]);
        assert_eq!(states(&report), ["new"]);
    }
    // A leak that a later commit takes away stays in what is looked at.
    site.remove("leak.py").commit("hide");
    check(&site, &PULL, &["--profile", "ci"], 1);
}

#[test]
fn a_change_does_not_narrow_what_is_judged() {
    let wide = format!("{STRICT}profiles:\n  ci: {{ stages: all, scope: full }}\n");
    let site = Site::repository();
    site.write("sluicegate.yaml", &wide).write("old.py", leak(2)).commit("start");
    check(&site, &[], &["--profile", "ci"], 1);
    site.git(&["checkout", "--quiet", "-b", "change"]);
    site.write("sluicegate.yaml", wide.replace("full", "change")).commit("narrow");
    for environment in [&[][..], &PULL] {
        let (text, report) = check(&site, environment, &["--profile", "ci"], 1);
        says(&text, &["profiles.ci.scope"]);
        assert_eq!(states(&report), ["new"]);
    }
}

#[test]
fn an_inline_ignore_does_not_count_where_everything_is_judged() {
    let site = Site::branched(&format!("{STRICT}profiles:\n  ci: {{ stages: all, scope: full }}\n"));
    let line =
        leak(3).trim_end().to_owned() + "  # sluicegate:ignore github-personal-access-token -- never valid\n";
    site.write("leak.py", &line).commit("ignore");
    for arguments in [&["--profile", "ci"][..], &[]] {
        let (text, _) = check(&site, &PULL, arguments, 1);
        says(&text, &["does not have"]);
    }
    check(&site, &[], &[], 0);
    site.git(&["checkout", "--quiet", "main"]);
    site.git(&["merge", "--quiet", "change"]);
    site.git(&["checkout", "--quiet", "-b", "next"]);
    site.write("more.py", "1\n").commit("more");
    check(&site, &PULL, &[], 0);
}

#[test]
fn a_pull_request_is_judged_by_its_target_without_a_profile() {
    let site = Site::branched(STRICT);
    site.write("sluicegate.yaml", STRICT.replace("high", "never")).write("leak.py", leak(4)).commit("relax");
    let gitlab = [
        ("GITLAB_CI", "true"),
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
    ];
    for environment in [&PULL, &gitlab] {
        let (text, _) = check(&site, environment, &[], 1);
        says(&text, &["gate.fail-on", "no profile is given: everything is judged, by the policy of main"]);
    }
    check(&site, &[], &[], 0);
    // A target that cannot be had is no reason to do without.
    site.git(&["branch", "--quiet", "-D", "main"]);
    let (text, _) = check(&site, &PULL, &[], 2);
    says(&text, &["lands on main, which is not in the clone", "git fetch"]);
}

#[test]
fn a_push_to_the_target_is_compared_with_what_was_before() {
    let origin = Site::repository();
    origin.write("sluicegate.yaml", STRICT).write("old.py", leak(5));
    let before = origin.commit("start");
    origin.write("leak.py", leak(6)).commit("leak");
    let site = cloned(&origin, "origin/main");
    let event = site.beside("event.json");
    let told = |before: &str| {
        let told = serde_json::json!({ "before": before, "repository": { "default_branch": "main" } });
        std::fs::write(&event, told.to_string()).unwrap();
    };
    let path = event.display().to_string();
    let push = [&PUSH[..], &[("GITHUB_EVENT_PATH", path.as_str())]].concat();
    told(&before);
    let (_, report) = check(&site, &push, &["--profile", "ci"], 1);
    assert_eq!(states(&report), ["new", "unchanged"]);
    let gitlab = [
        ("GITLAB_CI", "true"),
        ("CI_PIPELINE_SOURCE", "push"),
        ("CI_COMMIT_BRANCH", "main"),
        ("CI_DEFAULT_BRANCH", "main"),
        ("CI_COMMIT_BEFORE_SHA", before.as_str()),
    ];
    let (_, report) = check(&site, &gitlab, &["--profile", "ci"], 1);
    assert_eq!(states(&report), ["new", "unchanged"]);
    // What was before is not known: nothing is taken for compared.
    for unknown in ["0".repeat(40), "12".repeat(20)] {
        told(&unknown);
        let (text, report) = check(&site, &push, &["--profile", "ci"], 1);
        assert_eq!(states(&report), ["new", "new"]);
        says(&text, &["has the commit under check already, so everything in it counts as new"]);
    }
    let (text, _) = check(&site, &PUSH, &["--profile", "ci"], 1);
    says(&text, &["counts as new", "--since"]);
    check(&site, &[], &["--profile", "ci"], 1);
}

#[test]
fn a_push_to_another_branch_is_compared_with_the_default_branch() {
    let origin = Site::branched(STRICT);
    origin.write("leak.py", leak(7));
    let before = origin.commit("leak");
    origin.write("more.py", "1\n").write("sluicegate.yaml", STRICT.replace("high", "never")).commit("more");
    let site = cloned(&origin, "origin/change");
    let gitlab = [
        ("GITLAB_CI", "true"),
        ("CI_PIPELINE_SOURCE", "push"),
        ("CI_COMMIT_BRANCH", "change"),
        ("CI_DEFAULT_BRANCH", "main"),
        ("CI_COMMIT_BEFORE_SHA", before.as_str()),
    ];
    let (text, _) = check(&site, &gitlab, &["--profile", "ci"], 1);
    says(&text, &["gate.fail-on"]);
}

#[test]
fn a_revision_is_what_was_written() {
    let origin = Site::repository();
    origin.write("sluicegate.yaml", STRICT).commit("start");
    origin.write("leak.py", leak(8)).commit("leak");
    origin.git(&["branch", "v1"]);
    origin.write("more.py", "1\n").commit("more");
    let site = cloned(&origin, "origin/main");
    site.git(&["checkout", "--quiet", "-b", "topic"]);
    site.write("mine.py", "1\n").commit("mine");
    // Of the remote's HEAD this would be the commit before the leak's.
    let (_, report) = check(&site, &[], &["--since", "HEAD~2"], 0);
    assert_eq!(states(&report), ["unchanged"]);
    site.git(&["tag", "v1", "HEAD~3"]);
    let (_, report) = check(&site, &[], &["--since", "v1"], 1);
    assert_eq!(states(&report), ["new"]);
    // What is nothing here is the remote's; what the CI service says is the remote's from the start.
    site.git(&["tag", "--delete", "v1"]);
    check(&site, &[], &["--since", "v1"], 0);
    site.git(&["branch", "--quiet", "main-old", "HEAD~3"]);
    site.git(&["branch", "--quiet", "--force", "main", "HEAD~3"]);
    let (_, report) = check(&site, &PULL, &["--profile", "ci"], 0);
    assert_eq!(states(&report), ["unchanged"]);
}

#[test]
fn a_first_push_is_judged_as_a_whole() {
    let site = Site::repository();
    site.write("sluicegate.yaml", STRICT).write("leak.py", leak(9)).commit("start");
    let (_, report) = check(&site, &[], &["--profile", "push"], 1);
    assert_eq!(states(&report), ["new"]);
    site.git(&["checkout", "--quiet", "-b", "topic"]);
    site.write("sluicegate.yaml", STRICT.replace("high", "never")).commit("relax");
    let (text, _) = check(&site, &[], &["--profile", "push"], 1);
    says(&text, &["gate.fail-on"]);
}

#[test]
fn a_revision_without_a_difference_is_said() {
    let site = Site::branched(STRICT);
    let (text, _) = check(&site, &[], &["--since", "HEAD"], 0);
    says(&text, &["nothing differs from HEAD: there is no change to judge"]);
    site.write("leak.py", leak(10));
    check(&site, &[], &["--since", "HEAD"], 1);
}

#[test]
fn what_past_commits_held_is_not_new() {
    let site = Site::repository();
    site.write("sluicegate.yaml", STRICT.replace("secrets: {}", "secrets: { history: all }"));
    site.write("old.py", leak(11)).commit("start");
    site.remove("old.py").commit("hide");
    // What other branches hold is nothing that this change brings.
    site.git(&["checkout", "--quiet", "-b", "other"]);
    site.write("other.py", leak(12)).commit("other");
    site.git(&["checkout", "--quiet", "-b", "change", "main"]);
    site.write("src/app.py", "print('shop')\n").commit("unrelated");
    for environment in [&[][..], &PULL] {
        let (_, report) = check(&site, environment, &["--profile", "ci"], 0);
        assert_eq!(states(&report), ["unchanged", "unchanged"], "{report:#}");
    }
    site.write("leak.py", leak(13)).commit("leak");
    site.remove("leak.py").commit("hide");
    let (_, report) = check(&site, &[], &["--since", "main"], 1);
    assert_eq!(states(&report), ["new", "unchanged", "unchanged"], "{report:#}");
    // A tree judged as a whole has them all.
    check(&site, &[], &[], 1);
}

#[test]
fn what_is_no_commit_is_told_with_what_to_do() {
    let site = Site::branched(STRICT);
    let refused = |revision: &str, expected: &str| {
        let ran = site.run(&["run", "--offline", "--since", revision]);
        assert!(ran.code == 2 && ran.stderr.contains(expected), "{revision}\n{}", ran.stderr);
    };
    let range = "is a range, and --since takes one commit\n  help: name the commit that the range begins behind: --since ";
    refused("main..change", &format!("error[usage]: `main..change` {range}main\n"));
    refused("main...", &format!("error[usage]: `main...` {range}main\n"));
    refused("..change", &format!("error[usage]: `..change` {range}HEAD\n"));
    refused("nowhere", "error[usage]: `nowhere` names no commit\n");
    refused("nowhere", "help: check the spelling, or fetch it");
}

#[test]
fn a_bare_repository_without_a_head_says_what_to_do() {
    let site = Site::branched(STRICT);
    let bare = site.beside("bare.git").display().to_string();
    site.git(&["clone", "--quiet", "--bare", ".", &bare]);
    let refused = |arguments: &[&str], expected: &[&str]| {
        let ran = site.run(&[arguments, &[&bare]].concat());
        assert!(ran.code == 2 && expected.iter().all(|text| ran.stderr.contains(text)), "{}", ran.stderr);
    };
    refused(&["init", "--force"], &["is a bare repository", "help: write it in a clone"]);
    site.git(&["-C", &bare, "symbolic-ref", "HEAD", "refs/heads/nowhere"]);
    let said = [
        "error[usage]: HEAD of the bare repository ",
        " names no commit",
        "symbolic-ref HEAD refs/heads/BRANCH",
    ];
    refused(&["run", "--offline"], &said);
    site.git(&["-C", &bare, "symbolic-ref", "HEAD", "refs/heads/main"]);
    assert_eq!(site.run(&["run", "--offline", &bare]).code, 0);
}

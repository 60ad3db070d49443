//! Profiles that name more than there is, and stages that find nothing to look at: both are told.

use serde_json::{Value, json};
use tests::Site;

/// The profiles of the design, and one stage.
const FILE: &str = "version: 1
profiles:
  push: { stages: [secrets, sast, dependencies], scope: full }
  ci: { stages: all, scope: change }
  release: { stages: all, scope: full, require: [sign] }
stages:
  secrets: { history: outgoing }
";

fn site() -> Site {
    let site = Site::repository();
    site.write("sluicegate.yaml", FILE).write("src/app.py", "print('shop')\n").commit("start");
    site
}

#[test]
fn a_profile_may_name_what_is_not_there() {
    let site = site();
    let (code, report) = site.report(&["--offline", "--profile", "push"]);
    assert_eq!(code, 0, "{report:#}");
    let notes = json!([
        "stage `dependencies` takes no part: named by profile `push`, and no file configures it",
        "stage `sast` takes no part: named by profile `push`, and this version has no such stage",
    ]);
    assert_eq!(report["gate"]["notes"], notes);
    let plan = site.run(&["plan", "--offline", "--profile", "push"]).stdout;
    assert!(plan.contains("\nsast\n  not there: named by profile `push`"), "{plan}");
}

#[test]
fn what_a_profile_requires_and_is_not_there_leaves_the_run_incomplete() {
    let (code, report) = site().report(&["--offline", "--profile", "release"]);
    assert_eq!((code, &report["verdict"]), (3, &Value::from("incomplete")), "{report:#}");
    assert_eq!(
        (&report["gaps"][0]["stage"], &report["gaps"][0]["code"]),
        (&json!("sign"), &json!("required"))
    );
}

#[test]
fn a_name_that_no_stage_could_have_is_refused() {
    let site = site();
    site.write("sluicegate.yaml", FILE.replace("sast", "dependences"));
    let ran = site.run(&["run", "--offline"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("unknown stage `dependences`, named by profile `push`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("did you mean `dependencies`?"), "{}", ran.stderr);
}

#[test]
fn commits_that_a_run_does_not_name_are_told() {
    let site = site();
    let commits = |arguments: &[&str]| {
        let (code, report) = site.report(&[&["--offline"], arguments].concat());
        assert_eq!(code, 0, "{report:#}");
        let stages = report["stages"].as_array().cloned().unwrap_or_default();
        let of_commits = stages.into_iter().filter(|stage| stage["subject"] == "commits");
        of_commits.map(|stage| format!("{} {}", stage["status"], stage["reason"])).collect::<Vec<_>>()
    };
    let skipped = "\"skipped\" \"this run names no commits: a change or a push does\"";
    assert_eq!(commits(&[]), [skipped]);
    let plan = site.run(&["plan", "--offline"]).stdout;
    assert!(plan.contains("secrets (commits)\n  skipped: this run names no commits"), "{plan}");
    site.git(&["checkout", "--quiet", "-b", "change"]);
    site.write("src/more.py", "print('more')\n").commit("more");
    assert_eq!(commits(&["--since", "main"]), ["\"clean\" null"]);
    site.write("sluicegate.yaml", FILE.replace("outgoing", "all"));
    assert_eq!(commits(&[]), ["\"clean\" null"]);
}

#[test]
fn severities_are_not_compared_as_texts() {
    let site = site();
    let gate = "gate:\n  rules:\n    - { name: bad, if: \"finding.severity >= 'high'\", action: fail }\n";
    site.write("sluicegate.yaml", format!("{FILE}{gate}"));
    let ran = site.run(&["run", "--offline"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    for expected in ["sluicegate.yaml:10:", "orders `finding.severity` by `>=`", "write `finding.rank >= 4`"]
    {
        assert!(ran.stderr.contains(expected), "{expected}:\n{}", ran.stderr);
    }
}

/// On a developer's machine nothing tells which branch is meant: that keeps no stage from running, and is said.
#[test]
fn a_branch_that_nobody_tells_keeps_nothing_from_running() {
    let site = site();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: { when: { branch: main } }\n");
    let why = "no CI service tells the branch, so `when.branch` keeps nothing from running";
    let (code, report) = site.report(&["--offline"]);
    assert_eq!((code, &report["gate"]["notes"]), (0, &json!([format!("stage `secrets` runs: {why}")])));
    let plan = site.run(&["plan", "--offline"]).stdout;
    assert!(plan.contains(&format!("\n  runs: in profile `default`; {why}\n")), "{plan}");
}

//! What a run would do and what the cache knows of it: `plan` and `explain --cache` say what the next run does.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: what does not hold ends the test"
)]

use serde_json::Value;
use tests::Site;

/// A tree whose lockfiles name a package that the database knows.
fn shop() -> Site {
    let site = Site::repository().shop();
    site.write("more/requirements.txt", "flask==2.2.4\n").commit("start");
    site
}

/// Returns what the plan says of the cache, stage by stage.
fn planned(site: &Site, more: &[&str]) -> Vec<(String, String)> {
    let ran = site.run(&[&["plan", "--format", "json"], more].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let stages = plan["stages"].as_array().unwrap().iter().filter(|stage| stage["subject"] == "tree");
    stages.map(|stage| (text(&stage["id"]), text(&stage["cache"]))).collect()
}

/// What a stage needs is told to programs whole, and to people in short.
#[test]
fn a_plan_names_every_pattern() {
    let site = shop();
    let plan: Value = serde_json::from_str(&site.run(&["plan", "--format", "json"]).stdout).unwrap();
    let stages = plan["stages"].as_array().unwrap();
    let inventory = stages.iter().find(|stage| stage["id"] == "inventory").unwrap();
    let files = &inventory["needs"][0];
    let globs: Vec<&str> = files["globs"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(files["what"] == "files" && globs.len() > 6 && globs.contains(&"**/Cargo.lock"), "{files:#}");
    let text = site.run(&["plan"]).stdout;
    assert!(text.contains(&format!("and {} more\n", globs.len() - 6)), "{text}");
}

fn explained(site: &Site, more: &[&str]) -> String {
    let ran = site.run(&[&["explain", "dependencies", "--cache"], more].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout
}

#[test]
fn a_stage_that_is_handed_artifacts_is_told_of_too() {
    let site = shop();
    let said = |inventory: &str, dependencies: &str, secrets: &str| {
        let pairs = [("inventory", inventory), ("dependencies", dependencies), ("secrets", secrets)];
        pairs.map(|(id, cache)| (id.to_owned(), cache.to_owned())).to_vec()
    };
    assert_eq!(planned(&site, &[]), said("nothing kept", "known when `inventory` has run", "nothing kept"));
    assert!(explained(&site, &[]).contains("depends on what `inventory` gives"), "{}", explained(&site, &[]));
    assert_eq!(site.run(&["run", "--offline"]).code, 1);
    assert_eq!(planned(&site, &[]), said("hit", "hit", "hit"));
    assert!(explained(&site, &[]).contains("  hit: "), "{}", explained(&site, &[]));
    site.write("requirements.txt", "flask==2.2.5\n");
    let changed = "miss, 1 input changed";
    assert_eq!(planned(&site, &[]), said(changed, "known when `inventory` has run", changed));
    assert_eq!(site.run(&["run", "--offline"]).code, 1);
    // The lockfile reads the same again: the answer before the last one holds.
    site.write("requirements.txt", "flask==2.2.4\n");
    assert_eq!(planned(&site, &[])[1].1, "hit");
}

#[test]
fn what_is_explained_is_what_the_same_arguments_run() {
    let site = shop();
    site.git(&["checkout", "--quiet", "-b", "change"]);
    site.write("requirements.txt", "flask==2.2.4 # old\n").commit("change");
    for arguments in [&["--since", "main"][..], &["--profile", "ci"], &["--include-ignored"]] {
        let ran = site.run(&[&["run", "--offline"], arguments].concat());
        assert!(ran.code < 2, "{arguments:?}\n{}{}", ran.stdout, ran.stderr);
        assert!(explained(&site, arguments).contains("  hit: "), "{arguments:?}");
    }
    let absent = site.run(&["explain", "inventory", "--cache", "--stage", "secrets"]);
    assert_eq!(absent.code, 2, "{}", absent.stdout);
}

#[test]
fn without_git_the_plan_says_so() {
    let site = Site::new();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: { history: all }\n").write("a.py", "1\n");
    let ran = site.run(&["plan"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("so there are no commits"), "{}", ran.stdout);
}

#[test]
fn many_patterns_take_one_short_line() {
    let site = Site::new();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  dependencies: {}\n").write("go.mod", "module a\n");
    let plan = site.run(&["plan"]).stdout;
    let longest = plan.lines().map(str::len).max().unwrap();
    assert!(longest < 200 && plan.contains(" more\n"), "{plan}");
}

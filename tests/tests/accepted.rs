//! `sluicegate baseline`: it can be begun, continued and trusted to hold what it says.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: what does not hold ends the test"
)]

use std::fs;

use serde_json::Value;
use tests::{Site, leak, project};

const FILE: &str = ".sluicegate/baseline.json";

/// A tree with a secret and a vulnerable package, and a database that knows it.
fn shop() -> Site {
    let site = Site::new().shop();
    site.write("leak.py", leak(1));
    site
}

/// Returns the stages of the baseline's entries.
fn entries(site: &Site) -> Vec<String> {
    let baseline: Value = serde_json::from_slice(&fs::read(site.tree().join(FILE)).unwrap()).unwrap();
    let findings = baseline["findings"].as_array().unwrap();
    findings.iter().map(|entry| entry["stage"].as_str().unwrap().to_owned()).collect()
}

/// Returns the pipeline file that the README shows.
fn of_readme() -> String {
    let readme = fs::read_to_string(project().join("README.md")).unwrap();
    let lines = readme.lines().skip_while(|line| *line != "    version: 1");
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with("    "));
    lines.map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or_default())).collect()
}

#[test]
fn the_file_that_the_readme_shows_can_be_begun_with() {
    let site = shop();
    site.write("sluicegate.yaml", of_readme());
    let first = site.run(&["run", "--offline"]);
    assert_eq!(first.code, 2, "{}", first.stderr);
    assert!(first.stderr.contains("sluicegate baseline"), "{}", first.stderr);
    let ran = site.run(&["baseline", "--offline"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(entries(&site), ["dependencies", "secrets"]);
    let after = site.run(&["run", "--offline"]);
    assert_eq!(after.code, 0, "{}{}", after.stdout, after.stderr);
    site.write("more.py", leak(2));
    assert_eq!(site.run(&["run", "--offline"]).code, 1);
}

#[test]
fn a_baseline_is_no_finding() {
    for seed in 0..4 {
        let site = Site::new();
        site.write("leak.py", leak(seed));
        let gate = "gate: { fail-on: low }\n";
        site.write(
            "sluicegate.yaml",
            format!("version: 1\nstages:\n  secrets: {{}}\nbaseline: {FILE}\n{gate}"),
        );
        assert_eq!(site.run(&["baseline", "--offline"]).code, 0);
        let (code, report) = site.report(&["--offline"]);
        assert_eq!((code, report["findings"].as_array().unwrap().len()), (0, 1), "{report:#}");
        // Written again it says the same.
        let text = fs::read_to_string(site.tree().join(FILE)).unwrap();
        assert_eq!(site.run(&["baseline", "--offline"]).code, 0);
        assert_eq!(fs::read_to_string(site.tree().join(FILE)).unwrap(), text);
    }
}

#[test]
fn what_was_not_looked_at_is_not_accepted() {
    let site = shop();
    fs::remove_dir_all(site.home().join(".local/share")).unwrap();
    let ran = site.run(&["baseline", "--offline"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("help: ") && ran.stderr.contains("sluicegate db update"), "{}", ran.stderr);
    assert!(!site.tree().join(FILE).exists());
    let ran = site.run(&["baseline", "--offline", "--force"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert_eq!(entries(&site), ["secrets"]);
}

#[test]
fn a_part_of_the_pipeline_leaves_the_other_entries() {
    let site = shop();
    let accept = |more: &[&str], expected: &[&str]| {
        let ran = site.run(&[&["baseline", "--offline"], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(entries(&site), expected, "{more:?}");
    };
    accept(&[], &["dependencies", "secrets"]);
    site.write("more.py", leak(2));
    accept(&["--stage", "secrets"], &["dependencies", "secrets", "secrets"]);
    accept(&["--stage", "dependencies"], &["dependencies", "secrets", "secrets"]);
    site.remove("more.py");
    accept(&["--stage", "dependencies"], &["dependencies", "secrets", "secrets"]);
    accept(&["--stage", "secrets"], &["dependencies", "secrets"]);
    // A stage that is out of the pipeline is out of the baseline.
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\n");
    accept(&[], &["secrets"]);
}

#[test]
fn a_file_of_somebody_else_stays() {
    let site = shop();
    site.write(FILE, "{}\n");
    let ran = site.run(&["baseline", "--offline"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert_eq!(fs::read_to_string(site.tree().join(FILE)).unwrap(), "{}\n");
    assert_eq!(site.run(&["baseline", "--offline", "--force"]).code, 0);
    assert_eq!(entries(&site), ["dependencies", "secrets"]);
}

/// A part of a repository is judged by the policy at its root, whose baseline is the one to write.
#[test]
fn a_baseline_of_a_part_is_the_one_that_the_policy_names() {
    let site = Site::repository();
    let named = "version: 1\nstages:\n  secrets: {}\nbaseline: policy/accepted.json\n";
    site.write("sluicegate.yaml", named)
        .write("a/leak.py", leak(1))
        .write("b/leak.py", leak(2))
        .commit("start");
    assert_eq!(site.run(&["baseline", "--offline", "a"]).code, 0);
    assert!(site.tree().join("policy/accepted.json").is_file());
    assert_eq!(
        [site.run(&["run", "--offline", "a"]).code, site.run(&["run", "--offline", "b"]).code],
        [0, 1]
    );
    // The next part takes nothing of it away.
    let said = site.run(&["baseline", "--offline", "b"]);
    assert!(said.stderr.contains("`baseline: policy/accepted.json`"), "{said:?}");
    assert_eq!(site.run(&["run", "--offline"]).code, 0);
    let other = site.run(&["baseline", "--offline", "--output", "other.json", "a"]);
    assert!(other.code == 0 && site.tree().join("other.json").is_file(), "{other:?}");
    site.write("sluicegate.yaml", named.replace("policy/", "../"));
    assert_eq!(site.run(&["baseline", "--offline"]).code, 2);
}

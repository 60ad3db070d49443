//! A repository whose file extends the policy of its organization: both configure a stage, and the stricter counts.

#![expect(clippy::indexing_slicing, reason = "helpers of tests: what does not hold ends the test")]

use serde_json::Value;
use tests::{Site, token};

/// The file of a repository that lets its own folder of tests pass.
const OWN: &str = "version: 1\nextends: [./org.yaml]\nstages:\n  secrets:\n    allow:\n      - { path: \"fixtures/**\", reason: \"made up\" }\n";
/// The policy of an organization that lets nothing pass.
const STRICT: &str = "version: 1\nstages:\n  secrets: {}\n";

/// Makes a repository with a secret under `fixtures`, on a branch of its own when `since` is set.
fn site(own: &str, organization: &str, since: bool) -> Site {
    let site = Site::repository();
    site.write("sluicegate.yaml", own).write("org.yaml", organization).write("src/app.py", "print('shop')\n");
    site.commit("start");
    if since {
        site.git(&["checkout", "--quiet", "-b", "change"]);
    }
    site.write("fixtures/key.py", format!("token = \"{}\"\n", token(1)));
    site.commit("a key");
    site
}

/// Judges the whole, or the branch by main; returns the exit code and the report.
fn judge(site: &Site, since: bool) -> (i32, Value) {
    let arguments: &[&str] = if since { &["--offline", "--since", "main"] } else { &["--offline"] };
    let (code, report) = site.report(arguments);
    assert_eq!(site.run(&[&["run"], arguments].concat()).code, code);
    (code, report)
}

/// Expects one run of `secrets` and the states of what it found.
fn check(own: &str, organization: &str, code: i32, states: &[&str]) {
    for since in [false, true] {
        let (ended, report) = judge(&site(own, organization, since), since);
        assert_eq!(ended, code, "since: {since}\n{report:#}");
        let of_secrets = |value: &&Value| value["id"] == "secrets" && value["subject"] == "tree";
        assert_eq!(report["stages"].as_array().into_iter().flatten().filter(of_secrets).count(), 1);
        let found: Vec<&Value> = report["findings"].as_array().into_iter().flatten().collect();
        let said: Vec<&str> = found.iter().filter_map(|finding| finding["state"].as_str()).collect();
        assert_eq!(said, states, "since: {since}\n{report:#}");
    }
}

#[test]
fn a_list_of_the_repository_alone_lets_nothing_pass() {
    check(OWN, STRICT, 1, &["new"]);
}

#[test]
fn a_list_of_both_lets_pass() {
    let same =
        "version: 1\nstages:\n  secrets:\n    allow:\n      - { path: \"fixtures/**\", reason: \"also\" }\n";
    check(OWN, same, 0, &["waived"]);
}

#[test]
fn a_list_of_the_organization_alone_lets_nothing_pass() {
    let own = "version: 1\nextends: [./org.yaml]\nstages:\n  secrets: {}\n";
    check(own, &OWN.replace("extends: [./org.yaml]\n", ""), 1, &["new"]);
}

#[test]
fn a_change_that_adds_a_list_of_its_own_is_told() {
    let site = site(&OWN.replace("fixtures", "samples"), STRICT, true);
    site.write("sluicegate.yaml", OWN);
    site.commit("let it pass");
    let (code, report) = judge(&site, true);
    assert_eq!(code, 1, "{report:#}");
    let key = |finding: &&Value| finding["location"]["path"] == "fixtures/key.py";
    let found: Vec<&Value> = report["findings"].as_array().into_iter().flatten().filter(key).collect();
    assert_eq!((found.len(), &found[0]["state"]), (1, &Value::from("new")));
}

#[test]
fn a_record_of_several_configurations_is_read_back() {
    let site = site(OWN, STRICT, true);
    let file = site.beside("record");
    let file = file.to_str().unwrap_or_default();
    let ran = site.run(&["run", "--since", "main", "--offline", "--format", "json", "--record", file]);
    let read = site.run(&["report", file, "--format", "json"]);
    assert_eq!((read.code, &read.stdout), (ran.code, &ran.stdout), "{}", read.stderr);
    assert_eq!(ran.code, 1);
}

#[test]
fn the_shards_of_a_run_hold_each_configuration_once() {
    let site = site(OWN, STRICT, false);
    let files = ["1", "2"].map(|shard| site.beside(shard).display().to_string());
    for (number, file) in files.iter().enumerate() {
        let shard = format!("{}/2", number + 1);
        site.run(&["run", "--offline", "--quiet", "--shard", &shard, "--record", file]);
    }
    let [one, other] = &files;
    let merged = site.run(&["report", one, other, "--format", "json"]);
    assert_eq!(merged.code, 1, "{}", merged.stderr);
    let report: Value = serde_json::from_str(&merged.stdout).unwrap_or_default();
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1));
}

/// What a file does not say it does not loosen, and a waiver stands where it was written.
#[test]
fn a_file_that_says_nothing_of_the_gate_loosens_nothing() {
    let own = "version: 1\nextends: [./org.yaml]\nstages: { secrets: {} }\nwaivers:\n  \
               - { id: CVE-2020-0001, reason: made up, owner: me, expires: 2999-01-31 }\n";
    let organization = "version: 1\ngate: { fail-on: medium, unknown-as: critical }\n";
    let (code, report) = judge(&site(own, organization, false), false);
    assert_eq!((code, &report["gate"]["loosened"]), (1, &Value::Array(vec![])), "{report:#}");
    let told = site(own, organization, false).run(&["run", "--offline"]).stdout;
    assert!(told.contains("sluicegate.yaml:5:5") && !told.contains("org.yaml:"), "{told}");
    let looser = "version: 1\nextends: [./org.yaml]\nstages: { secrets: {} }\ngate: { fail-on: critical }\n";
    let (_, report) = judge(&site(looser, organization, false), false);
    assert_eq!(report["gate"]["loosened"].as_array().map(Vec::len), Some(1), "{report:#}");
}

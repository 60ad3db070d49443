//! A credential that takes the place of another is a new one, however little of it a fingerprint may say, and many are many.

#![expect(clippy::indexing_slicing, reason = "helpers of tests: what does not hold ends the test")]

use serde_json::Value;
use tests::{Site, token};

const POLICY: &str = "version: 1\nstages:\n  secrets: {}\ngate:\n  fail-on: low\n";

/// Expects what a change finds that turns `before` into `after`.
fn check(before: &str, after: &str, code: i32, expected: &[&str]) {
    let site = Site::repository();
    site.write("sluicegate.yaml", POLICY).write("settings.env", before).commit("start");
    site.git(&["checkout", "--quiet", "-b", "change"]);
    site.write("settings.env", after).commit("change");
    let (ended, report) = site.report(&["--since", "main", "--offline", "--stage", "secrets"]);
    let found: Vec<&Value> = report["findings"].as_array().into_iter().flatten().collect();
    let states: Vec<&str> = found.iter().filter_map(|finding| finding["state"].as_str()).collect();
    assert_eq!((ended, states.as_slice()), (code, expected), "{before} → {after}\n{report:#}");
}

fn url(password: &str) -> String {
    format!("DATABASE_URL=postgres://shop:{password}@10.20.0.7/shop\n")
}

#[test]
fn a_new_password_in_a_url_is_new() {
    check(&url("Xk29fjQ8zLmP"), &url("Rw71bcV5tNqS"), 1, &["new"]);
    check(&url("tr0ub4dor"), &url("h0rs3sho3"), 1, &["new"]);
}

#[test]
fn a_new_password_of_an_assignment_is_new() {
    let line = |password: &str| format!("db_password = \"{password}\"\n");
    check(&line("Xk29fjQ8zLmP"), &line("Rw71bcV5tNqS"), 1, &["new"]);
}

#[test]
fn a_line_that_moves_is_unchanged() {
    for password in ["Xk29fjQ8zLmP", "tr0ub4dor"] {
        let moved = format!("# the database of the shop\n\n\nPORT=80\n{}MODE=test\n", url(password));
        check(&url(password), &moved, 0, &["unchanged"]);
    }
}

#[test]
fn a_new_token_is_new_and_stays_so_behind_a_long_beginning() {
    for beginning in ["", &"abc ".repeat(100)] {
        let line = |seed: u32| format!("{beginning}token = \"{}\"\n", token(seed));
        check(&line(1), &line(2), 1, &["new"]);
        check(&line(1), &format!("\n\n{}", line(1)), 0, &["unchanged"]);
    }
}

#[test]
fn a_baseline_and_a_waiver_are_for_one_password() {
    let site = Site::repository();
    site.write("sluicegate.yaml", POLICY).write("settings.env", url("tr0ub4dor"));
    site.commit("start");
    // With a salt drawn by chance, one pair of passwords in 4,096 has the same few bits.
    let (salt, lists) = ([7; 32], r#""findings":[],"gaps":[]"#);
    site.write("accepted.json", format!(r#"{{"version":1,"created":"2026-01-01","salt":{salt:?},{lists}}}"#));
    assert_eq!(site.run(&["baseline", "--offline", "-o", "accepted.json"]).code, 0);
    let accepting = format!("{POLICY}baseline: accepted.json\n");
    site.write("sluicegate.yaml", &accepting);
    let (code, report) = site.report(&["--offline"]);
    assert_eq!((code, report["findings"][0]["state"].as_str()), (0, Some("unchanged")), "{report:#}");
    site.write("settings.env", url("h0rs3sho3"));
    let (code, report) = site.report(&["--offline"]);
    assert_eq!((code, report["findings"][0]["state"].as_str()), (1, Some("new")), "{report:#}");
    let id = report["findings"][0]["id"].as_str().unwrap_or_default();
    let waiver = format!(
        "{accepting}waivers:\n  - {{ id: {id}, reason: known, owner: \"@sec\", expires: 2099-01-31 }}\n"
    );
    site.write("sluicegate.yaml", waiver);
    assert_eq!(site.report(&["--offline"]).0, 0);
    site.write("settings.env", url("l1ghth0us3"));
    let (code, report) = site.report(&["--offline"]);
    assert_eq!((code, report["findings"][0]["state"].as_str()), (1, Some("new")), "{report:#}");
}

/// Of a past file with many credentials each is said, at its own line; what is shown of them is worked out once.
#[test]
fn each_of_many_credentials_of_a_past_file_is_said() {
    let site = Site::repository();
    let many: String = (1..=900).map(tests::leak).collect();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: { history: all }\n");
    site.write("many.py", many).commit("many");
    site.remove("many.py").commit("none");
    let (code, report) = site.report(&["--offline"]);
    let found = report["findings"].as_array().into_iter().flatten();
    let mut lines: Vec<u64> = found.filter_map(|one| one["location"]["start_line"].as_u64()).collect();
    lines.sort_unstable();
    assert_eq!((code, lines), (1, (1..=900).collect()));
}

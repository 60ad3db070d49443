//! Every example is a test: what the run says of it is in its `expected.json`, whole.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what does not hold ends the test")]

use std::fs;

use tests::{Site, project};

/// Compares the report on an example with the one that is written down. With `UPDATE_EXAMPLES=1` in the environment it is
/// written instead: read every diff.
fn check(example: &str, code: i32) {
    let folder = project().join("examples").join(example);
    let site = Site::new().with(&folder);
    let _ = fs::remove_file(site.tree().join("expected.json"));
    let ran = site.run(&["run", "--format", "json", "--offline"]);
    assert_eq!(ran.code, code, "{}", ran.stderr);
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        fs::write(folder.join("expected.json"), &ran.stdout).unwrap();
    }
    let expected = fs::read_to_string(folder.join("expected.json")).unwrap();
    assert!(
        ran.stdout == expected,
        "the report differs\n--- expected\n{expected}\n--- actual\n{}",
        ran.stdout
    );
}

#[test]
fn storefront_is_stopped() {
    check("storefront", 1);
}

#[test]
fn every_example_has_a_test_and_an_expectation() {
    for entry in fs::read_dir(project().join("examples")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert!(entry.path().join("expected.json").exists(), "{name}");
        let this = fs::read_to_string(project().join("tests/tests/examples.rs")).unwrap();
        assert!(this.contains(&format!("check(\"{name}\"")), "{name} is not checked here");
    }
}

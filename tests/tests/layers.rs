//! Arrows go one way. The list is that of ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What each crate may use of ours; the command line may use everything.
const MAY_USE: [(&str, &[&str]); 12] = [
    ("model", &[]),
    ("bounded-toml", &[]),
    ("source", &["model"]),
    ("advisory", &["model"]),
    ("store", &["model"]),
    ("stage", &["model", "source"]),
    ("secrets", &["model", "bounded-toml", "source", "stage"]),
    ("inventory", &["model", "bounded-toml", "source", "stage", "advisory"]),
    ("dependencies", &["model", "source", "stage", "advisory"]),
    ("plan", &["model", "source", "stage"]),
    ("engine", &["model", "source", "stage", "store"]),
    ("report", &["model"]),
];

#[test]
fn every_crate_uses_what_it_may_and_nothing_else() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(tests::project())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let allowed: BTreeMap<&str, &[&str]> = MAY_USE.into_iter().collect();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        if name == "cli" || name == "tests" {
            continue;
        }
        let may = allowed.get(name).unwrap_or_else(|| panic!("{name} is not in ARCHITECTURE.md's list"));
        for dependency in package["dependencies"].as_array().unwrap() {
            let used = dependency["name"].as_str().unwrap();
            let of_tests = dependency["kind"] == "dev";
            let fine = !ours.contains(used) || may.contains(&used) || of_tests;
            assert!(fine, "{name} uses {used}, which the arrows do not allow");
        }
    }
}

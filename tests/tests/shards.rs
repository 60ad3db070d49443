//! A run in parts: what is required is required of all of them together, and only parts of one run are put together.

use serde_json::Value;
use tests::{Ran, Site, token};

const POLICY: &str = "version: 1
profiles:
  release: { stages: all, scope: full, require: [dependencies] }
stages:
  secrets: {}
  inventory: {}
  dependencies: { advisories: [./advisories], database: none }
waivers:
  - { path: \"gone.py\", rule: github-personal-access-token, reason: old, owner: \"@shop\", expires: 2099-01-01 }
";

fn shop() -> Site {
    let site = Site::repository();
    site.write("sluicegate.yaml", POLICY).write("requirements.txt", "flask==2.0.0\n");
    let advisory = tests::Advisory {
        ecosystem: "PyPI",
        package: "flask",
        id: "SHOP-1",
        introduced: "0",
        fixed: "2.1.0",
    };
    site.write("advisories/SHOP-1.json", advisory.record().to_string());
    site.write("one.py", format!("token = \"{}\"\n", token(1))).commit("start");
    site
}

/// Runs both shards of two, each with arguments of its own, and merges their records.
fn merged(site: &Site, arguments: [&[&str]; 2], report: &[&str]) -> Ran {
    for (shard, arguments) in ["1/2", "2/2"].into_iter().zip(arguments) {
        let record = format!("../record-{}", &shard[..1]);
        let shard = ["run", "--offline", "--shard", shard, "--record", &record];
        let ran = site.run(&[&shard, arguments].concat());
        assert!([0, 1, 3].contains(&ran.code), "{}\n{}", ran.stdout, ran.stderr);
    }
    site.run(&[&["report", "../record-1", "../record-2"], report].concat())
}

#[test]
fn what_is_required_must_have_run_in_some_shard() {
    let site = shop();
    let check = |arguments: &[&str], code: i32| {
        let alone = site.run(&[&["run", "--offline"], arguments].concat());
        assert_eq!(alone.code, code, "{}\n{}", alone.stdout, alone.stderr);
        let merged = merged(&site, [arguments, arguments], &[]);
        assert_eq!((merged.code, merged.stdout), (code, alone.stdout), "{}", merged.stderr);
    };
    check(&["--profile", "release"], 1);
    site.remove("one.py");
    check(&["--profile", "release", "--stage", "secrets"], 3);
    let ran = site.run(&["report", "../record-1"]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert!(ran.stdout.contains("the profile requires the stage"), "{}", ran.stdout);
}

#[test]
fn shards_of_different_runs_are_refused() {
    let site = shop();
    let check = |one: &[&str], two: &[&str], said: &str| {
        let ran = merged(&site, [one, two], &[]);
        assert_eq!(ran.code, 2, "{one:?} {two:?}\n{}", ran.stdout);
        assert!(ran.stderr.contains(said), "{one:?} {two:?}: {}", ran.stderr);
    };
    check(&[], &["--stage", "inventory"], "--stage is `all` in one and `inventory` in another");
    check(&["--profile", "release"], &[], "the profile is `release` in one and `default` in another");
    check(&[], &["--include-ignored"], "what git ignores is `out` in one and `in` in another");
    check(&[], &["--no-inline-ignores"], "different things");
    let ran = merged(&site, [&[], &[]], &["--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, report["findings"].as_array().unwrap().len()), (1, 2), "{report:#}");
    site.write(
        "sluicegate.yaml",
        POLICY.replace("inventory: {}", "inventory: {}\n  more: { uses: secrets }"),
    );
    let record = "../record-2";
    let ran = site.run(&["run", "--offline", "--shard", "2/2", "--record", record]);
    assert!([0, 1].contains(&ran.code), "{}", ran.stderr);
    let ran = site.run(&["report", "../record-1", record]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("their stages, or what configures them, differ"), "{}", ran.stderr);
}

#[test]
fn what_is_unused_is_told_where_all_was_looked_at() {
    let site = shop();
    let said = "the waiver for rule github-personal-access-token at gone.py is not needed";
    let told = |ran: &Ran| ran.stdout.contains("is not needed: nothing matches it");
    let run = |arguments: &[&str]| site.run(&[&["run", "--offline"], arguments].concat());
    for arguments in [&[][..], &["--profile", "release"], &["--since", "HEAD"]] {
        let ran = run(arguments);
        assert!(told(&ran), "{arguments:?} {said}\n{}", ran.stdout);
    }
    for arguments in [&["--stage", "secrets"][..], &["--shard", "1/1", "--stage", "secrets"]] {
        let ran = run(arguments);
        assert!(!told(&ran), "{arguments:?}\n{}", ran.stdout);
    }
    assert!(told(&merged(&site, [&[], &[]], &[])));
    assert!(!told(&site.run(&["report", "../record-1"])));
}

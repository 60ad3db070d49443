//! Same tree, policy, data and day: same bytes. For any number of threads, whether the cache answers or not, wherever the
//! tree lies.

use tests::{Site, project};

fn storefront() -> Site {
    Site::new().with(&project().join("examples/storefront"))
}

fn json(site: &Site, arguments: &[&str]) -> String {
    let ran = site.run(&[&["run", "--format", "json", "--offline"], arguments].concat());
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    ran.stdout
}

#[test]
fn threads_and_cache_do_not_show() {
    let site = storefront();
    let first = json(&site, &["--jobs", "1", "--no-cache"]);
    for arguments in [&["--jobs", "1"][..], &["--jobs", "4"], &[], &["--jobs", "4", "--no-cache"]] {
        assert_eq!(json(&site, arguments), first, "{arguments:?}");
    }
}

#[test]
fn the_place_does_not_show() {
    assert_eq!(json(&storefront(), &[]), json(&storefront(), &[]));
}

#[test]
fn the_exit_code_is_the_same_for_every_format() {
    let site = storefront();
    for format in ["text", "json", "sarif"] {
        assert_eq!(site.run(&["run", "--offline", "--format", format]).code, 1, "{format}");
    }
}

#[test]
fn a_record_renders_as_the_run_did() {
    let site = storefront();
    for format in ["json", "sarif"] {
        let run = site.run(&["run", "--offline", "--format", format, "--record", "../record"]);
        let report = site.run(&["report", "../record", "--format", format]);
        assert_eq!((report.code, &report.stdout), (run.code, &run.stdout), "{}", report.stderr);
    }
}

#[test]
fn shards_merge_into_the_whole() {
    let site = storefront();
    let whole = json(&site, &[]);
    site.run(&["run", "--offline", "--shard", "1/2", "--record", "../one", "--format", "json"]);
    site.run(&["run", "--offline", "--shard", "2/2", "--record", "../two", "--format", "json"]);
    let merged = site.run(&["report", "../one", "../two", "--format", "json"]);
    assert_eq!((merged.code, merged.stdout), (1, whole), "{}", merged.stderr);
    let alone = site.run(&["report", "../one", "--format", "json"]);
    assert!(alone.code == 1 || alone.code == 3, "{}", alone.stderr);
    let report: serde_json::Value = serde_json::from_str(&alone.stdout).unwrap();
    assert!(!report["gaps"].as_array().unwrap().is_empty(), "a missing shard is a gap");
}

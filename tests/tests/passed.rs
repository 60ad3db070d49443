//! What a run passes over, and what it says of that.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: what does not hold ends the test"
)]

use std::fs::File;
use std::io::Write as _;

use tests::Site;

/// Makes a file of 80 MB that begins with `head` and goes on with NULs.
fn large(site: &Site, name: &str, head: &[u8]) {
    let mut file = File::create(site.tree().join(name)).unwrap();
    file.write_all(head).unwrap();
    file.set_len(80 << 20).unwrap();
}

/// Expects an end and the codes of the gaps.
fn check(site: &Site, code: i32, gaps: &[&str]) {
    let (ended, report) = site.report(&["--offline", "--stage", "secrets"]);
    let told: Vec<&str> =
        report["gaps"].as_array().unwrap().iter().filter_map(|gap| gap["code"].as_str()).collect();
    assert_eq!((ended, told.as_slice()), (code, gaps), "{report:#}");
}

#[test]
fn a_large_file_that_is_no_text_is_passed_over_as_a_small_one_is() {
    let site = Site::new();
    large(&site, "disk.img", b"\0\0\0\0");
    check(&site, 0, &[]);
    large(&site, "dump.sql", b"CREATE TABLE users");
    check(&site, 3, &["unreadable"]);
    site.remove("dump.sql");
    large(&site, "wide.txt", b"\xFF\xFEa\0b\0c\0");
    check(&site, 3, &["unreadable"]);
}

#[test]
fn a_large_archive_is_a_gap() {
    let site = Site::new();
    large(&site, "all.zip", b"PK\x03\x04");
    check(&site, 3, &["unreadable"]);
}

#[test]
fn pointers_of_git_lfs_are_counted() {
    let site = Site::new();
    for name in ["a.psd", "b.bin"] {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
        site.write(name, pointer);
    }
    check(&site, 0, &["lfs-pointer"]);
}

#[test]
fn what_is_no_text_is_named_where_all_is_asked_for() {
    let site = Site::new();
    site.write("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").write("a.bin", [0; 64]).write("a.txt", "1\n");
    let (_, report) = site.report(&["--offline", "--stage", "secrets"]);
    let tree = &report["stages"][0];
    assert_eq!(tree["named"], serde_json::json!({ "binary": ["a.bin", "logo.png"] }), "{report:#}");
    let listed = |arguments: &[&str]| {
        let ran = site.run(&[&["run", "--offline", "--stage", "secrets"], arguments].concat());
        ran.stdout.contains("\nsecrets, tree: 2 binary\n  a.bin\n  logo.png\n")
    };
    assert!(!listed(&[]) && listed(&["--all"]));
}

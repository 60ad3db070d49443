//! Go: ranges by the tags of the repository, and dates that mean nothing.

use super::*;

/// A Go record whose plain range is `plain` and whose range by tags is `tags`.
fn go(plain: Value, tags: Value) -> Value {
    let specific = json!({"affected": [{"ecosystem_specific": {
        "imports": [{"path": "example.org/m/x", "symbols": ["T.Run"], "goos": ["linux"]}],
        "custom_ranges": [{"type": "ECOSYSTEM", "events": tags}],
    }}]});
    record("GO-1", "Go", "example.org/m", semver(plain), specific)
}

#[test]
fn ranges_by_tags_close_an_open_range() {
    let record = go(json!([{"introduced": "0"}]), json!([{"introduced": "1.2.0"}, {"fixed": "1.9.0"}]));
    check(
        "Go",
        &[record],
        "example.org/m",
        &[
            ("v1.8.3", &["GO-1 vulnerability unknown [>=1.2.0, <1.9.0] fix 1.9.0"]),
            ("v1.8.3+incompatible", &["GO-1 vulnerability unknown [>=1.2.0, <1.9.0] fix 1.9.0"]),
            ("v1.9.0", &[]),
            ("v1.1.0", &[]),
            // A commit says nothing of the tags around it, unless a tag range ends below it.
            ("v0.0.0-20230102030405-abcdefabcdef", &["GO-1 vulnerability unknown [>=0] fix 1.9.0"]),
            ("v1.9.1-0.20230102030405-abcdefabcdef", &[]),
            ("(devel)", &["GO-1 undecided: `(devel)` is not a version of Go: a number is missing"]),
        ],
    );
}

#[test]
fn ranges_by_tags_add_to_a_closed_range() {
    let record = go(
        json!([{"introduced": "0"}, {"fixed": "0.5.0"}]),
        json!([{"introduced": "3.2.22"}, {"fixed": "3.4.22"}]),
    );
    check(
        "Go",
        &[record],
        "example.org/m",
        &[
            ("v0.4.0", &["GO-1 vulnerability unknown [<0.5.0] fix 0.5.0"]),
            ("v3.3.0", &["GO-1 vulnerability unknown [>=3.2.22, <3.4.22] fix 3.4.22"]),
            ("v3.0.0", &[]),
        ],
    );
}

#[test]
fn a_range_by_tags_without_an_end_ends_with_the_plain_one() {
    let plain = json!([{"introduced": "0"}, {"fixed": "29.2.0+incompatible"}]);
    let record = go(plain, json!([{"introduced": "19.03.0+incompatible"}]));
    let affected: &[&str] = &["GO-1 vulnerability unknown [<29.2.0+incompatible] fix 29.2.0+incompatible"];
    let versions = [("v20.0.0+incompatible", affected), ("v29.6.1+incompatible", &[])];
    check("Go", &[record], "example.org/m", &versions);
    let record = go(json!([{"introduced": "0"}, {"fixed": "1.5.0"}]), json!([{"introduced": "17.0.0"}]));
    let affected: &[&str] = &["GO-1 vulnerability unknown [>=17.0.0]"];
    check("Go", &[record], "example.org/m", &[("v17.1.0", affected), ("v1.6.0", &[])]);
}

#[test]
fn a_range_by_tags_may_start_where_the_plain_one_does() {
    let record = go(
        json!([{"introduced": "1.9.2-0.20250310110405-e6fdb746f235"}]),
        json!([{"fixed": "1.9.2-0.20251106142618-ca5d89812015"}, {"introduced": "12.0.0"}, {"fixed": "12.0.6"}]),
    );
    let end = "fix 1.9.2-0.20251106142618-ca5d89812015";
    let range = "[>=1.9.2-0.20250310110405-e6fdb746f235, <1.9.2-0.20251106142618-ca5d89812015]";
    check(
        "Go",
        &[record],
        "example.org/m",
        &[
            ("v1.9.1", &[]),
            ("v1.9.2-0.20250901000000-abcdefabcdef", &[&format!("GO-1 vulnerability unknown {range} {end}")]),
            ("v1.9.2-0.20251201000000-abcdefabcdef", &[]),
            ("v12.0.1+incompatible", &["GO-1 vulnerability unknown [>=12.0.0, <12.0.6] fix 12.0.6"]),
        ],
    );
}

#[test]
fn tags_that_cannot_be_read_leave_an_open_range_open() {
    let open = go(json!([{"introduced": "0"}]), json!([{"introduced": "0"}, {"fixed": "edge-24.6.2"}]));
    check("Go", &[open], "example.org/m", &[("v24.7.0", &["GO-1 vulnerability unknown [>=0]"])]);
}

#[test]
fn the_go_database_says_year_one_where_it_means_nothing() {
    let record = go(json!([{"introduced": "0"}]), json!([]));
    let mut dated = record.clone();
    merge(
        &mut dated,
        json!({"id": "GO-2", "modified": "0001-01-01T00:00:00Z", "published": "2022-01-01T00:00:00Z"}),
    );
    let mut undated = record;
    merge(&mut undated, json!({"modified": "0001-01-01T00:00:00Z", "published": "0001-01-01T00:00:00Z"}));
    let collection = collection(&[undated, dated]);
    let index = &collection.indexes["Go"];
    assert_eq!(index.summary().newest.as_deref(), Some("2022-01-01T00:00:00Z"));
    let lookup = index.matches("example.org/m", "v1.0.0").unwrap();
    let text = index.text(&lookup.matches[0]).unwrap();
    assert_eq!((text.published, text.modified), (None, None));
    assert_eq!(
        (text.symbols[0].path.as_str(), text.symbols[0].names.as_slice(), text.symbols[0].os.as_slice()),
        ("example.org/m/x", &["T.Run".to_owned()][..], &["linux".to_owned()][..])
    );
}

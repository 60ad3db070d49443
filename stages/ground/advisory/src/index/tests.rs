//! Look-ups in indexes made of small records: every range shape, and the traps that real records set.

use serde_json::{Value, json};

use crate::{Collection, Lookup, Match, collect};

/// Makes a collection of records, each a file named by its number.
fn collection(records: &[Value]) -> Collection {
    let files: Vec<(String, Vec<u8>)> = records
        .iter()
        .enumerate()
        .map(|(at, one)| (format!("{at}.json"), one.to_string().into_bytes()))
        .collect();
    collect(files.iter().map(|(name, content)| (name.as_str(), content.as_slice()))).unwrap()
}

fn line(found: &Match<'_>) -> String {
    let aliases: String = found.aliases.iter().map(|alias| format!("+{alias}")).collect();
    let fixed = found.fixed.as_ref().map_or_else(String::new, |fixed| format!(" fix {fixed}"));
    let (kind, severity) = (found.kind.name(), found.severity);
    format!("{}{aliases} {kind} {severity} [{}]{fixed}", found.id, found.affected)
}

fn lines(lookup: &Lookup<'_>) -> Vec<String> {
    let open = lookup.undecided.iter().map(|open| format!("{} undecided: {}", open.id, open.reason));
    lookup.matches.iter().map(line).chain(open).collect()
}

/// Looks `name` up in the index of `ecosystem` at several versions, given with what each is expected to give.
fn check(ecosystem: &str, records: &[Value], name: &str, expected: &[(&str, &[&str])]) {
    let collection = collection(records);
    let index = &collection.indexes[ecosystem];
    for (version, expected) in expected {
        assert_eq!(lines(&index.matches(name, version).unwrap()), *expected, "{name} {version}");
    }
}

/// Returns a record of one package with the given ranges and whatever else is given.
fn record(id: &str, ecosystem: &str, name: &str, ranges: Value, more: Value) -> Value {
    let mut record = json!({
        "id": id,
        "modified": "2024-05-01T00:00:00Z",
        "affected": [{"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges}],
    });
    merge(&mut record, more);
    record
}

fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(more)) if into.len() == more.len() => {
            into.iter_mut().zip(more).for_each(|(into, more)| merge(into, more));
        }
        (into, more) => *into = more,
    }
}

fn semver(events: Value) -> Value {
    json!([{"type": "SEMVER", "events": events}])
}

#[test]
fn every_shape_of_range() {
    let npm = |id, events| record(id, "npm", "left", semver(events), json!({}));
    check(
        "npm",
        &[
            npm("GHSA-1", json!([{"introduced": "0"}, {"fixed": "1.2.0"}])),
            npm("GHSA-2", json!([{"introduced": "1.0.0"}, {"last_affected": "1.2.0"}])),
            npm("GHSA-3", json!([{"introduced": "2.0.0"}])),
            npm(
                "GHSA-4",
                json!([{"introduced": "0"}, {"fixed": "0.5.0"}, {"introduced": "3.0.0"}, {"limit": "4.0.0"}]),
            ),
            npm("GHSA-5", json!([{"introduced": "5.0.0", "fixed": "5.0.1"}])),
        ],
        "left",
        &[
            (
                "0.1.0",
                &[
                    "GHSA-1 vulnerability unknown [<1.2.0] fix 1.2.0",
                    "GHSA-4 vulnerability unknown [<0.5.0] fix 0.5.0",
                ],
            ),
            (
                "1.1.9",
                &[
                    "GHSA-1 vulnerability unknown [<1.2.0] fix 1.2.0",
                    "GHSA-2 vulnerability unknown [>=1.0.0, <=1.2.0]",
                ],
            ),
            ("1.2.0", &["GHSA-2 vulnerability unknown [>=1.0.0, <=1.2.0]"]),
            (
                "1.2.0-rc.1",
                &[
                    "GHSA-1 vulnerability unknown [<1.2.0] fix 1.2.0",
                    "GHSA-2 vulnerability unknown [>=1.0.0, <=1.2.0]",
                ],
            ),
            ("1.2.1", &[]),
            (
                "3.5.0",
                &["GHSA-3 vulnerability unknown [>=2.0.0]", "GHSA-4 vulnerability unknown [>=3.0.0, <4.0.0]"],
            ),
            (
                "v5.0.0+build",
                &[
                    "GHSA-3 vulnerability unknown [>=2.0.0]",
                    "GHSA-5 vulnerability unknown [>=5.0.0, <5.0.1] fix 5.0.1",
                ],
            ),
        ],
    );
}

#[test]
fn a_package_that_no_record_names_is_clean_at_any_version() {
    let known = record("GHSA-1", "npm", "left", semver(json!([{"introduced": "0"}])), json!({}));
    check("npm", &[known], "right", &[("1.0.0", &[]), ("file:../x", &[])]);
}

#[test]
fn a_version_that_cannot_be_read_is_undecided_and_never_clean() {
    let ranged =
        record("GHSA-1", "npm", "left", semver(json!([{"introduced": "0"}, {"fixed": "1.0.0"}])), json!({}));
    check(
        "npm",
        &[ranged],
        "left",
        &[
            ("latest", &["GHSA-1 undecided: `latest` is not a version of npm: a number is missing"]),
            ("", &["GHSA-1 undecided: the version is empty"]),
        ],
    );
}

#[test]
fn the_fix_is_the_smallest_that_no_record_affects() {
    let events =
        json!([{"introduced": "0"}, {"fixed": "1.5.0"}, {"introduced": "1.6.0"}, {"fixed": "2.0.1"}]);
    let one = record("GHSA-1", "npm", "left", semver(events), json!({"aliases": ["CVE-1"]}));
    // The other record of the same flaw says that 1.5.0 still has it.
    let events = json!([{"introduced": "1.0.0"}, {"fixed": "1.5.2"}]);
    let other = record("XDB-1", "npm", "left", semver(events), json!({"aliases": ["CVE-1"]}));
    check(
        "npm",
        &[one, other],
        "left",
        &[
            ("1.4.0", &["GHSA-1+CVE-1+XDB-1 vulnerability unknown [<1.5.0] fix 1.5.2"]),
            ("1.5.0", &["XDB-1+CVE-1 vulnerability unknown [>=1.0.0, <1.5.2] fix 1.5.2"]),
            ("1.7.0", &["GHSA-1+CVE-1 vulnerability unknown [>=1.6.0, <2.0.1] fix 2.0.1"]),
        ],
    );
}

#[test]
fn aliases_make_one_match_led_by_the_ecosystems_own_database() {
    let crates = |id, fixed, more| {
        record(
            id,
            "crates.io",
            "some_crate",
            semver(json!([{"introduced": "0.0.0-0"}, {"fixed": fixed}])),
            more,
        )
    };
    let records = [
        crates(
            "GHSA-x",
            "1.2.0",
            json!({"aliases": ["CVE-9", "RUSTSEC-9"], "database_specific": {"severity": "HIGH"}}),
        ),
        crates(
            "RUSTSEC-9",
            "1.1.0",
            json!({
                "aliases": ["CVE-9"], "details": "Long.", "published": "2024-02-02T00:00:00Z",
                "affected": [{"database_specific": {"informational": null}}],
            }),
        ),
        crates("RUSTSEC-10", "1.1.0", json!({"related": ["CVE-9"], "upstream": ["CVE-9"]})),
    ];
    check(
        "crates.io",
        &records,
        "Some-Crate",
        &[
            (
                "1.0.0",
                &[
                    "RUSTSEC-10 vulnerability unknown [>=0.0.0-0, <1.1.0] fix 1.1.0",
                    "RUSTSEC-9+CVE-9+GHSA-x vulnerability high [>=0.0.0-0, <1.1.0] fix 1.2.0",
                ],
            ),
            ("1.1.0", &["GHSA-x+CVE-9+RUSTSEC-9 vulnerability high [>=0.0.0-0, <1.2.0] fix 1.2.0"]),
        ],
    );
    let collection = collection(&records);
    let index = &collection.indexes["crates.io"];
    let lookup = index.matches("some_crate", "1.0.0").unwrap();
    let text = index.text(&lookup.matches[1]).unwrap();
    assert_eq!(text.title().as_deref(), Some("Long."));
    assert_eq!(text.published.as_deref(), Some("2024-02-02T00:00:00Z"));
    let text = index.text(&lookup.matches[0]).unwrap();
    assert_eq!((text.related, text.upstream), (vec!["CVE-9".to_owned()], vec!["CVE-9".to_owned()]));
}

#[test]
fn a_record_of_several_flaws_lends_its_ids_only_where_it_counts() {
    let npm = |id, fixed, aliases| {
        record(
            id,
            "npm",
            "left",
            semver(json!([{"introduced": "0"}, {"fixed": fixed}])),
            json!({"aliases": aliases}),
        )
    };
    let records = [
        npm("GHSA-1", "1.0.0", json!(["CVE-1"])),
        npm("GHSA-2", "2.0.0", json!(["CVE-2"])),
        npm("BULK-1", "1.0.0", json!(["CVE-1", "CVE-2"])),
    ];
    check(
        "npm",
        &records,
        "left",
        &[
            ("0.1.0", &["GHSA-1+BULK-1+CVE-1+CVE-2+GHSA-2 vulnerability unknown [<1.0.0] fix 2.0.0"]),
            ("1.5.0", &["GHSA-2+CVE-2 vulnerability unknown [<2.0.0] fix 2.0.0"]),
        ],
    );
}

#[test]
fn withdrawn_records_do_not_count() {
    let events = json!([{"introduced": "0"}]);
    let withdrawn =
        record("GHSA-1", "npm", "left", semver(events.clone()), json!({"withdrawn": "2024-06-01T00:00:00Z"}));
    let kept = record("GHSA-2", "npm", "left", semver(events), json!({"withdrawn": null}));
    let collection = collection(&[withdrawn, kept]);
    let index = &collection.indexes["npm"];
    assert_eq!(lines(&index.matches("left", "1.0.0").unwrap()), ["GHSA-2 vulnerability unknown [>=0]"]);
    assert_eq!((index.summary().advisories, index.summary().withdrawn), (1, 1));
}

#[test]
fn listed_versions_count_beside_ranges() {
    let more = json!({"affected": [{"versions": ["1.0", "1.1.0", "3.0", "2004d-x"]}]});
    let ranges = json!([
        {"type": "GIT", "repo": "https://registry.example/r", "events": [{"introduced": "0"}, {"fixed": "abc"}]},
        {"type": "ECOSYSTEM", "events": [{"introduced": "1.0"}, {"last_affected": "1.1"}]},
    ]);
    check(
        "PyPI",
        &[record("PYSEC-1", "PyPI", "Some.Thing", ranges, more)],
        "some_thing",
        &[
            ("1.0.0", &["PYSEC-1 vulnerability unknown [>=1.0, <=1.1]"]),
            ("1.1+cu118", &["PYSEC-1 vulnerability unknown [>=1.0, <=1.1]"]),
            ("3", &["PYSEC-1 vulnerability unknown [=3]"]),
            ("3.0+local.2", &["PYSEC-1 vulnerability unknown [=3.0+local.2]"]),
            ("2004D_x", &["PYSEC-1 vulnerability unknown [=2004D_x]"]),
            ("2003-x", &["PYSEC-1 undecided: `2003-x` is older than the rules that order versions"]),
            ("1.2", &[]),
        ],
    );
}

#[test]
fn a_record_of_commits_alone_is_undecided() {
    let git = json!([{"type": "GIT", "repo": "https://registry.example/r", "events": [{"introduced": "0"}]}]);
    check(
        "PyPI",
        &[
            record("PYSEC-1", "PyPI", "a", git, json!({})),
            record("PYSEC-2", "PyPI", "a", json!([]), json!({})),
        ],
        "a",
        &[("1.0", &["PYSEC-1 undecided: only commits are given", "PYSEC-2 undecided: no version is given"])],
    );
}

#[test]
fn bounds_that_cannot_be_read_are_undecided_where_nothing_else_decides() {
    let ranges = json!([
        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2019-09-12"}]},
        {"type": "ECOSYSTEM", "events": [{"introduced": "5"}, {"fixed": "6"}]},
    ]);
    let odd = record("PYSEC-1", "PyPI", "a", ranges, json!({}));
    let reason = "introduced 0, fixed 2019-09-12: `2019-09-12` follows no rule that says which versions come before it";
    check(
        "PyPI",
        std::slice::from_ref(&odd),
        "a",
        &[
            ("5.5", &["PYSEC-1 vulnerability unknown [>=5, <6] fix 6"]),
            ("1.0", &[&format!("PYSEC-1 undecided: {reason}")]),
        ],
    );
    let problems = collection(&[odd]).problems;
    assert_eq!(problems.len(), 1);
    assert_eq!(
        problems[0].to_string(),
        format!("0.json (PYSEC-1): a: the affected versions cannot be told ({reason})")
    );
    assert!(!problems[0].lost);
}

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

#[test]
fn one_advisory_may_name_a_package_twice_and_many_packages() {
    let entry = |ecosystem: &str, name: &str, fixed: &str| json!({"package": {"ecosystem": ecosystem, "name": name}, "ranges": semver(json!([{"introduced": fixed.replace(".9", ".0")}, {"fixed": fixed}]))});
    let record = json!({"id": "GHSA-1", "affected": [
        entry("npm", "a", "1.9.0"), entry("npm", "a", "2.9.0"), entry("npm", "b", "3.9.0"), entry("crates.io", "a", "4.9.0"),
    ]});
    let records = std::slice::from_ref(&record);
    check(
        "npm",
        records,
        "a",
        &[
            ("1.5.0", &["GHSA-1 vulnerability unknown [>=1.0.0, <1.9.0] fix 1.9.0"]),
            ("2.5.0", &["GHSA-1 vulnerability unknown [>=2.0.0, <2.9.0] fix 2.9.0"]),
            ("4.5.0", &[]),
        ],
    );
    check("npm", records, "b", &[("3.5.0", &["GHSA-1 vulnerability unknown [>=3.0.0, <3.9.0] fix 3.9.0"])]);
    check(
        "crates.io",
        records,
        "a",
        &[("4.5.0", &["GHSA-1 vulnerability unknown [>=4.0.0, <4.9.0] fix 4.9.0"])],
    );
}

#[test]
fn kinds_and_severities() {
    let open = semver(json!([{"introduced": "0"}]));
    let crates = |id, more| record(id, "crates.io", "a", open.clone(), more);
    let vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
    let records = [
        crates("R-1", json!({"affected": [{"database_specific": {"informational": "unmaintained"}}]})),
        crates(
            "R-2",
            json!({"severity": [{"type": "CVSS_V3", "score": vector}], "database_specific": {"severity": "LOW"}}),
        ),
        crates("R-3", json!({"database_specific": {"severity": "MODERATE", "cwe_ids": ["CWE-79", "odd"]}})),
        crates("R-4", json!({"severity": [{"type": "Ubuntu", "score": "high"}]})),
        crates("R-5", json!({"aliases": ["MAL-1"]})),
        crates(
            "R-6",
            json!({"affected": [{"severity": [{"type": "CVSS_V2", "score": "AV:N/AC:M/Au:N/C:N/I:P/A:N"}]}], "severity": [{"type": "CVSS_V3", "score": vector}]}),
        ),
        crates("R-7", json!({"database_specific": {"severity": 7}})),
    ];
    check(
        "crates.io",
        &records,
        "a",
        &[(
            "1.0.0",
            &[
                "R-1 unmaintained info [>=0]",
                "R-2 vulnerability critical [>=0]",
                "R-3 vulnerability medium [>=0]",
                "R-4 vulnerability high [>=0]",
                "R-5+MAL-1 malicious critical [>=0]",
                "R-6 vulnerability medium [>=0]",
                "R-7 vulnerability unknown [>=0]",
            ],
        )],
    );
    let collection = collection(&records);
    let index = &collection.indexes["crates.io"];
    let lookup = index.matches("a", "1.0.0").unwrap();
    assert_eq!(index.text(&lookup.matches[1]).unwrap().cvss, [vector]);
    assert_eq!(index.text(&lookup.matches[2]).unwrap().cwe, [79]);
    assert_eq!(collection.problems.len(), 1, "{:?}", collection.problems);
    assert!(collection.problems[0].reason.starts_with("`database_specific` has an unknown shape"));
}

#[test]
fn functions_of_rust_and_fields_that_are_null() {
    let record = json!({
        "id": "RUSTSEC-1", "aliases": null, "related": null, "severity": null, "references": null, "summary": null,
        "schema_version": "9.9.9", "unknown": {"x": [1, 2, {}]},
        "affected": [{
            "package": {"ecosystem": "crates.io", "name": "a", "purl": "pkg:cargo/a"},
            "ranges": semver(json!([{"introduced": "0.0.0-0"}])), "versions": null,
            "ecosystem_specific": {"affects": {"arch": [], "os": ["windows"], "functions": ["a::b"]}, "affected_functions": null},
            "database_specific": {"categories": [], "cvss": null, "informational": null},
        }],
    });
    let collection = collection(&[record]);
    assert_eq!(collection.problems, []);
    let index = &collection.indexes["crates.io"];
    let lookup = index.matches("a", "1.0.0").unwrap();
    let symbols = &index.text(&lookup.matches[0]).unwrap().symbols[0];
    assert_eq!(
        (symbols.names.as_slice(), symbols.os.as_slice()),
        (&["a::b".to_owned()][..], &["windows".to_owned()][..])
    );
}

#[test]
fn an_ecosystem_without_an_order_matches_listed_versions_and_leaves_ranges_open() {
    let ranged = record(
        "X-1",
        "Elsewhere:2",
        "a",
        semver(json!([{"introduced": "0"}, {"fixed": "2"}])),
        json!({"affected": [{"versions": ["1-a"]}]}),
    );
    let listed =
        record("X-2", "Elsewhere:2", "a", json!([]), json!({"affected": [{"versions": ["1-a", "1-b"]}]}));
    check(
        "Elsewhere:2",
        &[ranged, listed],
        "a",
        &[
            ("1-a", &["X-1 vulnerability unknown [=1-a]", "X-2 vulnerability unknown [=1-a]"]),
            (
                "1-b",
                &[
                    "X-2 vulnerability unknown [=1-b]",
                    "X-1 undecided: versions of Elsewhere:2 have no order here",
                ],
            ),
            ("3", &["X-1 undecided: versions of Elsewhere:2 have no order here"]),
        ],
    );
}

#[test]
fn records_that_cannot_be_read_are_named() {
    let good = record("GHSA-1", "npm", "left", semver(json!([{"introduced": "0"}])), json!({}));
    let mut lame = good.clone();
    lame["affected"][0]["ranges"][0]["events"] = json!([{"fixed": "1.0.0"}]);
    lame["id"] = json!("GHSA-2");
    let nameless = json!({"id": "GHSA-3", "affected": [{"package": {"ecosystem": "npm", "name": ""}}]});
    let collection = collection(&[
        json!([]),
        json!({"id": 7}),
        json!({"id": " "}),
        nameless,
        lame,
        json!({"id": "GHSA-4"}),
        good,
    ]);
    let problems: Vec<String> =
        collection.problems.iter().map(|problem| format!("{} {problem}", problem.lost)).collect();
    assert_eq!(
        problems,
        [
            "true 0.json: not an OSV record: invalid length 0, expected struct Record with 13 elements at line 1 column 2",
            "true 1.json: not an OSV record: invalid type: integer `7`, expected a string at line 1 column 7",
            "true 2.json: the id is empty, longer than 128 bytes or not printable",
            "true 3.json: it names no package",
            "false 4.json (GHSA-2): left: a range starts nowhere; it is read from the first version on",
            "true 5.json: it names no package",
        ]
    );
    let index = &collection.indexes["npm"];
    assert_eq!(
        lines(&index.matches("left", "0.1.0").unwrap()),
        ["GHSA-1 vulnerability unknown [>=0]", "GHSA-2 vulnerability unknown [<1.0.0] fix 1.0.0",]
    );
}

#[test]
fn of_two_records_with_one_id_the_later_counts_in_whatever_order_they_come() {
    let of = |fixed: &str, modified: &str| {
        record(
            "GHSA-1",
            "npm",
            "left",
            semver(json!([{"introduced": "0"}, {"fixed": fixed}])),
            json!({"modified": modified}),
        )
    };
    let (old, new) = (of("1.0.0", "2024-01-01T00:00:00Z"), of("2.0.0", "2024-01-01T00:00:00.5Z"));
    for records in [[&old, &new, &new], [&new, &old, &new], [&new, &new, &old]] {
        let collection = collection(&records.map(Clone::clone));
        let lookup = collection.indexes["npm"].matches("left", "1.5.0").unwrap();
        assert_eq!(lines(&lookup), ["GHSA-1 vulnerability unknown [<2.0.0] fix 2.0.0"]);
        assert!(!collection.problems.is_empty());
    }
}

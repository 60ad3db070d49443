//! What records say beside versions, and records that cannot be read.

use super::*;

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

//! Records that speak of one flaw, and one record that speaks of several packages.

use super::*;

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
            ("0.9.0", &["GHSA-1+CVE-1 vulnerability unknown [<1.5.0] fix 1.5.2"]),
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

//! Look-ups in indexes made of small records: every range shape, and the traps that real records set.

mod aliases;
mod records;
mod tags;

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

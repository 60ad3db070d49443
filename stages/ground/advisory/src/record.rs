//! One advisory, checked: from the bytes of an OSV file to what the index keeps of it.

use jiff::Timestamp;
use model::Severity;
use serde_json::value::RawValue;

use crate::affected::{Affected, Reading};
use crate::text::{REFERENCES, Reference, Text, bounded, details, summary};
use crate::{osv, severity};

/// Longest id, alias or ecosystem, in bytes; the longest of the public data has 47.
const LONGEST_ID: usize = 128;
/// Longest name of a package, in bytes; Go modules reach 150.
pub(crate) const LONGEST_NAME: usize = 1_024;
/// Longest address of a reference, in characters.
const LONGEST_URL: usize = 2_000;

/// An advisory as the index keeps it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Advisory {
    pub(crate) id: String,
    /// Sorted, without the id itself.
    pub(crate) aliases: Vec<String>,
    /// `None` when the record does not say, or says year 1 as the Go database does.
    pub(crate) modified: Option<Timestamp>,
    pub(crate) published: Option<Timestamp>,
    pub(crate) withdrawn: bool,
    pub(crate) affected: Vec<Affected>,
}

/// Why a record is lost.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("not an OSV record: {0}")]
    Json(String),
    #[error("the id is empty, longer than {LONGEST_ID} bytes or not printable")]
    Id,
    #[error("it names no package")]
    NoPackage,
}

/// An advisory with its words, and what could not be understood of it.
pub(crate) struct Checked {
    pub(crate) advisory: Advisory,
    pub(crate) text: Text,
    pub(crate) doubts: Vec<String>,
}

/// Reads one OSV record.
pub(crate) fn read(bytes: &[u8]) -> Result<Checked, RecordError> {
    let record: osv::Record<'_> =
        serde_json::from_slice(bytes).map_err(|error| RecordError::Json(error.to_string()))?;
    if !is_id(&record.id) {
        return Err(RecordError::Id);
    }
    let mut doubts = Vec::new();
    let database: osv::DatabaseSpecific<'_> =
        specific(record.database_specific, "database_specific", &mut doubts);
    let aliases = ids(&record.aliases, &record.id, "aliases", &mut doubts);
    let withdrawn = record.withdrawn.as_ref().is_some_and(|time| !time.0.trim().is_empty());
    let mut text = words(&record, &database, &mut doubts);
    let mut affected = Vec::new();
    for entry in &record.affected {
        let Some(package) = entry.package.as_ref() else {
            continue;
        };
        if !is_id(&package.ecosystem.0) || !is_name(&package.name.0) {
            doubts.push("a package has no usable name or ecosystem".to_owned());
            continue;
        }
        let reading = Reading { record: &record, database: &database, aliases: &aliases, entry, package };
        let mut one = reading.identify(&mut doubts);
        // What a withdrawn record says of versions no longer counts.
        if !withdrawn {
            reading.judge(&mut one, &mut text, &mut doubts);
        }
        affected.push(one);
    }
    if affected.is_empty() && !withdrawn {
        return Err(RecordError::NoPackage);
    }
    let advisory = Advisory {
        id: record.id.into_owned(),
        aliases,
        modified: time(record.modified.as_ref()),
        published: time(record.published.as_ref()),
        withdrawn,
        affected,
    };
    Ok(Checked { advisory, text, doubts })
}

/// Returns the time, unless it is missing or stands for a missing one.
fn time(text: Option<&osv::Text<'_>>) -> Option<Timestamp> {
    text?.0.parse().ok().filter(|time: &Timestamp| *time > Timestamp::UNIX_EPOCH)
}

fn is_id(text: &str) -> bool {
    let printable = text.chars().all(|c| !c.is_control());
    printable && !text.trim().is_empty() && text.len() <= LONGEST_ID
}

fn is_name(text: &str) -> bool {
    text.chars().all(|c| !c.is_control()) && !text.is_empty() && text.len() <= LONGEST_NAME
}

/// Returns the usable ids of a list, sorted, without `own`.
fn ids(list: &[osv::Text<'_>], own: &str, field: &str, doubts: &mut Vec<String>) -> Vec<String> {
    let mut kept = Vec::with_capacity(list.len());
    for osv::Text(id) in list {
        if !is_id(id) {
            doubts.push(format!("an entry of `{field}` is no id"));
        } else if id != own {
            kept.push(id.as_ref().to_owned());
        }
    }
    kept.sort();
    kept.dedup();
    kept
}

/// Reads what is specific to a database; an unknown shape costs that part alone.
pub(crate) fn specific<'a, T>(raw: Option<&'a RawValue>, field: &str, doubts: &mut Vec<String>) -> T
where
    T: serde::Deserialize<'a> + Default,
{
    osv::specific(raw).unwrap_or_else(|reason| {
        doubts.push(format!("`{field}` has an unknown shape: {reason}"));
        T::default()
    })
}

/// Gathers what the record says in words.
fn words(record: &osv::Record<'_>, database: &osv::DatabaseSpecific<'_>, doubts: &mut Vec<String>) -> Text {
    let weakness = |id: &osv::Text<'_>| id.0.strip_prefix("CWE-").and_then(|number| number.parse().ok());
    let own = |text: &osv::Text<'_>| text.0.as_ref().to_owned();
    let moment = |text: Option<&osv::Text<'_>>| time(text).map(|time| time.to_string());
    let mut cvss: Vec<String> = record.severity.iter().map(|one| own(&one.score)).collect();
    cvss.sort_by_key(|vector| severity::of_vector(vector).map_or(0, Severity::rank));
    cvss.reverse();
    let reference = |one: &osv::Reference<'_>| {
        let kind = one.kind.as_ref().and_then(|kind| bounded(&kind.0, LONGEST_ID));
        Some(Reference {
            kind: kind.unwrap_or_else(|| "WEB".to_owned()),
            url: bounded(&one.url.0, LONGEST_URL)?,
        })
    };
    Text {
        summary: record.summary.as_ref().and_then(|text| summary(&text.0)),
        details: record.details.as_ref().and_then(|text| details(&text.0)),
        published: moment(record.published.as_ref()),
        modified: moment(record.modified.as_ref()),
        cvss: cvss.iter().filter_map(|vector| bounded(vector, LONGEST_ID * 4)).collect(),
        cwe: database.cwe_ids.iter().filter_map(weakness).collect(),
        references: record.references.iter().filter_map(reference).take(REFERENCES).collect(),
        related: ids(&record.related, &record.id, "related", doubts),
        upstream: ids(&record.upstream, &record.id, "upstream", doubts),
        symbols: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use crate::collect;

    /// Values that a field of a record may have by right or by mistake.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(Value::from),
            "[0-9a-z.+-]{0,8}".prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            Just(json!("0")),
            Just(json!("1.2.3")),
            Just(json!({"introduced": "0"})),
            Just(json!({"fixed": "1.2.3"})),
            Just(json!({"last_affected": "2"})),
            Just(json!({"limit": "*"})),
        ];
        leaf.prop_recursive(2, 12, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Value::from))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_record_is_read_or_named(
            ecosystem in prop_oneof![Just("npm"), Just("Go"), Just("PyPI"), Just("crates.io"), Just("Odd:1")],
            kind in prop_oneof![Just("SEMVER"), Just("ECOSYSTEM"), Just("GIT"), Just("odd")],
            (id, name) in ("[A-Z0-9-]{0,6}", "[a-z/_.-]{0,6}"),
            (events, versions, tags, lists) in (value(), value(), value(), value()),
            (texts, specific) in (value(), value()),
            asked in "[v0-9a-z.+-]{0,10}",
        ) {
            let ranges = json!([{"type": kind, "events": events}]);
            let record = json!({
                "id": id, "aliases": lists, "summary": texts, "details": texts, "modified": texts, "withdrawn": null,
                "severity": [{"type": "CVSS_V3", "score": texts}], "database_specific": specific,
                "affected": [{
                    "package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges, "versions": versions,
                    "ecosystem_specific": {"imports": lists, "custom_ranges": [{"type": kind, "events": tags}]},
                }],
            });
            let content = record.to_string();
            let collection = collect([("file", content.as_bytes())]).unwrap();
            // Either the record is in an index, or a problem says that it is not.
            prop_assert_eq!(collection.indexes.is_empty(), collection.problems.iter().any(|problem| problem.lost));
            for index in collection.indexes.values() {
                for found in &index.matches(&name, &asked).unwrap().matches {
                    index.text(found).unwrap();
                }
            }
        }

        #[test]
        fn any_bytes_are_read_or_named(bytes in prop::collection::vec(any::<u8>(), 0..100), text in any::<String>()) {
            for content in [bytes.as_slice(), text.as_bytes()] {
                let collection = collect([("file", content)]).unwrap();
                prop_assert_eq!(collection.indexes.is_empty(), collection.problems.len() == 1);
            }
        }
    }
}

//! OSV records as they are written (<https://ossf.github.io/osv-schema/>): only the fields that are used, borrowed from
//! the bytes of the file. What they mean is decided in [`crate::record`].
//!
//! Databases leave fields out, write `null` for empty and put shapes of their own under `*_specific`; none of that
//! may cost the record. So lists may be `null`, and what is specific to a database is read in a second step.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A text borrowed from the file where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// One file of the database.
#[derive(Deserialize)]
pub(crate) struct Record<'a> {
    #[serde(borrow)]
    pub(crate) id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) modified: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) published: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) withdrawn: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) aliases: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) related: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) upstream: Vec<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) summary: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) details: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) severity: Vec<Severity<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) affected: Vec<Affected<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) references: Vec<Reference<'a>>,
    #[serde(borrow, default)]
    pub(crate) database_specific: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(crate) struct Severity<'a> {
    #[serde(borrow)]
    pub(crate) score: Text<'a>,
}

#[derive(Deserialize)]
pub(crate) struct Reference<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(crate) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) url: Text<'a>,
}

#[derive(Deserialize)]
pub(crate) struct Affected<'a> {
    /// Missing where a record speaks of commits of a repository alone.
    #[serde(borrow, default)]
    pub(crate) package: Option<Package<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) severity: Vec<Severity<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) ranges: Vec<Range<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) versions: Vec<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) ecosystem_specific: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) database_specific: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(crate) struct Package<'a> {
    #[serde(borrow)]
    pub(crate) ecosystem: Text<'a>,
    #[serde(borrow)]
    pub(crate) name: Text<'a>,
}

#[derive(Deserialize)]
pub(crate) struct Range<'a> {
    #[serde(rename = "type", borrow)]
    pub(crate) kind: Text<'a>,
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) events: Vec<Event<'a>>,
}

/// One event; older records put `introduced` and `fixed` into one object.
#[derive(Deserialize)]
pub(crate) struct Event<'a> {
    #[serde(borrow, default)]
    pub(crate) introduced: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) fixed: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) last_affected: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) limit: Option<Text<'a>>,
}

/// What databases say under `database_specific`, of the record or of one package.
#[derive(Deserialize, Default)]
pub(crate) struct DatabaseSpecific<'a> {
    /// A word for the severity: GHSA and those who copy it.
    #[serde(borrow, default)]
    pub(crate) severity: Option<Text<'a>>,
    /// Weaknesses as `CWE-79`: GHSA.
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) cwe_ids: Vec<Text<'a>>,
    /// Why a record is no vulnerability: RustSec.
    #[serde(borrow, default)]
    pub(crate) informational: Option<Text<'a>>,
}

/// What the Go database says of a module.
#[derive(Deserialize, Default)]
pub(crate) struct GoSpecific<'a> {
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) imports: Vec<Import<'a>>,
    /// Versions by the tags of the repository, where those are no module versions.
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) custom_ranges: Vec<Range<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Import<'a> {
    #[serde(borrow, default)]
    pub(crate) path: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) symbols: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) goos: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) goarch: Vec<Text<'a>>,
}

/// What RustSec says of a crate.
#[derive(Deserialize, Default)]
pub(crate) struct RustSpecific<'a> {
    #[serde(borrow, default)]
    pub(crate) affects: Option<Affects<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Affects<'a> {
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) functions: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) os: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    pub(crate) arch: Vec<Text<'a>>,
}

/// Reads a list that may be `null`.
fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads what is specific to a database; `Err` when it has another shape than expected.
pub(crate) fn specific<'a, T: Deserialize<'a> + Default>(raw: Option<&'a RawValue>) -> Result<T, String> {
    match raw.map(RawValue::get) {
        None | Some("null") => Ok(T::default()),
        Some(text) => serde_json::from_str(text).map_err(|error| error.to_string()),
    }
}

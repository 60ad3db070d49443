//! Names that a file gives, and what is said of one that nobody knows.

use std::collections::BTreeMap;

use model::StageId;
use serde_saphyr::Spanned;
use stage::{ConfigError, suggestion};

use crate::Place;
use crate::node::quoted;
use crate::text::Text;

/// Kinds of stage that Sluicegate has words for, whether or not this binary has them: one file serves several versions.
pub(crate) const WORDS: [&str; 13] = [
    "inventory",
    "secrets",
    "sast",
    "dependencies",
    "licenses",
    "sbom",
    "image",
    "sign",
    "verify",
    "kubernetes",
    "mesh",
    "dast",
    "tool",
];

/// Checks a list of names. Whether there are such stages is another question: another file may bring them.
pub(crate) fn stage_ids(
    text: &Text,
    names: Vec<Spanned<String>>,
) -> Result<BTreeMap<StageId, Place>, ConfigError> {
    let mut ids = BTreeMap::new();
    for name in names {
        let id = StageId::new(&name.value)
            .map_err(|error| text.error_of(&name, name.referenced, error.to_string()))?;
        if ids.contains_key(&id) {
            return Err(text.error_of(&name, name.referenced, format!("`{id}` is in the list already")));
        }
        ids.insert(id, text.place_of(&name));
    }
    Ok(ids)
}

/// Names what is not known, and what may have been meant.
pub(crate) fn unknown<'k, I: Iterator<Item = &'k str>>(
    what: &str,
    name: &str,
    known: impl Fn() -> I,
) -> String {
    format!("unknown {what} {}{}", quoted(name), hint(name, known))
}

/// Names what may have been meant, behind `; `; all that is known when nothing is close.
pub(crate) fn hint<'k, I: Iterator<Item = &'k str>>(name: &str, known: impl Fn() -> I) -> String {
    if let Some(close) = suggestion(name, known()) {
        return format!("; did you mean `{close}`?");
    }
    let mut list: Vec<String> = known().map(|name| format!("`{name}`")).collect();
    match (list.pop(), list.is_empty()) {
        (None, _) => String::new(),
        (Some(last), true) => format!("; known is {last}"),
        (Some(last), false) => format!("; known are {} and {last}", list.join(", ")),
    }
}

//! Names that a file gives, and what is said of one that nobody knows.

use std::collections::BTreeMap;

use model::StageId;
use serde_saphyr::Spanned;
use stage::{ConfigError, suggestion};

use crate::Place;
use crate::node::quoted;
use crate::text::Text;

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

/// Names what is not known, and what may have been meant; all that is known when nothing is close.
pub(crate) fn unknown<'k, I: Iterator<Item = &'k str>>(
    what: &str,
    name: &str,
    known: impl Fn() -> I,
) -> String {
    let mut list: Vec<String> = known().map(|name| format!("`{name}`")).collect();
    let hint = match suggestion(name, known()) {
        Some(close) => format!("; did you mean `{close}`?"),
        None if list.is_empty() => String::new(),
        None => {
            let last = list.pop().unwrap_or_default();
            let before = if list.is_empty() { String::new() } else { format!("{} and ", list.join(", ")) };
            format!("; known are {before}{last}")
        }
    };
    format!("unknown {what} {}{hint}", quoted(name))
}

//! Credentials that only their name speaks for: whether the value under it is one.

pub(crate) mod features;
pub(crate) mod forest;
pub(crate) mod name;
mod vocabulary;
mod words;

use crate::detect::assignment::Assignment;
use crate::generic::name::{Name, Noun};
use crate::hint::{Area, Hint};
use crate::placeholder;
use features::Features;

/// What a value under a credential's name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A credential, with this probability in percent.
    Credential(u8),
    /// Something that stands in for one.
    Placeholder,
    /// No credential at all.
    Nothing,
}

/// Judges the value of an assignment.
pub(crate) fn judge(text: &[u8], assignment: &Assignment, name: &Name, hint: &Hint) -> Verdict {
    match look(text, assignment, name, hint) {
        Some(features) => Verdict::Credential(forest::forest().probability(&features)),
        None if is_stand_in(text, assignment) => Verdict::Placeholder,
        None => Verdict::Nothing,
    }
}

/// Returns what the scorer sees; `None` where no scorer is needed to know that the value is no credential.
pub(crate) fn look(text: &[u8], assignment: &Assignment, name: &Name, hint: &Hint) -> Option<Features> {
    let value = text.get(assignment.value.clone())?;
    let sentence = value.iter().filter(|byte| **byte == b' ').count() > 3;
    // The key of a map is a key to nothing, and a public one is meant to be known.
    let map_key = name.noun == Noun::Key && !name.qualified && value.len() < 16;
    let public =
        name.noun == Noun::Key && name.words.iter().any(|word| matches!(word.as_str(), "public" | "pub"));
    let identifies =
        name.behind > 0 && name.words.last().is_some_and(|word| matches!(word.as_str(), "id" | "ids"));
    let typed = assignment.quote.is_none() && is_type(value);
    let elsewhere = hint.area == Area::Words || sentence || map_key || public || identifies || typed;
    (!elsewhere && !is_stand_in(text, assignment)).then(|| features::of(text, assignment, name, hint))
}

/// Tells whether a bare word is the name of a type, as declarations and schemas have it.
fn is_type(value: &[u8]) -> bool {
    const TYPES: &[&str] = &[
        "any",
        "array",
        "binary",
        "blob",
        "bool",
        "boolean",
        "buffer",
        "byte",
        "bytes",
        "char",
        "int",
        "integer",
        "long",
        "nil",
        "none",
        "null",
        "number",
        "object",
        "optional",
        "secret",
        "securestring",
        "str",
        "string",
        "symbol",
        "text",
        "true",
        "false",
        "undefined",
        "uuid",
        "varchar",
        "void",
    ];
    let word = value
        .split(|byte| !byte.is_ascii_alphanumeric())
        .find(|part| !part.is_empty())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let rest = value.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() - word.len();
    TYPES.iter().any(|known| known.as_bytes() == word) && rest < 5
}

fn is_stand_in(text: &[u8], assignment: &Assignment) -> bool {
    let value = text.get(assignment.value.clone()).unwrap_or_default();
    let one_character = value.iter().all(|byte| Some(byte) == value.first())
        || value.iter().all(|byte| matches!(byte, b'x' | b'X' | b'*' | b'.' | b'-' | b'_'));
    one_character || placeholder::has_mark(value)
}

//! Credentials that only their name speaks for: whether the value under it is one.

pub(crate) mod features;
pub(crate) mod forest;
pub(crate) mod name;
mod vocabulary;
mod words;

use crate::detect::assignment::{Assignment, Operator};
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
    let map_key = name.noun == Noun::Key && !name.qualified && (value.len() < 16 || is_uuid(value));
    let public =
        name.noun == Noun::Key && name.words.iter().any(|word| matches!(word.as_str(), "public" | "pub"));
    let identifies =
        name.behind > 0 && name.words.last().is_some_and(|word| matches!(word.as_str(), "id" | "ids"));
    let compared = assignment.operator == Operator::Compare;
    let typed = (assignment.quote.is_none() || compared) && is_type(value);
    // Directives of web servers: where requests are passed on to.
    let passed_on = name.text.ends_with("_pass") && value.contains(&b':') && value.contains(&b'/');
    // `renameIndex('access_tokens', …)`: many tokens are a table, not a token. `Pass: …` in a message is how a test went.
    let listed = assignment.operator == Operator::Comma && name.is_plural();
    let outcome = assignment.embedded
        && assignment.operator == Operator::Colon
        && matches!(name.text.as_str(), "Pass" | "PASS" | "pass");
    let elsewhere = listed
        || outcome
        || hint.area == Area::Words && !is_random(value)
        || sentence
        || map_key
        || public
        || identifies
        || typed
        || passed_on;
    (!elsewhere && !is_stand_in(text, assignment)).then(|| features::of(text, assignment, name, hint))
}

/// Tells whether the value is nothing that an interface would say: one long word of letters and digits.
fn is_random(value: &[u8]) -> bool {
    value.len() >= 12
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
        && value.iter().all(u8::is_ascii_graphic)
}

/// Tells whether the value is a UUID: an identifier, unless the name says otherwise.
pub(crate) fn is_uuid(value: &[u8]) -> bool {
    let digits = |(at, byte): (usize, &u8)| {
        if matches!(at, 8 | 13 | 18 | 23) { *byte == b'-' } else { byte.is_ascii_hexdigit() }
    };
    value.len() == 36 && value.iter().enumerate().all(digits)
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

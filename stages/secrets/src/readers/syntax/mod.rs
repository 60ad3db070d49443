//! The few syntaxes that credential files are written in, each read for its named values and their places alone.
//! Broken input gives what can be read of it.

pub(super) mod json;
pub(super) mod pairs;
pub(super) mod xml;

use std::ops::Range;

/// A named value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// Names from the outermost in: sections, objects, elements; the last is the value's own.
    pub(super) path: Vec<String>,
    pub(super) range: Range<usize>,
}

impl Value {
    /// Returns the value's own name.
    pub(super) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// Returns the name above the value's own.
    pub(super) fn parent(&self) -> &str {
        self.path.iter().rev().nth(1).map_or("", String::as_str)
    }
}

/// Deepest nesting that is followed.
const DEEPEST: usize = 24;
/// Longest name that is kept: each value below it has it in its path.
const LONGEST_NAME: usize = 100;

/// Returns a name as it is kept.
fn name_of(name: &[u8]) -> String {
    String::from_utf8_lossy(name.get(..LONGEST_NAME).unwrap_or(name)).into_owned()
}

/// Compares what was read of a text: each value with the names that lead to it.
#[cfg(test)]
fn check(text: &str, read: Vec<Value>, expected: &[(&str, &str)]) {
    let found: Vec<_> = read.into_iter().map(|value| (value.path.join("/"), &text[value.range])).collect();
    let found: Vec<_> = found.iter().map(|(path, value)| (path.as_str(), *value)).collect();
    assert_eq!(found, expected, "{text}");
}

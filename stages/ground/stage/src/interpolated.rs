//! A value of a section that may name environment variables: `registry.example/shop:${TAG}`.
//!
//! Only a key of this type interpolates; in any other, `${TAG}` is text. The stage lists the names among its needs, so
//! the environment reaches it through [`Given`] like everything else, and leaves its trace.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Given, Need, StageError};

/// Text with names of environment variables in it. `$${` stands for `${` itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interpolated {
    written: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

/// Why a text names no variables the way it tries to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`${{` begins no variable here: write `${{NAME}}`, or `$${{` for the text itself")]
pub struct InterpolatedError;

impl Interpolated {
    /// Reads a text.
    pub fn new(written: &str) -> Result<Self, InterpolatedError> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = written;
        while let Some((before, after)) = rest.split_once("${") {
            if let Some(before) = before.strip_suffix('$') {
                text.push_str(before);
                text.push_str("${");
                rest = after;
                continue;
            }
            text.push_str(before);
            let (name, after) =
                after.split_once('}').filter(|(name, _)| is_name(name)).ok_or(InterpolatedError)?;
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(Part::Name(name.to_owned()));
            rest = after;
        }
        text.push_str(rest);
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Self { written: written.to_owned(), parts })
    }

    /// Returns the text as written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Returns the names in it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// Returns what a stage declares that uses it.
    pub fn needs(&self) -> impl Iterator<Item = Need> {
        self.names().map(|name| Need::Env(name.to_owned()))
    }

    /// Returns the text with the variables' values in it. Values are taken as they are, never read again.
    pub fn resolve(&self, given: &Given<'_>) -> Result<String, StageError> {
        let mut resolved = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => resolved.push_str(text),
                Part::Name(name) => {
                    resolved.push_str(given.env(name)?.ok_or_else(|| unset(name, &self.written))?)
                }
            }
        }
        Ok(resolved)
    }
}

fn unset(name: &str, written: &str) -> StageError {
    let reason = format!("`{written}` names it and it is not set");
    StageError::Missing { input: format!("environment variable {name}"), reason }
}

fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl fmt::Display for Interpolated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.written)
    }
}

impl<'de> Deserialize<'de> for Interpolated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Interpolated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}

impl JsonSchema for Interpolated {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Interpolated".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "May name environment variables as ${NAME}; $${ stands for ${ itself."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, expected: Result<&[&str], InterpolatedError>) {
        let names =
            Interpolated::new(written).map(|read| read.names().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(
            names,
            expected.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            "{written}"
        );
    }

    #[test]
    fn names_stand_in_braces() {
        check("plain $HOME $ {x}", Ok(&[]));
        check("registry.example/${NAME}:${TAG_2}", Ok(&["NAME", "TAG_2"]));
        check("${A}${A}", Ok(&["A", "A"]));
        check("$${A} and ${B}", Ok(&["B"]));
        check("$$${A}", Ok(&[]));
        for malformed in ["${", "${}", "${A", "${A B}", "${1}", "${A:-b}", "x${${A}}"] {
            check(malformed, Err(InterpolatedError));
        }
    }

    #[test]
    fn an_escape_is_the_text_itself() {
        let read = Interpolated::new("$${A}-${B}").unwrap();
        assert_eq!(read.parts, [Part::Text("${A}-".into()), Part::Name("B".into())]);
        assert_eq!(serde_json::to_string(&read).unwrap(), r#""$${A}-${B}""#);
    }

    proptest::proptest! {
        #[test]
        fn any_text_reads_or_is_refused(text: String) {
            if let Ok(read) = Interpolated::new(&text) {
                proptest::prop_assert_eq!(read.written(), &text);
            }
        }
    }
}

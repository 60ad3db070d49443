//! TOML in which every key and value knows where it stands.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Malformed, Piece};

/// A table.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a> {
    text: &'a str,
    table: &'a DeTable<'a>,
}

/// A value of a table or of an array.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    text: &'a str,
    value: &'a Spanned<DeValue<'a>>,
}

/// A whole text that was read.
pub(crate) struct Document<'a> {
    text: &'a str,
    root: Spanned<DeTable<'a>>,
}

impl<'a> Document<'a> {
    /// Reads a text.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Malformed> {
        let root = bounded_toml::parse(text)
            .map_err(|malformed| Malformed { at: malformed.at, reason: malformed.reason })?;
        Ok(Self { text, root })
    }

    pub(crate) fn root(&self) -> Table<'_> {
        Table { text: self.text, table: self.root.get_ref() }
    }
}

impl<'a> Table<'a> {
    pub(crate) fn find(self, key: &str) -> Option<Value<'a>> {
        self.table.get(key).map(|value| Value { text: self.text, value })
    }

    /// Returns the string at `key`, with its place between the quotes.
    pub(crate) fn piece(self, key: &str) -> Option<Piece<'a>> {
        self.find(key)?.piece()
    }

    pub(crate) fn text(self, key: &str) -> Option<&'a str> {
        self.find(key)?.value.get_ref().as_str()
    }

    pub(crate) fn table(self, key: &str) -> Option<Self> {
        self.find(key)?.table()
    }

    /// Returns the values of the array at `key`; none where there is no array.
    pub(crate) fn array(self, key: &str) -> impl Iterator<Item = Value<'a>> {
        self.find(key).into_iter().flat_map(Value::array)
    }

    pub(crate) fn is_true(self, key: &str) -> bool {
        self.find(key).is_some_and(|value| value.value.get_ref().as_bool() == Some(true))
    }

    /// Returns the entries, sorted by key.
    pub(crate) fn entries(self) -> impl Iterator<Item = (&'a str, Value<'a>)> {
        let text = self.text;
        self.table.iter().map(move |(key, value)| (&**key.get_ref(), Value { text, value }))
    }
}

impl<'a> Value<'a> {
    /// Returns where the value stands.
    pub(crate) fn at(self) -> Range<usize> {
        self.value.span()
    }

    pub(crate) fn text(self) -> Option<&'a str> {
        self.value.get_ref().as_str()
    }

    /// Returns the number as written.
    pub(crate) fn number(self) -> Option<&'a str> {
        self.value.get_ref().as_integer().map(toml::de::DeInteger::as_str)
    }

    /// Returns the string with its place between the quotes.
    pub(crate) fn piece(self) -> Option<Piece<'a>> {
        let text = self.text()?;
        let at = self.at();
        let written = self.text.get(at.clone()).unwrap_or("");
        let quotes = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quotes| {
            written.len() >= 2 * quotes.len() && written.starts_with(quotes) && written.ends_with(quotes)
        });
        let margin = quotes.map_or(0, str::len);
        Some(Piece { text: text.into(), at: at.start + margin..at.end - margin })
    }

    pub(crate) fn table(self) -> Option<Table<'a>> {
        self.value.get_ref().as_table().map(|table| Table { text: self.text, table })
    }

    /// Returns the values of an array; none when it is something else.
    pub(crate) fn array(self) -> impl Iterator<Item = Value<'a>> {
        let text = self.text;
        let values = self.value.get_ref().as_array().into_iter().flatten();
        values.map(move |value| Value { text, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_stand_between_their_quotes() {
        let text = "a = \"x\"\nb = 'y'\nc = \"\"\"\nz\"\"\"\nd = [{ e = \"w\" }]\n";
        let document = Document::parse(text).unwrap();
        let at = |key: &str| &text[document.root().piece(key).unwrap().at];
        assert_eq!((at("a"), at("b"), at("c")), ("x", "y", "\nz"));
        let first = document.root().array("d").next().unwrap().table().unwrap();
        assert_eq!(&text[first.piece("e").unwrap().at], "w");
    }

    #[test]
    fn malformed_text_has_a_place() {
        let error = |text: &str| Document::parse(text).map(|_| ()).unwrap_err();
        assert_eq!(error("a = 1\nb = = 2\n").at, 10);
        error(&format!("a = {}", "[".repeat(100_000)));
        error(&format!("[{}b]", "a.".repeat(100_000)));
    }
}

//! Reads typed values out of a TOML table, and says where what does not fit.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::GitleaksError;

/// Parses a file.
pub(super) fn parse(text: &str) -> Result<Spanned<DeTable<'_>>, GitleaksError> {
    bounded_toml::parse(text).map_err(|malformed| At::of(text, malformed.at).error(malformed.reason))
}

/// Where a value stands. Both count from 1, columns in characters.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) line: u32,
    column: u32,
}

impl At {
    fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..text.floor_char_boundary(offset)).unwrap_or_default();
        let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self { line: number(before.matches('\n').count()), column: number(line.chars().count()) }
    }

    /// Describes an error of what stands here.
    pub(super) fn error(self, message: impl Into<String>) -> GitleaksError {
        GitleaksError { line: self.line, column: self.column, message: message.into() }
    }
}

/// A table whose keys are all known.
pub(super) struct Reading<'a> {
    text: &'a str,
    table: &'a DeTable<'a>,
    at: At,
}

impl<'a> Reading<'a> {
    /// Takes a table that starts at `offset`; a key that is not among `known` is an error.
    pub(super) fn of(
        text: &'a str,
        table: &'a DeTable<'a>,
        offset: usize,
        known: &[&str],
    ) -> Result<Self, GitleaksError> {
        let stray = table.keys().find(|name| !known.contains(&name.get_ref().as_ref()));
        match stray {
            Some(name) => Err(At::of(text, name.span().start).error(format!(
                "`{}` is not a key that is read here (known: {})",
                name.get_ref(),
                known.join(", ")
            ))),
            None => Ok(Self { text, table, at: At::of(text, offset) }),
        }
    }

    /// Returns where the table starts.
    pub(super) const fn at(&self) -> At {
        self.at
    }

    fn value(&self, name: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(name)
    }

    fn place(&self, value: &Spanned<DeValue<'_>>) -> At {
        At::of(self.text, value.span().start)
    }

    fn wrong(&self, name: &str, value: &Spanned<DeValue<'_>>, what: &str) -> GitleaksError {
        self.place(value).error(format!("`{name}` is {what}"))
    }

    /// Returns a text with its place.
    pub(super) fn text(&self, name: &str) -> Result<Option<(String, At)>, GitleaksError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        match value.get_ref() {
            DeValue::String(text) => Ok(Some((text.to_string(), self.place(value)))),
            _ => Err(self.wrong(name, value, "not a text")),
        }
    }

    /// Returns a text that must be there.
    pub(super) fn required_text(&self, name: &str) -> Result<String, GitleaksError> {
        self.text(name)?.map(|(text, _)| text).ok_or_else(|| self.at.error(format!("`{name}` is missing")))
    }

    /// Returns a list of texts, each with its place; empty when the key is not there.
    pub(super) fn texts_with_places(&self, name: &str) -> Result<Vec<(String, At)>, GitleaksError> {
        let Some(value) = self.value(name) else { return Ok(Vec::new()) };
        let DeValue::Array(list) = value.get_ref() else {
            return Err(self.wrong(name, value, "not a list of texts"));
        };
        list.iter()
            .map(|item| match item.get_ref() {
                DeValue::String(text) => Ok((text.to_string(), self.place(item))),
                _ => Err(self.wrong(name, item, "not a list of texts")),
            })
            .collect()
    }

    /// Returns a list of texts; empty when the key is not there.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, GitleaksError> {
        Ok(self.texts_with_places(name)?.into_iter().map(|(text, _)| text).collect())
    }

    /// Returns a number that is not negative.
    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, GitleaksError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let number: Option<f64> = match value.get_ref() {
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::Integer(number) => number.as_str().parse().ok(),
            _ => None,
        };
        let wrong = || self.wrong(name, value, "not a number from 0 on");
        number.filter(|number| *number >= 0.0).map(Some).ok_or_else(wrong)
    }

    /// Checks that a key is a truth value, when it is there.
    pub(super) fn flag(&self, name: &str) -> Result<(), GitleaksError> {
        match self.value(name) {
            Some(value) if !matches!(value.get_ref(), DeValue::Boolean(_)) => {
                Err(self.wrong(name, value, "neither true nor false"))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn below(
        &self,
        name: &str,
        value: &'a Spanned<DeValue<'a>>,
        known: &[&str],
    ) -> Result<Self, GitleaksError> {
        match value.get_ref() {
            DeValue::Table(table) => Self::of(self.text, table, value.span().start, known),
            _ => Err(self.wrong(name, value, "not a table")),
        }
    }

    /// Returns a table below this one.
    pub(super) fn table(&self, name: &str, known: &[&str]) -> Result<Option<Self>, GitleaksError> {
        self.value(name).map(|value| self.below(name, value, known)).transpose()
    }

    /// Returns the tables below this one; a single table is a list of one.
    pub(super) fn tables(&self, name: &str, known: &[&str]) -> Result<Vec<Self>, GitleaksError> {
        let Some(value) = self.value(name) else { return Ok(Vec::new()) };
        match value.get_ref() {
            DeValue::Array(list) => list.iter().map(|item| self.below(name, item, known)).collect(),
            _ => Ok(vec![self.below(name, value, known)?]),
        }
    }
}

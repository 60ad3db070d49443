//! A stage's section of the pipeline file, with exact positions.

use std::fmt;

use model::{Digest, StageId};
use serde::de::DeserializeOwned;

use crate::wording::{TAB, action, indenting_tab, reword};

/// A stage's section of the pipeline file. `text` is the whole file with everything outside the section blanked (line
/// ends kept), so that a position in it is a position in the file.
#[derive(Debug, Clone)]
pub struct Section {
    /// Name of the instance: the key under `stages:`.
    pub id: StageId,
    /// Path of the pipeline file, as reports print it.
    pub file: String,
    /// The file, blanked outside the section; white space only when the section says nothing.
    pub text: String,
}

/// Why a section is not valid, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// Path of the file.
    pub file: String,
    /// Line, from 1; 0 when unknown.
    pub line: usize,
    /// Column, from 1; 0 when unknown.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The line itself, when it can be shown.
    pub source_line: Option<String>,
    /// What to do about it, where that is more than to correct the place.
    pub advice: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, source_line, advice: _ } = self;
        if *line == 0 {
            return write!(f, "{file}: {message}");
        }
        write!(f, "{file}:{line}:{column}: {message}")?;
        if let Some(text) = source_line {
            let margin = line.to_string().len();
            let caret = " ".repeat(column.saturating_sub(1));
            write!(f, "\n{:margin$} |\n{line} | {text}\n{:margin$} | {caret}^", "", "")?;
        }
        Ok(())
    }
}

/// Columns of a line an error shows at most.
const MOST_COLUMNS: usize = 160;

impl ConfigError {
    /// Describes an error of the YAML reader; `text` is the text that was read.
    pub fn from_yaml(file: &str, text: &str, error: &serde_saphyr::Error) -> Self {
        let (line, column) = error.location().map_or((0, 0), |at| (at.line() as usize, at.column() as usize));
        let plain = error.without_snippet().to_string();
        let first = plain.lines().next().unwrap_or("malformed YAML");
        if let Some((line, column)) = indenting_tab(text, line, first) {
            return Self::new(file, text, line, column, TAB);
        }
        // The reader puts the position at one end of its message; here it stands in front.
        let position = format!(" at line {line}, column {column}");
        let message = first.replace(&position, "").replace(&format!("line {line} column {column}: "), "");
        Self::new(file, text, line, column, reword(&message))
    }

    /// Describes an error at a position of `text`.
    pub fn new(file: &str, text: &str, line: usize, column: usize, message: impl Into<String>) -> Self {
        let shown =
            line.checked_sub(1).and_then(|at| text.lines().nth(at)).filter(|_| column <= MOST_COLUMNS);
        let visible = |character| if character == '\t' { '→' } else { character };
        let source_line = shown.map(|line| line.chars().take(MOST_COLUMNS).map(visible).collect());
        // What it quotes may hold line ends; the message is one line.
        let message = message.into().lines().map(str::trim).collect::<Vec<_>>().join(" ");
        Self { file: file.to_owned(), line, column, message, source_line, advice: None }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// Returns what to do about it, as an action.
    pub fn hint(&self) -> String {
        let Self { file, line, advice, .. } = self;
        let known = advice.clone().or_else(|| action(&self.message));
        known.unwrap_or_else(|| match line {
            0 => format!("correct {file}"),
            _ => format!("correct line {line} of {file}"),
        })
    }
}

impl Section {
    /// Returns a section that says nothing: all defaults.
    pub fn empty(id: StageId) -> Self {
        Self { id, file: String::new(), text: String::new() }
    }

    /// Reads the section. Unknown and duplicate keys are errors when `T` denies them, as every section does.
    pub fn parse<T: DeserializeOwned + Default>(&self) -> Result<T, ConfigError> {
        let body = self.text.trim();
        if body.is_empty() || body == "~" || body == "null" {
            return Ok(T::default());
        }
        serde_saphyr::from_str(&self.text)
            .map_err(|error| ConfigError::from_yaml(&self.file, &self.text, &error))
    }

    /// Describes an error in this section that the reader cannot see (a name that is none, a range turned round).
    pub fn error(&self, line: usize, column: usize, message: impl Into<String>) -> ConfigError {
        ConfigError::new(&self.file, &self.text, line, column, message)
    }

    /// Returns the digest of a checked configuration, for the spec. Defaults written out and left out are the same.
    pub fn digest<T: serde::Serialize>(config: &T) -> Digest {
        // Serializing our own plain structs into memory cannot fail; were it to, no cached answer would match.
        Digest::of(&serde_json::to_vec(config).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
    struct Sample {
        history: bool,
        deny: Vec<String>,
    }

    fn section(text: &str) -> Section {
        Section { id: StageId::new("sample").unwrap(), file: "sluicegate.yaml".into(), text: text.into() }
    }

    #[test]
    fn an_empty_section_is_all_defaults() {
        for text in ["", "\n\n  \n", "\n   {}\n", " ~", "null"] {
            assert_eq!(section(text).parse::<Sample>().unwrap(), Sample::default(), "{text:?}");
        }
    }

    #[test]
    fn every_error_says_what_to_do() {
        let check = |text: &str, expected: &str| {
            assert_eq!(section(text).parse::<Sample>().unwrap_err().hint(), expected, "{text}");
        };
        check("hystory: true\n", "write `history`");
        check("nothing: true\n", "take it out, or write one of those that are known");
        check("history: true\nhistory: true\n", "keep one of the two");
        check("history: perhaps\n", "write `true` or `false`");
        check("deny: *a\n", "correct line 1 of sluicegate.yaml");
        check("deny:\n\t- a\n", "put spaces in the place of the tab");
        let error = section("").error(0, 0, "odd");
        assert_eq!(error.hint(), "correct sluicegate.yaml");
        assert_eq!(error.advise("take it out").hint(), "take it out");
    }

    #[test]
    fn errors_carry_line_column_and_caret() {
        let error = section("\n\n    history: true\n    hystory: true\n").parse::<Sample>().unwrap_err();
        assert_eq!((error.line, error.column), (4, 5), "{error}");
        assert!(error.to_string().contains("\n4 |     hystory: true\n  |     ^"), "{error}");
        let error = section("\n\n    history: true\n    history: true\n").parse::<Sample>().unwrap_err();
        assert_eq!((error.line, error.column), (4, 5), "{error}");
        let error = section("\n    history: perhaps\n").parse::<Sample>().unwrap_err();
        assert_eq!((error.line, error.column), (2, 14), "{error}");
    }
}

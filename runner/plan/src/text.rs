//! The text of a pipeline file, and errors that point into it.

use std::sync::Arc;

use serde_saphyr::{Location, Spanned};
use stage::ConfigError;

use crate::Place;

/// Bytes of a file at most.
const MOST_BYTES: usize = 1 << 20;

/// The text of a pipeline file: UTF-8 without a byte order mark, with line ends that every reader sees alike.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    path: Arc<str>,
    body: Arc<str>,
}

impl Text {
    /// Checks the bytes of a file. `path` names it in messages.
    pub(crate) fn new(path: &str, bytes: &[u8]) -> Result<Self, ConfigError> {
        let text = |body: &str| Self { path: path.into(), body: body.into() };
        if bytes.len() > MOST_BYTES {
            let message = format!("the file has {} bytes; at most {MOST_BYTES} are read", bytes.len());
            return Err(ConfigError::new(path, "", 1, 1, message));
        }
        if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
            return Err(ConfigError::new(path, "", 1, 1, "the file is UTF-16; it must be UTF-8"));
        }
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let body = match std::str::from_utf8(bytes) {
            Ok(body) => body,
            Err(error) => {
                let lossy = text(&String::from_utf8_lossy(bytes));
                return Err(lossy.error(error.valid_up_to(), "the file is not UTF-8 from here on"));
            }
        };
        let text = text(body);
        match body.char_indices().find(|(at, character)| refused(body, *at, *character)) {
            Some((at, '\r')) => Err(text.error(at, "a carriage return stands without a line feed")),
            Some((at, character)) => {
                Err(text
                    .error(at, format!("the control character U+{:04X} stands here", u32::from(character))))
            }
            None => Ok(text),
        }
    }

    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Returns the place of a byte offset.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let (line, column) = self.line_column(offset);
        Place { file: self.path().to_owned(), line: line as u64, column: column as u64 }
    }

    /// Describes an error at a byte offset. Offsets past the end are brought back to it.
    pub(crate) fn error(&self, offset: usize, message: impl Into<String>) -> ConfigError {
        let (line, column) = self.line_column(offset);
        self.error_at(line, column, message)
    }

    /// Describes an error at a line and column; the line shows no control character.
    pub(crate) fn error_at(&self, line: usize, column: usize, message: impl Into<String>) -> ConfigError {
        // The end of the file is a place in it, whatever a reader calls the line behind it.
        let line = line.clamp(1, self.body.matches('\n').count() + 1);
        let length = self.body.split('\n').nth(line - 1).map_or(0, |line| line.chars().count());
        let column = column.clamp(1, length + 1);
        let mut error = ConfigError::new(self.path(), self.body(), line, column, message);
        error.source_line = error.source_line.map(|line| line.replace(char::is_control, "\u{fffd}"));
        error
    }

    /// Describes an error of a value that was read from this text; `whole` is where it stands when it has no place of
    /// its own.
    pub(crate) fn error_of<T>(
        &self,
        value: &Spanned<T>,
        whole: Location,
        message: impl Into<String>,
    ) -> ConfigError {
        let at = if value.referenced.line() > 0 { value.referenced } else { whole };
        self.error_at(at.line() as usize, at.column() as usize, message)
    }

    /// Returns the place of a value that was read from this text.
    pub(crate) fn place_of<T>(&self, value: &Spanned<T>) -> Place {
        let at = value.referenced;
        Place { file: self.path().to_owned(), line: at.line(), column: at.column() }
    }

    fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = (0..=offset.min(self.body.len())).rev().find(|at| self.body.is_char_boundary(*at));
        let before = self.body.get(..offset.unwrap_or(0)).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        (before.matches('\n').count() + 1, column)
    }
}

/// Tells whether a character may not stand in the file. YAML ends a line at a lone carriage return, most editors do not.
fn refused(body: &str, at: usize, character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\r' => !body.get(at + 1..).is_some_and(|rest| rest.starts_with('\n')),
        _ => character.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &str) {
        let actual = Text::new("sluicegate.yaml", bytes).map(|text| text.body().to_owned());
        assert_eq!(actual.unwrap_or_else(|error| error.to_string()), expected);
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        check("\u{feff}version: 1\n".as_bytes(), "version: 1\n");
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        check(
            b"version: 1\nstages: \xff\n",
            "sluicegate.yaml:2:9: the file is not UTF-8 from here on\n  |\n2 | stages: \u{fffd}\n  |         ^",
        );
        check(b"\xff\xfev\0", "sluicegate.yaml:1:1: the file is UTF-16; it must be UTF-8");
        check(
            b"a: \x1b[31m\n",
            "sluicegate.yaml:1:4: the control character U+001B stands here\n  |\n1 | a: \u{fffd}[31m\n  |    ^",
        );
        check(
            b"a: 1\rb: 2\n",
            "sluicegate.yaml:1:5: a carriage return stands without a line feed\n  |\n1 | a: 1\u{fffd}b: 2\n  |     ^",
        );
        check(
            &vec![b' '; MOST_BYTES + 1],
            "sluicegate.yaml:1:1: the file has 1048577 bytes; at most 1048576 are read",
        );
    }
}

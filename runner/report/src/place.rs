//! Where a sentence of the policy stands.

use std::fmt;

/// A position in a file of the policy. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Path of the file, as the reader of messages knows it.
    pub file: String,
    /// Line.
    pub line: u64,
    /// Column.
    pub column: u64,
}

impl Place {
    /// Takes the place of a value in `file`; `None` when the reader of the file kept none.
    pub(crate) fn of<T>(file: &str, value: &serde_saphyr::Spanned<T>) -> Option<Self> {
        let at = value.referenced;
        (at.line() > 0).then(|| Self { file: file.to_owned(), line: at.line(), column: at.column() })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

//! What could not be read while building. A record is never dropped without one of these.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A record that could not be read, or not fully.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// File: `PyPI/all.zip/PYSEC-2024-1.json`, or as the caller named it.
    pub file: String,
    /// Id of the advisory, when one could be read.
    pub id: Option<String>,
    /// Whether the record is missing from the index; otherwise it is there, but part of it could not be understood.
    pub lost: bool,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(id) = &self.id {
            write!(f, " ({id})")?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl Problem {
    /// A file that is not read because of its size.
    pub(crate) fn too_large(file: &str, most: u64) -> Self {
        let reason = format!("it has more than {most} bytes");
        Self { file: file.to_owned(), id: None, lost: true, reason }
    }

    /// A file that could not be read.
    pub(crate) fn unread(file: &str, reason: impl fmt::Display) -> Self {
        Self { file: file.to_owned(), id: None, lost: true, reason: reason.to_string() }
    }
}

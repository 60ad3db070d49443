//! Files that exist to hold credentials: each format has a reader that knows which of its fields are secret.

use serde::{Deserialize, Serialize};

use crate::candidate::Candidate;
use crate::rules::Rules;
use crate::scan::Pass;

/// A format of credential files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Reader {
    /// Settings of npm.
    Npmrc,
}

impl Reader {
    /// Returns every reader.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        [Self::Npmrc].into_iter()
    }

    /// Returns the rule under which it reports.
    pub(crate) fn rule(self) -> &'static str {
        "npmrc-credential"
    }

    /// Returns the reader for the file at a path in lower case.
    pub(crate) fn of(path: &str) -> Option<Self> {
        path.ends_with(".npmrc").then_some(Self::Npmrc)
    }
}

/// Reads the pass's text, when its name promises a format.
pub(crate) fn read(_pass: &mut Pass<'_>) {}

/// Recognizes a file of keys.
pub(crate) fn key_store(_bytes: &[u8], _rules: &Rules) -> Option<Candidate> {
    None
}

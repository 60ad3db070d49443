//! What should have been looked at and was not.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Hasher, StageId, Subject};

/// How much a [`Gap`] leaves open; the gate treats each kind in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapKind {
    /// A stage, a subject or a data set is missing, failed or too old. Always blocks.
    Lost,
    /// A file that should have been read and could not be. Blocks unless baselined, waived or unchanged.
    Unread,
    /// Looked at within a stated limit. Listed; blocks only where the gate says so.
    Partial,
}

/// Something that should have been looked at and was not, or not fully.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The stage that says so.
    pub stage: StageId,
    /// What was being checked.
    pub subject: Subject,
    /// How much is open.
    pub kind: GapKind,
    /// Stable kebab-case word for the reason: `too-large`, `malformed-yaml`, `no-database`.
    pub code: String,
    /// File concerned, relative to the tree's root.
    pub path: Option<String>,
    /// Line concerned, from 1.
    pub line: Option<u32>,
    /// What was not looked at and why: one sentence without a full stop.
    pub reason: String,
    /// An action that closes the gap, when one is known.
    pub hint: Option<String>,
}

impl Gap {
    /// Returns what identifies the gap over time: stage, kind, code and path, not the line nor the wording.
    pub fn fingerprint(&self) -> String {
        let mut hasher = Hasher::new("gap/v1");
        hasher.part(self.stage.as_str()).part(self.kind.name()).part(&self.code);
        hasher.part(self.path.as_deref().unwrap_or(""));
        hasher.short()
    }
}

impl GapKind {
    /// All of them, the worst first.
    pub const ALL: [Self; 3] = [Self::Lost, Self::Unread, Self::Partial];

    /// Returns the word used in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Unread => "unread",
            Self::Partial => "partial",
        }
    }
}

impl fmt::Display for GapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

//! How a run ends for the code under check.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a run ends for the code under check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Everything asked for was looked at, and nothing failed the gate.
    Pass,
    /// The gate failed.
    Fail,
    /// Nothing failed the gate, but not everything was looked at: never a pass.
    Incomplete,
}

impl Decision {
    /// Returns the word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Incomplete => "incomplete",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

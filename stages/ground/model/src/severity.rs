//! How bad a finding is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How bad a finding is, from harmless to worst; `unknown` stands apart and is never guessed away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Exploitable as it stands, with grave consequences.
    Critical,
    /// Likely exploitable, or grave when it is.
    High,
    /// Needs further conditions.
    Medium,
    /// Hardening.
    Low,
    /// Worth knowing.
    Info,
    /// The source gives no severity. It gates as high unless the policy says otherwise.
    Unknown,
}

/// The text names no severity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a severity (critical, high, medium, low, info, unknown)")]
pub struct ParseSeverityError(pub String);

impl Severity {
    /// All severities, worst first, `unknown` where it gates: beside `high`.
    pub const ALL: [Self; 6] =
        [Self::Critical, Self::High, Self::Unknown, Self::Medium, Self::Low, Self::Info];

    /// Returns the word used in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the rank that orders severities: 5 for critical down to 1 for info; `unknown` ranks as high.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Critical => 5,
            Self::High | Self::Unknown => 4,
            Self::Medium => 3,
            Self::Low => 2,
            Self::Info => 1,
        }
    }

    /// Tells whether this severity is as bad as `threshold` or worse.
    pub const fn reaches(self, threshold: Self) -> bool {
        self.rank() >= threshold.rank()
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Severity {
    type Err = ParseSeverityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|s| s.name() == text).ok_or_else(|| ParseSeverityError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_gates_as_high() {
        assert!(Severity::Unknown.reaches(Severity::High));
        assert!(!Severity::Unknown.reaches(Severity::Critical));
        assert!(!Severity::Medium.reaches(Severity::High));
    }

    #[test]
    fn every_name_parses_back() {
        for severity in Severity::ALL {
            assert_eq!(severity.name().parse(), Ok(severity));
        }
        assert!("High".parse::<Severity>().is_err());
    }
}

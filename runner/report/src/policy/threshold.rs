//! Severities as a policy names them: `unknown` is no threshold, and `never` is one.

use std::fmt;

use model::Severity;
use schemars::JsonSchema;
use serde::Deserialize;

/// A severity that can be compared with: all but `unknown`. The order is from harmless to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Hardening.
    Low,
    /// Needs further conditions.
    Medium,
    /// Likely exploitable, or grave when it is.
    High,
    /// Exploitable as it stands, with grave consequences.
    Critical,
}

/// From which severity on something fails. The order is from strict to lax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Threshold {
    /// Everything fails.
    Info,
    /// Low and worse.
    Low,
    /// Medium and worse.
    Medium,
    /// High and worse.
    High,
    /// Critical alone.
    Critical,
    /// Nothing fails.
    Never,
}

impl Level {
    /// All levels, worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// Returns the severity itself.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Critical => Severity::Critical,
            Self::High => Severity::High,
            Self::Medium => Severity::Medium,
            Self::Low => Severity::Low,
            Self::Info => Severity::Info,
        }
    }

    /// Returns the level of a severity, `unknown` being as bad as the policy says.
    pub const fn of(severity: Severity, unknown_as: Self) -> Self {
        match severity {
            Severity::Critical => Self::Critical,
            Severity::High => Self::High,
            Severity::Medium => Self::Medium,
            Severity::Low => Self::Low,
            Severity::Info => Self::Info,
            Severity::Unknown => unknown_as,
        }
    }

    /// Tells whether this level is as bad as the threshold or worse.
    pub const fn reaches(self, threshold: Threshold) -> bool {
        match threshold {
            Threshold::Info => true,
            Threshold::Low => !matches!(self, Self::Info),
            Threshold::Medium => matches!(self, Self::Medium | Self::High | Self::Critical),
            Threshold::High => matches!(self, Self::High | Self::Critical),
            Threshold::Critical => matches!(self, Self::Critical),
            Threshold::Never => false,
        }
    }
}

impl Threshold {
    /// Returns the word used in files and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
            Self::Never => "never",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.severity().name())
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_reaches_its_own_threshold_and_all_stricter_ones() {
        let thresholds =
            [Threshold::Critical, Threshold::High, Threshold::Medium, Threshold::Low, Threshold::Info];
        for (level, own) in Level::ALL.into_iter().zip(thresholds) {
            for threshold in thresholds {
                assert_eq!(level.reaches(threshold), threshold <= own, "{level} {threshold}");
            }
            assert!(!level.reaches(Threshold::Never));
        }
    }
}

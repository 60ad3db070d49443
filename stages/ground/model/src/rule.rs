//! What a rule says of itself.

use serde::{Deserialize, Serialize};

use crate::{RuleId, Severity, StageId};

/// A rule: what it looks for, why that matters and how to fix it. Reports print it beside its findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The stage that has the rule.
    pub stage: StageId,
    /// Name, unique in the stage.
    pub id: RuleId,
    /// What is wrong, in a few words.
    pub title: String,
    /// Why it matters.
    pub why: String,
    /// How to fix it.
    pub fix: String,
    /// Severity of its findings, unless the finding knows better.
    pub severity: Severity,
    /// Weaknesses, as numbers of the Common Weakness Enumeration.
    pub cwe: Vec<u32>,
    /// Page that says more, when there is one.
    pub help_url: Option<String>,
}

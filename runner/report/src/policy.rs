//! What passes: the gate, the waivers and the baseline, as a pipeline file says them and as they are in force.
//!
//! [`RawPolicy`] is what serde reads; [`RawPolicy::check`] turns it into a [`Policy`] or says what is wrong and where;
//! [`Policy::tighten`] makes the one that judges a change out of the target branch's and the change's own.

mod check;
mod expression;
mod facts;
mod raw;
mod threshold;
mod tighten;
mod waiver;

use std::collections::BTreeMap;

use crate::Place;

pub use check::{PolicyError, Problem};
pub use expression::ExpressionError;
pub(crate) use expression::{Expression, Scene};
pub(crate) use facts::{Facts, word};
pub use facts::{Field, fields};
pub use raw::{Action, RawGate, RawPolicy, RawRule, RawWaiver};
pub use threshold::{Level, Threshold};
pub(crate) use waiver::has_rule;
pub use waiver::{Selector, Waiver};

/// What passes, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Severity from which on a finding fails.
    pub fail_on: Threshold,
    /// Whether findings that the merge-base has too are let through.
    pub new_only: bool,
    /// Severity from which on a newly disclosed flaw fails, where it differs from `fail_on`.
    pub newly_disclosed: Option<Threshold>,
    /// How many findings of a severity are let through.
    pub max: BTreeMap<Level, u32>,
    /// Whether a partial gap blocks.
    pub fail_on_partial_gaps: bool,
    /// What a finding without a severity counts as.
    pub unknown_as: Level,
    /// Rules that fail or warn.
    pub(crate) rules: Vec<Rule>,
    /// Rules that ignore. A finding is ignored when some rule of every layer says so; no layer ignores nothing.
    pub(crate) ignores: Vec<Vec<Rule>>,
    /// Waivers. A finding is waived when some waiver of every layer selects it.
    pub(crate) waivers: Vec<Vec<Waiver>>,
    /// Path of the baseline.
    pub baseline: Option<String>,
}

/// A rule of the gate, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) condition: Expression,
    pub(crate) action: Action,
    pub(crate) place: Option<Place>,
}

impl Rule {
    /// Tells whether the rule says the same, wherever it stands.
    pub(crate) fn says_the_same_as(&self, other: &Self) -> bool {
        self.name == other.name && self.condition == other.condition && self.action == other.action
    }
}

impl Default for Policy {
    /// Returns what holds where no file says anything.
    fn default() -> Self {
        Self {
            fail_on: Threshold::High,
            new_only: true,
            newly_disclosed: None,
            max: BTreeMap::new(),
            fail_on_partial_gaps: false,
            unknown_as: Level::High,
            rules: Vec::new(),
            ignores: Vec::new(),
            waivers: Vec::new(),
            baseline: None,
        }
    }
}

impl Policy {
    /// Returns the severity from which on a newly disclosed flaw fails.
    pub fn newly_disclosed(&self) -> Threshold {
        self.newly_disclosed.unwrap_or(self.fail_on)
    }

    /// Takes the waivers of another policy for its own.
    #[must_use]
    pub fn with_waivers_of(self, other: &Self) -> Self {
        Self { waivers: other.waivers.clone(), ..self }
    }

    /// Returns every waiver once, in the order of the files.
    pub fn waivers(&self) -> impl Iterator<Item = &Waiver> {
        let all: Vec<&Waiver> = self.waivers.iter().flatten().collect();
        let mut kept: Vec<&Waiver> = Vec::new();
        for waiver in all {
            if !kept.iter().any(|seen| seen.selector == waiver.selector && seen.expires == waiver.expires) {
                kept.push(waiver);
            }
        }
        kept.into_iter()
    }
}

#[cfg(test)]
pub(crate) mod tests;

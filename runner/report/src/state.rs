//! The state of findings and gaps: what a comparison says of them, before waivers.

mod compare;
mod matching;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::Record;

pub(crate) use compare::{Compared, compare_findings, compare_gaps, same_suppression_at_the_tip};
pub(crate) use matching::{Key, pair};

/// The state of a finding or a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing it is compared with has it.
    New,
    /// The dependency is old, the advisory is not: it was published after the merge-base or the baseline.
    NewlyDisclosed,
    /// The merge-base or the baseline has it too.
    Unchanged,
    /// Let through: by a waiver, or by an ignore entry that counts.
    Waived,
}

impl State {
    /// Every state, in the order in which reports list them.
    pub const ALL: [Self; 4] = [Self::New, Self::NewlyDisclosed, Self::Unchanged, Self::Waived];

    /// Returns the word used in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::NewlyDisclosed => "newly-disclosed",
            Self::Unchanged => "unchanged",
            Self::Waived => "waived",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a finding or gap was matched with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Match {
    /// Nothing.
    None,
    /// The record of the merge-base.
    Base,
    /// The baseline, which accepts it.
    Baseline,
}

/// What a change is compared with.
#[derive(Debug, Clone)]
pub struct Comparison<'a> {
    /// Record of the merge-base, settled; `None` for a change that is judged as a whole tree.
    pub base: Option<&'a Record>,
    /// When the merge-base was committed: advisories published later are newly disclosed.
    pub base_time: Option<Timestamp>,
    /// Path at the merge-base → path now, for files that were renamed.
    pub renames: &'a BTreeMap<String, String>,
    /// Record of the tip of the target branch. Inline ignores of the change count when this has them too.
    pub tip: Option<&'a Record>,
    /// Whose allowlists the stages ran with.
    pub allowlists: Allowlists,
}

/// Whose allowlists the stages of a change ran with, files that their sections name included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Allowlists {
    /// Those of the target branch: what they let through counts.
    Target,
    /// Those of the change: what they let through counts where the target's tip has it too.
    Head,
}

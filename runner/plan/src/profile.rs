//! Profiles: which stages run, over how much, and which of them must.

use std::collections::BTreeSet;
use std::time::Duration;

use model::StageId;

/// How much of the repository is judged. The order is from narrow to wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The commits about to be pushed.
    Outgoing,
    /// What is new since the merge-base.
    Change,
    /// Everything.
    Full,
}

/// Which stages a profile runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// All of the file.
    All,
    /// Those named.
    Only(BTreeSet<StageId>),
    /// Those of these kinds, as far as the file has them: built-in profiles only.
    Kinds(&'static [&'static str]),
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Which stages run.
    pub stages: Selection,
    /// Over how much.
    pub scope: Scope,
    /// Stages that must be there and run, whatever their `when` says.
    pub require: BTreeSet<StageId>,
    /// How long the whole run may take.
    pub budget: Option<Duration>,
}

impl Scope {
    /// Returns the word used in the pipeline file and in records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outgoing => "outgoing",
            Self::Change => "change",
            Self::Full => "full",
        }
    }
}

//! Profiles: which stages run, over how much, and which of them must.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::StageId;
use schemars::JsonSchema;
use serde::Deserialize;
use stage::ConfigError;

use crate::Place;
use crate::list::AllOrSome;
use crate::names::stage_ids;
use crate::raw::RawProfile;
use crate::text::Text;

/// How much of the repository is judged. The order is from narrow to wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
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
    /// All.
    All,
    /// Some.
    Some {
        /// Those of these names, each with the place where it is named.
        ids: BTreeMap<StageId, Place>,
        /// Those of these kinds, as far as there are any: built-in profiles alone say this.
        kinds: BTreeSet<&'static str>,
    },
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
    /// Stages that must be there and run, whatever their `when` says, each with the place where it is named.
    pub require: BTreeMap<StageId, Place>,
    /// How long the whole run may take.
    pub budget: Option<Duration>,
    /// Where it is defined; `None` for a built-in one.
    pub place: Option<Place>,
}

/// The kinds of stage that a push runs: those that answer in seconds.
const PUSH: [&str; 3] = ["secrets", "sast", "dependencies"];

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

impl Selection {
    /// Tells whether a stage is among them.
    pub fn holds(&self, id: &StageId, kind: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some { ids, kinds } => ids.contains_key(id) || kinds.contains(kind),
        }
    }

    /// Returns what either runs.
    pub(crate) fn union(self, other: Self) -> Self {
        match (self, other) {
            (Self::Some { mut ids, mut kinds }, Self::Some { ids: more, kinds: more_kinds }) => {
                for (id, place) in more {
                    ids.entry(id).or_insert(place);
                }
                kinds.extend(more_kinds);
                Self::Some { ids, kinds }
            }
            (Self::All, _) | (_, Self::All) => Self::All,
        }
    }
}

impl Profile {
    /// Returns the profiles that are there without a file.
    pub fn built_in() -> Vec<Self> {
        let push = Selection::Some { ids: BTreeMap::new(), kinds: PUSH.into() };
        let all = [
            ("push", push, Scope::Outgoing),
            ("ci", Selection::All, Scope::Change),
            ("release", Selection::All, Scope::Full),
        ];
        let profile = |(name, stages, scope): (&str, Selection, Scope)| Self {
            name: name.to_owned(),
            stages,
            scope,
            require: BTreeMap::new(),
            budget: None,
            place: None,
        };
        all.into_iter().map(profile).collect()
    }

    /// Checks what a file says.
    pub(crate) fn check(name: &str, raw: RawProfile, place: Place, text: &Text) -> Result<Self, ConfigError> {
        let stages = match raw.stages {
            AllOrSome::All => Selection::All,
            AllOrSome::Some(names) => {
                Selection::Some { ids: stage_ids(text, names)?, kinds: BTreeSet::new() }
            }
        };
        Ok(Self {
            name: name.to_owned(),
            stages,
            scope: raw.scope,
            require: stage_ids(text, raw.require)?,
            budget: raw.budget.map(|budget| budget.0),
            place: Some(place),
        })
    }

    /// Returns the wider of two profiles of one name: what either runs, over the wider scope, with all that either
    /// requires.
    pub(crate) fn union(self, other: Self) -> Self {
        let mut require = self.require;
        for (id, place) in other.require {
            require.entry(id).or_insert(place);
        }
        Self {
            name: self.name,
            stages: self.stages.union(other.stages),
            scope: self.scope.max(other.scope),
            require,
            budget: self.budget.zip(other.budget).map(|(one, two)| one.max(two)),
            place: self.place.or(other.place),
        }
    }
}

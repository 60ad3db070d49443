//! What a change takes away from the policy that judges it. Each is listed and none counts until it has landed.

use crate::Place;

/// One thing that a change removes from the policy or widens in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loosened {
    /// What was loosened: `gate.fail-on`, `waivers`, `baseline`, `stages.secrets` …
    pub what: String,
    /// What the change does and what stays in force, in plain words.
    pub message: String,
    /// Where the change says so, when it says so at a place.
    pub place: Option<Place>,
}

impl Loosened {
    pub(crate) fn new(what: impl Into<String>, message: impl Into<String>) -> Self {
        Self { what: what.into(), message: message.into(), place: None }
    }

    pub(crate) fn at(self, place: Option<Place>) -> Self {
        Self { place, ..self }
    }
}

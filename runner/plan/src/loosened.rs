//! What a change takes away from the pipeline that judges it. Each is listed and none counts until it has landed.

use crate::Place;

/// One thing that a change removes from the pipeline file or loosens in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loosened {
    /// What was loosened: `stages.secrets`, `stages.secrets.when`, `profiles.ci.scope` …
    pub what: String,
    /// What the change does and what stays in force, in plain words.
    pub message: String,
    /// Where the change says so; where the policy in force says otherwise, when the change says nothing.
    pub place: Option<Place>,
}

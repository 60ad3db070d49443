//! What runs after the gate: signing, publishing, notifying. An effect changes the world, so it says what it changes and
//! after which verdicts it runs; it is never cached, and one that fails makes the run incomplete.

use model::{Decision, Message, StageId};

use crate::{Need, Running, Sink};

/// What an effect declares of itself.
#[derive(Debug, Clone)]
pub struct EffectSpec {
    /// Name of the instance in the pipeline file.
    pub id: StageId,
    /// What it changes, in a few words: `pushes a signature to the registry`.
    pub changes: String,
    /// After which verdicts it runs.
    pub runs_on: Vec<Decision>,
    /// What it reads beside the record: environment, secrets, hosts, programs.
    pub needs: Vec<Need>,
}

/// What an effect is handed.
pub struct EffectGiven<'a> {
    /// The whole record of the run.
    pub record: &'a [Message],
    /// How the gate decided.
    pub decision: Decision,
}

/// Something done after the gate.
pub trait Effect: Send + Sync {
    /// Returns what the effect changes and when it runs.
    fn spec(&self) -> EffectSpec;

    /// Does it.
    fn run<'a>(&'a self, given: &'a EffectGiven<'a>, out: &'a Sink) -> Running<'a>;
}

//! The graph of stage instances: what runs, on which subject, after what, and why.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use model::{Policy, StageId, Subject, SubjectKind};
use source::Tree;
use stage::{ConfigError, Kind, Spec, Stage};

use crate::{Combined, Event, Place, Profile};

/// What a plan is made from.
pub struct Request<'a> {
    /// The kinds of stage that the binary has.
    pub kinds: &'a [Kind],
    /// The pipeline in force.
    pub combined: &'a Combined,
    /// The profile.
    pub profile: &'a Profile,
    /// `--stage`: these alone, with what they need; all of the profile when empty.
    pub only: &'a [String],
    /// What is there to check from the start.
    pub subjects: &'a [Subject],
    /// The tree under check.
    pub tree: Option<&'a dyn Tree>,
    /// Paths that the change touches, removed ones included; `None` when the scope is not a change or they are not known.
    pub changed: Option<&'a [String]>,
    /// Branch, when it is known; of a change, the target branch.
    pub branch: Option<&'a str>,
    /// What started the run.
    pub event: Event,
    /// The environment that sections may name.
    pub environment: &'a BTreeMap<String, String>,
    /// `--shard I/N`.
    pub shard: Option<Shard>,
}

/// One part of a run that is split over several machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1.
    pub index: u32,
    /// Of how many.
    pub count: u32,
}

/// What becomes of an instance, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It runs.
    Runs {
        /// Why, in a few words.
        why: String,
    },
    /// It runs for what it gives alone: what it says belongs to another shard's record.
    Repeated {
        /// The shard that reports it, from 1.
        shard: u32,
        /// Why it runs here too.
        why: String,
    },
    /// It runs in another shard.
    Elsewhere {
        /// Which, from 1.
        shard: u32,
    },
    /// It does not run.
    Skipped {
        /// Why, as the record says it.
        reason: String,
    },
}

/// An artifact that an instance is handed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Name of the channel.
    pub name: &'static str,
    /// Index of the instance that gives it; its subject is the artifact's.
    pub producer: usize,
}

/// A stage on a subject.
#[derive(Clone)]
pub struct Instance {
    /// The stage.
    pub stage: Arc<dyn Stage>,
    /// What it declares.
    pub spec: Spec,
    /// Name of its kind.
    pub kind: &'static str,
    /// What it checks.
    pub subject: Subject,
    /// By whose policy it runs.
    pub policy: Policy,
    /// Number among those of the same stage, subject and policy: several files of one side may configure a stage.
    pub variant: u32,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Where it is configured; `None` for a stage that is implied.
    pub place: Option<Place>,
    /// What becomes of it.
    pub fate: Fate,
    /// Artifacts it is handed, by name and producer.
    pub inputs: Vec<Input>,
    /// Indices of the instances that must have ended before, producers included; sorted.
    pub after: Vec<usize>,
}

/// A stage that has no subject yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The stage.
    pub id: StageId,
    /// What it waits for.
    pub subject: SubjectKind,
    /// Stages of the plan that give such subjects; it never runs when there are none.
    pub givers: Vec<StageId>,
}

/// What an expansion did to the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expansion {
    /// Indices of new instances, producers before consumers.
    pub added: Vec<usize>,
    /// Indices of instances from before whose `inputs` and `after` grew: those that want an artifact of every subject.
    pub grown: Vec<usize>,
}

/// The graph. Instances are named by their index, which never changes; the first ones stand in a valid order.
pub struct Plan {
    instances: Vec<Instance>,
    waiting: Vec<Waiting>,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The pipeline file is not valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Plan {
    /// Makes the plan.
    pub fn new(request: &Request<'_>) -> Result<Self, PlanError> {
        let _ = request;
        todo!()
    }

    /// Returns the instances.
    pub fn instances(&self) -> &[Instance] {
        &self.instances
    }

    /// Returns the stages that have no subject yet.
    pub fn waiting(&self) -> &[Waiting] {
        &self.waiting
    }

    /// Adds the instances for a subject that the instance `giver` gave. A subject that is known already adds nothing.
    /// The subject must be given before `giver` counts as ended: what wants an artifact of every subject waits for it.
    pub fn expand(&mut self, giver: usize, subject: &Subject) -> Result<Expansion, PlanError> {
        let _ = (giver, subject);
        todo!()
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match parsed {
            Some((index, count)) if index >= 1 && index <= count => Ok(Self { index, count }),
            _ => Err(format!("`{text}` is no shard: write it as 1/4")),
        }
    }
}

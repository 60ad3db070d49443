//! The graph of stage instances: what runs, on which subject, after what, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use model::{Policy, StageId, Subject, SubjectKind};
use stage::{Spec, Stage};

use crate::Place;
use crate::graph::candidate::Candidate;
use crate::graph::choice::{Choice, Connected};
use crate::graph::links::Link;

mod candidate;
mod choice;
mod commits;
mod error;
mod links;
mod order;
mod request;
mod shard;

pub use error::{At, PlanError};
pub use request::Request;
pub use shard::{Shard, ShardError};

/// Subjects of a plan at most.
const MOST_SUBJECTS: usize = 1000;
/// Subjects that were given by an instance on a subject that was given, and so on, at most.
const MOST_DEPTH: usize = 2;

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
    /// Its conditions do not hold.
    Skipped {
        /// Why, as the record says it.
        reason: String,
    },
    /// It is configured and not asked for: another profile or other names are.
    Left {
        /// Why, in a few words.
        reason: String,
    },
}

impl Fate {
    /// Tells whether it runs here, whoever reports it.
    pub fn runs(&self) -> bool {
        match self {
            Self::Runs { .. } | Self::Repeated { .. } => true,
            Self::Elsewhere { .. } | Self::Skipped { .. } | Self::Left { .. } => false,
        }
    }
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
    /// Set when there is nothing for it to check: it is skipped, and its subject stands for those that there are none of.
    pub without_subject: bool,
    /// Artifacts it is handed, by name and producer.
    pub inputs: Vec<Input>,
    /// Indices of the instances that must have ended before, producers included; sorted. One that does not run here
    /// counts as ended.
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

impl Instance {
    /// Returns the name of the stage.
    pub fn id(&self) -> &StageId {
        &self.spec.id
    }
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
    required: BTreeSet<StageId>,
    absent: BTreeMap<StageId, String>,
    unsure: BTreeMap<StageId, &'static str>,
    candidates: Vec<Candidate>,
    links: Vec<Vec<Link>>,
    waits: Vec<Vec<usize>>,
    choices: Vec<Choice>,
    /// Candidates in a valid order.
    order: Vec<usize>,
    /// The candidate of each instance.
    candidate_of: Vec<usize>,
    /// How often a subject was given before each known subject was there.
    depths: BTreeMap<Subject, usize>,
    shard: Option<Shard>,
    /// For each instance the shard that reports it, when the run is split.
    owners: Vec<u32>,
}

impl Plan {
    /// Makes the plan.
    pub fn new(request: &Request<'_>) -> Result<Self, PlanError> {
        let mut candidates = candidate::build_all(request.kinds, request.combined)?;
        let links = links::link(request.combined, &mut candidates)?;
        let waits = choice::waits(request, &candidates)?;
        let connected = Connected { candidates: &candidates, links: &links, waits: &waits };
        let choices = choice::choose(request, connected)?;
        let runs: Vec<bool> = choices.iter().map(|choice| matches!(choice, Choice::Runs(_))).collect();
        let order = order::sort(request.combined, &candidates, &order::before(connected), &runs)?;
        let mut plan = Self {
            instances: Vec::new(),
            waiting: Vec::new(),
            required: request.profile.require.keys().cloned().collect(),
            absent: choice::absent(request, &candidates),
            unsure: choice::unsure(connected, &choices),
            candidates,
            links,
            waits,
            choices,
            order,
            candidate_of: Vec::new(),
            depths: BTreeMap::new(),
            shard: request.shard,
            owners: Vec::new(),
        };
        let subjects: BTreeSet<&Subject> = request.subjects.iter().collect();
        for subject in &subjects {
            plan.depths.insert((*subject).clone(), 0);
        }
        plan.add(&subjects);
        plan.waiting = plan.list_waiting();
        Ok(plan)
    }

    /// Returns the instances.
    pub fn instances(&self) -> &[Instance] {
        &self.instances
    }

    /// Returns the stages that have no subject yet.
    pub fn waiting(&self) -> &[Waiting] {
        &self.waiting
    }

    /// Returns the stages that the profile requires: a run in which one of them ended on no subject is not complete.
    pub fn required(&self) -> &BTreeSet<StageId> {
        &self.required
    }

    /// Returns the stages that the profile names and that are not there, each with why.
    pub fn absent(&self) -> &BTreeMap<StageId, String> {
        &self.absent
    }

    /// Returns the stages that run because nobody can tell whether their condition holds, each with what is not known.
    pub fn unsure(&self) -> &BTreeMap<StageId, &'static str> {
        &self.unsure
    }

    /// Adds the instances for a subject that the instance `giver` gave. A subject that is known already adds nothing.
    /// The subject must be given before `giver` counts as ended: what wants an artifact of every subject waits for it.
    pub fn expand(&mut self, giver: usize, subject: &Subject) -> Result<Expansion, PlanError> {
        let Some(instance) = self.instances.get(giver) else { return Ok(Expansion::default()) };
        let stage = || instance.spec.id.clone();
        if instance.spec.gives_subjects != Some(subject.kind()) {
            return Err(PlanError::UndeclaredSubject { stage: stage(), subject: subject.kind() });
        }
        if self.depths.contains_key(subject) {
            return Ok(Expansion::default());
        }
        if self.depths.len() >= MOST_SUBJECTS {
            return Err(PlanError::TooManySubjects { stage: stage(), most: MOST_SUBJECTS });
        }
        let depth = self.depths.get(&instance.subject).copied().unwrap_or(0) + 1;
        if depth > MOST_DEPTH {
            return Err(PlanError::SubjectsTooDeep { stage: stage(), most: MOST_DEPTH });
        }
        self.depths.insert(subject.clone(), depth);
        let before = self.instances.len();
        let grown = self.add(&BTreeSet::from([subject]));
        self.waiting = self.list_waiting();
        Ok(Expansion { added: (before..self.instances.len()).collect(), grown })
    }

    /// Adds the instances of some subjects, connects them and gives them to their shards. Returns the older instances
    /// that what was added comes before.
    fn add(&mut self, subjects: &BTreeSet<&Subject>) -> Vec<usize> {
        let first = self.instances.len();
        for index in self.order.clone() {
            let added: Vec<Instance> = subjects
                .iter()
                .filter_map(|subject| self.instance(index, subject))
                .chain(self.without_commits(index, subjects).filter(|_| first == 0))
                .collect();
            self.candidate_of.extend(added.iter().map(|_| index));
            self.instances.extend(added);
        }
        let mut grown = Vec::new();
        for index in 0..self.instances.len() {
            let (inputs, after) = self.connections(index);
            let Some(instance) = self.instances.get_mut(index) else { continue };
            if (&instance.inputs, &instance.after) != (&inputs, &after) {
                (instance.inputs, instance.after) = (inputs, after);
                if index < first {
                    grown.push(index);
                }
            }
        }
        self.assign_shards(first);
        grown
    }

    /// Makes the instance of a candidate on a subject that it can check, not connected yet.
    fn instance(&self, index: usize, subject: &Subject) -> Option<Instance> {
        let candidate =
            self.candidates.get(index).filter(|candidate| commits::fits(&candidate.spec, subject))?;
        let fate = match self.choices.get(index)? {
            Choice::Runs(why) => Fate::Runs { why: why.clone() },
            Choice::Skipped(reason) => Fate::Skipped { reason: reason.clone() },
            Choice::Left(reason) => Fate::Left { reason: reason.clone() },
            Choice::Unneeded => return None,
        };
        Some(candidate.instance(subject, fate))
    }

    /// Makes the instance of a candidate that would run on commits of which there are none.
    fn without_commits(&self, index: usize, subjects: &BTreeSet<&Subject>) -> Option<Instance> {
        let candidate = self.candidates.get(index)?;
        let reason = commits::missing(&candidate.spec, subjects)?;
        let none = Subject::Commits { tips: Vec::new(), excluded: Vec::new() };
        let instance = candidate.instance(&none, Fate::Skipped { reason });
        matches!(self.choices.get(index)?, Choice::Runs(_))
            .then(|| Instance { without_subject: true, ..instance })
    }

    /// Returns what an instance is handed and what comes before it, of the instances that there are.
    fn connections(&self, index: usize) -> (Vec<Input>, Vec<usize>) {
        let planned = |index: usize| self.candidate_of.get(index).and_then(|at| self.choices.get(*at));
        let (Some(instance), Some(Choice::Runs(_))) = (self.instances.get(index), planned(index)) else {
            return Default::default();
        };
        let Some(own) = self.candidate_of.get(index).copied() else { return Default::default() };
        // Instances of a candidate: on the same subject, or on every one.
        let of = |candidate: usize, every: bool| {
            let fits = move |(at, other): &(usize, &Instance)| {
                self.candidate_of.get(*at) == Some(&candidate) && (every || other.subject == instance.subject)
            };
            self.instances
                .iter()
                .enumerate()
                .filter(fits)
                .map(|(at, _)| at)
                .filter(move |at| matches!(planned(*at), Some(Choice::Runs(_))))
        };
        let mut inputs = Vec::new();
        let mut after = BTreeSet::new();
        let mut kinds = BTreeSet::new();
        for link in self.links.get(own).into_iter().flatten() {
            inputs.extend(of(link.producer, link.every).map(|producer| Input { name: link.name, producer }));
            kinds.extend(
                self.candidates
                    .get(link.producer)
                    .filter(|_| link.every)
                    .map(|producer| producer.spec.subject),
            );
        }
        for wait in self.waits.get(own).into_iter().flatten() {
            let kind = self.candidates.get(*wait).map(|waited| waited.spec.subject);
            let every = kind != Some(instance.subject.kind());
            after.extend(of(*wait, every));
            kinds.extend(kind.filter(|_| every));
        }
        for (giver, _) in order::givers(&self.candidates, &kinds) {
            after.extend(of(giver, true));
        }
        after.extend(inputs.iter().map(|input| input.producer));
        after.remove(&index);
        (inputs, after.into_iter().collect())
    }

    fn list_waiting(&self) -> Vec<Waiting> {
        let waiting = |(index, candidate): (&usize, &Candidate)| {
            let runs = matches!(self.choices.get(*index), Some(Choice::Runs(_)));
            let kind = candidate.spec.subject;
            // No stage gives commits: an instance that is skipped tells where there are none.
            let given = kind != SubjectKind::Commits;
            if !runs || !given || self.depths.keys().any(|subject| subject.kind() == kind) {
                return None;
            }
            let gives =
                |instance: &&Instance| instance.fate.runs() && instance.spec.gives_subjects == Some(kind);
            let givers: BTreeSet<&StageId> = self.instances.iter().filter(gives).map(Instance::id).collect();
            Some(Waiting {
                id: candidate.id().clone(),
                subject: kind,
                givers: givers.into_iter().cloned().collect(),
            })
        };
        let mut all: Vec<Waiting> = self
            .order
            .iter()
            .filter_map(|index| Some((index, self.candidates.get(*index)?)))
            .filter_map(waiting)
            .collect();
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests;

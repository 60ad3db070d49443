//! The stages that the files configure, built: what may become an instance.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use model::{Policy, StageId, Subject};
use stage::{ConfigError, Kind, Presence, Section, Spec, Stage};

use crate::combine::{Combined, Variant, longest};
use crate::graph::error::At;
use crate::graph::{Fate, Instance};
use crate::names::unknown;
use crate::{Place, PlanError, When};

/// A stage that may become an instance: one for each kind of subject and each way it is configured.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) stage: Arc<dyn Stage>,
    pub(crate) spec: Spec,
    pub(crate) kind: &'static str,
    pub(crate) policy: Policy,
    /// The worlds it runs for.
    pub(crate) worlds: BTreeSet<usize>,
    /// Number among those of the same stage, kind of subject and policy.
    pub(crate) variant: u32,
    pub(crate) when: Vec<When>,
    pub(crate) needs: BTreeMap<StageId, Place>,
    pub(crate) timeout: Option<Duration>,
    /// Where it is configured, with the world of that file; `None` when it is implied.
    pub(crate) place: Option<(usize, Place)>,
    /// Environment variables that its section may name, each with its offset in the file of its place.
    pub(crate) variables: BTreeMap<String, usize>,
}

impl Candidate {
    pub(crate) fn id(&self) -> &StageId {
        &self.spec.id
    }

    /// Makes its instance on a subject, not connected yet.
    pub(crate) fn instance(&self, subject: &Subject, fate: Fate) -> Instance {
        Instance {
            stage: Arc::clone(&self.stage),
            spec: self.spec.clone(),
            kind: self.kind,
            subject: subject.clone(),
            policy: self.policy,
            variant: self.variant,
            timeout: self.timeout,
            place: self.place.as_ref().map(|(_, place)| place.clone()),
            fate,
            without_subject: false,
            inputs: Vec::new(),
            after: Vec::new(),
        }
    }

    /// Returns where it is configured, to show with a message.
    pub(crate) fn at(&self, combined: &Combined) -> At {
        At::new(self.place.as_ref().map(|(world, place)| combined.error_at(*world, place, String::new())))
    }
}

/// Builds every stage that a file configures, selected or not: a mistake in a section is a mistake, used or not.
pub(crate) fn build_all(kinds: &[Kind], combined: &Combined) -> Result<Vec<Candidate>, PlanError> {
    let mut candidates = Vec::new();
    for (id, variants) in &combined.stages {
        let mut same_stage = Vec::new();
        for variant in variants {
            let kind = kind_of(kinds, combined, id, variant)?;
            let built =
                (kind.build)(&variant.section).map_err(|error| combined.shown(variant.world, error))?;
            for stage in built {
                merge(&mut same_stage, configured(stage, kind, variant));
            }
        }
        candidates.append(&mut same_stage);
    }
    imply(kinds, combined, &mut candidates)?;
    Ok(candidates)
}

fn kind_of<'a>(
    kinds: &'a [Kind],
    combined: &Combined,
    id: &StageId,
    variant: &Variant,
) -> Result<&'a Kind, PlanError> {
    let find = |name: &str| kinds.iter().find(|kind| kind.name == name);
    let refused = |message: String| {
        let at = At::new(Some(combined.error_at(variant.world, &variant.kind_place, String::new())));
        Err(PlanError::UnknownKind { message, at })
    };
    if find(id.as_str()).is_some() && variant.kind != id.as_str() {
        return refused(format!(
            "`{id}` is the name of a kind of stage; a stage that uses another one has another name"
        ));
    }
    match find(&variant.kind) {
        Some(kind) => Ok(kind),
        None => refused(unknown("kind of stage", &variant.kind, || kinds.iter().map(|kind| kind.name))),
    }
}

fn configured(stage: Box<dyn Stage>, kind: &Kind, variant: &Variant) -> Candidate {
    Candidate {
        spec: stage.spec(),
        stage: stage.into(),
        kind: kind.name,
        policy: variant.policy,
        worlds: variant.worlds.clone(),
        variant: 0,
        when: variant.when.clone(),
        needs: variant.needs.clone(),
        timeout: variant.timeout,
        place: Some((variant.world, variant.place.clone())),
        variables: variant.variables.clone(),
    }
}

/// Adds a candidate, or widens the one whose configuration means the same, however it is written.
fn merge(candidates: &mut Vec<Candidate>, new: Candidate) {
    let same = |known: &&mut Candidate| {
        known.spec.digest() == new.spec.digest() && known.spec.gives_subjects == new.spec.gives_subjects
    };
    let Some(known) = candidates.iter_mut().find(same) else {
        candidates.push(new);
        return;
    };
    known.worlds.extend(new.worlds);
    if known.when.is_empty() || new.when.is_empty() {
        known.when.clear();
    } else {
        known.when.extend(new.when);
    }
    known.needs.extend(new.needs);
    known.timeout = longest([known.timeout, new.timeout]);
    known.place = known.place.take().or(new.place);
}

/// Adds the implied kinds with their defaults, for the worlds that do not configure them.
fn imply(kinds: &[Kind], combined: &Combined, candidates: &mut Vec<Candidate>) -> Result<(), PlanError> {
    for kind in kinds.iter().filter(|kind| (kind.presence)() == Presence::Implied) {
        let configured = |world: &usize| {
            candidates.iter().any(|candidate| candidate.kind == kind.name && candidate.worlds.contains(world))
        };
        let worlds: BTreeSet<usize> = combined.worlds().filter(|world| !configured(world)).collect();
        if worlds.is_empty() {
            continue;
        }
        for stage in build_default(kind)? {
            let candidate = Candidate {
                spec: stage.spec(),
                stage: stage.into(),
                kind: kind.name,
                policy: combined.policy(&worlds),
                worlds: worlds.clone(),
                variant: 0,
                when: Vec::new(),
                needs: BTreeMap::new(),
                timeout: None,
                place: None,
                variables: BTreeMap::new(),
            };
            merge(candidates, candidate);
        }
    }
    Ok(())
}

/// Builds a kind of stage with nothing said.
fn build_default(kind: &Kind) -> Result<stage::Stages, ConfigError> {
    let id =
        StageId::new(kind.name).map_err(|error| ConfigError::new(kind.name, "", 0, 0, error.to_string()))?;
    (kind.build)(&Section::empty(id))
}

/// Returns a kind of stage that gives an artifact and is not configured, for a hint.
pub(crate) fn giver(kinds: &[Kind], artifact: &str) -> Option<&'static str> {
    let gives = |kind: &&Kind| {
        build_default(kind)
            .is_ok_and(|stages| stages.iter().any(|stage| stage.spec().gives.contains(&artifact)))
    };
    kinds.iter().find(gives).map(|kind| kind.name)
}

//! Which candidates run, and why: those that the profile or the command line names, where their conditions hold, and
//! those that they need.

use std::collections::{BTreeMap, BTreeSet};

use model::{StageId, Subject, SubjectKind};
use stage::{Kind, Need, suggestion};

use crate::graph::Request;
use crate::graph::candidate::{Candidate, giver};
use crate::graph::error::At;
use crate::graph::links::Link;
use crate::names::{WORDS, hint, unknown};
use crate::when::{BRANCH_UNKNOWN, Facts};
use crate::{Place, PlanError, Selection};

/// What is decided about a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// It runs.
    Runs(String),
    /// Its conditions do not hold.
    Skipped(String),
    /// It is not among those asked for.
    Left(String),
    /// It is not configured, and nothing needs it.
    Unneeded,
}

/// Candidates with what connects them.
#[derive(Clone, Copy)]
pub(crate) struct Connected<'a> {
    pub(crate) candidates: &'a [Candidate],
    pub(crate) links: &'a [Vec<Link>],
    /// For each candidate the candidates that its `needs` name.
    pub(crate) waits: &'a [Vec<usize>],
}

/// Returns for each candidate the candidates that its `needs` name: those of its own worlds, where there are any.
pub(crate) fn waits(request: &Request<'_>, candidates: &[Candidate]) -> Result<Vec<Vec<usize>>, PlanError> {
    let named = |candidate: &Candidate| {
        let mut waits = Vec::new();
        for (id, place) in &candidate.needs {
            known(request, &names(candidates), id, place, &format!("needed by `{}`", candidate.id()))?;
            let all: Vec<usize> =
                (0..).zip(candidates).filter(|(_, other)| other.id() == id).map(|(at, _)| at).collect();
            let shares = |at: &usize| {
                candidates.get(*at).is_some_and(|other| !other.worlds.is_disjoint(&candidate.worlds))
            };
            let near: Vec<usize> = all.iter().copied().filter(shares).collect();
            waits.extend(if near.is_empty() { all } else { near });
        }
        Ok(waits)
    };
    candidates.iter().map(named).collect()
}

fn names(candidates: &[Candidate]) -> BTreeSet<&str> {
    candidates.iter().map(|candidate| candidate.id().as_str()).collect()
}

/// Refuses a name that is not among `names`, of which those are listed that this version has.
fn known(
    request: &Request<'_>,
    names: &BTreeSet<&str>,
    id: &StageId,
    place: &Place,
    why: &str,
) -> Result<(), PlanError> {
    if names.contains(id.as_str()) {
        return Ok(());
    }
    let here = |name: &&str| !WORDS.contains(name) || request.kinds.iter().any(|kind| kind.name == *name);
    let meant = match suggestion(id.as_str(), names.iter().copied()) {
        Some(close) => format!("; did you mean `{close}`?"),
        None => hint(id.as_str(), || names.iter().copied().filter(here)),
    };
    let message = format!("unknown stage `{id}`, {why}{meant}");
    let world = request.combined.files().position(|file| file.path() == place.file);
    let at = world.map(|world| request.combined.error_at(world, place, String::new()));
    Err(PlanError::UnknownStage { message, at: At::new(at) })
}

/// Returns the stages that the profile names and that are not there, each with why: a profile may name every kind of
/// stage, and what it names is told.
pub(crate) fn absent(request: &Request<'_>, candidates: &[Candidate]) -> BTreeMap<StageId, String> {
    let profile = request.profile;
    let named = match &profile.stages {
        Selection::Some { ids, .. } if request.only.is_empty() => Some(ids),
        Selection::Some { .. } | Selection::All => None,
    };
    let required = request.only.is_empty().then_some(&profile.require);
    let there = names(candidates);
    let ids = named.into_iter().chain(required).flat_map(BTreeMap::keys);
    ids.filter(|id| !there.contains(id.as_str()))
        .map(|id| {
            let why = if request.kinds.iter().any(|kind| kind.name == id.as_str()) {
                "no file configures it"
            } else {
                "this version has no such stage"
            };
            (id.clone(), format!("named by profile `{}`, and {why}", profile.name))
        })
        .collect()
}

/// Returns the stages that run because nobody can tell whether their condition holds, each with what is not known.
pub(crate) fn unsure(connected: Connected<'_>, choices: &[Choice]) -> BTreeMap<StageId, &'static str> {
    let unsure = |choice: &Choice| matches!(choice, Choice::Runs(why) if why.contains(BRANCH_UNKNOWN));
    let candidates = connected.candidates.iter().zip(choices).filter(|(_, choice)| unsure(choice));
    candidates.map(|(candidate, _)| (candidate.id().clone(), BRANCH_UNKNOWN)).collect()
}

/// Decides about every candidate.
pub(crate) fn choose(request: &Request<'_>, connected: Connected<'_>) -> Result<Vec<Choice>, PlanError> {
    check_names(request, connected.candidates)?;
    let facts = facts(request);
    let mut choices: Vec<Choice> =
        connected.candidates.iter().map(|candidate| first_choice(request, candidate, &facts)).collect();
    while let Some((index, choice)) = next_pulled(request, connected, &choices, &facts) {
        if let Some(slot) = choices.get_mut(index) {
            *slot = choice;
        }
    }
    check_supplied(request, connected, &choices)?;
    Ok(choices)
}

/// Refuses names on the command line that no stage has, and names in profiles that no stage could have.
fn check_names(request: &Request<'_>, candidates: &[Candidate]) -> Result<(), PlanError> {
    let names = names(candidates);
    let words: BTreeSet<&str> =
        names.iter().copied().chain(WORDS).chain(request.kinds.iter().map(|kind| kind.name)).collect();
    let mut unknowns: Vec<(&Place, PlanError)> = Vec::new();
    for profile in request.combined.profiles.values() {
        let some = match &profile.stages {
            Selection::All => None,
            Selection::Some { ids, .. } => Some(ids),
        };
        for (id, place) in some.into_iter().flatten().chain(&profile.require) {
            let why = format!("named by profile `{}`", profile.name);
            unknowns.extend(known(request, &words, id, place, &why).err().map(|error| (place, error)));
        }
    }
    unknowns.sort_by_key(|(place, _)| (&place.file, place.line, place.column));
    let mut unknowns: Vec<PlanError> = unknowns.into_iter().map(|(_, error)| error).collect();
    match unknowns.len() {
        0 => {}
        1 => return unknowns.pop().map_or(Ok(()), Err),
        _ => return Err(PlanError::Several(unknowns)),
    }
    for name in request.only {
        if !names.contains(name.as_str()) {
            let message = unknown("stage", name, || names.iter().copied());
            return Err(PlanError::UnknownStage { message, at: At::default() });
        }
    }
    Ok(())
}

fn facts<'a>(request: &Request<'a>) -> Facts<'a> {
    let tree =
        || request.tree.map_or(&[][..], |tree| tree.entries()).iter().map(|entry| &*entry.path).collect();
    Facts {
        paths: request.changed.map_or_else(tree, |changed| changed.iter().map(String::as_str).collect()),
        changed: request.changed.is_some(),
        branch: request.branch,
        event: request.event,
    }
}

/// Decides by what is asked for alone.
fn first_choice(request: &Request<'_>, candidate: &Candidate, facts: &Facts<'_>) -> Choice {
    let profile = request.profile;
    if !request.only.is_empty() {
        if request.only.iter().any(|name| name == candidate.id().as_str()) {
            return Choice::Runs("asked for by name".to_owned());
        }
        return left(candidate, "not among the stages asked for".to_owned());
    }
    if profile.require.contains_key(candidate.id()) {
        return Choice::Runs(format!("required by profile `{}`", profile.name));
    }
    if candidate.place.is_none() || !profile.stages.holds(candidate.id(), candidate.kind) {
        return left(candidate, format!("not in profile `{}`", profile.name));
    }
    by_condition(candidate, facts, &format!("in profile `{}`", profile.name))
}

fn left(candidate: &Candidate, reason: String) -> Choice {
    if candidate.place.is_some() { Choice::Left(reason) } else { Choice::Unneeded }
}

/// Decides by the candidate's conditions: one of them must hold.
fn by_condition(candidate: &Candidate, facts: &Facts<'_>, why: &str) -> Choice {
    let mut reasons = Vec::new();
    for when in &candidate.when {
        match when.holds(facts) {
            Ok(None) => return Choice::Runs(why.to_owned()),
            Ok(Some(because)) => return Choice::Runs(format!("{why}; {because}")),
            Err(reason) => reasons.push(reason),
        }
    }
    if candidate.when.is_empty() {
        Choice::Runs(why.to_owned())
    } else {
        Choice::Skipped(reasons.join(", and "))
    }
}

/// Returns the first candidate that one that runs needs, and that is not going to run yet.
fn next_pulled(
    request: &Request<'_>,
    connected: Connected<'_>,
    choices: &[Choice],
    facts: &Facts<'_>,
) -> Option<(usize, Choice)> {
    let reachable = reachable(request.subjects, connected.candidates, choices);
    for (index, candidate) in connected.candidates.iter().enumerate() {
        if !matches!(choices.get(index), Some(Choice::Runs(_)))
            || !reachable.contains(&candidate.spec.subject)
        {
            continue;
        }
        // What it is handed: whatever the producer's own conditions say, it cannot do without. What it can do without
        // comes along only where the producer is there for nothing else.
        for link in connected.links.get(index).into_iter().flatten() {
            let pulled = match choices.get(link.producer) {
                Some(Choice::Runs(_)) | None => false,
                Some(Choice::Skipped(_) | Choice::Left(_)) => !link.optional,
                Some(Choice::Unneeded) => true,
            };
            if pulled {
                return Some((
                    link.producer,
                    Choice::Runs(format!("gives `{}` to `{}`", link.name, candidate.id())),
                ));
            }
        }
        // What it waits for: that runs where its own conditions hold.
        for wait in connected.waits.get(index).into_iter().flatten() {
            if let (Some(Choice::Left(_) | Choice::Unneeded), Some(waited)) =
                (choices.get(*wait), connected.candidates.get(*wait))
            {
                return Some((*wait, by_condition(waited, facts, &format!("`{}` needs it", candidate.id()))));
            }
        }
    }
    None
}

/// Returns the kinds of subject that are there or that stages which run may give.
pub(crate) fn reachable(
    subjects: &[Subject],
    candidates: &[Candidate],
    choices: &[Choice],
) -> BTreeSet<SubjectKind> {
    let mut kinds: BTreeSet<SubjectKind> = subjects.iter().map(Subject::kind).collect();
    loop {
        let gives = |(candidate, choice): (&Candidate, &Choice)| {
            let runs = matches!(choice, Choice::Runs(_)) && kinds.contains(&candidate.spec.subject);
            candidate.spec.gives_subjects.filter(|kind| runs && !kinds.contains(kind))
        };
        match candidates.iter().zip(choices).find_map(gives) {
            Some(kind) => kinds.insert(kind),
            None => return kinds,
        };
    }
}

/// Refuses a running stage that lacks what it cannot do without: an artifact, or a variable that its section names.
fn check_supplied(
    request: &Request<'_>,
    connected: Connected<'_>,
    choices: &[Choice],
) -> Result<(), PlanError> {
    let reachable = reachable(request.subjects, connected.candidates, choices);
    for ((candidate, links), choice) in connected.candidates.iter().zip(connected.links).zip(choices) {
        if !matches!(choice, Choice::Runs(_)) {
            continue;
        }
        check_variables(request, candidate)?;
        let linked: BTreeMap<&str, usize> = links.iter().map(|link| (link.name, link.producer)).collect();
        for need in &candidate.spec.needs {
            let Need::Artifact { name, optional: false, .. } = need else { continue };
            if !linked.contains_key(name) && reachable.contains(&candidate.spec.subject) {
                return Err(missing(request.kinds, request, candidate, name));
            }
        }
    }
    Ok(())
}

fn missing(
    kinds: &[Kind],
    request: &Request<'_>,
    candidate: &Candidate,
    artifact: &'static str,
) -> PlanError {
    PlanError::MissingProducer {
        stage: candidate.id().clone(),
        artifact,
        subject: candidate.spec.subject,
        giver: giver(kinds, artifact),
        at: candidate.at(request.combined),
    }
}

fn check_variables(request: &Request<'_>, candidate: &Candidate) -> Result<(), PlanError> {
    let declared = |name: &str| {
        candidate.spec.needs.iter().any(|need| matches!(need, Need::Env(known) if known == name))
    };
    let unset = candidate
        .variables
        .iter()
        .find(|(name, _)| declared(name) && !request.environment.contains_key(name.as_str()));
    match (unset, &candidate.place) {
        (Some((name, offset)), Some((world, _))) => {
            let message = format!(
                "stage `{}` reads the environment variable {name} here, and it is not set",
                candidate.id()
            );
            Err(request.combined.error_at_offset(*world, *offset, message).into())
        }
        _ => Ok(()),
    }
}

//! The order of candidates: producers before consumers, what `needs` names before what names it, and all that may give
//! subjects before what wants something of every subject.

use std::collections::{BTreeMap, BTreeSet};

use model::SubjectKind;

use crate::PlanError;
use crate::combine::Combined;
use crate::graph::candidate::Candidate;
use crate::graph::choice::Connected;

/// Why one candidate comes after another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// It is handed an artifact.
    Artifact(&'static str),
    /// Its `needs` name it.
    Needs,
    /// It wants something of every subject, and the other may give subjects.
    Givers(SubjectKind),
    /// It checks subjects that the other gives.
    Subject(SubjectKind),
}

/// For each candidate those that come before it.
pub(crate) type Before = Vec<BTreeMap<usize, Reason>>;

/// Returns what comes before each candidate.
pub(crate) fn before(connected: Connected<'_>) -> Before {
    let candidates = connected.candidates;
    let each = |index: usize| {
        let mut before: BTreeMap<usize, Reason> = BTreeMap::new();
        let own = candidates.get(index).map(|candidate| candidate.spec.subject);
        let mut waited = BTreeSet::new();
        for link in connected.links.get(index).into_iter().flatten() {
            before.entry(link.producer).or_insert(Reason::Artifact(link.name));
            waited.extend(
                candidates.get(link.producer).filter(|_| link.every).map(|producer| producer.spec.subject),
            );
        }
        for wait in connected.waits.get(index).into_iter().flatten() {
            before.entry(*wait).or_insert(Reason::Needs);
            waited.extend(
                candidates.get(*wait).map(|waited| waited.spec.subject).filter(|kind| Some(*kind) != own),
            );
        }
        for (giver, kind) in givers(candidates, &waited) {
            before.entry(giver).or_insert(Reason::Givers(kind));
        }
        for (giver, kind) in
            (0..).zip(candidates).filter_map(|(at, giver)| Some((at, giver.spec.gives_subjects?)))
        {
            if Some(kind) == own && giver != index {
                before.entry(giver).or_insert(Reason::Subject(kind));
            }
        }
        before
    };
    (0..candidates.len()).map(each).collect()
}

/// Returns the candidates that may give subjects of these kinds, or subjects that lead to such.
pub(crate) fn givers(candidates: &[Candidate], kinds: &BTreeSet<SubjectKind>) -> Vec<(usize, SubjectKind)> {
    let mut kinds = kinds.clone();
    loop {
        let found: Vec<(usize, SubjectKind)> = (0..)
            .zip(candidates)
            .filter_map(|(at, giver)| {
                Some((at, giver.spec.gives_subjects.filter(|kind| kinds.contains(kind))?))
            })
            .collect();
        let leading: BTreeSet<SubjectKind> =
            found.iter().filter_map(|(at, _)| candidates.get(*at)).map(|giver| giver.spec.subject).collect();
        if leading.is_subset(&kinds) {
            return found;
        }
        kinds.extend(leading);
    }
}

/// Returns the candidates in an order that keeps what comes before each ahead of it; by name where there is a choice.
pub(crate) fn sort(
    combined: &Combined,
    candidates: &[Candidate],
    before: &Before,
    runs: &[bool],
) -> Result<Vec<usize>, PlanError> {
    let name = |index: usize| {
        candidates.get(index).map(|candidate| {
            (candidate.id().as_str(), candidate.spec.subject, candidate.policy, candidate.variant)
        })
    };
    let mut rest: BTreeMap<_, usize> =
        (0..candidates.len()).map(|index| ((name(index), index), index)).collect();
    let mut done = BTreeSet::new();
    let mut order = Vec::new();
    while !rest.is_empty() {
        let waits = |index: usize| {
            let runs = |index: usize| runs.get(index).copied().unwrap_or(false);
            let open = |before: &usize| !done.contains(before) && runs(*before) && runs(index);
            before.get(index).is_some_and(|before| before.keys().any(open))
        };
        let Some((key, index)) =
            rest.iter().find(|(_, index)| !waits(**index)).map(|(key, index)| (*key, *index))
        else {
            let left: BTreeSet<usize> =
                rest.values().copied().filter(|index| runs.get(*index) == Some(&true)).collect();
            return Err(cycle(combined, candidates, before, &left));
        };
        rest.remove(&key);
        done.insert(index);
        order.push(index);
    }
    Ok(order)
}

/// Describes a circle among candidates that all wait for one of them.
fn cycle(
    combined: &Combined,
    candidates: &[Candidate],
    before: &Before,
    left: &BTreeSet<usize>,
) -> PlanError {
    let next = |index: usize| {
        let reasons = before.get(index)?;
        reasons.iter().find(|(other, _)| left.contains(other)).map(|(other, reason)| (*other, reason))
    };
    let mut path: Vec<usize> = Vec::new();
    let mut at = left.first().copied();
    while let Some(index) = at.filter(|index| !path.contains(index)) {
        path.push(index);
        at = next(index).map(|(other, _)| other);
    }
    let circle = path.iter().copied().skip_while(|index| Some(*index) != at);
    let circle: Vec<usize> = circle.collect();
    let step = |index: &usize| {
        let (other, reason) = next(*index)?;
        Some(describe(candidates.get(*index)?, candidates.get(other)?, reason))
    };
    let first = circle.first().and_then(|index| candidates.get(*index));
    PlanError::Cycle {
        steps: circle.iter().filter_map(step).collect(),
        at: first.map(|candidate| candidate.at(combined)).unwrap_or_default(),
    }
}

fn describe(candidate: &Candidate, other: &Candidate, reason: &Reason) -> String {
    let (id, other) = (candidate.id(), other.id());
    match reason {
        Reason::Artifact(name) => format!("`{id}` needs artifact `{name}` of `{other}`"),
        Reason::Needs => format!("`{id}` needs `{other}`"),
        Reason::Givers(kind) => format!("`{id}` waits for every {kind} that `{other}` gives"),
        Reason::Subject(kind) => format!("`{id}` checks each {kind} that `{other}` gives"),
    }
}

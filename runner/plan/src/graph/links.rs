//! Who is handed whose artifacts. A stage that all worlds share is split where they hand it different ones: what a change
//! adds or alters must not reach the answers that the policy in force gives.

use std::collections::{BTreeMap, BTreeSet};

use model::{Policy, SubjectKind};
use stage::{From, Need};

use crate::PlanError;
use crate::combine::Combined;
use crate::graph::candidate::Candidate;

/// An artifact that a candidate is handed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Link {
    pub(crate) name: &'static str,
    /// Of every subject, not of the candidate's own alone.
    pub(crate) every: bool,
    /// Whether the candidate can do without.
    pub(crate) optional: bool,
    /// Index of the candidate that gives it.
    pub(crate) producer: usize,
}

/// Returns what each candidate is handed. Candidates are split where that is needed, and then numbered.
pub(crate) fn link(
    combined: &Combined,
    candidates: &mut Vec<Candidate>,
) -> Result<Vec<Vec<Link>>, PlanError> {
    refuse_two_producers(combined, candidates)?;
    while let Some((index, groups)) = first_split(candidates) {
        let whole = candidates.remove(index);
        let part =
            |worlds: BTreeSet<usize>| Candidate { policy: combined.policy(&worlds), worlds, ..whole.clone() };
        for (offset, worlds) in groups.into_iter().enumerate() {
            candidates.insert(index + offset, part(worlds));
        }
    }
    number(combined, candidates);
    let links = |(index, candidate): (usize, &Candidate)| {
        candidate.worlds.first().map(|world| links_in(candidates, index, *world)).unwrap_or_default()
    };
    Ok(candidates.iter().enumerate().map(links).collect())
}

/// Tells apart the candidates of one stage, kind of subject and policy.
fn number(combined: &Combined, candidates: &mut [Candidate]) {
    let mut seen: BTreeMap<(String, SubjectKind, Policy), u32> = BTreeMap::new();
    for candidate in candidates {
        candidate.policy = combined.policy(&candidate.worlds);
        let number =
            seen.entry((candidate.id().to_string(), candidate.spec.subject, candidate.policy)).or_default();
        candidate.variant = *number;
        *number += 1;
    }
}

/// Returns the first candidate whose worlds hand it different artifacts, with its worlds grouped by what they hand it.
fn first_split(candidates: &[Candidate]) -> Option<(usize, Vec<BTreeSet<usize>>)> {
    candidates.iter().enumerate().find_map(|(index, candidate)| {
        let mut groups: Vec<(Vec<Link>, BTreeSet<usize>)> = Vec::new();
        for world in &candidate.worlds {
            let links = links_in(candidates, index, *world);
            match groups.iter_mut().find(|(known, _)| *known == links) {
                Some((_, worlds)) => {
                    worlds.insert(*world);
                }
                None => groups.push((links, BTreeSet::from([*world]))),
            }
        }
        (groups.len() > 1).then(|| (index, groups.into_iter().map(|(_, worlds)| worlds).collect()))
    })
}

/// Returns what a candidate is handed in one world.
fn links_in(candidates: &[Candidate], index: usize, world: usize) -> Vec<Link> {
    let Some(candidate) = candidates.get(index) else { return Vec::new() };
    let mut links = Vec::new();
    for need in &candidate.spec.needs {
        let Need::Artifact { name, from, optional } = need else { continue };
        let every = *from == From::Every;
        let of_subject = |producer: &Candidate| every || producer.spec.subject == candidate.spec.subject;
        let all: Vec<(usize, &Candidate)> = (0..)
            .zip(candidates)
            .filter(|(at, other)| *at != index && other.spec.gives.contains(name) && of_subject(other))
            .collect();
        let here: Vec<usize> =
            all.iter().filter(|(_, other)| other.worlds.contains(&world)).map(|(at, _)| *at).collect();
        let producers = if here.is_empty() && !optional { elsewhere(&all) } else { here };
        links.extend(producers.into_iter().map(|producer| Link {
            name,
            every,
            optional: *optional,
            producer,
        }));
    }
    links.sort();
    links.dedup();
    links
}

/// Returns the producers of the first world that has any: a stage that one side took away or has not got yet still
/// supplies those of the other side that cannot do without.
fn elsewhere(all: &[(usize, &Candidate)]) -> Vec<usize> {
    let first = all.iter().filter_map(|(_, candidate)| candidate.worlds.first()).min();
    all.iter()
        .filter(|(_, candidate)| first.is_some_and(|first| candidate.worlds.contains(first)))
        .map(|(at, _)| *at)
        .collect()
}

fn refuse_two_producers(combined: &Combined, candidates: &[Candidate]) -> Result<(), PlanError> {
    let mut givers: BTreeMap<(usize, &'static str, SubjectKind), &Candidate> = BTreeMap::new();
    for candidate in candidates {
        for (world, artifact) in candidate
            .worlds
            .iter()
            .flat_map(|world| candidate.spec.gives.iter().map(move |name| (*world, *name)))
        {
            if let Some(first) = givers.insert((world, artifact, candidate.spec.subject), candidate) {
                return Err(PlanError::TwoProducers {
                    first: first.id().clone(),
                    second: candidate.id().clone(),
                    artifact,
                    subject: candidate.spec.subject,
                    at: candidate.at(combined),
                });
            }
        }
    }
    Ok(())
}

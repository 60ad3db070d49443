//! What refs, commits and folders name and the repository does not hold: left out of a partial clone, or lost.

use std::collections::{BTreeMap, BTreeSet};

use model::Digest;

use super::graph::Graph;
use crate::objects::Objects;
use crate::{Introduced, Problem, Repository, SourceError};

/// The code of what is told.
pub const MISSING_OBJECTS: &str = "missing-objects";

/// So many objects that folders name are traced to the commits that brought them in; of more, the first ones.
const TRACED: usize = 1000;

/// Returns those of `absent` that are worth tracing.
pub(super) fn traced(absent: &BTreeSet<Digest>) -> impl Iterator<Item = Digest> {
    absent.iter().take(TRACED).copied()
}

/// Tells how many of `absent` commits lead to, and of what `unrooted` names; `places` says where each came in. What only
/// folders name that no commit leads to is nobody's loss; of very many that is not looked into.
pub(super) fn told(
    absent: &BTreeSet<Digest>,
    places: &BTreeMap<Digest, Vec<Introduced>>,
    unrooted: &[String],
) -> Option<Problem> {
    let order = |place: &&Introduced| (place.time, place.commit.clone(), place.path.clone());
    let found: Vec<&Introduced> =
        traced(absent).filter_map(|id| places.get(&id)).filter_map(|places| places.first()).collect();
    let below = if absent.len() > TRACED && !found.is_empty() { absent.len() } else { found.len() };
    let place = |place: &Introduced| match place.path.as_str() {
        "" => format!("the files of commit {}", place.commit),
        path => format!("`{path}` of commit {}", place.commit),
    };
    let one = found.into_iter().min_by_key(order).map(place).or_else(|| unrooted.first().cloned())?;
    let number = below + unrooted.len();
    let (objects, are) = if number == 1 { ("object", "is") } else { ("objects", "are") };
    let more = if number == 1 { "" } else { " and others" };
    Some(Problem {
        code: MISSING_OBJECTS,
        path: String::new(),
        reason: format!("{number} {objects} of the history {are} not in this clone: {one}{more}"),
    })
}

/// Names the tips, the parents and the top folders that are not there, but for the parents that a shallow clone left out.
pub(super) fn unrooted(
    repository: &Repository,
    objects: &Objects,
    graph: &Graph,
) -> Result<Vec<String>, SourceError> {
    let holding = objects.holding()?;
    let cut = repository.shallow_commits()?;
    let tips = repository.tips()?.into_iter().filter_map(|tip| repository.parse_id(&tip).ok());
    let mut unrooted: BTreeSet<String> = tips
        .filter(|tip| !holding.has(tip.as_bytes()))
        .map(|tip| format!("object {tip}, which a ref names"))
        .collect();
    for commit in graph.reachable() {
        if !holding.has(commit.tree.bytes()) {
            unrooted.insert(format!("the files of commit {}", commit.id.hex()));
        }
        let gone = commit.parents.iter().filter(|parent| !holding.has(parent.bytes()));
        let gone = gone.filter(|_| cut.binary_search(&commit.id.hex()).is_err());
        unrooted.extend(gone.map(|parent| format!("commit {}", parent.hex())));
    }
    Ok(unrooted.into_iter().collect())
}

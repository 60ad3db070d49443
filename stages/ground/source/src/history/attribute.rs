//! Where a blob came in. Over the whole history this reads every tree once in the order of the packs, keeps what leads to
//! the blobs asked for, and compares commits in memory.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::iter::Peekable;
use std::sync::{Mutex, PoisonError};

use model::{Algorithm, Digest};
use rayon::prelude::*;

use super::absent::{told, traced, unrooted};
use super::graph::Graph;
use super::{Known, range};
use crate::listing::{self, TreeEntry};
use crate::objects::{Keys, Objects, key};
use crate::threads::on_threads;
use crate::{Hit, Introduced, Problem, Repository, Selection, SourceError, path};

/// A blob that came in at more places than this is told for the earliest ones.
const PLACES: usize = 32;
/// Trees deeper than this are not git's work, and no commit brings so many files: beyond these a find has fewer places. A
/// few small trees that name one another can stand for billions of files.
const DEPTH: usize = 1024;
const FILES: usize = 1 << 16;

/// Where blobs came in, and what is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    /// For each blob the places, the earliest commit first, each path once.
    pub places: BTreeMap<Digest, Vec<Introduced>>,
    /// What commits lead to and the repository does not hold.
    pub missing: Option<Problem>,
    /// Commits that are there and cannot be read, and what refs name that is no commit.
    pub problems: Vec<Problem>,
    /// How many commits were selected.
    pub commits: u64,
}

/// Returns for each of `blobs` where it came in; one that no selected commit holds is left out. `absent` is what a
/// [`super::survey`] of the selection found. `threads` as in [`super::scan`].
pub fn attribute(
    repository: &Repository,
    selection: &Selection,
    blobs: &BTreeSet<Digest>,
    absent: &BTreeSet<Digest>,
    threads: usize,
) -> Result<Origins, SourceError> {
    on_threads(threads, || attribute_in(repository, selection, &Known::default(), blobs, absent))?
}

/// Like [`attribute`], in objects that may be open already.
pub(super) fn attribute_in(
    repository: &Repository,
    selection: &Selection,
    known: &Known,
    blobs: &BTreeSet<Digest>,
    absent: &BTreeSet<Digest>,
) -> Result<Origins, SourceError> {
    let wanted: BTreeSet<Digest> = blobs.iter().copied().chain(traced(absent)).collect();
    let Traced { mut places, unrooted, problems, commits } = match selection {
        Selection::Everything => everything(repository, known, &wanted)?,
        Selection::Range { tips, excluded } => Traced {
            places: range::attribute(repository, tips, excluded, known, &wanted)?,
            commits: range::count(repository, tips, excluded, known)?,
            ..Traced::default()
        },
    };
    let missing = told(absent, &places, &unrooted);
    places.retain(|blob, _| blobs.contains(blob));
    Ok(Origins { places, missing, problems, commits })
}

/// Keeps the earliest place of each blob and path, in order of time.
pub(super) fn earliest(
    found: impl Iterator<Item = (Digest, Introduced)>,
) -> BTreeMap<Digest, Vec<Introduced>> {
    let mut first: BTreeMap<(Digest, String), (i64, String)> = BTreeMap::new();
    for (blob, Introduced { commit, path, time }) in found {
        let candidate = (time, commit);
        let slot = first.entry((blob, path)).or_insert_with(|| candidate.clone());
        if candidate < *slot {
            *slot = candidate;
        }
    }
    let mut places: BTreeMap<Digest, Vec<Introduced>> = BTreeMap::new();
    for ((blob, path), (time, commit)) in first {
        places.entry(blob).or_default().push(Introduced { commit, path, time });
    }
    for places in places.values_mut() {
        places
            .sort_by(|one, two| (one.time, &one.commit, &one.path).cmp(&(two.time, &two.commit, &two.path)));
        places.truncate(PLACES);
    }
    places
}

/// The blobs asked for.
struct Wanted<'a> {
    keys: Keys,
    blobs: &'a BTreeSet<Digest>,
}

impl Wanted<'_> {
    fn contains(&self, id: &[u8], algorithm: Algorithm) -> bool {
        self.keys.contains(&key(id)) && Digest::new(algorithm, id).is_some_and(|id| self.blobs.contains(&id))
    }
}

/// Of each tree that leads to a wanted blob, the entries that lead on, as they stand in it.
type Leads = HashMap<Digest, Box<[u8]>>;

/// Where each wanted object came in.
#[derive(Default)]
struct Traced {
    places: BTreeMap<Digest, Vec<Introduced>>,
    /// What is missing above all folders.
    unrooted: Vec<String>,
    /// Commits that cannot be read, and what refs name that is none.
    problems: Vec<Problem>,
    commits: u64,
}

fn everything(
    repository: &Repository,
    known: &Known,
    blobs: &BTreeSet<Digest>,
) -> Result<Traced, SourceError> {
    let objects = known.objects.of(repository)?;
    let mut graph = Graph::read(repository, objects)?;
    let problems = std::mem::take(&mut graph.problems);
    let unrooted = unrooted(repository, objects, &graph)?;
    let commits = graph.reachable();
    let number = commits.len() as u64;
    if blobs.is_empty() {
        return Ok(Traced { unrooted, problems, commits: number, ..Traced::default() });
    }
    let wanted = Wanted { keys: blobs.iter().map(|blob| key(blob.bytes())).collect(), blobs };
    let leading = known.above(repository)?.of(wanted.keys.iter().copied());
    let leads = leads(repository, objects, &wanted, &leading)?;
    let brought = commits.par_iter().flat_map_iter(|commit| {
        let parents: Vec<Option<Digest>> = graph.parents(commit).map(|parent| Some(parent.tree)).collect();
        let length = objects.algorithm().length();
        let mut comparison =
            Comparison { leads: &leads, blobs, length, prefix: Vec::new(), brought: Vec::new() };
        comparison.compare(&commit.tree, &parents, 0);
        let introduced = |path| Introduced { commit: commit.id.hex(), path, time: commit.time };
        comparison.brought.into_iter().map(move |(blob, path)| (blob, introduced(path)))
    });
    let found: Vec<(Digest, Introduced)> = brought.collect();
    Ok(Traced { places: earliest(found.into_iter()), unrooted, problems, commits: number })
}

/// Reads the trees and keeps the entries that lead on.
fn leads(
    repository: &Repository,
    objects: &Objects,
    wanted: &Wanted<'_>,
    leading: &Keys,
) -> Result<Leads, SourceError> {
    let algorithm = objects.algorithm();
    let leads: Mutex<Leads> = Mutex::default();
    let holder = |id: &[u8], bytes: &[u8], hits: &[Hit]| {
        if let Some(own) = Digest::new(algorithm, id) {
            let kept =
                hits.iter().filter_map(|hit| bytes.get(hit.start..hit.end)).flatten().copied().collect();
            leads.lock().unwrap_or_else(PoisonError::into_inner).insert(own, kept);
        }
    };
    let on = |entry: &TreeEntry<'_>| {
        entry.is_folder() && leading.contains(&key(entry.id)) || wanted.contains(entry.id, algorithm)
    };
    objects.trees_with(repository, None, &on, &holder)?;
    Ok(leads.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// What one commit has that none of its parents has under the same path.
struct Comparison<'a> {
    leads: &'a Leads,
    /// What was asked for.
    blobs: &'a BTreeSet<Digest>,
    /// Length of an id.
    length: usize,
    prefix: Vec<u8>,
    brought: Vec<(Digest, String)>,
}

impl<'a> Comparison<'a> {
    fn compare(&mut self, tree: &Digest, parents: &[Option<Digest>], depth: usize) {
        if depth > DEPTH || self.brought.len() >= FILES || parents.contains(&Some(*tree)) {
            return;
        }
        // All lists are in git's order: each is gone through once, side by side.
        let mut others: Vec<_> = parents
            .iter()
            .map(|parent| parent.map(|parent| self.list(&parent)).into_iter().flatten().peekable())
            .collect();
        for entry in self.list(tree) {
            let before: Vec<Option<Digest>> = others
                .iter_mut()
                .map(|other| same_name(other, &entry).and_then(|same| digest(&same)))
                .collect();
            let Some(id) = digest(&entry).filter(|id| !before.contains(&Some(*id))) else { continue };
            let length = self.prefix.len();
            self.prefix.extend_from_slice(entry.name);
            if entry.is_folder() && self.leads.contains_key(&id) {
                self.prefix.push(b'/');
                self.compare(&id, &before, depth + 1);
            } else if self.blobs.contains(&id) {
                self.brought.push((id, path::escape(&self.prefix).into_owned()));
            }
            self.prefix.truncate(length);
        }
    }

    fn list(&self, tree: &Digest) -> impl Iterator<Item = TreeEntry<'a>> + use<'a> {
        listing::entries(self.leads.get(tree).map(Box::as_ref).unwrap_or_default(), self.length)
    }
}

fn digest(entry: &TreeEntry<'_>) -> Option<Digest> {
    // The length tells the two kinds of ids apart.
    let git = [Algorithm::GitSha1, Algorithm::GitSha256];
    git.into_iter().find_map(|algorithm| Digest::new(algorithm, entry.id))
}

/// Goes on in a list to where `entry` must be, and returns what is there under its name.
fn same_name<'a>(
    list: &mut Peekable<impl Iterator<Item = TreeEntry<'a>>>,
    entry: &TreeEntry<'_>,
) -> Option<TreeEntry<'a>> {
    while list.next_if(|other| other.order(entry) == Ordering::Less).is_some() {}
    list.peek().copied().filter(|other| other.order(entry) == Ordering::Equal)
}

//! Where a blob came in. Over the whole history this reads every tree once in the order of the packs, keeps what leads to
//! the blobs asked for, and compares commits in memory.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use model::{Algorithm, Digest};
use rayon::prelude::*;

use super::graph::Graph;
use super::keys::{Key, Keys, key};
use super::range;
use crate::listing::{self, TreeEntry};
use crate::objects::{Kind, Objects, Seen};
use crate::threads::on_threads;
use crate::{Introduced, Repository, Selection, SourceError, path};

/// A blob that came in at more places than this is told for the earliest ones.
const PLACES: usize = 32;
/// Trees deeper than this are not git's work, and no commit brings so many files: beyond these a find has fewer places. A
/// few small trees that name one another can stand for billions of files.
const DEPTH: usize = 1024;
const FILES: usize = 1 << 16;

/// Returns for each of `blobs` where it came in, the earliest commit first, each path once. A blob that no selected commit
/// holds is left out. `threads` as in [`super::scan`].
pub fn attribute(
    repository: &Repository,
    selection: &Selection,
    blobs: &BTreeSet<Digest>,
    threads: usize,
) -> Result<BTreeMap<Digest, Vec<Introduced>>, SourceError> {
    if blobs.is_empty() {
        return Ok(BTreeMap::new());
    }
    on_threads(threads, || match selection {
        Selection::Everything => everything(repository, blobs),
        Selection::Range { tips, excluded } => range::attribute(repository, tips, excluded, blobs),
    })?
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

/// What leads to a blob asked for, in one tree.
struct Lead {
    name: Box<[u8]>,
    id: Digest,
    folder: bool,
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

type Leads = HashMap<Digest, Vec<Lead>>;

fn everything(
    repository: &Repository,
    blobs: &BTreeSet<Digest>,
) -> Result<BTreeMap<Digest, Vec<Introduced>>, SourceError> {
    let objects = Objects::open(repository)?;
    let wanted = Wanted { keys: blobs.iter().map(|blob| key(blob.bytes())).collect(), blobs };
    let leading = leading_trees(repository, &objects, &wanted)?;
    let leads = leads(repository, &objects, &wanted, &leading)?;
    let graph = Graph::read(repository, &objects)?;
    let commits = graph.reachable();
    let brought = commits.par_iter().flat_map_iter(|commit| {
        let parents: Vec<Option<&Digest>> = graph.parents(commit).map(|parent| Some(&parent.tree)).collect();
        let mut comparison = Comparison { leads: &leads, prefix: Vec::new(), brought: Vec::new() };
        comparison.compare(&commit.tree, &parents, 0);
        let introduced = |path| Introduced { commit: commit.id.hex(), path, time: commit.time };
        comparison.brought.into_iter().map(move |(blob, path)| (blob, introduced(path)))
    });
    let found: Vec<(Digest, Introduced)> = brought.collect();
    Ok(earliest(found.into_iter()))
}

/// Returns the trees that hold a wanted blob, at any depth.
fn leading_trees(
    repository: &Repository,
    objects: &Objects,
    wanted: &Wanted<'_>,
) -> Result<Keys, SourceError> {
    let algorithm = objects.algorithm();
    let direct: Mutex<Vec<Key>> = Mutex::default();
    let above: Mutex<Vec<(Key, Key)>> = Mutex::default();
    let visitor = |seen: Seen<'_>| {
        let own = key(seen.id);
        let mut folders = Vec::new();
        let mut leads = false;
        for entry in listing::entries(seen.bytes, algorithm.length()) {
            if entry.is_folder() {
                folders.push((key(entry.id), own));
            } else {
                leads = leads || wanted.contains(entry.id, algorithm);
            }
        }
        above.lock().unwrap_or_else(PoisonError::into_inner).append(&mut folders);
        if leads {
            direct.lock().unwrap_or_else(PoisonError::into_inner).push(own);
        }
    };
    objects.each(repository, Kind::Tree, &visitor, &|| false)?;
    let mut above = above.into_inner().unwrap_or_else(PoisonError::into_inner);
    above.sort_unstable();
    let mut open = direct.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut leading: Keys = open.iter().copied().collect();
    while let Some(tree) = open.pop() {
        let start = above.partition_point(|(folder, _)| *folder < tree);
        for (_, parent) in
            above.get(start..).unwrap_or_default().iter().take_while(|(folder, _)| *folder == tree)
        {
            if leading.insert(*parent) {
                open.push(*parent);
            }
        }
    }
    Ok(leading)
}

/// Reads the leading trees once more and keeps the entries that lead on.
fn leads(
    repository: &Repository,
    objects: &Objects,
    wanted: &Wanted<'_>,
    leading: &Keys,
) -> Result<Leads, SourceError> {
    let algorithm = objects.algorithm();
    let leads: Mutex<Leads> = Mutex::default();
    let visitor = |seen: Seen<'_>| {
        let Some(own) = Digest::new(algorithm, seen.id).filter(|_| leading.contains(&key(seen.id))) else {
            return;
        };
        let lead = |entry: TreeEntry<'_>| {
            let folder = entry.is_folder();
            let on =
                if folder { leading.contains(&key(entry.id)) } else { wanted.contains(entry.id, algorithm) };
            Some(Lead { name: entry.name.into(), id: Digest::new(algorithm, entry.id)?, folder })
                .filter(|_| on)
        };
        let mut found: Vec<Lead> =
            listing::entries(seen.bytes, algorithm.length()).filter_map(lead).collect();
        // Git sorts folders as if their names ended in `/`.
        found.sort_unstable_by(|one, two| one.name.cmp(&two.name));
        leads.lock().unwrap_or_else(PoisonError::into_inner).insert(own, found);
    };
    objects.each(repository, Kind::Tree, &visitor, &|| false)?;
    Ok(leads.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// What one commit has that none of its parents has under the same path.
struct Comparison<'a> {
    leads: &'a Leads,
    prefix: Vec<u8>,
    brought: Vec<(Digest, String)>,
}

impl Comparison<'_> {
    fn compare(&mut self, tree: &Digest, parents: &[Option<&Digest>], depth: usize) {
        if depth > DEPTH || self.brought.len() >= FILES || parents.contains(&Some(tree)) {
            return;
        }
        let list = |tree: &Digest| self.leads.get(tree).map(Vec::as_slice).unwrap_or_default();
        // All lists are sorted by name: each is gone through once, side by side.
        let mut listed: Vec<&[Lead]> =
            parents.iter().map(|parent| parent.map(list).unwrap_or_default()).collect();
        for lead in list(tree) {
            let before: Vec<Option<&Digest>> = listed.iter_mut().map(|rest| same_name(rest, lead)).collect();
            if before.contains(&Some(&lead.id)) {
                continue;
            }
            let length = self.prefix.len();
            self.prefix.extend_from_slice(&lead.name);
            if lead.folder {
                self.prefix.push(b'/');
                self.compare(&lead.id, &before, depth + 1);
            } else {
                self.brought.push((lead.id, path::escape(&self.prefix).into_owned()));
            }
            self.prefix.truncate(length);
        }
    }
}

/// Goes on in a sorted list to where the name of `lead` must be, and returns what is there under it.
fn same_name<'a>(rest: &mut &'a [Lead], lead: &Lead) -> Option<&'a Digest> {
    while let Some((first, after)) = rest.split_first() {
        match first.name.cmp(&lead.name) {
            Ordering::Less => *rest = after,
            Ordering::Equal => return Some(&first.id),
            Ordering::Greater => return None,
        }
    }
    None
}

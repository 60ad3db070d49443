//! The blobs that a range of commits brought in: those that no parent holds under the same path.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, PoisonError};

use git2::{ErrorCode, ObjectType, Oid, Sort};
use model::Digest;
use rayon::prelude::*;

use super::scan::{HistoryReport, report, shallow, visit};
use super::{Audience, Known, Survey};
use crate::objects::{Kind, Objects, Visited, is_binary};
use crate::{Blob, Introduced, Repository, SourceError, path};

/// The commits of a range, and what each brought in where paths do not matter.
pub(super) struct Range {
    commits: Vec<Oid>,
    brought: Vec<Brought>,
}

/// What one commit brought in.
#[derive(Default)]
struct Brought {
    /// Blob and raw path; where paths do not matter, each blob at least once under each of its names, without folders.
    blobs: Vec<(Oid, Vec<u8>)>,
    /// Folders that the clone does not hold, with their paths as those of blobs.
    missing: Vec<(Oid, Vec<u8>)>,
}

/// Whether paths matter. A folder that stands in many places is gone through once where they do not: a few small trees
/// that name one another can stand for billions of files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Paths {
    Matter,
    DoNot,
}

/// Where paths matter, one commit is not followed beyond so many folders: a find then has fewer places.
const FOLDERS: usize = 1 << 16;
/// A range with at least one blob in so many of all packed objects goes through the packs as a whole, which reads what others
/// are deltas of once.
const SHARE: usize = 16;
/// A blob up to this many times the bound is read to see whether it is binary, which is no problem.
const BINARY_FACTOR: u64 = 8;

/// Shows each blob that the range brought in, as a whole.
pub(super) fn scan(
    repository: &Repository,
    tips: &[String],
    excluded: &[String],
    known: &Known,
    audience: &Audience<'_>,
    bound: u64,
) -> Result<HistoryReport, SourceError> {
    let cancelled = audience.cancelled;
    let Range { commits, brought } = &*range(repository, tips, excluded, known, cancelled)?;
    let blobs: BTreeSet<Oid> =
        brought.iter().flat_map(|brought| &brought.blobs).map(|(blob, _)| *blob).collect();
    let objects = known.objects.of(repository)?;
    let many = blobs.len().saturating_mul(SHARE) >= objects.packed();
    let mut report = if many {
        // Bases and deltas that follow each other are read at one go, and of a delta what has changed.
        let ids: HashSet<&[u8]> = blobs.iter().map(Oid::as_bytes).collect();
        let wanted = |id: &[u8]| ids.contains(id);
        let mut report = report(visit(repository, objects, &wanted, audience, bound)?);
        report.problems.extend_from_slice(objects.problems());
        report
    } else {
        report(each(repository, objects, &blobs, audience, bound)?)
    };
    let boundary: BTreeSet<String> = repository.shallow_commits()?.into_iter().collect();
    let cut = if boundary.is_empty() {
        0
    } else {
        commits.iter().filter(|id| boundary.contains(&id.to_string())).count()
    };
    report.problems.extend(shallow(cut));
    Ok(report)
}

/// Shows blobs one by one.
fn each(
    repository: &Repository,
    objects: &Objects,
    blobs: &BTreeSet<Oid>,
    audience: &Audience<'_>,
    bound: u64,
) -> Result<Visited, SourceError> {
    let cancelled = audience.cancelled;
    let blobs: Vec<Oid> = blobs.iter().copied().collect();
    let shown: Result<Vec<Shown>, SourceError> = blobs
        .par_iter()
        .map(|blob| {
            if cancelled() { Ok(Shown::NotAsked) } else { show(repository, objects, *blob, audience, bound) }
        })
        .collect();
    let mut visited = Visited::default();
    for (blob, shown) in blobs.iter().zip(shown?) {
        match shown {
            Shown::Yes(size) => {
                visited.objects += 1;
                visited.bytes += size;
                visited.changed += size;
            }
            Shown::TooLarge(size) => {
                visited.too_large.insert(blob.as_bytes().to_vec(), size);
            }
            Shown::Corrupt => {
                visited.corrupt += 1;
                visited.first_corrupt.get_or_insert_with(|| blob.to_string());
            }
            Shown::NotAsked | Shown::Missing => {}
        }
    }
    Ok(visited)
}

/// Returns for each of `wanted` where the range brought it in: blobs, and folders that are not there.
pub(super) fn attribute(
    repository: &Repository,
    tips: &[String],
    excluded: &[String],
    known: &Known,
    wanted: &BTreeSet<Digest>,
) -> Result<BTreeMap<Digest, Vec<Introduced>>, SourceError> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let Range { commits, brought } = &*range(repository, tips, excluded, known, &|| false)?;
    let is_wanted = |id: Oid| repository.digest(id).filter(|digest| wanted.contains(digest));
    let found: Result<Vec<Vec<(Digest, Introduced)>>, SourceError> = commits
        .par_iter()
        .zip(brought)
        .filter(|(_, brought)| {
            brought.blobs.iter().chain(&brought.missing).any(|(id, _)| is_wanted(*id).is_some())
        })
        .map(|(commit, _)| {
            let mut found = Vec::new();
            let brought = bring(repository, *commit, Paths::Matter)?;
            for (blob, raw) in brought.blobs.into_iter().chain(brought.missing) {
                let Some(digest) = is_wanted(blob) else { continue };
                let commit = commit.to_string();
                let time = repository.commit_time(&commit)?;
                found.push((digest, Introduced { commit, path: path::escape(&raw).into_owned(), time }));
            }
            Ok(found)
        })
        .collect();
    Ok(super::attribute::earliest(found?.into_iter().flatten()))
}

/// Counts the commits of the range.
pub(super) fn count(
    repository: &Repository,
    tips: &[String],
    excluded: &[String],
    known: &Known,
) -> Result<u64, SourceError> {
    Ok(range(repository, tips, excluded, known, &|| false)?.commits.len() as u64)
}

/// Looks through the folders that the range brought in.
pub(super) fn survey(
    repository: &Repository,
    tips: &[String],
    excluded: &[String],
    known: &Known,
    wanted: &(dyn Fn(&[u8]) -> bool + Sync),
) -> Result<Survey, SourceError> {
    let (mut said, mut blobs) = (Survey::default(), BTreeSet::new());
    for Brought { blobs: brought, missing } in &range(repository, tips, excluded, known, &|| false)?.brought {
        said.absent.extend(missing.iter().filter_map(|(folder, _)| repository.digest(*folder)));
        for (blob, name) in brought {
            blobs.insert(*blob);
            if wanted(name)
                && let Some(id) = repository.digest(*blob)
            {
                said.names.entry(id).or_default().insert(path::escape(name).into_owned());
            }
        }
    }
    repository.with(|handle| {
        let unreadable = |source| SourceError::Object { what: "list of", id: "objects".to_owned(), source };
        let objects = handle.odb().map_err(unreadable)?;
        let absent = blobs.into_iter().filter(|blob| !objects.exists(*blob));
        said.absent.extend(absent.filter_map(|blob| repository.digest(blob)));
        Ok(())
    })?;
    Ok(said)
}

/// Compares the commits of the range with their parents, unless that is done already.
fn range(
    repository: &Repository,
    tips: &[String],
    excluded: &[String],
    known: &Known,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Arc<Range>, SourceError> {
    // Not held while threads of the pool work: one of them may come by here.
    let slot = || known.range.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(range) = &*slot() {
        return Ok(Arc::clone(range));
    }
    let commits = walk(repository, tips, excluded)?;
    let compare = |commit: &Oid| {
        if cancelled() { Ok(Brought::default()) } else { bring(repository, *commit, Paths::DoNot) }
    };
    let brought: Result<Vec<Brought>, SourceError> = commits.par_iter().map(compare).collect();
    let range = Arc::new(Range { commits, brought: brought? });
    if !cancelled() {
        *slot() = Some(Arc::clone(&range));
    }
    Ok(range)
}

/// Returns the commits of the range.
fn walk(repository: &Repository, tips: &[String], excluded: &[String]) -> Result<Vec<Oid>, SourceError> {
    let tips: Result<Vec<Oid>, SourceError> = tips.iter().map(|tip| repository.parse_id(tip)).collect();
    let (tips, excluded) = (tips?, excluded.iter().filter_map(|commit| repository.parse_id(commit).ok()));
    let excluded: Vec<Oid> = excluded.collect();
    repository.with(|handle| {
        let unreadable = |id: Oid| move |source| SourceError::Revision { rev: id.to_string(), source };
        let broken = |source| SourceError::Object { what: "range of", id: "commits".to_owned(), source };
        let mut walk = handle.revwalk().map_err(broken)?;
        walk.set_sorting(Sort::NONE).map_err(broken)?;
        for tip in tips {
            let commit = handle.find_object(tip, None).and_then(|object| object.peel_to_commit());
            walk.push(commit.map_err(unreadable(tip))?.id()).map_err(unreadable(tip))?;
        }
        for commit in excluded {
            // A commit that is not here excludes nothing: the range only becomes longer.
            if handle.find_commit(commit).is_ok() {
                walk.hide(commit).map_err(unreadable(commit))?;
            }
        }
        walk.collect::<Result<Vec<Oid>, git2::Error>>().map_err(broken)
    })
}

/// Compares a commit with its parents.
fn bring(repository: &Repository, commit: Oid, paths: Paths) -> Result<Brought, SourceError> {
    repository.with(|handle| {
        let unreadable = |source| SourceError::Revision { rev: commit.to_string(), source };
        let found = handle.find_commit(commit).map_err(unreadable)?;
        // A parent that a shallow clone lacks held nothing that is known.
        let parents = found.parents().map(|parent| parent.tree_id());
        let parents: Vec<Oid> = parents.filter(|tree| handle.find_tree(*tree).is_ok()).collect();
        let top = Pair { tree: found.tree_id(), parents, prefix: Vec::new() };
        let (mut brought, mut open, mut known) = (Brought::default(), vec![top], HashSet::new());
        let mut left = FOLDERS;
        while let Some(pair) = open.pop() {
            let goes_on = match paths {
                Paths::Matter => left > 0,
                Paths::DoNot => known.insert((pair.tree, pair.parents.clone())),
            };
            if goes_on && !pair.parents.contains(&pair.tree) {
                left = left.saturating_sub(1);
                compare(handle, pair, paths, &mut open, &mut brought);
            }
        }
        Ok(brought)
    })
}

/// A folder, and what the parents have in its place.
struct Pair {
    tree: Oid,
    parents: Vec<Oid>,
    /// Raw path with a `/` at the end, where paths matter.
    prefix: Vec<u8>,
}

fn compare(handle: &git2::Repository, pair: Pair, paths: Paths, open: &mut Vec<Pair>, brought: &mut Brought) {
    let Ok(listed) = handle.find_tree(pair.tree) else {
        let path = pair.prefix.strip_suffix(b"/").unwrap_or(&pair.prefix);
        brought.missing.push((pair.tree, path.to_vec()));
        return;
    };
    let parents: Vec<git2::Tree<'_>> =
        pair.parents.iter().filter_map(|parent| handle.find_tree(*parent).ok()).collect();
    for entry in &listed {
        let same_name = |parent: &git2::Tree<'_>| {
            parent.get_name_bytes(entry.name_bytes()).map(|entry| (entry.id(), entry.kind()))
        };
        let before: Vec<(Oid, Option<ObjectType>)> = parents.iter().filter_map(same_name).collect();
        if before.iter().any(|(id, _)| *id == entry.id()) {
            continue;
        }
        let path = |end: &[u8]| match paths {
            Paths::Matter => [&pair.prefix, entry.name_bytes(), end].concat(),
            Paths::DoNot => entry.name_bytes().to_vec(),
        };
        match entry.kind() {
            Some(ObjectType::Tree) => {
                let folders = before.iter().filter(|(_, kind)| *kind == Some(ObjectType::Tree));
                let parents = folders.map(|(id, _)| *id).collect();
                open.push(Pair { tree: entry.id(), parents, prefix: path(b"/") });
            }
            Some(ObjectType::Blob) => brought.blobs.push((entry.id(), path(b""))),
            // A submodule's commit is content of another repository.
            _ => {}
        }
    }
}

enum Shown {
    Yes(u64),
    TooLarge(u64),
    Missing,
    Corrupt,
    NotAsked,
}

fn show(
    repository: &Repository,
    objects: &Objects,
    blob: Oid,
    audience: &Audience<'_>,
    bound: u64,
) -> Result<Shown, SourceError> {
    let Some(id) = repository.digest(blob) else { return Ok(Shown::Corrupt) };
    let scan = |bytes: &[u8]| {
        let whole = 0..bytes.len();
        let mut hits = (audience.scanner)(Blob { id, bytes, changed: std::slice::from_ref(&whole) }).hits;
        if !hits.is_empty() {
            hits.sort();
            hits.dedup();
            (audience.holder)(&id, &hits);
        }
        Shown::Yes(bytes.len() as u64)
    };
    if let Some((Kind::Blob, bytes)) = objects.read(blob.as_bytes(), bound) {
        return Ok(scan(&bytes));
    }
    repository.with(|handle| {
        let read = || -> Result<Shown, git2::Error> {
            let objects = handle.odb()?;
            let (size, _) = objects.read_header(blob)?;
            if size as u64 > bound.saturating_mul(BINARY_FACTOR) {
                return Ok(Shown::TooLarge(size as u64));
            }
            let object = objects.read(blob)?;
            if size as u64 > bound {
                let binary = is_binary(object.data());
                return Ok(if binary { Shown::NotAsked } else { Shown::TooLarge(size as u64) });
            }
            Ok(scan(object.data()))
        };
        Ok(read().unwrap_or_else(|error| match error.code() {
            ErrorCode::NotFound => Shown::Missing,
            _ => Shown::Corrupt,
        }))
    })
}

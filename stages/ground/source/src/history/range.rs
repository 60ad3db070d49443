//! The blobs that a range of commits brought in: those that no parent holds under the same path.

use std::collections::{BTreeMap, BTreeSet};

use git2::{ErrorCode, ObjectType, Oid, Sort};
use model::Digest;
use rayon::prelude::*;

use super::scan::{Audience, HistoryReport, absences, report, shallow};
use crate::objects::{Visited, is_binary};
use crate::{Blob, Introduced, Repository, SourceError, path};

/// What one commit brought in.
#[derive(Default)]
struct Brought {
    /// Blob and raw path.
    blobs: Vec<(Oid, Vec<u8>)>,
    /// Trees that the clone does not hold.
    missing: BTreeSet<Oid>,
}

/// A blob up to this many times the bound is read to see whether it is binary, which is no problem.
const BINARY_FACTOR: u64 = 8;
/// Trees deeper than this are not git's work.
const DEPTH: usize = 1024;

/// Shows each blob that the range brought in, as a whole.
pub(super) fn scan(
    repository: &Repository,
    tips: &[String],
    excluded: &[String],
    audience: &Audience<'_>,
    bound: u64,
) -> Result<HistoryReport, SourceError> {
    let cancelled = audience.cancelled;
    let commits = walk(repository, tips, excluded)?;
    let mut blobs = BTreeSet::new();
    let mut missing = BTreeSet::new();
    let brought: Result<Vec<Brought>, SourceError> = commits
        .par_iter()
        .map(|commit| if cancelled() { Ok(Brought::default()) } else { bring(repository, *commit) })
        .collect();
    for brought in brought? {
        blobs.extend(brought.blobs.into_iter().map(|(blob, _)| blob));
        missing.extend(brought.missing);
    }
    let blobs: Vec<Oid> = blobs.into_iter().collect();
    let shown: Result<Vec<Shown>, SourceError> = blobs
        .par_iter()
        .map(|blob| if cancelled() { Ok(Shown::NotAsked) } else { show(repository, *blob, audience, bound) })
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
            Shown::Missing => {
                missing.insert(*blob);
            }
            Shown::Corrupt => {
                visited.corrupt += 1;
                visited.first_corrupt.get_or_insert_with(|| blob.to_string());
            }
            Shown::NotAsked => {}
        }
    }
    let mut report = report(visited);
    report.problems.extend(absences(missing.len()));
    let boundary: BTreeSet<String> = repository.shallow_commits()?.into_iter().collect();
    let cut = if boundary.is_empty() {
        0
    } else {
        commits.iter().filter(|id| boundary.contains(&id.to_string())).count()
    };
    report.problems.extend(shallow(cut));
    Ok(report)
}

/// Returns for each of `wanted` where the range brought it in.
pub(super) fn attribute(
    repository: &Repository,
    tips: &[String],
    excluded: &[String],
    wanted: &BTreeSet<Digest>,
) -> Result<BTreeMap<Digest, Vec<Introduced>>, SourceError> {
    let commits = walk(repository, tips, excluded)?;
    let found: Result<Vec<Vec<(Digest, Introduced)>>, SourceError> = commits
        .par_iter()
        .map(|commit| {
            let mut found = Vec::new();
            for (blob, raw) in bring(repository, *commit)?.blobs {
                let Some(digest) = repository.digest(blob).filter(|digest| wanted.contains(digest)) else {
                    continue;
                };
                let commit = commit.to_string();
                let time = repository.commit_time(&commit)?;
                found.push((digest, Introduced { commit, path: path::escape(&raw).into_owned(), time }));
            }
            Ok(found)
        })
        .collect();
    Ok(super::attribute::earliest(found?.into_iter().flatten()))
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
fn bring(repository: &Repository, commit: Oid) -> Result<Brought, SourceError> {
    repository.with(|handle| {
        let unreadable = |source| SourceError::Revision { rev: commit.to_string(), source };
        let found = handle.find_commit(commit).map_err(unreadable)?;
        // A parent that a shallow clone lacks held nothing that is known.
        let parents: Vec<Oid> = found
            .parents()
            .map(|parent| parent.tree_id())
            .filter(|tree| handle.find_tree(*tree).is_ok())
            .collect();
        let mut brought = Brought::default();
        compare(handle, found.tree_id(), &parents, &mut Vec::new(), 0, &mut brought);
        Ok(brought)
    })
}

fn compare(
    handle: &git2::Repository,
    tree: Oid,
    parents: &[Oid],
    prefix: &mut Vec<u8>,
    depth: usize,
    brought: &mut Brought,
) {
    if parents.contains(&tree) {
        return;
    }
    let Ok(listed) = handle.find_tree(tree) else {
        brought.missing.insert(tree);
        return;
    };
    if depth > DEPTH {
        return;
    }
    let parents: Vec<git2::Tree<'_>> =
        parents.iter().filter_map(|parent| handle.find_tree(*parent).ok()).collect();
    for entry in &listed {
        let before: Vec<(Oid, Option<ObjectType>)> = parents
            .iter()
            .filter_map(|parent| {
                parent.get_name_bytes(entry.name_bytes()).map(|entry| (entry.id(), entry.kind()))
            })
            .collect();
        if before.iter().any(|(id, _)| *id == entry.id()) {
            continue;
        }
        let length = prefix.len();
        prefix.extend_from_slice(entry.name_bytes());
        match entry.kind() {
            Some(ObjectType::Tree) => {
                prefix.push(b'/');
                let folders = before.iter().filter(|(_, kind)| *kind == Some(ObjectType::Tree));
                let folders: Vec<Oid> = folders.map(|(id, _)| *id).collect();
                compare(handle, entry.id(), &folders, prefix, depth + 1, brought);
            }
            Some(ObjectType::Blob) => brought.blobs.push((entry.id(), prefix.clone())),
            // A submodule's commit is content of another repository.
            _ => {}
        }
        prefix.truncate(length);
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
    blob: Oid,
    audience: &Audience<'_>,
    bound: u64,
) -> Result<Shown, SourceError> {
    let Some(id) = repository.digest(blob) else { return Ok(Shown::Corrupt) };
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
            let whole = 0..object.len();
            let blob = Blob { id, bytes: object.data(), changed: std::slice::from_ref(&whole) };
            let mut hits = (audience.scanner)(blob);
            if !hits.is_empty() {
                hits.sort();
                hits.dedup();
                (audience.holder)(&id, &hits);
            }
            Ok(Shown::Yes(object.len() as u64))
        };
        Ok(read().unwrap_or_else(|error| match error.code() {
            ErrorCode::NotFound => Shown::Missing,
            _ => Shown::Corrupt,
        }))
    })
}

//! All commits of a repository, in memory.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use git2::ObjectType;
use model::{Algorithm, Digest, hex};

use super::scan::report;
use crate::objects::{Kind, Objects, Seen};
use crate::{Problem, Repository, SourceError};

/// The code of the problem that a file or a folder is which a ref names.
pub const TAGGED_CONTENT: &str = "tagged-content";

/// A commit, as far as attribution needs it.
pub(super) struct Commit {
    pub(super) id: Digest,
    pub(super) tree: Digest,
    /// Committer time, seconds since the epoch.
    pub(super) time: i64,
    pub(super) parents: Vec<Digest>,
}

/// All commits of a repository.
pub(super) struct Graph {
    commits: HashMap<Digest, Commit>,
    tips: Vec<Digest>,
    /// Commits that cannot be read, and what refs name that is none.
    pub(super) problems: Vec<Problem>,
}

impl Graph {
    /// Reads every commit that the repository holds.
    pub(super) fn read(repository: &Repository, objects: &Objects) -> Result<Self, SourceError> {
        let algorithm = objects.algorithm();
        let commits: Mutex<HashMap<Digest, Commit>> = Mutex::default();
        let visitor = |seen: Seen<'_>| {
            if let Some(commit) = parse(seen.id, seen.bytes, algorithm) {
                commits.lock().unwrap_or_else(PoisonError::into_inner).insert(commit.id, commit);
            }
        };
        let mut problems = report(objects.each(repository, Kind::Commit, &visitor)?).problems;
        let (tips, others) = repository.with(|handle| {
            let (mut tips, mut others) = (Vec::new(), BTreeSet::new());
            let references = handle.references();
            let unreadable =
                |source| SourceError::Object { what: "list of refs", id: "refs/*".to_owned(), source };
            for reference in references.map_err(unreadable)? {
                let Ok(object) = reference.map_err(unreadable)?.peel(ObjectType::Any) else { continue };
                if object.kind() == Some(ObjectType::Commit) {
                    tips.push(object.id());
                } else {
                    others.insert(object.id());
                }
            }
            tips.extend(handle.head().and_then(|head| head.peel_to_commit()).map(|commit| commit.id()));
            Ok((tips, others))
        })?;
        problems.extend(no_commits(&others));
        let tips = tips.into_iter().filter_map(|tip| repository.digest(tip)).collect();
        Ok(Self { commits: commits.into_inner().unwrap_or_else(PoisonError::into_inner), tips, problems })
    }

    /// Returns each commit that a ref reaches, in no order.
    pub(super) fn reachable(&self) -> Vec<&Commit> {
        let mut known = HashSet::new();
        let mut open: Vec<&Digest> = self.tips.iter().collect();
        let mut reachable = Vec::new();
        while let Some(id) = open.pop() {
            if known.insert(id)
                && let Some(commit) = self.commits.get(id)
            {
                open.extend(&commit.parents);
                reachable.push(commit);
            }
        }
        reachable
    }

    /// Returns the parents that the repository holds.
    pub(super) fn parents<'a>(&'a self, commit: &'a Commit) -> impl Iterator<Item = &'a Commit> {
        commit.parents.iter().filter_map(|parent| self.commits.get(parent))
    }
}

/// Tells of what refs name that is no commit, as a tag of a file: there is nothing to attribute a find in it to.
fn no_commits(others: &BTreeSet<git2::Oid>) -> Option<Problem> {
    let first = others.first()?;
    let (objects, are) =
        if others.len() == 1 { ("object", "is no commit") } else { ("objects", "are no commits") };
    let number = others.len();
    Some(Problem {
        code: TAGGED_CONTENT,
        path: String::new(),
        reason: format!(
            "{number} {objects} that a ref names {are}, so what no commit holds of it is not told: {first}"
        ),
    })
}

fn parse(id: &[u8], bytes: &[u8], algorithm: Algorithm) -> Option<Commit> {
    let (mut tree, mut time, mut parents) = (None, None, Vec::new());
    for line in bytes.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty()) {
        let read = |digits: &[u8]| Digest::new(algorithm, &hex::decode(digits)?);
        if let Some(digits) = line.strip_prefix(b"tree ") {
            tree = tree.or_else(|| read(digits));
        } else if let Some(digits) = line.strip_prefix(b"parent ") {
            parents.extend(read(digits));
        } else if let Some(who) = line.strip_prefix(b"committer ") {
            time = committed(who);
        }
    }
    // A commit without a readable time is old, not new: it must not hide an earlier one.
    Some(Commit { id: Digest::new(algorithm, id)?, tree: tree?, time: time.unwrap_or(0), parents })
}

/// Reads the seconds out of `Name <mail> 1700000000 +0000`.
fn committed(who: &[u8]) -> Option<i64> {
    let after = who.get(memchr::memrchr(b'>', who)? + 1..)?;
    std::str::from_utf8(after).ok()?.split_whitespace().next()?.parse().ok()
}

//! What differs between two commits, file by file.

use git2::{Delta, DiffFindOptions, DiffOptions};

use super::Repository;
use crate::{SourceError, path};

/// A file that differs between two commits. Paths are written as in [`crate::Entry::path`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It is new.
    Added(String),
    /// It is gone.
    Deleted(String),
    /// Its content, mode or kind differs.
    Modified(String),
    /// It has another path, and perhaps other content.
    Renamed {
        /// Path at the base.
        old: String,
        /// Path at the head.
        new: String,
    },
}

/// Beyond this many candidates only files with the same content are recognized as renamed: each pair costs a comparison.
const RENAME_LIMIT: usize = 1000;

impl Repository {
    /// Returns what differs between the trees of two commits, sorted.
    pub fn changes(&self, base: &str, head: &str) -> Result<Vec<Change>, SourceError> {
        let (old, new) = (self.parse_id(base)?, self.parse_id(head)?);
        self.with(|handle| {
            let unreadable = |id: &str| {
                let id = id.to_owned();
                move |source| SourceError::Object { what: "tree of commit", id, source }
            };
            let old = handle.find_commit(old).and_then(|commit| commit.tree()).map_err(unreadable(base))?;
            let new = handle.find_commit(new).and_then(|commit| commit.tree()).map_err(unreadable(head))?;
            let mut options = DiffOptions::new();
            options.include_typechange(true).skip_binary_check(true);
            let mut diff = handle
                .diff_tree_to_tree(Some(&old), Some(&new), Some(&mut options))
                .map_err(unreadable(head))?;
            let mut find = DiffFindOptions::new();
            find.renames(true).rename_limit(RENAME_LIMIT);
            diff.find_similar(Some(&mut find)).map_err(unreadable(head))?;
            let mut changes: Vec<Change> = diff.deltas().filter_map(|delta| change(&delta)).collect();
            changes.sort();
            Ok(changes)
        })
    }

    /// Returns the files that were renamed between two commits, as (old path, new path), sorted.
    pub fn renames(&self, base: &str, head: &str) -> Result<Vec<(String, String)>, SourceError> {
        let renamed = |change| match change {
            Change::Renamed { old, new } => Some((old, new)),
            Change::Added(_) | Change::Deleted(_) | Change::Modified(_) => None,
        };
        Ok(self.changes(base, head)?.into_iter().filter_map(renamed).collect())
    }
}

fn change(delta: &git2::DiffDelta<'_>) -> Option<Change> {
    let written = |file: git2::DiffFile<'_>| file.path_bytes().map(|raw| path::escape(raw).into_owned());
    match delta.status() {
        Delta::Added | Delta::Copied => written(delta.new_file()).map(Change::Added),
        Delta::Deleted => written(delta.old_file()).map(Change::Deleted),
        Delta::Renamed => {
            Some(Change::Renamed { old: written(delta.old_file())?, new: written(delta.new_file())? })
        }
        Delta::Modified | Delta::Typechange | Delta::Conflicted => {
            written(delta.new_file()).map(Change::Modified)
        }
        // These are said of worktrees, never of two trees.
        Delta::Unmodified | Delta::Ignored | Delta::Untracked | Delta::Unreadable => None,
    }
}

//! Commits by name: what a revision means, where two lines of history part, how far history goes back.

use git2::{ErrorCode, Oid};

use super::Repository;
use crate::SourceError;

impl Repository {
    /// Returns the commit that is checked out; `None` on a branch without commits.
    pub fn head(&self) -> Result<Option<String>, SourceError> {
        self.with(|handle| match handle.head().and_then(|head| head.peel_to_commit()) {
            Ok(commit) => Ok(Some(commit.id().to_string())),
            Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => Ok(None),
            Err(source) => Err(SourceError::Revision { rev: "HEAD".to_owned(), source }),
        })
    }

    /// Returns the short name of the branch that is checked out; `None` when HEAD names a commit itself.
    pub fn branch(&self) -> Result<Option<String>, SourceError> {
        self.with(|handle| {
            let head = match handle.find_reference("HEAD") {
                Ok(head) => head,
                Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
                Err(source) => return Err(SourceError::Revision { rev: "HEAD".to_owned(), source }),
            };
            let target = head.symbolic_target_bytes().and_then(|name| name.strip_prefix(b"refs/heads/"));
            Ok(target.map(|name| String::from_utf8_lossy(name).into_owned()))
        })
    }

    /// Returns the full id of the commit that `rev` names: an id, a ref, `HEAD~2`, `v1^{commit}` …
    pub fn resolve(&self, rev: &str) -> Result<String, SourceError> {
        self.with(|handle| {
            handle
                .revparse_single(rev)
                .and_then(|object| object.peel_to_commit())
                .map(|commit| commit.id().to_string())
                .map_err(|source| SourceError::Revision { rev: rev.to_owned(), source })
        })
    }

    /// Returns the best common ancestor of two commits; `None` when they have none, as in a shallow clone that was cut
    /// below it.
    pub fn merge_base(&self, one: &str, two: &str) -> Result<Option<String>, SourceError> {
        let (first, second) = (self.parse_id(one)?, self.parse_id(two)?);
        self.with(|handle| {
            for (id, rev) in [(first, one), (second, two)] {
                let found = handle.find_commit(id);
                found.map_err(|source| SourceError::Revision { rev: rev.to_owned(), source })?;
            }
            match handle.merge_base(first, second) {
                Ok(base) => Ok(Some(base.to_string())),
                Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
                Err(source) => {
                    Err(SourceError::Object { what: "history of commit", id: two.to_owned(), source })
                }
            }
        })
    }

    /// Tells whether a commit is one of `tips`, or stands before one of them. All are looked at in one walk: a remote may have
    /// thousands of branches.
    pub fn is_reached(&self, commit: &str, tips: &[String]) -> Result<bool, SourceError> {
        if tips.iter().any(|tip| tip == commit) {
            return Ok(true);
        }
        let id = self.parse_id(commit)?;
        let tips: Vec<Oid> = tips.iter().map(|tip| self.parse_id(tip)).collect::<Result<_, _>>()?;
        self.with(|handle| {
            let unreadable = |source| SourceError::Revision { rev: commit.to_owned(), source };
            let mut walk = handle.revwalk().map_err(unreadable)?;
            walk.push(id).map_err(unreadable)?;
            tips.into_iter().try_for_each(|tip| walk.hide(tip)).map_err(unreadable)?;
            walk.next().transpose().map(|left| left.is_none()).map_err(unreadable)
        })
    }

    /// Returns the committer time in seconds since the epoch.
    pub fn commit_time(&self, commit: &str) -> Result<i64, SourceError> {
        let id = self.parse_id(commit)?;
        self.with(|handle| {
            let found = handle.find_commit(id);
            found
                .map(|found| found.time().seconds())
                .map_err(|source| SourceError::Revision { rev: commit.to_owned(), source })
        })
    }

    /// Returns the id of a commit's top tree.
    pub fn tree_of(&self, commit: &str) -> Result<String, SourceError> {
        let id = self.parse_id(commit)?;
        self.with(|handle| {
            let found = handle.find_commit(id);
            found
                .map(|found| found.tree_id().to_string())
                .map_err(|source| SourceError::Revision { rev: commit.to_owned(), source })
        })
    }

    /// Tells whether history was cut when the repository was cloned.
    pub fn is_shallow(&self) -> bool {
        self.with(|handle| Ok(handle.is_shallow())).unwrap_or(false)
    }

    /// Returns the commits whose parents a shallow clone left out, sorted.
    pub fn shallow_commits(&self) -> Result<Vec<String>, SourceError> {
        let path = self.common_folder().join("shallow");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(SourceError::Io { path, source }),
        };
        let mut commits: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
        commits.retain(|line| !line.is_empty());
        commits.sort();
        Ok(commits)
    }

    /// Returns the ids of all that any ref points to, HEAD with them, sorted, each once: they fix what the whole history is.
    pub fn tips(&self) -> Result<Vec<String>, SourceError> {
        self.with(|handle| {
            let unreadable =
                |source| SourceError::Object { what: "list of refs", id: "refs/*".to_owned(), source };
            let mut tips = std::collections::BTreeSet::new();
            for reference in handle.references().map_err(unreadable)? {
                let reference = reference.map_err(unreadable)?;
                tips.extend(reference.target().map(|id| id.to_string()));
            }
            tips.extend(handle.head().ok().and_then(|head| head.target()).map(|id| id.to_string()));
            Ok(tips.into_iter().collect())
        })
    }
}

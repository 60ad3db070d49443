//! The folder under check: its tree, its repository, and its commits.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::Subject;
use source::{CommitTree, History, Options, Repository, Selection, Shared, Tree, WorkTree};

use crate::fault::Fault;

/// The folder under check.
pub(crate) struct Checkout {
    /// The folder.
    pub(crate) root: PathBuf,
    /// Its repository, when it is in one.
    pub(crate) repository: Option<Repository>,
    /// What is checked: the worktree, or a commit.
    pub(crate) tree: Arc<dyn Tree>,
    /// The commit that is checked out, or checked.
    pub(crate) head: Option<String>,
}

/// What there is to check from the start, with the commits of the subject that is made of commits.
pub(crate) type Subjects = (Vec<Subject>, BTreeMap<Subject, Arc<dyn source::Commits>>);

/// Bytes of file contents kept in memory for stages that read the same files.
const SHARED_BYTES: usize = 64 << 20;
/// A file larger than this is not read: a gap.
const MOST_FILE_BYTES: u64 = 64 << 20;

impl Checkout {
    /// Opens the worktree at `root`; of a bare repository, the tree of its head.
    pub(crate) fn open(root: &Path, include_ignored: bool) -> Result<Self, Fault> {
        if !root.exists() {
            return Err(Fault::usage(format!("{} does not exist", root.display())));
        }
        if !root.is_dir() {
            return Err(Fault::usage(format!("{} is not a folder", root.display()))
                .hint("give the folder that holds it"));
        }
        let repository = Repository::discover(root).map_err(Fault::usage)?;
        let head = repository.as_ref().map(Repository::head).transpose().map_err(Fault::usage)?.flatten();
        let bare = repository.as_ref().is_some_and(|repository| repository.root().is_none());
        let tree: Arc<dyn Tree> = match (&repository, &head) {
            (Some(repository), Some(head)) if bare => commit_tree(repository, head)?,
            _ => {
                let options =
                    Options { include_ignored, max_file_size: MOST_FILE_BYTES, ..Options::default() };
                Arc::new(Shared::new(WorkTree::open(root, &options).map_err(Fault::usage)?, SHARED_BYTES))
            }
        };
        Ok(Self { root: root.to_owned(), repository, tree, head })
    }

    /// Opens a commit of the repository at `root`, whatever is checked out.
    pub(crate) fn at_commit(root: &Path, commit: &str) -> Result<Self, Fault> {
        let repository = Repository::discover(root).map_err(Fault::usage)?;
        let repository =
            repository.ok_or_else(|| Fault::usage(format!("{} is in no git repository", root.display())))?;
        let tree = commit_tree(&repository, commit)?;
        Ok(Self { root: root.to_owned(), repository: Some(repository), tree, head: Some(commit.to_owned()) })
    }

    /// Returns the subjects there are, with the commits of those that are made of commits: the whole history, and what
    /// `excluded` leaves of it, unless that is not asked for.
    pub(crate) fn subjects(&self, excluded: Option<Vec<String>>) -> Result<Subjects, Fault> {
        let mut subjects = vec![Subject::Tree];
        let mut commits: BTreeMap<Subject, Arc<dyn source::Commits>> = BTreeMap::new();
        let (Some(repository), Some(head)) = (&self.repository, &self.head) else {
            return Ok((subjects, commits));
        };
        if repository.root().is_some_and(|root| !same(root, &self.root)) {
            // The history is that of the repository, not of the part that is checked.
            return Ok((subjects, commits));
        }
        let mut selections = vec![Selection::Everything];
        if let Some(mut excluded) = excluded {
            excluded.sort();
            excluded.dedup();
            selections.push(Selection::Range { tips: vec![head.clone()], excluded });
        }
        for selection in selections {
            let subject = match &selection {
                Selection::Everything => Subject::Commits { tips: Vec::new(), excluded: Vec::new() },
                Selection::Range { tips, excluded } => {
                    Subject::Commits { tips: tips.clone(), excluded: excluded.clone() }
                }
            };
            let history = History::new(repository.clone(), selection).map_err(Fault::incomplete)?;
            commits.insert(subject.clone(), Arc::new(history));
            subjects.push(subject);
        }
        Ok((subjects, commits))
    }

    /// Returns the repository, of which the tree must be the whole.
    pub(crate) fn whole(&self) -> Result<&Repository, Fault> {
        let missing = || Fault::usage(format!("{} is in no git repository", self.root.display()));
        let repository = self.repository.as_ref().ok_or_else(missing)?;
        let inside = repository.root().is_some_and(|root| !same(root, &self.root));
        if inside {
            let text = format!(
                "{} is a part of a repository, and a change is judged as a whole",
                self.root.display()
            );
            let root = repository.root().unwrap_or(&self.root).display().to_string();
            return Err(Fault::usage(text).hint(format!("run it on {root}")));
        }
        Ok(repository)
    }
}

fn same(one: &Path, two: &Path) -> bool {
    match (one.canonicalize(), two.canonicalize()) {
        (Ok(one), Ok(two)) => one == two,
        _ => one == two,
    }
}

/// Opens the tree of a commit.
pub(crate) fn commit_tree(repository: &Repository, commit: &str) -> Result<Arc<dyn Tree>, Fault> {
    let tree = CommitTree::open(repository, commit, MOST_FILE_BYTES).map_err(Fault::incomplete)?;
    Ok(Arc::new(Shared::new(tree, SHARED_BYTES)))
}

//! The folder under check: its tree, its repository, and its commits.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::{Digest, Hasher, Subject};
use source::{CommitTree, History, Options, Repository, Selection, Shared, SourceError, Tree, WorkTree};
use store::Cache;

use crate::fault::Fault;
use crate::part::Part;

/// The folder under check.
pub(crate) struct Checkout {
    /// The folder.
    pub(crate) root: PathBuf,
    /// Its repository, when it is in one.
    pub(crate) repository: Option<Repository>,
    /// What is checked: the worktree, a part of it, or a commit.
    pub(crate) tree: Arc<dyn Tree>,
    /// Where the policy lies: the same, or the whole of what a part is checked of.
    pub(crate) policy: Arc<dyn Tree>,
    /// The part of the repository that is checked by the repository's policy, as a path in it.
    pub(crate) part: Option<String>,
    /// The folder of `policy` on this machine; a commit has none.
    pub(crate) folder: Option<PathBuf>,
    /// The commit that is checked out, or checked.
    pub(crate) head: Option<String>,
    /// The worktree, where there is one.
    worktree: Option<Arc<Shared<WorkTree>>>,
}

/// What there is to check from the start, with the commits of the subject that is made of commits.
pub(crate) type Subjects = (Vec<Subject>, BTreeMap<Subject, Arc<dyn source::Commits>>);

/// Bytes of file contents kept in memory for stages that read the same files.
const SHARED_BYTES: usize = 16 << 20;
/// A file larger than this is not read: a gap.
const MOST_FILE_BYTES: u64 = 64 << 20;

impl Checkout {
    /// Opens the worktree at `root`; of a bare repository, the tree of its head. A folder of a repository is a part of it,
    /// unless it has a pipeline file of its own, or the repository has none.
    pub(crate) fn open(root: &Path, include_ignored: bool, config: &str) -> Result<Self, Fault> {
        if !root.exists() {
            return Err(Fault::usage(format!("{} does not exist", root.display()))
                .hint("name a folder that is there, or none for this one"));
        }
        if !root.is_dir() {
            return Err(Fault::usage(format!("{} is not a folder", root.display()))
                .hint("give the folder that holds it"));
        }
        let repository = Repository::discover(root)?;
        let head = repository.as_ref().map(Repository::head).transpose()?.flatten();
        let bare = repository.as_ref().is_some_and(|repository| repository.root().is_none());
        let (policy, folder, worktree): (Arc<dyn Tree>, _, _) = match (&repository, &head) {
            (Some(repository), Some(head)) if bare => (commit_tree(repository, head)?, None, None),
            (Some(repository), None) if bare => return Err(headless(repository)),
            _ => {
                let above = repository.as_ref().and_then(Repository::root);
                let part = above.and_then(|above| Some((above, part(above, root, config)?)));
                if let Some((above, part)) = part {
                    let worktree = worktree(above, include_ignored)?;
                    let policy: Arc<dyn Tree> = Arc::<Shared<WorkTree>>::clone(&worktree);
                    let tree = Arc::new(Part::new(Arc::clone(&policy), &part));
                    let (root, folder) = (root.to_owned(), Some(above.to_owned()));
                    let (part, worktree) = (Some(part), Some(worktree));
                    return Ok(Self { root, repository, tree, policy, part, folder, head, worktree });
                }
                let worktree = worktree(root, include_ignored)?;
                let policy: Arc<dyn Tree> = Arc::<Shared<WorkTree>>::clone(&worktree);
                (policy, Some(root.to_owned()), Some(worktree))
            }
        };
        let tree = Arc::clone(&policy);
        Ok(Self { root: root.to_owned(), repository, tree, policy, part: None, folder, head, worktree })
    }

    /// Opens a commit of the repository at `root`, whatever is checked out.
    pub(crate) fn at_commit(root: &Path, commit: &str) -> Result<Self, Fault> {
        let repository = Repository::discover(root)?;
        let repository = repository.ok_or_else(|| SourceError::NoRepository { path: root.to_owned() })?;
        let policy = commit_tree(&repository, commit)?;
        let tree = Arc::clone(&policy);
        let (root, repository, head) = (root.to_owned(), Some(repository), Some(commit.to_owned()));
        Ok(Self { root, repository, tree, policy, part: None, folder: None, head, worktree: None })
    }

    /// Takes ids of files from the cache that an earlier run on this folder worked out.
    pub(crate) fn recall(&self, cache: &Cache) {
        if let Some(worktree) = &self.worktree {
            let worktree = worktree.tree();
            cache.recall(&ids_of(worktree)).first().inspect(|known| worktree.recall(known));
        }
    }

    /// Keeps those that this run worked out. A cache that cannot be written costs time, never correctness.
    pub(crate) fn remember(&self, cache: &Cache) {
        if let Some(worktree) = &self.worktree {
            let worktree = worktree.tree();
            if let Some(known) = worktree.remember() {
                let _ = cache.replace(&ids_of(worktree), known);
            }
        }
    }

    /// Returns what is checked of another tree of the repository.
    pub(crate) fn of(&self, whole: &Arc<dyn Tree>) -> Arc<dyn Tree> {
        match &self.part {
            Some(part) => Arc::new(Part::new(Arc::clone(whole), part)),
            None => Arc::clone(whole),
        }
    }

    /// Returns the subjects there are, with the commits of those that are made of commits: the whole history, and what
    /// `excluded` leaves of it, unless that is not asked for.
    pub(crate) fn subjects(&self, excluded: Option<Vec<String>>) -> Result<Subjects, Fault> {
        let mut subjects = vec![Subject::Tree];
        let mut commits: BTreeMap<Subject, Arc<dyn source::Commits>> = BTreeMap::new();
        let (Some(repository), Some(head)) = (&self.repository, &self.head) else {
            return Ok((subjects, commits));
        };
        if self.is_part() {
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
            let history = History::new(repository.clone(), selection).map_err(Fault::lacking)?;
            commits.insert(subject.clone(), Arc::new(history));
            subjects.push(subject);
        }
        Ok((subjects, commits))
    }

    /// Tells whether a folder of a repository is checked, and not the whole of it.
    pub(crate) fn is_part(&self) -> bool {
        let root = self.repository.as_ref().and_then(Repository::root);
        root.is_some_and(|root| !same(root, &self.root))
    }

    /// Returns the repository, whose policy must be that of the tree.
    pub(crate) fn whole(&self) -> Result<&Repository, Fault> {
        let missing = || SourceError::NoRepository { path: self.root.clone() };
        let repository = self.repository.as_ref().ok_or_else(missing)?;
        if self.is_part() && self.part.is_none() {
            let text = format!(
                "{} is a part of a repository without being judged by its policy, and a change is judged as a whole",
                self.root.display()
            );
            let root = repository.root().unwrap_or(&self.root).display().to_string();
            return Err(Fault::usage(text).hint(format!("run it on {root}")));
        }
        Ok(repository)
    }
}

/// Refuses a bare repository of which nothing says which commit is meant.
fn headless(repository: &Repository) -> Fault {
    let folder = repository.git_folder().display();
    Fault::usage(format!("HEAD of the bare repository {folder} names no commit")).hint(format!(
        "name a branch: git --git-dir={folder} symbolic-ref HEAD refs/heads/BRANCH, or check a clone"
    ))
}

/// Names what is kept of a folder's files in the cache.
fn ids_of(worktree: &WorkTree) -> Digest {
    Hasher::new("ids of files/v1").part(worktree.root().as_os_str().as_encoded_bytes()).digest()
}

/// Returns the path of `root` in the repository `above`, when it is judged by the repository's policy.
fn part(above: &Path, root: &Path, config: &str) -> Option<String> {
    if root.join(config).symlink_metadata().is_ok() || above.join(config).symlink_metadata().is_err() {
        return None;
    }
    let (above, root) = (above.canonicalize().ok()?, root.canonicalize().ok()?);
    let inside = root.strip_prefix(above).ok()?;
    let names: Option<Vec<&str>> = inside.iter().map(std::ffi::OsStr::to_str).collect();
    names.map(|names| names.join("/")).filter(|path| !path.is_empty())
}

fn worktree(root: &Path, include_ignored: bool) -> Result<Arc<Shared<WorkTree>>, Fault> {
    let options = Options { include_ignored, max_file_size: MOST_FILE_BYTES, ..Options::default() };
    Ok(Arc::new(Shared::new(WorkTree::open(root, &options)?, SHARED_BYTES)))
}

fn same(one: &Path, two: &Path) -> bool {
    match (one.canonicalize(), two.canonicalize()) {
        (Ok(one), Ok(two)) => one == two,
        _ => one == two,
    }
}

/// Opens the tree of a commit.
pub(crate) fn commit_tree(repository: &Repository, commit: &str) -> Result<Arc<dyn Tree>, Fault> {
    let tree = CommitTree::open(repository, commit, MOST_FILE_BYTES).map_err(Fault::lacking)?;
    Ok(Arc::new(Shared::new(tree, SHARED_BYTES)))
}

//! The folder under check: its tree, its repository, and the change that it makes to a target branch.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::Subject;
use plan::Scope;
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

/// What a change is judged against.
pub(crate) struct Change {
    /// The commit that is checked, or checked out.
    pub(crate) head: String,
    /// Tip of the target branch: its policy counts.
    pub(crate) target: String,
    /// Where the change began: its findings are not new.
    pub(crate) base: String,
    /// When that was committed, seconds since the epoch.
    pub(crate) base_time: i64,
    /// Tree of the merge-base.
    pub(crate) base_tree: Arc<dyn Tree>,
    /// Tree of the tip of the target branch.
    pub(crate) target_tree: Arc<dyn Tree>,
    /// Path before → path now, of renamed files.
    pub(crate) renames: BTreeMap<String, String>,
    /// Every path that differs from the merge-base, removed ones included; sorted.
    pub(crate) paths: Vec<String>,
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

    /// Returns what the tree is compared with and judged by; `target` names the target branch when it is known.
    pub(crate) fn change(&self, target: Option<&str>) -> Result<Change, Fault> {
        let repository = self.repository()?;
        let head = self.head.clone().ok_or_else(|| {
            Fault::usage("the repository has no commit, so there is nothing to compare with")
                .hint("run without --since")
        })?;
        let target = match target {
            Some(name) => resolve(repository, name)?,
            None => self.default_target()?,
        };
        let base = repository.merge_base(&target, &head).map_err(Fault::incomplete)?;
        let base = base.ok_or_else(|| no_merge_base(repository, &target))?;
        let base_tree = commit_tree(repository, &base)?;
        let renames = repository.renames(&base, &head).map_err(Fault::incomplete)?.into_iter().collect();
        Ok(Change {
            base_time: repository.commit_time(&base).map_err(Fault::incomplete)?,
            target_tree: commit_tree(repository, &target)?,
            paths: differing(base_tree.as_ref(), self.tree.as_ref()),
            base_tree,
            renames,
            head,
            target,
            base,
        })
    }

    /// Returns the subjects there are, with the commits of the one that is made of commits.
    pub(crate) fn subjects(
        &self,
        scope: Scope,
        change: Option<&Change>,
        excluded: &[String],
    ) -> Result<Subjects, Fault> {
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
        if scope != Scope::Full {
            let mut excluded = excluded.to_vec();
            excluded.extend(change.map(|change| change.target.clone()));
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

    /// Tells whether a branch is known that changes of this repository land on.
    pub(crate) fn has_target(&self) -> Result<bool, Fault> {
        let candidates = self.repository()?.target_candidates().map_err(Fault::incomplete)?;
        Ok(!candidates.is_empty())
    }

    fn repository(&self) -> Result<&Repository, Fault> {
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

    /// Returns the tip of the branch that changes of this repository land on.
    fn default_target(&self) -> Result<String, Fault> {
        let candidates = self.repository()?.target_candidates().map_err(Fault::incomplete)?;
        let first = candidates.into_iter().next().ok_or_else(|| {
            Fault::usage("no target branch is known: the repository has no remote branch")
                .hint("name it with --since, or fetch it")
        })?;
        Ok(first.commit)
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

/// Resolves a revision, or the name of a branch that only the remote has.
fn resolve(repository: &Repository, name: &str) -> Result<String, Fault> {
    let remote = repository.default_remote().ok().flatten().unwrap_or_else(|| "origin".to_owned());
    let found =
        repository.resolve(&format!("refs/remotes/{remote}/{name}")).or_else(|_| repository.resolve(name));
    found.map_err(|error| {
        let fault = Fault::usage(error);
        if repository.is_shallow() {
            fault.hint(format!("fetch it: git fetch --depth=200 {remote} {name}"))
        } else {
            fault
        }
    })
}

fn no_merge_base(repository: &Repository, target: &str) -> Fault {
    let short = target.get(..12).unwrap_or(target);
    if repository.is_shallow() {
        return Fault::incomplete(format!("the clone is too shallow: it holds no merge-base with {short}"))
            .hint("deepen it: git fetch --unshallow (GitHub: fetch-depth: 0; GitLab: GIT_DEPTH: \"0\")");
    }
    Fault::usage(format!("the commit checked out and {short} have no common history"))
}

/// Returns the paths at which two trees differ, sorted.
fn differing(before: &dyn Tree, after: &dyn Tree) -> Vec<String> {
    let mut paths = Vec::new();
    let same = |one: usize, two: usize| {
        let (a, b) = (before.entries().get(one), after.entries().get(two));
        let kind = a.map(|entry| &entry.kind) == b.map(|entry| &entry.kind);
        kind && matches!((before.id(one), after.id(two)), (Ok(one), Ok(two)) if one == two)
    };
    for (index, entry) in after.entries().iter().enumerate() {
        if before.find(&entry.path).is_none_or(|old| !same(old, index)) {
            paths.push(entry.path.to_string());
        }
    }
    paths.extend(
        before.entries().iter().filter(|e| after.find(&e.path).is_none()).map(|e| e.path.to_string()),
    );
    paths.sort();
    paths
}

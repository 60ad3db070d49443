//! What judges the tree under check: the commit whose policy counts, and the commit that findings are compared with. Both
//! are found from outside the change: the command line, the CI service, the remote.

use std::collections::BTreeMap;
use std::sync::Arc;

use plan::{Event, Scope};
use source::{Repository, Tree};

use crate::args::Choice;
use crate::checkout::{Checkout, commit_tree};
use crate::ci::Surroundings;
use crate::fault::Fault;

/// The commit whose policy counts: the tip of the branch that a change is to land on.
pub(crate) struct Target {
    /// The commit.
    pub(crate) commit: String,
    /// Its tree.
    pub(crate) tree: Arc<dyn Tree>,
    /// What messages call it.
    pub(crate) name: String,
    named: Named,
}

/// Who says that a commit is the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// `--since`.
    CommandLine,
    /// The CI service: the branch that a pull request is to land on.
    Service,
    /// The CI service: where the branch was before the push.
    Before,
    /// The default branch, as a remote has it.
    Remote,
    /// The usual name of a default branch that no remote has.
    Local,
    /// The default branch of another remote than the one of a push, which has not what the branch holds.
    Elsewhere,
}

/// What a change is compared with.
pub(crate) struct Change {
    /// The commit that is checked, or checked out.
    pub(crate) head: String,
    /// Where the change began: its findings are not new.
    pub(crate) base: String,
    /// When that was committed, seconds since the epoch.
    pub(crate) base_time: i64,
    /// Tree of the merge-base.
    pub(crate) base_tree: Arc<dyn Tree>,
    /// Path before → path now, of renamed files.
    pub(crate) renames: BTreeMap<String, String>,
    /// Every path that differs from the merge-base, removed ones included; sorted.
    pub(crate) paths: Vec<String>,
}

/// How much is judged, and what it is compared with.
pub(crate) struct Extent {
    /// How much.
    pub(crate) scope: Scope,
    /// What it is compared with; everything is new otherwise.
    pub(crate) change: Option<Change>,
    /// What a reader should know of it.
    pub(crate) notes: Vec<String>,
}

impl Target {
    /// Finds the commit whose policy counts. A run that nobody asks to judge a change has none: no revision, no profile,
    /// no pull request.
    pub(crate) fn find(
        choice: &Choice,
        surroundings: &Surroundings,
        checkout: &Checkout,
    ) -> Result<Option<Self>, Fault> {
        if let Some(revision) = &choice.since {
            let repository = checkout.whole()?;
            let commit = as_written(repository, revision)?;
            return Self::new(repository, commit, revision, Named::CommandLine).map(Some);
        }
        if let Some(branch) = &surroundings.target {
            let repository = checkout.whole()?;
            let commit = branch_of_remote(repository, branch)?;
            return Self::new(repository, commit, branch, Named::Service).map(Some);
        }
        match (&choice.profile, checkout.whole(), &checkout.head) {
            (Some(_), Ok(repository), Some(head)) => default_branch(surroundings, repository, head),
            _ => Ok(None),
        }
    }

    fn new(repository: &Repository, commit: String, name: &str, named: Named) -> Result<Self, Fault> {
        Ok(Self { tree: commit_tree(repository, &commit)?, commit, name: name.to_owned(), named })
    }

    /// Returns the commits that the history of a change leaves out: those of the target, unless a push may bring them too.
    pub(crate) fn excluded(&self, scope: Scope) -> Option<&str> {
        (scope != Scope::Outgoing || self.is_there()).then_some(self.commit.as_str())
    }

    /// Takes back that where a push goes the commit is known, unless it is among what that remote `had`: nothing that is new
    /// there is known because another remote has it.
    pub(crate) fn of_push(self, checkout: &Checkout, had: &[String]) -> Result<Self, Fault> {
        let is_there = checkout.whole()?.is_reached(&self.commit, had).map_err(Fault::lacking)?;
        Ok(if is_there { self } else { Self { named: Named::Elsewhere, ..self } })
    }

    /// Says that nothing is compared where another remote alone has the target.
    fn note_of_push(&self) -> Option<String> {
        let name = &self.name;
        let text = format!("the remote has not all of {name}: what it has not is new, wherever else it is");
        (self.named == Named::Elsewhere).then_some(text)
    }

    /// Tells whether a push can count on the commit being where it goes.
    fn is_there(&self) -> bool {
        !matches!(self.named, Named::Local | Named::Elsewhere)
    }
}

/// Returns the branch that changes of this repository land on. What is pushed to that branch itself is judged by, and
/// compared with, what the branch was before.
fn default_branch(
    surroundings: &Surroundings,
    repository: &Repository,
    head: &str,
) -> Result<Option<Target>, Fault> {
    let named = surroundings.default_branch.as_ref();
    let named = named.and_then(|name| Some((name.clone(), remote_ref(repository, name)?)));
    let (name, commit, local) = match named {
        Some((name, commit)) => (name, commit, false),
        None => {
            let candidates = repository.target_candidates().map_err(Fault::lacking)?;
            let Some(first) = candidates.into_iter().next() else { return Ok(None) };
            (first.name, first.commit, first.reference.starts_with("refs/heads/"))
        }
    };
    let before = surroundings.before.as_ref().filter(|_| surroundings.event == Event::Push);
    if let Some(before) = before.and_then(|before| repository.resolve(before).ok())
        && before != head
        && repository.merge_base(&commit, head).map_err(Fault::lacking)?.as_deref() == Some(head)
    {
        return Target::new(repository, before, &name, Named::Before).map(Some);
    }
    Target::new(repository, commit, &name, if local { Named::Local } else { Named::Remote }).map(Some)
}

impl Change {
    fn new(checkout: &Checkout, head: &str, base: String) -> Result<Self, Fault> {
        let repository = checkout.whole()?;
        let base_tree = checkout.of(&commit_tree(repository, &base)?);
        let renames = repository.renames(&base, head).map_err(Fault::lacking)?;
        Ok(Self {
            base_time: repository.commit_time(&base).map_err(Fault::lacking)?,
            paths: differing(base_tree.as_ref(), checkout.tree.as_ref()),
            renames: renames.into_iter().collect(),
            head: head.to_owned(),
            base_tree,
            base,
        })
    }
}

impl Extent {
    /// Decides by what the policy in force asks for. What cannot be compared is never taken for compared.
    pub(crate) fn of(
        asked: Scope,
        choice: &Choice,
        surroundings: &Surroundings,
        checkout: &Checkout,
        target: Option<&Target>,
    ) -> Result<Self, Fault> {
        let all =
            |scope, note: Option<String>| Ok(Self { scope, change: None, notes: note.into_iter().collect() });
        let Some(target) = target else {
            return match asked {
                Scope::Change => Err(no_target(checkout)),
                // The first push of a repository has nothing to be compared with.
                Scope::Full | Scope::Outgoing => all(asked, None),
            };
        };
        match asked {
            Scope::Full if choice.profile.is_none() => {
                let name = &target.name;
                return all(
                    asked,
                    Some(format!("no profile is given: everything is judged, by the policy of {name}")),
                );
            }
            Scope::Full => return all(asked, None),
            Scope::Outgoing if !target.is_there() => return all(asked, target.note_of_push()),
            Scope::Change | Scope::Outgoing => {}
        }
        let repository = checkout.whole()?;
        let Some(head) = &checkout.head else { return Err(no_commit()) };
        let base = repository.merge_base(&target.commit, head).map_err(Fault::lacking)?;
        let Some(base) = base else {
            // A branch with a root of its own, as one of pages, has nothing to be compared with.
            return if asked == Scope::Outgoing && !repository.is_shallow() {
                let name = &target.name;
                all(
                    asked,
                    Some(format!("the commit has no history in common with {name}: everything in it is new")),
                )
            } else {
                Err(no_merge_base(repository, &target.commit))
            };
        };
        let landed = base == *head;
        if landed && asked == Scope::Change && target.named != Named::CommandLine {
            return all(Scope::Full, Some(landed_note(surroundings, target)));
        }
        let change = Change::new(checkout, head, base)?;
        let same = landed && asked == Scope::Change && change.paths.is_empty();
        let note = same.then(|| format!("nothing differs from {}: there is no change to judge", target.name));
        Ok(Self { scope: asked, change: Some(change), notes: note.into_iter().collect() })
    }
}

/// Says why a change is judged as a whole tree.
fn landed_note(surroundings: &Surroundings, target: &Target) -> String {
    let name = &target.name;
    let text = format!("{name} has the commit under check already, so everything in it counts as new");
    match &surroundings.before {
        Some(before) if surroundings.event == Event::Push => {
            let short = before.get(..12).unwrap_or(before);
            format!(
                "{text}; the commit before the push, {short}, is not in the clone (GitHub: fetch-depth: 0; GitLab: \
                 GIT_DEPTH: \"0\")"
            )
        }
        Some(_) | None => format!("{text}; --since names another commit to compare with"),
    }
}

fn no_commit() -> Fault {
    Fault::usage("the repository has no commit, so there is nothing to compare with")
        .hint("run without --since")
}

fn no_target(checkout: &Checkout) -> Fault {
    match checkout.whole() {
        Err(fault) => fault,
        Ok(_) if checkout.head.is_none() => no_commit(),
        Ok(_) => Fault::usage("no target branch is known: the repository has no remote branch")
            .hint("name it with --since, or fetch it"),
    }
}

/// Resolves what a person wrote; what is nothing here may be a branch that only the remote has.
fn as_written(repository: &Repository, revision: &str) -> Result<String, Fault> {
    repository
        .resolve(revision)
        .or_else(|error| remote_ref(repository, revision).ok_or_else(|| unknown(repository, revision, error)))
}

/// Resolves the name of a branch: as the remote has it, since a branch of that name here may be of any age.
fn branch_of_remote(repository: &Repository, branch: &str) -> Result<String, Fault> {
    match remote_ref(repository, branch) {
        Some(commit) => Ok(commit),
        None => repository.resolve(branch).map_err(|_| {
            let remote = remote(repository);
            let text =
                format!("the CI service says that the change lands on {branch}, which is not in the clone");
            Fault::usage(text).hint(fetch(&remote, branch))
        }),
    }
}

fn fetch(remote: &str, name: &str) -> String {
    format!("fetch it: git fetch --depth=200 {remote} {name}:refs/remotes/{remote}/{name}")
}

fn remote(repository: &Repository) -> String {
    repository.default_remote().ok().flatten().unwrap_or_else(|| "origin".to_owned())
}

fn remote_ref(repository: &Repository, name: &str) -> Option<String> {
    // A name is no expression: `HEAD~1` is none of the remote's.
    let plain = !name.contains(['~', '^', ':', '@', '?', '*', '[', '\\', ' ']);
    let branch = format!("refs/remotes/{}/{name}", remote(repository));
    plain.then(|| repository.resolve(&branch).ok()).flatten()
}

fn unknown(repository: &Repository, name: &str, error: source::SourceError) -> Fault {
    if let Some((from, _)) = name.split_once("..") {
        let from = if from.is_empty() { "HEAD" } else { from };
        return Fault::usage(format!("`{name}` is a range, and --since takes one commit"))
            .hint(format!("name the commit that the range begins behind: --since {from}"));
    }
    let fault = Fault::from(error);
    match (repository.is_shallow(), name.contains(['~', '^', '@', ':'])) {
        (true, true) => fault.hint("deepen the clone: git fetch --deepen=200"),
        (true, false) => fault.hint(fetch(&remote(repository), name)),
        (false, _) => fault,
    }
}

fn no_merge_base(repository: &Repository, target: &str) -> Fault {
    let short = target.get(..12).unwrap_or(target);
    if repository.is_shallow() {
        return Fault::incomplete(format!("the clone is too shallow: it holds no merge-base with {short}"))
            .hint("deepen it: git fetch --unshallow (GitHub: fetch-depth: 0; GitLab: GIT_DEPTH: \"0\")");
    }
    Fault::usage(format!("the commit checked out and {short} have no common history"))
        .hint("name a commit that both have, or check everything: --profile release")
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

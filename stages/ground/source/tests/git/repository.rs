//! Commits, branches and changes of a repository.

use model::Algorithm;
use source::{Branch, Change, Repository, SourceError};

use crate::sandbox::Sandbox;

fn open(sandbox: &Sandbox) -> Repository {
    Repository::open(sandbox.root()).unwrap()
}

#[test]
fn commits_are_found_by_name() {
    let sandbox = Sandbox::new();
    let repository = open(&sandbox);
    assert_eq!(repository.head().unwrap(), None);
    assert_eq!(repository.branch().unwrap().as_deref(), Some("main"));
    let (first, second) = (sandbox.commit(10), sandbox.commit(20));
    sandbox.git(&["tag", "--annotate", "--message", "x", "v1", &first]);
    assert_eq!(repository.head().unwrap().as_ref(), Some(&second));
    for (rev, expected) in [("HEAD", &second), ("main~1", &first), ("v1", &first), (&second[..8], &second)] {
        assert_eq!(&repository.resolve(rev).unwrap(), expected, "{rev}");
    }
    assert!(matches!(repository.resolve("nope"), Err(SourceError::Revision { rev, .. }) if rev == "nope"));
    assert_eq!(repository.commit_time(&first).unwrap(), 10);
    assert_eq!(repository.tree_of(&first).unwrap(), sandbox.git(&["rev-parse", "HEAD^{tree}"]));
    assert!(repository.commit_time("123").is_err());
    sandbox.git(&["checkout", "--quiet", "--detach"]);
    assert_eq!(repository.branch().unwrap(), None);
}

#[test]
fn lines_of_history_part_or_never_met() {
    let sandbox = Sandbox::new();
    let base = sandbox.commit(1);
    let main = sandbox.commit(2);
    sandbox.git(&["checkout", "--quiet", "-b", "side", &base]);
    let side = sandbox.commit(3);
    sandbox.git(&["checkout", "--quiet", "--orphan", "alone"]);
    let alone = sandbox.commit(4);
    let repository = open(&sandbox);
    assert_eq!(repository.merge_base(&main, &side).unwrap(), Some(base.clone()));
    assert_eq!(repository.merge_base(&main, &alone).unwrap(), None);
    assert!(matches!(repository.merge_base(&main, &"1".repeat(40)), Err(SourceError::Revision { .. })));
    let reached = |commit: &str, tips: &[&String]| {
        let tips: Vec<String> = tips.iter().map(|tip| (*tip).clone()).collect();
        repository.is_reached(commit, &tips).unwrap()
    };
    assert!(reached(&base, &[&alone, &side]) && reached(&main, &[&main]));
    assert!(!reached(&main, &[&alone, &side, &base]) && !reached(&main, &[]));
}

#[test]
fn renames_are_told_from_new_files() {
    let sandbox = Sandbox::new();
    let text: String = (0..60).map(|line| format!("line {line}\n")).collect();
    sandbox.write("old/name", &text).write("same", "1").write("dead", "x").write("edit", "1");
    let base = sandbox.commit(1);
    std::fs::remove_file(sandbox.path("old/name")).unwrap();
    std::fs::remove_file(sandbox.path("dead")).unwrap();
    sandbox.write("new/name", text.replace("line 7\n", "seven\n")).write("edit", "2").write("fresh", "y");
    let head = sandbox.commit(2);
    let repository = open(&sandbox);
    let renamed = ("old/name".to_owned(), "new/name".to_owned());
    let expected = [
        Change::Added("fresh".into()),
        Change::Deleted("dead".into()),
        Change::Modified("edit".into()),
        Change::Renamed { old: renamed.0.clone(), new: renamed.1.clone() },
    ];
    assert_eq!(repository.changes(&base, &head).unwrap(), expected);
    assert_eq!(repository.renames(&base, &head).unwrap(), [renamed]);
}

#[test]
fn one_file_is_read_without_listing_the_commit() {
    let sandbox = Sandbox::new();
    sandbox.write("a/b\\c", "bytes").write("top", "");
    #[cfg(unix)]
    std::os::unix::fs::symlink("top", sandbox.path("link")).unwrap();
    let commit = sandbox.commit(1);
    let repository = open(&sandbox);
    let read = |path: &str| repository.file_at(&commit, path).unwrap();
    if cfg!(unix) {
        assert_eq!(read("a/b\\x5cc").as_deref(), Some(&b"bytes"[..]));
    }
    assert_eq!(read("top").as_deref(), Some(&b""[..]));
    for missing in ["a", "a/b", "top/x", "link", "", "nope", "/top", "a//b"] {
        assert_eq!(read(missing), None, "{missing}");
    }
}

#[test]
fn target_branches_are_guessed_from_the_remote() {
    let sandbox = Sandbox::empty();
    std::fs::create_dir(sandbox.path("up")).unwrap();
    sandbox.git_in("up", &["init", "--quiet", "--initial-branch=trunk"], 1);
    sandbox.git_in("up", &["commit", "--quiet", "--allow-empty", "--message", "x"], 1);
    sandbox.git_in("up", &["branch", "main"], 1);
    sandbox.git_in("", &["clone", "--quiet", "--origin", "there", "up", "down"], 1);
    sandbox.git_in("down", &["checkout", "--quiet", "-b", "feature"], 1);
    let repository = Repository::open(&sandbox.path("down")).unwrap();
    let head = repository.head().unwrap().unwrap();
    assert_eq!(repository.default_remote().unwrap().as_deref(), Some("there"));
    let branch = |reference: &str, name: &str| Branch {
        reference: reference.into(),
        name: name.into(),
        commit: head.clone(),
    };
    let there = |name: &str| branch(&format!("refs/remotes/there/{name}"), name);
    let expected = [there("trunk"), there("main"), branch("refs/heads/trunk", "trunk")];
    assert_eq!(repository.target_candidates().unwrap(), expected);
    assert_eq!(repository.remote_branches(None).unwrap(), [there("main"), there("trunk")]);
    assert_eq!(repository.remote_branches(Some("there")).unwrap(), [there("main"), there("trunk")]);
    assert_eq!(repository.remote_branches(Some("elsewhere")).unwrap(), []);
}

#[test]
fn repositories_are_found_and_told_apart() {
    let sandbox = Sandbox::empty();
    assert!(Repository::discover(sandbox.root()).unwrap().is_none());
    assert!(matches!(Repository::open(sandbox.root()), Err(SourceError::NoRepository { .. })));
    let bare = Sandbox::with(&["init", "--quiet", "--bare"]);
    assert_eq!(open(&bare).root(), None);
    let long = Sandbox::with(&["init", "--quiet", "--object-format=sha256"]);
    long.write("deep/er/x", "1");
    let commit = long.commit(1);
    let found = Repository::discover(&long.path("deep/er")).unwrap().unwrap();
    assert_eq!((found.algorithm(), found.head().unwrap()), (Algorithm::GitSha256, Some(commit.clone())));
    assert_eq!(found.root().unwrap().canonicalize().unwrap(), long.root().canonicalize().unwrap());
    assert_eq!(found.file_at(&commit, "deep/er/x").unwrap().as_deref(), Some(&b"1"[..]));
    assert!(!found.is_shallow());
}

#[test]
fn a_shallow_clone_says_where_it_is_cut() {
    let sandbox = Sandbox::empty();
    std::fs::create_dir(sandbox.path("up")).unwrap();
    sandbox.git_in("up", &["init", "--quiet", "--initial-branch=main"], 1);
    for time in 1..5 {
        sandbox.git_in("up", &["commit", "--quiet", "--allow-empty", "--message", "x"], time);
    }
    let url = format!("file://{}", sandbox.path("up").display());
    sandbox.git_in("", &["clone", "--quiet", "--depth=2", &url, "down"], 1);
    let repository = Repository::open(&sandbox.path("down")).unwrap();
    assert!(repository.is_shallow());
    assert_eq!(repository.shallow_commits().unwrap(), [repository.resolve("HEAD~1").unwrap()]);
    assert!(repository.resolve("HEAD~2").is_err());
}

#[test]
fn features_that_cannot_be_read_are_named() {
    let sandbox = Sandbox::new();
    sandbox.git(&["config", "core.repositoryFormatVersion", "1"]);
    sandbox.git(&["config", "extensions.refStorage", "reftable"]);
    let refused = Repository::open(sandbox.root()).unwrap_err();
    assert!(refused.to_string().ends_with("uses the reftable format, which cannot be read"), "{refused}");
}

#[cfg(unix)]
#[test]
fn a_repository_of_another_user_is_refused_with_a_hint() {
    let sandbox = Sandbox::new();
    // Only root may give files away; for others there is nothing to see here.
    if std::os::unix::fs::chown(sandbox.root(), Some(65_534), None).is_ok() {
        let refused = Repository::open(sandbox.root()).unwrap_err();
        assert!(matches!(refused, SourceError::Owner { .. }), "{refused:?}");
        assert!(refused.hint().contains("safe.directory"));
        std::os::unix::fs::chown(sandbox.root(), Some(0), None).unwrap();
        assert!(Repository::open(sandbox.root()).is_ok());
    }
}

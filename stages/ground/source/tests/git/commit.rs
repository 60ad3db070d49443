//! A commit as a tree, and reads shared between stages.

use std::sync::atomic::{AtomicUsize, Ordering};

use model::Digest;
use source::{
    CommitTree, Content, Entry, EntryKind, MemoryTree, Problem, ReadError, Repository, Selection, Shared,
    SourceError, Tree, history,
};

use crate::sandbox::{Dice, Sandbox, paths, problems};

fn open(sandbox: &Sandbox, commit: &str) -> CommitTree {
    let repository = Repository::open(sandbox.root()).unwrap();
    CommitTree::open(&repository, &repository.resolve(commit).unwrap(), 1 << 20).unwrap()
}

/// The commit must hold what git says, under the ids the worktree gives the same bytes.
fn check(sandbox: &Sandbox, commit: &str) {
    let tree = open(sandbox, commit);
    let listed = sandbox.git(&["ls-tree", "-r", "--full-tree", "-l", commit]);
    let mut expected: Vec<(String, String, String)> = listed
        .lines()
        .map(|line| {
            let (fields, path) = line.split_once('\t').unwrap();
            let fields: Vec<&str> = fields.split_whitespace().collect();
            (path.to_owned(), fields[2].to_owned(), fields[3].to_owned())
        })
        .collect();
    expected.sort();
    let found: Vec<(String, String, String)> = tree
        .entries()
        .iter()
        .enumerate()
        .map(|(at, entry)| (entry.path.to_string(), tree.id(at).unwrap().hex(), tree.size(at).to_string()))
        .collect();
    assert_eq!(found, expected);
    for (at, (path, ..)) in expected.iter().enumerate() {
        let bytes = sandbox.git_in("", &["show", &format!("{commit}:{path}")], 1);
        assert_eq!(&*tree.read(at).unwrap(), bytes, "{path}");
        assert_eq!(&*tree.read_prefix(at, 5).unwrap(), &bytes[..bytes.len().min(5)], "{path}");
    }
    assert_eq!(problems(&tree), []);
}

#[test]
fn a_commit_is_read_loose_and_packed() {
    for format in ["sha1", "sha256"] {
        let sandbox = Sandbox::with(&[
            "init",
            "--quiet",
            "--initial-branch=main",
            &format!("--object-format={format}"),
        ]);
        let mut dice = Dice::new(7);
        let mut text: Vec<String> = (0..400).map(|line| format!("line {line}\n")).collect();
        for time in 0..6 {
            let line = dice.roll(400);
            text[line] = format!("changed {time}\n");
            sandbox
                .write("folder/deep/text", text.concat())
                .write("a", time.to_string())
                .write("folder-x", "1");
            sandbox.write("folder.y", "").commit(time);
        }
        sandbox.write("a", "not committed");
        check(&sandbox, "HEAD~3");
        sandbox.git(&["gc", "--quiet"]);
        check(&sandbox, "HEAD");
        check(&sandbox, "HEAD~5");
        let (commit, worktree) = (open(&sandbox, "HEAD"), sandbox.tree());
        let at = commit.find("folder/deep/text").unwrap();
        assert_eq!(commit.id(at).unwrap(), worktree.id(worktree.find("folder/deep/text").unwrap()).unwrap());
    }
}

#[cfg(unix)]
#[test]
fn links_submodules_and_odd_names_are_listed() {
    let sandbox = Sandbox::new();
    std::os::unix::fs::symlink("../out", sandbox.path("link")).unwrap();
    sandbox.write("b\\x", "1").git(&["add", "--all"]);
    let commit = "1234567890123456789012345678901234567890";
    sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},sub")]);
    sandbox.git(&["commit", "--quiet", "--message", "x"]);
    let tree = open(&sandbox, "HEAD");
    assert_eq!(paths(&tree), ["b\\x5cx", "link", "sub"]);
    let kinds: Vec<&EntryKind> = tree.entries().iter().map(|entry| &entry.kind).collect();
    let link = EntryKind::Link { target: "../out".into(), inside: false };
    assert_eq!(kinds, [&EntryKind::File, &link, &EntryKind::Submodule { commit: commit.into() }]);
    assert!(matches!(tree.read(1), Err(ReadError::NotAFile)));
}

#[test]
fn names_that_lead_out_of_the_tree_are_told() {
    let sandbox = Sandbox::new();
    let blob = sandbox.write("h", "x").git(&["hash-object", "-w", "h"]);
    let raw: Vec<u8> =
        (0..40).step_by(2).map(|at| u8::from_str_radix(&blob[at..at + 2], 16).unwrap()).collect();
    let mut tree = Vec::new();
    for name in ["..", ".GIT", "a/b", "good"] {
        tree.extend([b"100644 ", name.as_bytes(), b"\0", &raw].concat());
    }
    let tree = sandbox.write("h", tree).git(&["hash-object", "-w", "-t", "tree", "--literally", "h"]);
    let commit = sandbox.git(&["commit-tree", "-m", "x", &tree]);
    let tree = open(&sandbox, &commit);
    assert_eq!(paths(&tree), ["good"]);
    let told = [("malformed-name", ".."), ("malformed-name", ".GIT"), ("malformed-name", "a/b")];
    assert_eq!(problems(&tree), told);
}

#[test]
fn what_a_partial_clone_lacks_is_told_when_read() {
    let sandbox = Sandbox::empty();
    std::fs::create_dir(sandbox.path("full")).unwrap();
    sandbox.git_in("full", &["init", "--quiet", "--initial-branch=main"], 1);
    sandbox.write("full/folder/file", "content").git_in("full", &["add", "--all"], 1);
    sandbox.git_in("full", &["commit", "--quiet", "--message", "x"], 1);
    sandbox.git_in("full", &["config", "uploadpack.allowFilter", "true"], 1);
    for (filter, listed, told) in [
        ("blob:none", &["folder/file"][..], &[][..]),
        ("tree:1", &[][..], &[("missing-folder", "folder")][..]),
    ] {
        let url = format!("file://{}", sandbox.path("full").display());
        let filter = format!("--filter={filter}");
        sandbox.git_in("", &["clone", "--quiet", "--no-checkout", &filter, &url, "partial"], 1);
        let repository = Repository::open(&sandbox.path("partial")).unwrap();
        let tree = CommitTree::open(&repository, &repository.head().unwrap().unwrap(), 1 << 20).unwrap();
        assert_eq!(paths(&tree), listed);
        assert_eq!(problems(&tree), told);
        if !listed.is_empty() {
            let Err(ReadError::Failed(reason)) = tree.read(0) else { panic!("read") };
            assert_eq!(reason, "the object is not in this clone");
        }
        std::fs::remove_dir_all(sandbox.path("partial")).unwrap();
    }
}

#[test]
fn large_files_of_a_commit_are_not_read() {
    let sandbox = Sandbox::new();
    sandbox.write("large", vec![b'x'; 2 << 20]).commit(1);
    for _ in 0..2 {
        let tree = open(&sandbox, "HEAD");
        assert!(matches!(tree.read(0), Err(ReadError::TooLarge { .. })));
        assert_eq!(tree.id(0).unwrap().hex(), sandbox.git(&["rev-parse", "HEAD:large"]));
        assert_eq!(&*tree.read_prefix(0, 3).unwrap(), b"xxx");
        sandbox.git(&["gc", "--quiet"]);
    }
}

/// Twenty trees of ten entries, each naming the next ten times: more files than anybody has room for.
#[test]
fn a_few_trees_that_stand_for_billions_of_files_are_refused() {
    let sandbox = Sandbox::new();
    let base = sandbox.commit(1);
    let blob = sandbox.write("h", "content").git(&["hash-object", "-w", "h"]);
    let mut listed: String = (0..10).map(|name| format!("100644 blob {blob}\t{name}\n")).collect();
    let mut tree = String::new();
    for _ in 0..20 {
        sandbox.write("h", &listed);
        let mut command = sandbox.command("", &["mktree"], 1);
        let output = command.stdin(std::fs::File::open(sandbox.path("h")).unwrap()).output().unwrap();
        tree = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        listed = (0..10).map(|name| format!("040000 tree {tree}\t{name}\n")).collect();
    }
    let bomb = sandbox.git(&["commit-tree", "-m", "x", "-p", &base, &tree]);
    sandbox.git(&["update-ref", "refs/heads/bomb", &bomb]);
    let repository = Repository::open(sandbox.root()).unwrap();
    assert!(matches!(CommitTree::open(&repository, &bomb, 1), Err(SourceError::TooManyFiles { .. })));
    let shown = AtomicUsize::new(0);
    let scanner = |_: source::Blob<'_>| {
        shown.fetch_add(1, Ordering::Relaxed);
    };
    let range = Selection::Range { tips: vec![bomb], excluded: vec![base] };
    history::scan(&repository, &range, &scanner, &|| false, 1).unwrap();
    assert_eq!(shown.into_inner(), 1);
    let wanted = [format!("git-sha1:{blob}").parse().unwrap()].into();
    for selection in [Selection::Everything, range] {
        let places = history::attribute(&repository, &selection, &wanted, &[].into(), 1).unwrap().places;
        assert_eq!(places.values().map(Vec::len).collect::<Vec<_>>(), [32]);
    }
}

/// Counts how often a tree is read.
struct Counting(MemoryTree, AtomicUsize);

impl Tree for Counting {
    fn entries(&self) -> &[Entry] {
        self.0.entries()
    }

    fn problems(&self) -> &[Problem] {
        self.0.problems()
    }

    fn size(&self, index: usize) -> u64 {
        self.0.size(index)
    }

    fn id(&self, index: usize) -> Result<Digest, ReadError> {
        self.0.id(index)
    }

    fn read(&self, index: usize) -> Result<Content, ReadError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.read(index)
    }

    fn read_prefix(&self, index: usize, length: usize) -> Result<Content, ReadError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.read_prefix(index, length)
    }
}

#[test]
fn stages_that_read_the_same_file_read_it_once() {
    let tree = MemoryTree::new((0..40).map(|number| (format!("{number:02}"), vec![b'x'; 100])));
    let shared = Shared::new(Counting(tree, AtomicUsize::new(0)), 1 << 20);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..40).for_each(|at| assert_eq!(shared.read(at).unwrap().len(), 100)));
        }
    });
    assert_eq!(&*shared.read_prefix(3, 2).unwrap(), b"xx");
    assert_eq!(shared.tree().1.load(Ordering::Relaxed), 40);
    assert!(matches!(shared.read(40), Err(ReadError::NotAFile)));
}

#[test]
fn the_bound_of_shared_reads_is_kept() {
    let tree = MemoryTree::new((0..64).map(|number| (format!("{number:02}"), vec![b'x'; 100])));
    let shared = Shared::new(Counting(tree, AtomicUsize::new(0)), 16 * 250);
    let read_all = || (0..64).for_each(|at| assert_eq!(shared.read(at).unwrap().len(), 100));
    read_all();
    assert_eq!(shared.tree().1.load(Ordering::Relaxed), 64);
    // Two of the four files of each shard fit: of those read last, none is read again.
    (32..64).for_each(|at| assert_eq!(shared.read(at).unwrap().len(), 100));
    assert_eq!(shared.tree().1.load(Ordering::Relaxed), 64);
    read_all();
    assert_eq!(shared.tree().1.load(Ordering::Relaxed), 128);
}

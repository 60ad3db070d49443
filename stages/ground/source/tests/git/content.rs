//! Ids and bytes of a worktree's files: git's word is taken where it holds, and nowhere else.

use model::Algorithm;
use source::{Options, ReadError, Tree, WorkTree};

use crate::sandbox::Sandbox;

/// Every id must be that of the bytes, whatever git believes.
fn check(sandbox: &Sandbox) {
    let tree = sandbox.tree();
    for (at, entry) in tree.entries().iter().enumerate() {
        let expected = sandbox.git(&["hash-object", "--no-filters", &entry.path]);
        assert_eq!(tree.id(at).unwrap().hex(), expected, "{}", entry.path);
        let read = tree.read(at).unwrap();
        assert_eq!(&*read, std::fs::read(sandbox.path(&entry.path)).unwrap(), "{}", entry.path);
    }
}

/// Returns for which files git's word is taken: their id is known when they are gone.
fn trusted(sandbox: &Sandbox) -> Vec<String> {
    let tree = sandbox.tree();
    for entry in tree.entries() {
        std::fs::remove_file(sandbox.path(&entry.path)).unwrap();
    }
    let known = tree.entries().iter().enumerate().filter(|(at, _)| tree.id(*at).is_ok());
    known.map(|(_, entry)| entry.path.to_string()).collect()
}

/// A repository with two files that were added long after they were written.
fn settled() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("a", "one\n").write("b/c", "two\n").age("a").age("b/c");
    sandbox.commit(1);
    sandbox
}

#[test]
fn an_untouched_file_is_not_read() {
    let sandbox = settled();
    check(&sandbox);
    assert_eq!(trusted(&sandbox), ["a", "b/c"]);
}

#[test]
fn packed_blobs_are_known_as_well() {
    let sandbox = settled();
    sandbox.git(&["gc", "--quiet"]);
    check(&sandbox);
    assert_eq!(trusted(&sandbox), ["a", "b/c"]);
}

#[test]
fn every_version_of_the_index_is_read() {
    for version in ["2", "3", "4"] {
        let sandbox = settled();
        sandbox.write("b/cc", "3\n").write("b/intended", "4\n").age("b/cc");
        sandbox.git(&["add", "b/cc"]);
        sandbox.git(&["add", "--intent-to-add", "b/intended"]);
        sandbox.git(&["update-index", "--index-version", version]);
        check(&sandbox);
        assert_eq!(trusted(&sandbox), ["a", "b/c", "b/cc"], "version {version}");
    }
}

#[test]
fn a_changed_or_untracked_file_is_read() {
    let sandbox = settled();
    sandbox.write("a", "ONE\n").age("a").write("new", "x");
    check(&sandbox);
    assert_eq!(trusted(&sandbox), ["b/c"]);
}

#[test]
fn a_file_as_young_as_the_index_is_read() {
    for (later, expected) in [(0, &[][..]), (5, &[][..]), (50, &["a"][..])] {
        let sandbox = Sandbox::new();
        sandbox.write("a", "one\n").commit(1);
        // Whether the clock moved on between the two is chance; the id is right either way.
        check(&sandbox);
        let modified = std::fs::metadata(sandbox.path("a")).unwrap().modified().unwrap();
        let written = modified + std::time::Duration::from_millis(later);
        let index = std::fs::File::options().append(true).open(sandbox.path(".git/index")).unwrap();
        index.set_modified(written).unwrap();
        assert_eq!(trusted(&sandbox), expected, "index written {later} ms later");
    }
}

#[test]
fn flags_that_silence_git_are_not_heard() {
    let sandbox = settled();
    sandbox.git(&["update-index", "--assume-unchanged", "a"]);
    sandbox.git(&["update-index", "--skip-worktree", "b/c"]);
    sandbox.write("b/c", "TWO\n").age("b/c");
    check(&sandbox);
    assert_eq!(trusted(&sandbox), Vec::<String>::new());
}

#[test]
fn a_file_in_conflict_is_read() {
    let sandbox = settled();
    sandbox.git(&["checkout", "--quiet", "-b", "other"]);
    sandbox.write("a", "theirs\n").commit(2);
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.write("a", "ours\n").commit(3);
    assert!(!sandbox.command("", &["merge", "other"], 4).output().unwrap().status.success());
    check(&sandbox);
}

#[test]
fn line_ends_made_by_git_are_seen() {
    let sandbox = settled();
    sandbox.write("lf", "1\n2\n").write("crlf", "1\r\n2\r\n").age("lf").age("crlf");
    sandbox.git(&["-c", "core.autocrlf=input", "add", "--all"]);
    check(&sandbox);
    assert_eq!(trusted(&sandbox), ["a", "b/c", "lf"]);
    // Written by git with other settings than those in force now.
    sandbox.git(&["-c", "core.autocrlf=true", "checkout", "--", "."]);
    for name in ["a", "b/c", "lf", "crlf"] {
        sandbox.age(name);
    }
    sandbox.git(&["-c", "core.autocrlf=true", "update-index", "--refresh"]);
    check(&sandbox);
    assert_eq!(trusted(&sandbox), Vec::<String>::new());
    let sandbox = settled();
    sandbox.write(".gitattributes", "* text=auto\n").age(".gitattributes").write("crlf", "1\r\n").age("crlf");
    sandbox.git(&["add", "--all"]);
    check(&sandbox);
    assert_eq!(trusted(&sandbox), [".gitattributes", "a", "b/c"]);
}

#[test]
fn filtered_files_are_read() {
    let sandbox = settled();
    sandbox.git(&["config", "filter.swap.clean", "tr a-m n-z"]);
    sandbox.git(&["config", "filter.swap.smudge", "tr n-z a-m"]);
    sandbox.git(&["config", "filter.pointer.clean", "printf pointer"]);
    sandbox
        .write(".gitattributes", "*.swap filter=swap\n")
        .write("a.swap", "abc\n")
        .write("c/x.big", "large\n");
    sandbox.write("c/.gitattributes", "*.big filter=pointer\n");
    for name in [".gitattributes", "a.swap", "c/x.big", "c/.gitattributes"] {
        sandbox.age(name);
    }
    sandbox.git(&["add", "--all"]);
    check(&sandbox);
    // The filter is forgotten in the worktree, but git applied it when the file was added.
    std::fs::remove_file(sandbox.path(".gitattributes")).unwrap();
    check(&sandbox);
    sandbox.write(".gitattributes", "");
    check(&sandbox);
    assert_eq!(trusted(&sandbox), ["a", "b/c", "c/.gitattributes"]);
}

#[test]
fn sha256_repositories_have_their_own_ids() {
    let sandbox = Sandbox::with(&["init", "--quiet", "--object-format=sha256"]);
    sandbox.write("a", "one\n").age("a").commit(1);
    check(&sandbox);
    assert_eq!(sandbox.tree().id(0).unwrap().algorithm(), Algorithm::GitSha256);
    sandbox.git(&["gc", "--quiet"]);
    check(&sandbox);
    assert_eq!(trusted(&sandbox), ["a"]);
}

#[test]
fn a_file_that_changes_after_it_was_listed_cannot_be_read() {
    let sandbox = settled();
    let tree = sandbox.tree();
    sandbox.write("a", "longer than before\n");
    assert!(matches!(tree.read(0), Err(ReadError::Failed(_))));
    sandbox.write("b/c", "TWO\n");
    assert!(matches!(tree.read(1), Err(ReadError::Failed(_))));
    assert!(matches!(tree.read_prefix(1, 2), Err(ReadError::Failed(_))));
}

#[test]
fn large_files_are_listed_and_their_first_bytes_read() {
    let sandbox = settled();
    sandbox.write("large", vec![b'x'; 1000]).git(&["add", "--all"]);
    let tree = WorkTree::open(sandbox.root(), &Options { max_file_size: 999, ..Options::default() }).unwrap();
    let at = tree.find("large").unwrap();
    assert_eq!(tree.size(at), 1000);
    for refused in [tree.read(at).map(drop), tree.id(at).map(drop)] {
        assert!(matches!(refused, Err(ReadError::TooLarge { size: 1000, bound: 999 })));
    }
    assert_eq!(tree.read_prefix(at, 3).unwrap().len(), 3);
    assert_eq!(tree.read_prefix(at, 5000).unwrap().len(), 1000);
    assert!(matches!(tree.read(99), Err(ReadError::NotAFile)));
}

/// Files in a folder, of which the last was written some time after the others, and what a run that hashed them remembers.
#[cfg(unix)]
fn remembered(sandbox: &Sandbox) -> Vec<u8> {
    sandbox.write("a", "one\n").write("b/c", "two\n");
    std::thread::sleep(std::time::Duration::from_millis(60));
    sandbox.write("last", "three\n");
    let tree = sandbox.tree();
    assert!((0..3).all(|at| tree.id(at).is_ok()));
    tree.remember().unwrap()
}

/// Returns the files whose ids a run knows without reading them.
#[cfg(unix)]
fn known(sandbox: &Sandbox, remembered: &[u8]) -> Vec<String> {
    let tree = sandbox.tree();
    tree.recall(remembered);
    for entry in tree.entries() {
        std::fs::rename(sandbox.path(&entry.path), sandbox.path("elsewhere")).unwrap();
        let _ = tree.id(tree.find(&entry.path).unwrap());
        std::fs::rename(sandbox.path("elsewhere"), sandbox.path(&entry.path)).unwrap();
    }
    let known = tree.entries().iter().enumerate().filter(|(at, _)| tree.id(*at).is_ok());
    known.map(|(_, entry)| entry.path.to_string()).collect()
}

#[cfg(unix)]
#[test]
fn what_was_hashed_is_known_to_the_next_run_once_the_clock_has_moved_on() {
    for sandbox in [Sandbox::empty(), Sandbox::new()] {
        let remembered = remembered(&sandbox);
        assert_eq!(known(&sandbox, &remembered), ["a", "b/c"]);
        let tree = sandbox.tree();
        tree.recall(b"nothing of ours");
        assert!((0..3).all(|at| tree.id(at).is_ok()));
    }
}

#[cfg(unix)]
#[test]
fn what_is_known_is_written_down_again_only_when_there_is_more() {
    let sandbox = Sandbox::empty();
    let first = remembered(&sandbox);
    let ids = |tree: &WorkTree| (0..tree.entries().len()).map(|at| tree.id(at).unwrap()).collect::<Vec<_>>();
    let tree = sandbox.tree();
    tree.recall(&first);
    ids(&tree);
    assert_eq!(tree.remember(), None);
    std::thread::sleep(std::time::Duration::from_millis(60));
    sandbox.write("later", "four\n");
    let tree = sandbox.tree();
    tree.recall(&first);
    ids(&tree);
    let second = tree.remember().unwrap();
    assert_eq!(known(&sandbox, &second), ["a", "b/c", "last"]);
}

#[cfg(unix)]
#[test]
fn a_changed_file_is_not_known_though_its_size_and_its_time_are_the_same() {
    let sandbox = Sandbox::new();
    let remembered = remembered(&sandbox);
    let modified = std::fs::metadata(sandbox.path("a")).unwrap().modified().unwrap();
    sandbox.write("a", "six\n");
    std::fs::File::options().append(true).open(sandbox.path("a")).unwrap().set_modified(modified).unwrap();
    assert_eq!(known(&sandbox, &remembered), ["b/c"]);
    let tree = sandbox.tree();
    tree.recall(&remembered);
    assert_eq!(tree.id(0).unwrap().hex(), sandbox.git(&["hash-object", "a"]));
}

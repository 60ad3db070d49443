//! What a worktree lists.

use source::{EntryKind, Options, SourceError, Tree, WorkTree};

use crate::sandbox::{Dice, Sandbox, paths, problems};

/// Lists the worktree and compares with these paths; nothing may be a problem.
fn check(sandbox: &Sandbox, expected: &[&str]) {
    let tree = sandbox.tree();
    assert_eq!(paths(&tree), expected);
    assert_eq!(problems(&tree), []);
}

#[test]
fn ignored_files_are_left_out_but_tracked_ones_never() {
    let sandbox = Sandbox::new();
    sandbox.write("build/kept", "1").write("build/sub/kept", "1").write("key.pem", "1").write("gone", "1");
    sandbox.git(&["add", "--all"]);
    sandbox
        .write(".gitignore", "/build/\n*.pem\n!ok.log\r\n# *.rs\n")
        .write("a.rs", "1")
        .write("build/new", "1");
    sandbox.write("other.pem", "1").write("deep/.gitignore", "*\n!.gitignore\n!keep/\n").write("deep/x", "1");
    sandbox.write("deep/keep/y", "1").write("excluded", "1").write(".git/info/exclude", "excluded\n");
    std::fs::remove_file(sandbox.path("gone")).unwrap();
    let listed = [".gitignore", "a.rs", "build/kept", "build/sub/kept", "deep/.gitignore", "key.pem"];
    check(&sandbox, &listed);
    let everything = Options { include_ignored: true, threads: 3, ..Options::default() };
    let tree = WorkTree::open(sandbox.root(), &everything).unwrap();
    let all = [
        ".gitignore",
        "a.rs",
        "build/kept",
        "build/new",
        "build/sub/kept",
        "deep/.gitignore",
        "deep/keep/y",
        "deep/x",
        "excluded",
        "key.pem",
        "other.pem",
    ];
    assert_eq!(paths(&tree), all);
}

/// Random trees and patterns, against git's own idea of them.
#[test]
fn the_listing_is_that_of_git() {
    let names = ["a", "b", "foo", "foo.txt", "bar.log", "Build", "doc"];
    let patterns = [
        "foo", "/foo", "foo/", "*.log", "!bar.log", "!foo", "a/b", "**/b", "a/**", "b/**/foo", "*", "!*/",
        "do[bc]", "Build/*", "!/a/foo", "fo?", "/*", "!/doc", "\\!x", "foo.txt ", "a/*/foo", "**",
    ];
    for seed in 0..60 {
        let mut dice = Dice::new(seed + 1);
        let sandbox = Sandbox::new();
        let place = |dice: &mut Dice, name: &str, text: &str| {
            let depth = dice.roll(4);
            let folder: String = (0..depth).map(|_| format!("{}.d/", dice.pick(&names[..4]))).collect();
            // Folders have the plain names in half of the trees.
            let folder = if seed % 2 == 0 { folder.replace(".d/", "/") } else { folder };
            let path = format!("{folder}{name}");
            let clash = path.split('/').scan(String::new(), |prefix, name| {
                prefix.push_str(name);
                let clash = sandbox.path(prefix).is_file();
                prefix.push('/');
                Some(clash)
            });
            if !clash.collect::<Vec<_>>().contains(&true) && !sandbox.path(&path).is_dir() {
                sandbox.write(&path, text);
            }
        };
        for _ in 0..25 {
            let name = dice.pick(&names);
            place(&mut dice, name, "x");
        }
        sandbox.git(&["add", "--all"]);
        for _ in 0..3 {
            let lines: Vec<&str> = (0..=dice.roll(3)).map(|_| dice.pick(&patterns)).collect();
            place(&mut dice, ".gitignore", &lines.join("\n"));
        }
        for _ in 0..25 {
            let name = dice.pick(&names);
            place(&mut dice, name, "y");
        }
        let git = sandbox.git(&["ls-files", "--cached", "--others", "--exclude-standard"]);
        let mut expected: Vec<&str> = git.lines().collect();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(paths(&sandbox.tree()), expected, "seed {seed}");
    }
}

#[test]
fn a_folder_outside_git_hears_its_ignore_files() {
    let sandbox = Sandbox::empty();
    sandbox
        .write("a", "1")
        .write("b.log", "2")
        .write(".gitignore", "*.log")
        .write("sub/c.log", "3")
        .write("sub/d", "4");
    check(&sandbox, &[".gitignore", "a", "sub/d"]);
    let tree = sandbox.tree();
    assert!(tree.repository().is_none());
    assert_eq!(tree.id(1).unwrap(), model::Digest::of(b"1"));
}

#[test]
fn a_folder_of_a_worktree_is_listed_alone() {
    let sandbox = Sandbox::new();
    sandbox.write("top", "1").write("a/b/tracked.log", "1").write("a/b/c/x", "1").git(&["add", "--all"]);
    sandbox.write(".gitignore", "*.log\n/a/b/\n").write("a/.gitignore", "y\n").write("a/b/y", "1");
    sandbox.write("a/b/new.log", "1").write("a/b/z", "1");
    let tree = WorkTree::open(&sandbox.path("a/b"), &Options::default()).unwrap();
    assert_eq!(paths(&tree), ["c/x", "tracked.log", "z"]);
    assert_eq!(tree.id(1).unwrap().hex(), sandbox.git(&["hash-object", "a/b/tracked.log"]));
}

#[test]
fn a_repository_without_worktree_is_refused() {
    let bare = Sandbox::with(&["init", "--quiet", "--bare"]);
    let refused = |path: &std::path::Path| WorkTree::open(path, &Options::default()).err();
    assert!(matches!(refused(bare.root()), Some(SourceError::Bare { .. })));
    let sandbox = Sandbox::new();
    assert!(matches!(refused(&sandbox.path(".git")), Some(SourceError::Bare { .. })));
    assert!(matches!(refused(&sandbox.path("nowhere")), Some(SourceError::Io { .. })));
}

#[test]
fn a_linked_worktree_has_its_own_index() {
    let sandbox = Sandbox::new();
    sandbox.write("repo-file", "1").commit(1);
    sandbox.git(&["worktree", "add", "--quiet", "-b", "other", "linked"]);
    sandbox
        .write("linked/new.log", "1")
        .write("linked/.gitignore", "new.log")
        .write(".git/info/exclude", "/linked\n");
    let tree = WorkTree::open(&sandbox.path("linked"), &Options::default()).unwrap();
    assert_eq!(paths(&tree), [".gitignore", "repo-file"]);
    check(&sandbox, &["repo-file"]);
}

#[test]
fn submodules_are_listed_when_checked_out() {
    let sandbox = Sandbox::empty();
    for name in ["inner", "outer"] {
        std::fs::create_dir(sandbox.path(name)).unwrap();
        sandbox.git_in(name, &["init", "--quiet", "--initial-branch=main"], 1);
    }
    sandbox.write("inner/file", "in").write("inner/.gitignore", "*.tmp");
    sandbox.git_in("inner", &["add", "--all"], 1);
    sandbox.git_in("inner", &["commit", "--quiet", "--message", "x"], 1);
    sandbox.git_in("outer", &["submodule", "--quiet", "add", "../inner", "sub"], 1);
    sandbox.git_in("outer", &["commit", "--quiet", "--message", "x"], 2);
    sandbox.write("outer/sub/a.tmp", "hidden").write("outer/sub/b", "new").write("outer/.gitignore", "b\n");
    let outer = || WorkTree::open(&sandbox.path("outer"), &Options::default()).unwrap();
    let tree = outer();
    assert_eq!(paths(&tree), [".gitignore", ".gitmodules", "sub/.gitignore", "sub/b", "sub/file"]);
    assert_eq!(problems(&tree), []);
    sandbox.git_in(".", &["clone", "--quiet", "outer", "fresh"], 3);
    let tree = WorkTree::open(&sandbox.path("fresh"), &Options::default()).unwrap();
    let commit =
        String::from_utf8(sandbox.git_in("inner", &["rev-parse", "HEAD"], 1)).unwrap().trim().to_owned();
    assert_eq!(paths(&tree), [".gitmodules", "sub"]);
    assert_eq!(tree.entries()[1].kind, EntryKind::Submodule { commit });
    // A submodule whose repository is gone: its files are still there to be looked at.
    std::fs::write(sandbox.path("outer/sub/.git"), "gitdir: ../nowhere\n").unwrap();
    let tree = outer();
    assert_eq!(problems(&tree), [("broken-repository", "sub")]);
    assert_eq!(paths(&tree), [".gitignore", ".gitmodules", "sub", "sub/.gitignore", "sub/file"]);
}

#[test]
fn a_repository_inside_hides_nothing_that_is_tracked() {
    let sandbox = Sandbox::new();
    sandbox.write("vendor/key.pem", "1").write("top", "1").git(&["add", "--all"]);
    for folder in ["vendor", "untracked"] {
        std::fs::create_dir_all(sandbox.path(folder)).unwrap();
        sandbox.git_in(folder, &["init", "--quiet"], 1);
        sandbox.write(&format!("{folder}/.git/info/exclude"), "*.pem\n");
        sandbox.write(&format!("{folder}/new.pem"), "1").write(&format!("{folder}/x"), "1");
    }
    check(&sandbox, &["top", "untracked/x", "vendor/key.pem", "vendor/new.pem", "vendor/x"]);
}

#[test]
fn a_sparse_checkout_is_told() {
    for cone in ["--cone", "--no-cone"] {
        for sparse_index in ["--sparse-index", "--no-sparse-index"] {
            if (cone, sparse_index) == ("--no-cone", "--sparse-index") {
                continue;
            }
            let sandbox = Sandbox::new();
            sandbox.write("a/x", "1").write("b/y", "1").write("b/z", "1").write("top", "1").commit(1);
            sandbox.git(&["sparse-checkout", "set", cone, sparse_index, "a"]);
            let tree = sandbox.tree();
            assert_eq!(problems(&tree), [("sparse-checkout", "")], "{cone} {sparse_index}");
            assert!(paths(&tree).contains(&"a/x") && !paths(&tree).contains(&"b/y"));
        }
    }
}

#[test]
fn an_index_that_cannot_be_read_costs_nothing_but_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("tracked.log", "1").write("b", "1").commit(1);
    sandbox.write(".gitignore", "*.log").write("new.log", "1");
    sandbox.git(&["update-index", "--split-index"]);
    let tree = sandbox.tree();
    assert_eq!(paths(&tree), [".gitignore", "b", "tracked.log"]);
    assert_eq!(problems(&tree), [("unreadable-index", "")]);
    assert_eq!(tree.id(2).unwrap().hex(), sandbox.git(&["hash-object", "tracked.log"]));
    std::fs::write(sandbox.path(".git/index"), "DIRC garbage").unwrap();
    assert_eq!(problems(&sandbox.tree()), [("unreadable-index", "")]);
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::process::Command;

    use super::*;

    #[test]
    fn odd_names_have_one_spelling_each() {
        let sandbox = Sandbox::new();
        let name = |raw: &[u8]| sandbox.root().join(OsStr::from_bytes(raw));
        for raw in [&b"bad\xff"[..], b"bad\\xff", b"new\nline", b"sp ace", "é".as_bytes()] {
            std::fs::write(name(raw), raw).unwrap();
        }
        sandbox.git(&["add", "--all"]);
        check(&sandbox, &["bad\\x5cxff", "bad\\xff", "new\nline", "sp ace", "é"]);
        let tree = sandbox.tree();
        assert_eq!(tree.entries()[1].raw.as_deref(), Some(&b"bad\xff"[..]));
        assert_eq!(tree.entries()[4].raw, None);
        for (at, raw) in [(0, &b"bad\\xff"[..]), (1, b"bad\xff")] {
            assert_eq!(&*tree.read(at).unwrap(), raw);
        }
    }

    #[test]
    fn links_are_listed_and_never_followed() {
        let sandbox = Sandbox::new();
        sandbox.write("folder/file", "1");
        symlink("/etc", sandbox.path("out")).unwrap();
        symlink("folder", sandbox.path("in")).unwrap();
        symlink("../../up", sandbox.path("folder/up")).unwrap();
        check(&sandbox, &["folder/file", "folder/up", "in", "out"]);
        let tree = sandbox.tree();
        let kinds: Vec<&EntryKind> = tree.entries().iter().skip(1).map(|entry| &entry.kind).collect();
        let link = |target: &str, inside| EntryKind::Link { target: target.to_owned(), inside };
        assert_eq!(kinds, [&link("../../up", false), &link("folder", true), &link("/etc", false)]);
        assert!(tree.read(2).is_err() && tree.id(2).is_err());
        // A tracked file below what has become a link is gone, not elsewhere.
        sandbox.git(&["add", "--all"]);
        std::fs::rename(sandbox.path("folder"), sandbox.path("moved")).unwrap();
        symlink("moved", sandbox.path("folder")).unwrap();
        check(&sandbox, &["folder", "in", "moved/file", "moved/up", "out"]);
    }

    #[test]
    fn pipes_are_told_and_never_opened() {
        let sandbox = Sandbox::new();
        sandbox.write("file", "1");
        let pipe = |name| assert!(Command::new("mkfifo").arg(sandbox.path(name)).status().unwrap().success());
        pipe("pipe");
        pipe(".gitattributes");
        let tree = sandbox.tree();
        assert_eq!(paths(&tree), ["file"]);
        assert_eq!(problems(&tree), [("special-file", ".gitattributes"), ("special-file", "pipe")]);
        // A file that became a pipe after it was listed must not block either.
        std::fs::remove_file(sandbox.path("file")).unwrap();
        pipe("file");
        assert!(tree.read(0).is_err() && tree.id(0).is_err());
    }

    #[test]
    fn an_unreadable_folder_is_told() {
        let sandbox = Sandbox::new();
        sandbox.write("closed/file", "1").write("open", "1");
        let allow = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(sandbox.path("closed"), permissions).unwrap();
        };
        allow(0o000);
        let is_root = std::fs::read_dir(sandbox.path("closed")).is_ok();
        let tree = sandbox.tree();
        allow(0o755);
        // Nothing is closed to root.
        let expected: &[(&str, &str)] = if is_root { &[] } else { &[("unreadable-folder", "closed")] };
        assert_eq!(problems(&tree), expected);
    }

    #[test]
    fn a_linked_ignore_file_is_not_heard() {
        let sandbox = Sandbox::new();
        sandbox.write("patterns", "*.log\n").write("a.log", "1");
        symlink("patterns", sandbox.path(".gitignore")).unwrap();
        check(&sandbox, &[".gitignore", "a.log", "patterns"]);
    }
}

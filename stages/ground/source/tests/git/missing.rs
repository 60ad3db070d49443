//! What a repository does not hold is told: cut off, left out, or lost.

use std::collections::BTreeSet;
use std::path::Path;

use source::{Commits as _, History, Repository, Selection, history};

use crate::history::{init, scan};
use crate::sandbox::Sandbox;

/// Returns how many blobs are shown, and what is told beside them.
fn told(folder: &Path, selection: &Selection) -> (usize, Vec<String>) {
    let (shown, report) = scan(folder, selection, 1);
    let repository = Repository::open(folder).unwrap();
    let absent = history::survey(&repository, selection, &|_| true, 1).unwrap().absent;
    let origins = history::attribute(&repository, selection, &BTreeSet::new(), &absent, 1).unwrap();
    let problems = report.problems.into_iter().chain(origins.missing).chain(origins.problems);
    (shown.len(), problems.map(|problem| problem.reason).collect())
}

/// Returns what HEAD reaches and `excluded` does not.
fn range(folder: &Path, excluded: &[&str]) -> Selection {
    let repository = Repository::open(folder).unwrap();
    let resolve = |rev: &&str| repository.resolve(rev).unwrap();
    Selection::Range { tips: vec![resolve(&"HEAD")], excluded: excluded.iter().map(resolve).collect() }
}

#[test]
fn cuts_and_gaps_of_a_clone_are_told() {
    let sandbox = Sandbox::empty();
    init(&sandbox, "full", "sha1");
    for time in 1..5 {
        sandbox.write("full/file", time.to_string()).write("full/folder/other", format!("o{time}"));
        sandbox.git_in("full", &["add", "--all"], time);
        sandbox.git_in("full", &["commit", "--quiet", "--message", "x"], time);
    }
    sandbox.git_in("full", &["config", "uploadpack.allowFilter", "true"], 1);
    let url = format!("file://{}", sandbox.path("full").display());
    let clone = |option: &str, name: &str| {
        sandbox.git_in("", &["clone", "--quiet", option, &url, name], 1);
        sandbox.path(name)
    };
    let cut = "the clone is shallow: history is cut at 1 commit".to_owned();
    let shallow = clone("--depth=2", "shallow");
    assert_eq!(told(&shallow, &Selection::Everything), (4, vec![cut.clone()]));
    assert_eq!(told(&shallow, &range(&shallow, &["HEAD~1"])), (2, vec![]));
    assert_eq!(told(&shallow, &range(&shallow, &[])), (4, vec![cut]));
    let first = sandbox.git_in("full", &["rev-list", "--max-parents=0", "HEAD"], 1);
    let first = String::from_utf8(first).unwrap();
    let absent = [format!(
        "6 objects of the history are not in this clone: `file` of commit {} and others",
        first.trim()
    )];
    let partial = clone("--filter=blob:none", "partial");
    assert_eq!(told(&partial, &Selection::Everything), (2, absent.to_vec()));
    assert_eq!(told(&partial, &range(&partial, &[])), (2, absent.to_vec()));
}

/// Takes a loose object out of a repository.
fn lose(sandbox: &Sandbox, rev: &str) -> String {
    let id = sandbox.git(&["rev-parse", rev]);
    let (first, rest) = id.split_at(2);
    std::fs::remove_file(sandbox.path(&format!(".git/objects/{first}/{rest}"))).unwrap();
    id
}

/// Three commits; the second brings `folder/deep/new` and is known by its id.
fn three_commits() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.write("folder/old", "old").write("folder/deep/old", "deep").commit(1);
    sandbox.write("folder/deep/new", "new");
    let second = sandbox.commit(2);
    sandbox.write("last", "last").commit(3);
    (sandbox, second)
}

#[test]
fn a_lost_object_is_told_with_the_commit_that_names_it() {
    let check = |lost: &str, expected: &dyn Fn(&str) -> String| {
        for packed in [false, true] {
            let (sandbox, second) = three_commits();
            let lost = lost.replace("SECOND", &second);
            if packed {
                // The lost one stays loose until it is lost; the rest goes into a pack.
                let id = sandbox.git(&["rev-parse", &lost]);
                let all = sandbox.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]);
                let kept: Vec<&str> = all.lines().filter(|line| *line != id).collect();
                sandbox.write("list", kept.join("\n") + "\n");
                pack(&sandbox);
            }
            lose(&sandbox, &lost);
            let expected =
                vec![format!("1 object of the history is not in this clone: {}", expected(&second))];
            assert_eq!(told(sandbox.root(), &Selection::Everything).1, expected, "{lost} {packed}");
        }
    };
    check("SECOND:folder/deep/new", &|second| format!("`folder/deep/new` of commit {second}"));
    check("SECOND:folder/deep", &|second| format!("`folder/deep` of commit {second}"));
    check("SECOND^{tree}", &|second| format!("the files of commit {second}"));
    check("SECOND", &|second| format!("commit {second}"));
}

/// Packs the objects that the file `list` names, and takes the loose ones away.
fn pack(sandbox: &Sandbox) {
    let list = std::fs::File::open(sandbox.path("list")).unwrap();
    let mut command = sandbox.command("", &["pack-objects", "--quiet", ".git/objects/pack/pack"], 1);
    assert!(command.stdin(list).stdout(std::process::Stdio::null()).status().unwrap().success());
    sandbox.git(&["prune-packed", "--quiet"]);
}

#[test]
fn a_lost_object_of_a_range_is_told() {
    for lost in ["folder/deep/new", "folder/deep"] {
        let (sandbox, second) = three_commits();
        lose(&sandbox, &format!("{second}:{lost}"));
        let expected = format!("1 object of the history is not in this clone: `{lost}` of commit {second}");
        assert_eq!(told(sandbox.root(), &range(sandbox.root(), &["HEAD~2"])).1, [expected]);
        assert_eq!(told(sandbox.root(), &range(sandbox.root(), &["HEAD~1"])), (1, vec![]));
    }
}

/// What `git gc` drops piece by piece is nobody's loss.
#[test]
fn what_only_dropped_commits_name_is_not_missed() {
    let (sandbox, second) = three_commits();
    sandbox.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    lose(&sandbox, &format!("{second}:folder/deep/new"));
    assert_eq!(told(sandbox.root(), &Selection::Everything).1, Vec::<String>::new());
}

#[test]
fn what_is_held_has_a_digest() {
    let (sandbox, second) = three_commits();
    let held =
        || History::new(Repository::open(sandbox.root()).unwrap(), Selection::Everything).unwrap().held();
    let before = held();
    assert_eq!(held(), before);
    lose(&sandbox, &format!("{second}:folder/deep/new"));
    assert_ne!(held(), before);
    sandbox.write("back", "new").git(&["hash-object", "-w", "back"]);
    assert_eq!(held(), before);
}

#[test]
fn what_a_tag_names_that_is_no_commit_is_told() {
    let (sandbox, second) = three_commits();
    let check = |number: &str, first: &str| {
        let expected = format!("{number}, so what no commit holds of it is not told: {first}");
        assert_eq!(told(sandbox.root(), &Selection::Everything).1, [expected]);
        assert_eq!(told(sandbox.root(), &range(sandbox.root(), &["HEAD~1"])).1, Vec::<String>::new());
    };
    sandbox.git(&["tag", "--annotate", "--message=x", "release", "HEAD"]);
    assert_eq!(told(sandbox.root(), &Selection::Everything).1, Vec::<String>::new());
    sandbox.write("key", "k");
    let blob = sandbox.git(&["hash-object", "-w", "key"]);
    sandbox.git(&["tag", "--annotate", "--message=x", "key", &blob]);
    check("1 object that a ref names is no commit", &blob);
    sandbox.git(&["tag", "again", &blob]);
    check("1 object that a ref names is no commit", &blob);
    let folder = sandbox.git(&["rev-parse", &format!("{second}:folder")]);
    sandbox.git(&["tag", "folder", &folder]);
    check("2 objects that a ref names are no commits", (&blob).min(&folder));
}

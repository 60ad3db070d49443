//! Credentials in the commits of a repository that the real git makes.

#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the test makes a repository with git; what does not hold ends it"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{Evidence, GapKind, Location, Subject, SubjectKind};
use source::{History, MemoryTree, Repository, Selection};
use stage::{Output, Section, harness};

/// A token with a checksum that holds, put together so that it stands nowhere in one piece.
fn token() -> String {
    ["ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"].concat()
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    // Later commits are later.
    static CLOCK: AtomicU64 = AtomicU64::new(1_700_000_000);
    let date = format!("{} +0000", CLOCK.fetch_add(1, Ordering::Relaxed));
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@shop.io", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_DATE", &date)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Writes a file, commits it, and returns the commit.
fn commit(folder: &Path, path: &str, text: &str) -> String {
    std::fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
    std::fs::write(folder.join(path), text).unwrap();
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", "x"]);
    git(folder, &["rev-parse", "HEAD"])
}

fn look(folder: &Path, selection: Selection) -> Output {
    let id = model::StageId::new("secrets").unwrap();
    let section = Section { id, file: "section.yaml".into(), text: "history: all\n".into() };
    let stages = (secrets::stage().build)(&section).unwrap();
    let stage = stages.iter().find(|stage| stage.spec().subject == SubjectKind::Commits).unwrap();
    let mut inputs = harness::inputs(MemoryTree::new(Vec::<(String, Vec<u8>)>::new()));
    let repository = Repository::open(folder).unwrap();
    inputs.commits = Some(Arc::new(History::new(repository, selection).unwrap()));
    harness::run(stage.as_ref(), &Subject::Commits { tips: vec![], excluded: vec![] }, &inputs).unwrap()
}

fn shown(output: &Output) -> Vec<(String, String, String)> {
    let place = |finding: &model::Finding| match &finding.location {
        Location::Commit { commit, path, span } => {
            (finding.rule.to_string(), commit.clone(), format!("{path}:{}", span.start_line))
        }
        other => panic!("{other:?}"),
    };
    output.findings.iter().map(place).collect()
}

#[test]
fn a_credential_is_said_once_at_the_commit_that_brought_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    git(folder, &["init", "-q"]);
    commit(folder, "a.py", "x = 1\n");
    let brought = commit(folder, "a.py", &format!("x = 1\ny = '{}'\n", token()));
    commit(folder, "b.py", &format!("z = '{}'\n", token()));
    commit(folder, "a.py", "x = 1\n");
    let output = look(folder, Selection::Everything);
    assert_eq!(shown(&output), [("github-personal-access-token".into(), brought, "a.py:2".into())]);
    assert!(output.gaps.is_empty(), "{:?}", output.gaps);
}

#[test]
fn outgoing_commits_are_told_from_those_before() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    git(folder, &["init", "-q"]);
    let old = commit(folder, "a.py", &format!("y = '{}'\n", token()));
    let tip =
        commit(folder, "c/.npmrc", "//registry.example/:_authToken=26dfe8d8-889b-4380-92ff-9c3c6ea5d930\n");
    let range = Selection::Range { tips: vec![tip.clone()], excluded: vec![old] };
    assert_eq!(shown(&look(folder, range)), [("npmrc-credential".into(), tip, "c/.npmrc:1".into())]);
}

/// Bytes that are no text under one name are under another, in a tree and in commits.
#[test]
fn odd_bytes_are_text_by_the_name_of_the_file() {
    let odd = format!("# {}\n{}token = '{}'\n", "\0\u{1}\u{2}".repeat(12), "order = 1\n".repeat(20), token());
    for (path, found) in [("a.py", true), ("a.sh", true), ("a.bin", false)] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        git(folder, &["init", "-q"]);
        commit(folder, path, &odd);
        let inputs = harness::inputs(MemoryTree::new(vec![(path.to_owned(), odd.clone().into_bytes())]));
        let id = model::StageId::new("secrets").unwrap();
        let stages = (secrets::stage().build)(&Section::empty(id)).unwrap();
        let stage = stages.iter().find(|stage| stage.spec().subject == SubjectKind::Tree).unwrap();
        let tree = harness::run(stage.as_ref(), &Subject::Tree, &inputs).unwrap();
        let history = look(folder, Selection::Everything);
        assert_eq!(
            (tree.findings.len(), history.findings.len()),
            (usize::from(found), usize::from(found)),
            "{path}"
        );
    }
}

/// A large file that is no text is judged by its beginning once it is packed: what it is stays the same.
#[test]
fn what_a_packed_file_is_does_not_depend_on_how_much_is_read() {
    let noise: Vec<u8> = (0..60_000_u32)
        .flat_map(|number| blake3::hash(&number.to_le_bytes()).as_bytes()[..4].to_vec())
        .collect();
    let text =
        |odd: &str| format!("{odd}\n{}token = '{}'\n", "order = 1\n".repeat(3000), token()).into_bytes();
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    std::io::Write::write_all(&mut zipped, &text("")).unwrap();
    let store = [&[0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2][..], &noise].concat();
    for (name, bytes, found) in [
        ("image", [&[0, 1, 2, 3][..], &noise, &text("")].concat(), 0),
        ("text", text("a NUL\0"), 1),
        ("packed", zipped.finish().unwrap(), 1),
        ("store", store, 1),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        git(folder, &["init", "-q"]);
        std::fs::write(folder.join(name), bytes).unwrap();
        git(folder, &["add", "-A"]);
        git(folder, &["commit", "-q", "-m", "x"]);
        let loose = look(folder, Selection::Everything);
        git(folder, &["gc", "-q"]);
        let packed = look(folder, Selection::Everything);
        assert_eq!(shown(&loose).len(), found, "{name}");
        let said = |output: &Output| (output.findings.clone(), output.gaps.clone(), output.counts.clone());
        assert_eq!(said(&packed), said(&loose), "{name}");
    }
}

/// What is not there may hold anything.
#[test]
fn a_lost_file_is_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    git(folder, &["init", "-q"]);
    let first = commit(folder, "a.py", "x = 1\n");
    let brought = commit(folder, "b/lost.py", &format!("z = '{}'\n", token()));
    let id = git(folder, &["rev-parse", "HEAD:b/lost.py"]);
    let (head, rest) = id.split_at(2);
    std::fs::remove_file(folder.join(".git/objects").join(head).join(rest)).unwrap();
    let range = Selection::Range { tips: vec![brought.clone()], excluded: vec![first] };
    for selection in [Selection::Everything, range] {
        let output = look(folder, selection);
        let gaps: Vec<_> =
            output.gaps.iter().map(|gap| (gap.kind, gap.code.as_str(), gap.reason.clone())).collect();
        let reason = format!("1 object of the history is not in this clone: `b/lost.py` of commit {brought}");
        assert_eq!(gaps, [(GapKind::Unread, source::MISSING_OBJECTS, reason)]);
        assert!(output.findings.is_empty());
    }
}

/// Files whose name alone says how they are read, each with the rule and line of its credential.
const BY_NAME: &[(&str, &str, &str)] = &[
    (".pgpass", "db.shop.io:5432:shop:shop:kW9xTr2\n", "pgpass-password"),
    ("config/master.key", "0f2a9c41d7e85b36aa10c41d7e85b36a\n", "rails-secret"),
    ("etc/redis.conf", "requirepass kW9xTr2\n", "server-config-password"),
    (
        "terraform.tfstate",
        "{\"outputs\": {\"db_password\": {\"value\": \"kW9xTr2\"}}}\n",
        "terraform-state-secret",
    ),
];

#[test]
fn files_that_exist_to_hold_credentials_are_found_in_commits() {
    for (path, text, rule) in BY_NAME {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        git(folder, &["init", "-q"]);
        let start = commit(folder, "a.py", "x = 1\n");
        let brought = commit(folder, path, text);
        std::fs::remove_file(folder.join(path)).unwrap();
        let tip = commit(folder, "a.py", "x = 2\n");
        let expected = [((*rule).to_owned(), brought, format!("{path}:1"))];
        assert_eq!(shown(&look(folder, Selection::Everything)), expected, "{path}");
        let range = Selection::Range { tips: vec![tip], excluded: vec![start] };
        assert_eq!(shown(&look(folder, range)), expected, "{path}");
        git(folder, &["gc", "-q"]);
        assert_eq!(shown(&look(folder, Selection::Everything)), expected, "{path}");
    }
}

#[test]
fn a_value_that_ends_elsewhere_once_its_language_is_known_is_still_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    git(folder, &["init", "-q"]);
    let brought = commit(folder, "app.yaml", &["password: S3cr3tK9,PQ", "ss;w0rd!xA\n"].concat());
    let expected = [("generic-credential".into(), brought, "app.yaml:1".into())];
    assert_eq!(shown(&look(folder, Selection::Everything)), expected);
}

/// What says that a key of PuTTY begins stands before the public key, and this one is long.
#[test]
fn a_key_far_behind_its_keyword_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    git(folder, &["init", "-q"]);
    let line = "q8ZkT2w9vRxL4mNpB7cJ1hGfD3sA6yUeK0iOoPzXnWvQtMrYbHgFdSlCjEaV5k9T\n";
    let head = ["PuTTY-User-", "Key-File-3: ssh-rsa\nEncryption: none\nComment: shop\n"].concat();
    let key = format!("{head}Public-Lines: 90\n{}Private-Lines: 9\n{}", line.repeat(90), line.repeat(9));
    let brought = commit(folder, "notes.txt", &format!("{}{key}{}", "x\n".repeat(9000), "y\n".repeat(9000)));
    let expected = [("putty-private-key".into(), brought, "notes.txt:9096".into())];
    assert_eq!(shown(&look(folder, Selection::Everything)), expected);
}

/// The second version cuts a key off by another; the first is packed as a delta of it, in which the hit is another one.
#[test]
fn a_key_cut_off_by_another_is_told_from_the_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    git(folder, &["init", "-q"]);
    let begin = ["-----BEGIN RSA PRIV", "ATE KEY-----\n"].concat();
    let one = "MIIEogIBAAKCAQEAzzMFjpQVMjMGR/TSlzNJ+g7Hj9l4jwe77VwpYUDwfFi2E6gA\n";
    let two = "ESCX0nSAPg8alsoX2ks5DvXmSqmRUPUMWiTyWgucsEE8uvicN965PTwFNh3lBdRh\n";
    let code = "#!/usr/bin/env make\n".repeat(4);
    let first = commit(folder, "a.txt", &format!("{begin}{one}{two}"));
    let second = commit(folder, "a.txt", &format!("{begin}{one}{begin}{one}{two}{code}"));
    let key = |commit| ("private-key".to_owned(), commit, "a.txt:1".to_owned());
    let expected = BTreeSet::from([key(first), key(second)]);
    for _ in 0..2 {
        let said = shown(&look(folder, Selection::Everything));
        assert_eq!((said.len(), BTreeSet::from_iter(said)), (2, expected.clone()));
        git(folder, &["gc", "-q"]);
    }
}

/// What is fetched is packed as deltas of what was there, which is packed with it once more: it is not shown again.
#[test]
fn a_key_that_a_fetched_change_completes_is_said() {
    let (origin, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (origin, folder) = (origin.path(), folder.path());
    git(origin, &["init", "-q", "-b", "main"]);
    git(folder, &["init", "-q", "-b", "main"]);
    let lines = |number: u64| -> String {
        let digits = (0..640).scan(number, |state, _| {
            *state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
            Some(char::from(b'A' + u8::try_from((*state >> 33) % 26).unwrap()))
        });
        let digits: Vec<char> = digits.collect();
        digits.chunks(64).map(|line| line.iter().collect::<String>() + "\n").collect()
    };
    let label = ["RSA PRIV", "ATE KEY-----"].concat();
    let key =
        |middle: &str| format!("(\n-----BEGIN {label}\n{}{middle}{}-----END {label}\n", lines(1), lines(2));
    // The first pack is the larger one: it is read first.
    for name in ["b", "c", "d"] {
        commit(origin, name, name);
    }
    let mut said = Vec::new();
    for middle in ["", "MIIEogIBAAKCAQEAzzMFjpQVMjMGR\n"] {
        said.push(("private-key".into(), commit(origin, "a.txt", &key(middle)), "a.txt:2".into()));
        let from = origin.to_str().unwrap();
        git(
            folder,
            &["-c", "fetch.unpackLimit=1", "fetch", "-q", "--update-head-ok", from, "main:refs/heads/main"],
        );
        let shown: BTreeSet<_> = shown(&look(folder, Selection::Everything)).into_iter().collect();
        assert_eq!(shown, BTreeSet::from_iter(said.clone()));
    }
}

/// Returns every file under a folder with its path.
fn files(root: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            found.push((name, std::fs::read(&path).unwrap()));
        }
    }
    found.sort();
}

fn rules(output: &Output) -> BTreeSet<String> {
    let credentials =
        output.findings.iter().filter(|finding| matches!(finding.evidence, Evidence::Secret { .. }));
    credentials.map(|finding| finding.rule.to_string()).collect()
}

#[test]
fn a_commit_holds_what_the_tree_holds() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut compared = 0;
    for case in ["allow", "encoded", "files", "markers", "tokens"] {
        let mut found = Vec::new();
        let input = fixtures.join(case).join("input");
        files(&input, &input, &mut found);
        for (path, bytes) in found {
            let folder = tempfile::tempdir().unwrap();
            let folder = folder.path();
            git(folder, &["init", "-q"]);
            std::fs::create_dir_all(folder.join(&path).parent().unwrap()).unwrap();
            std::fs::write(folder.join(&path), &bytes).unwrap();
            git(folder, &["add", "-A", "-f"]);
            git(folder, &["commit", "-q", "-m", "x"]);
            let id = model::StageId::new("secrets").unwrap();
            let stages = (secrets::stage().build)(&Section::empty(id)).unwrap();
            let stage = stages.iter().find(|stage| stage.spec().subject == SubjectKind::Tree).unwrap();
            let inputs = harness::inputs(MemoryTree::new(vec![(path.clone(), bytes)]));
            let tree = harness::run(stage.as_ref(), &Subject::Tree, &inputs).unwrap();
            assert_eq!(rules(&look(folder, Selection::Everything)), rules(&tree), "{case}/{path}");
            compared += rules(&tree).len();
        }
    }
    assert!(compared > 10, "{compared}");
}

//! The history of a repository: every blob is seen, every change is looked at, every find has its place.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use model::Digest;
use source::{Audience, Commits as _, History, Hit, Looked, Repository, Selection, history};

use crate::sandbox::{Dice, Sandbox, blobs};

/// What a scan shows: the ranges of each blob.
pub(crate) type Shown = BTreeMap<String, (usize, Vec<Range<usize>>)>;

pub(crate) fn scan(folder: &Path, selection: &Selection, threads: usize) -> (Shown, history::HistoryReport) {
    let repository = Repository::open(folder).unwrap();
    let shown = Mutex::new(Shown::new());
    let scanner = |blob: source::Blob<'_>| {
        let value = (blob.bytes.len(), blob.changed.to_vec());
        let before = shown.lock().unwrap().insert(blob.id.hex(), value);
        assert!(before.is_none(), "{} is shown twice", blob.id);
    };
    let report = history::scan(&repository, selection, &scanner, &|| false, threads).unwrap();
    let shown = shown.into_inner().unwrap();
    assert_eq!(report.blobs, shown.len() as u64);
    (shown, report)
}

/// Returns all needles in the changed ranges.
fn needles(folder: &Path) -> BTreeSet<String> {
    let repository = Repository::open(folder).unwrap();
    let found = Mutex::new(BTreeSet::new());
    let scanner = |blob: source::Blob<'_>| {
        for range in blob.changed {
            collect_needles(&blob.bytes[range.clone()], &mut found.lock().unwrap());
        }
    };
    history::scan(&repository, &Selection::Everything, &scanner, &|| false, 2).unwrap();
    found.into_inner().unwrap()
}

fn collect_needles(bytes: &[u8], found: &mut BTreeSet<String>) {
    for hit in hits(bytes, 0) {
        found.insert(String::from_utf8_lossy(&bytes[hit.start..hit.end]).into_owned());
    }
}

/// Returns the needles in a part of a blob.
fn hits(part: &[u8], start: usize) -> Vec<Hit> {
    memchr::memmem::find_iter(part, b"needle-")
        .filter_map(|at| {
            let needle = part.get(at..at + 15)?;
            let tag =
                needle.iter().fold(17, |tag: u64, byte| tag.wrapping_mul(31).wrapping_add(u64::from(*byte)));
            Some(Hit { start: start + at, end: start + at + 15, tag })
        })
        .collect()
}

/// Returns what each blob holds, as a trace tells it.
fn holders(folder: &Path) -> BTreeMap<String, Vec<Hit>> {
    let repository = Repository::open(folder).unwrap();
    let held = Mutex::new(BTreeMap::new());
    let scanner = |blob: source::Blob<'_>| {
        let found = blob.changed.iter().flat_map(|range| hits(&blob.bytes[range.clone()], range.start));
        let whole = 0..blob.bytes.len();
        Looked { hits: found.collect(), open: vec![whole], ..Looked::default() }
    };
    let holder = |blob: &Digest, hits: &[Hit]| {
        assert!(held.lock().unwrap().insert(blob.hex(), hits.to_vec()).is_none(), "{blob} is told twice");
    };
    let audience =
        Audience { scanner: &scanner, holder: &holder, passes_over: &|_| false, cancelled: &|| false };
    history::trace(&repository, &Selection::Everything, &audience, 2).unwrap();
    held.into_inner().unwrap()
}

/// Every blob is shown once, and the ranges hold every needle that is anywhere.
fn check(sandbox: &Sandbox, folder: &str) -> Shown {
    let all = blobs(sandbox, folder);
    let (shown, report) = scan(&sandbox.path(folder), &Selection::Everything, 2);
    let sizes = |shown: &Shown| shown.iter().map(|(id, (size, _))| (id.clone(), *size)).collect::<Vec<_>>();
    let expected: Vec<(String, usize)> = all.iter().map(|(id, bytes)| (id.clone(), bytes.len())).collect();
    assert_eq!(sizes(&shown), expected);
    assert_eq!(report.problems, []);
    let mut expected = BTreeSet::new();
    all.values().for_each(|bytes| collect_needles(bytes, &mut expected));
    assert_eq!(needles(&sandbox.path(folder)), expected);
    let expected: BTreeMap<String, Vec<Hit>> = all
        .iter()
        .map(|(id, bytes)| (id.clone(), hits(bytes, 0)))
        .filter(|(_, hits)| !hits.is_empty())
        .collect();
    assert_eq!(holders(&sandbox.path(folder)), expected);
    assert_eq!(scan(&sandbox.path(folder), &Selection::Everything, 1).0, shown, "threads decide nothing");
    shown
}

/// Commits many versions of a few files, needles planted at random. Returns how many were planted.
fn grow(sandbox: &Sandbox, folder: &str, seed: u64, versions: i64) -> usize {
    let mut dice = Dice::new(seed);
    let mut planted = 0;
    let mut files: Vec<Vec<Vec<u8>>> = (0..4)
        .map(|file| {
            (0..300 * (file + 1)).map(|line| format!("line {line} of {file}\n").into_bytes()).collect()
        })
        .collect();
    // One file is one line, one has a NUL beyond the bytes that are looked at, and one within them for a while.
    files.push(vec![vec![b'x'; 200_000]]);
    files[1].push(b"\0\n".to_vec());
    for time in 0..versions {
        for (number, lines) in files.iter_mut().enumerate() {
            match dice.roll(5) {
                0 => {
                    let (from, length) = (dice.roll(lines.len()), dice.roll(40));
                    let end = (from + length).min(lines.len().max(1) - 1).max(from);
                    let cut: Vec<Vec<u8>> = lines.drain(from..end).collect();
                    let at = dice.roll(lines.len() + 1);
                    lines.splice(at..at, cut);
                }
                1 if lines.len() > 50 => drop(lines.drain(..dice.roll(10))),
                2 => {
                    planted += 1;
                    let needle = format!("needle-{:08x}", seed * 1_000_000 + planted as u64);
                    let at = dice.roll(lines.len());
                    let column = dice.roll(lines[at].len());
                    lines[at].splice(column..column, needle.into_bytes());
                }
                3 => {
                    // Two halves that come together when what is between them goes.
                    planted += 1;
                    let needle = format!("needle-{:08x}", seed * 1_000_000 + planted as u64);
                    let (head, tail) = needle.split_at(9);
                    let at = dice.roll(lines.len());
                    lines.insert(at, format!("{head}{}{tail}\n", "-".repeat(3000)).into_bytes());
                    sandbox.write(&format!("{folder}/{number}"), lines.concat());
                    sandbox.git_in(folder, &["add", "--all"], time);
                    lines[at] = format!("{needle}\n").into_bytes();
                }
                _ => lines.push(format!("{time}\n").into_bytes()),
            }
            if number == 2 && time % 7 == 3 {
                lines.insert(1, b"\0binary\n".to_vec());
            } else if number == 2 {
                lines.retain(|line| line != b"\0binary\n");
            }
            sandbox.write(&format!("{folder}/{number}"), lines.concat());
        }
        sandbox.git_in(folder, &["add", "--all"], time);
        sandbox.git_in(folder, &["commit", "--quiet", "--message", "x"], time);
    }
    planted
}

pub(crate) fn init(sandbox: &Sandbox, folder: &str, format: &str) {
    std::fs::create_dir_all(sandbox.path(folder)).unwrap();
    let format = format!("--object-format={format}");
    sandbox.git_in(folder, &["init", "--quiet", "--initial-branch=main", &format], 1);
}

#[test]
fn deltas_hide_nothing() {
    for (seed, format) in [(1, "sha1"), (2, "sha256"), (3, "sha1")] {
        let sandbox = Sandbox::empty();
        init(&sandbox, "r", format);
        assert!(grow(&sandbox, "r", seed, 25) > 20);
        check(&sandbox, "r");
        sandbox.git_in("r", &["repack", "-a", "-d", "-f", "--depth=50", "--window=50", "--quiet"], 1);
        let shown = check(&sandbox, "r");
        let in_part = shown.values().filter(|(size, ranges)| *ranges != [0..*size]);
        assert!(in_part.count() > shown.len() / 3, "deltas are looked at in part");
        // The same objects once more: in a second pack, as REF_DELTA, and loose.
        sandbox.git_in("r", &["config", "repack.useDeltaBaseOffset", "false"], 1);
        sandbox.git_in("r", &["repack", "-a", "-f", "-k", "--quiet"], 1);
        grow(&sandbox, "r", seed + 10, 5);
        sandbox.git_in("r", &["repack", "--quiet"], 1);
        grow(&sandbox, "r", seed + 20, 3);
        check(&sandbox, "r");
    }
}

#[test]
fn borrowed_objects_are_seen() {
    let sandbox = Sandbox::empty();
    init(&sandbox, "lender", "sha1");
    grow(&sandbox, "lender", 4, 6);
    sandbox.git_in("lender", &["gc", "--quiet"], 1);
    sandbox.git_in("", &["clone", "--quiet", "--shared", "lender", "borrower"], 1);
    grow(&sandbox, "borrower", 5, 4);
    sandbox.git_in("borrower", &["repack", "-l", "-d", "--quiet"], 1);
    check(&sandbox, "borrower");
    // A relative path, as `git clone --reference` users write by hand.
    sandbox.write("borrower/.git/objects/info/alternates", "# lent\n../../../lender/.git/objects\n");
    check(&sandbox, "borrower");
}

#[test]
fn only_new_blobs_of_a_range_are_seen() {
    let sandbox = Sandbox::new();
    sandbox.write("old", "old").write("folder/kept", "kept");
    let base = sandbox.commit(1);
    sandbox.write("folder/new", "new").write("copy", "kept").commit(2);
    sandbox.write("folder/new", "newer");
    let head = sandbox.commit(3);
    sandbox.git(&["checkout", "--quiet", "-b", "side", &base]);
    sandbox.write("side", "side").commit(4);
    sandbox.git(&["merge", "--quiet", "--no-edit", &head]);
    let merged = sandbox.git(&["rev-parse", "HEAD"]);
    let range = |tips: &[&String], excluded: &[&String]| {
        let ids = |ids: &[&String]| ids.iter().map(|id| (*id).clone()).collect();
        Selection::Range { tips: ids(tips), excluded: ids(excluded) }
    };
    let check = |selection: &Selection, expected: &[&str]| {
        let (shown, report) = scan(sandbox.root(), selection, 2);
        let mut expected: Vec<String> =
            expected.iter().map(|text| sandbox.write("h", text).git(&["hash-object", "h"])).collect();
        expected.sort();
        assert_eq!(shown.into_keys().collect::<Vec<_>>(), expected);
        assert_eq!(report.problems, []);
    };
    check(&range(&[&head], &[&base]), &["new", "newer", "kept"]);
    check(&range(&[&merged], &[&base]), &["new", "newer", "kept", "side"]);
    check(&range(&[&merged], &[&head]), &["side"]);
    check(&range(&[&head], &[&head]), &[]);
    check(&range(&[&base], &[]), &["old", "kept"]);
    // What is excluded but not here excludes nothing.
    check(&range(&[&base], &[&"1".repeat(40)]), &["old", "kept"]);
}

/// Long ranges go through packs as a whole, short ones read each blob.
#[test]
fn a_range_of_any_length_is_seen() {
    let sandbox = Sandbox::new();
    let version = |number: i64| format!("{}needle-{number:08}\n{}", "one\n".repeat(200), "two\n".repeat(200));
    let commits: Vec<String> =
        (0..20).map(|number| sandbox.write("a", version(number)).commit(number)).collect();
    sandbox.git(&["repack", "-adfq", "--depth=50"]);
    let repository = Repository::open(sandbox.root()).unwrap();
    for first in [0, 5, 17, 18] {
        let excluded = commits.get(first..=first).unwrap_or_default().to_vec();
        let selection = Selection::Range { tips: vec![commits[19].clone()], excluded };
        let found = Mutex::new(BTreeMap::new());
        let scanner = |blob: source::Blob<'_>| {
            let hits = blob.changed.iter().flat_map(|range| hits(&blob.bytes[range.clone()], range.start));
            Looked { hits: hits.collect(), ..Looked::default() }
        };
        let holder = |blob: &Digest, hits: &[Hit]| {
            assert!(found.lock().unwrap().insert(*blob, hits.to_vec()).is_none());
        };
        let audience =
            Audience { scanner: &scanner, holder: &holder, passes_over: &|_| false, cancelled: &|| false };
        let report = history::trace(&repository, &selection, &audience, 2).unwrap();
        let found = found.into_inner().unwrap();
        assert_eq!((found.len(), report.blobs, report.problems), (19 - first, 19 - first as u64, vec![]));
        let blobs: BTreeSet<Digest> = found.into_keys().collect();
        let origins = history::attribute(&repository, &selection, &blobs, &[].into(), 2).unwrap();
        let brought: Vec<&String> = origins.places.values().flatten().map(|place| &place.commit).collect();
        assert_eq!(brought.len(), 19 - first);
        assert!(brought.iter().all(|commit| commits[first + 1..].contains(commit)));
    }
}

#[test]
fn a_selection_has_a_digest_of_what_it_selects() {
    let sandbox = Sandbox::new();
    let first = sandbox.commit(1);
    let digest = |selection: &Selection| {
        let repository = Repository::open(sandbox.root()).unwrap();
        History::new(repository, selection.clone()).unwrap().digest()
    };
    let range = |tips: &[&str]| Selection::Range {
        tips: tips.iter().map(|id| (*id).to_owned()).collect(),
        excluded: vec![],
    };
    let before = digest(&Selection::Everything);
    assert_eq!(before, digest(&Selection::Everything));
    assert_eq!(digest(&range(&["b", "a"])), digest(&range(&["a", "b"])));
    assert_ne!(digest(&range(&["a"])), digest(&range(&["b"])));
    sandbox.git(&["branch", "other"]);
    assert_eq!(before, digest(&Selection::Everything), "another name for the same commit");
    sandbox.commit(2);
    assert_ne!(before, digest(&Selection::Everything));
    let history = History::new(Repository::open(sandbox.root()).unwrap(), range(&[&first])).unwrap();
    assert_eq!(history.scan(&|_| {}, &|| false).unwrap(), []);
    let blob: Digest = format!("git-sha1:{}", sandbox.write("h", "content").git(&["hash-object", "-w", "h"]))
        .parse()
        .unwrap();
    assert_eq!(&*history.read(&blob).unwrap(), b"content");
    assert!(history.read(&Digest::git_sha1([1; 20])).is_err());
    let missing = History::new(Repository::open(sandbox.root()).unwrap(), range(&[&"1".repeat(40)])).unwrap();
    assert!(missing.scan(&|_| {}, &|| false).unwrap_err().contains("names no commit"));
}

#[test]
fn a_cancelled_scan_ends_early() {
    let sandbox = Sandbox::empty();
    init(&sandbox, "r", "sha1");
    grow(&sandbox, "r", 9, 6);
    let repository = Repository::open(&sandbox.path("r")).unwrap();
    for _ in 0..2 {
        for enough in [0, 4] {
            let shown = AtomicU64::new(0);
            let scanner = |_: source::Blob<'_>| {
                shown.fetch_add(1, Ordering::Relaxed);
            };
            let cancelled = || shown.load(Ordering::Relaxed) >= enough;
            let report = history::scan(&repository, &Selection::Everything, &scanner, &cancelled, 1).unwrap();
            assert_eq!(report.blobs, enough);
        }
        sandbox.git_in("r", &["gc", "--quiet"], 1);
    }
}

/// Of a large blob that a scanner passes over no more than its beginning is shown, where that is cheaper.
#[test]
fn what_is_passed_over_is_not_read() {
    let sandbox = Sandbox::new();
    let (image, text, small) =
        ([b"\0".repeat(300), b"x".repeat(50_000)].concat(), b"y".repeat(50_000), b"\0z".repeat(9));
    sandbox.write("image", &image).write("text", &text).write("small", &small).commit(10);
    let look = || {
        let repository = Repository::open(sandbox.root()).unwrap();
        let shown = Mutex::new(BTreeSet::new());
        let scanner = |blob: source::Blob<'_>| {
            shown.lock().unwrap().insert(blob.bytes.len());
            Looked::default()
        };
        let passes_over = |head: &[u8]| head.first() == Some(&0);
        let audience = Audience {
            scanner: &scanner,
            holder: &|_, _| {},
            passes_over: &passes_over,
            cancelled: &|| false,
        };
        let report = history::trace(&repository, &Selection::Everything, &audience, 1).unwrap();
        assert_eq!((report.blobs, report.inflated_bytes), (3, 50_300 + 50_000 + 18));
        shown.into_inner().unwrap()
    };
    assert_eq!(look(), [18, 50_000, 50_300].into());
    sandbox.git(&["gc", "-q"]);
    assert_eq!(look(), [18, 50_000, source::BINARY_PREFIX].into());
}

//! Packs that are broken or odd: no panic, and nothing is missed in silence.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use source::{CommitTree, Repository, Selection, Tree, history};

use crate::sandbox::{Dice, Sandbox};

/// Returns the one file of this kind in a repository's pack folder.
fn pack_file(root: &Path, extension: &str) -> PathBuf {
    let folder = root.join(".git/objects/pack");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.into_iter().find(|path| path.extension().is_some_and(|found| found == extension)).unwrap()
}

fn replace(path: &Path, bytes: &[u8]) {
    // Git makes packs read-only.
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A repository whose versions of one file are deltas in one pack.
fn packed(options: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    let mut lines: Vec<String> =
        (0..200).map(|line| format!("line number {line} {}\n", line * 7919)).collect();
    for time in 0..12 {
        lines[usize::try_from(time).unwrap() * 15] = format!("version {time}\n");
        sandbox.write("file", lines.concat()).commit(time);
    }
    let mut repack = options.to_vec();
    repack.extend(["repack", "-a", "-d", "-f", "--quiet"]);
    sandbox.git(&repack);
    sandbox
}

fn scan(root: &Path) -> (BTreeMap<String, Vec<u8>>, Vec<&'static str>) {
    let repository = Repository::open(root).unwrap();
    let shown = Mutex::new(BTreeMap::new());
    let scanner = |blob: source::Blob<'_>| {
        assert!(blob.changed.iter().all(|range| range.start <= range.end && range.end <= blob.bytes.len()));
        shown.lock().unwrap().insert(blob.id.hex(), blob.bytes.to_vec());
    };
    let report = history::scan(&repository, &Selection::Everything, &scanner, &|| false, 1).unwrap();
    (shown.into_inner().unwrap(), report.problems.iter().map(|problem| problem.code).collect())
}

#[test]
fn a_damaged_pack_is_told_and_never_breaks_the_scan() {
    let sandbox = packed(&[]);
    let (whole, problems) = scan(sandbox.root());
    assert_eq!((whole.len(), problems.len()), (12, 0));
    for extension in ["pack", "idx"] {
        let path = pack_file(sandbox.root(), extension);
        let good = std::fs::read(&path).unwrap();
        let mut dice = Dice::new(11);
        for _ in 0..150 {
            let mut bad = good.clone();
            match dice.roll(3) {
                0 => bad.truncate(dice.roll(good.len())),
                _ => bad[dice.roll(good.len())] ^= 1 << dice.roll(8),
            }
            replace(&path, &bad);
            let (shown, problems) = scan(sandbox.root());
            // Checksums of packs and ids are not recomputed: a flipped byte outside the packed data may go unseen, but
            // then every blob is still what it was.
            if problems.is_empty() {
                assert_eq!(
                    shown.into_values().collect::<std::collections::BTreeSet<_>>(),
                    whole.values().cloned().collect()
                );
            }
            let repository = Repository::open(sandbox.root()).unwrap();
            if let Ok(Some(head)) = repository.head()
                && let Ok(tree) = CommitTree::open(&repository, &head, 1 << 20)
            {
                (0..tree.entries().len()).for_each(|at| drop((tree.read(at), tree.read_prefix(at, 9))));
            }
        }
        replace(&path, &good);
    }
}

#[test]
fn a_pack_without_its_data_is_told() {
    let sandbox = packed(&[]);
    std::fs::remove_file(pack_file(sandbox.root(), "pack")).unwrap();
    assert_eq!(scan(sandbox.root()).1, ["unreadable-pack"]);
}

/// A thin pack: its deltas start from an object that lies elsewhere. Git never keeps one, but others may.
#[test]
fn a_delta_of_an_object_elsewhere_is_made() {
    let sandbox = packed(&["-c", "repack.useDeltaBaseOffset=false"]);
    let (whole, _) = scan(sandbox.root());
    let (index_path, pack_path) = (pack_file(sandbox.root(), "idx"), pack_file(sandbox.root(), "pack"));
    // The base of all others becomes loose, and the pack forgets it.
    let verified = sandbox.git(&["verify-pack", "-v", index_path.to_str().unwrap()]);
    let base = verified
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|fields| fields.len() == 5 && fields[1] == "blob")
        .map(|fields| fields[0].to_owned())
        .unwrap();
    let content = sandbox.git_in("", &["cat-file", "blob", &base], 1);
    let index = std::fs::read(&index_path).unwrap();
    replace(&index_path, &without(&index, &base));
    let mut pack = std::fs::read(&pack_path).unwrap();
    let count = u32::from_be_bytes(pack[8..12].try_into().unwrap()) - 1;
    pack[8..12].copy_from_slice(&count.to_be_bytes());
    replace(&pack_path, &pack);
    let (shown, problems) = scan(sandbox.root());
    assert!(shown.is_empty());
    assert_eq!(problems, ["corrupt-object"]);
    sandbox.write("base", content).git(&["hash-object", "-w", "base"]);
    let (shown, problems) = scan(sandbox.root());
    assert_eq!(shown, whole);
    assert!(problems.is_empty());
}

/// Writes an index of version 2 without one of its objects.
fn without(index: &[u8], id: &str) -> Vec<u8> {
    let count = u32::from_be_bytes(index[8 + 255 * 4..8 + 256 * 4].try_into().unwrap()) as usize;
    let ids = 8 + 256 * 4;
    let (sums, offsets) = (ids + count * 20, ids + count * 24);
    let hex =
        |at: usize| index[ids + at * 20..][..20].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let gone = (0..count).find(|at| hex(*at) == id).unwrap();
    let mut written = index[..8].to_vec();
    for first in 0..256 {
        let upto = u32::from_be_bytes(index[8 + first * 4..][..4].try_into().unwrap());
        let less = u32::from(first >= usize::from(index[ids + gone * 20]));
        written.extend((upto - less).to_be_bytes());
    }
    for (start, width) in [(ids, 20), (sums, 4), (offsets, 4)] {
        for at in (0..count).filter(|at| *at != gone) {
            written.extend(&index[start + at * width..][..width]);
        }
    }
    written.extend(&index[offsets + count * 4..]);
    written
}

/// A blob that is intact says nothing of where it came in when the commit that names it cannot be read.
#[test]
fn damaged_commits_and_folders_are_told() {
    let check = |kind: &str, folders: usize, commits: usize| {
        let sandbox = packed(&[]);
        let (index, path) = (pack_file(sandbox.root(), "idx"), pack_file(sandbox.root(), "pack"));
        let mut pack = std::fs::read(&path).unwrap();
        let verified = sandbox.git(&["verify-pack", "-v", index.to_str().unwrap()]);
        let whole = verified.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        for fields in whole.filter(|fields| fields.len() == 5 && fields[1] == kind) {
            let (packed, offset): (usize, usize) = (fields[3].parse().unwrap(), fields[4].parse().unwrap());
            pack[offset + 4..offset + packed].fill(0xff);
        }
        replace(&path, &pack);
        let repository = Repository::open(sandbox.root()).unwrap();
        let survey = history::survey(&repository, &Selection::Everything, &|_| true, 1).unwrap();
        let blobs = survey.names.keys().copied().collect();
        let origins =
            history::attribute(&repository, &Selection::Everything, &blobs, &survey.absent, 1).unwrap();
        assert_eq!((survey.problems.len(), origins.problems.len()), (folders, commits), "{kind}");
        assert_eq!(scan(sandbox.root()).0.len(), 12, "{kind}: the blobs are intact");
    };
    check("blobs are left alone", 0, 0);
    check("commit", 0, 1);
    check("tree", 1, 0);
}

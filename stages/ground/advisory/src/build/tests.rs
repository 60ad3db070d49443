//! Builds from every kind of source, in folders of their own.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::{MANIFEST, ManifestError, State, status};

fn record(id: &str, packages: &[(&str, &str)]) -> Value {
    let ranges = json!([{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.0.0"}]}]);
    let affected: Vec<Value> = packages
        .iter()
        .map(|(ecosystem, name)| json!({"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges}))
        .collect();
    json!({"id": id, "modified": "2024-05-01T00:00:00Z", "affected": affected})
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn put(folder: &Path, path: &str, content: &[u8]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// A folder in the layout of the bucket, with something wrong in it.
fn bucket(folder: &Path) {
    let shared = record("GHSA-1", &[("npm", "left"), ("PyPI", "left"), ("Elsewhere:1", "left")]).to_string();
    let pysec = record("PYSEC-1", &[("PyPI", "Other_Name")]).to_string();
    let npm = archive(&[("GHSA-1.json", shared.as_bytes()), ("readme.txt", b"no record")]);
    let stray = record("GHSA-2", &[("npm", "right")]).to_string();
    let pypi = archive(&[
        ("PYSEC-1.json", pysec.as_bytes()),
        ("GHSA-1.json", shared.as_bytes()),
        ("GHSA-2.json", stray.as_bytes()),
        ("broken.json", b"{"),
    ]);
    put(folder, "npm/all.zip", &npm);
    put(folder, "PyPI/all.zip", &pypi);
    put(folder, "ecosystems.txt", b"npm\nPyPI\n");
}

/// Takes whatever can be read.
fn anything() -> Options {
    Options { lacking: Lacking::Anything, ..Options::default() }
}

/// Builds and writes the outcome down: shards with their counts, then problems.
fn check(source: &Path, destination: &Path, options: &Options, expected: &[&str]) -> Report {
    let report = build(Source::Path(source), destination, options).unwrap();
    let shards = report.shards.iter().map(|(ecosystem, shelf)| {
        let Shelf { file, advisories, packages, withdrawn, lost, .. } = shelf;
        format!("{ecosystem} {file} {advisories} {packages} {withdrawn} {lost}")
    });
    let lines: Vec<String> = shards.chain(report.problems.iter().map(ToString::to_string)).collect();
    assert_eq!(lines, expected);
    report
}

#[test]
fn a_bucket_gives_each_archive_its_own_ecosystem() {
    let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    bucket(from.path());
    let options =
        Options { built_from: "a bucket".into(), fetched: Some("2024-06-01T00:00:00Z".into()), ..anything() };
    let report = check(
        from.path(),
        to.path(),
        &options,
        &[
            "PyPI PyPI.idx 2 2 0 2",
            "npm npm.idx 1 1 0 0",
            "PyPI/all.zip/GHSA-2.json (GHSA-2): it names no package of PyPI",
            "PyPI/all.zip/broken.json: not an OSV record: EOF while parsing an object at line 1 column 1",
        ],
    );
    let status = status(to.path()).unwrap();
    assert_eq!(status.manifest.shards, report.shards);
    assert_eq!(status.manifest.shards["npm"].newest.as_deref(), Some("2024-05-01T00:00:00Z"));
    assert_eq!(status.manifest.shards["npm"].fetched, options.fetched);
    assert!(status.states.values().all(|state| matches!(state, State::Ready(_))), "{:?}", status.states);
    let index = Index::open(&to.path().join("PyPI.idx")).unwrap();
    assert_eq!(index.digest(), report.shards["PyPI"].digest);
    assert!(index.verify().is_ok());
    assert_eq!(index.matches("other.name", "0.5").unwrap().matches[0].id, "PYSEC-1");
    // Nothing but shards and the manifest is left behind.
    let mut left: Vec<_> = fs::read_dir(to.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["PyPI.idx", "manifest.json", "npm.idx"]);
}

#[test]
fn archives_in_memory_give_what_the_bucket_gives() {
    let [from, one, other] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    bucket(from.path());
    let disk = build(Source::Path(from.path()), one.path(), &anything()).unwrap();
    let read = |name: &str| (name.to_owned(), fs::read(from.path().join(name).join("all.zip")).unwrap());
    let archives = [read("npm"), read("PyPI")];
    let memory = build(Source::Archives(&archives), other.path(), &anything()).unwrap();
    assert_eq!(disk, memory);
    for file in ["npm.idx", "PyPI.idx", MANIFEST] {
        assert_eq!(
            fs::read(one.path().join(file)).unwrap(),
            fs::read(other.path().join(file)).unwrap(),
            "{file}"
        );
    }
}

#[test]
fn a_folder_of_files_and_one_archive_give_all_they_name() {
    let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let shared = record("GHSA-1", &[("npm", "left"), ("PyPI", "left")]).to_string();
    put(from.path(), "a/b/GHSA-1.json", shared.as_bytes());
    put(from.path(), "a/GHSA-1-copy.JSON", shared.as_bytes());
    put(from.path(), "a/notes.md", b"no record");
    let expected = ["PyPI PyPI.idx 1 1 0 0", "npm npm.idx 1 1 0 0"];
    let folder = check(from.path(), to.path(), &anything(), &expected);
    put(from.path(), "one.zip", &archive(&[("x/GHSA-1.json", shared.as_bytes())]));
    let file = check(&from.path().join("one.zip"), to.path(), &anything(), &expected);
    assert_eq!(folder.shards, file.shards);
}

#[test]
fn a_second_build_replaces_what_it_builds_and_keeps_the_rest() {
    let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    bucket(from.path());
    let first = build(Source::Path(from.path()), to.path(), &anything()).unwrap();
    let open = Index::open(&to.path().join("npm.idx")).unwrap();
    let newer = record("GHSA-9", &[("npm", "left")]).to_string();
    put(from.path(), "npm/all.zip", &archive(&[("GHSA-9.json", newer.as_bytes())]));
    let npm = Options { ecosystems: vec!["npm".into()], ..anything() };
    check(from.path(), to.path(), &npm, &["npm npm.idx 1 1 0 0"]);
    let manifest = Manifest::read(to.path()).unwrap();
    assert_eq!(manifest.shards["PyPI"], first.shards["PyPI"]);
    assert_ne!(manifest.shards["npm"].digest, first.shards["npm"].digest);
    // Who opened the old one goes on reading the old one.
    assert_eq!(open.matches("left", "0.1.0").unwrap().matches[0].id, "GHSA-1");
    let open = Index::open(&to.path().join("npm.idx")).unwrap();
    assert_eq!(open.matches("left", "0.1.0").unwrap().matches[0].id, "GHSA-9");
}

#[test]
fn status_tells_what_is_missing_damaged_or_another() {
    let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    assert!(matches!(status(to.path()), Err(ManifestError::Missing(_))));
    bucket(from.path());
    build(Source::Path(from.path()), to.path(), &anything()).unwrap();
    fs::copy(to.path().join("npm.idx"), to.path().join("PyPI.idx")).unwrap();
    let state = |name: &str| status(to.path()).unwrap().states.remove(name).unwrap();
    assert!(matches!(state("PyPI"), State::Other(_)));
    fs::write(to.path().join("npm.idx"), b"advshard and no more").unwrap();
    assert!(matches!(state("npm"), State::Unusable(ShardError::Foreign)));
    fs::remove_file(to.path().join("npm.idx")).unwrap();
    assert!(matches!(state("npm"), State::Unusable(ShardError::Open { .. })));
    fs::write(to.path().join(MANIFEST), b"{}").unwrap();
    assert!(matches!(status(to.path()), Err(ManifestError::Malformed { .. })));
    let report = build(Source::Path(from.path()), to.path(), &anything()).unwrap();
    assert!(report.problems.iter().any(|problem| problem.file == MANIFEST), "{:?}", report.problems);
    assert!(matches!(state("npm"), State::Ready(_)));
}

#[test]
fn what_cannot_be_read_at_all_is_an_error() {
    let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let build = |path: &Path, options: &Options| {
        build(Source::Path(path), to.path(), options).unwrap_err().to_string()
    };
    let missing = from.path().join("missing");
    assert_eq!(build(&missing, &anything()), format!("cannot read {}", missing.display()));
    put(from.path(), "torn.zip", &archive(&[("a.json", b"{}")])[..40]);
    assert_eq!(build(&from.path().join("torn.zip"), &anything()), "cannot read the archive torn.zip");
    fs::create_dir(from.path().join("empty")).unwrap();
    assert_eq!(build(&from.path().join("empty"), &anything()), "the source has no advisory");
    bucket(from.path());
    let options = Options { ecosystems: vec!["Go".into()], ..anything() };
    assert_eq!(build(from.path(), &options), "the source has no advisory of Go");
    assert!(matches!(status(to.path()), Err(ManifestError::Missing(_))));
}

#[test]
fn an_ecosystem_whose_records_are_all_withdrawn_is_known() {
    let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut withdrawn = record("GHSA-1", &[("npm", "left")]);
    withdrawn["withdrawn"] = json!("2024-06-01T00:00:00Z");
    put(from.path(), "GHSA-1.json", withdrawn.to_string().as_bytes());
    check(from.path(), to.path(), &anything(), &["npm npm.idx 0 0 1 0"]);
    let index = Index::open(&to.path().join("npm.idx")).unwrap();
    assert!(index.matches("left", "0.1.0").unwrap().matches.is_empty());
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let good = record("GHSA-1", &[("npm", "left")]).to_string();
    put(from.path(), "in/GHSA-1.json", good.as_bytes());
    put(from.path(), "out/GHSA-2.json", b"{}");
    std::os::unix::fs::symlink(from.path().join("in"), from.path().join("in/circle")).unwrap();
    std::os::unix::fs::symlink("../out/GHSA-2.json", from.path().join("in/GHSA-2.json")).unwrap();
    check(
        &from.path().join("in"),
        to.path(),
        &anything(),
        &["npm npm.idx 1 1 0 1", "GHSA-2.json: it is a link"],
    );
}

#[test]
fn what_lacks_something_replaces_nothing() {
    let to = tempfile::tempdir().unwrap();
    let records = |ids: &[&str]| {
        let from = tempfile::tempdir().unwrap();
        for id in ids {
            put(from.path(), &format!("{id}.json"), record(id, &[("npm", "left")]).to_string().as_bytes());
        }
        from
    };
    let check = |from: &Path, lacking: Lacking, expected: Result<u64, &[&str]>| {
        let before = status(to.path()).map(|status| status.manifest.shards["npm"].clone());
        let report =
            build(Source::Path(from), to.path(), &Options { lacking, ..Options::default() }).unwrap();
        let told: Vec<String> = report.refused.iter().map(ToString::to_string).collect();
        let now = &status(to.path()).unwrap().manifest.shards["npm"];
        assert_eq!(report.before.get("npm"), before.as_ref().ok());
        match expected {
            Ok(count) => assert_eq!((told, report.shards["npm"].advisories), (vec![], count)),
            Err(expected) => {
                assert_eq!(
                    (told, report.shards.len()),
                    (expected.iter().map(|it| (*it).to_owned()).collect(), 0)
                );
                assert_eq!(now, &before.unwrap());
            }
        }
    };
    check(records(&["A", "B", "C", "D"]).path(), Lacking::Nothing, Ok(4));
    check(records(&["A", "B"]).path(), Lacking::Nothing, Ok(2));
    check(records(&["A", "B", "C", "D"]).path(), Lacking::Nothing, Ok(4));
    let one = records(&["A"]);
    let fewer = ["npm stays as it is: it has 4 advisories, and the source only 1"];
    check(one.path(), Lacking::Nothing, Err(&fewer));
    check(one.path(), Lacking::Records, Err(&fewer));
    let broken = records(&["A", "B", "C"]);
    put(broken.path(), "broken.json", b"{");
    check(
        broken.path(),
        Lacking::Nothing,
        Err(&["nothing of the folder is taken, as one record cannot be read"]),
    );
    check(broken.path(), Lacking::Records, Ok(3));
    check(one.path(), Lacking::Anything, Ok(1));
}

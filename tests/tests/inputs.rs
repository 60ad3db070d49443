//! Files that people, tools and attackers write, damaged in every way: never a crash, and a configuration that is refused is
//! refused with its place.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests: what does not hold ends the test")]

use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use tests::{Advisory, Ran, Site, archive, project, rounds, token};

/// Damaged files a kind of file.
const CASES: u32 = 64;

/// Pieces that parsers of these formats take in a special way.
const PIECES: [&str; 36] = [
    "\0",
    "\u{feff}",
    "\r",
    "\n",
    "\t",
    "  ",
    "\"",
    "'",
    "`",
    "{",
    "}",
    "[",
    "]",
    "[[",
    "- ",
    ": ",
    ",",
    "#",
    "&a ",
    "*a",
    "<<: *a",
    "!!binary ",
    "|\n",
    ">-\n",
    "---\n",
    "${HOME}",
    "null",
    "-1",
    "1e999",
    "99999999999999999999",
    ".inf",
    "true",
    "\\u0000",
    "../../",
    "\u{1F512}",
    "é",
];

/// One way to damage a text.
#[derive(Debug, Clone)]
enum Damage {
    Set(Index, u8),
    Insert(Index, &'static str),
    Remove(Index, Index),
    Repeat(Index, Index, usize),
    Cut(Index),
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let range = |one: &Index, two: &Index, length: usize| {
            let (one, two) = (one.index(length + 1), two.index(length + 1));
            one.min(two)..one.max(two)
        };
        let length = bytes.len();
        match self {
            Self::Set(at, byte) => {
                bytes.iter_mut().skip(at.index(length + 1)).take(1).for_each(|old| *old = *byte)
            }
            Self::Insert(at, piece) => {
                let at = at.index(length + 1);
                bytes.splice(at..at, piece.bytes());
            }
            Self::Remove(one, two) => drop(bytes.drain(range(one, two, length))),
            Self::Repeat(one, two, times) => {
                let range = range(one, two, length);
                let repeated = bytes.get(range.clone()).unwrap_or_default().repeat(*times);
                bytes.splice(range.end..range.end, repeated);
            }
            Self::Cut(at) => bytes.truncate(at.index(length + 1)),
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        6 => (any::<Index>(), select(&PIECES[..])).prop_map(|(at, piece)| Damage::Insert(at, piece)),
        2 => (any::<Index>(), any::<Index>()).prop_map(|(one, two)| Damage::Remove(one, two)),
        1 => (any::<Index>(), any::<Index>(), 1_usize..200).prop_map(|(a, b, times)| Damage::Repeat(a, b, times)),
        1 => any::<Index>().prop_map(Damage::Cut),
    ]
}

/// Bytes that are near to what is valid, and some that are not.
fn near(valid: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let damaged = vec(damage(), 1..6).prop_map(move |damages| {
        let mut bytes = valid.clone();
        for damage in damages {
            damage.apply(&mut bytes);
            bytes.truncate(1 << 20);
        }
        bytes
    });
    prop_oneof![9 => damaged, 1 => vec(any::<u8>(), 0..400)]
}

/// Reads files of `inputs/`: as they should be.
fn valid(names: &[&str]) -> Vec<Vec<u8>> {
    let folder = project().join("tests/inputs");
    names.iter().map(|name| fs::read(folder.join(name)).unwrap()).collect()
}

/// What must hold however the files are damaged.
struct Promise<'a> {
    /// Exit code of the run on the files as they should be.
    whole: i32,
    /// Exit codes of runs on damaged ones.
    damaged: &'a [i32],
    /// The file whose place is named when the exit code is 2.
    place: Option<&'a str>,
}

/// Runs on `valid` and on files near to them, always the same ones, and holds each run to the promise.
fn check(valid: &[Vec<u8>], promise: &Promise<'_>, run: impl Fn(&[Vec<u8>]) -> Ran) {
    let whole = run(valid);
    assert_eq!(whole.code, promise.whole, "{}\n{}", whole.stdout, whole.stderr);
    let config =
        Config { cases: rounds(CASES), failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let files: Vec<_> = valid.iter().cloned().map(near).collect();
    let ended = runner.run(&files, |files| promise.holds(&run(&files)).map_err(TestCaseError::fail));
    match ended {
        Ok(()) => {}
        Err(TestError::Fail(reason, files)) => {
            let files: Vec<_> = files.iter().map(|file| String::from_utf8_lossy(file)).collect();
            panic!("{reason}\nfiles: {files:#?}");
        }
        Err(error) => panic!("{error}"),
    }
}

impl Promise<'_> {
    fn holds(&self, ran: &Ran) -> Result<(), String> {
        let said = format!("exit code {}\n{}\n{}", ran.code, ran.stdout, ran.stderr);
        if !self.damaged.contains(&ran.code) || ran.stderr.contains("panicked") {
            return Err(said);
        }
        let unplaced = |file: &&str| ran.code == 2 && !names_place(&ran.stderr, file);
        self.place.filter(unplaced).map_or(Ok(()), |file| Err(format!("no place in {file}: {said}")))
    }
}

/// Whether a text names a place in `file`: `file:3` or `file:3:1`.
fn names_place(text: &str, file: &str) -> bool {
    let file = format!("{file}:");
    text.split(&file).skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit() && c != '0'))
}

/// The command that judges a tree as it is.
const RUN: [&str; 6] = ["run", "--offline", "--no-cache", "-q", "--format", "json"];

#[test]
fn pipeline_files() {
    let site = Site::new();
    site.write("requirements.txt", "flask==2.2.4\n").write("docs/a.md", "text\n");
    let flask = FLASK.record().to_string();
    site.write("advisories/one.json", flask);
    let promise = Promise { whole: 1, damaged: &[0, 1, 2, 3], place: Some("sluicegate.yaml") };
    check(&valid(&["sluicegate.yaml"]), &promise, |files| {
        site.write("sluicegate.yaml", files.concat());
        site.run(&RUN)
    });
}

const FLASK: Advisory =
    Advisory { ecosystem: "PyPI", package: "flask", id: "TEST-1", introduced: "0", fixed: "2.2.5" };

/// A tree that is judged by advisories of its own.
fn advised() -> Site {
    let site = Site::new();
    let policy = "version: 1\nstages:\n  dependencies: { advisories: [./advisories], database: none }\n";
    site.write("sluicegate.yaml", policy).write("advisories/one.json", FLASK.record().to_string());
    site
}

#[test]
fn lockfiles() {
    let site = advised();
    let names = ["Cargo.lock", "package-lock.json", "poetry.lock", "uv.lock", "go.mod", "requirements.txt"];
    check(&valid(&names), &Promise { whole: 1, damaged: &[0, 1, 3], place: None }, |files| {
        for (number, (name, file)) in names.iter().zip(files).enumerate() {
            site.write(&format!("{number}/{name}"), file);
        }
        site.run(&RUN)
    });
}

#[test]
fn declarations_beside_lockfiles() {
    let site = Site::new();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  inventory: {}\n");
    let lockfiles = ["Cargo.lock", "package-lock.json", "poetry.lock", "go.mod"];
    for (name, text) in lockfiles.iter().zip(valid(&lockfiles)) {
        site.write(name, text);
    }
    let names = ["Cargo.toml", "package.json", "pyproject.toml", "go.sum"];
    check(&valid(&names), &Promise { whole: 0, damaged: &[0, 3], place: None }, |files| {
        for (name, file) in names.iter().zip(files) {
            site.write(name, file);
        }
        site.run(&RUN)
    });
}

#[test]
fn baselines() {
    let site = Site::new();
    site.write("leak.py", format!("token = \"{}\"\n", token(1)));
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\nbaseline: baseline.json\n");
    // A salt that is there is kept; without one, each time would be another.
    let salt = ["90"; 32].join(",");
    let empty = format!(r#"{{"version":1,"created":"2026-01-01","salt":[{salt}],"findings":[],"gaps":[]}}"#);
    site.write("baseline.json", empty);
    assert_eq!(site.run(&["baseline", "--offline", "--output", "baseline.json"]).code, 0);
    let valid = fs::read(site.tree().join("baseline.json")).unwrap();
    check(&[valid], &Promise { whole: 0, damaged: &[0, 1, 2], place: None }, |files| {
        site.write("baseline.json", files.concat());
        site.run(&RUN)
    });
}

#[test]
fn records() {
    let site = Site::new();
    site.write("leak.py", format!("token = \"{}\"\n", token(1)));
    assert_eq!(site.run(&["run", "--offline", "--record", "../record"]).code, 1);
    let packed = fs::read(site.beside("record")).unwrap();
    check(&[packed], &Promise { whole: 1, damaged: &[1, 2], place: None }, |files| {
        fs::write(site.beside("damaged"), files.concat()).unwrap();
        let ran = site.run(&["report", "../damaged", "--format", "json"]);
        assert!(ran.code != 2 || ran.stderr.contains("../damaged"), "{}", ran.stderr);
        ran
    });
}

#[test]
fn advisories_of_ones_own() {
    let site = advised();
    site.write("requirements.txt", "flask==2.2.4\n");
    let valid = FLASK.record().to_string().into_bytes();
    check(&[valid], &Promise { whole: 1, damaged: &[0, 1, 3], place: None }, |files| {
        site.write("advisories/one.json", files.concat());
        site.run(&RUN)
    });
}

#[test]
fn databases() {
    let site = Site::new();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  dependencies: {}\n");
    site.database(&[FLASK]).write("requirements.txt", "flask==2.2.4\n");
    let shard = site.home().join(".local/share/sluicegate/advisories/PyPI.idx");
    let index = fs::read(&shard).unwrap();
    check(&[index], &Promise { whole: 1, damaged: &[0, 1, 3], place: None }, |files| {
        fs::write(&shard, files.concat()).unwrap();
        site.run(&RUN)
    });
    check(&[archive([&FLASK])], &Promise { whole: 0, damaged: &[0, 3], place: None }, |files| {
        fs::write(site.beside("all.zip"), files.concat()).unwrap();
        site.run(&["db", "update", "--from", "../all.zip"])
    });
}

#[test]
fn rules_of_ones_own() {
    let site = Site::new();
    let policy = "version: 1\nstages:\n  secrets: { rules: [rules.yaml], gitleaks: .gitleaks.toml }\n";
    site.write("sluicegate.yaml", policy).write("keys.py", "key = \"shop_0f1e2d3c4b5a6978\"\n");
    let names = ["rules.yaml", ".gitleaks.toml"];
    check(&valid(&names), &Promise { whole: 1, damaged: &[0, 1, 2, 3], place: None }, |files| {
        for (name, file) in names.iter().zip(files) {
            site.write(name, file);
        }
        site.run(&RUN)
    });
}

#[test]
fn nesting_beyond_reason() {
    let site = Site::new();
    let check = |name: &str, head: &str, piece: &str, code: i32| {
        for times in [100, 2_000, 50_000] {
            site.write(name, format!("{head}{}", piece.repeat(times)));
            let ran = site.run(&RUN);
            assert_eq!(ran.code, code, "{name}: {times} times {piece:?}\n{}\n{}", ran.stdout, ran.stderr);
        }
        site.remove(name);
    };
    site.write("more.txt", "1\n");
    for piece in ["[", "{\"a\":", "[{\"a\":"] {
        check("package-lock.json", "{\"packages\":", piece, 3);
    }
    for piece in ["[", "{a=", "[{a=", "a.", "[[a]]\n[a.b]\n", "{b = 1\n[[c]]\nd = "] {
        check("poetry.lock", "a = ", piece, 3);
    }
    for piece in ["[", "{a: ", "- ", "a:\n ", "&a [*a, ", "? "] {
        check("sluicegate.yaml", "stages: ", piece, 2);
    }
}

//! A history that is packed, of which a scan reads what changed, says what the same history says as loose objects, of which
//! it reads every one as a whole. Each seed is a history of its own: files of code in which credentials come, grow, break and go.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests: what does not hold ends the test")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;
use tests::{Site, leak, rounds, token};

/// Histories that are compared.
const HISTORIES: u32 = 12;
/// Histories of which a packed one once said something else: values in the middle of a key, on a line below their name.
const ONCE_APART: &[u32] = &[40, 1043];
/// Every which history is also read by one thread.
const ALONE: u32 = 4;

const POLICY: &str = "version: 1\nstages:\n  secrets:\n    history: all\n";
/// The folder whose files are in UTF-16.
const WIDE: &str = "f2/";
const WORDS: &[&str] =
    &["alpha", "index", "count", "render", "table", "user", "path", "open", "close", "node", "width"];
const NAMES: &[&str] =
    &["password", "db_password", "checksum", "token", "label", "api_key", "color", "digest", "client_secret"];
const ENDINGS: &[&str] =
    &["py", "yml", "json", "txt", "sh", "env", "js", "md", "tfstate", "properties", "ini"];
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A row of numbers that a seed fixes: splitmix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// Returns a number below `end`, or 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end as u64).max(1)).unwrap_or(0)
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let at = self.below(list.len());
        list.get(at).expect("the list is not empty")
    }

    fn small(&mut self) -> u32 {
        u32::try_from(self.below(12)).unwrap_or(0)
    }

    fn digits(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(*self.of(DIGITS))).collect()
    }

    fn code(&mut self) -> String {
        let count = 1 + self.below(9);
        (0..count).map(|_| *self.of(WORDS)).collect::<Vec<_>>().join(" ")
    }

    /// Returns a password: most are seen again, under other names and in other places.
    fn value(&mut self) -> String {
        let seed = if self.below(3) > 0 { self.small().into() } else { self.next() };
        let mut own = Chance(seed);
        let length = 10 + own.below(20);
        own.digits(length).replace(['+', '/'], "x")
    }

    /// Returns a few lines, with a credential in most of them.
    fn piece(&mut self) -> Vec<String> {
        let (name, value) = (*self.of(NAMES), self.value());
        let lines = match self.below(12) {
            0 => format!("{name} = \"{value}\""),
            1 => format!("{name}: {value}"),
            2 => format!("\"{name}\": \"{value}\","),
            3 => format!("{name} = (\n    \"{value}\"\n)"),
            4 => format!("{name}: >-\n  {value}"),
            5 => format!("\"{name}\": {{\n  \"value\": \"{value}\"\n}}"),
            6 => format!("https://ann:{value}@db.shop.io/x"),
            7 => leak(self.small()).trim_end().to_owned(),
            8 => format!("x {}", token(self.small())),
            9 => self.key(),
            10 => self.json_key(),
            _ => self.wrapped(),
        };
        lines.lines().map(str::to_owned).collect()
    }

    fn key(&mut self) -> String {
        let label = *self.of(&["RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"]);
        let mut own = Chance(self.small().into());
        let count = 2 + own.below(24);
        let body: Vec<String> = (0..count).map(|_| own.digits(64)).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", body.join("\n"))
    }

    fn json_key(&mut self) -> String {
        let mut own = Chance(self.small().into());
        let (public, private) = (own.digits(342), own.digits(342));
        format!("{{\n  \"kty\": \"RSA\",\n  \"n\": \"{public}\",\n  \"d\": \"{private}\"\n}}")
            .replace('+', "-")
    }

    /// Returns base64 of a text with a credential, in lines.
    fn wrapped(&mut self) -> String {
        let (name, value) = (*self.of(NAMES), self.value());
        let text = format!("{}\n{name} = \"{value}\"\n{}{}\n", self.code(), leak(self.small()), self.code());
        let digits = base64(text.as_bytes());
        let width = *self.of(&[64, 76, 500]);
        digits.as_bytes().chunks(width).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n")
    }
}

fn base64(bytes: &[u8]) -> String {
    let digit = |bits: u32| char::from(*DIGITS.get((bits & 63) as usize).expect("there are 64 digits"));
    let group = |part: &[u8]| {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | u32::from(part.get(at).copied().unwrap_or(0)));
        let group: String =
            [18, 12, 6, 0].iter().take(part.len() + 1).map(|shift| digit(bits >> shift)).collect();
        format!("{group:=<4}")
    };
    bytes.chunks(3).map(group).collect()
}

type Files = BTreeMap<String, Vec<String>>;

/// Returns the versions that a seed stands for.
fn history(seed: u32) -> Vec<Files> {
    let mut chance = Chance(u64::from(seed) << 32);
    let mut files = Files::new();
    for number in 0..1 + chance.below(3) {
        let mut lines: Vec<String> = (0..5 + chance.below(50)).map(|_| chance.code()).collect();
        for _ in 0..chance.below(5) {
            let at = chance.below(lines.len());
            lines.splice(at..at, chance.piece());
        }
        files.insert(format!("f{number}/a.{}", chance.of(ENDINGS)), lines);
    }
    let mut versions = vec![files.clone()];
    for number in 0..6 + chance.below(18) {
        for (path, lines) in &mut files {
            for _ in 0..chance.below(4) {
                change(lines, &mut chance);
            }
            let earlier = versions.get(chance.below(versions.len())).and_then(|files| files.get(path));
            if let Some(earlier) = earlier.filter(|_| chance.below(24) == 0) {
                lines.clone_from(earlier);
            }
        }
        if let Some(copied) = files.values().next().cloned().filter(|_| chance.below(12) == 0) {
            files.insert(format!("n{number}.{}", chance.of(ENDINGS)), copied);
        }
        versions.push(files.clone());
    }
    versions
}

/// Changes a few lines.
fn change(lines: &mut Vec<String>, chance: &mut Chance) {
    let at = chance.below(lines.len());
    let few = at..lines.len().min(at + 1 + chance.below(6));
    let other = chance.below(lines.len());
    match chance.below(16) {
        0 | 1 => drop(lines.splice(at..at, vec![chance.code(); 1 + chance.below(3)])),
        2..=4 => drop(lines.splice(at..at, chance.piece())),
        5 | 6 => drop(lines.drain(few)),
        7 if at < lines.len() && other < lines.len() => lines.swap(at, other),
        8 | 9 => {
            let copied: Vec<String> = lines.get(few).unwrap_or_default().to_vec();
            lines.splice(other..other, copied);
        }
        10 => {
            let moved: Vec<String> = lines.drain(few).collect();
            let to = other.min(lines.len());
            lines.splice(to..to, moved);
        }
        11 if few.len() > 1 => {
            let joined = lines.get(few.clone()).unwrap_or_default().concat();
            lines.splice(few, [joined]);
        }
        12 | 13 => rename(lines, chance),
        _ => {
            if let Some(line) = lines.get_mut(at) {
                *line = match chance.below(3) {
                    0 => chance.code(),
                    1 => format!("{line} {}", chance.of(WORDS)),
                    _ => line.chars().skip(1).collect(),
                };
            }
        }
    }
}

/// Gives a value another name.
fn rename(lines: &mut [String], chance: &mut Chance) {
    let named = |line: &&mut String| NAMES.iter().any(|name| line.contains(name));
    let mut all: Vec<_> = lines.iter_mut().filter(named).collect();
    let at = chance.below(all.len());
    if let Some(line) = all.get_mut(at) {
        let old = NAMES.iter().find(|name| line.contains(**name)).copied().unwrap_or_default();
        let new = *chance.of(NAMES);
        **line = line.replacen(old, new, 1);
    }
}

/// Returns a text in UTF-16.
fn wide(text: &str) -> Vec<u8> {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// Makes a repository of the versions, every object of it loose.
fn loose(versions: &[Files]) -> Site {
    let site = Site::repository();
    site.write("sluicegate.yaml", POLICY);
    let mut stream = Vec::new();
    for (version, time) in versions.iter().zip(1_700_000_000..) {
        let head = format!("commit refs/heads/main\ncommitter a <a@shop.example> {time} +0000\ndata 1\nx\n");
        stream.extend(head.into_bytes());
        for (path, lines) in version {
            let end = if lines.len() % 3 > 0 { "\n" } else { "" };
            let text = lines.join("\n") + end;
            let content = if path.starts_with(WIDE) { wide(&text) } else { text.into_bytes() };
            stream.extend(format!("M 100644 inline {path}\ndata {}\n", content.len()).into_bytes());
            stream.extend(content);
            stream.push(b'\n');
        }
    }
    let mut import = site.bare("git");
    import.args(["-c", "fastimport.unpackLimit=100000", "fast-import", "--quiet"]).stdin(Stdio::piped());
    let mut import = import.spawn().expect("git starts");
    let mut input = import.stdin.take().expect("there is a pipe");
    input.write_all(&stream).expect("git reads");
    drop(input);
    assert!(import.wait().expect("git ends").success());
    site
}

/// Returns a repository that fetched the history in two packs: objects of the first that deltas of the second start from are
/// in both.
fn fetched(from: &Site, versions: usize) -> Site {
    let site = Site::repository();
    site.write("sluicegate.yaml", POLICY);
    from.git(&["branch", "half", &format!("main~{}", versions / 2)]);
    let path = from.tree();
    for branch in ["half", "main"] {
        let what = format!("{branch}:refs/heads/main");
        let path = path.to_str().expect("a path is UTF-8");
        site.git(&["-c", "fetch.unpackLimit=1", "fetch", "--quiet", "--update-head-ok", path, &what]);
    }
    site
}

fn report(site: &Site, jobs: &str) -> String {
    let ran = site.run(&["run", "--quiet", "--no-cache", "--format", "json", "--jobs", jobs]);
    assert!(ran.code < 2, "{}", ran.stderr);
    ran.stdout
}

/// Appends what only one of two reports says.
fn compare(seed: u32, how: &str, loose: &Value, packed: &Value, differing: &mut Vec<String>) {
    for list in ["findings", "gaps"] {
        let said = |report: &Value| report[list].as_array().cloned().unwrap_or_else(|| panic!("{report}"));
        let (one, other) = (said(loose), said(packed));
        let missing = one.iter().filter(|item| !other.contains(item));
        let added = other.iter().filter(|item| !one.contains(item));
        differing.extend(missing.map(|item| format!("seed {seed}, {how}: not said: {item}")));
        differing.extend(added.map(|item| format!("seed {seed}, {how}: only said there: {item}")));
    }
}

#[test]
fn a_packed_history_says_what_a_loose_one_says() {
    let (mut found, mut differing) = (0, Vec::new());
    for seed in (0..rounds(HISTORIES)).chain(ONCE_APART.iter().copied()) {
        let versions = history(seed);
        let site = loose(&versions);
        let loose = report(&site, "2");
        site.git(&["repack", "-adfq", "--depth=50", "--window=50"]);
        let packed = report(&site, "2");
        if seed % ALONE == 0 {
            assert_eq!(report(&site, "1"), packed, "seed {seed}");
        }
        let fetched = report(&fetched(&site, versions.len()), "2");
        let read = |text: &str| {
            serde_json::from_str::<Value>(text).unwrap_or_else(|error| panic!("{error}: {text}"))
        };
        let loose = read(&loose);
        found += loose["findings"].as_array().map_or(0, Vec::len);
        compare(seed, "packed", &loose, &read(&packed), &mut differing);
        compare(seed, "fetched", &loose, &read(&fetched), &mut differing);
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    assert!(found > HISTORIES as usize, "{found}");
}

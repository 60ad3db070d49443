//! What is made to cost much time or memory costs little, and what is too much is said.

#![expect(clippy::disallowed_methods, reason = "the test measures time")]

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use secrets::{Hint, Limit, Options, RuleKind, Rules, Scanned, scan};

const OPTIONS: Options = Options { salt: [7; 32], threshold: 60, archives: true };

/// Processor time of one text in a build without optimization that nobody has to look into. Code that reads a text again for
/// every keyword takes several times as long for each of these.
const MOST: Duration = Duration::from_secs(3);
/// So much longer may a text take that is four times as long: what is read again for every keyword takes sixteen times.
const GROWTH: u32 = 8;
const LENGTH: usize = 512 << 10;

/// Returns the processor time of this thread; where the system does not tell, the time of day has to do.
fn time() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

fn look(text: &[u8], rules: &Rules) -> Scanned {
    scan(text, std::slice::from_ref(&(0..text.len())), &Hint::of("a.txt"), rules, &OPTIONS)
}

fn repeated(piece: &str, length: usize) -> Vec<u8> {
    piece.as_bytes().iter().copied().cycle().take(length).collect()
}

#[test]
fn a_keyword_again_and_again_takes_no_longer_than_other_text() {
    let (rules, hint) = (Rules::own().unwrap(), Hint::of("a.txt"));
    let pieces = [
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n",
        "---- BEGIN PRIVATE KEY ----\n",
        "-----BEGIN PRIVATE KEY-----\n-----END ",
        "PuTTY-User-Key-File-2: x\n",
        "PuTTY-User-Key-File-2: x\nEncryption: none\nComment:\nPublic-Lines: 99\n",
        "eyJ",
        ".eyJ",
        "_eyJ",
        "-eyJ",
        "eyJhbGciOiJIUzI1NiJ9.",
        "\"kty\"",
        "{\"kty\":\"oct\"",
        "\"kty\"}",
        "a://",
        "a://b:",
        "a://b:c@d",
        "basic ",
        "password",
        "password ",
        "key, key(",
        "%41",
        "%41%41 ",
        "{[",
        "<a b=\"",
    ];
    let slow: Vec<String> =
        pieces.iter().filter_map(|piece| takes_long(&hint, piece, LENGTH, &rules)).collect();
    assert!(slow.is_empty(), "{slow:#?}");
    // Each of these names a value, which costs what weighing it costs.
    let pieces = ["auth: bearer ", "password=", "password = \"", "PuTTY-User-Key-File-2: x"];
    let slow: Vec<String> =
        pieces.iter().filter_map(|piece| takes_long(&hint, piece, LENGTH / 4, &rules)).collect();
    assert!(slow.is_empty(), "{slow:#?}");
}

#[test]
fn no_reader_reads_its_file_again_and_again() {
    let rules = Rules::own().unwrap();
    let names = [
        ".netrc",
        "wp-config.php",
        "settings.xml",
        "terraform.tfstate",
        ".env",
        "database.yml",
        ".npmrc",
        "kubeconfig",
        "config.php",
        "redis.conf",
        ".pgpass",
        "shadow",
        "gradle.properties",
        ".my.cnf",
        "prod.tfvars",
    ];
    let pieces = [
        "{\"a\":",
        "[",
        "[a]\n",
        "<a>",
        "<a b='c' ",
        "a: ",
        "a:\n  ",
        "- ",
        "x = ",
        "define('",
        "\"",
        "'",
        "#",
        "/*",
        "<!--",
        "<![CDATA[",
        "&",
        "$x->",
        "machine a login ",
        "\\",
    ];
    let mut slow = Vec::new();
    for name in names {
        let hint = Hint::of(name);
        let of_name = pieces.iter().filter_map(|piece| takes_long(&hint, piece, 128 << 10, &rules));
        slow.extend(of_name.map(|piece| format!("{name} {piece}")));
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

fn takes_long(hint: &Hint, piece: &str, length: usize, rules: &Rules) -> Option<String> {
    let took = |length| {
        let text = repeated(piece, length);
        let started = time();
        scan(&text, std::slice::from_ref(&(0..text.len())), hint, rules, &OPTIONS);
        time() - started
    };
    let whole = took(length);
    // A busy machine is slow with every text.
    let quarter = if whole > MOST { took(length / 4) } else { MOST };
    (whole > GROWTH * quarter).then(|| format!("{piece:?}: {whole:?}, a quarter of it {quarter:?}"))
}

#[test]
fn no_rule_reads_its_keyword_again_and_again() {
    let (rules, hint) = (Rules::own().unwrap(), Hint::of("a.txt"));
    let known = rules.entries().filter(|rule| rule.kind != RuleKind::Engine);
    let keywords: BTreeSet<&str> = known.flat_map(|rule| &rule.keywords).map(String::as_str).collect();
    let mut slow = Vec::new();
    // All of them would take minutes; each thirteenth stands for its neighbors.
    for keyword in keywords.into_iter().step_by(13) {
        // What a value may hold behind the keyword, so that expressions go on as far as they can.
        for piece in [format!("{keyword}0aB-"), format!(" {keyword}=")] {
            slow.extend(takes_long(&hint, &piece, 16 << 10, &rules));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

#[test]
fn of_too_many_the_worst_are_kept() {
    let rules = Rules::own().unwrap();
    let token = ["ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"].concat();
    let mut text: String = (0..1500).map(|at| format!("http://u:kw9T{at:x}xQ@localhost/\n")).collect();
    text.push_str(&token);
    let scanned = look(text.as_bytes(), &rules);
    assert_eq!((scanned.hits.len(), scanned.limits), (1000, vec![Limit::TooManyHits]));
    let last = scanned.hits.last().and_then(|hit| rules.entry(hit.rule)).unwrap();
    assert_eq!(last.id, "github-personal-access-token");
}

#[test]
fn a_text_that_looks_like_an_archive_is_read_as_text() {
    let rules = Rules::own().unwrap();
    let token = ["ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"].concat();
    let check = |head: &[u8], expected: usize| {
        let text = [head, b" \n", token.as_bytes(), b"\n"].concat();
        let scanned = look(&text, &rules);
        assert_eq!((scanned.hits.len(), scanned.limits), (expected, vec![]), "{head:?}");
    };
    let mut tar = vec![b'x'; 512];
    tar[257..262].copy_from_slice(b"ustar");
    check(&tar, 1);
    check(b"PK\x03\x04", 1);
    check(b"\x1f\x8b\x08", 1);
    let broken = look(&[b"PK\x03\x04".as_slice(), &[0; 99]].concat(), &rules);
    assert_eq!((broken.limits, broken.counts.binary), (vec![Limit::ArchiveUnreadable], 1));
}

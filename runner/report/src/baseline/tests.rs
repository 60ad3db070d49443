//! Baselines: the file, what it accepts, and what a change may do to it.

use jiff::civil::date;
use model::{GapKind, Severity, SuppressionKind};
use proptest::prelude::*;

use super::*;
use crate::fixtures::{TODAY, case, finding, gap, ignored, policy, record, scoped};
use crate::judge;

/// The baseline of findings `(rule, path, identity)` and of gaps at paths.
fn of(findings: &[(&str, &str, &str)], gaps: &[&str]) -> Baseline {
    let findings =
        findings.iter().map(|(rule, path, identity)| finding(rule, Severity::High, path, identity)).collect();
    let gaps = gaps.iter().map(|path| gap(GapKind::Unread, "too-large", Some(path))).collect();
    let record = record(findings, gaps);
    let policy = policy("{}");
    Baseline::of(&record, &judge(&case(&record, &policy)), TODAY, [0xab; 32])
}

#[test]
fn the_file_has_one_entry_a_line_and_is_sorted() {
    let baseline = of(&[("token", "b", "x"), ("key", "a", "y")], &["big"]);
    insta::assert_snapshot!(baseline.write());
    assert_eq!(Baseline::read(baseline.write().as_bytes()).unwrap(), baseline);
    let empty = of(&[], &[]).write();
    assert!(empty.ends_with("\"findings\": [],\n\"gaps\": []\n}\n"), "{empty}");
}

#[test]
fn what_is_let_through_already_and_what_always_blocks_stays_out() {
    let waived = finding("token", Severity::High, "legacy/a", "x");
    let suppressed = ignored(SuppressionKind::Inline, finding("token", Severity::High, "b", "y"));
    let lost = gap(GapKind::Lost, "no-database", None);
    let policy = policy("waivers: [{ path: 'legacy/**', reason: r, owner: o, expires: 2027-01-31 }]");
    let record = scoped("full", vec![waived, suppressed], vec![lost]);
    assert!(Baseline::of(&record, &judge(&case(&record, &policy)), TODAY, [0; 32]).is_empty());
}

#[test]
fn a_file_that_is_no_baseline_is_refused() {
    let check = |text: &str, expected: &str| {
        let error = Baseline::read(text.as_bytes()).unwrap_err();
        let (line, column) = error.place(text);
        assert_eq!(format!("{line}:{column} {error}"), expected)
    };
    let good = of(&[("token", "b", "x")], &[]).write();
    check("", "1:1 malformed: EOF while parsing a value");
    check(
        &good.replace("\"gaps\"", "\"gap\""),
        "8:5 malformed: unknown field `gap`, expected one of `version`, `created`, `salt`, `findings`, `gaps`",
    );
    check(&good.replace("\"stage\"", "<<<<<<<"), "6:2 malformed: key must be a string");
    check(&good.replace("1,\n", "2,\n"), "2:1 the baseline has version 2; this program reads version 1");
    check(
        &good.replace("2026-11-22", "yesterday"),
        "3:1 `created` of the baseline is no date: write it as 2027-01-31",
    );
    // Which column of a list is named is the matter of the reader of JSON.
    for salt in [good.replacen("171", "271", 1), good.replacen("171, ", "", 1)] {
        let error = Baseline::read(salt.as_bytes()).unwrap_err();
        assert_eq!(error.place(&salt).0, 4, "{error}");
    }
    check(
        &good.replace("\"version\": 1,", "\"version\": 1, \"version\": 1,"),
        "2:23 malformed: duplicate field `version`",
    );
}

#[test]
fn a_change_cannot_accept_for_itself() {
    let check =
        |target: Option<&Baseline>, head: Option<&Baseline>, left: Option<usize>, expected: &[&str]| {
            let (merged, loosened) = Baseline::tighten(target, head);
            assert_eq!(merged.as_ref().map(Baseline::len), left);
            assert_eq!(loosened.iter().map(|one| one.message.as_str()).collect::<Vec<_>>(), expected);
            merged
        };
    let small = of(&[("token", "b", "x")], &["big"]);
    let large = of(&[("token", "b", "x"), ("key", "a", "y")], &["big", "huge"]);
    check(Some(&small), Some(&small), Some(2), &[]);
    check(
        Some(&small),
        Some(&large),
        Some(2),
        &[
            "accepts secrets/key at a; the entry is new and does not count",
            "accepts secrets too-large at huge; the entry is new and does not count",
        ],
    );
    check(Some(&large), Some(&small), Some(2), &[]);
    check(Some(&small), None, None, &[]);
    check(None, None, None, &[]);
    check(
        None,
        Some(&small),
        None,
        &[
            "accepts secrets/token at b; the entry is new and does not count",
            "accepts secrets too-large at big; the entry is new and does not count",
        ],
    );
    let resalted = Baseline { salt: [1; 32], created: date(2030, 1, 1), ..small.clone() };
    let merged = check(Some(&small), Some(&resalted), Some(2), &[]).unwrap();
    assert_eq!(
        (merged.salt(), merged.created()),
        (small.salt(), small.created()),
        "the target's day and salt hold"
    );
}

#[test]
fn an_entry_accepts_one_finding() {
    let accepted = of(&[("token", "a", "x")], &[]);
    let twice = record(
        vec![finding("token", Severity::High, "a", "x"), finding("token", Severity::High, "a", "x")],
        vec![],
    );
    let findings: Vec<&Finding> = twice.findings().collect();
    assert_eq!(accepted.has(&findings), [true, false]);
    let moved = record(vec![finding("token", Severity::High, "renamed", "x")], vec![]);
    assert_eq!(accepted.has(&moved.findings().collect::<Vec<_>>()), [true]);
    let other = record(vec![finding("token", Severity::High, "a", "another")], vec![]);
    assert_eq!(accepted.has(&other.findings().collect::<Vec<_>>()), [false]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Baseline::read(&bytes);
    }

    #[test]
    fn any_damage_is_read_or_refused(at in 0_usize..1_000, byte in any::<u8>()) {
        let mut bytes = of(&[("token", "b", "x")], &["big"]).write().into_bytes();
        let length = bytes.len();
        bytes[at % length] = byte;
        let _ = Baseline::read(&bytes);
    }
}

#[test]
fn a_part_of_the_pipeline_says_nothing_of_the_rest() {
    let earlier = of(&[("token", "a", "x"), ("token", "a", "x"), ("token", "b", "y")], &["big"]);
    let check = |mut now: Baseline, of: &str, left: usize| {
        now.keep(&earlier, |stage| stage == of);
        assert_eq!(now.len(), left);
        assert_eq!(Baseline::read(now.write().as_bytes()).unwrap(), now, "it stays sorted");
    };
    let stage = earlier.findings.first().unwrap().stage.clone();
    check(of(&[], &[]), &stage, 4);
    check(of(&[], &[]), "another", 0);
    // One that is there already is not there twice; one that is new stays.
    check(of(&[("token", "a", "x"), ("token", "c", "z")], &["big"]), &stage, 5);
    check(of(&[("token", "a", "x"), ("token", "c", "z")], &["big"]), "another", 3);
}

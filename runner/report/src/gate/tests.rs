//! The gate, case by case: what was found, what it is compared with, the policy, and the whole verdict expected.

mod gaps;
mod rules;
mod waivers;

use std::collections::BTreeMap;

use model::{Finding, Gap, GapKind, Message, Policy as By, Severity, Status};

use super::*;
use crate::fixtures::{TODAY, advisory, case, finding, gap, header, outcome, policy, record};
use crate::{Allowlists, Record};
use waivers::waiver;

const HIGH: Severity = Severity::High;

/// Words a verdict, a line each.
fn summary(record: &Record, verdict: &Verdict) -> Vec<String> {
    let mut lines = vec![format!("{} {}", verdict.decision.name(), verdict.exit().code())];
    for (finding, judged) in record.findings().zip(&verdict.findings) {
        let path = finding.location.path().unwrap_or("-");
        let failed = judged.failed.iter().map(|rule| format!(" !{rule}")).collect::<String>();
        let ignored = judged.ignored.as_ref().map(|rule| format!(" ~{rule}")).unwrap_or_default();
        lines.push(format!("{} {path} {}{failed}{ignored}", finding.rule, judged.state));
    }
    for (gap, judged) in record.gaps().zip(&verdict.gaps) {
        lines.push(format!(
            "gap {} {}{}",
            gap.code,
            judged.state,
            if judged.blocks { " blocks" } else { "" }
        ));
    }
    lines.extend(verdict.failed.iter().map(|failed| format!("failed {}: {}", failed.rule, failed.message)));
    lines.extend(verdict.blocking.iter().map(|blocking| format!("blocking {}", blocking.message)));
    lines.extend(verdict.warnings.iter().map(|warning| format!("warning {}", warning.message)));
    lines.extend(verdict.loosened.iter().map(|one| format!("loosened {}: {}", one.what, one.message)));
    lines.extend(verdict.notes.iter().map(|note| format!("note {note}")));
    lines
}

/// Checks the verdict on a tree as a whole.
fn check(yaml: &str, findings: Vec<Finding>, expected: &[&str]) {
    let (record, policy) = (record(findings, vec![]), policy(yaml));
    assert_eq!(summary(&record, &judge(&case(&record, &policy))), expected, "{yaml}");
}

/// Checks the verdict on a change, with what the merge-base has and has not.
fn check_change(yaml: &str, base: Vec<Finding>, now: Vec<Finding>, expected: &[&str]) {
    check_renamed(yaml, &[], (base, vec![]), (now, vec![]), expected);
}

fn check_renamed(
    yaml: &str,
    renames: &[(&str, &str)],
    base: (Vec<Finding>, Vec<Gap>),
    now: (Vec<Finding>, Vec<Gap>),
    expected: &[&str],
) {
    let (base, now, policy) = (record(base.0, base.1), record(now.0, now.1), policy(yaml));
    let renames = renames.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect();
    let verdict = judge(&Case { comparison: Some(comparison(&base, &renames)), ..case(&now, &policy) });
    assert_eq!(summary(&now, &verdict), expected, "{yaml}");
}

fn comparison<'a>(base: &'a Record, renames: &'a BTreeMap<String, String>) -> Comparison<'a> {
    let base_time = Some("2026-06-01T00:00:00Z".parse().unwrap());
    Comparison { base: Some(base), base_time, renames, tip: None, allowlists: Allowlists::Head }
}

fn token(path: &str) -> Finding {
    finding("token", HIGH, path, "x")
}

fn of(severity: Severity, path: &str) -> Finding {
    finding("token", severity, path, path)
}

#[test]
fn severities_fail_from_the_threshold_on() {
    check("{}", vec![], &["pass 0"]);
    check("{}", vec![of(Severity::Medium, "a")], &["pass 0", "token a new"]);
    check(
        "{}",
        vec![of(HIGH, "a"), of(Severity::Critical, "b"), of(Severity::Low, "c")],
        &[
            "fail 1",
            "token a new !fail-on",
            "token b new !fail-on",
            "token c new",
            "failed fail-on: 2 findings reach high: 1 critical, 1 high",
        ],
    );
    check("gate: { fail-on: never }", vec![of(Severity::Critical, "a")], &["pass 0", "token a new"]);
    check(
        "gate: { fail-on: info }",
        vec![of(Severity::Info, "a")],
        &["fail 1", "token a new !fail-on", "failed fail-on: 1 finding reaches info: 1 info"],
    );
}

#[test]
fn unknown_counts_as_the_policy_says() {
    check(
        "{}",
        vec![of(Severity::Unknown, "a")],
        &["fail 1", "token a new !fail-on", "failed fail-on: 1 finding reaches high: 1 high"],
    );
    check("gate: { unknown-as: low }", vec![of(Severity::Unknown, "a")], &["pass 0", "token a new"]);
    check(
        "gate: { unknown-as: low, max: { low: 0 } }",
        vec![of(Severity::Unknown, "a")],
        &["fail 1", "token a new !max.low", "failed max.low: 1 finding of severity low, 0 allowed"],
    );
}

#[test]
fn more_than_the_allowed_number_fails() {
    let three = || vec![of(Severity::Medium, "a"), of(Severity::Medium, "b"), of(Severity::Medium, "c")];
    check("gate: { max: { medium: 3 } }", three(), &["pass 0", "token a new", "token b new", "token c new"]);
    check(
        "gate: { max: { medium: 2, low: 0 } }",
        three(),
        &[
            "fail 1",
            "token a new !max.medium",
            "token b new !max.medium",
            "token c new !max.medium",
            "failed max.medium: 3 findings of severity medium, 2 allowed",
        ],
    );
}

#[test]
fn what_the_merge_base_has_is_let_through_when_only_new_counts() {
    check_change("{}", vec![token("a")], vec![token("a")], &["pass 0", "token a unchanged"]);
    check_change(
        "gate: { new-only: false }",
        vec![token("a")],
        vec![token("a")],
        &["fail 1", "token a unchanged !fail-on", "failed fail-on: 1 finding reaches high: 1 high"],
    );
    check_change(
        "{}",
        vec![token("a")],
        vec![token("a"), finding("key", HIGH, "a", "y")],
        &[
            "fail 1",
            "key a new !fail-on",
            "token a unchanged",
            "failed fail-on: 1 finding reaches high: 1 high",
        ],
    );
    check_change(
        "gate: { max: { high: 0 } }",
        vec![token("a")],
        vec![token("a")],
        &["pass 0", "token a unchanged"],
    );
}

#[test]
fn a_copy_is_new_and_a_move_is_not() {
    check_change(
        "{}",
        vec![token("b")],
        vec![token("b"), token("a")],
        &[
            "fail 1",
            "token a new !fail-on",
            "token b unchanged",
            "failed fail-on: 1 finding reaches high: 1 high",
        ],
    );
    check_change("{}", vec![token("a")], vec![token("z")], &["pass 0", "token z unchanged"]);
    check_change(
        "{}",
        vec![token("a")],
        vec![token("a"), token("a")],
        &[
            "fail 1",
            "token a unchanged",
            "token a new !fail-on",
            "failed fail-on: 1 finding reaches high: 1 high",
        ],
    );
    // One of two moves on while the other is mended: its number among equals changes, what it is does not.
    check_change(
        "{}",
        vec![token("a"), token("b"), token("c")],
        vec![token("b"), token("d")],
        &["pass 0", "token b unchanged", "token d unchanged"],
    );
}

#[test]
fn a_rename_is_followed_by_path_and_by_text() {
    let known_by_line = |path: &str, identity: &str| {
        let mut finding = finding("token", HIGH, path, identity);
        finding.fingerprints.insert(Finding::LINE_HASH.into(), "feed:1".into());
        finding
    };
    let rename = [("old/a", "new/a")];
    let renamed = |identity: &str, expected: &[&str]| {
        let base = (vec![known_by_line("old/a", "x")], vec![]);
        check_renamed("{}", &rename, base, (vec![known_by_line("new/a", identity)], vec![]), expected);
    };
    renamed("x", &["pass 0", "token new/a unchanged"]);
    renamed("another engine's words", &["pass 0", "token new/a unchanged"]);
    // The same text in another file, which is no rename: a new finding.
    check_change(
        "{}",
        vec![known_by_line("a", "x")],
        vec![known_by_line("b", "y")],
        &["fail 1", "token b new !fail-on", "failed fail-on: 1 finding reaches high: 1 high"],
    );
}

#[test]
fn findings_without_an_identity_are_not_taken_for_each_other() {
    let nameless = |path: &str| finding("token", HIGH, path, "");
    check_change(
        "{}",
        vec![nameless("a")],
        vec![nameless("b")],
        &["fail 1", "token b new !fail-on", "failed fail-on: 1 finding reaches high: 1 high"],
    );
    check_change("{}", vec![nameless("a")], vec![nameless("a")], &["pass 0", "token a unchanged"]);
}

#[test]
fn an_advisory_published_since_is_newly_disclosed() {
    let flaw = |published: &str| advisory("GHSA-1", HIGH, Some(published));
    let old = || flaw("2026-05-31T23:59:59Z");
    let young = || flaw("2026-06-02T00:00:00Z");
    check_change(
        "{}",
        vec![old()],
        vec![old()],
        &["pass 0", "vulnerable-package package-lock.json unchanged"],
    );
    check_change(
        "{}",
        vec![young()],
        vec![young()],
        &[
            "fail 1",
            "vulnerable-package package-lock.json newly-disclosed !newly-disclosed",
            "failed newly-disclosed: 1 newly disclosed finding reaches high: 1 high",
        ],
    );
    let never = "gate: { newly-disclosed: never, max: { high: 0 } }";
    check_change(
        never,
        vec![young()],
        vec![young()],
        &["pass 0", "vulnerable-package package-lock.json newly-disclosed"],
    );
    // A dependency that comes in with the change is new, whenever its flaw became known.
    check_change(
        never,
        vec![],
        vec![young()],
        &[
            "fail 1",
            "vulnerable-package package-lock.json new !fail-on !max.high",
            "failed fail-on: 1 finding reaches high: 1 high",
            "failed max.high: 1 finding of severity high, 0 allowed",
        ],
    );
    check_change(
        "{}",
        vec![advisory("GHSA-1", HIGH, None)],
        vec![advisory("GHSA-1", HIGH, None)],
        &["pass 0", "vulnerable-package package-lock.json unchanged"],
    );
}

#[test]
fn what_the_baseline_accepts_is_let_through() {
    let known = record(vec![token("a")], vec![gap(GapKind::Unread, "too-large", Some("big"))]);
    let defaults = policy("{}");
    let baseline = Baseline::of(&known, &judge(&case(&known, &defaults)), TODAY, [0; 32]);
    let check = |yaml: &str, now: Vec<Finding>, gaps: Vec<Gap>, expected: &[&str]| {
        let (now, policy) = (record(now, gaps), policy(yaml));
        let verdict = judge(&Case { baseline: Some(&baseline), ..case(&now, &policy) });
        assert_eq!(summary(&now, &verdict), expected);
    };
    let big = || vec![gap(GapKind::Unread, "too-large", Some("big"))];
    check(
        "gate: { new-only: false }",
        vec![token("a")],
        big(),
        &["pass 0", "token a unchanged", "gap too-large unchanged"],
    );
    check(
        "{}",
        vec![token("renamed")],
        big(),
        &["pass 0", "token renamed unchanged", "gap too-large unchanged"],
    );
    check(
        "{}",
        vec![],
        vec![],
        &["pass 0", "warning 2 entries of the baseline match nothing any more; write it again"],
    );
    // Without a past it is not known whether the dependency is old: the stricter of both thresholds counts.
    let young = || vec![token("a"), advisory("GHSA-1", HIGH, Some("2026-11-23T00:00:00Z"))];
    check(
        "gate: { newly-disclosed: never }",
        young(),
        big(),
        &[
            "fail 1",
            "vulnerable-package package-lock.json newly-disclosed !fail-on",
            "token a unchanged",
            "gap too-large unchanged",
            "failed fail-on: 1 finding reaches high: 1 high",
        ],
    );
    check(
        "gate: { fail-on: never, newly-disclosed: high }",
        young(),
        big(),
        &[
            "fail 1",
            "vulnerable-package package-lock.json newly-disclosed !newly-disclosed",
            "token a unchanged",
            "gap too-large unchanged",
            "failed newly-disclosed: 1 newly disclosed finding reaches high: 1 high",
        ],
    );
}

#[test]
fn two_images_keep_their_findings_apart_and_a_new_tag_keeps_them() {
    let image = |reference: &str, path: &str| {
        let subject =
            model::Subject::Image { reference: reference.into(), digest: format!("sha256:{reference}") };
        Finding { subject, ..token(path) }
    };
    let record = |findings: Vec<Finding>| {
        let mut messages = vec![Message::Run(header("change"))];
        for mut finding in findings {
            let mut outcome = outcome("secrets", Status::Findings, By::Both);
            outcome.subject = finding.subject.clone();
            Finding::seal(std::slice::from_mut(&mut finding));
            messages.extend([Message::Stage(outcome), Message::Finding(Box::new(finding))]);
        }
        Record::new(messages).unwrap()
    };
    let base = record(vec![image("web:1", "etc/key"), image("worker:1", "etc/key")]);
    let now =
        record(vec![image("web:2", "etc/key"), image("worker:1", "etc/key"), image("third:1", "etc/key")]);
    let (renames, policy) = (BTreeMap::new(), policy("{}"));
    let verdict = judge(&Case { comparison: Some(comparison(&base, &renames)), ..case(&now, &policy) });
    let states: Vec<&str> = verdict.findings.iter().map(|judged| judged.state.name()).collect();
    assert_eq!(states.iter().filter(|state| **state == "new").count(), 1, "{states:?}");
}

//! Waivers, ignore entries, and what a change may not do with them.

use model::SuppressionKind;

use super::*;
use crate::fixtures::{ignored, scoped};

pub(super) fn waiver(said: &str, expires: &str) -> String {
    format!("waivers: [{{ {said}, reason: not reachable, owner: '@sec', expires: {expires} }}]")
}

#[test]
fn waivers_hold_through_their_last_day() {
    let valid = |expires: &str| waiver("path: 'legacy/**'", expires);
    check(&valid("2027-01-31"), vec![token("legacy/a/b")], &["pass 0", "token legacy/a/b waived"]);
    check(
        &valid("2026-11-22"),
        vec![token("legacy/a")],
        &[
            "pass 0",
            "token legacy/a waived",
            "warning the waiver for path `legacy/**` ends on 2026-11-22 (owner @sec)",
        ],
    );
    check(
        &valid("2026-12-06"),
        vec![token("legacy/a")],
        &[
            "pass 0",
            "token legacy/a waived",
            "warning the waiver for path `legacy/**` ends on 2026-12-06 (owner @sec)",
        ],
    );
    check(&valid("2026-12-07"), vec![token("legacy/a")], &["pass 0", "token legacy/a waived"]);
    check(
        &valid("2026-11-21"),
        vec![token("legacy/a")],
        &[
            "fail 1",
            "token legacy/a new !fail-on",
            "failed fail-on: 1 finding reaches high: 1 high",
            "warning the waiver for path `legacy/**` ended on 2026-11-21; what it was for counts again (owner @sec)",
        ],
    );
}

#[test]
fn a_waiver_is_for_what_all_its_words_say() {
    let id = token("a");
    let id = record(vec![id], vec![]).findings().next().unwrap().id().to_owned();
    let waives = |said: &str, finding: Finding| {
        let (record, policy) = (record(vec![finding], vec![]), policy(&waiver(said, "2027-01-31")));
        judge(&case(&record, &policy)).findings[0].state == crate::State::Waived
    };
    let flaw = || advisory("GHSA-1", HIGH, None);
    for said in
        ["rule: token", "rule: secrets/token", "path: a", "path: '*'", "rule: token, stage: secrets, path: a"]
    {
        assert!(waives(said, token("a")), "{said}");
    }
    assert!(waives(&format!("id: {id}"), token("a")));
    for said in [
        "rule: key",
        "rule: sast/token",
        "path: b",
        "rule: token, path: b",
        "path: a, stage: sast",
        "purl: 'pkg:npm/a'",
    ] {
        assert!(!waives(said, token("a")), "{said}");
    }
    assert!(!waives("path: '*'", token("a/b")), "a star does not cross a slash");
    for said in
        ["id: GHSA-1", "id: CVE-1", "id: cve-1", "purl: 'pkg:npm/lodash'", "purl: 'pkg:npm/lodash@4.17.0'"]
    {
        assert!(waives(said, flaw()), "{said}");
    }
    for said in ["id: CVE-2", "purl: 'pkg:npm/lodash@4.17.1'", "purl: 'pkg:pypi/lodash'", "gap: too-large"] {
        assert!(!waives(said, flaw()), "{said}");
    }
}

#[test]
fn a_waiver_that_nothing_needs_is_told() {
    let unneeded = waiver("id: CVE-1", "2026-11-30");
    check(
        &unneeded,
        vec![],
        &["pass 0", "warning the waiver for id `CVE-1` is not needed: nothing matches it"],
    );
    check(
        &waiver("id: token", "2027-01-31"),
        vec![token("a")],
        &[
            "fail 1",
            "token a new !fail-on",
            "failed fail-on: 1 finding reaches high: 1 high",
            "warning the waiver for id `token` is not needed: nothing matches it; `token` is a rule, to be named as `rule: token`",
        ],
    );
    // As reports print it.
    let written = format!("{}/token", token("a").stage);
    let told = format!(
        "warning the waiver for id `{written}` is not needed: nothing matches it; `{written}` is a rule, to be named as `rule: {written}`"
    );
    check(
        &waiver(&format!("id: {written}"), "2027-01-31"),
        vec![token("a")],
        &["fail 1", "token a new !fail-on", "failed fail-on: 1 finding reaches high: 1 high", &told],
    );
    let (record, policy) = (record(vec![], vec![]), policy(&unneeded));
    let partial = judge(&Case { coverage: Coverage::Some, ..case(&record, &policy) });
    assert_eq!(
        summary(&record, &partial),
        ["pass 0", "warning the waiver for id `CVE-1` ends on 2026-11-30 (owner @sec)"]
    );
    let outgoing = scoped("outgoing", vec![], vec![]);
    assert_eq!(judge(&case(&outgoing, &policy)).warnings.len(), 1);
    check(&waiver("rule: x, stage: sast", "2027-01-31"), vec![], &["pass 0"]);
}

#[test]
fn two_layers_of_waivers_must_agree() {
    let judge_layers = |target: &str, head: &str, path: &str| {
        let (policy, _) = crate::policy::Policy::tighten(&policy(target), &policy(head));
        let record = record(vec![token(path)], vec![]);
        judge(&case(&record, &policy)).findings[0].state.name()
    };
    let (wide, narrow) = (waiver("rule: token", "2027-01-31"), waiver("path: 'a/**'", "2027-01-31"));
    assert_eq!(judge_layers(&wide, &narrow, "a/x"), "waived");
    assert_eq!(judge_layers(&wide, &narrow, "b/x"), "new");
    assert_eq!(judge_layers(&narrow, &wide, "b/x"), "new");
    assert_eq!(judge_layers(&narrow, &narrow, "a/x"), "waived");
    assert_eq!(judge_layers("{}", &wide, "a/x"), "new");
    assert_eq!(
        judge_layers(&waiver("rule: token", "2026-01-31"), &wide, "a/x"),
        "new",
        "the target's has ended"
    );
}

/// Judges a change in which `a` is ignored; the tip of the target has it too, ignored in the way given.
fn judge_ignored(
    kind: SuppressionKind,
    tip: Option<Option<SuppressionKind>>,
    allowlists: Allowlists,
) -> Vec<String> {
    let (now, base) = (record(vec![ignored(kind, token("a"))], vec![]), record(vec![], vec![]));
    let tip = tip.map(|kind| {
        let plain = token("a");
        record(vec![kind.map_or(plain.clone(), |kind| ignored(kind, plain))], vec![])
    });
    let (renames, policy) = (BTreeMap::new(), policy("{}"));
    let comparison = Comparison { tip: tip.as_ref(), allowlists, ..comparison(&base, &renames) };
    let verdict = judge(&Case { comparison: Some(comparison), ..case(&now, &policy) });
    summary(&now, &verdict)
}

#[test]
fn a_tree_is_judged_by_its_own_ignore_entries() {
    let judge_scope = |scope: &str, kind: SuppressionKind, inline_ignores: InlineIgnores| {
        let (record, policy) = (scoped(scope, vec![ignored(kind, token("a"))], vec![]), policy("{}"));
        let verdict = judge(&Case { inline_ignores, ..case(&record, &policy) });
        (verdict.findings[0].state.name(), verdict.exit().code(), verdict.loosened.len())
    };
    for kind in [SuppressionKind::Inline, SuppressionKind::Allowlist] {
        for scope in ["full", "outgoing"] {
            assert_eq!(judge_scope(scope, kind, InlineIgnores::Honored), ("waived", 0, 0));
        }
        assert_eq!(
            judge_scope("change", kind, InlineIgnores::Honored),
            ("new", 1, 1),
            "there is no past to ask"
        );
    }
    assert_eq!(judge_scope("full", SuppressionKind::Inline, InlineIgnores::Refused), ("new", 1, 0));
    assert_eq!(judge_scope("full", SuppressionKind::Allowlist, InlineIgnores::Refused), ("waived", 0, 0));
}

#[test]
fn a_change_cannot_ignore_for_itself() {
    use SuppressionKind::{Allowlist, Inline};
    let waived = ["pass 0", "token a waived"];
    let fails = |by: &str| {
        vec![
            "fail 1".to_owned(),
            "token a new !fail-on".to_owned(),
            "failed fail-on: 1 finding reaches high: 1 high".to_owned(),
            format!(
                "loosened stages.secrets: `secrets/token` at a:3 is ignored by {by} that the target branch does not have"
            ),
        ]
    };
    let (comment, list) = (fails("a comment beside the code"), fails("an allowlist"));
    assert_eq!(judge_ignored(Inline, None, Allowlists::Target), comment);
    assert_eq!(
        judge_ignored(Inline, Some(None), Allowlists::Target),
        comment,
        "the tip has it, but does not ignore it"
    );
    assert_eq!(judge_ignored(Inline, Some(Some(Allowlist)), Allowlists::Target), comment);
    assert_eq!(judge_ignored(Inline, Some(Some(Inline)), Allowlists::Head), waived);
    assert_eq!(judge_ignored(Allowlist, None, Allowlists::Head), list);
    assert_eq!(judge_ignored(Allowlist, Some(Some(Allowlist)), Allowlists::Head), waived);
    assert_eq!(
        judge_ignored(Allowlist, None, Allowlists::Target),
        waived,
        "the target's own list counts for new code"
    );
}

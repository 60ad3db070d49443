//! Gaps, stages that failed, and nothing to look at.

use super::*;

/// Checks the verdict on gaps of a change; the base has the second list.
fn check_gaps(yaml: &str, now: Vec<Gap>, base: Vec<Gap>, expected: &[&str]) {
    check_renamed(yaml, &[("old", "new")], (vec![], base), (vec![], now), expected);
}

#[test]
fn gaps_block_by_their_kind() {
    let of = |kind: GapKind| vec![gap(kind, "too-large", Some("new"))];
    let old = |kind: GapKind| vec![gap(kind, "too-large", Some("old"))];
    let blocking = "blocking secrets: new: the file is too-large";
    check_gaps("{}", of(GapKind::Unread), vec![], &["incomplete 3", "gap too-large new blocks", blocking]);
    check_gaps("{}", of(GapKind::Unread), old(GapKind::Unread), &["pass 0", "gap too-large unchanged"]);
    let all = "gate: { new-only: false }";
    check_gaps(
        all,
        of(GapKind::Unread),
        old(GapKind::Unread),
        &["incomplete 3", "gap too-large unchanged blocks", blocking],
    );
    check_gaps(
        "{}",
        of(GapKind::Lost),
        old(GapKind::Lost),
        &["incomplete 3", "gap too-large unchanged blocks", blocking],
    );
    check_gaps("{}", of(GapKind::Partial), vec![], &["pass 0", "gap too-large new"]);
    let partial = "gate: { fail-on-partial-gaps: true }";
    check_gaps(
        partial,
        of(GapKind::Partial),
        vec![],
        &["incomplete 3", "gap too-large new blocks", blocking],
    );
    check_gaps(partial, of(GapKind::Partial), old(GapKind::Partial), &["pass 0", "gap too-large unchanged"]);
}

#[test]
fn gaps_are_waived_by_code_or_fingerprint_unless_lost() {
    let large = |kind: GapKind| gap(kind, "too-large", Some("new"));
    let by_code = waiver("gap: too-large, path: 'n*'", "2027-01-31");
    check_gaps(&by_code, vec![large(GapKind::Unread)], vec![], &["pass 0", "gap too-large waived"]);
    let by_id = waiver(&format!("id: {}", large(GapKind::Unread).fingerprint()), "2027-01-31");
    check_gaps(&by_id, vec![large(GapKind::Unread)], vec![], &["pass 0", "gap too-large waived"]);
    check_gaps(
        &by_code,
        vec![large(GapKind::Lost)],
        vec![],
        &[
            "incomplete 3",
            "gap too-large new blocks",
            "blocking secrets: new: the file is too-large",
            "warning the waiver for gap `too-large`, path `n*` is not needed: nothing matches it",
        ],
    );
    let by_path = waiver("path: 'n*'", "2027-01-31");
    check_gaps(
        &by_path,
        vec![large(GapKind::Unread)],
        vec![],
        &[
            "incomplete 3",
            "gap too-large new blocks",
            "blocking secrets: new: the file is too-large",
            "warning the waiver for path `n*` is not needed: nothing matches it",
        ],
    );
}

#[test]
fn a_failed_gate_outweighs_a_gap() {
    let (record, policy) =
        (record(vec![token("a")], vec![gap(GapKind::Lost, "no-database", None)]), policy("{}"));
    let verdict = judge(&case(&record, &policy));
    assert_eq!((verdict.decision, verdict.blocking.len()), (Decision::Fail, 1));
}

#[test]
fn a_stage_that_failed_blocks_even_if_it_says_no_more() {
    let failed = StageOutcomeMessages::of("sast", Status::Failed);
    assert_eq!(
        failed.judged("change"),
        ["incomplete 3", "blocking sast: the stage failed on tree: no reason is recorded"]
    );
}

#[test]
fn nothing_to_look_at_is_incomplete_for_a_tree_and_a_pass_for_a_change() {
    let skipped = StageOutcomeMessages::of("sast", Status::Skipped);
    assert_eq!(skipped.judged("full"), ["incomplete 3", "blocking no stage found anything to look at"]);
    assert_eq!(skipped.judged("change"), ["pass 0", "note the change touches nothing that a stage looks at"]);
    assert_eq!(StageOutcomeMessages::of("sast", Status::Clean).judged("full"), ["pass 0"]);
}

/// The messages of a stage that says nothing but how it ended.
struct StageOutcomeMessages(Message);

impl StageOutcomeMessages {
    fn of(stage: &str, status: Status) -> Self {
        Self(Message::Stage(outcome(stage, status, By::Both)))
    }

    fn judged(&self, scope: &str) -> Vec<String> {
        let record = Record::new([Message::Run(header(scope)), self.0.clone()]).unwrap();
        summary(&record, &judge(&case(&record, &policy("{}"))))
    }
}

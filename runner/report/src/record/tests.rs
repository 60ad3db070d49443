//! Records: what is one, what is not, reading, writing, merging, settling.

use model::{Counted, Digest, GapKind, Severity, StageId, Status, Subject, SuppressionKind};
use proptest::prelude::*;

use super::*;
use crate::fixtures::{finding, gap, header, ignored, outcome, record, rule, said};
use crate::record::merge::MergeError;

fn sample() -> Record {
    let findings =
        vec![finding("token", Severity::High, "b", "x"), finding("token", Severity::High, "a", "é\u{1b}")];
    let mut messages: Vec<Message> =
        record(findings, vec![gap(GapKind::Unread, "too-large", Some("c"))]).messages().collect();
    let stage = StageId::new("secrets").unwrap();
    messages.push(Message::Counted(Counted {
        stage: stage.clone(),
        subject: Subject::Tree,
        what: "scanned".into(),
        number: 7,
        paths: Vec::new(),
    }));
    messages.push(Message::Artifact {
        stage,
        subject: Subject::Tree,
        name: "lines".into(),
        digest: Digest::of(b"x"),
    });
    Record::new(messages).unwrap()
}

fn packed(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.write(&mut bytes).unwrap();
    bytes
}

fn pack(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 3).unwrap()
}

#[test]
fn what_is_written_is_read() {
    let sample = sample();
    assert_eq!(Record::read(packed(&sample).as_slice()).unwrap(), sample);
    assert_eq!(packed(&sample), packed(&sample));
    assert_eq!(sample.findings().count(), 2);
    assert_eq!(sample.gaps().count(), 1);
    assert_eq!(sample.runs()[1].counted[0].number, 7);
}

#[test]
fn messages_that_are_no_record_are_refused() {
    let head = || Message::Run(header("full"));
    let stage = |name: &str| Message::Stage(outcome(name, Status::Clean, Policy::Both));
    let found = || Message::Finding(Box::new(finding("token", Severity::High, "a", "x")));
    let check = |messages: Vec<Message>, expected: &str| {
        assert_eq!(Record::new(messages).unwrap_err().to_string(), expected);
    };
    check(vec![], "the record does not open with the header of a run");
    check(vec![stage("secrets"), head()], "the record does not open with the header of a run");
    check(vec![head(), head()], "the record has a second header, as when two records are joined end to end");
    check(vec![head(), stage("sast"), stage("sast")], "stage `sast` ends twice on tree");
    check(vec![head(), found()], "a message of stage `secrets` stands before any stage");
    check(
        vec![head(), stage("sast"), found()],
        "a message of stage `secrets` on tree stands under stage `sast` on tree",
    );
    let next = Message::Run(RunHeader { version: 1, ..header("full") });
    check(vec![next], "the record has version 1; this program reads version 2");
}

#[test]
fn runs_are_sorted_whatever_the_order_of_the_messages() {
    let one = said("secrets", Policy::Both, vec![finding("token", Severity::High, "a", "x")], vec![]);
    let other = said("dependencies", Policy::Both, vec![], vec![]);
    let of = |parts: [&[Message]; 2]| {
        Record::new(std::iter::once(Message::Run(header("full"))).chain(parts.concat())).unwrap()
    };
    assert_eq!(of([&one, &other]), of([&other, &one]));
}

#[test]
fn a_file_that_is_no_record_is_refused_with_its_line() {
    let check = |bytes: &[u8], expected: &str| {
        assert_eq!(Record::read(bytes).unwrap_err().to_string(), expected);
    };
    let header = serde_json::to_string(&Message::Run(header("full"))).unwrap();
    check(b"", "the record is cut off at line 1");
    check(b"plain text", "line 1 of the record cannot be read");
    check(&pack(b""), "line 1: the record does not open with the header of a run");
    check(&pack(b"{}\n"), "line 1 of the record is no message of a run");
    check(
        &pack(format!("{header}\n{header}\n").as_bytes()),
        "line 2: the record has a second header, as when two records are joined end to end",
    );
    check(
        &pack(format!("{header}\n{{\"type\":\"rumor\"}}\n").as_bytes()),
        "line 2 of the record is no message of a run",
    );
    check(&pack(header.as_bytes()), "the record is cut off at line 1");
    check(&pack(format!("{header}\n\n").as_bytes()), "line 2 of the record is no message of a run");
    check(
        &pack(b"{\"type\":\"run\",\"version\":1,\"news\":true}\n"),
        "line 1: the record has version 1; this program reads version 2",
    );
    let twice = [packed(&sample()), packed(&sample())].concat();
    assert!(matches!(
        Record::read(twice.as_slice()),
        Err(ReadError::Record { source: RecordError::TwoHeaders, .. })
    ));
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let whole = packed(&sample());
    for length in 0..whole.len() {
        assert!(Record::read(&whole[..length]).is_err(), "{length} of {} bytes", whole.len());
    }
}

#[test]
fn a_line_without_end_is_refused_before_it_fills_the_memory() {
    let bomb = pack(&vec![b' '; 17 << 20]);
    assert!(bomb.len() < 10_000);
    assert!(matches!(Record::read(bomb.as_slice()), Err(ReadError::Large { line: 1 })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Record::read(bytes.as_slice());
        let _ = Record::read(pack(&bytes).as_slice());
    }

    #[test]
    fn any_damage_is_read_or_refused(at in 0_usize..1_000, byte in any::<u8>()) {
        let mut bytes = packed(&sample());
        let length = bytes.len();
        bytes[at % length] ^= byte;
        let _ = Record::read(bytes.as_slice());
        let mut text: Vec<u8> = zstd::decode_all(packed(&sample()).as_slice()).unwrap();
        let length = text.len();
        text[at % length] = byte;
        let _ = Record::read(pack(&text).as_slice());
    }
}

fn shard(number: &str, stage: &str, findings: Vec<Finding>) -> Record {
    let header = RunHeader { shard: Some(number.into()), ..header("full") };
    let messages = said(stage, Policy::Both, findings, vec![]);
    Record::new(std::iter::once(Message::Run(header)).chain(messages)).unwrap()
}

#[test]
fn shards_merge_in_any_order() {
    let shards = [
        shard("1/3", "secrets", vec![finding("token", Severity::High, "a", "x")]),
        shard("2/3", "sast", vec![]),
        shard(
            "3/3",
            "secrets",
            vec![finding("token", Severity::High, "a", "x"), finding("key", Severity::Low, "b", "y")],
        ),
    ];
    let merged = Record::merge(shards.to_vec()).unwrap();
    assert_eq!(merged, Record::merge(shards.iter().rev().cloned().collect()).unwrap());
    assert_eq!(merged.header().shard, None);
    let rules: Vec<&str> = merged.findings().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(rules, ["token", "key"], "the same finding of two shards is one");
    assert_eq!(merged.gaps().count(), 0);
    assert_eq!(Record::read(packed(&merged).as_slice()).unwrap(), merged);
}

#[test]
fn a_missing_shard_is_a_lost_gap() {
    let merged = Record::merge(vec![shard("1/3", "secrets", vec![])]).unwrap();
    let said: Vec<(GapKind, &str)> = merged.gaps().map(|gap| (gap.kind, gap.reason.as_str())).collect();
    assert_eq!(
        said,
        [
            (GapKind::Lost, "the record of shard 2/3 is missing"),
            (GapKind::Lost, "the record of shard 3/3 is missing"),
        ]
    );
    assert_eq!(Record::read(packed(&merged).as_slice()).unwrap(), merged);
}

#[test]
fn records_of_different_runs_do_not_merge() {
    let plain = |header: RunHeader| Record::new([Message::Run(header)]).unwrap();
    let check = |one: RunHeader, other: RunHeader, expected: &str| {
        assert_eq!(Record::merge(vec![plain(one), plain(other)]).unwrap_err().to_string(), expected);
    };
    let at = |commit: &str| RunHeader { head: Some(commit.into()), ..header("full") };
    let of = |shard: &str| RunHeader { shard: Some(shard.into()), ..header("full") };
    check(at("a"), at("b"), "the records are of different runs: the commit is `a` in one and `b` in another");
    check(
        header("full"),
        header("change"),
        "the records are of different runs: the scope is `full` in one and `change` in another",
    );
    check(
        of("1/2"),
        of("1/3"),
        "the records are of different runs: the number of shards is `2` in one and `3` in another",
    );
    check(
        of("1/2"),
        header("full"),
        "the records are of different runs: the number of shards is `2` in one and `none` in another",
    );
    for bad in ["0/2", "3/2", "1/99999999", "+1/2", "a/2"] {
        assert_eq!(Record::merge(vec![plain(of(bad))]), Err(MergeError::Shard(bad.into())));
    }
    assert_eq!(Record::merge(vec![]), Err(MergeError::None));
}

/// Settles a record in which `secrets` ran by both policies; checks what is listed, returns the rules that are left.
fn check_settle(target: Vec<Finding>, head: Vec<Finding>, expected: &[&str]) -> Vec<Finding> {
    let messages = std::iter::once(Message::Run(header("change")))
        .chain(said("secrets", Policy::Target, target, vec![gap(GapKind::Unread, "too-large", Some("t"))]))
        .chain(said("secrets", Policy::Head, head, vec![gap(GapKind::Unread, "too-large", Some("h"))]));
    let (settled, loosened) = Record::new(messages).unwrap().settle();
    let said: Vec<String> = loosened.iter().map(|one| format!("{}: {}", one.what, one.message)).collect();
    assert_eq!(said, expected);
    assert_eq!(settled.runs().len(), 1);
    assert_eq!(settled.runs()[0].outcome.policy, Policy::Both);
    assert_eq!(settled.gaps().count(), 2, "gaps of both count");
    settled.findings().cloned().collect()
}

#[test]
fn what_either_policy_finds_counts() {
    let one = || finding("token", Severity::High, "a", "x");
    let two = || finding("key", Severity::High, "b", "y");
    assert_eq!(check_settle(vec![one()], vec![one()], &[]).len(), 1);
    assert_eq!(check_settle(vec![], vec![one()], &[]).len(), 1);
    let left = check_settle(
        vec![one(), two()],
        vec![two()],
        &["stages.secrets: the change no longer finds `secrets/token` at a:3; it counts"],
    );
    assert_eq!(left.len(), 2);
}

#[test]
fn a_finding_is_ignored_where_both_policies_ignore_it() {
    let plain = || finding("token", Severity::High, "a", "x");
    let listed = || ignored(SuppressionKind::Allowlist, plain());
    let left = check_settle(
        vec![plain()],
        vec![listed()],
        &["stages.secrets: the change ignores `secrets/token` at a:3; it counts"],
    );
    assert_eq!(left[0].suppressed, None);
    assert_eq!(check_settle(vec![listed()], vec![plain()], &[])[0].suppressed, None);
    assert!(check_settle(vec![listed()], vec![listed()], &[])[0].suppressed.is_some());
}

#[test]
fn of_two_severities_the_worse_counts() {
    let as_bad_as = |severity: Severity| vec![finding("token", severity, "a", "x")];
    let left = check_settle(
        as_bad_as(Severity::High),
        as_bad_as(Severity::Low),
        &["stages.secrets: the change makes `secrets/token` at a:3 low; it counts as high"],
    );
    assert_eq!(left[0].severity, Severity::High);
    assert_eq!(
        check_settle(as_bad_as(Severity::Low), as_bad_as(Severity::High), &[])[0].severity,
        Severity::High
    );
    let left = check_settle(
        as_bad_as(Severity::High),
        as_bad_as(Severity::Unknown),
        &["stages.secrets: the change makes `secrets/token` at a:3 unknown; it counts as high"],
    );
    assert_eq!(left[0].severity, Severity::High);
}

/// What `secrets` said, as configured in the `variant`-th way of one policy.
fn variant(variant: u32, policy: Policy, findings: Vec<Finding>) -> Vec<Message> {
    let mut messages = said("secrets", policy, findings, vec![]);
    if let Some(Message::Stage(outcome)) = messages.first_mut() {
        outcome.variant = variant;
    }
    messages
}

#[test]
fn of_several_files_of_one_side_each_counts() {
    let token = || finding("token", Severity::High, "a", "x");
    let listed = || ignored(SuppressionKind::Allowlist, token());
    let settle = |runs: &[Vec<Message>]| {
        let record =
            Record::new(std::iter::once(Message::Run(header("change"))).chain(runs.concat())).unwrap();
        assert_eq!(Record::read(packed(&record).as_slice()).unwrap(), record);
        assert_eq!(Record::merge(vec![record.clone(), record.clone()]).unwrap(), record);
        let (settled, loosened) = record.settle();
        assert_eq!(settled.runs().len(), 1);
        let states = settled.findings().map(|finding| finding.suppressed.is_some()).collect::<Vec<_>>();
        (states, loosened.into_iter().map(|one| one.message).collect::<Vec<_>>())
    };
    let both = |number, findings| variant(number, Policy::Both, findings);
    assert_eq!(settle(&[both(0, vec![listed()]), both(1, vec![token()])]), (vec![false], vec![]));
    assert_eq!(settle(&[both(0, vec![listed()]), both(1, vec![listed()])]), (vec![true], vec![]));
    assert_eq!(settle(&[both(0, vec![]), both(1, vec![token()])]), (vec![false], vec![]));
    let of = |policy, findings| variant(0, policy, findings);
    // What the organization finds under both policies is not what the change loosens.
    let loosens = [of(Policy::Target, vec![token()]), of(Policy::Head, vec![]), both(0, vec![token()])];
    assert_eq!(settle(&loosens), (vec![false], vec![]));
    let loosens = [of(Policy::Target, vec![token()]), of(Policy::Head, vec![]), both(0, vec![])];
    assert_eq!(
        settle(&loosens),
        (vec![false], vec!["the change no longer finds `secrets/token` at a:3; it counts".to_owned()])
    );
}

#[test]
fn a_stage_that_the_change_removes_or_skips_is_listed() {
    let settle = |messages: Vec<Message>| {
        let (settled, loosened) =
            Record::new(std::iter::once(Message::Run(header("change"))).chain(messages)).unwrap().settle();
        (settled, loosened.into_iter().map(|one| one.message).collect::<Vec<_>>())
    };
    let target = || said("secrets", Policy::Target, vec![finding("token", Severity::High, "a", "x")], vec![]);
    let (settled, loosened) = settle(target());
    assert_eq!(loosened, ["the change removes or disables the stage; it ran as the target branch has it"]);
    assert_eq!(settled.findings().count(), 1);
    let skipped = Message::Stage(outcome("secrets", Status::Skipped, Policy::Head));
    let (settled, loosened) = settle(target().into_iter().chain([skipped]).collect());
    assert_eq!(loosened, ["the change skips the stage; it ran as the target branch has it"]);
    assert_eq!(settled.runs()[0].outcome.status, Status::Findings);
    let (settled, loosened) = settle(said("sast", Policy::Head, vec![], vec![]));
    assert!(loosened.is_empty(), "a stage that the change adds is no loosening");
    assert_eq!(settled.runs()[0].outcome.policy, Policy::Both);
}

#[test]
fn findings_without_fingerprints_are_not_lost() {
    let twin = || finding("token", Severity::High, "a", "x");
    let mut messages = vec![Message::Run(header("change"))];
    for policy in [Policy::Target, Policy::Head] {
        messages.push(Message::Stage(outcome("secrets", Status::Findings, policy)));
        messages.push(Message::Rule(rule("secrets", "token", Severity::High)));
        messages.extend([twin(), twin()].map(|finding| Message::Finding(Box::new(finding))));
    }
    let (settled, loosened) = Record::new(messages).unwrap().settle();
    assert!(loosened.is_empty());
    assert_eq!(settled.findings().count(), 2);
    assert_eq!(settled.runs()[0].rules.len(), 1);
}

//! Policies from files, what is wrong with them, and the strictest of two.

use super::*;
use crate::fixtures::{policy, raw};

const FULL: &str = r#"
gate:
  fail-on: medium
  new-only: false
  newly-disclosed: critical
  max: { low: 20, info: 0 }
  fail-on-partial-gaps: true
  unknown-as: critical
  rules:
    - { name: exploited, if: "finding.kev && finding.reachable != 'no'", action: fail }
    - { name: unfixed, if: "finding.evidence.kind == 'advisory' && finding.fixed == ''", action: ignore }
waivers:
  - { id: CVE-2024-0001, path: "legacy/**", reason: not-reachable, owner: "@sec", expires: 2027-01-31 }
  - { gap: too-large, path: "data/*", reason: test data, owner: "@sec", expires: 2027-01-31 }
baseline: .sluicegate/baseline.json
"#;

#[test]
fn every_key_is_read() {
    let policy = policy(FULL);
    assert_eq!((policy.fail_on, policy.new_only), (Threshold::Medium, false));
    assert_eq!(policy.newly_disclosed(), Threshold::Critical);
    assert_eq!(policy.max, BTreeMap::from([(Level::Low, 20), (Level::Info, 0)]));
    assert!(policy.fail_on_partial_gaps);
    assert_eq!(policy.unknown_as, Level::Critical);
    assert_eq!(policy.rules.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["exploited"]);
    assert_eq!(policy.ignores[0][0].name, "unfixed");
    assert_eq!(policy.baseline.as_deref(), Some(".sluicegate/baseline.json"));
    let waiver = &policy.waivers[0][0];
    assert_eq!(waiver.selector.to_string(), "id `CVE-2024-0001`, path `legacy/**`");
    assert_eq!(waiver.place.as_ref().map(ToString::to_string).as_deref(), Some("sluicegate.yaml:13:5"));
}

#[test]
fn the_schema_takes_what_is_read_and_refuses_what_is_not() {
    let schema = schemars::schema_for!(RawPolicy).to_value();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let takes = |yaml: &str| validator.is_valid(&serde_saphyr::from_str::<serde_json::Value>(yaml).unwrap());
    assert!(takes(FULL));
    assert!(takes("{}"));
    for wrong in [
        "gates: {}",
        "gate: { fail-on: hgih }",
        "gate: { max: { unknown: 1 } }",
        "gate: { rules: [{ name: a, if: 'true' }] }",
        "waivers: [{ id: x, reason: r, owner: o }]",
    ] {
        assert!(!takes(wrong), "{wrong}");
    }
}

#[test]
fn no_file_is_the_default() {
    assert_eq!(policy("{}"), Policy::default());
    assert_eq!(policy("gate: {}\nwaivers: []\n"), Policy::default());
}

#[test]
fn unknown_and_doubled_keys_are_refused_with_their_place() {
    let check = |yaml: &str, expected: &str| {
        let error = serde_saphyr::from_str::<RawPolicy>(yaml).unwrap_err();
        let place = error.location().map(|at| format!("{}:{}", at.line(), at.column())).unwrap_or_default();
        assert_eq!(place, expected, "{error}");
    };
    check("gate:\n  fail-om: high\n", "2:3");
    check("gate:\n  fail-on: hgih\n", "2:12");
    check("gate:\n  max: { unknown: 3 }\n", "2:10");
    check("gate: {}\ngate: {}\n", "2:1");
    check("waivers:\n  - { reason: x, owner: y, expires: 2027-01-31, lpath: z }\n", "2:49");
    check("waivers:\n  - { id: x, reason: x, owner: y }\n", "2:25");
}

#[test]
fn what_is_wrong_is_said_with_field_and_place() {
    let check = |yaml: &str, expected: &[&str]| {
        let errors = raw(yaml).check("s.yaml").unwrap_err();
        let said: Vec<String> = errors
            .iter()
            .map(|error| {
                format!("{} {error}", error.place.as_ref().map(ToString::to_string).unwrap_or_default())
            })
            .collect();
        assert_eq!(said, expected);
    };
    let rule = |name: &str, condition: &str| {
        format!("gate:\n  rules:\n  - name: \"{name}\"\n    if: \"{condition}\"\n    action: fail\n")
    };
    check(&rule("", "true"), &["s.yaml:3:11 `gate.rules[0].name` is empty"]);
    check(
        &rule("fail-on", "true"),
        &["s.yaml:3:11 `gate.rules[0].name` is named `fail-on`, as one before it"],
    );
    check(
        &rule("r", "1 +"),
        &["s.yaml:4:9 `gate.rules[0].if` is no CEL expression, at line 1, column 4: mismatched input 'end'"],
    );
    let waiver =
        |said: &str| format!("waivers:\n  - {{ {said}, reason: x, owner: y, expires: 2027-01-31 }}\n");
    check(
        &waiver("stage: secrets"),
        &["s.yaml:2:5 `waivers[0]` waives everything: say `id`, `rule`, `path`, `purl` or `gap`"],
    );
    check(
        &waiver("path: \"a[\""),
        &["s.yaml:2:13 `waivers[0].path` is no glob: unclosed character class; missing ']'"],
    );
    check(
        &waiver("purl: lodash"),
        &[
            "s.yaml:2:13 `waivers[0].purl` is no package: `lodash` is not a package URL (pkg:type/namespace/name@version)",
        ],
    );
    check(
        &waiver("gap: too-large, rule: x"),
        &["s.yaml:2:12 `waivers[0].gap` is for gaps, which have no `rule`"],
    );
    check(
        "waivers:\n  - { id: x, reason: ' ', owner: '', expires: 2027-02-30 }\n",
        &[
            "s.yaml:2:22 `waivers[0].reason` is empty",
            "s.yaml:2:34 `waivers[0].owner` is empty",
            "s.yaml:2:47 `waivers[0].expires` is no date: write it as 2027-01-31",
        ],
    );
    check(
        &waiver("id: x").replace("2027-01-31", "2027-01-31T00:00"),
        &["s.yaml:2:44 `waivers[0].expires` is no date: write it as 2027-01-31"],
    );
    check("baseline: ../x.json\n", &["s.yaml:1:11 `baseline` is no path inside the tree"]);
}

#[test]
fn the_same_rule_twice_is_refused() {
    let two =
        "gate: { rules: [{ name: a, if: 'true', action: fail }, { name: a, if: 'false', action: ignore }] }";
    let errors = raw(two).check("s.yaml").unwrap_err();
    assert_eq!(errors[0].to_string(), "`gate.rules[1].name` is named `a`, as one before it");
}

/// Checks what judges a change from `target` to `head`: the loosened list, word for word.
fn check_tighten(target: &str, head: &str, expected: &[&str]) -> Policy {
    let (merged, loosened) = Policy::tighten(&policy(target), &policy(head));
    let said: Vec<String> = loosened.iter().map(|one| format!("{}: {}", one.what, one.message)).collect();
    assert_eq!(said, expected);
    merged
}

#[test]
fn a_policy_against_itself_stays() {
    assert_eq!(check_tighten(FULL, FULL, &[]), policy(FULL));
    assert_eq!(check_tighten("{}", "{}", &[]), Policy::default());
}

#[test]
fn thresholds_only_rise_in_strictness() {
    let merged = check_tighten(
        "gate: { fail-on: high }",
        "gate: { fail-on: critical }",
        &["gate.fail-on: goes from high to critical; high stays in force"],
    );
    assert_eq!(merged.fail_on, Threshold::High);
    assert_eq!(
        check_tighten("gate: { fail-on: high }", "gate: { fail-on: low }", &[]).fail_on,
        Threshold::Low
    );
    check_tighten(
        "{}",
        "gate: { fail-on: never }",
        &["gate.fail-on: goes from high to never; high stays in force"],
    );
    let merged = check_tighten(
        "gate: { newly-disclosed: low }",
        "{}",
        &["gate.newly-disclosed: goes from low to high; low stays in force"],
    );
    assert_eq!(merged.newly_disclosed(), Threshold::Low);
    let merged = check_tighten(
        "gate: { unknown-as: critical }",
        "gate: { unknown-as: low }",
        &["gate.unknown-as: goes from critical to low; critical stays in force"],
    );
    assert_eq!(merged.unknown_as, Level::Critical);
}

#[test]
fn switches_only_go_to_the_strict_side() {
    let merged = check_tighten(
        "gate: { new-only: false }",
        "gate: { new-only: true }",
        &["gate.new-only: goes from false to true; false stays in force"],
    );
    assert!(!merged.new_only);
    assert!(!check_tighten("gate: { new-only: true }", "gate: { new-only: false }", &[]).new_only);
    let merged = check_tighten(
        "gate: { fail-on-partial-gaps: true }",
        "{}",
        &["gate.fail-on-partial-gaps: goes from true to false; true stays in force"],
    );
    assert!(merged.fail_on_partial_gaps);
    assert!(check_tighten("{}", "gate: { fail-on-partial-gaps: true }", &[]).fail_on_partial_gaps);
}

#[test]
fn counts_only_fall() {
    let merged = check_tighten(
        "gate: { max: { medium: 5, low: 9 } }",
        "gate: { max: { medium: 7, info: 1 } }",
        &[
            "gate.max.low: is removed; 9 stays in force",
            "gate.max.medium: goes from 5 to 7; 5 stays in force",
        ],
    );
    assert_eq!(merged.max, BTreeMap::from([(Level::Medium, 5), (Level::Low, 9), (Level::Info, 1)]));
    assert_eq!(
        check_tighten("gate: { max: { low: 9 } }", "gate: { max: { low: 3 } }", &[]).max[&Level::Low],
        3
    );
}

fn with_rule(name: &str, condition: &str, action: &str) -> String {
    format!("gate:\n  rules:\n    - {{ name: {name}, if: \"{condition}\", action: {action} }}\n")
}

#[test]
fn rules_add_up_and_are_never_lost() {
    let kev = with_rule("kev", "finding.kev", "fail");
    let names = |policy: &Policy| {
        policy.rules.iter().map(|rule| rule.condition.source().to_owned()).collect::<Vec<_>>()
    };
    let merged = check_tighten(&kev, "{}", &["gate.rules: rule `kev` is removed; it stays in force"]);
    assert_eq!(names(&merged), ["finding.kev"]);
    let changed = with_rule("kev", "finding.kev && false", "fail");
    let merged = check_tighten(
        &kev,
        &changed,
        &["gate.rules: rule `kev` is changed; the old one stays in force beside the new one"],
    );
    assert_eq!(names(&merged), ["finding.kev", "finding.kev && false"]);
    check_tighten(
        &kev,
        &with_rule("kev", "finding.kev", "warn"),
        &["gate.rules: rule `kev` is changed; the old one stays in force beside the new one"],
    );
    let merged = check_tighten(&with_rule("kev", "finding.kev", "warn"), &kev, &[]);
    assert_eq!(merged.rules.len(), 1);
    assert_eq!(names(&check_tighten("{}", &kev, &[])), ["finding.kev"]);
}

#[test]
fn a_rule_that_ignores_counts_where_both_sides_have_one() {
    let ignore = with_rule("old", "finding.fixed == ''", "ignore");
    let merged = check_tighten(
        "{}",
        &ignore,
        &["gate.rules: rule `old` ignores what the target branch does not ignore; it does not count"],
    );
    assert!(merged.ignores.is_empty());
    assert!(check_tighten(&ignore, "{}", &[]).ignores.is_empty());
    assert_eq!(check_tighten(&ignore, &ignore, &[]).ignores.len(), 1);
    let wider = with_rule("old", "true", "ignore");
    let merged = check_tighten(
        &ignore,
        &wider,
        &["gate.rules: rule `old` ignores what the target branch does not ignore; it does not count"],
    );
    assert_eq!(merged.ignores.len(), 2, "both must hold");
}

fn with_waiver(said: &str, expires: &str) -> String {
    format!("waivers:\n  - {{ {said}, reason: r, owner: o, expires: {expires} }}\n")
}

#[test]
fn waivers_count_where_both_sides_have_one() {
    let one = with_waiver("id: CVE-1, path: \"a/**\"", "2027-01-31");
    assert!(
        check_tighten(&one, "{}", &[]).waivers.is_empty(),
        "what the change removes does not count any more"
    );
    let merged = check_tighten(
        "{}",
        &one,
        &["waivers: the waiver for id `CVE-1`, path `a/**` is new or wider; the part that is does not count"],
    );
    assert!(merged.waivers.is_empty());
    let wider = with_waiver("id: CVE-1", "2027-01-31");
    let merged = check_tighten(
        &one,
        &wider,
        &["waivers: the waiver for id `CVE-1` is new or wider; the part that is does not count"],
    );
    assert_eq!(merged.waivers.len(), 2, "both must select");
    assert_eq!(check_tighten(&wider, &one, &[]).waivers.len(), 2, "a narrower one is followed");
    check_tighten(
        &one,
        &with_waiver("id: CVE-1, path: \"a/**\"", "2027-02-28"),
        &[
            "waivers: the waiver for id `CVE-1`, path `a/**` goes from 2027-01-31 to 2027-02-28; 2027-01-31 stays in force",
        ],
    );
    check_tighten(&one, &with_waiver("id: CVE-1, path: \"a/**\"", "2026-12-01"), &[]);
    check_tighten(&one, &one.replace("reason: r", "reason: another"), &[]);
}

#[test]
fn a_baseline_reference_is_not_won() {
    assert_eq!(
        check_tighten("{}", "baseline: b.json", &["baseline: `b.json` is new; it does not count"]).baseline,
        None
    );
    assert_eq!(check_tighten("baseline: b.json", "{}", &[]).baseline, None);
    let merged = check_tighten("baseline: b.json", "baseline: c.json", &[]);
    assert_eq!(merged.baseline.as_deref(), Some("b.json"));
}

#[test]
fn an_organization_holds_a_repository_to_what_it_says() {
    let judge = |organization: &str, repository: &str| {
        let filled = raw(organization).unsaid_from(&raw(repository)).check("organization.yaml").unwrap();
        Policy::tighten(&filled, &policy(repository))
    };
    let waiver = with_waiver("id: CVE-1", "2027-01-31");
    let (merged, loosened) =
        judge("gate: { fail-on: high }", &format!("gate: {{ fail-on: critical }}\n{waiver}"));
    assert_eq!(merged.fail_on, Threshold::High);
    assert_eq!(
        loosened.len(),
        1,
        "waivers are the repository's where the organization says nothing: {loosened:?}"
    );
    assert_eq!(merged.waivers.len(), 1);
    let (merged, loosened) = judge("waivers: []", &waiver);
    assert!(merged.waivers.is_empty());
    assert_eq!(loosened.len(), 1);
    let (merged, loosened) = judge("gate: {}", &with_rule("all", "true", "ignore"));
    assert!(merged.ignores.is_empty(), "ignoring is loosening whatever the organization says");
    assert_eq!(loosened.len(), 1);
}

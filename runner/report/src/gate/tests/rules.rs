//! Rules of the gate: what they do and what they see.

use super::*;

fn with_rule(name: &str, condition: &str, action: &str) -> String {
    format!("gate: {{ fail-on: never, rules: [{{ name: {name}, if: \"{condition}\", action: {action} }}] }}")
}

#[test]
fn rules_fail_warn_and_ignore() {
    let exploited = with_rule("exploited", "finding.kev && finding.reachable != 'no'", "fail");
    check(
        &exploited,
        vec![advisory("GHSA-kev", Severity::Low, None), token("a")],
        &[
            "fail 1",
            "vulnerable-package package-lock.json new !exploited",
            "token a new",
            "failed exploited: the rule holds for 1 finding",
        ],
    );
    check(
        &with_rule("look", "finding.rank >= 4", "warn"),
        vec![token("a"), token("b")],
        &["pass 0", "token a new", "token b new", "warning rule `look` holds for 2 findings"],
    );
    let ignore = with_rule("tests", "finding.location.path.startsWith('tests/')", "ignore")
        .replace("fail-on: never", "fail-on: low, max: { high: 1 }");
    check(
        &ignore,
        vec![token("a"), token("tests/a")],
        &[
            "fail 1",
            "token a new !fail-on",
            "token tests/a new ~tests",
            "failed fail-on: 1 finding reaches low: 1 high",
        ],
    );
}

#[test]
fn rules_see_only_what_counts() {
    let always = with_rule("always", "true", "fail");
    check_change(&always, vec![token("a")], vec![token("a")], &["pass 0", "token a unchanged"]);
    let waived = format!("{always}\n{}", waiver("path: a", "2027-01-31"));
    check(&waived, vec![token("a")], &["pass 0", "token a waived"]);
}

#[test]
fn a_rule_that_cannot_be_evaluated_fails_by_name() {
    for action in ["fail", "warn", "ignore"] {
        check(
            &with_rule("broken", "finding.stage == '' || finding.cwe[7] == 1", action),
            vec![token("a")],
            &[
                "fail 1",
                "token a new",
                "failed broken: cannot be evaluated on `secrets/token` at a:3: an index is out of bounds",
            ],
        );
    }
}

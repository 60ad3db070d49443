//! Conditions: what is taken, what is refused and why, what they answer, and that no text makes them fall over.

use model::{Evidence, Finding, Severity};
use proptest::prelude::*;

use super::*;
use crate::fixtures::{advisory, finding};
use crate::policy::Level;
use crate::state::State;

fn scene(finding: &Finding) -> Scene {
    Scene::of(&Facts::of(finding, State::New, Level::High)).unwrap()
}

/// Checks what a condition answers on a leaked token and on a vulnerable package.
fn check(condition: &str, on_secret: bool, on_package: bool) {
    let expression = Expression::compile(condition).unwrap_or_else(|error| panic!("{condition}: {error}"));
    let secret = finding("token", Severity::Critical, "src/a.rs", "x");
    let package = advisory("GHSA-kev", Severity::Unknown, Some("2026-01-02T03:04:05Z"));
    assert_eq!(expression.holds(&scene(&secret)), Ok(on_secret), "{condition}");
    assert_eq!(expression.holds(&scene(&package)), Ok(on_package), "{condition}");
}

#[test]
fn conditions_answer() {
    check("finding.kev && finding.reachable != 'no'", false, true);
    check("finding.evidence.kev", false, true);
    check("finding.severity == 'critical'", true, false);
    check("finding.severity == 'unknown' && finding.rank == 4", false, true);
    check("finding.stage == 'secrets' && finding.location.path.startsWith('src/')", true, false);
    check("finding.fixed == ''", true, false);
    check("'CVE-kev' in finding.evidence.aliases", false, true);
    check("finding.evidence.aliases.exists(a, a.startsWith('CVE-'))", false, true);
    check("finding.evidence.path.all(p, p != 'left-pad@1.0.0')", true, true);
    check("finding.cwe.exists_one(c, c == 798)", true, true);
    check("798 in finding.cwe", true, true);
    check("size(finding.evidence.path) > 1", false, true);
    check("finding.evidence.direct ? finding.evidence.scope == 'runtime' : true", true, true);
    check("has(finding.kev)", true, true);
    check("finding.evidence.published < '2026-02'", true, true);
    check("finding.state == 'new' || finding.id == 'x'", true, true);
    check("finding.evidence.probability >= 90", false, false);
}

#[test]
fn every_field_can_be_used() {
    for field in facts::fields() {
        let path = &field.path;
        let condition = match field.kind {
            "string" => format!("finding.{path}.size() >= 0"),
            "int" => format!("finding.{path} >= 0"),
            "bool" => format!("finding.{path} || true"),
            "list" => format!("size(finding.{path}) >= 0"),
            _ => format!("size(finding.{path}) > 0"),
        };
        check(&condition, true, true);
        assert!(!field.description.is_empty(), "{path} says what it is");
    }
    assert!(facts::fields().len() > 40);
}

#[test]
fn mistakes_are_refused_before_anything_runs() {
    let check = |condition: &str, expected: &str| {
        assert_eq!(Expression::compile(condition).unwrap_err().to_string(), expected, "{condition}");
    };
    check("finding.serverity == 'high'", "uses `finding.serverity`, which no finding has");
    check("finding.evidence.kevv", "uses `finding.evidence.kevv`, which no finding has");
    check("severity == 'high'", "uses `severity`; the only variable is `finding`");
    check("finding.rule.matches('a+')", "calls `matches`, which gate rules do not offer");
    check("finding.severity", "does not answer true or false: it answers with a value of type string");
    check("1", "does not answer true or false: it answers with a value of type int");
    check("finding.kev > 3", "does not answer true or false: `_>_` does not take bool and int");
    check("finding.cwe[0] == 79", "does not answer true or false: an index is out of bounds");
    check("finding.cwe.map(c, c + 1) == []", "calls `map` or `filter`, which gate rules do not offer");
    check("finding.cwe.filter(c, c > 1) == []", "calls `map` or `filter`, which gate rules do not offer");
    check(
        "finding.cwe.exists(a, finding.cwe.exists(b, finding.cwe.exists(c, a == c)))",
        "nests more than two loops",
    );
    check("['a'].exists(a, [a + a].exists(b, b == ''))", "joins values inside a loop");
    check(&format!("{}true{}", "(".repeat(9), ")".repeat(9)), "nests too many brackets");
    check(
        &format!("finding{} == 1", ".a".repeat(400)),
        &format!("uses `finding.{}`, which no finding has", ["a"; 400].join(".")),
    );
    check(&format!("1{} > 0", " + 1".repeat(400)), "nests too deep");
    check(&"x".repeat(2_001), "is longer than 2000 bytes");
}

#[test]
fn a_word_that_a_field_never_holds_is_refused() {
    let severity = "compares `finding.severity` with `hihg`, which it never is; it is one of `critical`, `high`, `medium`, \
                    `low`, `info`, `unknown`";
    let state = "compares `finding.state` with `fresh`, which it never is; it is one of `new`, `unchanged`, `waived`, \
                 `newly-disclosed`";
    for (condition, expected) in [
        ("finding.severity == 'hihg'", severity),
        ("finding.kev && 'hihg' != finding.severity", severity),
        ("finding.severity in ['high', 'hihg']", severity),
        ("finding.state == 'fresh'", state),
    ] {
        assert_eq!(Expression::compile(condition).unwrap_err().to_string(), expected, "{condition}");
    }
    check(
        "finding.severity in ['critical', 'high'] || finding.state != 'newly-disclosed' || true",
        true,
        true,
    );
}

#[test]
fn texts_are_not_ordered() {
    let refused = |condition: &str, expected: &str| {
        assert_eq!(Expression::compile(condition).unwrap_err().to_string(), expected, "{condition}");
    };
    let rank = "and a text has no order: write `finding.rank >= 4`, where 5 is critical and 1 is info";
    for condition in [
        "finding.severity >= 'high'",
        "'high' <= finding.severity",
        "finding.kev || !(finding.severity >= 'high')",
        "finding.related.exists(r, finding.severity >= 'high')",
        "string(finding.severity) >= 'high'",
        "(finding.kev ? finding.severity : 'low') >= 'high'",
        "finding.severity >= 4",
    ] {
        let operator = if condition.contains("<=") { "<=" } else { ">=" };
        refused(condition, &format!("orders `finding.severity` by `{operator}`, {rank}"));
    }
    let other = "and a text has no order: compare it with `==`, `!=` or `in`";
    refused("finding.state < 'unchanged'", &format!("orders `finding.state` by `<`, {other}"));
    refused("finding.reachable > 'no'", &format!("orders `finding.reachable` by `>`, {other}"));
    refused(
        "finding.evidence.version < '9.0'",
        &format!("orders `finding.evidence.version` by `<`, {other}"),
    );
    refused("finding['severity'] >= 'high'", &format!("orders a text by `>=`, {other}"));
    refused("['high'].exists(s, s >= 'low')", &format!("orders a text by `>=`, {other}"));
    check("finding.rank >= 4 && finding.severity in ['critical', 'high']", true, false);
    check("size(finding.title) > 3 && finding.location.start_line < 10", true, false);
    check("finding.evidence.published > '2026-01-01'", false, true);
}

#[test]
fn syntax_errors_name_line_and_column() {
    let place = |condition: &str| match Expression::compile(condition) {
        Err(ExpressionError::Syntax { line, column, .. }) => (line, column),
        other => panic!("{other:?}"),
    };
    assert_eq!(place("finding.kev &&"), (1, 15));
    assert_eq!(place("finding.kev\n  && )"), (2, 6));
    assert_eq!(place(""), (1, 1));
}

#[test]
fn an_error_on_a_finding_is_told_and_not_swallowed() {
    let condition = Expression::compile("finding.stage == '' || finding.cwe[1] == 1").unwrap();
    let error = condition.holds(&scene(&finding("token", Severity::High, "a", "x"))).unwrap_err();
    assert_eq!(error, "an index is out of bounds");
}

#[test]
fn a_finding_with_endless_lists_costs_a_bounded_time() {
    let condition = Expression::compile("finding.cwe.all(a, finding.cwe.all(b, a == b || a != b))").unwrap();
    let mut many = finding("token", Severity::High, "a", "x");
    many.cwe = (0..20).collect();
    assert_eq!(condition.holds(&scene(&many)), Ok(true));
    many.cwe = (0..900).collect();
    assert_eq!(condition.holds(&scene(&many)), Err("it would take too many steps".to_owned()));
    let single = Expression::compile("1100 in finding.cwe").unwrap();
    many.cwe = (0..1_200).collect();
    assert_eq!(single.holds(&scene(&many)), Err("it would take too many steps".to_owned()));
}

#[test]
fn deep_texts_do_not_exhaust_a_small_stack() {
    let texts = [
        format!("1{} > 0", "+1".repeat(990)),
        format!("true{}", "?true:true".repeat(190)),
        format!("true{}", "||true".repeat(330)),
        format!("finding{}", ".a".repeat(990)),
        format!("finding{}", "[0]".repeat(660)),
        format!("finding{}", ".a()".repeat(490)),
        "-".repeat(1_999),
        "!".repeat(1_999),
        "(".repeat(1_999),
        format!("{}1{} != []", "[1,".repeat(8), "]".repeat(8)),
        format!("{}true{}", "(".repeat(8), ")".repeat(8)),
        format!("x{}", "<x".repeat(990)),
    ];
    let compile_all = move || texts.iter().filter(|text| Expression::compile(text).is_ok()).count();
    let taken = std::thread::Builder::new().stack_size(2 << 20).spawn(compile_all).unwrap().join().unwrap();
    assert_eq!(taken, 3, "the one with `||`, which the parser balances, and those with eight brackets");
}

#[test]
fn evidence_of_secrets_is_seen() {
    let mut secret = finding("token", Severity::High, "a", "x");
    secret.evidence = Evidence::Secret {
        redacted: "ghp_…".into(),
        verdict: model::SecretVerdict::Checksum,
        probability: Some(97),
        decoded: vec!["base64".into()],
    };
    for condition in [
        "finding.evidence.kind == 'secret'",
        "finding.evidence.verdict == 'checksum'",
        "finding.evidence.probability > 90",
        "'base64' in finding.evidence.decoded",
    ] {
        assert_eq!(Expression::compile(condition).unwrap().holds(&scene(&secret)), Ok(true), "{condition}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_taken_or_refused(text in any::<String>()) {
        let _ = Expression::compile(&text);
    }

    #[test]
    fn any_tokens_are_taken_or_refused(tokens in prop::collection::vec(prop::sample::select(vec![
        "finding", ".", "kev", "(", ")", "[", "]", "{", "}", "&&", "||", "!", "-", "?", ":", ",", "'a'", "b'a'", "r'", "\"", "'",
        "1", "1u", "0x", "1.5e", "1e999", "99999999999999999999", "true", "null", "in", "==", "<", "+", "%", "/", "0", "exists", "all", "map",
        "has", "x", "\\", "`", "@result", "__result__", "\n", "//", "type", "size", "optional", "?.",
    ]), 0..24)) {
        let _ = Expression::compile(&tokens.concat());
        let _ = Expression::compile(&tokens.join(" "));
    }
}

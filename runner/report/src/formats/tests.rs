//! Reports of one run that has everything, whole; and what holds for all formats.

use model::{
    Evidence, Finding, GapKind, Location, Message, Policy as By, SecretVerdict, Severity, Snippet, Status,
};

use super::*;
use crate::fixtures::{advisory, case, finding, gap, header, outcome, policy, scoped, span};
use crate::formats::showcase::with_showcase;
use crate::judge;

pub(super) fn render(name: &str, report: &Report<'_>, options: &Options) -> String {
    (find(name).unwrap().render)(report, options)
}

#[test]
fn text_of_everything() {
    with_showcase(|report| insta::assert_snapshot!(render("text", report, &Options::default())));
}

#[test]
fn text_of_a_narrow_terminal_is_wrapped() {
    with_showcase(|report| {
        let options = Options { width: Some(60), ..Options::default() };
        insta::assert_snapshot!(render("text", report, &options));
    });
}

#[test]
fn text_in_color_with_timings() {
    with_showcase(|report| {
        let show = Show { min_severity: Some(Severity::Critical), states: None };
        let options = Options { color: Color::Always, timings: Timings::Shown, show, ..Options::default() };
        insta::assert_snapshot!(render("text", report, &options).replace('\u{1b}', "␛"));
    });
}

#[test]
fn a_record_of_everything_reads_back() {
    with_showcase(|report| {
        let mut bytes = Vec::new();
        report.record.write(&mut bytes).unwrap();
        assert_eq!(Record::read(bytes.as_slice()).unwrap(), *report.record);
    });
}

#[test]
fn json_of_everything() {
    with_showcase(|report| insta::assert_snapshot!(render("json", report, &Options::default())));
}

#[test]
fn json_follows_its_schema() {
    let validator = jsonschema::validator_for(&json::schema()).unwrap();
    let check = |report: &Report<'_>, options: &Options| {
        let value: serde_json::Value = serde_json::from_str(&render("json", report, options)).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|error| format!("{} {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
        value
    };
    with_showcase(|report| {
        let mut value = check(report, &Options::default());
        check(report, &Options { timings: Timings::Shown, ..Options::default() });
        value["findings"][0].as_object_mut().unwrap().remove("state");
        assert!(!validator.is_valid(&value), "every key is required");
        value["surprise"] = true.into();
        assert!(!validator.is_valid(&value), "no other key is allowed");
    });
}

#[test]
fn every_word_of_the_model_is_in_the_schema() {
    let validator = jsonschema::validator_for(&json::schema()).unwrap();
    let mut findings = Vec::new();
    for verdict in [SecretVerdict::Likely, SecretVerdict::Format, SecretVerdict::Checksum] {
        let evidence =
            Evidence::Secret { redacted: "x…".into(), verdict, probability: None, decoded: vec![] };
        findings.push(Finding { evidence, ..finding("token", Severity::Info, "a", "x") });
    }
    for scope in [
        model::DependencyScope::Runtime,
        model::DependencyScope::Development,
        model::DependencyScope::Optional,
        model::DependencyScope::Unknown,
    ] {
        for reachable in [model::Reachable::Yes, model::Reachable::No, model::Reachable::Unknown] {
            let mut finding = advisory("GHSA-1", Severity::Unknown, None);
            if let Evidence::Advisory(found) = &mut finding.evidence {
                (found.scope, found.reachable) = (scope, reachable);
            }
            findings.push(finding);
        }
    }
    let (record, policy) = (scoped("full", findings, vec![]), policy("{}"));
    let verdict = judge(&case(&record, &policy));
    let text = render("json", &Report { record: &record, verdict: &verdict }, &Options::default());
    assert!(validator.is_valid(&serde_json::from_str(&text).unwrap()));
}

#[test]
fn no_format_lets_a_foreign_text_act() {
    with_showcase(|report| {
        for format in &FORMATS {
            let text = (format.render)(report, &Options::default());
            let active: Vec<char> =
                text.chars().filter(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}').collect();
            assert_eq!(active, Vec::<char>::new(), "{}", format.name);
        }
    });
}

#[test]
fn every_format_tells_the_same_verdict() {
    with_showcase(|report| {
        for show in [Show::default(), Show { min_severity: Some(Severity::Critical), states: Some(vec![]) }] {
            let options = Options { show, ..Options::default() };
            assert!(render("text", report, &options).contains("\nVerdict: fail, 12 findings"));
            assert!(render("json", report, &options).contains("\n  \"verdict\": \"fail\""));
            assert_eq!(report.verdict.exit().code(), 1);
        }
    });
    assert!(find("html").is_none());
    assert_eq!(FORMATS.map(|format| find(format.name).is_some()), [true; 3]);
}

#[test]
fn a_report_shows_what_it_is_asked_for() {
    let titles = |show: Show| {
        let mut shown = Vec::new();
        with_showcase(|report| {
            let options = Options { show, ..Options::default() };
            let value: serde_json::Value = serde_json::from_str(&render("json", report, &options)).unwrap();
            let each = value["findings"].as_array().unwrap().iter();
            shown = each
                .map(|one| format!("{} {}", one["rule"].as_str().unwrap(), one["state"].as_str().unwrap()))
                .collect();
            let text = render("text", report, &options);
            for line in &shown {
                assert!(text.contains(line.split(' ').next().unwrap()), "{line}");
            }
        });
        shown
    };
    let of = |states: &[State]| Show { states: Some(states.to_vec()), min_severity: None };
    assert_eq!(titles(of(&[State::Waived])), ["token waived"]);
    assert_eq!(titles(of(&[State::Unchanged])), ["key unchanged"]);
    let critical = Show { min_severity: Some(Severity::Critical), states: None };
    assert_eq!(titles(critical), ["sql-injection new"]);
}

/// Judges a record by the defaults, as a tree as a whole, and writes the report.
pub(super) fn plain(name: &str, record: &Record) -> String {
    shown(name, record, &Options::default())
}

fn shown(name: &str, record: &Record, options: &Options) -> String {
    let policy = policy("{}");
    let verdict = judge(&case(record, &policy));
    render(name, &Report { record, verdict: &verdict }, options)
}

#[test]
fn a_long_text_says_how_much_is_left_out() {
    let many = (0..23).map(|at| finding("token", Severity::High, &format!("f{at:02}"), "x"));
    let gaps = (0..21).map(|at| gap(GapKind::Unread, "too-large", Some(&format!("g{at:02}"))));
    let record = scoped("full", many.collect(), gaps.collect());
    let text = plain("text", &record);
    assert_eq!(text.matches("high[secrets/token]").count(), 20);
    assert!(
        text.contains(
            "\n3 findings more (3 high); --all shows them, and a report in another format has them\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("\n1 gap more; --all shows them, and a report in another format has them\n"),
        "{text}"
    );
    assert!(text.contains("\n  … and 16 more\n"), "{text}");
    let show = Show { states: Some(State::ALL.to_vec()), min_severity: None };
    let text = shown("text", &record, &Options { show, ..Options::default() });
    assert_eq!(text.matches("high[secrets/token]").count(), 23);
    assert_eq!(text.matches("unread gap[").count(), 21);
}

/// A line end in the name of a file is told apart from a blank.
#[test]
fn a_name_shows_its_line_ends() {
    let found = vec![finding("token", Severity::High, "a\nb", "x")];
    let text = plain("text", &scoped("full", found, vec![gap(GapKind::Unread, "too-large", Some("c\nd"))]));
    assert!(text.contains("--> a\\u{a}b"), "{text}");
    assert!(text.contains("--> c\\u{a}d") && text.contains("secrets: c\\u{a}d: the file"), "{text}");
}

#[test]
fn nothing_found_is_said() {
    let clean = scoped("full", vec![], vec![]);
    insta::assert_snapshot!(plain("text", &clean));
    let skipped = Record::new([
        Message::Run(header("change")),
        Message::Stage(outcome("sast", Status::Skipped, By::Both)),
    ]);
    insta::assert_snapshot!(plain("text", &skipped.clone().unwrap()));
    let sarif: serde_json::Value = serde_json::from_str(&plain("sarif", &skipped.unwrap())).unwrap();
    assert_eq!(sarif["runs"][0]["automationDetails"]["id"], "sluicegate/gate/");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_text_and_any_range_is_shown(text in proptest::prelude::any::<String>(), line: u32, start: u32, end: u32, near in 0_u32..40) {
        for (from, to) in [(start, end), (near, near + 3), (near, 0)] {
            let shown = Finding {
                title: text.clone(),
                message: text.clone(),
                location: Location::File { path: text.clone(), span: span(line, start, end, near) },
                snippet: Some(Snippet { line, text: text.clone(), highlight: from..to }),
                ..finding("token", Severity::High, "a", "x")
            };
            let record = scoped("full", vec![shown], vec![]);
            for format in &FORMATS {
                let report = plain(format.name, &record);
                assert!(!report.contains(|c: char| c.is_control() && c != '\n'), "{report:?}");
            }
        }
    }
}

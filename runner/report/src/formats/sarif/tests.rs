//! SARIF keeps to the limits of GitHub and says what it leaves out.

use model::{Finding, Policy as By, Severity, StageId};

use super::*;
use crate::fixtures::{case, finding, header, outcome, policy, said, scoped};
use crate::formats::showcase::{flowing, leaked, with_showcase};
use crate::formats::tests::{plain, render};
use crate::{Record, judge};

#[test]
fn sarif_of_everything() {
    with_showcase(|report| insta::assert_snapshot!(render("sarif", report, &Options::default())));
}

fn sarif(record: &Record) -> serde_json::Value {
    serde_json::from_str(&plain("sarif", record)).unwrap()
}

#[test]
fn sarif_keeps_to_the_number_of_runs() {
    let stages =
        (0..22).map(|at| model::Message::Stage(outcome(&format!("stage-{at:02}"), Status::Clean, By::Both)));
    let found = said(
        "zebra",
        By::Both,
        vec![Finding { stage: StageId::new("zebra").unwrap(), ..leaked("a") }],
        vec![],
    );
    let record =
        Record::new(std::iter::once(model::Message::Run(header("full"))).chain(stages).chain(found)).unwrap();
    let value = sarif(&record);
    let runs = value["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 20);
    assert_eq!(runs.iter().filter(|run| run["automationDetails"]["id"] == "sluicegate/zebra/").count(), 1);
    let said = &runs[0]["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(said["message"]["text"], "3 stages are left out: GitHub takes 20 runs from one file");
    assert_eq!(runs[0]["tool"]["driver"]["notifications"][0]["id"], "limit");
}

#[test]
fn sarif_keeps_to_the_number_of_results() {
    let many = 0..results::MAX_RESULTS + 1;
    let mut findings: Vec<Finding> =
        many.map(|at| finding("token", Severity::Low, &format!("f{at:05}"), "x")).collect();
    findings.last_mut().unwrap().severity = Severity::Critical;
    let (record, policy) = (scoped("full", findings, vec![]), policy("{}"));
    let verdict = judge(&case(&record, &policy));
    let runs = runs(&Report { record: &record, verdict: &verdict }, &Options::default());
    let results = &runs[1].results;
    assert_eq!(results.len(), results::MAX_RESULTS);
    assert_eq!(results.iter().filter(|result| result.properties.severity == "critical").count(), 1);
    let said = &runs[1].invocations[0].tool_execution_notifications[0].message.text;
    assert_eq!(said, "1 result is left out: GitHub takes 25000 from one run");
}

#[test]
fn sarif_cuts_long_lists() {
    let mut long = flowing();
    long.flow = vec![long.flow[0].clone(); 1_500];
    long.related = vec![long.related[0].clone(); 150];
    long.cwe = (1..50).collect();
    let record = Record::new(std::iter::once(model::Message::Run(header("full"))).chain(said(
        "sast",
        By::Both,
        vec![long],
        vec![],
    )));
    let value = sarif(&record.unwrap());
    let result = &value["runs"][0]["results"][0];
    assert_eq!(result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap().len(), 1_000);
    assert_eq!(result["relatedLocations"].as_array().unwrap().len(), 100);
}

#[test]
fn sarif_tells_apart_what_github_would_take_for_one_alert() {
    let on_one_line = |identity: &str| {
        let mut finding = finding("token", Severity::High, "a", identity);
        finding.fingerprints.insert(Finding::LINE_HASH.into(), "feed:1".into());
        finding
    };
    let value = sarif(&scoped("full", vec![on_one_line("x"), on_one_line("y")], vec![]));
    let results = value["runs"][1]["results"].as_array().unwrap();
    let prints: Vec<&str> =
        results.iter().map(|one| one["partialFingerprints"][Finding::LINE_HASH].as_str().unwrap()).collect();
    let id = results[1]["partialFingerprints"][Finding::STRUCTURAL].as_str().unwrap();
    assert_eq!(prints, ["feed:1".to_owned(), format!("feed:1-{id}")]);
}

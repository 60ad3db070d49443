//! SARIF 2.1.0, one run a stage, within the limits of GitHub code scanning
//! (<https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>).
//!
//! What is waived, accepted or unchanged is written and marked: a result that goes away counts there as fixed and comes
//! back as a new alert. A stage that was skipped has no run for the same reason. What a limit cuts off is said in a
//! notification.

mod place;
mod results;
mod rules;
mod shape;

use std::collections::BTreeMap;

use model::{Gap, GapKind, Status};

use crate::formats::sarif::rules::Rules;
use crate::formats::sarif::shape::{
    Automation, Component, Descriptor, Driver, Invocation, Location, Log, Message, Notification, Reference,
    Run,
};
use crate::formats::{Judgement, Options, Report, printable};

/// The schema of the format.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Most runs that GitHub takes from one file.
const MAX_RUNS: usize = 20;

/// Writes the report.
pub(super) fn render(report: &Report<'_>, options: &Options) -> String {
    let mut runs = limited(runs(report, options));
    if let Some(run) = runs.first_mut() {
        for one in &report.verdict.loosened {
            let message = format!("The change loosens `{}`: {}", one.what, one.message);
            run.notify(notification("loosened", "warning", message));
        }
    }
    runs.iter_mut().for_each(Run::describe_notifications);
    let log = Log { schema: SCHEMA, version: "2.1.0", runs };
    // The shape has text keys and finite numbers only, so this never fails.
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    printable::json(text)
}

/// Keeps the runs that say most, in the order of the stages, and says how many are left out.
fn limited(runs: Vec<Run>) -> Vec<Run> {
    let cut = runs.len().saturating_sub(MAX_RUNS);
    if cut == 0 {
        return runs;
    }
    let mut by_size: Vec<(usize, Run)> = runs.into_iter().enumerate().collect();
    by_size.sort_by_key(|(at, run)| (std::cmp::Reverse(run.results.len()), *at));
    by_size.truncate(MAX_RUNS);
    by_size.sort_by_key(|(at, _)| *at);
    let mut runs: Vec<Run> = by_size.into_iter().map(|(_, run)| run).collect();
    let cut = if cut == 1 { "1 stage is".to_owned() } else { format!("{cut} stages are") };
    let message = format!("{cut} left out: GitHub takes {MAX_RUNS} runs from one file");
    if let Some(run) = runs.first_mut() {
        run.notify(notification("limit", "warning", message));
    }
    runs
}

fn runs(report: &Report<'_>, options: &Options) -> Vec<Run> {
    let mut by_stage: BTreeMap<String, Vec<Judgement<'_>>> = BTreeMap::new();
    for judgement in report.judgements() {
        let outcome = &judgement.run.outcome;
        if outcome.status != Status::Skipped {
            by_stage.entry(outcome.stage.to_string()).or_default().push(judgement);
        }
    }
    let version = &report.record.header().tool;
    let stages = by_stage.iter().map(|(stage, judgements)| run(stage, judgements, version, report, options));
    let mut runs: Vec<Run> = stages.collect();
    if runs.is_empty() {
        runs.push(empty_run("gate", version));
    }
    runs
}

fn empty_run(stage: &str, version: &str) -> Run {
    Run {
        tool: Component {
            driver: Driver {
                name: "Sluicegate",
                semantic_version: version.to_owned(),
                rules: Vec::new(),
                notifications: Vec::new(),
            },
        },
        automation_details: Automation { id: format!("sluicegate/{stage}/") },
        column_kind: "unicodeCodePoints",
        invocations: vec![Invocation {
            execution_successful: true,
            tool_execution_notifications: Vec::new(),
        }],
        results: Vec::new(),
    }
}

fn run(
    stage: &str,
    judgements: &[Judgement<'_>],
    version: &str,
    report: &Report<'_>,
    options: &Options,
) -> Run {
    let mut run = empty_run(stage, version);
    let mut rules = Rules::default();
    let (results, cut) = results::of_stage(judgements, &mut rules, report.verdict.compared, options);
    run.results = results;
    run.tool.driver.rules = rules.into_descriptors();
    for judgement in judgements {
        let outcome = &judgement.run.outcome;
        let lost = judgement.gaps.iter().any(|(gap, _)| gap.kind == GapKind::Lost);
        if outcome.status == Status::Failed || lost {
            run.fail();
        }
        if outcome.status == Status::Failed {
            let reason = outcome.reason.as_deref().unwrap_or("no reason is recorded");
            run.notify(notification(
                "failed",
                "error",
                format!("The stage failed on {}: {reason}", outcome.subject),
            ));
        }
        for (gap, judged) in &judgement.gaps {
            run.notify(of_gap(gap, judged.blocks));
        }
    }
    if cut > 0 {
        let results = if cut == 1 { "1 result is".to_owned() } else { format!("{cut} results are") };
        let message = format!("{results} left out: GitHub takes {} from one run", results::MAX_RESULTS);
        run.notify(notification("limit", "warning", message));
    }
    run
}

fn notification(code: &str, level: &'static str, message: String) -> Notification {
    let text = printable::line(&message).into_owned();
    Notification {
        descriptor: Reference { id: code.to_owned(), index: 0 },
        level,
        message: Message { text },
        locations: Vec::new(),
    }
}

fn of_gap(gap: &Gap, blocks: bool) -> Notification {
    let hint = gap.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
    let level = if blocks { "error" } else { "warning" };
    let mut notification = notification(&gap.code, level, format!("{} gap: {}{hint}", gap.kind, gap.reason));
    notification.locations = gap.path.iter().map(|path| Location::of_line(path, gap.line)).collect();
    notification
}

impl Run {
    fn notify(&mut self, notification: Notification) {
        if let Some(invocation) = self.invocations.first_mut() {
            invocation.tool_execution_notifications.push(notification);
        }
    }

    fn fail(&mut self) {
        if let Some(invocation) = self.invocations.first_mut() {
            invocation.execution_successful = false;
        }
    }

    /// Lists the codes of the notifications in the driver, and lets each point at its own.
    fn describe_notifications(&mut self) {
        let Some(invocation) = self.invocations.first_mut() else { return };
        let notifications = &mut invocation.tool_execution_notifications;
        let codes: BTreeMap<String, usize> = {
            let mut codes: Vec<String> =
                notifications.iter().map(|notification| notification.descriptor.id.clone()).collect();
            codes.sort();
            codes.dedup();
            codes.into_iter().zip(0..).collect()
        };
        for notification in notifications.iter_mut() {
            notification.descriptor.index = codes.get(&notification.descriptor.id).copied().unwrap_or(0);
        }
        self.tool.driver.notifications = codes.into_keys().map(Descriptor::of_notification).collect();
    }
}

#[cfg(test)]
mod tests;

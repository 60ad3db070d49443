//! A line for each stage and subject: how it ended, what it counted, whether the cache answered.

use anstyle::{AnsiColor, Style};
use model::{Status, plural};

use crate::formats::text::{Page, tally};
use crate::formats::{Judgement, Timings, printable};

/// Writes the lines, their columns in line.
pub(super) fn write(page: &mut Page<'_>, judgements: &[Judgement<'_>]) {
    let rows: Vec<(String, String, &Judgement<'_>)> = judgements
        .iter()
        .map(|judgement| {
            let outcome = &judgement.run.outcome;
            let subject = printable::line(&outcome.subject.to_string()).into_owned();
            (outcome.stage.to_string(), subject, judgement)
        })
        .collect();
    let stages = rows.iter().map(|(stage, ..)| stage.chars().count()).max().unwrap_or(0);
    let subjects = rows.iter().map(|(_, subject, _)| subject.chars().count()).max().unwrap_or(0);
    for (stage, subject, judgement) in &rows {
        let before = stages + subjects + 4;
        let ended = page.wrapped(ended(page, judgement), before).replace('\n', &format!("\n{:before$}", ""));
        page.line(format_args!("{stage:stages$}  {subject:subjects$}  {ended}"));
    }
}

/// Writes what stands behind the numbers of the lines, where everything is asked for.
pub(super) fn write_named(page: &mut Page<'_>, judgements: &[Judgement<'_>]) {
    if page.most() < usize::MAX {
        return;
    }
    for judgement in judgements {
        let outcome = &judgement.run.outcome;
        for counted in judgement.run.counted.iter().filter(|counted| !counted.paths.is_empty()) {
            let mut paths: Vec<String> =
                counted.paths.iter().map(|path| printable::path(path).into_owned()).collect();
            let rest = usize::try_from(counted.number).unwrap_or(usize::MAX).saturating_sub(paths.len());
            if rest > 0 {
                paths.push(format!("… and {rest} more"));
            }
            let what = said(counted.number, &counted.what);
            let subject = printable::line(&outcome.subject.to_string()).into_owned();
            page.list(&format!("{}, {subject}: {} {what}", outcome.stage, counted.number), &paths);
        }
    }
}

fn ended(page: &Page<'_>, judgement: &Judgement<'_>) -> String {
    let outcome = &judgement.run.outcome;
    let reason =
        outcome.reason.as_ref().map(|reason| format!(": {}", printable::short(reason))).unwrap_or_default();
    let style = match outcome.status {
        Status::Clean => AnsiColor::Green.on_default(),
        Status::Findings | Status::Gaps => AnsiColor::Yellow.on_default(),
        Status::Failed => AnsiColor::Red.on_default(),
        Status::Skipped => Style::new().dimmed(),
    };
    let word = match outcome.status {
        Status::Clean | Status::Failed | Status::Skipped => outcome.status.name().to_owned(),
        Status::Findings | Status::Gaps => found(judgement),
    };
    let mut line = format!("{}{reason}", page.styled(style, &word));
    let counted = judgement.run.counted.iter().filter(|counted| counted.number > 0);
    let counted: Vec<String> = counted
        .map(|counted| format!("{} {}", counted.number, said(counted.number, &counted.what)))
        .collect();
    if !counted.is_empty() {
        line.push_str(&format!("; {}", counted.join(", ")));
    }
    if page.options.timings == Timings::Shown {
        let cached = if outcome.cached { ", cached" } else { "" };
        line.push_str(&format!("{cached}, {} ms", outcome.milliseconds));
    }
    line
}

/// Returns what was counted, in the singular where it is one: `commits`, `packages-checked`.
fn said(number: u64, what: &str) -> String {
    let what = printable::line(what);
    let (thing, more) = what.find('-').map_or((&*what, ""), |at| what.split_at(at));
    match thing.strip_suffix('s').filter(|_| number == 1) {
        Some(one) => format!("{one}{more}"),
        None => what.into_owned(),
    }
}

/// Words findings and gaps: `2 findings (1 new, 1 waived), 1 gap`.
fn found(judgement: &Judgement<'_>) -> String {
    let mut parts = Vec::new();
    if !judgement.findings.is_empty() {
        let states = tally(judgement.findings.iter().map(|(_, judged)| judged.state));
        parts.push(format!("{} ({states})", plural(judgement.findings.len(), "finding")));
    }
    if !judgement.gaps.is_empty() {
        parts.push(plural(judgement.gaps.len(), "gap"));
    }
    parts.join(", ")
}

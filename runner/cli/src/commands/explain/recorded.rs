//! What a record says of one of its findings, or of its gaps of one code.

use std::path::Path;

use model::{Finding, Gap, GapKind, plural};
use report::formats::printable;
use report::{Exit, JudgedGap, Record, Verdict};

use crate::case::CaseFile;
use crate::commands::explain::describe;
use crate::fault::Fault;
use crate::output::{self, Lines};

/// Gaps of one code that are told.
const MOST_GAPS: usize = 20;

/// Explains the finding or the gap with this id, or the gaps of this code, with their stage (`secrets/too-large`) or without.
pub(super) fn explain(subject: &str, file: &Path) -> Result<Exit, Fault> {
    let (record, verdict) = CaseFile::read(file)?.judge()?;
    let mut lines = Lines::default();
    let found: Vec<(usize, &Finding)> =
        record.findings().enumerate().filter(|(_, finding)| finding.id().starts_with(subject)).collect();
    let gaps: Vec<(&Gap, &JudgedGap)> =
        record.gaps().zip(&verdict.gaps).filter(|(gap, _)| is_named(gap, subject)).collect();
    match (found.as_slice(), gaps.as_slice()) {
        ([(at, one)], []) => finding(*at, one, &record, &verdict, &mut lines),
        ([], [_, ..]) => gaps_of(&gaps, &mut lines),
        _ => {
            let (name, found, gaps) = (file.display(), found.len(), gaps.len());
            let text = match (found, gaps) {
                (0, 0) => {
                    format!("{name} has no finding with such an id, and no gap with such an id or code")
                }
                _ => format!(
                    "{} and {} of {name} have an id that starts so",
                    plural(found, "finding"),
                    plural(gaps, "gap")
                ),
            };
            return Err(
                Fault::usage(text).hint("give an id as the JSON report prints it, or the code of a gap")
            );
        }
    }
    output::print(lines.into_text().as_bytes())?;
    Ok(Exit::Pass)
}

fn is_named(gap: &Gap, subject: &str) -> bool {
    let code = match subject.split_once('/') {
        Some((stage, code)) if stage == gap.stage.as_str() => code,
        _ => subject,
    };
    gap.code == code || (!subject.is_empty() && gap.fingerprint().starts_with(subject))
}

fn finding(at: usize, finding: &Finding, record: &Record, verdict: &Verdict, lines: &mut Lines) {
    lines.line(finding.id()).line(&finding.message);
    let state = verdict.findings.get(at).map_or("unknown", |judged| judged.state.name());
    lines.line(format_args!("  state: {state}"));
    if let (Some(path), Some(span)) = (finding.location.path(), finding.location.span()) {
        let path = printable::path(path);
        lines.line(format_args!("  at: {path}:{}:{}", span.start_line, span.start_column));
    }
    for (name, value) in &finding.fingerprints {
        lines.line(format_args!("  fingerprint {name}: {value}"));
    }
    if let Some(fix) = &finding.fix {
        lines.line(format_args!("  fix: {}", fix.text));
    }
    let rules = record.runs().iter().flat_map(|run| &run.rules);
    for rule in rules.filter(|rule| rule.stage == finding.stage && rule.id == finding.rule).take(1) {
        describe(rule, lines);
    }
}

fn gaps_of(gaps: &[(&Gap, &JudgedGap)], lines: &mut Lines) {
    for (gap, judged) in gaps.iter().take(MOST_GAPS) {
        lines.line(format_args!("{}/{}: {}", gap.stage, gap.code, gap.reason));
        if let Some(path) = &gap.path {
            let line = gap.line.map(|line| format!(":{line}")).unwrap_or_default();
            lines.line(format_args!("  at: {}{line}", printable::path(path)));
        }
        lines.line(format_args!("  id: {}", gap.fingerprint()));
        let blocks = if judged.blocks { "blocks" } else { "does not block" };
        lines.line(format_args!("  state: {}, {blocks}", judged.state.name()));
        if let Some(hint) = &gap.hint {
            lines.line(format_args!("  closed by: {hint}"));
        }
    }
    if gaps.len() > MOST_GAPS {
        lines.line(format_args!("and {} more", gaps.len() - MOST_GAPS));
    }
    for said in GapKind::ALL.into_iter().filter(|said| gaps.iter().any(|(gap, _)| gap.kind == *said)) {
        kind(said, lines);
    }
}

/// Says what a kind of gap is, when it blocks and what lets it through.
pub(super) fn kind(kind: GapKind, lines: &mut Lines) {
    let (what, blocks, closing) = match kind {
        GapKind::Lost => (
            "a stage, a subject or a data set is missing, failed or too old, so nobody knows what is there",
            "always: no waiver and no baseline lets it through",
            "do what its hint says, or take the stage out of the pipeline",
        ),
        GapKind::Unread => (
            "a file, or an advisory, should have been read and could not be",
            "unless it is waived, in the baseline, or in the merge-base of a change too",
            "do what its hint says, or accept it: `waivers: [{ gap: CODE, path: PATH, … }]`, or `sluicegate baseline`",
        ),
        GapKind::Partial => (
            "something was looked at within a limit that its text states",
            "only where the policy says `gate: { fail-on-partial-gaps: true }`, and then as an unread one does",
            "do what its hint says, where it has one",
        ),
    };
    lines.line(format_args!("{kind} gap: {what}"));
    lines.line(format_args!("  blocks: {blocks}")).line(format_args!("  closed by: {closing}"));
}

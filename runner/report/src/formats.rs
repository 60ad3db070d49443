//! Reports: one file each, one list of them all. A report is a pure function of a record, its verdict and options; it
//! filters what it shows and nothing else, so the verdict and the exit code are the same for every format.

pub mod json;
pub mod printable;
mod sarif;
mod text;

use model::{Finding, Gap, Rule, Severity};

use crate::record::StageRun;
use crate::{Judged, JudgedGap, Record, State, Verdict};

/// What a report is of. The verdict is that on the record.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What was said.
    pub record: &'a Record,
    /// What the gate says of it.
    pub verdict: &'a Verdict,
}

/// A kind of report.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// Name, as `--format` takes it.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub description: &'static str,
    /// Writes the report.
    pub render: fn(&Report<'_>, &Options) -> String,
}

/// Every kind of report.
pub const FORMATS: [Format; 3] = [
    Format { name: "text", description: "for people at a terminal or reading a log", render: text::render },
    Format {
        name: "json",
        description: "everything, for programs; stable and described by a schema",
        render: json::render,
    },
    Format {
        name: "sarif",
        description: "SARIF 2.1.0, for GitHub code scanning and editors",
        render: sarif::render,
    },
];

/// Returns the format of that name.
pub fn find(name: &str) -> Option<&'static Format> {
    const LIST: &[Format] = &FORMATS;
    LIST.iter().find(|format| format.name == name)
}

/// How a report looks.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether text has colors.
    pub color: Color,
    /// Columns of the terminal that the report is for; `None` where it is for none: nothing is wrapped then.
    pub width: Option<usize>,
    /// Whether to tell what is never the same twice: durations, and whether the cache answered.
    pub timings: Timings,
    /// What is shown.
    pub show: Show,
}

/// Whether text has colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Color {
    /// It has none.
    Never,
    /// It has, as ANSI escapes.
    Always,
}

/// Whether to tell durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timings {
    /// The same run gives the same bytes.
    Hidden,
    /// Durations are told.
    Shown,
}

/// Which findings a report shows.
#[derive(Debug, Clone, Default)]
pub struct Show {
    /// Only findings as bad as this or worse.
    pub min_severity: Option<Severity>,
    /// Only findings in these states; `None` leaves it to the format: all, but for text those that the gate looks at.
    pub states: Option<Vec<State>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { color: Color::Never, width: None, timings: Timings::Hidden, show: Show::default() }
    }
}

impl Show {
    fn has(&self, finding: &Finding, judged: &Judged) -> bool {
        self.min_severity.is_none_or(|least| finding.severity.reaches(least))
            && self.states.as_ref().is_none_or(|states| states.contains(&judged.state))
    }
}

/// A stage's run with what the gate says of it.
struct Judgement<'a> {
    run: &'a StageRun,
    findings: Vec<(&'a Finding, &'a Judged)>,
    gaps: Vec<(&'a Gap, &'a JudgedGap)>,
}

impl<'a> Report<'a> {
    /// Returns each run with its findings and gaps and what is said of them, in the record's order.
    fn judgements(&self) -> Vec<Judgement<'a>> {
        let mut judged = self.verdict.findings.iter();
        let mut judged_gaps = self.verdict.gaps.iter();
        let runs = self.record.runs().iter();
        runs.map(|run| Judgement {
            run,
            findings: run.findings.iter().zip(judged.by_ref()).collect(),
            gaps: run.gaps.iter().zip(judged_gaps.by_ref()).collect(),
        })
        .collect()
    }
}

/// Returns the rule of a finding, when the run says it.
fn rule_of<'a>(run: &'a StageRun, finding: &Finding) -> Option<&'a Rule> {
    run.rules.iter().find(|rule| rule.id == finding.rule)
}

/// Returns where a severity stands from the worst on.
fn rank(severity: Severity) -> usize {
    Severity::ALL.iter().position(|other| *other == severity).unwrap_or(Severity::ALL.len())
}

#[cfg(test)]
mod showcase;
#[cfg(test)]
mod tests;

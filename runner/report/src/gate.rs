//! The gate: a pure function of a record, a policy, what the record is compared with, and the day.

mod findings;
mod gaps;
mod rules;
mod verdict;
mod waived;
mod warnings;

use std::collections::BTreeSet;

use jiff::civil::Date;
use model::{Decision, Status};

use crate::policy::Policy;
use crate::record::StageRun;
use crate::state::Comparison;
use crate::{Baseline, Loosened, Record};

pub use verdict::{Blocking, Failed, Judged, JudgedGap, Verdict, Waived, WaivedBy, Warning};

/// Everything a verdict depends on.
#[derive(Debug, Clone)]
pub struct Case<'a> {
    /// What was found, settled (see [`Record::settle`]).
    pub record: &'a Record,
    /// What it is compared with; `None` judges a tree as a whole.
    pub comparison: Option<Comparison<'a>>,
    /// What passes.
    pub policy: &'a Policy,
    /// What is accepted.
    pub baseline: Option<&'a Baseline>,
    /// The day, UTC.
    pub today: Date,
    /// Whether comments beside the code can let findings through.
    pub inline_ignores: InlineIgnores,
    /// Whether every stage of the pipeline took part.
    pub coverage: Coverage,
    /// What policy, baseline and sections lost on the way to this case.
    pub loosened: Vec<Loosened>,
}

/// Whether comments beside the code can let findings through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InlineIgnores {
    /// They can.
    Honored,
    /// They cannot: `--no-inline-ignores`.
    Refused,
}

/// Whether every stage of the pipeline took part; what is unused is told only then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coverage {
    /// All took part.
    All,
    /// Some were left out by the command line.
    Some,
}

/// Judges a run.
pub fn judge(case: &Case<'_>) -> Verdict {
    let mut loosened = case.loosened.clone();
    let mut findings = findings::judge(case, &mut loosened);
    let gaps = gaps::judge(case);
    let failed = rules::apply(case, &mut findings);
    let mut warnings = rules::warnings(case, &findings);
    warnings.extend(warnings::collect(case));
    let blocking = gaps::blocking(case, &gaps);
    let decision = match (failed.is_empty(), blocking.is_empty()) {
        (false, _) => Decision::Fail,
        (true, false) => Decision::Incomplete,
        (true, true) => Decision::Pass,
    };
    loosened.sort();
    loosened.dedup();
    Verdict {
        decision,
        failed,
        findings,
        gaps,
        blocking,
        warnings,
        loosened,
        notes: notes(case),
        compared: case.baseline.is_some()
            || case.comparison.as_ref().is_some_and(|comparison| comparison.base.is_some()),
    }
}

/// What a reader should know that is neither wrong nor missing.
fn notes(case: &Case<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let ran = case.record.runs().iter().any(|run| run.outcome.status != Status::Skipped);
    if !ran && case.record.header().scope != FULL {
        notes.push("the change touches nothing that a stage looks at".to_owned());
    }
    notes
}

/// The scope in which everything is looked at.
const FULL: &str = "full";
/// The scope in which a change is compared with its merge-base.
const CHANGE: &str = "change";
/// The scope in which only the commits about to be pushed are looked at.
const OUTGOING: &str = "outgoing";

/// Returns the stages that did their work, on whatever subject.
fn stages_that_ran(record: &Record) -> BTreeSet<&str> {
    let ran = |run: &&StageRun| !matches!(run.outcome.status, Status::Skipped | Status::Failed);
    record.runs().iter().filter(ran).map(|run| run.outcome.stage.as_str()).collect()
}

#[cfg(test)]
mod tests;

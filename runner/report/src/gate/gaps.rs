//! The state of each gap, and what makes a run incomplete.

use model::{GapKind, Status};

use crate::formats::printable;
use crate::gate::findings::is_let_through;
use crate::gate::{Blocking, Case, FULL, JudgedGap, waived};
use crate::state::{State, compare_gaps};

/// Returns what is said of each gap.
pub(super) fn judge(case: &Case<'_>) -> Vec<JudgedGap> {
    let compared = compare_gaps(case.record, case.comparison.as_ref(), case.baseline);
    let each = case.record.gaps().zip(compared);
    each.map(|(gap, compared)| {
        let waived = waived::gap_by_policy(case.policy, gap, case.today);
        let let_through = waived.is_some() || is_let_through(compared, case.policy.new_only);
        let blocks = match gap.kind {
            GapKind::Lost => true,
            GapKind::Unread => !let_through,
            GapKind::Partial => case.policy.fail_on_partial_gaps && !let_through,
        };
        let state = if waived.is_some() { State::Waived } else { compared.state };
        JudgedGap { state, matched: compared.matched, waived, blocks }
    })
    .collect()
}

/// Returns what makes the run incomplete: gaps that block, stages that failed, nothing looked at.
pub(super) fn blocking(case: &Case<'_>, gaps: &[JudgedGap]) -> Vec<Blocking> {
    let mut blocking = Vec::new();
    let mut each = gaps.iter();
    for run in case.record.runs() {
        let mut told = false;
        for (gap, judged) in run.gaps.iter().zip(&mut each) {
            if judged.blocks {
                let place =
                    gap.path.as_ref().map(|path| format!("{}: ", printable::path(path))).unwrap_or_default();
                let message = format!("{}: {place}{}", gap.stage, gap.reason);
                blocking.push(Blocking { message, hint: gap.hint.clone() });
                told |= gap.kind == GapKind::Lost;
            }
        }
        if run.outcome.status == Status::Failed && !told {
            let reason = run.outcome.reason.as_deref().unwrap_or("no reason is recorded");
            let message =
                format!("{}: the stage failed on {}: {reason}", run.outcome.stage, run.outcome.subject);
            blocking.push(Blocking { message, hint: None });
        }
    }
    let looked = case.record.runs().iter().any(|run| run.outcome.status != Status::Skipped);
    if !looked && case.record.header().scope == FULL {
        blocking.push(nothing_ran(case));
    }
    blocking
}

/// Says why no stage looked at anything: there is none, or none was to run.
fn nothing_ran(case: &Case<'_>) -> Blocking {
    let skipped =
        case.record.runs().iter().find_map(|run| Some((&run.outcome.stage, run.outcome.reason.as_ref()?)));
    let (message, hint) = match skipped {
        Some((stage, reason)) => (
            format!("every stage was skipped; {stage}: {reason}"),
            "`sluicegate plan` says why each stage does not run; widen its `when`, or take it out",
        ),
        None => (
            "no stage found anything to look at".to_owned(),
            "run in the root of the project, or name the stages in sluicegate.yaml",
        ),
    };
    Blocking { message, hint: Some(hint.to_owned()) }
}

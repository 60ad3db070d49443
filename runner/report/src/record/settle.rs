//! Makes one run of the several that a stage had, where the change's section differs from the target branch's, or that of
//! a policy that a file extends from its own.
//!
//! What any finds counts; what only the target's sections find was loosened by the change and is listed. A finding stays
//! suppressed only where all that find it suppress it.

use std::collections::BTreeMap;

use model::{Finding, Policy, Severity, StageId, Status, Subject};

use crate::record::StageRun;
use crate::record::fold::fold;
use crate::record::union::{Print, prints, union};
use crate::{Loosened, Record};

impl Record {
    /// Returns the record with one run a stage and subject, and what the change's sections loosened.
    pub fn settle(self) -> (Self, Vec<Loosened>) {
        let mut loosened = Vec::new();
        let mut groups: BTreeMap<(StageId, Subject), Vec<StageRun>> = BTreeMap::new();
        for run in self.runs {
            let key = (run.outcome.stage.clone(), run.outcome.subject.clone());
            groups.entry(key).or_default().push(run);
        }
        let mut runs = Vec::new();
        for group in groups.into_values() {
            let (both, of_sides): (Vec<_>, Vec<_>) =
                group.into_iter().partition(|run| run.outcome.policy == Policy::Both);
            let (target, head): (Vec<_>, Vec<_>) =
                of_sides.into_iter().partition(|run| run.outcome.policy == Policy::Target);
            if !target.is_empty() {
                let whole = |side: &[StageRun]| side.iter().chain(&both).cloned().reduce(union);
                if let Some(target) = whole(&target) {
                    compare(&target, whole(&head).as_ref(), &mut loosened);
                }
            }
            let one = both.into_iter().chain(target).chain(head).reduce(union);
            runs.extend(one.map(|mut run| {
                run.outcome.policy = Policy::Both;
                run.outcome.variant = 0;
                run
            }));
        }
        fold(&mut runs);
        loosened.sort();
        loosened.dedup();
        (Self::sorted(self.header, runs), loosened)
    }
}

/// Lists what the target's run has and the change's has not.
fn compare(target: &StageRun, head: Option<&StageRun>, loosened: &mut Vec<Loosened>) {
    let what = format!("stages.{}", target.outcome.stage);
    let mut list = |message: String| loosened.push(Loosened::new(&what, message));
    let Some(head) = head else {
        list("the change removes or disables the stage; it ran as the target branch has it".to_owned());
        return;
    };
    if head.outcome.status == Status::Skipped && target.outcome.status != Status::Skipped {
        list("the change skips the stage; it ran as the target branch has it".to_owned());
        return;
    }
    let theirs: BTreeMap<Print, &Finding> = prints(&head.findings).into_iter().zip(&head.findings).collect();
    for (print, finding) in prints(&target.findings).into_iter().zip(&target.findings) {
        match theirs.get(&print) {
            None => list(format!("the change no longer finds {}; it counts", name(finding))),
            Some(theirs) if theirs.suppressed.is_some() && finding.suppressed.is_none() => {
                list(format!("the change ignores {}; it counts", name(finding)));
            }
            Some(theirs) if is_lower(theirs.severity, finding.severity) => {
                let (was, is) = (finding.severity, theirs.severity);
                list(format!("the change makes {} {is}; it counts as {was}", name(finding)));
            }
            Some(_) => {}
        }
    }
}

/// Tells whether the change's severity may gate less than the target's: `unknown` gates as the policy says.
fn is_lower(head: Severity, target: Severity) -> bool {
    head.rank() < target.rank() || (head == Severity::Unknown && target != Severity::Unknown)
}

/// Names a finding in a sentence.
pub(crate) fn name(finding: &Finding) -> String {
    let rule = format!("`{}/{}`", finding.stage, finding.rule);
    match (finding.location.path(), finding.location.span()) {
        (Some(path), Some(span)) => format!("{rule} at {path}:{}", span.start_line),
        (Some(path), None) => format!("{rule} at {path}"),
        (None, _) => rule,
    }
}

//! Which commits a stage looks at: those of the run's scope, or all. Where a run has none of them, that is told.

use std::collections::BTreeSet;

use model::{Subject, SubjectKind};
use stage::{HistoryRange, Need, Spec};

/// Tells whether a stage looks at a subject of the kind that it checks: of several sets of commits, at those that it
/// declares. The set of all commits names no tip.
pub(super) fn fits(spec: &Spec, subject: &Subject) -> bool {
    if spec.subject != subject.kind() {
        return false;
    }
    let Subject::Commits { tips, .. } = subject else { return true };
    range(spec).is_none_or(|range| match range {
        HistoryRange::Everything => tips.is_empty(),
        HistoryRange::Scope => !tips.is_empty(),
    })
}

/// Returns why a stage of commits looks at none of those that there are.
pub(super) fn missing(spec: &Spec, subjects: &BTreeSet<&Subject>) -> Option<String> {
    if spec.subject != SubjectKind::Commits || subjects.iter().any(|subject| fits(spec, subject)) {
        return None;
    }
    let reason = match range(spec)? {
        HistoryRange::Scope => "this run names no commits: a change or a push does",
        HistoryRange::Everything => "the tree is not the whole of a git repository, so there are no commits",
    };
    Some(reason.to_owned())
}

/// Returns the set of commits that a stage declares.
fn range(spec: &Spec) -> Option<HistoryRange> {
    spec.needs.iter().find_map(|need| if let Need::History(range) = need { Some(*range) } else { None })
}

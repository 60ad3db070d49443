//! One secret, one finding: what a stage finds in commits and in the tree alike is told once, at its place in the tree.

use std::collections::BTreeMap;

use model::{Finding, Related, StageId, Subject, SubjectKind};

use crate::record::StageRun;

/// Places in commits that a finding of the tree names at most.
const MOST_RELATED: usize = 5;

/// What makes a finding in a commit the same as one in the tree.
type Sameness = (StageId, String, String);

/// Moves findings of commits into the findings of the tree that have the same stage, rule and identity. One that is
/// suppressed in the tree alone stays apart: it was not suppressed when it was committed.
pub(super) fn fold(runs: &mut [StageRun]) {
    let mut moved: BTreeMap<Sameness, Vec<Finding>> = BTreeMap::new();
    let open =
        |run: &StageRun, of_commits: bool| (run.outcome.subject.kind() == SubjectKind::Commits) == of_commits;
    let in_tree: BTreeMap<Sameness, bool> = runs
        .iter()
        .filter(|run| run.outcome.subject == Subject::Tree)
        .flat_map(|run| &run.findings)
        .filter_map(|finding| Some((sameness(finding)?, finding.suppressed.is_some())))
        .collect();
    for run in runs.iter_mut().filter(|run| open(run, true)) {
        let same = |finding: &Finding| {
            let tree = sameness(finding).and_then(|same| in_tree.get(&same).copied());
            tree.is_some_and(|suppressed| !suppressed || finding.suppressed.is_some())
        };
        let (fold, keep) = std::mem::take(&mut run.findings).into_iter().partition::<Vec<_>, _>(same);
        run.findings = keep;
        run.restate();
        for finding in fold {
            if let Some(same) = sameness(&finding) {
                moved.entry(same).or_default().push(finding);
            }
        }
    }
    for finding in runs.iter_mut().filter(|run| open(run, false)).flat_map(|run| &mut run.findings) {
        let commits = sameness(finding).and_then(|same| moved.remove(&same)).unwrap_or_default();
        let related = commits.into_iter().take(MOST_RELATED);
        finding.related.extend(related.map(|commit| Related {
            location: commit.location,
            message: "the same value in a commit: it stays in the history".to_owned(),
        }));
    }
}

fn sameness(finding: &Finding) -> Option<Sameness> {
    let known = !finding.identity.is_empty();
    known.then(|| (finding.stage.clone(), finding.rule.to_string(), finding.identity.clone()))
}

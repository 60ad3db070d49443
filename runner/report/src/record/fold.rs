//! One secret, one finding: what a stage finds in commits and in the tree alike is told once, at its place in the tree.

use std::collections::BTreeMap;

use model::{Counted, Finding, Related, StageId, Subject, SubjectKind};

use crate::record::StageRun;

/// Places in commits that a finding of the tree names at most.
const MOST_RELATED: usize = 5;

/// What the findings are counted as that a run of commits had and the tree tells: what it says while it runs and what the
/// report says of it then differ by that number.
const IN_TREE: &str = "also-in-the-tree";

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
        if !fold.is_empty() {
            let (stage, subject) = (run.outcome.stage.clone(), run.outcome.subject.clone());
            let (what, number) = (IN_TREE.to_owned(), fold.len() as u64);
            run.counted.push(Counted { stage, subject, what, number, paths: Vec::new() });
        }
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

#[cfg(test)]
mod tests {
    use model::{Location, Message, Policy, Severity, Status};

    use crate::fixtures::{finding, header, outcome, rule, span};

    use super::*;
    use crate::Record;

    /// Settles what the commits and the tree have, and returns what is left of the commits with what is counted there,
    /// and the places that the finding of the tree names.
    fn check(in_commits: &[&str], in_tree: &[&str], left: &[&str], counted: &[u64], related: usize) {
        let subject = Subject::Commits { tips: vec!["a".repeat(40)], excluded: Vec::new() };
        let run = |subject: &Subject, values: &[&str]| {
            let place = |path: &str| match subject {
                Subject::Commits { .. } => Location::Commit {
                    commit: "a".repeat(40),
                    path: path.to_owned(),
                    span: span(3, 9, 3, 16),
                },
                _ => Location::File { path: path.to_owned(), span: span(3, 9, 3, 16) },
            };
            let found = values.iter().map(|value| Finding {
                subject: subject.clone(),
                location: place("a.env"),
                ..finding("token", Severity::High, "a.env", value)
            });
            let status = if values.is_empty() { Status::Clean } else { Status::Findings };
            let outcome =
                model::StageOutcome { subject: subject.clone(), ..outcome("secrets", status, Policy::Both) };
            let found = found.map(|finding| Message::Finding(Box::new(finding)));
            [Message::Stage(outcome), Message::Rule(rule("secrets", "token", Severity::High))]
                .into_iter()
                .chain(found)
                .collect::<Vec<_>>()
        };
        let mut messages = vec![Message::Run(header("full"))];
        messages.extend(run(&subject, in_commits));
        messages.extend(run(&Subject::Tree, in_tree));
        let (record, _) = Record::new(messages).unwrap().settle().0.settle();
        let of =
            |kind: SubjectKind| record.runs().iter().find(|run| run.outcome.subject.kind() == kind).unwrap();
        let commits = of(SubjectKind::Commits);
        let values: Vec<&str> = commits.findings.iter().map(|finding| finding.identity.as_str()).collect();
        assert_eq!(values, left);
        assert_eq!(commits.counted.iter().map(|counted| counted.number).collect::<Vec<_>>(), counted);
        let named = of(SubjectKind::Tree).findings.iter().map(|finding| finding.related.len()).sum::<usize>();
        assert_eq!(named, related);
    }

    #[test]
    fn what_the_tree_has_too_is_told_there_and_counted_here() {
        check(&["x", "y"], &["x"], &["y"], &[1], 1);
        check(&["x", "x"], &["x"], &[], &[2], 2);
        check(&["x"], &["y"], &["x"], &[], 0);
        check(&["x"], &[], &["x"], &[], 0);
        check(&[], &["x"], &[], &[], 0);
    }
}

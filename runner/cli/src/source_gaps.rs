//! What the runner itself could not look at, said as a stage says it: what the listing of a tree could not see (the
//! pseudo-stage `source`), and stages that a profile requires and that did not run.

use std::collections::BTreeSet;

use model::{Gap, GapKind, Message, StageId, StageOutcome, Status, Subject};
use plan::Plan;
use source::Tree;
use stage::{HistoryRange, Need};

use crate::target::Change;

/// Returns the messages for what `tree` could not list, for commits that stages of the plan look at and a part of a repository
/// does not have, and where `nothing` says so for a tree without any file; none when there is all of it.
pub(crate) fn messages(
    tree: Option<&dyn Tree>,
    part: Option<(&Plan, Option<&Change>)>,
    nothing: bool,
) -> Vec<Message> {
    let submodules = tree.into_iter().flat_map(Tree::entries).filter_map(|entry| match &entry.kind {
        source::EntryKind::Submodule { .. } => Some((
            "submodule",
            entry.path.to_string(),
            "the submodule is not checked out".to_owned(),
            Some("check it out: git submodule update --init"),
        )),
        source::EntryKind::File | source::EntryKind::Link { .. } => None,
    });
    let problems = tree
        .into_iter()
        .flat_map(Tree::problems)
        .map(|problem| (problem.code, problem.path.clone(), problem.reason.clone(), closing(problem.code)));
    let unlisted = submodules
        .chain(problems)
        .map(|(code, path, reason, hint)| gap(GapKind::Unread, code, Some(path), reason, hint));
    let empty = nothing.then(|| {
        let reason = "the tree holds no file, so nothing was checked".to_owned();
        let hint = Some("give the folder that holds the code, or --include-ignored if .gitignore hides it");
        gap(GapKind::Lost, "nothing-to-scan", None, reason, hint)
    });
    let commits = part.into_iter().flat_map(|(plan, change)| commits(plan, change));
    outcome(unlisted.chain(commits).chain(empty).collect())
}

/// Returns the gaps of stages that look at commits, in a part of a repository: of the whole history nobody knows what is in it;
/// a change is looked at as far as its end goes.
fn commits(plan: &Plan, change: Option<&Change>) -> Vec<Option<Gap>> {
    let looks = |range: HistoryRange| {
        let planned = plan.instances().iter().filter(move |planned| {
            planned.without_subject
                && planned.spec.needs.iter().any(|need| matches!(need, Need::History(one) if *one == range))
        });
        let names: BTreeSet<&StageId> = planned.map(|planned| planned.id()).collect();
        let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let hint = Some("run it on the root of the repository");
    let whole = looks(HistoryRange::Everything).map(|names| {
        let reason =
            format!("the whole history is for {names} to look at, and a part of a repository has none");
        gap(GapKind::Lost, "no-history", None, reason, hint)
    });
    let range = looks(HistoryRange::Scope).filter(|_| change.is_some()).map(|names| {
        let reason = format!("{names} looked at where the change ends, and not at the commits on the way");
        gap(GapKind::Partial, "no-commits", None, reason, hint)
    });
    whole.into_iter().chain(range).collect()
}

/// Returns the action that closes a gap of the listing.
fn closing(code: &str) -> Option<&'static str> {
    Some(match code {
        "sparse-checkout" => "check everything out: git sparse-checkout disable",
        "special-file" => "keep it out of the folder that is checked, or name it in .gitignore",
        "unreadable-folder" | "unreadable-file" | "unreadable-link" => {
            "give the user of this run the right to read it"
        }
        _ => return None,
    })
}

/// Returns the messages for a stage that the profile requires and that did not run.
pub(crate) fn required(stage: &StageId) -> Vec<Message> {
    let reason = "the profile requires the stage, and it ran on no subject".to_owned();
    let hint = Some("see `sluicegate plan` for why it does not run");
    let gap =
        gap(GapKind::Lost, "required", None, reason, hint).map(|gap| Gap { stage: stage.clone(), ..gap });
    outcome_of(stage.clone(), vec![gap])
}

/// Returns the messages for a comparison that the budget of the run cut short.
pub(crate) fn comparison() -> Vec<Message> {
    let Ok(stage) = StageId::new("comparison") else { return Vec::new() };
    let reason = "the budget of the run was over before all that it is compared with was scanned, so what is old counts as new";
    let hint = Some("raise `budget` in the profile, or let it run fewer stages");
    let gap = gap(GapKind::Lost, "budget", None, reason.to_owned(), hint);
    outcome_of(stage.clone(), vec![gap.map(|gap| Gap { stage, ..gap })])
}

fn gap(kind: GapKind, code: &str, path: Option<String>, reason: String, hint: Option<&str>) -> Option<Gap> {
    Some(Gap {
        stage: stage()?,
        subject: Subject::Tree,
        kind,
        code: code.to_owned(),
        path: path.filter(|path| !path.is_empty()),
        line: None,
        reason,
        hint: hint.map(str::to_owned),
    })
}

fn stage() -> Option<StageId> {
    StageId::new("source").ok()
}

fn outcome(gaps: Vec<Option<Gap>>) -> Vec<Message> {
    let Some(stage) = stage().filter(|_| !gaps.is_empty()) else { return Vec::new() };
    outcome_of(stage, gaps)
}

fn outcome_of(stage: StageId, gaps: Vec<Option<Gap>>) -> Vec<Message> {
    let outcome = StageOutcome::new(stage, Subject::Tree, Status::Gaps);
    std::iter::once(Message::Stage(outcome)).chain(gaps.into_iter().flatten().map(Message::Gap)).collect()
}

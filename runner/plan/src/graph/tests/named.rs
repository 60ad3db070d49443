//! Stages that are named and are not there, and commits that are asked for and are not there.

use super::*;

fn absent(file: &str, ask: &Ask<'_>) -> Vec<String> {
    let plan = plan(&format!("version: 1\n{file}"), ask).unwrap_or_else(|error| panic!("{error}"));
    plan.absent().iter().map(|(id, why)| format!("{id}: {why}")).collect()
}

#[test]
fn a_profile_may_name_every_kind_of_stage() {
    let file = "profiles:\n  push: { stages: [secrets, sast, dependencies], scope: outgoing }\n  ci: { stages: all, scope: change }\n  release: { stages: all, scope: full, require: [sign] }\nstages:\n  secrets: {}\n";
    assert_eq!(absent(file, &ASK), Vec::<String>::new());
    assert_eq!(
        absent(file, &Ask { profile: "push", ..ASK }),
        [
            "dependencies: named by profile `push`, and no file configures it",
            "sast: named by profile `push`, and this version has no such stage",
        ]
    );
    assert_eq!(
        absent(file, &Ask { profile: "release", ..ASK }),
        ["sign: named by profile `release`, and this version has no such stage"]
    );
    assert!(absent(file, &Ask { profile: "push", only: &["secrets"], ..ASK }).is_empty());
    check(file, &Ask { profile: "push", ..ASK }, &["0 secrets tree: in profile `push`"]);
    check_error(
        "profiles: { x: { stages: [dependences], scope: full } }\nstages: { secrets: {} }\n",
        &ASK,
        "sluicegate.yaml:2:27: unknown stage `dependences`, named by profile `x`; did you mean `dependencies`?\n  |\n\
         2 | profiles: { x: { stages: [dependences], scope: full } }\n  |                           ^",
    );
}

#[test]
fn a_stage_of_commits_runs_on_those_it_declares_or_says_why_it_does_not() {
    let all = || Subject::Commits { tips: vec![], excluded: vec![] };
    let outgoing = || Subject::Commits { tips: vec!["a".into()], excluded: vec![] };
    let of = |range: &str, subjects: &[Subject], expected: &str| {
        check(
            &format!("stages: {{ secrets: {{ history: {range} }} }}"),
            &Ask { subjects, ..ASK },
            &["0 secrets tree: in profile `ci`", &format!("1 secrets {expected}")],
        );
    };
    let runs = "commits: in profile `ci`";
    let no_scope = "commits skipped: this run names no commits: a change or a push does";
    let no_history =
        "commits skipped: the tree is not the whole of a git repository, so there are no commits";
    let tree_only: &[Subject] = &[Subject::Tree];
    let tests: [(&str, &[Subject], &str); 6] = [
        ("scope", &[Subject::Tree, all(), outgoing()], runs),
        ("everything", &[Subject::Tree, all(), outgoing()], runs),
        ("scope", &[Subject::Tree, all()], no_scope),
        ("everything", &[Subject::Tree, all()], runs),
        ("scope", tree_only, no_scope),
        ("everything", tree_only, no_history),
    ];
    for (range, subjects, expected) in tests {
        of(range, subjects, expected);
        let ask = Ask { subjects, ..ASK };
        let plan = plan(&format!("version: 1\nstages: {{ secrets: {{ history: {range} }} }}"), &ask).unwrap();
        assert!(plan.waiting().is_empty());
    }
}

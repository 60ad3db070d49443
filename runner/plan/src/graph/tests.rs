//! What runs, in which order, and why.

use source::MemoryTree;

use super::*;
use crate::Event;
use crate::testing::{combined, kinds};

mod named;
mod refused;
mod subjects;

/// A request, as far as a test changes it.
struct Ask<'a> {
    target: Option<&'a str>,
    profile: &'a str,
    only: &'a [&'a str],
    changed: Option<&'a [&'a str]>,
    branch: Option<&'a str>,
    event: Event,
    variables: &'a [&'a str],
    shard: Option<&'a str>,
    subjects: &'a [Subject],
}

const ASK: Ask<'_> = Ask {
    target: None,
    profile: "ci",
    only: &[],
    changed: None,
    branch: None,
    event: Event::Local,
    variables: &[],
    shard: None,
    subjects: &[Subject::Tree],
};

fn plan(file: &str, ask: &Ask<'_>) -> Result<Plan, PlanError> {
    let combined = combined(ask.target, file);
    let tree = MemoryTree::new([("src/main.rs", ""), ("go.mod", "")]);
    let owned = |list: &[&str]| list.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
    let changed = ask.changed.map(owned);
    Plan::new(&Request {
        kinds: &kinds(),
        combined: &combined,
        profile: combined.profile(ask.profile)?,
        only: &owned(ask.only),
        subjects: ask.subjects,
        tree: Some(&tree),
        changed: changed.as_deref(),
        branch: ask.branch,
        event: ask.event,
        environment: &ask.variables.iter().map(|name| ((*name).to_owned(), String::new())).collect(),
        shard: ask.shard.map(|shard| shard.parse().unwrap()),
    })
}

/// One line for each instance: what it is, what becomes of it, what it is handed, what it comes after.
fn lines(plan: &Plan) -> Vec<String> {
    let line = |(index, instance): (usize, &Instance)| {
        let Instance { spec, subject, policy, variant, fate, inputs, after, .. } = instance;
        let mut line = format!("{index} {} {subject}", spec.id);
        if *policy != Policy::Both {
            line += &format!(" {policy:?}").to_lowercase();
        }
        if *variant > 0 {
            line += &format!(" #{variant}");
        }
        line += &match fate {
            Fate::Runs { why } => format!(": {why}"),
            Fate::Repeated { shard, why } => format!(" repeated of {shard}: {why}"),
            Fate::Elsewhere { shard } => format!(" in {shard}"),
            Fate::Skipped { reason } => format!(" skipped: {reason}"),
            Fate::Left { reason } => format!(" left: {reason}"),
        };
        let inputs: Vec<String> =
            inputs.iter().map(|input| format!("{}@{}", input.name, input.producer)).collect();
        if !inputs.is_empty() {
            line += &format!(" <- {}", inputs.join(" "));
        }
        if !after.is_empty() {
            line += &format!(" after {after:?}");
        }
        line
    };
    plan.instances().iter().enumerate().map(line).collect()
}

fn check(file: &str, ask: &Ask<'_>, expected: &[&str]) {
    let file = format!("version: 1\n{file}");
    match plan(&file, ask) {
        Ok(plan) => assert_eq!(lines(&plan), expected, "of {file}"),
        Err(error) => panic!("{error}"),
    }
}

fn check_error(file: &str, ask: &Ask<'_>, expected: &str) {
    match plan(&format!("version: 1\n{file}"), ask) {
        Ok(plan) => panic!("no error in {file}: {:?}", lines(&plan)),
        Err(error) => assert_eq!(error.to_string(), expected),
    }
}

#[test]
fn an_implied_stage_joins_where_it_is_needed() {
    check(
        "stages: { secrets: {}, dependencies: {} }",
        &ASK,
        &[
            "0 inventory tree: gives `inventory` to `dependencies`",
            "1 dependencies tree: in profile `ci` <- inventory@0 after [0]",
            "2 secrets tree: in profile `ci`",
        ],
    );
    check("stages: { secrets: {} }", &ASK, &["0 secrets tree: in profile `ci`"]);
    check(
        "stages: { dependencies: {}, inventory: { level: 2 } }",
        &ASK,
        &[
            "0 inventory tree: in profile `ci`",
            "1 dependencies tree: in profile `ci` <- inventory@0 after [0]",
        ],
    );
    check(
        "stages: { secrets: {} }",
        &Ask { only: &["inventory"], ..ASK },
        &["0 inventory tree: asked for by name", "1 secrets tree left: not among the stages asked for"],
    );
}

#[test]
fn asking_for_a_stage_pulls_in_what_it_needs() {
    let file = "stages:\n  a: { uses: tool, gives: [x] }\n  b: { uses: tool, wants: [x], gives: [y], needs: [c] }\n  c: { uses: tool, likes: [z] }\n  d: { uses: tool, wants: [y] }\n  e: { uses: tool, gives: [z] }\n";
    check(
        file,
        &Ask { only: &["d"], ..ASK },
        &[
            "0 a tree: gives `x` to `b`",
            "1 c tree: `b` needs it",
            "2 b tree: gives `y` to `d` <- x@0 after [0, 1]",
            "3 d tree: asked for by name <- y@2 after [2]",
            "4 e tree left: not among the stages asked for",
        ],
    );
    // What a stage can do without runs ahead of it, where it runs at all.
    check(
        file,
        &Ask { only: &["c", "e"], ..ASK },
        &[
            "0 a tree left: not among the stages asked for",
            "1 b tree left: not among the stages asked for",
            "2 d tree left: not among the stages asked for",
            "3 e tree: asked for by name",
            "4 c tree: asked for by name <- z@3 after [3]",
        ],
    );
}

#[test]
fn profiles_choose_stages() {
    let file = "profiles: { fast: { stages: [b], scope: change, require: [a] } }\nstages: { a: { uses: tool }, b: { uses: tool }, c: { uses: tool, when: { event: tag } }, secrets: {} }";
    check(
        file,
        &Ask { profile: "fast", ..ASK },
        &[
            "0 a tree: required by profile `fast`",
            "1 b tree: in profile `fast`",
            "2 c tree left: not in profile `fast`",
            "3 secrets tree left: not in profile `fast`",
        ],
    );
    check(
        file,
        &Ask { profile: "push", ..ASK },
        &[
            "0 a tree left: not in profile `push`",
            "1 b tree left: not in profile `push`",
            "2 c tree left: not in profile `push`",
            "3 secrets tree: in profile `push`",
        ],
    );
}

#[test]
fn conditions_skip_with_a_reason() {
    let file = "stages:\n  a: { uses: tool, when: { paths: \"**/*.rs\" } }\n  b: { uses: tool, when: { branch: [\"release/*\", main] } }\n  c: { uses: tool, when: { event: [tag, push] } }\n  d: { uses: tool, needs: [a] }\n";
    check(
        file,
        &ASK,
        &[
            "0 a tree: in profile `ci`; `src/main.rs` matches `when.paths`",
            "1 b tree: in profile `ci`; no CI service tells the branch, so `when.branch` keeps nothing from running",
            "2 c tree skipped: event `local` is not in `when.event`",
            "3 d tree: in profile `ci` after [0]",
        ],
    );
    check(
        file,
        &Ask { changed: Some(&["README.md"]), branch: Some("release/1"), event: Event::Tag, ..ASK },
        &[
            "0 a tree skipped: no changed path matches `when.paths`",
            "1 b tree: in profile `ci`; branch `release/1` matches `when.branch`",
            "2 c tree: in profile `ci`; event `tag` is in `when.event`",
            "3 d tree: in profile `ci`",
        ],
    );
    check(
        file,
        &Ask { changed: Some(&["README.md"]), branch: Some("topic"), only: &["a"], ..ASK },
        &[
            "0 a tree: asked for by name",
            "1 b tree left: not among the stages asked for",
            "2 c tree left: not among the stages asked for",
            "3 d tree left: not among the stages asked for",
        ],
    );
    // What is handed on is made, whatever the conditions of its producer say.
    check(
        "stages: { dependencies: {}, inventory: { when: { event: tag } } }",
        &ASK,
        &[
            "0 inventory tree: gives `inventory` to `dependencies`",
            "1 dependencies tree: in profile `ci` <- inventory@0 after [0]",
        ],
    );
}

#[test]
fn a_variable_that_is_read_is_set() {
    let file = "stages:\n  a: { uses: tool, target: \"x:${TAG}\", when: { event: tag } }\n";
    let expected = "sluicegate.yaml:3:28: stage `a` reads the environment variable TAG here, and it is not set\n  |\n\
                    3 |   a: { uses: tool, target: \"x:${TAG}\", when: { event: tag } }\n  |                            ^";
    check_error(file, &Ask { event: Event::Tag, ..ASK }, expected);
    check(
        file,
        &Ask { event: Event::Tag, variables: &["TAG"], ..ASK },
        &["0 a tree: in profile `ci`; event `tag` is in `when.event`"],
    );
    check(file, &ASK, &["0 a tree skipped: event `local` is not in `when.event`"]);
    // Elsewhere `${TAG}` is text.
    check("stages: { a: { uses: tool, gives: [\"${TAG}\"] } }", &ASK, &["0 a tree: in profile `ci`"]);
}

#[test]
fn what_the_change_alters_runs_in_both_ways() {
    let target = "version: 1\nstages: { dependencies: {}, secrets: { level: 1 } }\n";
    // Another configuration of what is handed on splits those that it is handed to.
    check(
        "stages: { dependencies: {}, secrets: { level: 1 }, inventory: { level: 3 } }",
        &Ask { target: Some(target), ..ASK },
        &[
            "0 inventory tree target: gives `inventory` to `dependencies`",
            "1 dependencies tree target: in profile `ci` <- inventory@0 after [0]",
            "2 inventory tree head: in profile `ci`",
            "3 dependencies tree head: in profile `ci` <- inventory@2 after [2]",
            "4 secrets tree: in profile `ci`",
        ],
    );
    check(
        "stages: { dependencies: {}, secrets: { level: 2 } }",
        &Ask { target: Some(target), ..ASK },
        &[
            "0 inventory tree: gives `inventory` to `dependencies`",
            "1 dependencies tree: in profile `ci` <- inventory@0 after [0]",
            "2 secrets tree target: in profile `ci`",
            "3 secrets tree head: in profile `ci`",
        ],
    );
    // Defaults written out are no difference.
    check(
        "stages: { dependencies: { level: 0 }, secrets: { level: 1, likes: [] } }",
        &Ask { target: Some(target), ..ASK },
        &[
            "0 inventory tree: gives `inventory` to `dependencies`",
            "1 dependencies tree: in profile `ci` <- inventory@0 after [0]",
            "2 secrets tree: in profile `ci`",
        ],
    );
    check(
        "stages: {}",
        &Ask { target: Some(target), ..ASK },
        &[
            "0 inventory tree: gives `inventory` to `dependencies`",
            "1 dependencies tree target: in profile `ci` <- inventory@0 after [0]",
            "2 secrets tree target: in profile `ci`",
        ],
    );
}

#[test]
fn what_the_change_adds_does_not_reach_the_policy_in_force() {
    let target = "version: 1\nstages: { a: { uses: tool, likes: [x] } }\n";
    check(
        "stages: { a: { uses: tool, likes: [x] }, b: { uses: tool, gives: [x] } }",
        &Ask { target: Some(target), ..ASK },
        &[
            "0 a tree target: in profile `ci`",
            "1 b tree head: in profile `ci`",
            "2 a tree head: in profile `ci` <- x@1 after [1]",
        ],
    );
    // What it takes away is still there for those that cannot do without.
    let target = "version: 1\nstages: { a: { uses: tool, wants: [x] }, b: { uses: tool, gives: [x] } }\n";
    check(
        "stages: { a: { uses: tool, wants: [x] } }",
        &Ask { target: Some(target), ..ASK },
        &["0 b tree target: in profile `ci`", "1 a tree: in profile `ci` <- x@0 after [0]"],
    );
    let narrowed = "stages: { secrets: { when: { event: tag } } }";
    check(
        narrowed,
        &Ask { target: Some("version: 1\nstages: { secrets: {} }"), ..ASK },
        &["0 secrets tree: in profile `ci`"],
    );
}

#[test]
fn a_policy_and_the_file_that_extends_it_both_hold() {
    let file = "extends: [strict.yaml]\nstages: { secrets: {}, dependencies: {} }";
    check(
        file,
        &Ask { profile: "release", ..ASK },
        &[
            "0 inventory tree: in profile `release`",
            "1 dependencies tree: in profile `release` <- inventory@0 after [0]",
            "2 secrets tree: in profile `release`",
            "3 secrets tree #1: in profile `release`",
        ],
    );
    check(
        file,
        &ASK,
        &[
            "0 dependencies tree left: not in profile `ci`",
            "1 inventory tree left: not in profile `ci`",
            "2 secrets tree: required by profile `ci`",
            "3 secrets tree #1: required by profile `ci`",
        ],
    );
    let file = "extends: [strict.yaml]\nstages: { inventory: { level: 1 }, dependencies: {} }";
    check(
        file,
        &Ask { profile: "release", ..ASK },
        &[
            "0 inventory tree: in profile `release`",
            "1 dependencies tree: in profile `release` <- inventory@0 after [0]",
            "2 inventory tree #1: in profile `release`",
            "3 dependencies tree #1: in profile `release` <- inventory@2 after [2]",
            "4 secrets tree: in profile `release`",
        ],
    );
}

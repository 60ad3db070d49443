//! A change cannot relax the pipeline that judges it: what still runs, and what is listed.

use std::fmt::Write as _;

use source::MemoryTree;

use super::*;
use crate::testing::{combined, kinds, layers, load};
use crate::{Scope, Selection};

/// One line for each configuration of a stage, one for each profile that a file defines, one for what was loosened.
fn text(combined: &Combined) -> String {
    let mut text = String::new();
    for (id, variant) in
        combined.stages.iter().flat_map(|(id, variants)| variants.iter().map(move |variant| (id, variant)))
    {
        let section = variant.section.text.split_whitespace().collect::<Vec<_>>().join(" ");
        write!(text, "{id} {:?} [{section}]", variant.policy).unwrap();
        if !variant.when.is_empty() {
            write!(text, " when {}", variant.when.len()).unwrap();
        }
        if !variant.needs.is_empty() {
            write!(
                text,
                " needs {}",
                variant.needs.keys().map(StageId::as_str).collect::<Vec<_>>().join(" ")
            )
            .unwrap();
        }
        if let Some(timeout) = variant.timeout {
            write!(text, " timeout {}", timeout.as_secs()).unwrap();
        }
        text.push('\n');
    }
    for Profile { name, stages, scope, require, place, .. } in combined.profiles.values() {
        if place.is_none() {
            continue;
        }
        let stages = match stages {
            Selection::All => "all".to_owned(),
            Selection::Some { ids, kinds } => {
                let names = ids.keys().map(StageId::as_str).chain(kinds.iter().copied());
                names.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
            }
        };
        writeln!(text, "profile {name}: {stages}, {}, requires {}", scope.name(), require.len()).unwrap();
    }
    for Loosened { what, message, place } in &combined.loosened {
        let place = place.as_ref().map_or(String::new(), |place| format!(" ({place})"));
        writeln!(text, "! {what} {message}{place}").unwrap();
    }
    text
}

fn check(target: &str, head: &str, expected: &str) {
    let combined = combined(Some(&format!("version: 1\n{target}")), &format!("version: 1\n{head}"));
    assert_eq!(text(&combined), expected, "from\n{target}\nto\n{head}");
}

#[test]
fn a_change_of_form_is_no_difference() {
    check(
        "stages: { secrets: { level: 1, gives: [a, b] }, tool: { timeout: 60s } }",
        "# Comment.\nstages:\n  tool:\n    timeout: 1m\n\n  secrets:\n    gives:\n      - a # one\n      - 'b'\n    level: 1\n",
        "secrets Both [gives: - a - 'b' level: 1]\ntool Both [] timeout 60\n",
    );
}

#[test]
fn what_is_removed_runs_and_is_listed() {
    check(
        "stages:\n  secrets: {}\n  tool: {}\n",
        "stages: { secrets: {} }",
        "secrets Both []\ntool Target []\n! stages.tool is not in the file; the configuration of the target branch runs (main:sluicegate.yaml:4:3)\n",
    );
}

#[test]
fn what_is_added_runs_and_is_no_loosening() {
    check(
        "stages: { secrets: {} }",
        "stages: { secrets: {}, tool: { level: 1 } }",
        "secrets Both []\ntool Head [{ level: 1 }]\n",
    );
}

#[test]
fn what_is_altered_runs_in_both_ways() {
    check(
        "stages: { secrets: { level: 2, when: { event: push } } }",
        "stages: { secrets: { level: 1 } }",
        "secrets Target [{ level: 2, }] when 1\nsecrets Head [{ level: 1 }]\n\
         ! stages.secrets is configured differently; the configuration of the target branch runs as well (sluicegate.yaml:2:11)\n",
    );
    check(
        "stages: { a: { uses: secrets } }",
        "stages: { a: { uses: tool } }",
        "a Target []\na Head []\n\
         ! stages.a is configured differently; the configuration of the target branch runs as well (sluicegate.yaml:2:11)\n",
    );
}

#[test]
fn conditions_add_up() {
    let widened = "secrets Both []\n";
    let narrowed = |what: &str| {
        format!(
            "{what}! stages.secrets.when does not hold wherever it did; the stage also runs where the target branch says so (sluicegate.yaml:2:11)\n"
        )
    };
    let stage = |when: &str| format!("stages: {{ secrets: {{ {when} }} }}");
    let when = |condition: &str| stage(&format!("when: {{ {condition} }}"));
    check(&when("event: tag"), &stage(""), widened);
    check(&stage(""), &when("event: tag"), &narrowed(widened));
    check(&when("event: tag"), &when("event: push"), &narrowed("secrets Both [] when 2\n"));
    check(&when("event: tag"), &when("event: [push, tag]"), "secrets Both [] when 2\n");
    check(&when("event: tag"), &when("event: tag, branch: main"), &narrowed("secrets Both [] when 2\n"));
    check(&when("paths: [a, b]"), &when("paths: [b]"), &narrowed("secrets Both [] when 2\n"));
    check(&when("paths: [b]"), &when("paths: [a, b]"), "secrets Both [] when 2\n");
    check(&when("paths: [b]"), &when("paths: []"), &narrowed("secrets Both [] when 2\n"));
}

#[test]
fn times_and_needs_add_up() {
    let stage = |keys: &str| format!("stages: {{ secrets: {{ {keys} }}, tool: {{}} }}");
    let listed = |line: &str| format!("tool Both []\n! stages.secrets.{line} (sluicegate.yaml:2:11)\n");
    check(&stage("timeout: 5m"), &stage("timeout: 10m"), "secrets Both [] timeout 600\ntool Both []\n");
    check(&stage("timeout: 5m"), &stage(""), "secrets Both []\ntool Both []\n");
    check(
        &stage("timeout: 5m"),
        &stage("timeout: 1s"),
        &("secrets Both [] timeout 300\n".to_owned()
            + &listed("timeout goes from 5m to 1s; 5m stays in force")),
    );
    check(
        &stage(""),
        &stage("timeout: 1s"),
        &("secrets Both []\n".to_owned()
            + &listed("timeout goes from that of the run to 1s; that of the run stays in force")),
    );
    check(
        &stage("needs: [tool]"),
        &stage(""),
        &("secrets Both [] needs tool\n".to_owned()
            + &listed("needs no longer names `tool`; the stage still waits")),
    );
    check(&stage(""), &stage("needs: [tool]"), "secrets Both [] needs tool\ntool Both []\n");
}

#[test]
fn of_two_profiles_the_wider_one_holds() {
    let file = |profile: &str| {
        format!("stages: {{ secrets: {{}}, tool: {{}} }}\nprofiles: {{ ci: {{ {profile} }} }}")
    };
    let stages = "secrets Both []\ntool Both []\n";
    check(
        &file("stages: all, scope: full, require: [tool]"),
        &file("stages: [secrets], scope: outgoing"),
        &format!(
            "{stages}profile ci: all, full, requires 1\n\
             ! profiles.ci.require no longer names `tool`; it stays required (sluicegate.yaml:3:13)\n\
             ! profiles.ci.scope goes from full to outgoing; full stays in force (sluicegate.yaml:3:13)\n\
             ! profiles.ci.stages leaves out `tool`; what is left out still runs (sluicegate.yaml:3:13)\n"
        ),
    );
    check(
        &file("stages: [secrets], scope: outgoing"),
        &file("stages: [tool, secrets], scope: change, require: [tool]"),
        &format!("{stages}profile ci: secrets tool, change, requires 1\n"),
    );
    // All that there is, by name, is all.
    check(
        &file("stages: all, scope: full"),
        &file("stages: [secrets, tool], scope: full"),
        &format!("{stages}profile ci: all, full, requires 0\n"),
    );
    check(
        "profiles: { night: { stages: all, scope: full } }",
        "",
        "profile night: all, full, requires 0\n! profiles.night is removed; that of the target branch stays in force (main:sluicegate.yaml:2:13)\n",
    );
    // A built-in profile is there without being said.
    check(
        "stages: { secrets: {} }",
        "stages: { secrets: {} }\nprofiles: { release: { stages: [], scope: change } }",
        "secrets Both []\nprofile release: all, full, requires 0\n\
         ! profiles.release.scope goes from full to change; full stays in force (sluicegate.yaml:3:13)\n\
         ! profiles.release.stages leaves out `secrets`; what is left out still runs (sluicegate.yaml:3:13)\n",
    );
}

#[test]
fn without_a_file_the_defaults_are_the_policy() {
    let tree = MemoryTree::new([("go.mod", "")]);
    let detected = Layers::detect(&kinds(), &tree).unwrap();
    let head = layers("version: 1\nstages: { secrets: { level: 1 } }\n");
    assert_eq!(
        text(&combine(&detected, &head)),
        "dependencies Target [level: 0]\nsecrets Target []\nsecrets Head [{ level: 1 }]\n\
         ! stages.dependencies is not in the file; the configuration of the defaults runs (the defaults:15:3)\n\
         ! stages.secrets is configured differently; the configuration of the defaults runs as well (sluicegate.yaml:2:11)\n"
    );
    assert_eq!(
        text(&combine(&head, &detected)),
        "dependencies Head [level: 0]\nsecrets Target [{ level: 1 }]\nsecrets Head []\n\
         ! sluicegate.yaml is removed; that of the target branch stays in force\n\
         ! stages.secrets is configured differently; the configuration of the target branch runs as well (the defaults:13:3)\n"
    );
    assert_eq!(text(&combine(&detected, &detected)), "dependencies Both [level: 0]\nsecrets Both []\n");
}

#[test]
fn a_policy_that_is_extended_adds_and_tightens() {
    let file = "version: 1\nextends: [strict.yaml]\nstages: { secrets: { level: 1 } }\n";
    let both = "inventory Both [{ level: 9 }]\nsecrets Both [{ level: 1 }]\nsecrets Both [{ level: 9 }]\nprofile ci: secrets, full, requires 1\n";
    assert_eq!(text(&combined(None, file)), both);
    assert_eq!(text(&combined(Some(file), file)), both);
    assert_eq!(
        text(&combined(Some(file), "version: 1\nstages: { secrets: { level: 1 } }\n")),
        "inventory Target [{ level: 9 }]\nsecrets Both [{ level: 1 }]\nsecrets Target [{ level: 9 }]\n\
         profile ci: all, full, requires 1\n\
         ! extends no longer builds on `strict.yaml`; it stays in force\n\
         ! profiles.ci.require no longer names `secrets`; it stays required (main:strict.yaml:3:13)\n\
         ! profiles.ci.scope goes from full to change; full stays in force (main:strict.yaml:3:13)\n\
         ! stages.inventory is not in the file; the configuration of the target branch runs (main:strict.yaml:2:34)\n\
         ! stages.secrets is configured differently; the configuration of the target branch runs as well (sluicegate.yaml:2:11)\n"
    );
    // A policy that says what the file says is no second configuration.
    let same = "version: 1\nextends: [same.yaml]\nstages: { secrets: { level: 1, timeout: 5m } }\n";
    assert_eq!(text(&combined(None, same)), "secrets Both [{ level: 1, }]\n");
}

#[test]
fn sections_of_the_top_come_from_both_sides() {
    let target =
        load("main", "version: 1\nextends: [same.yaml]\ngate: { fail-on: low }\ncache: { trust: own }\n");
    let head = layers("version: 1\ngate: { fail-on: high }\ncache: { trust: scoped }\n");
    let combined = combine(&target, &head);
    let texts = |sections: Vec<Section>| {
        sections
            .into_iter()
            .map(|section| format!("{} {}", section.file, section.text.trim()))
            .collect::<Vec<_>>()
    };
    let (of_target, of_head) = combined.sections("gate");
    assert_eq!(texts(of_target), ["main:sluicegate.yaml { fail-on: low }"]);
    assert_eq!(texts(of_head), ["sluicegate.yaml { fail-on: high }"]);
    assert_eq!(combined.in_force().files()[0].section("cache").unwrap().text.trim(), "{ trust: own }");
    let (of_target, of_head) = Combined::one(head).sections("gate");
    assert_eq!(texts(of_target), texts(of_head));
}

#[test]
fn the_built_in_profiles_are_there() {
    let combined = combined(None, "version: 1\n");
    let scope = |name: &str| combined.profile(name).unwrap().scope;
    assert_eq!((scope("push"), scope("ci"), scope("release")), (Scope::Outgoing, Scope::Change, Scope::Full));
    assert_eq!(
        combined.profile("nightly").unwrap_err().to_string(),
        "unknown profile `nightly`; known are `ci`, `push` and `release`"
    );
}

mod random {
    use proptest::prelude::*;

    use super::*;

    const STAGES: [&str; 6] = [
        "secrets: {}",
        "secrets: { level: 1 }",
        "secrets: { level: 1, when: { event: tag } }",
        "tool: { timeout: 5m }",
        "tool: { gives: [x], needs: [secrets] }",
        "inventory: { level: 2 }",
    ];

    fn file(choices: &[bool]) -> String {
        let mut seen = BTreeSet::new();
        let chosen = STAGES.iter().zip(choices).filter(|(_, chosen)| **chosen).map(|(stage, _)| *stage);
        let chosen = chosen.filter(|stage| seen.insert(stage.split(':').next()));
        format!("version: 1\nstages: {{ {} }}\n", chosen.collect::<Vec<_>>().join(", "))
    }

    proptest! {
        /// Everything that the target branch runs still runs, wherever it ran.
        #[test]
        fn nothing_of_the_target_is_lost(target in proptest::collection::vec(any::<bool>(), 6), head in proptest::collection::vec(any::<bool>(), 6)) {
            let (target, head) = (load("main", &file(&target)), layers(&file(&head)));
            let combined = combine(&target, &head);
            for (id, entry) in target.files()[0].stages() {
                let kept = combined.stages[id].iter().find(|variant| variant.policy != Policy::Head).unwrap();
                prop_assert_eq!(&kept.kind, &entry.kind);
                prop_assert!(kept.when.is_empty() || entry.when.as_ref().is_some_and(|when| kept.when.iter().any(|kept| kept.covers(when))));
                prop_assert!(entry.needs.keys().all(|id| kept.needs.contains_key(id)));
                prop_assert!(kept.timeout.is_none_or(|kept| entry.timeout.is_some_and(|timeout| kept >= timeout)));
            }
            for (id, entry) in head.files()[0].stages() {
                prop_assert!(combined.stages[id].iter().any(|variant| variant.policy != Policy::Target && variant.kind == entry.kind));
            }
            // The same on both sides is one policy, of which nothing is loosened.
            let same = combine(&target, &target);
            prop_assert!(same.loosened.is_empty());
            prop_assert!(same.stages.values().all(|variants| variants.len() == 1 && variants[0].policy == Policy::Both));
        }
    }
}

//! What applies to a tree when there is no pipeline file, and the file to go on from.

use rayon::prelude::*;
use source::Tree;
use stage::{Globs, Kind, Presence};

use crate::Profile;
use crate::profile::Selection;

/// Returns what `init` writes: every stage that runs without being asked for, also those whose files are not here yet, so that
/// nothing that is added later goes unchecked.
pub fn starter(kinds: &[Kind]) -> String {
    write(
        kinds
            .iter()
            .filter(|kind| matches!((kind.presence)(), Presence::Always | Presence::Files(_)))
            .collect(),
    )
}

/// Returns the pipeline file that is equal to having none.
pub(crate) fn detected(kinds: &[Kind], tree: &dyn Tree) -> String {
    write(kinds.iter().filter(|kind| applies((kind.presence)(), tree)).collect())
}

fn write(kinds: Vec<&Kind>) -> String {
    let mut text = String::from(
        "# What must be shown before this code goes on. Without this file, the same runs, as far as there are files for it.\n\
         # `sluicegate plan` says what runs and why, `sluicegate schema` prints the schema of this file.\n\
         version: 1\n\n\
         # The built-in profiles; write one without the `#` to change it.\n\
         # profiles:\n",
    );
    for profile in Profile::built_in() {
        let stages = match &profile.stages {
            Selection::All => "all".to_owned(),
            Selection::Some { kinds: some, .. } => {
                let names: Vec<&str> =
                    kinds.iter().map(|kind| kind.name).filter(|name| some.contains(name)).collect();
                format!("[{}]", names.join(", "))
            }
        };
        text.push_str(&format!(
            "#   {}: {{ stages: {stages}, scope: {} }}\n",
            profile.name,
            profile.scope.name()
        ));
    }
    text.push_str(if kinds.is_empty() { "\nstages: {}\n" } else { "\nstages:\n" });
    for kind in kinds {
        for line in kind.summary.lines() {
            text.push_str(&format!("  # {line}\n"));
        }
        entry(&mut text, kind);
    }
    text
}

fn entry(text: &mut String, kind: &Kind) {
    if kind.starter.trim().is_empty() {
        text.push_str(&format!("  {}: {{}}\n", kind.name));
        return;
    }
    text.push_str(&format!("  {}:\n", kind.name));
    for line in kind.starter.lines() {
        let margin = if line.is_empty() { "" } else { "    " };
        text.push_str(&format!("{margin}{line}\n"));
    }
}

fn applies(presence: Presence, tree: &dyn Tree) -> bool {
    match presence {
        Presence::Always => true,
        Presence::Implied | Presence::Asked => false,
        // A glob of ours that does not compile must not keep its stage away.
        Presence::Files(globs) => Globs::new(globs)
            .map_or(true, |globs| tree.entries().par_iter().any(|entry| globs.matches(&entry.path))),
    }
}

#[cfg(test)]
mod tests {
    use model::Subject;
    use source::MemoryTree;

    use super::*;
    use crate::testing::{kinds, layers};
    use crate::{Combined, Layers, Plan, Request};

    fn plan(layers: Layers, tree: &MemoryTree) -> Vec<String> {
        let combined = Combined::one(layers);
        let (kinds, profile) = (kinds(), combined.profile("ci").unwrap());
        let request = Request { subjects: &[Subject::Tree], ..Request::of(&kinds, &combined, profile, tree) };
        let plan = Plan::new(&request).unwrap();
        plan.instances()
            .iter()
            .map(|one| format!("{} {:?} {:?} {:?}", one.id(), one.spec.digest(), one.fate, one.after))
            .collect()
    }

    #[test]
    fn the_starter_says_what_applies() {
        assert_eq!(
            starter(&kinds()),
            "\
# What must be shown before this code goes on. Without this file, the same runs, as far as there are files for it.
# `sluicegate plan` says what runs and why, `sluicegate schema` prints the schema of this file.
version: 1

# The built-in profiles; write one without the `#` to change it.
# profiles:
#   push: { stages: [secrets, dependencies], scope: outgoing }
#   ci: { stages: all, scope: change }
#   release: { stages: all, scope: full }

stages:
  # Finds credentials.
  secrets: {}
  # Finds packages with known flaws.
  dependencies:
    # How strict it is.
    level: 0
"
        );
        let tree = MemoryTree::new([("services/api/go.mod", "")]);
        assert_eq!(detected(&kinds(), &tree), starter(&kinds()));
        assert!(
            detected(&kinds(), &MemoryTree::new([("README.md", "")]))
                .ends_with("stages:\n  # Finds credentials.\n  secrets: {}\n")
        );
        assert!(starter(&[]).ends_with("\nstages: {}\n"));
    }

    #[test]
    fn no_file_and_the_file_of_what_is_there_are_the_same_plan() {
        for files in [&["go.mod", "a.rs"][..], &["a.rs"], &[]] {
            let tree = MemoryTree::new(files.iter().map(|path| (*path, "")));
            let written = layers(&detected(&kinds(), &tree));
            let detected = Layers::detect(&kinds(), &tree).unwrap();
            assert!(written.is_written() && !detected.is_written());
            assert_eq!(plan(written, &tree), plan(detected, &tree));
        }
    }

    #[test]
    fn the_profiles_of_the_starter_are_the_built_in_ones() {
        let mut uncommented = false;
        let text = starter(&kinds()).lines().fold(String::new(), |text, line| {
            uncommented = line == "# profiles:" || uncommented && line.starts_with('#');
            let line = if uncommented { line.trim_start_matches("# ").trim_start_matches('#') } else { line };
            format!("{text}{line}\n")
        });
        let combined = Combined::one(layers(&text));
        for built_in in Profile::built_in() {
            let written = combined.profile(&built_in.name).unwrap();
            assert!(written.place.is_some());
            assert_eq!(written.scope, built_in.scope);
            for (id, variants) in &combined.stages {
                let kind = &variants[0].kind;
                assert_eq!(
                    written.stages.holds(id, kind),
                    built_in.stages.holds(id, kind),
                    "{} {id}",
                    built_in.name
                );
            }
        }
    }
}

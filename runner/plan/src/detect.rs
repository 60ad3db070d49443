//! What applies to a tree when there is no pipeline file, and the file that says the same.

use source::Tree;
use stage::{Globs, Kind, Presence};

use crate::Profile;
use crate::profile::Selection;

/// Returns the pipeline file that is equal to having none: what `init` writes.
pub fn starter(kinds: &[Kind], tree: &dyn Tree) -> String {
    let kinds: Vec<&Kind> = kinds.iter().filter(|kind| applies((kind.presence)(), tree)).collect();
    let mut text = String::from(
        "# What must be shown before this code goes on. Without this file, the same runs.\n\
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
            .map_or(true, |globs| tree.entries().iter().any(|entry| globs.matches(&entry.path))),
    }
}

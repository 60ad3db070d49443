//! Where the pipeline file of a tree is. One that is there and would not be read is an error: nobody meant the defaults.

use std::path::{Component, Path, PathBuf};

use plan::PipelineFile;
use source::EntryKind;

use crate::checkout::Checkout;
use crate::fault::Fault;

/// Names that people give the file and that are not read.
const LIKE_IT: [&str; 3] = ["sluicegate.yml", ".sluicegate.yaml", ".sluicegate.yml"];

/// Returns what `--config` names as a path in the tree, which begins at `root`.
pub(crate) fn path(config: &str, root: &Path) -> Result<String, Fault> {
    let outside = || {
        Fault::usage(format!("the pipeline file {config} lies outside of the tree"))
            .hint("bring it into the tree, where `extends` can name it too: a change is judged by the copy that its target branch has")
    };
    let written = Path::new(config);
    let inside = match (written.is_absolute(), written.canonicalize(), root.canonicalize()) {
        (false, ..) => written.to_owned(),
        (true, Ok(file), Ok(root)) => file.strip_prefix(root).map(Path::to_owned).map_err(|_| outside())?,
        (true, ..) => return Err(outside()),
    };
    let mut parts: Vec<String> = Vec::new();
    for part in inside.components() {
        match part {
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop().ok_or_else(outside)?;
            }
            Component::RootDir | Component::Prefix(_) => return Err(outside()),
        }
    }
    if parts.is_empty() {
        return Err(Fault::usage(format!("`{config}` names no file"))
            .hint("name a pipeline file, or leave --config away"));
    }
    Ok(parts.join("/"))
}

/// Refuses a run without the pipeline file where there is one that is not part of the tree, or has a name like it.
pub(crate) fn refuse_unread(config: &str, checkout: &Checkout) -> Result<(), Fault> {
    let no_file = |what: &str, hint: &str| {
        let error = format!("{config} is {what} where the pipeline file is expected");
        Err(Fault::configuration(error).hint(hint))
    };
    let entry = checkout.policy.find(config).and_then(|at| checkout.policy.entries().get(at));
    match entry.map(|entry| &entry.kind) {
        Some(EntryKind::File) => return Ok(()),
        Some(EntryKind::Link { .. }) => {
            return no_file("a link", "put the file itself in its place, or name it with `--config`");
        }
        Some(EntryKind::Submodule { .. }) | None => {}
    }
    if is_folder(config, checkout) {
        return no_file("a folder", "rename the folder, or name a file with `--config`");
    }
    let there = checkout.folder.as_ref().and_then(|folder| folder.join(config).symlink_metadata().ok());
    if let Some(there) = there {
        if !there.is_file() {
            return no_file("no ordinary file", "put one in its place, or name one with `--config`");
        }
        let error = format!("git ignores {config}, so it is no part of the tree and would not be read");
        return Err(Fault::configuration(error).hint(format!(
            "commit it with `git add --force {config}`, or move it away to run by the defaults"
        )));
    }
    if config != PipelineFile::NAME {
        return Ok(());
    }
    match like_it(checkout) {
        Some(name) => {
            Err(Fault::configuration(format!("{name} is not read: the pipeline file is called {config}"))
                .hint(format!("rename it, or name it with `--config {name}`")))
        }
        None => Ok(()),
    }
}

/// Tells whether a folder stands on the disk, or in the tree, where the file would.
fn is_folder(config: &str, checkout: &Checkout) -> bool {
    let below = format!("{config}/");
    let entries = checkout.policy.entries();
    let first = entries.partition_point(|entry| *entry.path < *below.as_str());
    entries.get(first).is_some_and(|entry| entry.path.starts_with(&below))
        || checkout.folder.as_ref().is_some_and(|folder| folder.join(config).is_dir())
}

/// Says which file is passed over although it looks like the pipeline file.
pub(crate) fn passed_over(config: &str, checkout: &Checkout) -> Option<String> {
    let name = like_it(checkout).filter(|name| *name != config)?;
    Some(format!("{name} is not read: {config} is there"))
}

fn like_it(checkout: &Checkout) -> Option<&'static str> {
    let on_disk = |name: &str| {
        checkout.folder.as_ref().map(|folder| folder.join(name)).is_some_and(|file: PathBuf| file.is_file())
    };
    LIKE_IT.into_iter().find(|name| checkout.policy.find(name).is_some() || on_disk(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(config: &str, expected: Result<&str, &str>) {
        let root = std::env::temp_dir();
        let actual = path(config, &root).map_err(|fault| fault.reason());
        assert_eq!(actual, expected.map(str::to_owned).map_err(str::to_owned), "{config}");
    }

    #[test]
    fn a_file_of_the_tree_has_one_name() {
        for written in
            ["sluicegate.yaml", "./sluicegate.yaml", "policy/../sluicegate.yaml", ".//./sluicegate.yaml"]
        {
            check(written, Ok("sluicegate.yaml"));
        }
        check("policy/./a.yaml", Ok("policy/a.yaml"));
        check("..", Err("the pipeline file .. lies outside of the tree"));
        check("a/../../b.yaml", Err("the pipeline file a/../../b.yaml lies outside of the tree"));
        check("/nowhere/b.yaml", Err("the pipeline file /nowhere/b.yaml lies outside of the tree"));
        check(".", Err("`.` names no file"));
    }
}

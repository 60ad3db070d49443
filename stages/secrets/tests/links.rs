//! Links of a real folder: none is followed, and none is passed over in silence.

#![cfg(unix)]
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the test makes a folder; what does not hold ends it"
)]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use model::{Subject, SubjectKind};
use source::{MemoryTree, Options, WorkTree};
use stage::{Section, harness};

fn write(folder: &Path, path: &str, text: &str) {
    std::fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
    std::fs::write(folder.join(path), text).unwrap();
}

#[test]
fn a_link_to_what_is_not_looked_at_is_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Ignore files count inside a repository.
    let made = std::process::Command::new("git").args(["init", "-q"]).current_dir(folder).status().unwrap();
    assert!(made.success());
    write(folder, ".gitignore", "ignored/\n");
    write(folder, "ignored/a.txt", "x");
    write(folder, "kept/a.txt", "x");
    for (target, name) in [
        ("kept/a.txt", "one"),
        ("kept", "two"),
        ("ignored/a.txt", "three"),
        ("../outside", "four"),
        (".", "five"),
    ] {
        symlink(target, folder.join(name)).unwrap();
    }
    let stages = (secrets::stage().build)(&Section::empty(model::StageId::new("secrets").unwrap())).unwrap();
    let stage = stages.iter().find(|stage| stage.spec().subject == SubjectKind::Tree).unwrap();
    let mut inputs = harness::inputs(MemoryTree::new(Vec::<(String, Vec<u8>)>::new()));
    inputs.tree = Some(Arc::new(WorkTree::open(folder, &Options::default()).unwrap()));
    let output = harness::run(stage.as_ref(), &Subject::Tree, &inputs).unwrap();
    let gaps: Vec<_> =
        output.gaps.iter().map(|gap| (gap.code.as_str(), gap.path.as_deref().unwrap_or(""))).collect();
    assert_eq!(gaps, [("link-target", "three")]);
    assert_eq!(output.counts.get("links"), Some(&5));
}

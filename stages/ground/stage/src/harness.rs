//! Runs one stage on a folder of inputs, for fixtures: `fixtures/<case>/input` and what is expected of it.
//!
//! A stage's tests call [`check`] for each case. The whole output is compared, never a part of it.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a harness for tests: what does not hold ends the test"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use model::{INVENTORY, Subject};
use serde_json::json;
use source::{MemoryTree, Tree};
use tokio_util::sync::CancellationToken;

use crate::{DataSets, Given, Inputs, Memo, MemoKey, Output, Section, Shard, Sink, Stage, StageError};

/// A data set in memory: `(data, shard)` → bytes.
#[derive(Default)]
pub struct MemoryData(pub BTreeMap<(String, String), Shard>);

impl DataSets for MemoryData {
    fn shard(&self, data: &str, shard: &str) -> Result<Option<Shard>, String> {
        Ok(self.0.get(&(data.to_owned(), shard.to_owned())).cloned())
    }
}

/// Kept results in memory.
#[derive(Default)]
pub struct MemoryMemo(Mutex<BTreeMap<[u8; 32], Vec<u8>>>);

impl Memo for MemoryMemo {
    fn recall(&self, key: &MemoKey) -> Option<Vec<u8>> {
        self.0.lock().ok()?.get(&key.0).cloned()
    }

    fn keep(&self, key: MemoKey, value: Vec<u8>) {
        if let Ok(mut kept) = self.0.lock() {
            kept.insert(key.0, value);
        }
    }
}

/// Returns inputs around a tree in memory: no data, no history, a fixed date.
pub fn inputs(tree: MemoryTree) -> Inputs {
    let tree: Arc<dyn Tree> = Arc::new(tree);
    Inputs {
        policy: Some(Arc::clone(&tree)),
        tree: Some(tree),
        commits: None,
        artifacts: BTreeMap::new(),
        data: Arc::new(MemoryData::default()),
        memo: Arc::new(MemoryMemo::default()),
        environment: BTreeMap::new(),
        programs: BTreeMap::new(),
        today: "2026-01-31".into(),
        salt: [0; 32],
        offline: true,
        pool: Arc::new(
            rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("two threads can start"),
        ),
        cancel: CancellationToken::new(),
    }
}

/// Runs `stage` on `subject`.
pub fn run(stage: &dyn Stage, subject: &Subject, inputs: &Inputs) -> Result<Output, StageError> {
    let spec = stage.spec();
    let sink = Sink::new(spec.id.clone(), subject.clone(), spec.gives.clone());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .expect("a runtime starts");
    let given = Given::new(&spec, subject, inputs);
    runtime
        .block_on(async {
            tokio::time::timeout(std::time::Duration::from_secs(60), stage.run(&given, &sink)).await
        })
        .map_err(|_| StageError::Cancelled)??;
    drop(given);
    Ok(sink.into_output())
}

/// Reads a folder as a tree in memory.
pub fn tree(folder: &Path) -> MemoryTree {
    fn visit(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
        let listing =
            std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in listing.map(|entry| entry.expect("a fixture folder lists")) {
            if entry.file_type().expect("a fixture has a type").is_dir() {
                visit(root, &entry.path(), files);
            } else {
                let path = entry.path();
                let name = path.strip_prefix(root).expect("a fixture is below its root").to_string_lossy();
                files.push((name.replace('\\', "/"), std::fs::read(&path).expect("a fixture reads")));
            }
        }
    }
    let mut files = Vec::new();
    visit(folder, folder, &mut files);
    MemoryTree::new(files)
}

/// Compares what the stages of `build(section)` say of the tree in `case/input` with `case/expected.json`. The section is
/// `case/section.yaml`, or empty. With `UPDATE_FIXTURES=1` in the environment the expected file is written instead: read
/// every diff. `arrange` may add data or artifacts to the inputs.
pub fn check(kind: &crate::Kind, case: &Path, arrange: impl Fn(&mut Inputs)) {
    let id = model::StageId::new(kind.name).expect("a kind has a valid name");
    let text = std::fs::read_to_string(case.join("section.yaml")).unwrap_or_default();
    let section = Section { id, file: "section.yaml".into(), text };
    let stages = (kind.build)(&section).unwrap_or_else(|error| panic!("{}: {error}", case.display()));
    let mut inputs = inputs(tree(&case.join("input")));
    arrange(&mut inputs);
    let mut all = Vec::new();
    for stage in stages.iter().filter(|stage| stage.spec().subject == model::SubjectKind::Tree) {
        let output = run(stage.as_ref(), &Subject::Tree, &inputs)
            .unwrap_or_else(|error| panic!("{}: {error}", case.display()));
        all.push(json!({
            "findings": output.findings,
            "gaps": output.gaps,
            "counts": output.counts,
            "artifacts": output.artifacts.iter().map(|(name, gift)| {
                let value: serde_json::Value = serde_json::from_slice(&gift.bytes).expect("a gift is JSON");
                (name.clone(), value)
            }).collect::<BTreeMap<_, _>>(),
        }));
    }
    let actual = serde_json::to_string_pretty(&all).expect("output serializes") + "\n";
    let expected_path = case.join("expected.json");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&expected_path, &actual).expect("the expected file can be written");
    }
    let expected = std::fs::read_to_string(&expected_path).unwrap_or_default();
    assert!(
        actual == expected,
        "{}: output differs\n--- expected\n{expected}\n--- actual\n{actual}",
        case.display()
    );
}

/// Calls [`check`] for every folder in `fixtures`.
pub fn check_all(kind: &crate::Kind, fixtures: &Path, arrange: impl Fn(&mut Inputs)) {
    let mut cases: Vec<_> = std::fs::read_dir(fixtures)
        .unwrap_or_else(|error| panic!("{}: {error}", fixtures.display()))
        .map(|entry| entry.expect("the fixtures list").path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "{} holds no case", fixtures.display());
    for case in cases {
        check(kind, &case, &arrange);
    }
}

/// Gives `inventory` to the stage under test.
pub fn give_inventory(inputs: &mut Inputs, inventory: &model::Inventory) {
    let bytes = serde_json::to_vec(inventory).expect("an inventory serializes");
    let gift = crate::Gift::kept(bytes.into());
    inputs.artifacts.insert(INVENTORY.name().to_owned(), vec![(Subject::Tree, gift)]);
}

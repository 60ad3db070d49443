//! Every case under `fixtures/`, each compared whole: `inventory.json` is what the inventory gives for `input`, and
//! `database` holds the OSV files of the database, when there is one.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "reads fixtures and builds their databases; what does not hold ends the test"
)]

use std::fs;
use std::path::Path;

use advisory::{Lacking, Options, Source};
use stage::harness::{MemoryData, check, give_inventory};
use stage::{Inputs, Shard};

/// Builds the database of a case and puts its shards at the stage's disposal.
fn give_database(inputs: &mut Inputs, folder: &Path) {
    let built = tempfile::tempdir().unwrap();
    let options = Options { lacking: Lacking::Anything, ..Options::default() };
    let report = advisory::build(Source::Path(folder), built.path(), &options).unwrap();
    // The one case whose database is damaged on purpose says so by its name.
    let damaged = folder.parent().is_some_and(|case| case.ends_with("lost-records"));
    assert_eq!(!report.problems.is_empty(), damaged, "{}: {:?}", folder.display(), report.problems);
    let mut data = MemoryData::default();
    for ecosystem in report.shards.keys() {
        let (digest, bytes) = advisory::map(built.path(), ecosystem).unwrap().unwrap();
        data.0.insert(("advisories".to_owned(), ecosystem.clone()), Shard { digest, bytes });
    }
    inputs.data = std::sync::Arc::new(data);
}

#[test]
fn fixtures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut cases: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    for case in cases {
        let inventory = fs::read(case.join("inventory.json")).unwrap();
        let inventory = serde_json::from_slice(&inventory).unwrap();
        check(&dependencies::stage(), &case, |inputs| {
            give_inventory(inputs, &inventory);
            let database = case.join("database");
            if database.is_dir() {
                give_database(inputs, &database);
            }
        });
    }
}

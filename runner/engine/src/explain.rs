//! Why a stage's cached answer holds, or which input has changed.

use std::collections::BTreeMap;

use model::Digest;
use stage::{Given, Inputs, Read};
use store::Cache;

use crate::Instance;
use crate::execute::{declaration, remembered};
use crate::kept::{Kept, Remembered};

/// What the cache knows of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheReport {
    /// Whether the kept answer would be used now.
    pub hit: bool,
    /// What has changed since the last run; empty when it is a hit, or when nothing is kept.
    pub changes: Vec<Change>,
    /// Whether anything is kept of this stage, as configured now.
    pub known: bool,
    /// Per-file results that the last run took from the cache.
    pub reused: u64,
    /// Per-file results that the last run computed.
    pub computed: u64,
}

/// One input that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A file has other content.
    Modified(String),
    /// A file is new.
    Added(String),
    /// A file is gone.
    Removed(String),
    /// Another kind of input, in words.
    Input(String),
}

/// Compares what `instance` read in its last run with what it would read now.
pub fn explain(instance: &Instance, inputs: &Inputs, cache: &Cache) -> CacheReport {
    let name = declaration(instance);
    let given = Given::new(&instance.spec, &instance.subject, inputs);
    let kept: Vec<Kept> = cache.recall(&name).iter().filter_map(|bytes| Kept::from_bytes(bytes)).collect();
    let hit = kept.iter().any(|kept| given.verify(&kept.trace).is_ok());
    let last: Remembered = cache
        .recall(&remembered(&name))
        .first()
        .and_then(|bytes| serde_json::from_slice(bytes).ok())
        .unwrap_or_default();
    let mut changes = Vec::new();
    if let (false, Some(newest)) = (hit, kept.first()) {
        changes.extend(files(&given, &last.files));
        changes.extend(newest.trace.reads.iter().filter_map(|read| other(&given, read)));
        changes.sort();
    }
    CacheReport { hit, changes, known: !kept.is_empty(), reused: last.reused, computed: last.computed }
}

fn files(given: &Given<'_>, before: &BTreeMap<String, String>) -> Vec<Change> {
    let now = given.paths();
    let known: std::collections::BTreeSet<&str> = now.iter().map(String::as_str).collect();
    let mut changes = Vec::new();
    for (path, id) in before {
        if !known.contains(path.as_str()) {
            changes.push(Change::Removed(path.clone()));
        } else if given.content_id(path).map(|id| id.to_string()).as_ref() != Some(id) {
            changes.push(Change::Modified(path.clone()));
        }
    }
    changes.extend(now.into_iter().filter(|path| !before.contains_key(path)).map(Change::Added));
    changes
}

fn other(given: &Given<'_>, read: &Read) -> Option<Change> {
    let changed = given.verify(&stage::Trace { reads: vec![read.clone()] }).is_err();
    let digest = |digest: &Option<Digest>| digest.map_or("nothing".to_owned(), |digest| digest.to_string());
    let text = match read {
        Read::Listing { .. } | Read::Contents { .. } => return None,
        Read::History { .. } => "the commits under check".to_owned(),
        Read::Artifact { name, digest: was } => format!("artifact `{name}`, which was {}", digest(was)),
        Read::Shard { data, shard, digest: was } => {
            format!("shard `{shard}` of data `{data}`, which was {}", digest(was))
        }
        Read::Env { name, .. } => format!("environment variable {name}"),
        Read::Day { day } => format!("the date, which was {day}"),
        Read::Salt { .. } => "what secrets are keyed with (the baseline's salt)".to_owned(),
    };
    changed.then_some(Change::Input(text))
}

//! Why a stage's cached answer holds, or which input has changed.

use std::collections::BTreeMap;

use model::{Digest, Rule, StageId};
use stage::{Given, Inputs, Output, Read};
use store::Cache;

use crate::execute::{all_rules, declaration, remembered};
use crate::instance::artifacts;
use crate::kept::{Kept, Remembered};
use crate::{Engine, Instance, World};

/// What the cache knows of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheReport {
    /// Whether the kept answer would be used now.
    pub hit: bool,
    /// What has changed since the last run; empty when it is a hit, when nothing is kept, or when what is known has been
    /// dropped to make room.
    pub changes: Vec<Change>,
    /// Whether anything is known of this stage here, as configured now.
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

/// What can be told of a stage before a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// What the cache knows of it.
    Report(CacheReport),
    /// It is handed what this stage gives, which would run first.
    After(StageId),
    /// It does not run.
    Skipped,
}

impl Engine {
    /// Tells of every instance, in their order, what the cache knows of it. Each is handed what the kept answers of those
    /// before it gave, as in a run; nothing runs.
    pub fn explain(&self, instances: &[Instance], world: &World, cache: &Cache) -> Vec<Known> {
        let mut outputs: Vec<Option<Output>> = Vec::with_capacity(instances.len());
        let mut all = Vec::with_capacity(instances.len());
        for instance in instances {
            let unknown = |producer: usize| outputs.get(producer).is_none_or(Option::is_none);
            let waits = instance.inputs.iter().find(|input| unknown(input.producer));
            let (known, output) = if instance.skip.is_some() {
                (Known::Skipped, Some(Output::default()))
            } else if let Some(producer) = waits.and_then(|input| instances.get(input.producer)) {
                (Known::After(producer.id().clone()), None)
            } else {
                let output = |at: usize| outputs.get(at).and_then(Option::as_ref);
                let artifacts = artifacts(instance, instances, output);
                let inputs = Inputs { artifacts, ..self.inputs(instance, world) };
                let (report, output) = compare(instance, &inputs, cache);
                (Known::Report(report), output)
            };
            outputs.push(output);
            all.push(known);
        }
        all
    }

    /// Returns all rules that an instance can report, those of policy files with them.
    pub fn rules(&self, instance: &Instance, world: &World) -> Vec<Rule> {
        all_rules(instance, &self.inputs(instance, world))
    }
}

/// Compares what `instance` read in its last run with what it would read now.
pub fn explain(instance: &Instance, inputs: &Inputs, cache: &Cache) -> CacheReport {
    compare(instance, inputs, cache).0
}

/// Does the same, and returns the kept answer when it holds.
fn compare(instance: &Instance, inputs: &Inputs, cache: &Cache) -> (CacheReport, Option<Output>) {
    let name = declaration(instance);
    let given = Given::new(&instance.spec, &instance.subject, inputs);
    let kept: Vec<Kept> = cache.recall(&name).iter().filter_map(|bytes| Kept::from_bytes(bytes)).collect();
    let hit = kept.iter().position(|kept| given.verify(&kept.trace).is_ok());
    let last: Option<Remembered> =
        cache.recall(&remembered(cache, &name)).first().and_then(|bytes| postcard::from_bytes(bytes).ok());
    // Another folder with the same declaration may have kept answers.
    let known = hit.is_some() || last.is_some();
    let last = last.unwrap_or_default();
    let mut changes = Vec::new();
    if known && hit.is_none() {
        changes.extend(files(&given, &last.files));
        changes.extend(last.trace.reads.iter().filter_map(|read| other(&given, read)));
        changes.sort();
    }
    let report =
        CacheReport { hit: hit.is_some(), changes, known, reused: last.reused, computed: last.computed };
    (report, hit.and_then(|at| kept.into_iter().nth(at)).map(Kept::into_output))
}

fn files(given: &Given<'_>, before: &[(String, Vec<u8>)]) -> Vec<Change> {
    let before: BTreeMap<&str, &[u8]> = before.iter().map(|(path, mark)| (&**path, &**mark)).collect();
    let now = given.paths();
    let known: std::collections::BTreeSet<&str> = now.iter().map(String::as_str).collect();
    let mut changes = Vec::new();
    for (path, mark) in &before {
        if !known.contains(path) {
            changes.push(Change::Removed((*path).to_owned()));
        } else if given.content_id(path).map(|id| Remembered::mark(&id)).as_deref() != Some(mark) {
            changes.push(Change::Modified((*path).to_owned()));
        }
    }
    changes.extend(now.into_iter().filter(|path| !before.contains_key(&**path)).map(Change::Added));
    changes
}

fn other(given: &Given<'_>, read: &Read) -> Option<Change> {
    let changed = given.verify(&stage::Trace { reads: vec![read.clone()] }).is_err();
    let digest = |digest: &Option<Digest>| digest.map_or("nothing".to_owned(), |digest| digest.to_string());
    let text = match read {
        Read::Listing { .. } | Read::Contents { .. } => return None,
        Read::History { .. } => "the commits under check".to_owned(),
        Read::Objects { .. } => "the objects that the repository holds".to_owned(),
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

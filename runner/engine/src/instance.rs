//! What the engine is told to run: a stage on a subject, what it is handed and what it waits for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::{Policy, StageId, Subject};
use stage::{Gift, Output, Spec, Stage};

/// A stage to run on a subject.
#[derive(Clone)]
pub struct Instance {
    /// The stage.
    pub stage: Arc<dyn Stage>,
    /// What it declares; it is not asked again.
    pub spec: Spec,
    /// What it checks.
    pub subject: Subject,
    /// By whose policy it was configured.
    pub policy: Policy,
    /// Number among those of the same stage, subject and policy: several files of one side may configure a stage.
    pub variant: u32,
    /// Its time limit.
    pub timeout: Option<Duration>,
    /// Artifacts it is handed.
    pub inputs: Vec<Input>,
    /// Indices of the instances that must have ended before: producers of what it needs, and `needs` of the file.
    pub after: Vec<usize>,
    /// Set when it is not to run, with the reason.
    pub skip: Option<String>,
    /// Whether the record says what it said; another shard's does otherwise, and it runs for what it gives.
    pub reported: bool,
}

/// An artifact that an instance is handed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Name of the channel.
    pub name: &'static str,
    /// Index of the instance that gives it; its subject is the artifact's.
    pub producer: usize,
}

impl Instance {
    /// Returns the name of the stage.
    pub fn id(&self) -> &StageId {
        &self.spec.id
    }
}

/// Collects what an instance is handed, of the instances it names and nobody else. `output` tells what one said that
/// has ended.
pub(crate) fn artifacts<'a>(
    instance: &Instance,
    instances: &[Instance],
    output: impl Fn(usize) -> Option<&'a Output>,
) -> BTreeMap<String, Vec<(Subject, Gift)>> {
    let mut all: BTreeMap<String, Vec<(Subject, Gift)>> = BTreeMap::new();
    for input in &instance.inputs {
        let given = output(input.producer).and_then(|output| output.artifacts.get(input.name));
        if let (Some(producer), Some(gift)) = (instances.get(input.producer), given) {
            all.entry(input.name.to_owned()).or_default().push((producer.subject.clone(), gift.clone()));
        }
    }
    all.values_mut().for_each(|values| values.sort_by(|a, b| a.0.cmp(&b.0)));
    all
}

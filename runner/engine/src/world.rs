//! What there is for stages to read, before their declarations narrow it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use model::{Policy, Subject};
use source::{Commits, Tree};
use stage::{DataSets, Need, Spec};

/// What there is for stages to read.
#[derive(Clone)]
pub struct World {
    /// The tree under check.
    pub tree: Option<Arc<dyn Tree>>,
    /// The tree of the target branch: its policy files count, unless a stage runs for [`Policy::Head`]. `None` when no
    /// change is judged.
    pub target: Option<Arc<dyn Tree>>,
    /// The tree of the change: its policy files count where there is no target.
    pub head: Option<Arc<dyn Tree>>,
    /// Where a subject of commits gets them from, by the subject's text form and content.
    pub commits: BTreeMap<Subject, Arc<dyn Commits>>,
    /// The data sets.
    pub data: Arc<dyn DataSets>,
    /// The environment as it is; a stage is handed what it declares of it.
    pub environment: BTreeMap<String, String>,
    /// Where declared programs are.
    pub programs: BTreeMap<String, PathBuf>,
    /// The date, as `2026-01-31`.
    pub today: String,
    /// What secrets are keyed with before they become fingerprints.
    pub salt: [u8; 32],
    /// Whether the network is out of reach.
    pub offline: bool,
}

impl World {
    /// Returns the part of the environment that a stage declares.
    pub fn environment_of(&self, spec: &Spec) -> BTreeMap<String, String> {
        let names = spec.needs.iter().filter_map(|need| match need {
            Need::Env(name) | Need::Secret(name) => Some(name),
            _ => None,
        });
        names.filter_map(|name| Some((name.clone(), self.environment.get(name)?.clone()))).collect()
    }

    /// Returns the tree that policy files come from.
    pub fn policy(&self, policy: Policy) -> Option<Arc<dyn Tree>> {
        match policy {
            Policy::Target => self.target.clone(),
            Policy::Both => self.target.clone().or_else(|| self.head.clone()),
            Policy::Head => self.head.clone(),
        }
    }
}

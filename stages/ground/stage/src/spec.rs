//! What a stage declares of itself, and how it is run.

use std::future::Future;
use std::pin::Pin;

use model::{Digest, Hasher, Rule, RuleId, StageId, SubjectKind};

use crate::{ConfigError, Files, Given, Globs, Need, Sink, StageError};

/// What a running stage is: a future that ends when the stage has said all it has to say.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<(), StageError>> + Send + 'a>>;

/// A stage of the pipeline, configured and ready to run. It owns no state that a run changes.
pub trait Stage: Send + Sync {
    /// Returns what the stage needs and gives. The same every time it is asked.
    fn spec(&self) -> Spec;

    /// Returns all rules the stage brings, for `explain` and for reports.
    fn rules(&self) -> Vec<Rule>;

    /// Tells how one of these rules looks for what it finds, each line with what it is about, for `explain`.
    fn details(&self, _rule: &RuleId) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Returns all rules the stage can report where it is: those of policy files that it is handed with them. Of a file that
    /// cannot be used none: the run tells why.
    fn rules_with(&self, _given: &Given<'_>) -> Vec<Rule> {
        self.rules()
    }

    /// Tells what is wrong with the section that only the policy files can tell which it names. Asked before anything runs.
    fn check(&self, _policy: &Files) -> Result<(), ConfigError> {
        Ok(())
    }

    /// Looks at the subject. Work that takes processor time goes through [`Given::compute`]; anything that should have
    /// been looked at and cannot be is said with [`Sink::gap`]. An error means that the stage as a whole failed.
    fn run<'a>(&'a self, given: &'a Given<'a>, out: &'a Sink) -> Running<'a>;
}

/// What a stage declares of itself.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Name of the instance in the pipeline file.
    pub id: StageId,
    /// Rises whenever the stage's answers to the same inputs change.
    pub revision: u32,
    /// What it can check.
    pub subject: SubjectKind,
    /// Digest of its checked configuration.
    pub config: Digest,
    /// What it reads.
    pub needs: Vec<Need>,
    /// Names of the artifacts it gives.
    pub gives: Vec<&'static str>,
    /// Kind of the subjects it adds to the plan (the images that manifests name).
    pub gives_subjects: Option<SubjectKind>,
}

impl Spec {
    /// Returns the digest of the declaration: the part of the cache key that is known before anything was read.
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::new("spec/v1");
        hasher.part(self.id.as_str()).part(self.revision.to_le_bytes()).part(self.subject.to_string());
        hasher.part(self.config.bytes());
        let mut needs: Vec<String> = self.needs.iter().map(ToString::to_string).collect();
        needs.sort();
        hasher.part((needs.len() as u64).to_le_bytes());
        for need in &needs {
            hasher.part(need);
        }
        for name in &self.gives {
            hasher.part(name);
        }
        hasher.digest()
    }
}

impl Spec {
    /// Returns the globs of the policy files.
    pub fn policy(&self) -> Vec<&Globs> {
        self.globs(crate::given::POLICY)
    }

    /// Returns the globs of one set of files.
    pub(crate) fn globs(&self, set: &str) -> Vec<&Globs> {
        let of_set = |need: &'_ &Need| match need {
            Need::Files(_) => set == crate::given::FILES,
            Need::Policy(_) => set == crate::given::POLICY,
            _ => false,
        };
        let globs = |need| match need {
            &Need::Files(ref globs) | &Need::Policy(ref globs) => Some(globs),
            _ => None,
        };
        self.needs.iter().filter(of_set).filter_map(globs).collect()
    }
}

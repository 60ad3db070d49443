//! A run, as the ordered list of what was said in it.

use serde::{Deserialize, Serialize};

use crate::{Digest, Finding, Gap, Rule, StageId, Subject};

/// One thing said in a run. A record is a list of these, one JSON object a line; it can be stored, replayed and
/// merged with the records of other shards. The tag is `type`, since a finding has a field `message` of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Message {
    /// Opens a record.
    Run(RunHeader),
    /// Opens what one stage says of one subject, and says how that ended. Everything up to the next one belongs to it.
    Stage(StageOutcome),
    /// A rule that fired; said once a stage, ahead of its findings.
    Rule(Rule),
    /// Something is wrong.
    Finding(Box<Finding>),
    /// Something was not looked at.
    Gap(Gap),
    /// What was passed over by a rule of ours, or any other number worth knowing.
    Counted(Counted),
    /// A value given to other stages, by digest.
    Artifact {
        /// The stage that gave it.
        stage: StageId,
        /// What it belongs to.
        subject: Subject,
        /// Name of the channel.
        name: String,
        /// Digest of the value.
        digest: Digest,
    },
}

/// What a record is a record of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunHeader {
    /// Version of the record's format: 1.
    pub version: u32,
    /// Version of Sluicegate.
    pub tool: String,
    /// `full`, `change` or `outgoing`.
    pub scope: String,
    /// Commit under check, when the tree is one.
    pub head: Option<String>,
    /// Commit compared with, for scopes that compare.
    pub base: Option<String>,
    /// `I/N` when the record is one shard of several.
    pub shard: Option<String>,
}

/// How a stage ended on a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageOutcome {
    /// The stage.
    pub stage: StageId,
    /// What it checked.
    pub subject: Subject,
    /// How it ended.
    pub status: Status,
    /// Why it was skipped or failed.
    pub reason: Option<String>,
    /// Whether the results cache answered.
    pub cached: bool,
    /// By whose policy it ran, where the change and its target differ.
    pub policy: Policy,
    /// Number among those of the same stage, subject and policy, where files of one side configure it differently.
    #[serde(default)]
    pub variant: u32,
    /// Wall time in milliseconds; shown only on request, since it is never the same twice.
    pub milliseconds: u64,
}

impl StageOutcome {
    /// Tells how something ended that no cache answered and no policy configured.
    pub fn new(stage: StageId, subject: Subject, status: Status) -> Self {
        let policy = Policy::Both;
        Self { stage, subject, status, reason: None, cached: false, policy, variant: 0, milliseconds: 0 }
    }
}

/// How a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It looked at everything and found nothing.
    Clean,
    /// It found something.
    Findings,
    /// It found nothing, but did not see everything.
    Gaps,
    /// It could not do its work.
    Failed,
    /// It did not run, for a reason that is no failure.
    Skipped,
}

impl Status {
    /// Returns the word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Findings => "findings",
            Self::Gaps => "gaps",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// By whose policy a stage ran. Where the target branch and the change agree there is one run, and it is `both`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// One policy is in force.
    #[default]
    Both,
    /// That of the target branch.
    Target,
    /// That of the change.
    Head,
}

/// A number worth knowing: files scanned, files passed over as generated, minified or binary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The stage that counted.
    pub stage: StageId,
    /// What was being checked.
    pub subject: Subject,
    /// What was counted: `scanned`, `binary`, `generated`, `minified` …
    pub what: String,
    /// How many.
    pub number: u64,
    /// Paths of what was counted, where they are worth finding: the first of them, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
}

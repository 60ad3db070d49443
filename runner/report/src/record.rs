//! A run, as what was said in it: read, written, merged and settled. Nothing here judges.

mod file;
mod fold;
mod merge;
mod settle;
mod union;

use std::collections::BTreeSet;

use model::{
    Counted, Digest, Finding, Gap, Message, Policy, Rule, RunHeader, StageId, StageOutcome, Status, Subject,
};

pub use file::ReadError;
pub use merge::MergeError;
pub(crate) use settle::name;

/// The version of the format that this program reads and writes.
pub const RECORD_VERSION: u32 = 2;

/// The record of a run: a header, and what each stage said of each subject, sorted by stage, subject, policy and variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    header: RunHeader,
    runs: Vec<StageRun>,
}

/// What one stage said of one subject, in the stage's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageRun {
    /// How it ended.
    pub outcome: StageOutcome,
    /// Rules that fired.
    pub rules: Vec<Rule>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What was not looked at.
    pub gaps: Vec<Gap>,
    /// What was counted.
    pub counted: Vec<Counted>,
    /// Values given to other stages: name and digest.
    pub artifacts: Vec<(String, Digest)>,
}

/// Why messages are no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The first message does not open a run.
    #[error("the record does not open with the header of a run")]
    NoHeader,
    /// A second header.
    #[error("the record has a second header, as when two records are joined end to end")]
    TwoHeaders,
    /// A version that this program does not know.
    #[error("the record has version {0}; this program reads version {RECORD_VERSION}")]
    Version(u32),
    /// Something is said before any stage opens.
    #[error("a message of stage `{0}` stands before any stage")]
    Homeless(StageId),
    /// Something is said under another stage or subject.
    #[error("a message of stage `{said}` on {said_of} stands under stage `{under}` on {under_of}")]
    Misplaced {
        /// The stage that is named.
        said: StageId,
        /// The subject that is named.
        said_of: String,
        /// The stage that is open.
        under: StageId,
        /// The subject that is open.
        under_of: String,
    },
    /// A stage ends twice on a subject, as one file configures it.
    #[error("stage `{stage}` ends twice on {subject}")]
    Twice {
        /// The stage.
        stage: StageId,
        /// The subject.
        subject: String,
    },
}

/// What names the run of a stage: policy and variant tell apart how it was configured.
type RunKey = (StageId, Subject, Policy, u32);

impl StageRun {
    /// Opens the run of a stage, with nothing said yet.
    pub fn new(outcome: StageOutcome) -> Self {
        Self {
            outcome,
            rules: Vec::new(),
            findings: Vec::new(),
            gaps: Vec::new(),
            counted: Vec::new(),
            artifacts: Vec::new(),
        }
    }

    fn key(&self) -> RunKey {
        let StageOutcome { stage, subject, policy, variant, .. } = &self.outcome;
        (stage.clone(), subject.clone(), *policy, *variant)
    }

    fn accepts(&self, stage: &StageId, subject: &Subject) -> Result<(), RecordError> {
        let outcome = &self.outcome;
        if (stage, subject) == (&outcome.stage, &outcome.subject) {
            return Ok(());
        }
        Err(RecordError::Misplaced {
            said: stage.clone(),
            said_of: subject.to_string(),
            under: outcome.stage.clone(),
            under_of: outcome.subject.to_string(),
        })
    }

    /// Adds a message other than the ones that open something.
    fn take(&mut self, message: Message) -> Result<(), RecordError> {
        match message {
            Message::Run(_) => return Err(RecordError::TwoHeaders),
            Message::Stage(_) => {}
            Message::Rule(rule) => {
                self.accepts(&rule.stage, &self.outcome.subject)?;
                self.rules.push(rule);
            }
            Message::Finding(finding) => {
                self.accepts(&finding.stage, &finding.subject)?;
                self.findings.push(*finding);
            }
            Message::Gap(gap) => {
                self.accepts(&gap.stage, &gap.subject)?;
                self.gaps.push(gap);
            }
            Message::Counted(counted) => {
                self.accepts(&counted.stage, &counted.subject)?;
                self.counted.push(counted);
            }
            Message::Artifact { stage, subject, name, digest } => {
                self.accepts(&stage, &subject)?;
                self.artifacts.push((name, digest));
            }
        }
        Ok(())
    }

    /// Brings the status in line with what was said; a stage that failed or was skipped stays so.
    fn restate(&mut self) {
        let status = match self.outcome.status {
            Status::Failed => Status::Failed,
            Status::Skipped if self.findings.is_empty() && self.gaps.is_empty() => Status::Skipped,
            Status::Clean | Status::Findings | Status::Gaps | Status::Skipped => {
                match (self.findings.is_empty(), self.gaps.is_empty()) {
                    (false, _) => Status::Findings,
                    (true, false) => Status::Gaps,
                    (true, true) => Status::Clean,
                }
            }
        };
        self.outcome.status = status;
    }
}

/// Collects messages into a record, one at a time, so that an error can name the message.
pub(crate) struct Builder {
    header: Option<RunHeader>,
    runs: Vec<StageRun>,
    seen: BTreeSet<RunKey>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self { header: None, runs: Vec::new(), seen: BTreeSet::new() }
    }

    pub(crate) fn take(&mut self, message: Message) -> Result<(), RecordError> {
        match (message, &self.header) {
            (Message::Run(header), None) => {
                if header.version != RECORD_VERSION {
                    return Err(RecordError::Version(header.version));
                }
                self.header = Some(header);
            }
            (_, None) => return Err(RecordError::NoHeader),
            (Message::Stage(outcome), Some(_)) => {
                let run = StageRun::new(outcome);
                if !self.seen.insert(run.key()) {
                    let subject = run.outcome.subject.to_string();
                    return Err(RecordError::Twice { stage: run.outcome.stage, subject });
                }
                self.runs.push(run);
            }
            (message, Some(_)) => match self.runs.last_mut() {
                Some(run) => run.take(message)?,
                None => return Err(homeless(message)),
            },
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<Record, RecordError> {
        let header = self.header.ok_or(RecordError::NoHeader)?;
        Ok(Record::sorted(header, self.runs))
    }
}

fn homeless(message: Message) -> RecordError {
    match message {
        Message::Run(_) => RecordError::TwoHeaders,
        Message::Stage(StageOutcome { stage, .. })
        | Message::Rule(Rule { stage, .. })
        | Message::Gap(Gap { stage, .. })
        | Message::Counted(Counted { stage, .. })
        | Message::Artifact { stage, .. } => RecordError::Homeless(stage),
        Message::Finding(finding) => RecordError::Homeless(finding.stage),
    }
}

impl Record {
    /// Checks that the messages are a record: one header, and everything under the stage that says it.
    pub fn new(messages: impl IntoIterator<Item = Message>) -> Result<Self, RecordError> {
        let mut builder = Builder::new();
        messages.into_iter().try_for_each(|message| builder.take(message))?;
        builder.finish()
    }

    fn sorted(header: RunHeader, mut runs: Vec<StageRun>) -> Self {
        runs.sort_by_cached_key(StageRun::key);
        Self { header, runs }
    }

    /// Returns what this is a record of.
    pub fn header(&self) -> &RunHeader {
        &self.header
    }

    /// Returns what each stage said of each subject, sorted.
    pub fn runs(&self) -> &[StageRun] {
        &self.runs
    }

    /// Returns every finding, run by run.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.runs.iter().flat_map(|run| &run.findings)
    }

    /// Returns every gap, run by run.
    pub fn gaps(&self) -> impl Iterator<Item = &Gap> {
        self.runs.iter().flat_map(|run| &run.gaps)
    }

    /// Returns the messages in the order of the file.
    pub fn messages(&self) -> impl Iterator<Item = Message> + '_ {
        let header = std::iter::once(Message::Run(self.header.clone()));
        header.chain(self.runs.iter().flat_map(|run| {
            let StageOutcome { stage, subject, .. } = &run.outcome;
            let artifacts = run.artifacts.iter().map(move |(name, digest)| Message::Artifact {
                stage: stage.clone(),
                subject: subject.clone(),
                name: name.clone(),
                digest: *digest,
            });
            std::iter::once(Message::Stage(run.outcome.clone()))
                .chain(run.rules.iter().cloned().map(Message::Rule))
                .chain(run.findings.iter().cloned().map(|finding| Message::Finding(Box::new(finding))))
                .chain(run.gaps.iter().cloned().map(Message::Gap))
                .chain(run.counted.iter().cloned().map(Message::Counted))
                .chain(artifacts)
        }))
    }
}

#[cfg(test)]
mod tests;

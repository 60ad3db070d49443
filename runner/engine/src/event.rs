//! What happens while stages run, for whoever shows progress.

use model::{Policy, StageId, Status, Subject};

use crate::Instance;

/// Which instance something happens to: a stage may check a subject by several policies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Task {
    /// The stage.
    pub stage: StageId,
    /// What it checks.
    pub subject: Subject,
    /// By whose policy.
    pub policy: Policy,
    /// Which of several files of one side configures it.
    pub variant: u32,
}

impl Task {
    /// Names an instance.
    pub(crate) fn of(instance: &Instance) -> Self {
        Self {
            stage: instance.id().clone(),
            subject: instance.subject.clone(),
            policy: instance.policy,
            variant: instance.variant,
        }
    }
}

/// Something that happened in a run.
#[derive(Debug, Clone)]
pub enum Event {
    /// A stage began.
    Started {
        /// Which.
        task: Task,
    },
    /// A stage got further. Sent at most a few times a second.
    Progress {
        /// Which.
        task: Task,
        /// Units done.
        done: u64,
        /// Units expected.
        total: u64,
    },
    /// A stage ended.
    Finished {
        /// Which.
        task: Task,
        /// How it ended.
        status: Status,
        /// Whether the cache answered.
        cached: bool,
        /// Findings and gaps.
        said: (usize, usize),
        /// Wall time in milliseconds.
        milliseconds: u64,
    },
}

/// Who is told. Called from many threads; must not block.
pub type Listener = std::sync::Arc<dyn Fn(Event) + Send + Sync>;

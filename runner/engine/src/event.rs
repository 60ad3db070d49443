//! What happens while stages run, for whoever shows progress.

use model::{Policy, StageId, Status, Subject};

/// Something that happened in a run.
#[derive(Debug, Clone)]
pub enum Event {
    /// A stage began.
    Started {
        /// The stage.
        stage: StageId,
        /// What it checks.
        subject: Subject,
    },
    /// A stage got further. Sent at most a few times a second.
    Progress {
        /// The stage.
        stage: StageId,
        /// What it checks.
        subject: Subject,
        /// Units done.
        done: u64,
        /// Units expected.
        total: u64,
    },
    /// A stage ended.
    Finished {
        /// The stage.
        stage: StageId,
        /// What it checked.
        subject: Subject,
        /// By whose policy.
        policy: Policy,
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

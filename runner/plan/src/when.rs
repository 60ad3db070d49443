//! The conditions of a stage: paths, branch, event.

use stage::Globs;

/// What started the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// Someone at a terminal, or a hook.
    Local,
    /// A push to a branch.
    Push,
    /// A pull request or merge request.
    PullRequest,
    /// A tag.
    Tag,
    /// A schedule.
    Schedule,
    /// Started by hand in CI.
    Manual,
}

/// When a stage runs. All conditions that are given must hold.
#[derive(Debug, Clone, Default)]
pub struct When {
    /// One of the paths under check matches.
    pub paths: Option<Globs>,
    /// The branch matches.
    pub branch: Option<Globs>,
    /// The run was started by one of these.
    pub event: Option<Vec<Event>>,
}

//! Why a stage as a whole could not do its work.

/// Why a stage as a whole could not do its work. The engine says it with the stage's name and fails closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StageError {
    /// The stage asked for something that its spec does not name. Our own bug, or an attack on us.
    #[error("stage `{stage}` read {input}, which it does not declare")]
    Undeclared {
        /// The stage.
        stage: String,
        /// What it asked for.
        input: String,
    },
    /// The stage gave an artifact that its spec does not name.
    #[error("artifact `{name}` was given and is not declared")]
    UndeclaredGift {
        /// Name of the channel.
        name: String,
    },
    /// A declared input is not there.
    #[error("{input} is not available: {reason}")]
    Missing {
        /// What was asked for.
        input: String,
        /// Why it is not there.
        reason: String,
    },
    /// The network was asked for in an offline run.
    #[error("host {0} is needed and the run is offline")]
    Offline(String),
    /// A value of another stage does not read back.
    #[error("artifact `{name}` is malformed: {reason}")]
    Artifact {
        /// Name of the channel.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The run was interrupted or the stage's time is up.
    #[error("cancelled")]
    Cancelled,
    /// Anything else, in the stage's own words.
    #[error("{0}")]
    Failed(String),
}

//! Why there is no plan.

use model::{StageId, SubjectKind};
use stage::ConfigError;

/// A place in a pipeline file, to show with a message; nowhere for what stands in no file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct At(Option<Box<ConfigError>>);

impl At {
    pub(crate) fn new(place: Option<ConfigError>) -> Self {
        Self(place.map(Box::new))
    }

    /// Returns the message with the place and the line it stands in.
    fn with(&self, message: &str) -> String {
        match &self.0 {
            Some(place) => ConfigError { message: message.to_owned(), ..(**place).clone() }.to_string(),
            None => message.to_owned(),
        }
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The pipeline file is not valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No profile has the name.
    #[error("{message}")]
    UnknownProfile {
        /// Which, and what may have been meant.
        message: String,
    },
    /// No stage has the name: one given on the command line, in `needs` or in a profile.
    #[error("{}", .at.with(.message))]
    UnknownStage {
        /// Which, and what may have been meant.
        message: String,
        /// Where it is named.
        at: At,
    },
    /// Several things are wrong with the names in a file, each told by itself; never none.
    #[error("{}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Several(Vec<PlanError>),
    /// No kind of stage has the name.
    #[error("{}", .at.with(.message))]
    UnknownKind {
        /// Which, and what may have been meant.
        message: String,
        /// Where it is named.
        at: At,
    },
    /// A stage needs an artifact that no stage gives.
    #[error("{}", .at.with(&format!(
        "stage `{stage}` needs artifact `{artifact}` of its {subject}, which no stage gives{}",
        .giver.map_or_else(String::new, |giver| format!("; a stage of the kind `{giver}` would"))
    )))]
    MissingProducer {
        /// The stage.
        stage: StageId,
        /// The artifact.
        artifact: &'static str,
        /// What the artifact would belong to.
        subject: SubjectKind,
        /// A kind of stage that gives it.
        giver: Option<&'static str>,
        /// Where the stage is configured.
        at: At,
    },
    /// Two stages give one artifact of one subject.
    #[error("{}", .at.with(&format!(
        "stages `{first}` and `{second}` both give artifact `{artifact}` of the {subject}; one of them must go"
    )))]
    TwoProducers {
        /// One.
        first: StageId,
        /// The other.
        second: StageId,
        /// The artifact.
        artifact: &'static str,
        /// What it belongs to.
        subject: SubjectKind,
        /// Where the second is configured.
        at: At,
    },
    /// Stages wait for each other.
    #[error("{}", .at.with(&format!("stages wait for each other: {}", .steps.join("; "))))]
    Cycle {
        /// Who waits for whom and why, in a circle.
        steps: Vec<String>,
        /// Where one of them is configured.
        at: At,
    },
    /// More subjects than a plan takes.
    #[error("stage `{stage}` gave more than {most} subjects")]
    TooManySubjects {
        /// The stage.
        stage: StageId,
        /// The bound.
        most: usize,
    },
    /// Subjects that give subjects go too deep.
    #[error("stage `{stage}` gave a subject of a subject of a subject; at most {most} are followed")]
    SubjectsTooDeep {
        /// The stage.
        stage: StageId,
        /// The bound.
        most: usize,
    },
    /// A subject of a kind that the stage does not declare.
    #[error("stage `{stage}` gave a subject of the kind {subject}, which it does not declare")]
    UndeclaredSubject {
        /// The stage.
        stage: StageId,
        /// The kind.
        subject: SubjectKind,
    },
}

/// Returns the name that a message says was meant.
fn meant(message: &str) -> Option<&str> {
    message.rsplit_once("; did you mean ").map(|(_, meant)| meant.trim_end_matches('?'))
}

impl PlanError {
    /// Returns what to do about it, as an action.
    pub fn hint(&self) -> String {
        match self {
            Self::Config(error) => error.hint(),
            Self::Several(errors) => errors.first().map(Self::hint).unwrap_or_default(),
            Self::UnknownProfile { message }
            | Self::UnknownStage { message, .. }
            | Self::UnknownKind { message, .. }
                if meant(message).is_some() =>
            {
                format!("write {}", meant(message).unwrap_or_default())
            }
            Self::UnknownProfile { .. } => "name one of those, or add it under `profiles`".to_owned(),
            Self::UnknownStage { .. } => {
                "name one of those that are known, or add it under `stages`".to_owned()
            }
            Self::UnknownKind { .. } => {
                "take a kind that is known, or update Sluicegate where a later version has it".to_owned()
            }
            Self::MissingProducer { stage, giver, .. } => match giver {
                Some(giver) => format!("add `{giver}: {{}}` under `stages`"),
                None => format!("take stage `{stage}` out"),
            },
            Self::TwoProducers { second, .. } => format!("take stage `{second}` out, or the other one"),
            Self::Cycle { .. } => "take one of these `needs` out".to_owned(),
            Self::TooManySubjects { stage, .. } | Self::SubjectsTooDeep { stage, .. } => {
                format!("have stage `{stage}` look at less")
            }
            Self::UndeclaredSubject { stage, .. } => {
                format!("report it to whoever maintains the stage `{stage}`")
            }
        }
    }

    /// Tells whether a pipeline file is at fault, and not the command line.
    pub fn is_of_file(&self) -> bool {
        match self {
            Self::UnknownProfile { .. } => false,
            Self::UnknownStage { at, .. } => at.0.is_some(),
            Self::Several(errors) => errors.iter().any(Self::is_of_file),
            Self::Config(_)
            | Self::UnknownKind { .. }
            | Self::MissingProducer { .. }
            | Self::TwoProducers { .. }
            | Self::Cycle { .. }
            | Self::TooManySubjects { .. }
            | Self::SubjectsTooDeep { .. }
            | Self::UndeclaredSubject { .. } => true,
        }
    }
}

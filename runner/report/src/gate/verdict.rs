//! What the gate says.

use jiff::civil::Date;
use model::Decision;

use crate::state::{Match, State};
use crate::{Exit, Loosened, Place};

/// The verdict on a run. `findings` and `gaps` are in the order of the record's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub decision: Decision,
    /// Rules of the gate that fail.
    pub failed: Vec<Failed>,
    /// What is said of each finding.
    pub findings: Vec<Judged>,
    /// What is said of each gap.
    pub gaps: Vec<JudgedGap>,
    /// What makes the run incomplete.
    pub blocking: Vec<Blocking>,
    /// What does not fail yet, or deserves a look.
    pub warnings: Vec<Warning>,
    /// What the change loosened; none of it counts.
    pub loosened: Vec<Loosened>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// Whether there was anything to compare with: else every finding is new for want of a past.
    pub compared: bool,
}

/// A rule of the gate that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// `fail-on`, `newly-disclosed`, `max.<severity>`, or the name of a rule.
    pub rule: String,
    /// What made it fail, with numbers.
    pub message: String,
}

/// What makes a run incomplete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocking {
    /// What is missing.
    pub message: String,
    /// An action that helps, when one is known.
    pub hint: Option<String>,
}

/// Something that does not fail yet, or deserves a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What.
    pub message: String,
    /// Where in the policy.
    pub place: Option<Place>,
}

/// What is said of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Its state.
    pub state: State,
    /// What it was matched with, whether it is waived or not.
    pub matched: Match,
    /// Why it is waived, when it is.
    pub waived: Option<Waived>,
    /// Whether thresholds and rules look at it at all.
    pub counts: bool,
    /// Rules that ignore it.
    pub ignored: Option<String>,
    /// Rules of the gate that it fails.
    pub failed: Vec<String>,
    /// Rules that warn of it.
    pub warned: Vec<String>,
}

/// What is said of a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedGap {
    /// Its state.
    pub state: State,
    /// What it was matched with.
    pub matched: Match,
    /// Why it is waived, when it is.
    pub waived: Option<Waived>,
    /// Whether it makes the run incomplete.
    pub blocks: bool,
}

/// Why something is let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waived {
    /// By what.
    pub by: WaivedBy,
    /// The reason given, when one is.
    pub reason: Option<String>,
}

/// By what something is let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaivedBy {
    /// A waiver of the policy.
    Waiver {
        /// Who answers for it.
        owner: String,
        /// Last day on which it counts.
        expires: Date,
    },
    /// A comment beside the code.
    Inline,
    /// An allowlist of the stage.
    Allowlist,
}

impl Verdict {
    /// Returns how a process ends that has nothing else to say: the same for every format of a report.
    pub const fn exit(&self) -> Exit {
        match self.decision {
            Decision::Pass => Exit::Pass,
            Decision::Fail => Exit::Fail,
            Decision::Incomplete => Exit::Incomplete,
        }
    }
}

//! What of the pipeline a run was asked for. The shards of one run were asked for the same, and together they cover it.

use model::{Digest, Hasher, Subject};
use plan::{Fate, Plan, Profile};
use serde::{Deserialize, Serialize};

use crate::args::Choice;

/// What of the pipeline a run was asked for, whichever shard of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Selection {
    profile: String,
    stages: Vec<String>,
    include_ignored: bool,
    /// The part of the repository that is looked at.
    part: Option<String>,
    /// Of the stages, how they are configured, and which of them run.
    plan: Digest,
    /// Whether every stage of the pipeline takes part.
    pub(crate) whole: bool,
}

impl Selection {
    /// Takes what the command line asks for, and what the plan makes of it.
    pub(crate) fn of(choice: &Choice, part: Option<&String>, profile: &Profile, plan: &Plan) -> Self {
        let mut stages = choice.stages.clone();
        stages.sort();
        stages.dedup();
        let all = || plan.instances().iter().filter(|planned| !planned.without_subject);
        let mut hasher = Hasher::new("plan/v1");
        for planned in all() {
            hasher
                .part(planned.spec.id.as_str())
                .part(subject(&planned.subject))
                .part(planned.spec.digest().bytes());
            hasher
                .part(format!("{:?}", planned.policy))
                .part(planned.variant.to_le_bytes())
                .part(word(&planned.fate));
        }
        Self {
            profile: profile.name.clone(),
            stages,
            include_ignored: choice.include_ignored,
            part: part.cloned(),
            plan: hasher.digest(),
            whole: part.is_none() && all().all(|planned| word(&planned.fate) == RUNS),
        }
    }

    /// Says in what another selection differs.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let list = |stages: &[String]| if stages.is_empty() { "all".to_owned() } else { stages.join(",") };
        let ignored = |selection: &Self| if selection.include_ignored { "in" } else { "out" }.to_owned();
        let folder = |selection: &Self| selection.part.clone().unwrap_or_else(|| "the root".to_owned());
        let pairs = [
            ("the profile", self.profile.clone(), other.profile.clone()),
            ("--stage", list(&self.stages), list(&other.stages)),
            ("the folder", folder(self), folder(other)),
            ("what git ignores", ignored(self), ignored(other)),
        ];
        let different = pairs.into_iter().find(|(_, one, other)| one != other);
        let said =
            different.map(|(what, one, other)| format!("{what} is `{one}` in one and `{other}` in another"));
        said.or_else(|| (self != other).then(|| "their stages, or what configures them, differ".to_owned()))
    }
}

const RUNS: &str = "runs";

/// Returns what becomes of an instance, in whichever shard.
fn word(fate: &Fate) -> &'static str {
    match fate {
        Fate::Runs { .. } | Fate::Repeated { .. } | Fate::Elsewhere { .. } => RUNS,
        Fate::Skipped { .. } => "skipped",
        Fate::Left { .. } => "left",
    }
}

/// Names a subject without the commits in it: the header of a record holds those that matter.
fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Commits { tips, .. } if tips.is_empty() => "history".to_owned(),
        Subject::Tree | Subject::Commits { .. } | Subject::Image { .. } | Subject::Manifests { .. } => {
            subject.to_string()
        }
    }
}

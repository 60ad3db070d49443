//! What the runner itself reads of a pipeline file, as it is written: what serde reads and what the JSON Schema shows.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::list::{AllOrSome, OneOrMany};
use crate::period::Period;
use crate::{Event, Scope};

/// The pipeline file without its sections.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct RawFile {
    pub(crate) version: Option<Spanned<u64>>,
    pub(crate) extends: Option<Vec<Spanned<String>>>,
    pub(crate) profiles: Option<BTreeMap<String, RawProfile>>,
    pub(crate) stages: Option<BTreeMap<String, Option<RawEntry>>>,
}

/// Which stages run, over how much, and which of them must.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawProfile {
    /// The stages that run: `all`, or a list of their names.
    pub(crate) stages: AllOrSome,
    /// How much is judged.
    pub(crate) scope: Scope,
    /// Stages that must be there and run, whatever their `when` says.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) require: Vec<Spanned<String>>,
    /// How long the whole run may take, as `2m`; what is not done then is stopped, and the run is not complete.
    pub(crate) budget: Option<Period>,
}

/// What the runner reads of a stage.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct RawEntry {
    /// The kind of stage; the key itself when nothing is said.
    #[schemars(with = "Option<String>")]
    pub(crate) uses: Option<Spanned<String>>,
    /// When the stage runs; always when nothing is said.
    pub(crate) when: Option<RawWhen>,
    /// Stages that must have ended before this one begins.
    #[schemars(with = "Vec<String>")]
    pub(crate) needs: Vec<Spanned<String>>,
    /// How long the stage may take.
    pub(crate) timeout: Option<Period>,
}

impl RawEntry {
    /// The keys of a stage's entry that are the runner's; all others are the stage's own.
    pub(crate) const KEYS: [&'static str; 4] = ["uses", "when", "needs", "timeout"];
}

/// When a stage runs. All conditions that are given must hold.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct RawWhen {
    /// Globs: one of the changed paths matches, where the scope is a change; one of the tree, elsewhere.
    #[schemars(with = "Option<OneOrMany<String>>")]
    pub(crate) paths: Option<Spanned<OneOrMany<String>>>,
    /// Globs: the branch matches. For a change it is the branch that the change goes to.
    #[schemars(with = "Option<OneOrMany<String>>")]
    pub(crate) branch: Option<Spanned<OneOrMany<String>>>,
    /// What started the run.
    #[schemars(with = "Option<OneOrMany<Event>>")]
    pub(crate) event: Option<Spanned<OneOrMany<String>>>,
}

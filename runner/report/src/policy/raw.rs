//! The policy as a file says it: what serde reads and what the JSON Schema shows. Nothing is checked yet beyond its
//! shape; [`RawPolicy::check`] makes a [`crate::policy::Policy`] of it.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::policy::{Level, Threshold};

/// The part of a pipeline file that decides what passes. An organization's policy file has the same shape.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawPolicy {
    /// What fails.
    pub gate: Option<RawGate>,
    /// What is let through for a time.
    #[schemars(with = "Option<Vec<RawWaiver>>")]
    pub waivers: Option<Vec<Spanned<RawWaiver>>>,
    /// File that lists what is known and accepted, relative to the root of the tree.
    #[schemars(with = "Option<String>")]
    pub baseline: Option<Spanned<String>>,
}

/// What fails a run.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawGate {
    /// Severity from which on a finding fails; `high` when nothing is said.
    pub fail_on: Option<Threshold>,
    /// Whether findings that the merge-base has too are let through; `true` when nothing is said.
    pub new_only: Option<bool>,
    /// Severity from which on a flaw fails that became known after the merge-base, in a dependency that was there
    /// before; that of `fail-on` when nothing is said.
    pub newly_disclosed: Option<Threshold>,
    /// How many findings of a severity are let through.
    #[schemars(schema_with = "counts_by_level")]
    pub max: Option<BTreeMap<Level, u32>>,
    /// Whether a subject that was looked at within a limit only blocks; `false` when nothing is said.
    pub fail_on_partial_gaps: Option<bool>,
    /// The severity that findings without one have at the gate; `high` when nothing is said.
    pub unknown_as: Option<Level>,
    /// Rules in the Common Expression Language.
    #[schemars(with = "Option<Vec<RawRule>>")]
    pub rules: Option<Vec<Spanned<RawRule>>>,
}

/// The schema of a map whose keys are levels; a derived one takes any key.
fn counts_by_level(generator: &mut SchemaGenerator) -> Schema {
    let (levels, counts) = (generator.subschema_for::<Level>(), generator.subschema_for::<u32>());
    json_schema!({ "type": ["object", "null"], "propertyNames": levels, "additionalProperties": counts })
}

/// A rule of the gate.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawRule {
    /// Name, unique in the gate.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Condition on `finding`, in the Common Expression Language.
    #[serde(rename = "if")]
    #[schemars(with = "String")]
    pub condition: Spanned<String>,
    /// What happens to a finding on which the condition holds.
    pub action: Action,
}

/// What a rule of the gate does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// The gate fails.
    Fail,
    /// The report warns.
    Warn,
    /// Thresholds and counts leave the finding out; a rule that fails still sees it.
    Ignore,
}

/// Lets findings or gaps through for a time. Everything that is said of them must hold.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawWaiver {
    /// An advisory or one of its aliases, or the id of one finding or gap as reports print it.
    #[schemars(with = "Option<String>")]
    pub id: Option<Spanned<String>>,
    /// Glob over the path.
    #[schemars(with = "Option<String>")]
    pub path: Option<Spanned<String>>,
    /// Name of a rule, as `rule` or `stage/rule`.
    #[schemars(with = "Option<String>")]
    pub rule: Option<Spanned<String>>,
    /// Name of a stage.
    #[schemars(with = "Option<String>")]
    pub stage: Option<Spanned<String>>,
    /// Package URL; without a version it means every version.
    #[schemars(with = "Option<String>")]
    pub purl: Option<Spanned<String>>,
    /// Code of a gap, as `too-large`. The waiver is then for gaps alone.
    #[schemars(with = "Option<String>")]
    pub gap: Option<Spanned<String>>,
    /// Why this is acceptable.
    #[schemars(with = "String")]
    pub reason: Spanned<String>,
    /// Who answers for it.
    #[schemars(with = "String")]
    pub owner: Spanned<String>,
    /// Last day on which it counts (UTC), as `2027-01-31`.
    #[schemars(with = "String", extend("format" = "date"))]
    pub expires: Spanned<String>,
}

impl RawPolicy {
    /// Takes from `repository` what this policy of an organization says nothing of, so that [`Policy::tighten`]
    /// afterwards holds the repository to what was said. A list of waivers, even an empty one, is the last word on
    /// waivers; rules that ignore findings are never taken over.
    ///
    /// [`Policy::tighten`]: crate::policy::Policy::tighten
    pub fn unsaid_from(self, repository: &Self) -> Self {
        let mut filled = self.gate_from(repository);
        filled.waivers = filled.waivers.or_else(|| repository.waivers.clone());
        filled.baseline = filled.baseline.or_else(|| repository.baseline.clone());
        filled
    }

    /// Takes from `other` what is not said of the gate but for its rules.
    pub fn gate_from(mut self, other: &Self) -> Self {
        if let Some(theirs) = &other.gate {
            let gate = self.gate.get_or_insert_default();
            gate.fail_on = gate.fail_on.or(theirs.fail_on);
            gate.new_only = gate.new_only.or(theirs.new_only);
            gate.newly_disclosed = gate.newly_disclosed.or(theirs.newly_disclosed);
            gate.max = gate.max.take().or_else(|| theirs.max.clone());
            gate.fail_on_partial_gaps = gate.fail_on_partial_gaps.or(theirs.fail_on_partial_gaps);
            gate.unknown_as = gate.unknown_as.or(theirs.unknown_as);
        }
        self
    }
}

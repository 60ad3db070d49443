//! The shape of a rule file: what stands in `rules/*.yaml` and in a user's own rule files.
//!
//! `build.rs` includes this file to turn our own rules into embedded data, so it uses nothing of the crate.

use serde::{Deserialize, Serialize};

/// One credential type, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleEntry {
    /// Unique kebab-case name.
    pub id: String,
    /// Whose credential it is.
    pub service: String,
    /// The rule whose credential this is in another form: an older one, another keyword. Together they count as one type.
    #[serde(default)]
    pub variant_of: Option<String>,
    /// What was found, in a few words.
    pub title: String,
    /// How bad a finding is: `critical` to `info`.
    pub severity: String,
    /// How it is looked for.
    pub kind: RuleKind,
    /// What must be in the text for the rule to be tried at all.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Regular expression; the credential is the group `secret` when there is one, else the whole match.
    #[serde(default)]
    pub pattern: String,
    /// Name of a structural check that the value must pass.
    #[serde(default)]
    pub checksum: Option<String>,
    /// Least Shannon entropy of the value in bits per character.
    #[serde(default)]
    pub min_entropy: Option<f64>,
    /// What somebody who has it can do.
    pub why: String,
    /// Where and how to revoke or replace it.
    pub rotate: String,
    /// The public fact that the rule rests on.
    #[serde(default)]
    pub reference: String,
    /// Path under which the examples stand, for rules that look at names of files.
    #[serde(default)]
    pub path: Option<String>,
    /// Lines that the rule must fire on.
    #[serde(default)]
    pub bad: Vec<String>,
    /// Lines that the rule must not fire on.
    #[serde(default)]
    pub near_miss: Vec<String>,
}

/// How a rule looks for its credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleKind {
    /// The pattern starts with one of the keywords (case matters) and is tried exactly there.
    Prefix,
    /// A keyword (any case) stands near; the pattern is looked for around it.
    Context,
    /// Code of the engine finds it; the entry only describes it.
    Engine,
}

//! The shape of the JSON report. Every key is always there, `null` where nothing is known; keys that only one kind of
//! place or evidence has stand where that kind is.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::State;

/// The report of a run of Sluicegate.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Sluicegate report", deny_unknown_fields)]
pub(super) struct ReportShape<'a> {
    /// Version of this format: 1. Keys may be added within a version; none goes away or changes its meaning.
    pub(super) version: Version,
    /// What made the report.
    pub(super) tool: Tool<'a>,
    /// Whether the code is let through.
    #[schemars(extend("enum" = ["pass", "fail", "incomplete"]))]
    pub(super) verdict: &'static str,
    /// What the gate says.
    pub(super) gate: Gate<'a>,
    /// What each stage did, sorted by stage and subject.
    pub(super) stages: Vec<Stage<'a>>,
    /// What is wrong, sorted by stage, subject, place, rule.
    pub(super) findings: Vec<FindingShape<'a>>,
    /// What should have been looked at and was not, sorted by stage, subject, path.
    pub(super) gaps: Vec<GapShape<'a>>,
}

/// The version of the format.
pub(super) struct Version;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(1)
    }
}

impl JsonSchema for Version {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "const": 1 })
    }
}

/// A program.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Tool<'a> {
    /// Its name.
    pub(super) name: &'static str,
    /// Its version.
    pub(super) version: &'a str,
}

/// What the gate says.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Gate<'a> {
    /// Rules that fail.
    pub(super) failed: Vec<Rule<'a>>,
    /// What makes the run incomplete.
    pub(super) blocking: Vec<Blocking<'a>>,
    /// What does not fail yet, or deserves a look.
    pub(super) warnings: Vec<Warning<'a>>,
    /// What the change loosens in the policy that judges it; none of it counts.
    pub(super) loosened: Vec<Loosened<'a>>,
    /// What a reader should know.
    pub(super) notes: Vec<&'a str>,
}

/// A rule that fails.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Rule<'a> {
    /// `fail-on`, `newly-disclosed`, `max.<severity>`, or the name of a rule of the policy.
    pub(super) rule: &'a str,
    /// What made it fail.
    pub(super) message: &'a str,
}

/// What makes a run incomplete.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Blocking<'a> {
    /// What is missing.
    pub(super) message: &'a str,
    /// An action that helps.
    pub(super) hint: Option<&'a str>,
}

/// A warning.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Warning<'a> {
    /// What deserves a look.
    pub(super) message: &'a str,
    /// Where in the policy, as `file:line:column`.
    pub(super) place: Option<String>,
}

/// Something that the change loosens.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Loosened<'a> {
    /// The key of the policy, or `stages.<stage>`.
    pub(super) what: &'a str,
    /// What the change does and what stays in force.
    pub(super) message: &'a str,
    /// Where in the policy, as `file:line:column`.
    pub(super) place: Option<String>,
}

/// What a stage did.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Stage<'a> {
    /// Name of the stage.
    pub(super) id: &'a str,
    /// What it checked: `tree`, `commits`, `image:<reference>`, `manifests:<name>`.
    pub(super) subject: String,
    /// How it ended.
    #[schemars(extend("enum" = ["clean", "findings", "gaps", "failed", "skipped"]))]
    pub(super) status: &'static str,
    /// Why it was skipped or failed.
    pub(super) reason: Option<&'a str>,
    /// Whether the results cache answered; told with `--timings` alone, since the first run and the second must give
    /// the same bytes.
    pub(super) cached: Option<bool>,
    /// What was counted: files scanned, or passed over by a rule of the stage; the same for the same content, however a
    /// repository stores it.
    pub(super) counted: BTreeMap<&'a str, u64>,
    /// Paths of what was counted, where they are worth finding, as of files that are no text: the first thousand of each, in
    /// order.
    pub(super) named: BTreeMap<&'a str, &'a [String]>,
    /// Wall time; told with `--timings` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) milliseconds: Option<u64>,
}

/// Something that is wrong.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct FindingShape<'a> {
    /// Id: stays while the code around moves.
    pub(super) id: &'a str,
    /// Stage that found it.
    pub(super) stage: &'a str,
    /// What was being checked.
    pub(super) subject: String,
    /// Rule that fired, unique within the stage.
    pub(super) rule: &'a str,
    /// How bad it is.
    #[schemars(extend("enum" = ["critical", "high", "medium", "low", "info", "unknown"]))]
    pub(super) severity: &'static str,
    /// What is wrong, in a few words.
    pub(super) title: &'a str,
    /// What is wrong here.
    pub(super) message: &'a str,
    /// Where.
    pub(super) location: LocationShape<'a>,
    /// Further places that belong to it.
    pub(super) related: Vec<RelatedShape<'a>>,
    /// The way of a value from source to sink.
    pub(super) flow: Vec<RelatedShape<'a>>,
    /// Its state.
    pub(super) state: State,
    /// Weaknesses, as CWE numbers.
    pub(super) cwe: &'a [u32],
    /// Fingerprints by name.
    pub(super) fingerprints: &'a BTreeMap<String, String>,
    /// What it rests on.
    pub(super) evidence: EvidenceShape<'a>,
    /// How to fix it.
    pub(super) fix: Option<&'a str>,
    /// Rules of the gate that it fails.
    pub(super) fails: &'a [String],
    /// Rule of the gate that ignores it.
    pub(super) ignored_by: Option<&'a str>,
    /// Why it is let through.
    pub(super) waived: Option<WaiverShape<'a>>,
}

/// Something that should have been looked at and was not.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct GapShape<'a> {
    /// Id: stays over time.
    pub(super) id: String,
    /// Stage that says so.
    pub(super) stage: &'a str,
    /// What was being checked.
    pub(super) subject: String,
    /// How much is open.
    #[schemars(extend("enum" = ["lost", "unread", "partial"]))]
    pub(super) kind: &'static str,
    /// Stable word for the reason.
    pub(super) code: &'a str,
    /// Its state.
    pub(super) state: State,
    /// File concerned.
    pub(super) path: Option<&'a str>,
    /// Line concerned.
    pub(super) line: Option<u32>,
    /// What was not looked at and why.
    pub(super) reason: &'a str,
    /// An action that closes the gap.
    pub(super) hint: Option<&'a str>,
    /// Whether it makes the run incomplete.
    pub(super) blocks: bool,
    /// Why it is let through.
    pub(super) waived: Option<WaiverShape<'a>>,
}

/// Why something is let through.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct WaiverShape<'a> {
    /// By what.
    #[schemars(extend("enum" = ["waiver", "inline", "allowlist"]))]
    pub(super) by: &'static str,
    /// The reason given.
    pub(super) reason: Option<&'a str>,
    /// Who answers for a waiver.
    pub(super) owner: Option<&'a str>,
    /// Last day of a waiver.
    pub(super) expires: Option<String>,
}

/// A further place.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct RelatedShape<'a> {
    /// Where.
    pub(super) location: LocationShape<'a>,
    /// What happens there.
    pub(super) message: &'a str,
}

/// A place. Lines and columns count from 1, columns in Unicode scalar values, the end is exclusive.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct LocationShape<'a> {
    /// What kind of place.
    #[schemars(extend("enum" = ["file", "commit", "dependency", "layer", "field", "exchange"]))]
    pub(super) kind: &'static str,
    /// Path relative to the root; `null` for an HTTP exchange alone.
    pub(super) path: Option<&'a str>,
    /// First line.
    pub(super) start_line: Option<u32>,
    /// Column of the first character.
    pub(super) start_column: Option<u32>,
    /// Last line.
    pub(super) end_line: Option<u32>,
    /// Column behind the last character.
    pub(super) end_column: Option<u32>,
    /// Commit that brought the content in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) commit: Option<&'a str>,
    /// Package that a manifest names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) purl: Option<String>,
    /// Digest of a layer of an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) layer: Option<String>,
    /// `Kind/namespace/name` of a declarative object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) object: Option<&'a str>,
    /// Path of a field in the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<&'a str>,
    /// Method of an HTTP exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<&'a str>,
    /// URL of an HTTP exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<&'a str>,
}

/// What a finding rests on.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum EvidenceShape<'a> {
    /// Nothing beyond the place itself.
    None,
    /// A credential.
    Secret {
        /// The value, redacted.
        redacted: &'a str,
        /// How sure the engine is.
        #[schemars(extend("enum" = ["likely", "format", "checksum"]))]
        verdict: String,
        /// Probability of a real credential, in percent.
        probability: Option<u8>,
        /// How the value was wrapped, outermost first.
        decoded: &'a [String],
    },
    /// A package that an advisory names.
    Advisory(AdvisoryShape<'a>),
}

/// A package that an advisory names.
#[derive(Serialize, JsonSchema)]
pub(super) struct AdvisoryShape<'a> {
    /// Package with its version.
    pub(super) purl: String,
    /// Version found.
    pub(super) version: &'a str,
    /// Advisory.
    pub(super) advisory: &'a str,
    /// Other identifiers of the same flaw.
    pub(super) aliases: &'a [String],
    /// Range that holds the version.
    pub(super) affected: &'a str,
    /// Smallest fixed version above the one found.
    pub(super) fixed: Option<&'a str>,
    /// Packages from a direct dependency down to this one.
    pub(super) path: &'a [String],
    /// Whether the project itself asks for the package.
    pub(super) direct: Option<bool>,
    /// What the dependency is for.
    #[schemars(extend("enum" = ["runtime", "development", "optional", "unknown"]))]
    pub(super) scope: String,
    /// When the advisory was published.
    pub(super) published: Option<&'a str>,
    /// CVSS vector.
    pub(super) cvss: Option<&'a str>,
    /// Whether the flaw is known to be exploited; `null` when no catalog was read.
    pub(super) kev: Option<bool>,
    /// Whether code of the project reaches the flaw.
    #[schemars(extend("enum" = ["yes", "no", "unknown"]))]
    pub(super) reachable: String,
}

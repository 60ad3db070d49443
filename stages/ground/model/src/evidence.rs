//! What a finding rests on, by kind; gate rules see its fields.

use serde::{Deserialize, Serialize};

use crate::{DependencyScope, Purl};

/// What a finding rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Evidence {
    /// Nothing beyond the place itself.
    None,
    /// A credential.
    Secret {
        /// The value, redacted when the finding was made: a few first characters, then `…`.
        redacted: String,
        /// How sure the engine is.
        verdict: SecretVerdict,
        /// Probability of a real credential in percent, where a model gave one.
        probability: Option<u8>,
        /// How the value was wrapped, outermost first: `base64`, `gzip`, `zip:inner/path` …
        decoded: Vec<String>,
    },
    /// A package that an advisory names.
    Advisory(Box<AdvisoryMatch>),
}

/// How sure the secrets engine is. The order is that of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretVerdict {
    /// The context says credential, and the value looks like one.
    Likely,
    /// The value has the exact format of the service.
    Format,
    /// The value's own checksum or structure proves the format.
    Checksum,
}

/// A package that an advisory names, and what the advisory says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvisoryMatch {
    /// The package with its version.
    pub purl: Purl,
    /// Version found.
    pub version: String,
    /// Identifier of the advisory.
    pub advisory: String,
    /// Other identifiers of the same flaw, sorted.
    pub aliases: Vec<String>,
    /// The range that holds the version, as `>=1.0.0, <1.2.3`.
    pub affected: String,
    /// Smallest fixed version above the one found.
    pub fixed: Option<String>,
    /// Packages from a direct dependency down to this one, as `name@version`.
    pub path: Vec<String>,
    /// Whether the project itself asks for the package.
    pub direct: Option<bool>,
    /// What the dependency is for.
    pub scope: DependencyScope,
    /// When the advisory was published, RFC 3339; tells a newly disclosed flaw from a new one.
    pub published: Option<String>,
    /// CVSS vector as the advisory gives it.
    pub cvss: Option<String>,
    /// Whether the flaw is in CISA's catalog of known exploited vulnerabilities; `None` when no catalog was read.
    pub kev: Option<bool>,
    /// Whether code of the project reaches the flaw.
    pub reachable: Reachable,
}

/// Whether code of the project reaches a flaw. A label, never silently a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reachable {
    /// It was shown that it does.
    Yes,
    /// It was shown that it does not.
    No,
    /// Not looked at, or not decided.
    #[default]
    Unknown,
}

//! The nouns of Sluicegate. No I/O, no clock, no globals: every other crate may depend on this one,
//! and this one depends on none of ours.
//!
//! A stage says exactly three kinds of things: a [`Finding`] (something is wrong), a [`Gap`] (something should have
//! been looked at and was not) and an [`Artifact`] (a typed value for other stages). A run is the ordered list of
//! [`Message`]s that came of it.

mod artifact;
mod decision;
mod digest;
mod evidence;
mod finding;
mod fingerprint;
mod gap;
pub mod hex;
mod id;
mod lines;
mod location;
mod message;
mod package;
mod plural;
mod purl;
mod rule;
mod search;
mod severity;
mod subject;

pub use artifact::Artifact;
pub use decision::Decision;
pub use digest::{Algorithm, Digest, DigestError};
pub use evidence::{AdvisoryMatch, Evidence, Reachable, SecretVerdict};
pub use finding::{Finding, Fix, Related, Suppression, SuppressionKind};
pub use fingerprint::{Hasher, LineHash, line_hashes};
pub use gap::{Gap, GapKind};
pub use id::{IdError, RuleId, StageId};
pub use lines::Lines;
pub use location::{Location, Snippet, Span};
pub use message::{Counted, Message, Policy, RunHeader, StageOutcome, Status};
pub use package::{
    DependencyScope, Ecosystem, INCLUDED_FILES, INVENTORY, Inventory, Manifest, PACKAGE_FILES, Package, Paths,
};
pub use plural::plural;
pub use purl::{Purl, PurlError};
pub use rule::Rule;
pub use search::search;
pub use severity::{ParseSeverityError, Severity};
pub use subject::{Subject, SubjectKind};

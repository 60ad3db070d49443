//! Advisories of vulnerable packages: from OSV records to an index that answers in a microsecond.
//!
//! - [`version`] orders the versions of each ecosystem.
//! - [`build()`] reads records from a [`Source`] and writes one immutable shard an ecosystem, with a [`Manifest`];
//!   [`collect()`] does the same in memory for a few files.
//! - [`Index`] opens a shard and tells which advisories affect a version, and of which it cannot be told.
//!
//! Nothing is fetched here, and nothing is decided: what a match means for a gate is not this crate's matter. No
//! record, no range and no version is dropped without a word: what cannot be read is a [`Problem`] while building and
//! an [`Undecided`] while looking up.

mod affected;
mod build;
mod collect;
mod family;
mod index;
mod kind;
mod manifest;
mod matching;
mod memory;
mod name;
mod osv;
mod problem;
mod range;
mod record;
mod severity;
mod shard;
mod source;
mod text;
pub mod version;

pub use build::{BuildError, Lacking, Options, Refused, Report, build};
pub use index::{Index, Lookup, Mapped, Match, Undecided, map};
pub use kind::Kind;
pub use manifest::{MANIFEST, Manifest, ManifestError, Shelf, State, Status, file_name, status};
pub use memory::{CollectError, Collection, collect};
pub use name::normalize;
pub use problem::Problem;
pub use range::Bounds;
pub use shard::{Bytes, ShardError, Summary, WriteError};
pub use source::{Source, SourceError};
pub use text::{Reference, Symbols, Text};
pub use version::{VersionError, compare};

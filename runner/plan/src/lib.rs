//! What is run, in which order and why: from the pipeline file, or from what the tree holds when there is none, to a
//! graph of stage instances.
//!
//! Nothing here reads a file, an environment or a clock, and nothing runs: the command line hands texts and paths in, the
//! engine runs what comes out.

mod combine;
mod cut;
mod detect;
mod file;
mod graph;
mod layers;
mod list;
mod loosened;
mod names;
mod node;
mod period;
mod place;
mod profile;
mod raw;
mod schema;
#[cfg(test)]
mod testing;
mod text;
mod when;

pub use combine::{Combined, Variant, combine};
pub use detect::starter;
pub use file::{Extends, PipelineFile, StageEntry};
pub use graph::{At, Expansion, Fate, Input, Instance, Plan, PlanError, Request, Shard, ShardError, Waiting};
pub use layers::{Layers, Loader};
pub use loosened::Loosened;
pub use place::Place;
pub use profile::{Profile, Scope, Selection};
pub use schema::{SectionSchema, schema};
pub use when::{Event, When};

//! The gate and the reports: pure functions over the record of a run. Nothing here reads or writes files, knows the
//! time or runs a stage.
//!
//! ```text
//! messages ─▶ Record ─▶ settle ─▶ judge(record, policy, baseline, comparison, day) ─▶ Verdict ─▶ formats
//! ```
//!
//! - [`Record`]: what was said in a run; read, written, merged.
//! - [`policy`]: what passes, as a file says it, and the strictest of two.
//! - [`Baseline`]: what is known and accepted.
//! - [`judge`]: the verdict; [`Exit`]: the code a process ends with.
//! - [`formats`]: a report each, all of the same record and verdict.

mod baseline;
mod exit;
#[cfg(test)]
mod fixtures;
pub mod formats;
mod gate;
mod loosened;
mod place;
pub mod policy;
mod record;
mod state;

pub use baseline::{Baseline, BaselineError};
pub use exit::Exit;
pub use gate::{
    Blocking, Case, Coverage, Failed, InlineIgnores, Judged, JudgedGap, Verdict, Waived, WaivedBy, Warning,
    judge,
};
pub use loosened::Loosened;
pub use place::Place;
pub use record::{MergeError, RECORD_VERSION, ReadError, Record, RecordError, StageRun};
pub use state::{Allowlists, Comparison, Match, State};

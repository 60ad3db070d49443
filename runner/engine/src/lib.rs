//! Runs stages: order, time limits, cancellation, cache, record. Knows no stage, no gate and no terminal.
//!
//! The answer of a stage that ran before is taken from the cache when everything it read then reads the same now; such a
//! record is the run itself, byte for byte. A stage that fails, panics or runs out of time is a lost gap, never silence.

mod event;
mod execute;
mod explain;
mod kept;
mod run;
mod world;

pub use event::{Event, Listener};
pub use explain::{CacheReport, Change, explain};
pub use run::{Engine, Instance, NoMemo, Ran, StopAfter};
pub use world::World;

//! Runs stages: order, time limits, cancellation, cache, record. Knows no stage, no gate and no terminal.
//!
//! The answer of a stage that ran before is taken from the cache when everything it read then reads the same now; such a
//! record is the run itself, byte for byte. A stage that fails, panics or runs out of time is a lost gap, never silence.

mod budget;
mod event;
mod execute;
mod explain;
mod instance;
mod kept;
mod memo;
mod record;
mod run;
mod world;

pub use budget::Budget;
pub use event::{Event, Listener, Task};
pub use explain::{CacheReport, Change, Known, explain};
pub use instance::{Input, Instance};
pub use run::{Engine, Ran, StopAfter};
pub use world::World;

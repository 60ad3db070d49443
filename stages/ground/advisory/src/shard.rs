//! One immutable file an ecosystem: everything that is known of its packages, laid out so that a look-up touches a few
//! kilobytes of a mapped file.
//!
//! [`layout`] says what stands where, [`write`](mod@write) makes the bytes, [`read`] finds in them, [`blocks`] lets
//! nothing out of the file that is outside of it or damaged, [`mapping`] brings the file into memory.

mod blocks;
mod layout;
mod mapping;
mod read;
mod write;

pub use layout::Summary;
pub(crate) use layout::{Entry, Label, Place};
pub(crate) use read::Shard;
pub use read::ShardError;
pub use write::WriteError;
pub(crate) use write::write;

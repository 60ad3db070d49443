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

/// The file is cut off, or was changed since it was written. All that can go wrong once a shard is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damaged;

pub use layout::Summary;
pub(crate) use layout::{Entry, Label, Particulars, Place};
pub use mapping::Bytes;
pub(crate) use read::Shard;
pub use read::ShardError;
pub use write::WriteError;
pub(crate) use write::{Missing, write};

#[cfg(test)]
mod tests;

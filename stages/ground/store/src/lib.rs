//! The results cache: what was computed once is not computed again until what it was computed from changes.
//!
//! Two levels live in one folder. `records/` keeps what a whole stage said, one small file each; `memo/` keeps results per
//! file or package, many in one pack. Every entry carries a keyed tag: without the key of this machine's user nobody can
//! write an entry that is believed, so a cache that a pull request can write cannot say "clean". Entries are only ever
//! added by renaming a finished file into place; a kill at any moment leaves a cache without the last entries, never a
//! wrong one. Concurrent runs need no lock.
//!
//! Nothing here knows what the bytes mean.

mod cache;
mod key;
mod map;
mod memo;
mod pack;
mod records;

pub use cache::{Cache, CacheError, Usage};
pub use key::Key;
pub use memo::MemoStore;

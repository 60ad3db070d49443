//! A tree of files, wherever it lives: the worktree, a commit, later the file system of an image.
//!
//! A [`Tree`] is listed once, sorted by path; an entry's content id comes from git where git can be trusted and from the
//! bytes otherwise. Nothing here decides what a file means.

mod error;
mod hash;
pub mod history;
mod listing;
mod memory;
mod objects;
pub mod path;
mod repository;
mod threads;
mod tree;

pub use error::SourceError;
pub use history::{Blob, Commits, History, HistoryReport, Introduced, Selection};
pub use memory::MemoryTree;
pub use repository::{Branch, Change, Repository};
pub use tree::{Content, Entry, EntryKind, Problem, ReadError, Tree};

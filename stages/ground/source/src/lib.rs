//! A tree of files, wherever it lives: the worktree, a commit, later the file system of an image.
//!
//! A [`Tree`] is listed once, sorted by path; an entry's content id comes from git where git can be trusted and from the
//! bytes otherwise. Nothing here decides what a file means.

mod history;
mod memory;
mod tree;

pub use history::{Blob, Commits, Introduced, Selection};
pub use memory::MemoryTree;
pub use tree::{Content, Entry, EntryKind, Problem, ReadError, Tree};

//! A tree of files, wherever it lives: the worktree, a commit, later the file system of an image.
//!
//! A [`Tree`] is listed once, sorted by path; an entry's content id comes from git where git can be trusted and from the
//! bytes otherwise. Nothing here decides what a file means.

mod commit_tree;
mod error;
mod hash;
pub mod history;
mod listing;
mod memory;
mod objects;
pub mod path;
mod repository;
mod shared;
mod threads;
mod tree;
mod worktree;

pub use commit_tree::CommitTree;
pub use error::SourceError;
pub use history::{
    AROUND, Audience, Blob, Commits, History, HistoryReport, Hit, Introduced, Looked, MISSING_OBJECTS, Names,
    Origins, SHALLOW_HISTORY, Selection, Survey, TAGGED_CONTENT,
};
pub use memory::MemoryTree;
pub use objects::BINARY_PREFIX;
pub use repository::{Branch, Change, Repository};
pub use shared::Shared;
pub use tree::{Content, Entry, EntryKind, Problem, ReadError, Tree};
pub use worktree::{Options, WorkTree};

//! The contract of a tree: what is in it, what each file's content is called, and its bytes.

use std::ops::Deref;
use std::sync::Arc;

use model::Digest;

/// What an entry is. Links are never followed: what a link inside the tree points to is listed under its own path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A symbolic link, with its target as stored.
    Link {
        /// Target as stored; bytes that are no UTF-8 are written `\xNN`.
        target: String,
        /// Whether the target, resolved by name alone, stays inside the tree.
        inside: bool,
    },
    /// A submodule that is not checked out: its content is not in this tree.
    Submodule {
        /// The commit it is pinned to.
        commit: String,
    },
}

/// One file of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path from the root with `/` on every system; bytes that are no UTF-8 are written `\xNN`.
    pub path: Arc<str>,
    /// The name's own bytes, where they differ from `path`.
    pub raw: Option<Box<[u8]>>,
    /// What it is.
    pub kind: EntryKind,
}

/// Something that the listing could not see: an unreadable folder, a sparse checkout, a broken submodule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Stable kebab-case word for the reason.
    pub code: &'static str,
    /// Path concerned; empty for the tree as a whole.
    pub path: String,
    /// One sentence without a full stop.
    pub reason: String,
}

/// Why a file could not be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// The file is larger than the tree's bound.
    #[error("{size} bytes, more than the bound of {bound}")]
    TooLarge {
        /// Size of the file.
        size: u64,
        /// The bound.
        bound: u64,
    },
    /// The entry is a link or a submodule, or its number is none of this tree.
    #[error("not a file of this tree")]
    NotAFile,
    /// The system or git says no.
    #[error("{0}")]
    Failed(String),
}

/// The bytes of a file, shared by all who read it.
#[derive(Debug, Clone)]
pub struct Content(Arc<Vec<u8>>);

impl Content {
    /// Takes the bytes over.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(bytes))
    }
}

impl Deref for Content {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// A tree of files. The listing never changes after the tree was opened; entries are named by their index in it.
pub trait Tree: Send + Sync {
    /// Returns every entry, sorted by the bytes of `path`, each path once.
    fn entries(&self) -> &[Entry];

    /// Returns what the listing could not see.
    fn problems(&self) -> &[Problem];

    /// Returns the size of the file at `index` in bytes; of a link, the length of its target. 0 where nobody knows: of an
    /// object that is not here, and of what is none of this tree.
    fn size(&self, index: usize) -> u64;

    /// Returns the content id of the file at `index`: the git blob id of the exact bytes [`Tree::read`] gives, in trees
    /// that belong to a repository (in its object format), a BLAKE3 digest in others. The same bytes have the same
    /// id in a worktree and in a commit of one repository. Computed at most once.
    fn id(&self, index: usize) -> Result<Digest, ReadError>;

    /// Does the same, and returns the bytes where they had to be read for it, so that nobody needs to read them twice.
    fn identify(&self, index: usize) -> (Result<Digest, ReadError>, Option<Content>) {
        (self.id(index), None)
    }

    /// Returns the bytes of the file at `index`.
    fn read(&self, index: usize) -> Result<Content, ReadError>;

    /// Returns at most the first `length` bytes of the file at `index`, whatever its size.
    fn read_prefix(&self, index: usize, length: usize) -> Result<Content, ReadError>;

    /// Returns the index of the entry at `path`.
    fn find(&self, path: &str) -> Option<usize> {
        self.entries().binary_search_by(|entry| (*entry.path).cmp(path)).ok()
    }
}

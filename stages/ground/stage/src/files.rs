//! The declared files of a tree. What is opened is remembered: it decides whether a later run may reuse the answer.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use model::{Digest, Hasher};
use rayon::prelude::*;
use source::{Content, EntryKind, ReadError, Tree};

use crate::{Globs, Read};

/// The entries of a tree that match a declaration, sorted by path.
#[derive(Clone)]
pub struct Files {
    tree: Arc<dyn Tree>,
    /// Indices into the tree's entries.
    indices: Arc<[usize]>,
    /// One bit for each of `indices`.
    opened: Arc<[AtomicU8]>,
    digests: Arc<Digests>,
}

/// What was worked out already: several kept answers may be compared with the same files.
#[derive(Default)]
struct Digests {
    listing: OnceLock<Digest>,
    /// Of the files opened, with them.
    contents: Mutex<Option<(Vec<u8>, Option<Digest>)>>,
}

/// One of [`Files`].
#[derive(Clone, Copy)]
pub struct File<'a> {
    files: &'a Files,
    index: usize,
    slot: usize,
}

impl Files {
    /// Selects the entries of `tree` that match any of `globs`.
    pub fn select(tree: Arc<dyn Tree>, globs: &[&Globs]) -> Self {
        let everything = globs.iter().any(|globs| globs.patterns().iter().any(|pattern| pattern == "**"));
        let entries = tree.entries();
        let matches = |path: &str| globs.iter().any(|globs| globs.matches(path));
        let indices: Vec<usize> = if everything {
            (0..entries.len()).collect()
        } else {
            let matching = entries.par_iter().enumerate().filter(|(_, entry)| matches(&entry.path));
            matching.map(|(index, _)| index).collect()
        };
        let indices: Arc<[usize]> = indices.into();
        let opened = (0..indices.len().div_ceil(8)).map(|_| AtomicU8::new(0)).collect();
        Self { tree, indices, opened, digests: Arc::default() }
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// Returns the files in order of path.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = File<'_>> + '_ {
        self.indices.iter().enumerate().map(|(slot, index)| File { files: self, index: *index, slot })
    }

    /// Returns the file at `slot`, counted from 0.
    pub fn nth(&self, slot: usize) -> Option<File<'_>> {
        self.indices.get(slot).map(|index| File { files: self, index: *index, slot })
    }

    /// Returns the file at `path`, if it is among those declared.
    pub fn find(&self, path: &str) -> Option<File<'_>> {
        let index = self.tree.find(path)?;
        let slot = self.indices.binary_search(&index).ok()?;
        Some(File { files: self, index, slot })
    }

    /// Returns the digest over paths and kinds: what a stage learns by listing.
    pub fn listing(&self) -> Digest {
        *self.digests.listing.get_or_init(|| self.hash_listing())
    }

    fn hash_listing(&self) -> Digest {
        let mut hasher = Hasher::new("listing/v1");
        for file in self.iter() {
            hasher.part(file.path());
            match file.kind() {
                EntryKind::File => hasher.part("f"),
                EntryKind::Link { target, .. } => hasher.part("l").part(target),
                EntryKind::Submodule { commit } => hasher.part("s").part(commit),
            };
        }
        hasher.digest()
    }

    /// Returns which files were opened, one bit each.
    pub fn opened(&self) -> Vec<u8> {
        self.opened.iter().map(|bits| bits.load(Ordering::Relaxed)).collect()
    }

    /// Returns the digest over the content ids of the files whose bit is set; `None` when one of them cannot be read, so
    /// that such an answer is never reused.
    pub fn contents(&self, opened: &[u8]) -> Option<Digest> {
        // Not held while threads of the pool work: one of them may come by here.
        let last = || self.digests.contents.lock().unwrap_or_else(PoisonError::into_inner);
        let known = last().as_ref().filter(|(bits, _)| bits == opened).map(|(_, digest)| *digest);
        known.unwrap_or_else(|| {
            let digest = self.hash_contents(opened);
            *last() = Some((opened.to_vec(), digest));
            digest
        })
    }

    fn hash_contents(&self, opened: &[u8]) -> Option<Digest> {
        let id = |(slot, index): (usize, &usize)| {
            let bit = opened.get(slot / 8).is_some_and(|bits| bits & (1 << (slot % 8)) != 0);
            let is_file = self.tree.entries().get(*index).is_some_and(|entry| entry.kind == EntryKind::File);
            (bit && is_file).then(|| self.tree.id(*index).ok())
        };
        let ids: Option<Vec<Digest>> = self.indices.par_iter().enumerate().filter_map(id).collect();
        let mut hasher = Hasher::new("contents/v2");
        for id in ids? {
            hasher.part([id.algorithm() as u8]).part(id.bytes());
        }
        Some(hasher.digest())
    }

    /// Returns what was read of the set, for the trace; `None` when it cannot be told for sure.
    pub(crate) fn reads(&self, set: &str) -> Option<[Read; 2]> {
        let opened = self.opened();
        let digest = self.contents(&opened)?;
        let listing = Read::Listing { set: set.to_owned(), digest: self.listing() };
        Some([listing, Read::Contents { set: set.to_owned(), opened, digest }])
    }

    fn mark(&self, slot: usize) {
        if let Some(bits) = self.opened.get(slot / 8) {
            bits.fetch_or(1 << (slot % 8), Ordering::Relaxed);
        }
    }
}

impl<'a> File<'a> {
    /// Returns the path, as reports print it.
    pub fn path(&self) -> &'a str {
        self.files.tree.entries().get(self.index).map_or("", |entry| &entry.path)
    }

    /// Returns the size in bytes.
    pub fn size(&self) -> u64 {
        self.files.tree.size(self.index)
    }

    /// Returns what the entry is.
    pub fn kind(&self) -> &'a EntryKind {
        self.files.tree.entries().get(self.index).map_or(&EntryKind::File, |entry| &entry.kind)
    }

    /// Returns the content id, see [`Tree::id`].
    pub fn id(&self) -> Result<Digest, ReadError> {
        self.files.mark(self.slot);
        self.files.tree.id(self.index)
    }

    /// Returns the bytes.
    pub fn read(&self) -> Result<Content, ReadError> {
        self.files.mark(self.slot);
        self.files.tree.read(self.index)
    }

    /// Returns at most the first `length` bytes.
    pub fn read_prefix(&self, length: usize) -> Result<Content, ReadError> {
        self.files.mark(self.slot);
        self.files.tree.read_prefix(self.index, length)
    }
}

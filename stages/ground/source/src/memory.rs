//! A tree in memory: for fixtures, and for what was unpacked without touching the disk.

use std::collections::BTreeMap;

use model::Digest;

use crate::{Content, Entry, EntryKind, Problem, ReadError, Tree};

/// A tree in memory. Content ids are BLAKE3 digests.
pub struct MemoryTree {
    entries: Vec<Entry>,
    contents: Vec<Content>,
}

impl MemoryTree {
    /// Takes paths with their bytes; of two files with one path the last counts.
    pub fn new<P: Into<String>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> Self {
        let files: BTreeMap<String, Vec<u8>> =
            files.into_iter().map(|(path, bytes)| (path.into(), bytes.into())).collect();
        let entry = |path: &String| Entry { path: path.as_str().into(), raw: None, kind: EntryKind::File };
        let entries = files.keys().map(entry).collect();
        Self { entries, contents: files.into_values().map(Content::new).collect() }
    }
}

impl Tree for MemoryTree {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn problems(&self) -> &[Problem] {
        &[]
    }

    fn size(&self, index: usize) -> u64 {
        self.contents.get(index).map_or(0, |content| content.len() as u64)
    }

    fn id(&self, index: usize) -> Result<Digest, ReadError> {
        self.read(index).map(|content| Digest::of(&content))
    }

    fn read(&self, index: usize) -> Result<Content, ReadError> {
        self.contents.get(index).cloned().ok_or(ReadError::NotAFile)
    }

    fn read_prefix(&self, index: usize, length: usize) -> Result<Content, ReadError> {
        self.read(index).map(|content| Content::new(content.iter().take(length).copied().collect()))
    }
}

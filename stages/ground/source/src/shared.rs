//! A tree whose files are read once, however many stages ask for them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use model::Digest;

use crate::{Content, Entry, Problem, ReadError, Tree};

/// Threads that ask for different files seldom wait for one another.
const SHARDS: usize = 16;

/// A tree that keeps what was read lately, up to a bound.
pub struct Shared<T> {
    tree: T,
    /// Bytes kept in each shard.
    bound: usize,
    shards: Vec<Mutex<Shard>>,
}

type Slot = Arc<OnceLock<Result<Content, ReadError>>>;

#[derive(Default)]
struct Shard {
    slots: HashMap<usize, Slot>,
    /// What is kept, the oldest first, with its size.
    order: VecDeque<(usize, usize)>,
    bytes: usize,
}

impl<T: Tree> Shared<T> {
    /// Keeps up to `bound` bytes of file content.
    pub fn new(tree: T, bound: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { tree, bound: bound / SHARDS, shards }
    }

    /// Returns the tree itself.
    pub fn tree(&self) -> &T {
        &self.tree
    }

    fn with_shard<R>(&self, index: usize, work: impl FnOnce(&mut Shard) -> R) -> Option<R> {
        let shard = self.shards.get(index % SHARDS)?;
        Some(work(&mut shard.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Returns the content if it is kept.
    fn kept(&self, index: usize) -> Option<Content> {
        let slot = self.with_shard(index, |shard| shard.slots.get(&index).cloned())??;
        slot.get().and_then(|read| read.clone().ok())
    }
}

impl Shard {
    /// Notes that a file was read, and lets the oldest go beyond the bound. What somebody still holds stays with them.
    fn keep(&mut self, index: usize, size: usize, bound: usize) {
        self.order.push_back((index, size));
        self.bytes += size;
        while self.bytes > bound {
            let Some((oldest, size)) = self.order.pop_front() else { break };
            self.slots.remove(&oldest);
            self.bytes = self.bytes.saturating_sub(size);
        }
    }
}

impl<T: Tree> Tree for Shared<T> {
    fn entries(&self) -> &[Entry] {
        self.tree.entries()
    }

    fn problems(&self) -> &[Problem] {
        self.tree.problems()
    }

    fn id(&self, index: usize) -> Result<Digest, ReadError> {
        self.tree.id(index)
    }

    fn read(&self, index: usize) -> Result<Content, ReadError> {
        let size = self.tree.entries().get(index).map_or(0, |entry| entry.size);
        if usize::try_from(size).map_or(true, |size| size > self.bound) {
            return self.tree.read(index);
        }
        let slot = self.with_shard(index, |shard| Arc::clone(shard.slots.entry(index).or_default()));
        let Some(slot) = slot else { return self.tree.read(index) };
        let mut is_first = false;
        let read = slot.get_or_init(|| {
            is_first = true;
            self.tree.read(index)
        });
        if is_first {
            let size = read.as_ref().map_or(0, |content| content.len());
            self.with_shard(index, |shard| shard.keep(index, size, self.bound));
        }
        read.clone()
    }

    fn read_prefix(&self, index: usize, length: usize) -> Result<Content, ReadError> {
        match self.kept(index) {
            Some(content) => Ok(Content::new(content.get(..length).unwrap_or(&content).to_vec())),
            None => self.tree.read_prefix(index, length),
        }
    }
}

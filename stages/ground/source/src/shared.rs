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

    /// Keeps content that was read already.
    fn take(&self, index: usize, content: Content) {
        let size = content.len();
        if size <= self.bound {
            self.with_shard(index, |shard| {
                if shard.slots.entry(index).or_default().set(Ok(content)).is_ok() {
                    shard.keep(index, size, self.bound);
                }
            });
        }
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

    fn size(&self, index: usize) -> u64 {
        self.tree.size(index)
    }

    fn id(&self, index: usize) -> Result<Digest, ReadError> {
        let (id, content) = self.tree.identify(index);
        if let Some(content) = content {
            self.take(index, content);
        }
        id
    }

    fn read(&self, index: usize) -> Result<Content, ReadError> {
        let size = self.tree.size(index);
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::MemoryTree;

    /// A tree that has to read a file for its id, and counts what it reads.
    struct Counted(MemoryTree, AtomicUsize);

    impl Tree for Counted {
        fn entries(&self) -> &[Entry] {
            self.0.entries()
        }

        fn problems(&self) -> &[Problem] {
            self.0.problems()
        }

        fn size(&self, index: usize) -> u64 {
            self.0.size(index)
        }

        fn id(&self, index: usize) -> Result<Digest, ReadError> {
            self.identify(index).0
        }

        fn identify(&self, index: usize) -> (Result<Digest, ReadError>, Option<Content>) {
            let read = self.read(index);
            (read.as_ref().map(|content| Digest::of(content)).map_err(Clone::clone), read.ok())
        }

        fn read(&self, index: usize) -> Result<Content, ReadError> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.read(index)
        }

        fn read_prefix(&self, index: usize, length: usize) -> Result<Content, ReadError> {
            self.0.read_prefix(index, length)
        }
    }

    fn check(size: usize, work: impl Fn(&dyn Tree), expected: usize) {
        let tree = Counted(MemoryTree::new([("a", vec![b'x'; size])]), AtomicUsize::new(0));
        let shared = Shared::new(tree, 1000 * SHARDS);
        work(&shared);
        assert_eq!(shared.tree().1.load(Ordering::Relaxed), expected, "{size} bytes");
    }

    #[test]
    fn a_file_is_read_once() {
        let twice = |tree: &dyn Tree| assert_eq!(*tree.read(0).unwrap(), *tree.read(0).unwrap());
        check(1000, twice, 1);
        check(1001, twice, 2);
    }

    #[test]
    fn what_was_read_for_the_id_is_not_read_again() {
        let both = |tree: &dyn Tree| assert_eq!(tree.id(0).unwrap(), Digest::of(&tree.read(0).unwrap()));
        check(1000, both, 1);
        check(1001, both, 2);
        check(1000, |tree| assert!(tree.read(0).is_ok() && tree.id(0).is_ok() && tree.read(0).is_ok()), 2);
    }
}

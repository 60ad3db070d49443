//! Sets of object ids by their first bytes: ids are hashes already, and millions of them are looked up.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// The first bytes of an id. Two objects may share them by accident or by intent, so a key only says what is worth a
/// closer look.
pub(crate) type Key = u64;

/// A set of keys.
pub(crate) type Keys = HashSet<Key, BuildHasherDefault<Itself>>;

/// Returns the key of a raw id.
pub(crate) fn key(id: &[u8]) -> Key {
    id.first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}

/// Takes a key for its own hash.
#[derive(Default)]
pub(crate) struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Only whole keys are ever hashed; anything else still has to give some number.
        self.0 = bytes.iter().fold(self.0, |sum, byte| sum.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

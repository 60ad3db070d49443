//! Results kept below the level of a stage: per file, per layer, per package.

use model::{Digest, Hasher};

/// The name of a kept result: what was computed, by which revision, from which bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MemoKey(pub [u8; 32]);

impl MemoKey {
    /// Names the result of `unit` (a digest of content) under `context`: the engine's revision, its rules, everything
    /// else that the result depends on.
    pub fn new(context: &Digest, unit: &Digest) -> Self {
        let mut hasher = Hasher::new("memo/v2");
        hasher.part(context.bytes()).part([unit.algorithm() as u8]).part(unit.bytes());
        let mut key = [0; 32];
        key.copy_from_slice(hasher.digest().bytes());
        Self(key)
    }
}

/// Where kept results live. An implementation may lose entries at any time, and must never give bytes back under
/// another key than they were put.
pub trait Memo: Send + Sync {
    /// Tells whether anything is kept at all. Where nothing is, nothing needs a name.
    fn is_there(&self) -> bool {
        true
    }

    /// Returns the bytes kept under `key`.
    fn recall(&self, key: &MemoKey) -> Option<Vec<u8>>;

    /// Keeps `value` under `key`.
    fn keep(&self, key: MemoKey, value: Vec<u8>);
}

//! The one door to the bytes of a shard's body: what leaves it lies inside the file and is what was written.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::xxh3_64;

use super::layout::{BLOCK, BLOCK_BITS};
use super::mapping::Bytes;
use super::read::ShardError;

/// Bytes of one checksum.
const SUM: usize = 8;

pub(super) struct Blocks {
    bytes: Bytes,
    body: Range<usize>,
    sums: Range<usize>,
    /// One bit a block: it was checked and is whole. Threads may check a block twice, to the same end.
    whole: Box<[AtomicU64]>,
}

impl Blocks {
    /// Takes a file whose body and sums lie where the ranges say; `None` when they do not fit each other or the file.
    pub(super) fn new(bytes: Bytes, body: Range<usize>, sums: Range<usize>) -> Option<Self> {
        let blocks = bytes.get(body.clone())?.len().div_ceil(BLOCK);
        if bytes.get(sums.clone())?.len() != blocks.checked_mul(SUM)? {
            return None;
        }
        let whole = (0..blocks.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Some(Self { bytes, body, sums, whole })
    }

    /// Returns the whole file, unchecked.
    pub(super) fn file(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns `length` bytes of the body from `start` on, checked.
    pub(super) fn get(&self, start: usize, length: usize) -> Result<&[u8], ShardError> {
        let end = start.checked_add(length).ok_or(ShardError::Damaged)?;
        if length > 0 {
            for block in start >> BLOCK_BITS..=(end - 1) >> BLOCK_BITS {
                self.check(block)?;
            }
        }
        let body = self.bytes.get(self.body.clone()).ok_or(ShardError::Damaged)?;
        body.get(start..end).ok_or(ShardError::Damaged)
    }

    fn check(&self, block: usize) -> Result<(), ShardError> {
        let word = self.whole.get(block / 64).ok_or(ShardError::Damaged)?;
        let bit = 1_u64 << (block % 64);
        if word.load(Ordering::Relaxed) & bit != 0 {
            return Ok(());
        }
        let body = self.bytes.get(self.body.clone()).ok_or(ShardError::Damaged)?;
        let start = block * BLOCK;
        let content = body.get(start..body.len().min(start + BLOCK)).ok_or(ShardError::Damaged)?;
        let sum = self.sums.start + block * SUM;
        let sum = self.bytes.get(sum..sum + SUM).ok_or(ShardError::Damaged)?;
        if xxh3_64(content).to_le_bytes() != *sum {
            return Err(ShardError::Damaged);
        }
        word.fetch_or(bit, Ordering::Relaxed);
        Ok(())
    }
}

/// Returns the checksums of a body, as the file holds them.
pub(super) fn sums(body: &[u8]) -> Vec<u8> {
    body.chunks(BLOCK).flat_map(|block| xxh3_64(block).to_le_bytes()).collect()
}

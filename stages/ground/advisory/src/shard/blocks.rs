//! The one door to the bytes of a shard's body: what leaves it lies inside the file and is what was written.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::xxh3_64;

use super::Damaged;
use super::layout::{BLOCK, BLOCK_BITS, SUM};
use super::mapping::Bytes;

pub(super) struct Blocks {
    bytes: Bytes,
    /// Where the body lies in the file.
    body: Range<usize>,
    /// Where the sums begin.
    sums: usize,
    /// One bit a block: it was checked and is whole. Threads may check a block twice, to the same end.
    whole: Box<[AtomicU64]>,
}

impl Blocks {
    /// Takes a file whose body and sums lie where the ranges say, if they fit each other and the file.
    pub(super) fn new(bytes: Bytes, body: Range<usize>, sums: Range<usize>) -> Result<Self, Damaged> {
        let file = (*bytes).as_ref();
        let blocks = file.get(body.clone()).ok_or(Damaged)?.len().div_ceil(BLOCK);
        if Some(file.get(sums.clone()).ok_or(Damaged)?.len()) != blocks.checked_mul(SUM) {
            return Err(Damaged);
        }
        let whole = (0..blocks.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Ok(Self { bytes, body, sums: sums.start, whole })
    }

    /// Returns the whole file, unchecked.
    pub(super) fn file(&self) -> &[u8] {
        (*self.bytes).as_ref()
    }

    /// Returns the bytes of the file in a range of the body, checked.
    pub(super) fn get(&self, range: Range<usize>) -> Result<&[u8], Damaged> {
        if range.start >= range.end || range.start < self.body.start || range.end > self.body.end {
            return if range.is_empty() { Ok(&[]) } else { Err(Damaged) };
        }
        let first = (range.start - self.body.start) >> BLOCK_BITS;
        let last = (range.end - 1 - self.body.start) >> BLOCK_BITS;
        for block in first..=last {
            let word = self.whole.get(block / 64).ok_or(Damaged)?;
            if word.load(Ordering::Relaxed) & (1 << (block % 64)) == 0 {
                self.check(block)?;
                word.fetch_or(1 << (block % 64), Ordering::Relaxed);
            }
        }
        self.file().get(range).ok_or(Damaged)
    }

    #[cold]
    fn check(&self, block: usize) -> Result<(), Damaged> {
        let file = self.file();
        let start = self.body.start + (block << BLOCK_BITS);
        let content = file.get(start..self.body.end.min(start + BLOCK)).ok_or(Damaged)?;
        let at = self.sums + block * SUM;
        let written = file.get(at..at + SUM).ok_or(Damaged)?;
        if sum(content) == *written { Ok(()) } else { Err(Damaged) }
    }
}

/// Half of the hash finds damage, which is all that it is for: whoever forges a file forges its sums too.
fn sum(block: &[u8]) -> [u8; SUM] {
    let [a, b, c, d, ..] = xxh3_64(block).to_le_bytes();
    [a, b, c, d]
}

/// Returns the checksums of a body, as the file holds them.
pub(super) fn sums(body: &[u8]) -> Vec<u8> {
    body.chunks(BLOCK).flat_map(sum).collect()
}

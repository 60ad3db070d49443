//! What one content may cost: what its archives and encoded values hold is read up to here, however they are nested.

use std::cell::Cell;

/// Members of archives that are read.
const MEMBERS: usize = 10_000;
/// Bytes of archives that are read.
const BYTES: u64 = 256 << 20;
/// Bytes of encoded values that are decoded.
const DECODED: usize = 16 << 20;

/// What is left for one content.
#[derive(Debug)]
pub(crate) struct Budget {
    members: Cell<usize>,
    bytes: Cell<u64>,
    decoded: Cell<usize>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { members: Cell::new(MEMBERS), bytes: Cell::new(BYTES), decoded: Cell::new(DECODED) }
    }
}

impl Budget {
    /// Counts a member of an archive; tells whether it may be read.
    pub(crate) fn take_member(&self) -> bool {
        let left = self.members.get().checked_sub(1);
        self.members.set(left.unwrap_or(0));
        left.is_some()
    }

    /// Returns how many bytes of archives may still be read.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes.get()
    }

    pub(crate) fn spend_bytes(&self, bytes: u64) {
        self.bytes.set(self.bytes.get().saturating_sub(bytes));
    }

    /// Takes bytes for decoding; tells whether there are so many left.
    pub(crate) fn decode(&self, bytes: usize) -> bool {
        let left = self.decoded.get().checked_sub(bytes);
        self.decoded.set(left.unwrap_or_else(|| self.decoded.get()));
        left.is_some()
    }
}

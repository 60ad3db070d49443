//! Bytes whose plain order is an order of versions.

/// The place of a version among those of its ecosystem. Keys of two ecosystems are not comparable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

impl Key {
    /// Returns the bytes; their lexicographic order is the order of versions.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Builds a [`Key`] part by part. Each part is self-delimiting and ordered, so their sequence is ordered too.
pub(super) struct KeyWriter(Vec<u8>);

impl KeyWriter {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(24))
    }

    /// Ranks what follows against other things that may stand in its place.
    pub(super) fn mark(&mut self, rank: u8) -> &mut Self {
        self.0.push(rank);
        self
    }

    /// Appends a number of any size: how many digits, then the digits. `digits` holds ASCII digits only.
    pub(super) fn number(&mut self, digits: &[u8]) -> &mut Self {
        let digits = digits.get(digits.iter().take_while(|digit| **digit == b'0').count()..).unwrap_or(&[]);
        // A version text has at most 255 bytes, so the count fits.
        self.0.push(u8::try_from(digits.len()).unwrap_or(u8::MAX));
        self.0.extend_from_slice(digits);
        self
    }

    /// Appends a word in the order of its bytes, a prefix before what it starts. `word` holds no NUL.
    pub(super) fn word(&mut self, word: &[u8]) -> &mut Self {
        self.0.extend_from_slice(word);
        self.0.push(0);
        self
    }

    pub(super) fn finish(self) -> Key {
        Key(self.0)
    }
}

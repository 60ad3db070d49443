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

    /// Appends a number that is one already, without a detour over the heap.
    pub(super) fn count(&mut self, value: u64) -> &mut Self {
        let digits = value.checked_ilog10().map_or(0, |power| power + 1);
        self.0.push(u8::try_from(digits).unwrap_or(u8::MAX));
        for power in (0..digits).rev() {
            let digit = value / 10_u64.pow(power) % 10;
            self.0.push(b'0' + u8::try_from(digit).unwrap_or(0));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_its_digits_are_one_key() {
        for value in [0, 1, 9, 10, 99, 100, 12_345, u64::MAX - 1, u64::MAX] {
            let (mut one, mut other) = (KeyWriter::new(), KeyWriter::new());
            one.count(value);
            other.number(format!("00{value}").as_bytes());
            assert_eq!(one.finish(), other.finish(), "{value}");
        }
    }
}

//! What makes a finding the same finding tomorrow.
//!
//! Three fingerprints travel with a finding (keys of [`crate::Finding::fingerprints`]):
//! - `primaryLocationLineHash`: GitHub's own, from the text around the line ([`line_hashes`]);
//! - `structural/v1`: stage, rule, path, what was matched, and which one of equal matches in the file;
//! - `loose/v1`: the same without the path, so that a renamed file keeps its findings.

use std::fmt;

/// A BLAKE3 hasher whose every part is length-prefixed, so that no two lists of parts run together.
#[derive(Default)]
pub struct Hasher {
    /// Parts not hashed yet: BLAKE3 takes many bytes at once several times as fast as a few at a time.
    waiting: Vec<u8>,
    hashed: Option<Box<blake3::Hasher>>,
}

/// As many bytes as the widest processors hash side by side.
const WAITING: usize = 16 << 10;

impl Hasher {
    /// Starts a hash for one purpose; hashes for different purposes never meet.
    pub fn new(purpose: &str) -> Self {
        let mut hasher = Self::default();
        hasher.part(purpose);
        hasher
    }

    /// Adds a part.
    pub fn part(&mut self, part: impl AsRef<[u8]>) -> &mut Self {
        let part = part.as_ref();
        self.waiting.extend_from_slice(&(part.len() as u64).to_le_bytes());
        self.waiting.extend_from_slice(part);
        if self.waiting.len() >= WAITING {
            self.hashed.get_or_insert_default().update(&self.waiting);
            self.waiting.clear();
        }
        self
    }

    fn hash(&self) -> blake3::Hash {
        match &self.hashed {
            Some(hashed) => hashed.clone().update(&self.waiting).finalize(),
            None => blake3::hash(&self.waiting),
        }
    }

    /// Returns the digest of all parts so far.
    pub fn digest(&self) -> crate::Digest {
        crate::Digest::from_blake3(self.hash())
    }

    /// Returns the first 128 bits in hexadecimal: enough for what a report tells apart.
    pub fn short(&self) -> String {
        let mut text = self.hash().to_hex().to_string();
        text.truncate(32);
        text
    }
}

const WINDOW: usize = 100;
const BASE: u64 = 37;
const END_OF_FILE: u16 = u16::MAX;

/// What GitHub's code scanning knows a line by; shown as it stands in SARIF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineHash {
    hash: u64,
    /// The how-many-th line with that hash it is.
    count: u32,
}

impl fmt::Display for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}:{}", self.hash, self.count)
    }
}

/// Returns, for each line of `text`, the value GitHub's code scanning computes as `primaryLocationLineHash`: a rolling
/// hash over the 100 UTF-16 code units from the line's first on, white space left out and line ends unified, then
/// `:` and the how-many-th line with that hash it is. The algorithm is that of the `fingerprints.ts` of
/// github/codeql-action. Bytes that are no UTF-8 are replaced, as a reader of text does.
pub fn line_hashes(text: &str) -> Vec<LineHash> {
    let mut rolling = Rolling::new();
    let mut units = text.encode_utf16().peekable();
    while let Some(mut unit) = units.next() {
        const SPACE: u16 = b' ' as u16;
        const TAB: u16 = b'\t' as u16;
        const CARRIAGE_RETURN: u16 = b'\r' as u16;
        const LINE_FEED: u16 = b'\n' as u16;
        match unit {
            SPACE | TAB => continue,
            CARRIAGE_RETURN => {
                units.next_if_eq(&LINE_FEED);
                unit = LINE_FEED;
            }
            _ => {}
        }
        rolling.push(unit);
    }
    rolling.push(END_OF_FILE);
    for _ in 0..WINDOW {
        rolling.flush();
    }
    rolling.into_values()
}

/// The window over the kept code units. A slot remembers which line starts at it; the line's value is complete when
/// the slot is about to be written again.
struct Rolling {
    window: [u16; WINDOW],
    starts: [Option<usize>; WINDOW],
    at: usize,
    hash: u64,
    /// `BASE` to the power of `WINDOW`: the weight of what leaves the window.
    leaving: u64,
    line: usize,
    at_line_start: bool,
    seen: std::collections::HashMap<u64, u32>,
    values: Vec<LineHash>,
}

impl Rolling {
    fn new() -> Self {
        Self {
            window: [0; WINDOW],
            starts: [None; WINDOW],
            at: 0,
            hash: 0,
            leaving: (0..WINDOW).fold(1, |power: u64, _| power.wrapping_mul(BASE)),
            line: 0,
            at_line_start: true,
            seen: std::collections::HashMap::new(),
            values: Vec::new(),
        }
    }

    fn push(&mut self, unit: u16) {
        self.emit();
        if self.at_line_start {
            self.at_line_start = false;
            if let Some(start) = self.starts.get_mut(self.at) {
                *start = Some(self.line);
            }
            self.line += 1;
        }
        if unit == u16::from(b'\n') {
            self.at_line_start = true;
        }
        self.update(unit);
    }

    fn flush(&mut self) {
        self.emit();
        self.update(0);
    }

    /// Gives out the value of the line that started where the window now writes.
    fn emit(&mut self) {
        if let Some(line) = self.starts.get_mut(self.at).and_then(Option::take) {
            let count = self.seen.entry(self.hash).or_insert(0);
            *count += 1;
            debug_assert_eq!(line, self.values.len(), "lines complete in order");
            self.values.push(LineHash { hash: self.hash, count: *count });
        }
    }

    fn update(&mut self, unit: u16) {
        if let Some(slot) = self.window.get_mut(self.at) {
            let old = u64::from(std::mem::replace(slot, unit));
            self.hash = BASE
                .wrapping_mul(self.hash)
                .wrapping_add(u64::from(unit))
                .wrapping_sub(self.leaving.wrapping_mul(old));
        }
        self.at = (self.at + 1) % WINDOW;
    }

    fn into_values(self) -> Vec<LineHash> {
        self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_hashed_with_their_lengths_however_many_there_are() {
        for number in [0, 1, 100, 5_000] {
            let mut hasher = Hasher::new("p");
            let mut bytes = b"\x01\0\0\0\0\0\0\0p".to_vec();
            for part in 0..number {
                let part = part.to_string();
                hasher.part(&part);
                bytes.extend((part.len() as u64).to_le_bytes());
                bytes.extend(part.bytes());
            }
            assert_eq!(hasher.digest(), crate::Digest::of(&bytes), "{number}");
            assert_eq!(hasher.short(), crate::Digest::of(&bytes).hex()[..32]);
        }
    }

    #[test]
    fn agrees_with_the_values_that_upstream_gives() {
        let check = |text: &str, expected: &[&str]| {
            let hashes: Vec<String> = line_hashes(text).iter().map(ToString::to_string).collect();
            assert_eq!(hashes, expected, "{text:?}");
        };
        check("", &["c129715d7a2bc9a3:1"]);
        check(
            " a\nb\n  \t\tc\n d",
            &["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
        );
        let alphabet =
            ["8d07ce75f7b3af45:1", "ca140c3f893ffa65:1", "26f09ff008857193:1", "c129715d7a2bc9a3:1"];
        check("alpha\nbeta\nalpha\n", &alphabet);
        check(" a l p h a \r\n\tbeta\r\nalpha\r\n", &alphabet);
        check("alpha\rbeta\ralpha\r", &alphabet);
    }

    #[test]
    fn parts_do_not_run_together() {
        let of = |parts: &[&str]| {
            let mut hasher = Hasher::new("test");
            parts.iter().for_each(|part| {
                hasher.part(part);
            });
            hasher.short()
        };
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["ab"]), of(&["ab", ""]));
    }
}

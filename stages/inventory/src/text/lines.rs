//! Line and column of byte offsets, many times over one text.

use std::ops::Range;

use model::Span;

/// Bytes between two places where the characters so far are known.
const STRIDE: usize = 1024;

/// An index over the lines of a text. It answers what [`Span::of`] answers, without reading the text again each time: a
/// lockfile has thousands of entries, and a minified one has them all on one line.
pub(crate) struct Lines<'a> {
    text: &'a str,
    /// Offset of each line's first byte.
    starts: Vec<usize>,
    /// Characters before each multiple of [`STRIDE`].
    characters: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let behind_ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(behind_ends).collect();
        let mut characters = Vec::with_capacity(bytes.len() / STRIDE + 1);
        let mut so_far = 0;
        for block in bytes.chunks(STRIDE) {
            characters.push(so_far);
            so_far += count(block);
        }
        characters.push(so_far);
        Self { text, starts, characters }
    }

    /// Returns the span of a byte range. Offsets past the end are brought back to it.
    pub(crate) fn span(&self, range: &Range<usize>) -> Span {
        let start = range.start.min(self.text.len());
        let end = range.end.clamp(start, self.text.len());
        let (start_line, start_column) = self.position(start);
        let (end_line, end_column) = self.position(end);
        Span { start_line, start_column, end_line, end_column }
    }

    /// Returns the line of a byte offset, from 1.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        small(self.starts.partition_point(|start| *start <= offset.min(self.text.len())))
    }

    fn position(&self, offset: usize) -> (u32, u32) {
        let line = self.line(offset);
        let start = self.starts.get(line.saturating_sub(1) as usize).copied().unwrap_or(0);
        (line, small(self.before(offset) - self.before(start) + 1))
    }

    /// Counts the characters before `offset`.
    fn before(&self, offset: usize) -> usize {
        let block = offset / STRIDE;
        let rest = self.text.as_bytes().get(block * STRIDE..offset).unwrap_or_default();
        self.characters.get(block).copied().unwrap_or(0) + count(rest)
    }
}

/// Counts the characters that start in `bytes`.
fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_line_has_columns() {
        let text = format!("a\n{}x", "é".repeat(5000));
        let at = text.len() - 1;
        assert_eq!(Lines::new(&text).span(&(at..at + 1)), Span::of(text.as_bytes(), at..at + 1));
    }

    proptest! {
        #[test]
        fn agrees_with_the_model(text in "[a-bé\n]{0,3000}", start in 0..4000_usize, length in 0..50_usize) {
            let start = (0..=start.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let end = (start..=start + length).find(|at| text.is_char_boundary(*at)).unwrap_or(start);
            prop_assert_eq!(Lines::new(&text).span(&(start..end)), Span::of(text.as_bytes(), start..end));
        }
    }
}

//! Line and column of byte offsets, many times over one text.

use std::ops::Range;

use crate::Span;

/// Bytes between two places where the characters so far are known.
const STRIDE: usize = 1024;

/// An index over the lines of a text. It answers without reading the text again each time: a lockfile has thousands of
/// entries, and a minified one has them all on one line.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a [u8],
    /// Offset of each line's first byte.
    starts: Vec<usize>,
    /// Characters before each multiple of [`STRIDE`].
    characters: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Reads a text once.
    pub fn new<T: AsRef<[u8]> + ?Sized>(text: &'a T) -> Self {
        let text = text.as_ref();
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text).map(|at| at + 1)).collect();
        let mut characters = Vec::with_capacity(text.len() / STRIDE + 1);
        let mut so_far = 0;
        for block in text.chunks(STRIDE) {
            characters.push(so_far);
            so_far += count(block);
        }
        characters.push(so_far);
        Self { text, starts, characters }
    }

    /// Returns the span of a byte range. Offsets past the end are brought back to it, so that any input has a span.
    pub fn span(&self, range: &Range<usize>) -> Span {
        let start = range.start.min(self.text.len());
        let end = range.end.clamp(start, self.text.len());
        let (start_line, start_column) = self.position(start);
        let (end_line, end_column) = self.position(end);
        Span { start_line, start_column, end_line, end_column }
    }

    /// Returns the line of a byte offset, from 1.
    pub fn line(&self, offset: usize) -> u32 {
        small(self.starts.partition_point(|start| *start <= offset.min(self.text.len())))
    }

    /// Returns the bytes of a line, counted from 1, without its `\n`; `None` when there are not that many.
    pub fn range(&self, line: u32) -> Option<Range<usize>> {
        let index = usize::try_from(line).ok()?;
        let start = *self.starts.get(index.checked_sub(1)?)?;
        let end = self.starts.get(index).map_or(self.text.len(), |next| next - 1);
        Some(start..end)
    }

    fn position(&self, offset: usize) -> (u32, u32) {
        let line = self.line(offset);
        let start = self.starts.get(line.saturating_sub(1) as usize).copied().unwrap_or(0);
        (line, small(self.before(offset) - self.before(start) + 1))
    }

    /// Counts the characters before `offset`.
    fn before(&self, offset: usize) -> usize {
        let block = offset / STRIDE;
        let rest = self.text.get(block * STRIDE..offset).unwrap_or_default();
        self.characters.get(block).copied().unwrap_or(0) + count(rest)
    }
}

/// Counts the characters that start in `bytes`: all but what can only go on with one.
pub(crate) fn count(bytes: &[u8]) -> usize {
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
        assert_eq!(
            Lines::new(&text).span(&(at..at + 1)),
            Span { start_line: 2, start_column: 5001, end_line: 2, end_column: 5002 }
        );
    }

    #[test]
    fn lines_have_ranges() {
        let lines = Lines::new("ab\n\nc");
        let ranges: Vec<_> = (0..5).map(|line| lines.range(line)).collect();
        assert_eq!(ranges, [None, Some(0..2), Some(3..3), Some(4..5), None]);
    }

    proptest! {
        #[test]
        fn agrees_with_counting(text in "[a-bé\n]{0,3000}", start in 0..4000_usize) {
            let start = (0..=start.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let before = text.get(..start).unwrap();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
            let span = Lines::new(&text).span(&(start..start));
            prop_assert_eq!((span.start_line as usize, span.start_column as usize), (line, column));
        }
    }
}

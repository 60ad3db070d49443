//! An object as a visit shows it, and which part of it is new against the object it is a delta of.

use std::ops::Range;

/// How far a line's start or end is looked for: a file may be one line of many megabytes.
const LINE: usize = 4096;

/// First bytes of a content that tell whether it is binary. Git's own rule looks at 8,000 bytes; scanners here look at 8 KiB.
pub const BINARY_PREFIX: usize = 8192;

/// An object, inflated.
pub(crate) struct Seen<'a> {
    /// Raw id.
    pub(crate) id: &'a [u8],
    /// The content.
    pub(crate) bytes: &'a [u8],
    /// Sorted, disjoint: what was not seen in the base; of a blob in whole lines, with what was left open near them.
    pub(crate) changed: &'a [Range<usize>],
    /// Raw id of that base.
    pub(crate) base: Option<&'a [u8]>,
}

/// Tells whether scanners pass over this content as binary.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    memchr::memchr(0, bytes.get(..BINARY_PREFIX).unwrap_or(bytes)).is_some()
}

/// Widens sorted ranges to whole lines, and joins those that then touch.
pub(crate) fn widen(bytes: &[u8], changed: &mut Vec<Range<usize>>) {
    let mut kept = 0_usize;
    for at in 0..changed.len() {
        let Some(range) = changed.get(at).cloned() else { break };
        let last = kept.checked_sub(1).and_then(|last| changed.get(last).cloned());
        // Lines of ranges that lie close together are looked for once.
        let end = line_end(bytes, range.end.min(bytes.len()));
        let start = match &last {
            Some(last) if range.start <= last.end => last.start,
            _ => line_start(bytes, range.start),
        };
        match last {
            Some(last) if start <= last.end => {
                if let Some(slot) = changed.get_mut(kept - 1) {
                    *slot = last.start..last.end.max(end);
                }
            }
            _ => {
                if let Some(slot) = changed.get_mut(kept) {
                    *slot = start..end;
                }
                kept += 1;
            }
        }
    }
    changed.truncate(kept);
}

fn line_start(bytes: &[u8], at: usize) -> usize {
    let floor = at.saturating_sub(LINE);
    let before = bytes.get(floor..at).unwrap_or_default();
    memchr::memrchr(b'\n', before).map_or(floor, |found| floor + found + 1)
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    let ceiling = at.saturating_add(LINE).min(bytes.len());
    let after = bytes.get(at..ceiling).unwrap_or_default();
    memchr::memchr(b'\n', after).map_or(ceiling, |found| at + found + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], changed: &[Range<usize>], expected: &[Range<usize>]) {
        let mut widened = changed.to_vec();
        widen(bytes, &mut widened);
        assert_eq!(widened, expected);
    }

    #[test]
    fn ranges_grow_to_lines_and_join() {
        let lines = "0123456789abcde\n".repeat(1000);
        check(lines.as_bytes(), &[8001..8002], &[8000..8016]);
        check(lines.as_bytes(), &[0..0], &[0..16]);
        check(lines.as_bytes(), &[16_000..16_000], &[16_000..16_000]);
        check(lines.as_bytes(), &[5000..5001, 5009..5012, 9000..9000], &[4992..5024, 8992..9008]);
        check(b"", &[0..0], &[0..0]);
    }

    #[test]
    fn one_endless_line_is_cut() {
        let line = vec![b'x'; 100_000];
        check(&line, &[50_000..50_010], &[50_000 - 4096..50_010 + 4096]);
    }

    proptest! {
        #[test]
        fn widened_ranges_cover_and_stay_disjoint(
            bytes in prop::collection::vec(prop::sample::select(b"ab\n".to_vec()), 0..20_000),
            cuts in prop::collection::btree_set(0_usize..20_000, 0..20),
        ) {
            let cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            let changed: Vec<Range<usize>> =
                cuts.chunks_exact(2).map(|pair| pair[0]..pair[1]).filter(|range| range.start < range.end).collect();
            let mut widened = changed.clone();
            widen(&bytes, &mut widened);
            for range in &changed {
                prop_assert!(widened.iter().any(|wide| wide.start <= range.start && range.end <= wide.end));
            }
            prop_assert!(widened.is_sorted_by(|one, two| one.end < two.start));
            prop_assert!(widened.iter().all(|range| range.end <= bytes.len()));
        }
    }
}

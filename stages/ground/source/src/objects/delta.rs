//! Deltas of git packs: how one object is written as pieces of another and new bytes
//! (<https://git-scm.com/docs/pack-format#_deltified_representation>).

use std::ops::Range;

/// A delta, its header read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delta<'a> {
    /// Size of the object it starts from.
    pub(crate) base_size: u64,
    /// Size of the object it makes.
    pub(crate) result_size: u64,
    instructions: &'a [u8],
}

enum Instruction<'a> {
    /// Bytes of the base.
    Copy { offset: usize, length: usize },
    /// New bytes.
    Insert(&'a [u8]),
}

impl<'a> Delta<'a> {
    /// Reads the two sizes; enough of the delta's first bytes will do.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (base_size, rest) = size(bytes)?;
        let (result_size, instructions) = size(rest)?;
        Some(Self { base_size, result_size, instructions })
    }

    /// Makes the object out of `base`. `changed` receives, in order, what is not simply copied: ranges of inserted bytes,
    /// and empty ranges where two pieces meet that did not meet in the base. `None` when the delta is malformed, or
    /// makes anything but `result_size` bytes.
    pub(crate) fn apply(
        self,
        base: &[u8],
        result: &mut Vec<u8>,
        changed: &mut Vec<Range<usize>>,
    ) -> Option<()> {
        if u64::try_from(base.len()).ok()? != self.base_size {
            return None;
        }
        // Old content is overwritten, so only growth is paid for.
        result.resize(usize::try_from(self.result_size).ok()?, 0);
        changed.clear();
        let (mut at, mut expected) = (0, 0);
        let mut rest = self.instructions;
        while let Some(instruction) = next(&mut rest)? {
            let end = match instruction {
                Instruction::Copy { offset, length } => {
                    let piece = base.get(offset..offset.checked_add(length)?)?;
                    let end = at + length;
                    result.get_mut(at..end)?.copy_from_slice(piece);
                    if offset != expected {
                        add(changed, at..at);
                    }
                    expected = offset + length;
                    end
                }
                Instruction::Insert(bytes) => {
                    let end = at + bytes.len();
                    result.get_mut(at..end)?.copy_from_slice(bytes);
                    add(changed, at..end);
                    // Whatever follows is a seam, even where the copy goes on: the inserted range covers it.
                    end
                }
            };
            at = end;
        }
        if expected != base.len() {
            add(changed, at..at);
        }
        (at == result.len()).then_some(())
    }
}

/// A piece of the base that the object holds too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Where it is in the base.
    pub(crate) from: usize,
    /// Where it is in the object.
    pub(crate) to: usize,
    pub(crate) length: usize,
}

impl Delta<'_> {
    /// Returns the pieces that the object takes from its base, joined where they touch in both. Of a malformed delta, those
    /// ahead of the fault.
    pub(crate) fn pieces(self) -> Vec<Piece> {
        let (mut pieces, mut to, mut rest): (Vec<Piece>, _, _) = (Vec::new(), 0, self.instructions);
        while let Some(Some(instruction)) = next(&mut rest) {
            match instruction {
                Instruction::Copy { offset: from, length } => {
                    match pieces.last_mut() {
                        Some(last) if last.from + last.length == from && last.to + last.length == to => {
                            last.length += length;
                        }
                        _ => pieces.push(Piece { from, to, length }),
                    }
                    to += length;
                }
                Instruction::Insert(bytes) => to += bytes.len(),
            }
        }
        pieces
    }
}

/// Appends a range, joining it with the last one where they touch.
fn add(changed: &mut Vec<Range<usize>>, range: Range<usize>) {
    match changed.last_mut() {
        Some(last) if last.end >= range.start => last.end = range.end,
        _ => changed.push(range),
    }
}

fn size(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    let mut rest = bytes;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, tail) = rest.split_first()?;
        rest = tail;
        let part = u64::from(byte & 0x7f);
        // The tenth byte has room for one bit only.
        if shift == 63 && part > 1 {
            return None;
        }
        value |= part << shift;
        if byte & 0x80 == 0 {
            return Some((value, rest));
        }
    }
    None
}

/// Takes the next instruction off `rest`; `Some(None)` at the end, `None` when it is malformed.
#[expect(
    clippy::option_option,
    reason = "the end and a malformed instruction are two things, and this is private"
)]
fn next<'a>(rest: &mut &'a [u8]) -> Option<Option<Instruction<'a>>> {
    let Some((code, mut tail)) = rest.split_first() else { return Some(None) };
    let instruction = match *code {
        // Reserved by the format.
        0 => return None,
        code if code & 0x80 == 0 => {
            let (bytes, after) = tail.split_at_checked(usize::from(code))?;
            tail = after;
            Instruction::Insert(bytes)
        }
        code => {
            let mut part = |bit: u32, shift: u32| -> Option<usize> {
                if code & (1 << bit) == 0 {
                    return Some(0);
                }
                let (byte, after) = tail.split_first()?;
                tail = after;
                Some(usize::from(*byte) << shift)
            };
            let offset = part(0, 0)? | part(1, 8)? | part(2, 16)? | part(3, 24)?;
            let length = part(4, 0)? | part(5, 8)? | part(6, 16)?;
            Instruction::Copy { offset, length: if length == 0 { 0x1_0000 } else { length } }
        }
    };
    *rest = tail;
    Some(Some(instruction))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(base: &str, delta: &[u8], expected: Option<(&str, &[Range<usize>])>) {
        let (mut result, mut changed) = (Vec::new(), Vec::new());
        let made =
            Delta::parse(delta).and_then(|delta| delta.apply(base.as_bytes(), &mut result, &mut changed));
        let made = made.map(|()| (std::str::from_utf8(&result).unwrap(), changed.as_slice()));
        assert_eq!(made, expected);
    }

    #[test]
    fn pieces_are_joined_and_seams_are_told() {
        // Contiguous copies are no seam.
        check("abcdef", &[6, 6, 0x90, 3, 0x91, 3, 3], Some(("abcdef", &[])));
        // An insertion between.
        check("abcdef", &[6, 8, 0x90, 3, 2, b'X', b'Y', 0x91, 3, 3], Some(("abcXYdef", &[3..5])));
        // A deletion in the middle, at the start, at the end.
        check("abcdef", &[6, 4, 0x90, 2, 0x91, 4, 2], Some(("abef", &[2..2])));
        check("abcdef", &[6, 3, 0x91, 3, 3], Some(("def", &[0..0])));
        check("abcdef", &[6, 3, 0x90, 3], Some(("abc", &[3..3])));
        // Swapped pieces: both ends and the seam.
        check("abcdef", &[6, 6, 0x91, 3, 3, 0x90, 3], Some(("defabc", &[0..0, 3..3, 6..6])));
        // A replacement that skips base bytes.
        check("abcdef", &[6, 5, 0x90, 2, 1, b'X', 0x91, 4, 2], Some(("abXef", &[2..3])));
        check("", &[0, 0], Some(("", &[])));
    }

    #[test]
    fn pieces_that_touch_in_both_are_one() {
        let delta = Delta::parse(&[6, 9, 0x90, 2, 0x91, 2, 2, 1, b'X', 0x91, 4, 2, 0x90, 2]).unwrap();
        let piece = |from, to, length| Piece { from, to, length };
        assert_eq!(delta.pieces(), [piece(0, 0, 4), piece(4, 5, 2), piece(0, 7, 2)]);
    }

    #[test]
    fn malformed_deltas_are_refused() {
        check("abc", &[], None);
        check("abc", &[2, 2, 0x90, 2], None);
        check("abc", &[3, 2, 0x90, 3], None);
        check("abc", &[3, 4, 0x90, 3], None);
        check("abc", &[3, 3, 0x91, 9, 3], None);
        check("abc", &[3, 3, 0], None);
        check("abc", &[3, 3, 5, b'a'], None);
        check("abc", &[0xff; 12], None);
    }

    proptest! {
        #[test]
        fn any_delta_is_taken(base in prop::collection::vec(any::<u8>(), 0..20), ops in prop::collection::vec(any::<u8>(), 0..40), size in 0_u8..60) {
            let mut delta = vec![u8::try_from(base.len()).unwrap(), size];
            delta.extend(ops);
            let (mut result, mut changed) = (Vec::new(), Vec::new());
            drop(Delta::parse(&delta).map(Delta::pieces));
            if let Some(()) = Delta::parse(&delta).and_then(|delta| delta.apply(&base, &mut result, &mut changed)) {
                prop_assert_eq!(result.len(), usize::from(size));
                prop_assert!(changed.iter().all(|range| range.start <= range.end && range.end <= result.len()));
                prop_assert!(changed.is_sorted_by(|one, two| one.end < two.start));
            }
        }
    }
}

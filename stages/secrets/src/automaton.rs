//! One pass over a text that finds every keyword of every rule, in any case (Aho and Corasick, 1975).
//!
//! The automaton is our own because a run must start at once: a thousand keywords compile in a millisecond here and in
//! thirty with the general library, and four places of a text that are walked side by side hide the wait for memory
//! that one walk has at every byte.

mod trie;

use std::ops::Range;

use trie::Trie;

/// Places of a text that are walked side by side.
const LANES: usize = 4;
/// Bytes below which a text is walked from one end to the other.
const SHORT: usize = 256;
/// Classes of bytes. The rarest bytes of the keywords share the last one, so an end of a keyword is compared before it counts.
const CLASSES: usize = 64;
/// States at most.
const STATES: usize = 1 << 16;
/// Places of the table: so many that no state and class lead out of it. Of what is not used no memory is touched.
const PLACES: usize = STATES * CLASSES;

/// For each state at which a keyword ends: the keywords that end there.
type Ends = Vec<Vec<u16>>;
/// A row for each state.
type Table = Box<[u16; PLACES]>;

/// All keywords in one table.
pub(crate) struct Automaton {
    /// What a byte is, as far as any keyword can tell; capitals are small letters, and 0 is in no keyword.
    classes: [u8; 256],
    /// State and class → state. States near the root come first, and those at which a keyword ends last.
    table: Table,
    /// The first state at which a keyword ends.
    first_end: u16,
    ends: Ends,
    keywords: Vec<Box<[u8]>>,
    longest: usize,
    /// Whether a line's end stands in a keyword.
    spans_lines: bool,
}

/// A keyword in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Occurrence {
    /// Index of the keyword in the list that the automaton was built from.
    pub(crate) keyword: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Keywords that no table can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AutomatonError {
    /// Keywords are counted with 16 bits, and so are the states that stand for their beginnings.
    #[error("more than 65,535 keywords, or more than 65,535 beginnings of them")]
    TooMany,
    /// An empty keyword is everywhere.
    #[error("a keyword is empty")]
    Empty,
}

impl Automaton {
    /// Builds the table for keywords in any case.
    pub(crate) fn new(keywords: &[String]) -> Result<Self, AutomatonError> {
        if keywords.iter().any(String::is_empty) {
            return Err(AutomatonError::Empty);
        }
        let (classes, longest) = (classes(keywords), keywords.iter().map(String::len).max().unwrap_or(0));
        let mut trie = Trie::new();
        for (number, word) in keywords.iter().enumerate() {
            let number = u16::try_from(number).map_err(|_| AutomatonError::TooMany)?;
            trie.insert(word.bytes().map(|byte| class(&classes, byte)), number);
            if trie.len() > STATES {
                return Err(AutomatonError::TooMany);
            }
        }
        let (table, first_end, ends) = trie.into_table().ok_or(AutomatonError::TooMany)?;
        let spans_lines = keywords.iter().any(|word| word.contains('\n'));
        let keywords = keywords.iter().map(|word| word.as_bytes().into()).collect();
        Ok(Self { classes, table, first_end, ends, keywords, longest, spans_lines })
    }

    /// Tells whether a line's end stands in a keyword.
    pub(crate) const fn spans_lines(&self) -> bool {
        self.spans_lines
    }

    /// Calls `visit` for every keyword that overlaps one of `ranges` (sorted), in the order in which they end.
    pub(crate) fn visit(&self, text: &[u8], ranges: &[Range<usize>], mut visit: impl FnMut(Occurrence)) {
        // Pieces of a text are walked as one, so that places of several are walked side by side.
        let mut gathered = Vec::new();
        let mut from = 0;
        let mut pieces = Vec::with_capacity(ranges.len());
        for range in ranges {
            let window = self.window(text, range);
            if ranges.len() > 1 {
                gathered.extend_from_slice(text.get(window.clone()).unwrap_or_default());
            }
            from += window.len();
            pieces.push((from, window, range));
        }
        let mut pieces = pieces.into_iter();
        let Some(mut piece) = pieces.next() else { return };
        let walked =
            if gathered.is_empty() { text.get(piece.1.clone()).unwrap_or_default() } else { &gathered };
        for (state, behind) in self.walk(walked) {
            while behind > piece.0 {
                let Some(next) = pieces.next() else { return };
                piece = next;
            }
            let (to, window, range) = &piece;
            let row = state.checked_sub(self.first_end).and_then(|row| self.ends.get(usize::from(row)));
            for keyword in row.into_iter().flatten().map(|keyword| usize::from(*keyword)) {
                let Some(word) = self.keywords.get(keyword) else { continue };
                let end = window.end - (to - behind);
                let Some(start) = end.checked_sub(word.len()) else { continue };
                if start < range.end
                    && end > range.start
                    && text.get(start..end).is_some_and(|text| text.eq_ignore_ascii_case(word))
                {
                    visit(Occurrence { keyword, start, end });
                }
            }
        }
    }

    /// Returns where keywords that overlap a range may stand. Of whole lines nothing reaches into others.
    fn window(&self, text: &[u8], range: &Range<usize>) -> Range<usize> {
        let ends_line = |at: usize| at > 0 && text.get(at - 1) == Some(&b'\n');
        let reach = |at: usize| if !self.spans_lines && ends_line(at) { 0 } else { self.longest };
        let end = range.end.saturating_add(reach(range.end)).min(text.len());
        range.start.saturating_sub(reach(range.start)).min(end)..end
    }

    /// Returns the places at which keywords end, with the state there.
    fn walk(&self, window: &[u8]) -> Vec<(u16, usize)> {
        let mut found: [Vec<(u16, usize)>; LANES] = Default::default();
        if window.len() < SHORT {
            let [only, ..] = &mut found;
            self.lane(window, 0, 0, only);
        } else {
            self.side_by_side(window, &mut found);
        }
        found.concat()
    }

    /// Walks one stretch from a state, and returns the state behind it.
    fn lane(&self, stretch: &[u8], offset: usize, mut state: u16, found: &mut Vec<(u16, usize)>) -> u16 {
        for (at, byte) in stretch.iter().enumerate() {
            state = self.step(state, *byte);
            if state >= self.first_end {
                found.push((state, offset + at + 1));
            }
        }
        state
    }

    fn side_by_side(&self, window: &[u8], found: &mut [Vec<(u16, usize)>; LANES]) {
        let length = window.len() / LANES;
        let lane = |number: usize| window.get(number * length..(number + 1) * length).unwrap_or_default();
        // A keyword that began before a lane ends in it.
        let warm = |number: usize| {
            let start = number * length;
            let before = window.get(start.saturating_sub(self.longest)..start).unwrap_or_default();
            before.iter().fold(0, |state, byte| self.step(state, *byte))
        };
        let mut states = [0, warm(1), warm(2), warm(3)];
        let (first, second, third, fourth) = (lane(0), lane(1), lane(2), lane(3));
        for (at, (((a, b), c), d)) in first.iter().zip(second).zip(third).zip(fourth).enumerate() {
            let [one, two, three, four] = &mut states;
            *one = self.step(*one, *a);
            *two = self.step(*two, *b);
            *three = self.step(*three, *c);
            *four = self.step(*four, *d);
            if (*one).max(*two).max((*three).max(*four)) >= self.first_end {
                for (number, (state, list)) in states.iter().zip(found.iter_mut()).enumerate() {
                    if *state >= self.first_end {
                        list.push((*state, number * length + at + 1));
                    }
                }
            }
        }
        let [.., last] = states;
        let [.., list] = found;
        self.lane(window.get(LANES * length..).unwrap_or_default(), LANES * length, last, list);
    }

    #[inline]
    fn step(&self, state: u16, byte: u8) -> u16 {
        let place = usize::from(state) * CLASSES + usize::from(class(&self.classes, byte));
        // The mask says to the compiler what is so anyway: a place is inside the table.
        self.table.get(place % PLACES).copied().unwrap_or(0)
    }
}

#[inline]
fn class(classes: &[u8; 256], byte: u8) -> u8 {
    classes.get(usize::from(byte)).copied().unwrap_or(0)
}

/// Numbers the bytes that stand in keywords, the frequent ones first: what is asked for often then lies together.
fn classes(keywords: &[String]) -> [u8; 256] {
    let mut counted: Vec<(usize, u8)> = (0..=u8::MAX).map(|byte| (0, byte)).collect();
    for byte in keywords.iter().flat_map(|word| word.bytes()) {
        counted.get_mut(usize::from(byte.to_ascii_lowercase())).into_iter().for_each(|slot| slot.0 += 1);
    }
    counted.retain(|(count, _)| *count > 0);
    counted.sort_by_key(|(count, byte)| (std::cmp::Reverse(*count), *byte));
    let mut classes = [0_u8; 256];
    for (number, (_, byte)) in (1..).zip(counted) {
        let number = u8::try_from(CLASSES.min(number + 1) - 1).unwrap_or(0);
        for spelled in [byte, byte.to_ascii_uppercase()] {
            classes.get_mut(usize::from(spelled)).into_iter().for_each(|slot| *slot = number);
        }
    }
    classes
}

impl std::fmt::Debug for Automaton {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Automaton({} keywords)", self.keywords.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(keywords: &[&str], text: &[u8], range: Range<usize>) -> Vec<(usize, usize)> {
        let keywords: Vec<String> = keywords.iter().map(|word| (*word).to_owned()).collect();
        let mut found = Vec::new();
        let mut last = 0;
        Automaton::new(&keywords).unwrap().visit(text, &[range], |one| {
            assert!(one.end >= last, "in the order in which they end");
            last = one.end;
            found.push((one.start, one.keyword));
        });
        found.sort_unstable();
        found
    }

    fn check(text: &str, range: Range<usize>, expected: &[(usize, usize)]) {
        assert_eq!(find(&["abc", "bc", "KEY"], text.as_bytes(), range), expected, "{text}");
    }

    #[test]
    fn overlapping_keywords_are_all_found_in_any_case() {
        check("xabc", 0..4, &[(1, 0), (2, 1)]);
        check("aBC key", 0..7, &[(0, 0), (1, 1), (4, 2)]);
        check("", 0..0, &[]);
    }

    #[test]
    fn a_range_sees_keywords_across_its_edges() {
        check("abc abc", 3..4, &[]);
        check("abc abc", 2..5, &[(0, 0), (1, 1), (4, 0)]);
    }

    #[test]
    fn bytes_that_share_a_class_are_told_apart() {
        let letters: Vec<String> =
            (0x4E00..0x4E80_u32).filter_map(char::from_u32).map(String::from).collect();
        let keywords: Vec<&str> = letters.iter().map(String::as_str).collect();
        let text: String = keywords.concat();
        let expected: Vec<(usize, usize)> = (0..keywords.len()).map(|number| (number * 3, number)).collect();
        assert_eq!(find(&keywords, text.as_bytes(), 0..text.len()), expected);
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_looking_everywhere(
            keywords in proptest::collection::btree_set("[a-c]{1,4}", 1..6),
            text in "[a-dA-C]{0,2100}",
        ) {
            let keywords: Vec<&str> = keywords.iter().map(String::as_str).collect();
            let lower = text.to_ascii_lowercase();
            let mut expected = Vec::new();
            for (number, word) in keywords.iter().enumerate() {
                let starts = (0..lower.len()).filter(|start| lower[*start..].starts_with(word));
                expected.extend(starts.map(|start| (start, number)));
            }
            expected.sort_unstable();
            proptest::prop_assert_eq!(find(&keywords, text.as_bytes(), 0..text.len()), expected);
        }
    }
}

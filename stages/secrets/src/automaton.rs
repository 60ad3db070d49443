//! One pass over a text that finds every keyword of every rule, in any case (Aho and Corasick, 1975).
//!
//! The automaton is our own because a run must start at once: a thousand keywords compile in a millisecond here and in
//! thirty with the general library, and four places of a text that are walked side by side hide the wait for memory
//! that one walk has at every byte.

use std::collections::VecDeque;
use std::ops::Range;

/// Places of a text that are walked side by side.
const LANES: usize = 4;
/// Bytes below which a text is walked from one end to the other.
const SHORT: usize = 512;

/// All keywords in one table.
pub(crate) struct Automaton {
    /// What a byte is, as far as any keyword can tell; capitals are small letters, and 0 is in no keyword.
    classes: [u8; 256],
    /// State and class → state. A state is the offset of its row; the rows of keywords' ends come last.
    table: Vec<u32>,
    width: u32,
    /// The first state at which a keyword ends.
    first_end: u32,
    /// For each such state, in order: the keywords that end there.
    ends: Vec<Vec<u16>>,
    lengths: Vec<u16>,
    longest: usize,
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
    /// Keywords are counted with 16 bits, and so are their lengths.
    #[error("more than 65,535 keywords, or one that long")]
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
        let fits = |length: usize| u16::try_from(length).map_err(|_| AutomatonError::TooMany);
        fits(keywords.len())?;
        let lengths: Vec<u16> = keywords.iter().map(|word| fits(word.len())).collect::<Result<_, _>>()?;
        let longest = keywords.iter().map(String::len).max().unwrap_or(0);
        let (classes, width) = classes(keywords);
        let mut trie = Trie::new(width);
        for (number, word) in (0_u16..).zip(keywords) {
            trie.insert(word.bytes().map(|byte| class(&classes, byte)), number);
        }
        trie.close();
        let (table, first_end, ends) = trie.into_table();
        Ok(Self { classes, table, width: u32::from(width), first_end, ends, lengths, longest })
    }

    /// Calls `visit` for every keyword that overlaps `range`, in the order in which they end.
    pub(crate) fn visit(&self, text: &[u8], range: Range<usize>, mut visit: impl FnMut(Occurrence)) {
        let start = range.start.saturating_sub(self.longest).min(text.len());
        let end = (range.end.saturating_add(self.longest)).min(text.len());
        let Some(window) = text.get(start..end) else { return };
        for (state, behind) in self.walk(window) {
            let row = state
                .checked_sub(self.first_end)
                .and_then(|offset| self.ends.get((offset / self.width) as usize));
            for keyword in row.into_iter().flatten() {
                let keyword = usize::from(*keyword);
                let end = start + behind;
                let begin = end - self.lengths.get(keyword).map_or(0, |length| usize::from(*length));
                if begin < range.end && end > range.start {
                    visit(Occurrence { keyword, start: begin, end });
                }
            }
        }
    }

    /// Returns the places at which keywords end, with the state there.
    fn walk(&self, window: &[u8]) -> Vec<(u32, usize)> {
        let mut found: [Vec<(u32, usize)>; LANES] = Default::default();
        if window.len() < SHORT {
            let [only, ..] = &mut found;
            self.lane(window, 0, 0, only);
        } else {
            self.side_by_side(window, &mut found);
        }
        found.concat()
    }

    /// Walks one stretch from a state, and returns the state behind it.
    fn lane(&self, stretch: &[u8], offset: usize, mut state: u32, found: &mut Vec<(u32, usize)>) -> u32 {
        for (at, byte) in stretch.iter().enumerate() {
            state = self.step(state, *byte);
            if state >= self.first_end {
                found.push((state, offset + at + 1));
            }
        }
        state
    }

    fn side_by_side(&self, window: &[u8], found: &mut [Vec<(u32, usize)>; LANES]) {
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
    fn step(&self, state: u32, byte: u8) -> u32 {
        let class = class(&self.classes, byte);
        // A state and a class are always inside the table; the check is cheaper than a doubt.
        self.table.get(state as usize + usize::from(class)).copied().unwrap_or(0)
    }
}

#[inline]
fn class(classes: &[u8; 256], byte: u8) -> u8 {
    classes.get(usize::from(byte)).copied().unwrap_or(0)
}

/// Numbers the bytes that stand in keywords; returns how many classes there are.
fn classes(keywords: &[String]) -> ([u8; 256], u8) {
    let mut classes = [0_u8; 256];
    let mut count = 1_u8;
    for byte in keywords.iter().flat_map(|word| word.bytes()) {
        let byte = byte.to_ascii_lowercase();
        if let Some(slot) = classes.get_mut(usize::from(byte))
            && *slot == 0
        {
            *slot = count;
            count = count.saturating_add(1);
        }
    }
    for small in b'a'..=b'z' {
        let known = class(&classes, small);
        if let Some(slot) = classes.get_mut(usize::from(small.to_ascii_uppercase())) {
            *slot = known;
        }
    }
    (classes, count)
}

/// The keywords as a tree; [`Trie::close`] makes an automaton of it.
struct Trie {
    width: usize,
    /// Row of each node; 0, the root, stands for no child until the tree is closed.
    rows: Vec<u32>,
    ends: Vec<Vec<u16>>,
}

impl Trie {
    fn new(width: u8) -> Self {
        Self { width: usize::from(width), rows: vec![0; usize::from(width)], ends: vec![Vec::new()] }
    }

    fn child(&self, node: usize, class: usize) -> usize {
        self.rows.get(node * self.width + class).map_or(0, |child| *child as usize)
    }

    fn set(&mut self, node: usize, class: usize, child: usize) {
        if let Some(slot) = self.rows.get_mut(node * self.width + class) {
            *slot = u32::try_from(child).unwrap_or(0);
        }
    }

    fn insert(&mut self, word: impl Iterator<Item = u8>, number: u16) {
        let mut node = 0;
        for class in word.map(usize::from) {
            let mut next = self.child(node, class);
            if next == 0 {
                next = self.ends.len();
                self.rows.resize(self.rows.len() + self.width, 0);
                self.ends.push(Vec::new());
                self.set(node, class, next);
            }
            node = next;
        }
        self.ends.get_mut(node).into_iter().for_each(|ends| ends.push(number));
    }

    /// Leads every missing child to where the longest suffix of what was read leads.
    fn close(&mut self) {
        let mut suffix = vec![0_usize; self.ends.len()];
        let mut queue: VecDeque<usize> = VecDeque::from([0]);
        while let Some(node) = queue.pop_front() {
            let shorter = suffix.get(node).copied().unwrap_or(0);
            for class in 0..self.width {
                let child = self.child(node, class);
                let fallback = if node == 0 { 0 } else { self.child(shorter, class) };
                if child == 0 {
                    self.set(node, class, fallback);
                    continue;
                }
                suffix.get_mut(child).into_iter().for_each(|slot| *slot = fallback);
                let inherited = self.ends.get(fallback).cloned().unwrap_or_default();
                self.ends.get_mut(child).into_iter().for_each(|ends| ends.extend(inherited.iter().copied()));
                queue.push_back(child);
            }
        }
    }

    /// Renumbers the nodes so that those at which a keyword ends come last, and states are offsets of rows.
    fn into_table(self) -> (Vec<u32>, u32, Vec<Vec<u16>>) {
        let order: Vec<usize> = {
            let nodes = 0..self.ends.len();
            let (plain, ending): (Vec<_>, Vec<_>) =
                nodes.partition(|node| self.ends.get(*node).is_some_and(Vec::is_empty));
            plain.into_iter().chain(ending).collect()
        };
        let mut state = vec![0_u32; order.len()];
        for (position, node) in order.iter().enumerate() {
            let offset = u32::try_from(position * self.width).unwrap_or(0);
            state.get_mut(*node).into_iter().for_each(|slot| *slot = offset);
        }
        let renumbered = |child: &u32| state.get(*child as usize).copied().unwrap_or(0);
        let row =
            |node: &usize| self.rows.get(node * self.width..(node + 1) * self.width).unwrap_or_default();
        let table = order.iter().flat_map(|node| row(node).iter().map(renumbered)).collect();
        let plain = self.ends.iter().filter(|ends| ends.is_empty()).count();
        let first_end = u32::try_from(plain * self.width).unwrap_or(u32::MAX);
        let ends = order.iter().skip(plain).filter_map(|node| self.ends.get(*node).cloned()).collect();
        (table, first_end, ends)
    }
}

impl std::fmt::Debug for Automaton {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Automaton({} keywords)", self.lengths.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(keywords: &[&str], text: &[u8], range: Range<usize>) -> Vec<(usize, usize)> {
        let keywords: Vec<String> = keywords.iter().map(|word| (*word).to_owned()).collect();
        let mut found = Vec::new();
        let mut last = 0;
        Automaton::new(&keywords).unwrap().visit(text, range, |one| {
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

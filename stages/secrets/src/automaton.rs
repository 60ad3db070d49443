//! One pass over a text that finds every keyword of every rule.

use std::ops::Range;

use aho_corasick::automaton::Automaton as _;
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, BuildError};

/// All keywords in one table, in any case. A table of states costs a megabyte or two and beats the automaton that
/// `AhoCorasick::new` picks for this many words threefold.
pub(crate) struct Automaton {
    table: DFA,
    longest: usize,
}

/// A keyword that ends at `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Occurrence {
    /// Index of the keyword in the list that the automaton was built from.
    pub(crate) keyword: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Automaton {
    /// Builds the table for distinct, non-empty keywords.
    pub(crate) fn new(keywords: &[String]) -> Result<Self, BuildError> {
        let table = DFA::builder().ascii_case_insensitive(true).prefilter(false).build(keywords)?;
        let longest = keywords.iter().map(String::len).max().unwrap_or(0);
        Ok(Self { table, longest })
    }

    /// Calls `visit` for every keyword that overlaps `range`, in the order in which they end.
    pub(crate) fn visit(&self, text: &[u8], range: Range<usize>, mut visit: impl FnMut(Occurrence)) {
        let start = range.start.saturating_sub(self.longest).min(text.len());
        let end = (range.end + self.longest).min(text.len());
        let Some(window) = text.get(start..end) else { return };
        let Ok(mut state) = self.table.start_state(Anchored::No) else { return };
        for (offset, byte) in window.iter().enumerate() {
            state = self.table.next_state(Anchored::No, state, *byte);
            if self.table.is_special(state) && self.table.is_match(state) {
                let end = start + offset + 1;
                for number in 0..self.table.match_len(state) {
                    let pattern = self.table.match_pattern(state, number);
                    let begin = end - self.table.pattern_len(pattern);
                    if begin < range.end && end > range.start {
                        visit(Occurrence { keyword: pattern.as_usize(), start: begin, end });
                    }
                }
            }
        }
    }
}

impl std::fmt::Debug for Automaton {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Automaton({} keywords)", self.table.patterns_len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, range: Range<usize>, expected: &[(usize, usize)]) {
        let automaton = Automaton::new(&["abc".into(), "bc".into(), "KEY".into()]).unwrap();
        let mut found = Vec::new();
        automaton.visit(text.as_bytes(), range, |one| found.push((one.keyword, one.start)));
        found.sort_unstable();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn overlapping_keywords_are_all_found_in_any_case() {
        check("xabc", 0..4, &[(0, 1), (1, 2)]);
        check("aBC key", 0..7, &[(0, 0), (1, 1), (2, 4)]);
        check("", 0..0, &[]);
    }

    #[test]
    fn a_range_sees_keywords_across_its_edges() {
        check("abc abc", 3..4, &[]);
        check("abc abc", 2..5, &[(0, 0), (0, 4), (1, 1)]);
    }
}

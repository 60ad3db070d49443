//! Lines that hold nothing wherever they stand. Versions of a file share most of their lines, so in a history a line that was
//! read once need not be read again.

use std::hash::{BuildHasher as _, Hasher as _};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::quality::RandomState;

use crate::rules::RuleIndex;

/// Longer lines are read each time.
const LONGEST: usize = 1 << 20;
/// Known text between two stretches of new lines that is read with them: beginning anew costs more.
const NEAR: usize = 64;
/// Bytes around a window that decide where a word ends.
const EDGE: usize = 8;
/// Lines that are looked up together, so that the waits for memory overlap.
const BATCH: usize = 16;

/// The plain lines of all texts so far, shared by all threads. Each is known by 64 bits of a hash with a seed of this run, so
/// that nobody can write a line that passes for another; a line that was forgotten is read again, with the same result.
pub(crate) struct PlainLines {
    /// A new line takes the place of another.
    slots: Box<[AtomicU64]>,
    hasher: RandomState,
}

impl PlainLines {
    /// Makes room for two to the power of `exponent` lines at a time, of eight bytes each.
    pub(crate) fn new(exponent: u32) -> Self {
        Self {
            slots: (0..1_usize << exponent).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::default(),
        }
    }

    /// Returns what of the ranges holds lines that are not known to be plain, in order and apart.
    pub(crate) fn fresh(&self, text: &[u8], ranges: &[Range<usize>]) -> Vec<Range<usize>> {
        let mut fresh: Vec<Range<usize>> = Vec::new();
        let mut lines = ranges.iter().flat_map(|range| Lines::new(text, range.clone()));
        let mut batch: [(Line, u64); BATCH] = Default::default();
        loop {
            let mut count = 0;
            for (slot, line) in batch.iter_mut().zip(&mut lines) {
                let hash = self.hash(text, &line.range);
                *slot = (line, hash);
                count += 1;
            }
            let is_known = |line: &Line, hash: u64| line.whole & (self.at(hash) == hash);
            let known = batch
                .iter()
                .rev()
                .fold(0_u64, |bits, (line, hash)| bits << 1 | u64::from(is_known(line, *hash)));
            for (number, (line, _)) in batch.iter().enumerate().take(count) {
                if known >> number & 1 == 1 {
                    continue;
                }
                match fresh.last_mut() {
                    Some(last) if line.range.start - last.end <= NEAR => last.end = line.range.end,
                    Some(_) | None => fresh.push(line.range.clone()),
                }
            }
            if count < BATCH {
                return fresh;
            }
        }
    }

    /// Remembers the lines of what was read, but for those that reach into `open`; returns these.
    pub(crate) fn remember(
        &self,
        text: &[u8],
        read: &[Range<usize>],
        mut open: Vec<Range<usize>>,
    ) -> Vec<Range<usize>> {
        let mut left: Vec<Range<usize>> = Vec::new();
        open.sort_unstable_by_key(|range| (range.start, range.end));
        let mut open = open.into_iter().peekable();
        for line in read.iter().flat_map(|range| Lines::new(text, range.clone())) {
            while open.next_if(|range| range.end <= line.range.start).is_some() {}
            let is_plain = open.peek().is_none_or(|next| next.start >= line.range.end);
            if line.whole && is_plain {
                self.note_nothing(self.hash(text, &line.range));
            } else {
                match left.last_mut() {
                    Some(last) if last.end == line.range.start => last.end = line.range.end,
                    Some(_) | None => left.push(line.range),
                }
            }
        }
        left
    }

    /// Returns what a line is known by; an empty slot is 0, and no line is.
    fn hash(&self, text: &[u8], line: &Range<usize>) -> u64 {
        self.key(0, text.get(line.clone()).unwrap_or_default())
    }

    fn key(&self, rule: u64, part: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        if rule > 0 {
            hasher.write_u64(rule);
        }
        hasher.write(part);
        hasher.finish() | 1
    }

    /// Returns what a look of a rule at a window is known by: all that its expression can see.
    pub(crate) fn window(&self, rule: RuleIndex, text: &[u8], window: &Range<usize>) -> u64 {
        let seen = window.start.saturating_sub(EDGE)..text.len().min(window.end + EDGE);
        // Where the text begins and ends is seen too.
        let edges = u64::from(seen.start == 0) << 1 | u64::from(seen.end == text.len());
        self.key((u64::from(rule.0) + 1) << 2 | edges, text.get(seen).unwrap_or_default())
    }

    /// Tells whether a look came to nothing before.
    pub(crate) fn came_to_nothing(&self, look: u64) -> bool {
        self.at(look) == look
    }

    /// Remembers that a look came to nothing.
    pub(crate) fn note_nothing(&self, look: u64) {
        self.slot(look).into_iter().for_each(|slot| slot.store(look, Ordering::Relaxed));
    }

    fn slot(&self, hash: u64) -> Option<&AtomicU64> {
        self.slots.get((hash >> 1) as usize & self.slots.len().wrapping_sub(1))
    }

    fn at(&self, hash: u64) -> u64 {
        self.slot(hash).map_or(0, |slot| slot.load(Ordering::Relaxed))
    }
}

/// A line with its end.
#[derive(Debug, Clone, Default)]
struct Line {
    range: Range<usize>,
    /// Whether it is all of the line, and short enough to be known.
    whole: bool,
}

/// The lines of a range, of which the first and the last may be cut.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a [u8], range: Range<usize>) -> Self {
        Self { text, at: range.start, end: range.end.min(text.len()) }
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    #[inline]
    fn next(&mut self) -> Option<Line> {
        let start = self.at;
        let rest = self.text.get(start..self.end).filter(|rest| !rest.is_empty())?;
        let found = memchr::memchr(b'\n', rest);
        self.at = found.map_or(self.end, |at| start + at + 1);
        let begins = start == 0 || self.text.get(start - 1) == Some(&b'\n');
        let ends = found.is_some() || self.at == self.text.len();
        Some(Line { range: start..self.at, whole: begins && ends && self.at - start <= LONGEST })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hint::Hint;
    use crate::rules::Rules;
    use crate::scan::{Options, scan, scan_version};

    fn check(lines: &PlainLines, text: &str, range: Range<usize>, expected: &[&str]) {
        let fresh = lines.fresh(text.as_bytes(), &[range]);
        let shown: Vec<&str> = fresh.into_iter().map(|part| &text[part]).collect();
        assert_eq!(shown, expected, "{text:?}");
    }

    #[test]
    fn only_whole_lines_are_known_and_only_plain_ones() {
        // Large enough that no two lines share a place by chance.
        let lines = PlainLines::new(20);
        let text = "one\ntwo\nthree\nfour";
        check(&lines, text, 0..text.len(), &[text]);
        let left = lines.remember(text.as_bytes(), &[0..text.len()], vec![9..10]);
        assert_eq!(left, [8..14]);
        check(&lines, text, 0..text.len(), &["three\n"]);
        check(&lines, text, 1..8, &["ne\n"]);
        check(&lines, text, 0..6, &["tw"]);
        check(&lines, "four\none\n", 0..9, &["four\n"]);
        let far = format!("new\n{}{}old\n", "one\n".repeat(10), "two\n".repeat(10));
        check(&lines, &far, 0..far.len(), &["new\n", "old\n"]);
        check(&lines, "new\none\ntwo\nold\n", 0..16, &["new\none\ntwo\nold\n"]);
        check(&lines, "", 0..0, &[]);
    }

    #[test]
    fn a_line_too_long_is_read_each_time() {
        let lines = PlainLines::new(12);
        let text = "x".repeat(LONGEST + 1);
        assert_eq!(lines.remember(text.as_bytes(), &[0..text.len()], Vec::new()), [0..text.len()]);
        check(&lines, &text, 0..text.len(), &[&text]);
    }

    /// Lines that hold something, may hold something beside others, or hold nothing.
    const LINES: &[&str] = &[
        "",
        "}",
        "let total = items.len();",
        "password = \"k9XwLq27vT\"",
        "password =",
        "  \"k9XwLq27vTz8\",",
        "- name: DB_PASSWORD",
        "  value: k9XwLq27vTz8",
        "token: ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "see https://shop.example/path and https://ann:k9XwLq27vT@shop.example/",
        "aws credentials of the shop",
        "key = \"AKIAQYLPMN5HHHFPZAM2\"",
        "secret: wJalrXUtnFEMIk7MDENGbPxRfiCYzXqLm4Tq9vTz",
        "cGFzc3dvcmQgPSAiazlYd0xxMjd2VCIKdG9rZW4gPSAiazlYd0xxMjd2VCIK",
        "    cGFzc3dvcmQgPSAiazlYd0xxMjd2VCIKdG9rZW4gPSAiazlYd0xxMjd2VCIKcGFzc3dvcmQgPSAi",
        "-----BEGIN PRIVATE KEY-----",
        "a=%70%61%73%73%77%6f%72%64%3D%22k9XwLq27vT%22",
        "db = connect(user=\"ann\", password=\"k9XwLq27vT\")",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_was_read_before_changes_nothing(
            texts in prop::collection::vec(prop::collection::vec(prop::sample::select(LINES), 0..30), 1..8),
        ) {
            let rules = Rules::own().unwrap();
            let options = Options { salt: [7; 32], threshold: 10, archives: true };
            let lines = PlainLines::new(12);
            for text in texts.iter().map(|lines| lines.join("\n")) {
                let whole = [0..text.len()];
                let alone = scan(text.as_bytes(), &whole, &Hint::NONE, &rules, &options);
                let shared = scan_version(text.as_bytes(), &whole, &rules, &options, &lines);
                prop_assert_eq!(&alone.hits, &shared.hits, "{}", text);
                prop_assert_eq!(&alone.limits, &shared.limits);
                prop_assert_eq!(alone.counts, shared.counts);
            }
        }
    }
}

//! Words that are looked for in a short text, all at once: a searcher for each would take longer to make than to use.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// A fixed list of at most 64 words.
pub(crate) struct WordList {
    words: &'static [&'static str],
    automaton: OnceLock<Option<AhoCorasick>>,
}

impl WordList {
    pub(crate) const fn new(words: &'static [&'static str]) -> Self {
        assert!(words.len() <= u64::BITS as usize, "each word has a bit");
        Self { words, automaton: OnceLock::new() }
    }

    /// Tells whether one of the words is in the text.
    pub(crate) fn any_in(&self, text: &[u8]) -> bool {
        self.automaton().is_some_and(|automaton| automaton.is_match(text))
    }

    /// Returns which of the words are in the text: a bit for each, the first word's the lowest.
    pub(crate) fn all_in(&self, text: &[u8]) -> u64 {
        let found = self.automaton().into_iter().flat_map(|automaton| automaton.find_overlapping_iter(text));
        found.fold(0, |bits, found| bits | 1 << found.pattern().as_u32())
    }

    fn automaton(&self) -> Option<&AhoCorasick> {
        // A list this short is never too large.
        let build =
            || AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).prefilter(false).build(self.words);
        self.automaton.get_or_init(|| build().ok()).as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_wherever_they_stand() {
        static WORDS: WordList = WordList::new(&["pass", "password", "word", "x"]);
        let check = |text: &str, expected: u64| {
            assert_eq!(WORDS.all_in(text.as_bytes()), expected, "{text}");
            assert_eq!(WORDS.any_in(text.as_bytes()), expected != 0, "{text}");
        };
        check("", 0);
        check("pas", 0);
        check("my password", 0b0111);
        check("x-word-x", 0b1100);
        check("PASS", 0);
    }
}

//! Rules of another tool's configuration, as the scan runs them.

use std::ops::Range;

use crate::pattern::Pattern;
use crate::value::entropy;

/// A rule that is meant for a whole text.
#[derive(Debug)]
pub(crate) struct Foreign {
    pub(crate) pattern: Pattern,
    /// Number of the group that holds the value; 0 takes the first group that matched, or else all.
    pub(crate) group: usize,
    pub(crate) entropy: Option<f64>,
}

/// Matches of one rule in one text that are taken.
const MOST: usize = 1000;

impl Foreign {
    /// Returns what tells this rule from others.
    pub(crate) fn describe(&self) -> String {
        format!("{} {} {:?}", self.pattern.text(), self.group, self.entropy)
    }

    /// Finds the values in a text.
    pub(crate) fn search(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut from = 0;
        while found.len() < MOST
            && let Some(matched) = self.pattern.find(text, from..text.len())
        {
            from = matched.whole.end.max(from + 1);
            let range = match self.group {
                0 => matched.number(1).unwrap_or_else(|| matched.whole.clone()),
                number => matched.number(number).unwrap_or_else(|| matched.whole.clone()),
            };
            let value = text.get(range.clone()).unwrap_or_default();
            if self.entropy.is_none_or(|least| entropy(value) >= least) {
                found.push(range);
            }
            if from > text.len() {
                break;
            }
        }
        found
    }
}

//! Rules of another tool's configuration, as the scan runs them.

use std::ops::Range;

use crate::pattern::Pattern;
use crate::value::entropy;

/// A rule that is meant for a whole text.
#[derive(Debug)]
pub(crate) struct Foreign {
    /// What the value looks like; a rule without one means the file as a whole.
    pub(crate) pattern: Option<Pattern>,
    /// Number of the group that holds the value; 0 takes the first group that matched, or else all.
    pub(crate) group: usize,
    pub(crate) entropy: Option<f64>,
    /// Which paths it is for; it is tested where the path is known.
    pub(crate) path: Option<Pattern>,
}

/// A match: the value, and all that the expression matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ForeignMatch {
    pub(crate) value: Range<usize>,
    pub(crate) whole: Range<usize>,
}

/// Matches of one rule in one text that are taken.
const MOST: usize = 1000;
/// Matches of one rule in one text that are weighed.
const MOST_WEIGHED: usize = 100_000;

impl Foreign {
    /// Returns what tells this rule from others.
    pub(crate) fn describe(&self) -> String {
        let text = |pattern: &Option<Pattern>| pattern.as_ref().map(|pattern| pattern.text().to_owned());
        format!("{:?} {} {:?} {:?}", text(&self.pattern), self.group, self.entropy, text(&self.path))
    }

    /// Tells whether the rule is for the file at `path`.
    pub(crate) fn is_for(&self, path: &str) -> bool {
        self.path.as_ref().is_none_or(|pattern| pattern.find(path.as_bytes(), 0..path.len()).is_some())
    }

    /// Finds the values in a text; tells whether those are all.
    pub(crate) fn search(&self, text: &[u8]) -> (Vec<ForeignMatch>, bool) {
        let Some(pattern) = &self.pattern else { return (Vec::new(), true) };
        let mut found = Vec::new();
        let (mut from, mut weighed) = (0, 0);
        while from <= text.len()
            && let Some(matched) = pattern.find(text, from..text.len())
        {
            if found.len() >= MOST || weighed >= MOST_WEIGHED {
                return (found, false);
            }
            weighed += 1;
            from = matched.whole.end.max(from + 1);
            let number = self.group.max(1);
            let range = matched
                .number(number)
                .filter(|range| !range.is_empty())
                .unwrap_or_else(|| matched.whole.clone());
            let value = text.get(range.clone()).unwrap_or_default();
            if !value.is_empty() && self.entropy.is_none_or(|least| entropy(value) >= least) {
                found.push(ForeignMatch { value: range, whole: matched.whole });
            }
        }
        (found, true)
    }
}

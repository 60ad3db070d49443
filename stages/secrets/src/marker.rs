//! Requests in the text itself to ignore what stands there: ours, and those of the tools people come from.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::text;

/// Whose form a marker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MarkerForm {
    /// `sluicegate:ignore RULE[,RULE] -- reason`.
    Own,
    /// The form of another tool, for any rule on its line.
    Foreign,
    /// The form of another tool that means the line below.
    ForeignNext,
}

/// A request to ignore what stands on a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// Whose form it has.
    pub form: MarkerForm,
    /// Where it stands.
    pub range: Range<usize>,
    /// Rules that it names; any rule when empty.
    pub rules: Vec<String>,
    /// The reason given.
    pub reason: Option<String>,
    /// Whether a finding answered to it.
    pub used: bool,
}

/// Text → form. The list exists here alone; the automaton's keywords and the parser come from it.
pub(crate) const FORMS: &[(&str, MarkerForm)] = &[
    ("sluicegate:ignore", MarkerForm::Own),
    ("gitleaks:allow", MarkerForm::Foreign),
    ("trufflehog:ignore", MarkerForm::Foreign),
    ("kingfisher:ignore", MarkerForm::Foreign),
    ("betterleaks:allow", MarkerForm::Foreign),
    ("pragma: allowlist secret", MarkerForm::Foreign),
    ("pragma: whitelist secret", MarkerForm::Foreign),
    ("pragma: allowlist nextline secret", MarkerForm::ForeignNext),
];

/// Longest line part that is read for names and a reason.
const LONGEST: usize = 400;

/// Reads the marker whose text stands at `found`. `None` when what follows is a longer word.
pub(crate) fn parse(text: &[u8], found: Range<usize>, form: MarkerForm) -> Option<Marker> {
    let rest = text.get(found.end..text::line(text, found.end, LONGEST).end).unwrap_or_default();
    if rest.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') {
        return None;
    }
    let mut marker = Marker { form, range: found, rules: Vec::new(), reason: None, used: false };
    if form == MarkerForm::Own {
        let rest = String::from_utf8_lossy(rest);
        let (names, reason) =
            rest.split_once("--").map_or((&*rest, None), |(names, reason)| (names, Some(reason)));
        marker.reason = reason.map(bare).filter(|reason| !reason.is_empty()).map(str::to_owned);
        // A comment that ends on the line (`*/`, `-->`) is no name.
        let names = bare(names).split([',', ' ', '\t']).map(str::trim).filter(|name| !name.is_empty());
        marker.rules = names.map(|name| name.strip_prefix("secrets/").unwrap_or(name).to_owned()).collect();
    }
    Some(marker)
}

/// Cuts what closes a comment, and spaces.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '*' | '/' | '>' | '-' | '#' | '}' | '"' | '\'')
    })
}

impl Marker {
    /// Tells whether the marker, by its place alone, means a value on these lines. Lines count from any one number.
    pub(crate) fn covers(&self, own_line: usize, first: usize, last: usize) -> bool {
        match self.form {
            // A value of several lines has no room for a comment inside.
            MarkerForm::Own | MarkerForm::Foreign => {
                own_line == first || last > first && own_line + 1 == first
            }
            MarkerForm::ForeignNext => own_line + 1 == first,
        }
    }

    /// Tells whether the marker speaks of this rule.
    pub(crate) fn names(&self, rule: &str) -> bool {
        self.form != MarkerForm::Own || self.rules.iter().any(|name| name == rule)
    }

    /// Tells whether the request can be granted: ours asks for a rule and a reason.
    pub fn is_complete(&self) -> bool {
        self.form != MarkerForm::Own || self.reason.is_some() && !self.rules.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<(&[&str], Option<&str>)>) {
        let (needle, form) = FORMS.iter().find(|(needle, _)| line.contains(needle)).unwrap();
        let start = line.find(needle).unwrap();
        let marker = parse(line.as_bytes(), start..start + needle.len(), *form);
        let found = marker.as_ref().map(|marker| {
            (marker.rules.iter().map(String::as_str).collect::<Vec<_>>(), marker.reason.as_deref())
        });
        assert_eq!(found, expected.map(|(rules, reason)| (rules.to_vec(), reason)), "{line}");
    }

    #[test]
    fn markers_name_rules_and_reasons() {
        check("x # sluicegate:ignore jwt -- test key", Some((&["jwt"], Some("test key"))));
        check("/* sluicegate:ignore a,secrets/b -- why not */", Some((&["a", "b"], Some("why not"))));
        check("<!-- sluicegate:ignore a -- docs -->", Some((&["a"], Some("docs"))));
        check("x # sluicegate:ignore a", Some((&["a"], None)));
        check("<!-- sluicegate:ignore a -->", Some((&["a"], None)));
        check("x # sluicegate:ignore", Some((&[], None)));
        check("x # sluicegate:ignored", None);
        check("x # gitleaks:allow", Some((&[], None)));
        check("x  # pragma: allowlist secret", Some((&[], None)));
    }

    #[test]
    fn a_marker_covers_its_line() {
        let of = |form| Marker { form, range: 0..0, rules: vec![], reason: None, used: false };
        assert!(of(MarkerForm::Own).covers(3, 3, 3));
        assert!(!of(MarkerForm::Own).covers(2, 3, 3));
        assert!(of(MarkerForm::Own).covers(2, 3, 9));
        assert!(of(MarkerForm::Own).covers(3, 3, 9));
        assert!(of(MarkerForm::ForeignNext).covers(2, 3, 3));
        assert!(!of(MarkerForm::ForeignNext).covers(3, 3, 3));
    }
}

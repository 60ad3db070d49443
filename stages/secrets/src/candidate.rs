//! What a rule or a reader thinks is a credential, before all of them are weighed against each other.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use model::{SecretVerdict, Severity};

use crate::rules::RuleIndex;

/// How much a source of candidates knows about what it found; the better informed wins an overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// A name that says credential.
    Name,
    /// A keyword near by.
    Context,
    /// A field of a known file or text format.
    Structure,
    /// A format of one service.
    Format,
}

/// A possible credential.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) rule: RuleIndex,
    pub(crate) source: Source,
    /// Where the value stands in the scanned text; for a wrapped value, where the wrapping stands.
    pub(crate) range: Range<usize>,
    /// All that the rule matched.
    pub(crate) matched: Range<usize>,
    /// The value itself, where it is not what stands at `range`.
    pub(crate) value: Option<Vec<u8>>,
    /// Leading characters that every credential of this kind has, and that may be shown.
    pub(crate) shown: usize,
    /// What the value is called where it stands: a variable, a field, a host.
    pub(crate) name: String,
    pub(crate) verdict: SecretVerdict,
    pub(crate) probability: Option<u8>,
    pub(crate) severity: Option<Severity>,
    /// Wrappings around the value, outermost first.
    pub(crate) decoded: Vec<String>,
}

impl Candidate {
    /// Begins a candidate that stands in the text as it is.
    pub(crate) fn new(rule: RuleIndex, source: Source, range: Range<usize>, verdict: SecretVerdict) -> Self {
        Self {
            rule,
            source,
            matched: range.clone(),
            range,
            value: None,
            shown: 0,
            name: String::new(),
            verdict,
            probability: None,
            severity: None,
            decoded: Vec::new(),
        }
    }

    /// Returns the value.
    pub(crate) fn value<'a>(&'a self, text: &'a [u8]) -> &'a [u8] {
        match &self.value {
            Some(value) => value,
            None => text.get(self.range.clone()).unwrap_or_default(),
        }
    }
}

/// Keeps, of candidates that overlap, the one that knows most: by verdict, then by source, then the worse rule, then
/// the longer, then the first rule. The order in is irrelevant; the order out is that of the text.
pub(crate) fn resolve(
    mut candidates: Vec<Candidate>,
    severity: impl Fn(RuleIndex) -> Severity,
) -> Vec<Candidate> {
    share_proofs(&mut candidates);
    candidates.sort_by(|a, b| {
        let trust = |candidate: &Candidate| {
            (
                candidate.verdict,
                candidate.source,
                severity(candidate.rule).rank(),
                // What is read off the text is better than what had to be decoded.
                Reverse(candidate.decoded.len()),
                candidate.range.len(),
            )
        };
        trust(b).cmp(&trust(a)).then_with(|| {
            (a.range.start, a.rule, &a.decoded, &a.value).cmp(&(b.range.start, b.rule, &b.decoded, &b.value))
        })
    });
    // Values of one wrapping share its range: they overlap only when they are the same.
    let mut kept: BTreeMap<(usize, Vec<u8>), Candidate> = BTreeMap::new();
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    for candidate in candidates {
        let wrapped = candidate.value.clone().unwrap_or_default();
        let last = taken.range(..candidate.range.end.max(candidate.range.start + 1)).next_back();
        let overlaps = last.is_some_and(|(_, end)| *end > candidate.range.start);
        let same_wrapping = !candidate.decoded.is_empty()
            && kept.range((candidate.range.start, Vec::new())..).next().is_some_and(|((start, _), other)| {
                *start == candidate.range.start && other.range == candidate.range && !other.decoded.is_empty()
            });
        if overlaps && !same_wrapping || kept.contains_key(&(candidate.range.start, wrapped.clone())) {
            continue;
        }
        taken.insert(candidate.range.start, candidate.range.end);
        kept.insert((candidate.range.start, wrapped), candidate);
    }
    kept.into_values().collect()
}

/// Values before a proven one among which it is looked for what holds it.
const NEIGHBORS: usize = 8;

/// A service's value that holds a proven one (a key, a token of a common form) is as sure, and says more.
fn share_proofs(candidates: &mut [Candidate]) {
    let is_proven = |candidate: &Candidate| {
        candidate.source == Source::Structure && candidate.verdict == SecretVerdict::Checksum
    };
    let proven: Vec<Range<usize>> = candidates
        .iter()
        .filter(|candidate| is_proven(candidate))
        .map(|candidate| candidate.range.clone())
        .collect();
    if proven.is_empty() {
        return;
    }
    let mut holders: Vec<&mut Candidate> = candidates
        .iter_mut()
        .filter(|candidate| {
            matches!(candidate.source, Source::Format | Source::Context) && candidate.decoded.is_empty()
        })
        .collect();
    holders.sort_by_key(|candidate| candidate.range.start);
    for range in proven {
        let behind = holders.partition_point(|holder| holder.range.start <= range.start);
        for holder in holders.iter_mut().take(behind).rev().take(NEIGHBORS) {
            if holder.range.end >= range.end {
                holder.verdict = SecretVerdict::Checksum;
                holder.source = Source::Format;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(rule: u16, range: Range<usize>, verdict: SecretVerdict) -> Candidate {
        Candidate::new(RuleIndex(rule), Source::Format, range, verdict)
    }

    fn check(candidates: Vec<Candidate>, expected: &[(u16, Range<usize>)]) {
        let mut reversed = candidates.clone();
        reversed.reverse();
        for given in [candidates, reversed] {
            let kept: Vec<_> =
                resolve(given, |rule| if rule.0 < 10 { Severity::Low } else { Severity::High })
                    .into_iter()
                    .map(|kept| (kept.rule.0, kept.range))
                    .collect();
            assert_eq!(kept, expected);
        }
    }

    #[test]
    fn the_best_informed_wins_an_overlap() {
        use SecretVerdict::{Checksum, Format, Likely};
        check(vec![candidate(1, 0..10, Likely), candidate(2, 4..8, Format)], &[(2, 4..8)]);
        check(vec![candidate(1, 0..10, Format), candidate(2, 4..8, Format)], &[(1, 0..10)]);
        check(vec![candidate(2, 0..10, Format), candidate(1, 0..10, Format)], &[(1, 0..10)]);
        check(vec![candidate(2, 0..10, Format), candidate(11, 2..5, Format)], &[(11, 2..5)]);
        check(vec![candidate(1, 0..10, Format), candidate(2, 10..20, Likely)], &[(1, 0..10), (2, 10..20)]);
        check(
            vec![candidate(1, 0..4, Checksum), candidate(2, 2..30, Format), candidate(3, 20..25, Likely)],
            &[(1, 0..4), (3, 20..25)],
        );
    }

    #[test]
    fn a_service_wins_over_the_form_that_it_uses() {
        use SecretVerdict::{Checksum, Likely};
        let key = |range| Candidate { source: Source::Structure, ..candidate(11, range, Checksum) };
        let context = |range| Candidate { source: Source::Context, ..candidate(1, range, Likely) };
        check(vec![key(3..20), context(2..21)], &[(1, 2..21)]);
        check(vec![key(3..20), context(4..20)], &[(11, 3..20)]);
    }

    #[test]
    fn several_values_can_share_one_wrapping() {
        let wrapped = |rule: u16, value: &str| Candidate {
            value: Some(value.into()),
            decoded: vec!["base64".into()],
            ..candidate(rule, 0..40, SecretVerdict::Format)
        };
        check(vec![wrapped(1, "a"), wrapped(2, "b"), wrapped(3, "a")], &[(1, 0..40), (2, 0..40)]);
    }
}

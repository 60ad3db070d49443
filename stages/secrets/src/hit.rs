//! What a scan gives: credentials without their values.

use std::borrow::Cow;
use std::ops::Range;

use model::{SecretVerdict, Severity};
use serde::{Deserialize, Serialize};

use crate::allow::Parts;
use crate::candidate::{self, Candidate};
use crate::limit::Limit;
use crate::marker::Marker;
use crate::rules::{RuleIndex, Rules};
use crate::scan::{Found, Options};
use crate::totals::{BINARY, BINARY_MEMBERS};
use crate::value::{is_random, strength};

/// Characters of a fixed prefix that are shown of a value.
const SHOWN: usize = 4;
/// Bits below which a value can be tried out: a hash of it, even keyed, would give it away to whoever has the key.
const GUESSABLE: f64 = 60.0;
/// Bits of a keyed hash that stand for a value which could be tried out: a changed password shows, and of a list of a
/// million likely ones 250 still fit.
const WITNESS: u16 = 0xFFF;
/// Hits of one text that are reported.
const MOST_HITS: usize = 1000;

/// What makes a credential the same credential elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Identity {
    /// A keyed hash of rule and value: the same in a tree, a history and an image.
    Value(String),
    /// The value could be guessed from a hash: the name it stands under, to be joined with the path, and a few bits of the
    /// hash, so that another value is another credential.
    Name(String, u16),
}

impl Identity {
    /// Returns the identity of the credential in the file at `path`.
    pub fn at(&self, path: &str) -> String {
        match self {
            Self::Value(hash) => hash.clone(),
            Self::Name(name, witness) => {
                let mut hasher = model::Hasher::new("secret-place/v2");
                hasher.part(path).part(name).part(witness.to_le_bytes());
                hasher.short()
            }
        }
    }
}

/// A credential in a text. Its value is nowhere in here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The rule that found it.
    pub rule: RuleIndex,
    /// Where it stands in the text; the whole file for a member of an archive.
    pub range: Range<usize>,
    /// The first characters, where all of its kind share them, and `…`.
    pub redacted: String,
    /// How sure the engine is.
    pub verdict: SecretVerdict,
    /// Probability of a real credential in percent, where a model gave one.
    pub probability: Option<u8>,
    /// Wrappings around the value, outermost first.
    pub decoded: Vec<String>,
    /// What makes it the same credential elsewhere.
    pub identity: Identity,
    /// Severity, where it differs from the rule's.
    pub severity: Option<Severity>,
    /// Index of the marker that asks to ignore it, in [`Scanned::markers`].
    pub marker: Option<usize>,
    /// The same for the same value within one run, whatever rule finds it; never kept, since a short value could be tried out.
    #[serde(skip)]
    pub tag: u64,
    /// Indices of the entries in [`Rules::allows`] whose tests on the value hold.
    pub allowed: Vec<u16>,
}

/// What was passed over by a rule of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Values whose checksum or structure proves that nobody issued them.
    pub fake: u64,
    /// Values that stand in for a credential, or that are published as examples.
    pub placeholder: u64,
    /// Files that are no text.
    pub binary: u64,
    /// Members of archives that are no text.
    pub binary_members: u64,
    /// Files of a tree that only say where Git LFS keeps what they stand for.
    pub pointers: u64,
}

impl Counts {
    /// Names the numbers of which a reader may want to know what they count.
    pub(crate) fn to_find(self) -> impl Iterator<Item = &'static str> {
        let numbers = [(BINARY, self.binary), (BINARY_MEMBERS, self.binary_members)];
        numbers.into_iter().filter(|(_, number)| *number > 0).map(|(what, _)| what)
    }

    pub(crate) const fn add(&mut self, other: Self) {
        self.fake += other.fake;
        self.placeholder += other.placeholder;
        self.binary += other.binary;
        self.binary_members += other.binary_members;
        self.pointers += other.pointers;
    }
}

/// What a scan of one text gives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scanned {
    /// The credentials, in the order of the text.
    pub hits: Vec<Hit>,
    /// Requests to ignore, in the order of the text.
    pub markers: Vec<Marker>,
    /// Bounds that were reached, each once.
    pub limits: Vec<Limit>,
    /// What was passed over.
    pub counts: Counts,
    /// Everything that must not be shown: sorted, disjoint ranges.
    pub redact: Vec<Range<usize>>,
    /// What all ranges mean.
    pub basis: Basis,
    /// Lines to look at again in another version of the text when something changes near them; `None` when all are.
    pub(crate) open: Option<Vec<Range<usize>>>,
    /// What to look at again as a whole when something in it changes.
    pub(crate) spans: Vec<Range<usize>>,
}

/// What the ranges of a result mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Basis {
    /// The bytes that were given.
    #[default]
    Given,
    /// These bytes: the file in another encoding.
    Decoded(Vec<u8>),
    /// Nothing that could be shown: the file is no text.
    Opaque,
}

impl Scanned {
    /// Returns the text that all ranges mean; `None` when the bytes given are no text.
    pub fn text<'a>(&'a self, given: &'a [u8]) -> Option<&'a [u8]> {
        match &self.basis {
            Basis::Given => Some(given),
            Basis::Decoded(text) => Some(text),
            Basis::Opaque => None,
        }
    }
}

/// Weighs what was found against each other, and takes the values out of it.
pub(crate) fn finish(found: Found, text: Option<Cow<'_, [u8]>>, rules: &Rules, options: &Options) -> Scanned {
    let mut limits = found.limits;
    let bytes = text.as_deref().unwrap_or_default();
    let ranges = found.candidates.iter().map(|candidate| candidate.range.clone()).chain(found.doubtful);
    let redact = if text.is_some() { merge(ranges.collect()) } else { Vec::new() };
    let enabled = found.candidates.into_iter().filter(|candidate| rules.is_enabled(candidate.rule)).collect();
    let mut kept = candidate::resolve(enabled, |rule| rules.severity(rule));
    if keep_worst(&mut kept, rules) {
        limits.push(Limit::TooManyHits);
    }
    let mut hits: Vec<Hit> = kept.iter().map(|candidate| hit(candidate, bytes, rules, options)).collect();
    let mut markers = found.markers;
    markers.sort_by_key(|marker| marker.range.start);
    markers.dedup_by_key(|marker| marker.range.start);
    answer(bytes, &mut hits, &mut markers, rules);
    limits.sort();
    limits.dedup();
    let basis = match text {
        Some(Cow::Owned(text)) => Basis::Decoded(text),
        Some(Cow::Borrowed(_)) => Basis::Given,
        None => Basis::Opaque,
    };
    Scanned {
        hits,
        markers,
        limits,
        counts: found.counts,
        redact,
        basis,
        open: found.open,
        spans: found.spans,
    }
}

/// Cuts to [`MOST_HITS`]: the worst, then the surest, then the first. Tells whether there were more.
fn keep_worst(kept: &mut Vec<Candidate>, rules: &Rules) -> bool {
    if kept.len() <= MOST_HITS {
        return false;
    }
    let rank = |candidate: &Candidate| {
        let severity = candidate.severity.unwrap_or_else(|| rules.severity(candidate.rule));
        (severity.rank(), candidate.verdict)
    };
    let mut numbered: Vec<(usize, Candidate)> = std::mem::take(kept).into_iter().enumerate().collect();
    numbered.sort_by(|(at, a), (other, b)| rank(b).cmp(&rank(a)).then(at.cmp(other)));
    numbered.truncate(MOST_HITS);
    numbered.sort_by_key(|(at, _)| *at);
    kept.extend(numbered.into_iter().map(|(_, candidate)| candidate));
    true
}

fn hit(candidate: &Candidate, text: &[u8], rules: &Rules, options: &Options) -> Hit {
    let value = candidate.value(text);
    let shown = value.get(..candidate.shown.min(SHOWN).min(value.len())).unwrap_or_default();
    let id = rules.entry(candidate.rule).map_or("", |entry| entry.id.as_str());
    Hit {
        rule: candidate.rule,
        range: candidate.range.clone(),
        redacted: format!("{}…", String::from_utf8_lossy(shown)),
        verdict: candidate.verdict,
        probability: candidate.probability,
        decoded: candidate.decoded.clone(),
        identity: identity(id, value, candidate, options),
        tag: tag(value, options),
        severity: candidate.severity,
        marker: None,
        allowed: allowed(id, value, candidate, text, rules),
    }
}

/// Longest line that a test on it sees on either side.
const LINE: usize = 4096;

fn allowed(rule: &str, value: &[u8], candidate: &Candidate, text: &[u8], rules: &Rules) -> Vec<u16> {
    let line = crate::text::line(text, candidate.range.start, LINE);
    let part = |range: Range<usize>| text.get(range).unwrap_or_default();
    let parts = Parts { secret: value, matched: part(candidate.matched.clone()), line: part(line) };
    let holding = (0_u16..).zip(rules.allows()).filter(|(_, allow)| allow.value_holds(rule, parts));
    holding.map(|(index, _)| index).collect()
}

fn identity(rule: &str, value: &[u8], candidate: &Candidate, options: &Options) -> Identity {
    let hash = keyed(rule, value, options);
    if strength(value) < GUESSABLE && !is_random(value) {
        let bits = hash.as_bytes().first_chunk::<2>().map_or(0, |head| u16::from_le_bytes(*head));
        return Identity::Name(candidate.name.clone(), bits & WITNESS);
    }
    let mut hash = hash.to_hex().to_string();
    hash.truncate(32);
    Identity::Value(hash)
}

fn tag(value: &[u8], options: &Options) -> u64 {
    let hash = keyed("", value, options);
    hash.as_bytes().first_chunk::<8>().map_or(0, |head| u64::from_le_bytes(*head))
}

fn keyed(rule: &str, value: &[u8], options: &Options) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(&options.salt);
    for part in [rule.as_bytes(), value] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize()
}

/// Gives each hit the marker that means it.
fn answer(text: &[u8], hits: &mut [Hit], markers: &mut [Marker], rules: &Rules) {
    if markers.is_empty() {
        return;
    }
    let ends: Vec<usize> = memchr::memchr_iter(b'\n', text).collect();
    let line = |offset: usize| ends.partition_point(|end| *end < offset);
    let lines: Vec<usize> = markers.iter().map(|marker| line(marker.range.start)).collect();
    for hit in hits {
        let first = line(hit.range.start);
        let last = line(hit.range.end.saturating_sub(1).max(hit.range.start));
        let id = rules.entry(hit.rule).map_or("", |entry| entry.id.as_str());
        // A marker stands on the line of what it means or above it; both lists are in the order of the text.
        let near = lines.partition_point(|own| own + 1 < first)..lines.partition_point(|own| *own <= first);
        let offset = near.start;
        let meant = markers.get_mut(near).unwrap_or_default().iter_mut().enumerate().find(|(at, marker)| {
            let own = lines.get(offset + at).copied().unwrap_or(0);
            marker.is_complete() && marker.names(id) && marker.covers(own, first, last)
        });
        if let Some((at, marker)) = meant {
            marker.used = true;
            hit.marker = Some(offset + at);
        }
    }
}

/// Joins ranges that meet.
fn merge(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            Some(_) | None => merged.push(range),
        }
    }
    merged
}

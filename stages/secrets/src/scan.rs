//! One text in, its credentials out: the pass over the keywords, the rules at each of them, and what is inside encoded
//! values and archives.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use model::SecretVerdict;

use crate::automaton::Occurrence;
use crate::budget::Budget;
use crate::candidate::{Candidate, Source};
use crate::check::{Check, Judgement};
use crate::detect::Memory;
use crate::engine_rule::EngineRule;
use crate::hint::Hint;
use crate::hit::{self, Counts, Scanned};
use crate::limit::Limit;
use crate::marker::{self, Marker, MarkerForm};
use crate::pattern::{Match, Pattern};
use crate::rules::{Compiled, Matcher, RuleIndex, Rules, Target};
use crate::text::{self, Form};
use crate::value::{entropy, is_word};
use crate::{archive, decode, placeholder, published, readers};

/// Bytes that a context rule looks at on either side of its keyword.
const NEAR: usize = 256;
/// Line ends that it looks across.
const NEAR_LINES: usize = 2;
/// Candidates of one text that are weighed; more of them is no source code.
const MOST_CANDIDATES: usize = 20_000;

/// Requests to ignore of one text that are heeded.
const MOST_MARKERS: usize = 10_000;
/// Longest credential behind a keyword.
const LONGEST: usize = 8 << 10;

/// What a scan depends on beside the text and the rules.
#[derive(Debug, Clone)]
pub struct Options {
    /// Keys what is told of a secret.
    pub salt: [u8; 32],
    /// Least probability, in percent, of a credential that only its name speaks for.
    pub threshold: u8,
    /// Whether archives are opened.
    pub archives: bool,
}

/// Finds the credentials in the bytes of one file. Only keywords inside `changed` (sorted ranges) are looked at: the
/// rest is known from another version of the file.
pub fn scan(
    bytes: &[u8],
    changed: &[Range<usize>],
    hint: &Hint,
    rules: &Rules,
    options: &Options,
) -> Scanned {
    let budget = Budget::default();
    let context = Context { rules, options, hint, budget: &budget };
    let looks_packed = options.archives && archive::Kind::of(bytes).is_some();
    if let Some(found) = looks_packed.then(|| context.open(bytes, 0)).flatten() {
        return hit::finish(found, None, rules, options);
    }
    match text::form(bytes, hint.language) {
        Form::Binary => {
            let mut found = Found::default();
            context.binary(bytes, &mut found);
            if looks_packed {
                found.limit(Limit::ArchiveUnreadable);
            }
            hit::finish(found, None, rules, options)
        }
        Form::Text(std::borrow::Cow::Borrowed(text)) => {
            hit::finish(context.search(text, changed, 0), Some(text.into()), rules, options)
        }
        Form::Text(std::borrow::Cow::Owned(text)) => {
            // Offsets of the encoded file say nothing about the decoded text.
            let found = context.search(&text, std::slice::from_ref(&(0..text.len())), 0);
            hit::finish(found, Some(text.into()), rules, options)
        }
    }
}

/// What holds for a text and all that is inside it.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) options: &'a Options,
    pub(crate) hint: &'a Hint,
    pub(crate) budget: &'a Budget,
}

/// What a search came upon.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) candidates: Vec<Candidate>,
    /// Ranges that may be credentials and were not believed; they are not reported, and not shown either.
    pub(crate) doubtful: Vec<Range<usize>>,
    pub(crate) markers: Vec<Marker>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) counts: Counts,
}

impl Context<'_> {
    /// Searches a text at a depth of wrapping.
    pub(crate) fn search(&self, text: &[u8], ranges: &[Range<usize>], depth: usize) -> Found {
        let mut pass = Pass::new(*self, text);
        for range in ranges {
            self.rules.automaton().visit(text, range.clone(), |occurrence| pass.keyword(occurrence));
        }
        pass.around_keywords();
        pass.whole_text();
        if depth == 0 {
            readers::read(&mut pass);
        }
        decode::search(&mut pass, ranges, depth);
        pass.found
    }

    /// Searches what an archive holds; `None` when it is no archive after all.
    pub(crate) fn open(&self, bytes: &[u8], depth: usize) -> Option<Found> {
        let mut found = Found::default();
        let limits = archive::open(bytes, self.budget, &mut |member| {
            let hint = Hint::of(&member.path);
            let inside = Context { hint: &hint, ..*self };
            let (inner, text) = match text::form(&member.bytes, hint.language) {
                Form::Text(text) => {
                    (inside.search(&text, std::slice::from_ref(&(0..text.len())), depth), text)
                }
                Form::Binary => {
                    let mut inner = Found::default();
                    inside.binary(&member.bytes, &mut inner);
                    if member.unopened {
                        inner.limit(Limit::ArchiveMalformed);
                    }
                    (inner, member.bytes.as_slice().into())
                }
            };
            found.lift(inner, &text, 0..bytes.len(), &member.wrapping);
        })?;
        found.limits.extend(limits);
        Some(found)
    }

    /// Looks at what is no text: it may hold keys as a whole.
    fn binary(&self, bytes: &[u8], found: &mut Found) {
        found.counts.binary += 1;
        found.candidates.extend(readers::key_store(bytes, self.rules));
    }
}

impl Found {
    /// Takes over what was found inside a wrapping that stands at `range`.
    pub(crate) fn lift(&mut self, inner: Self, text: &[u8], range: Range<usize>, wrapping: &[String]) {
        for mut candidate in inner.candidates {
            if self.candidates.len() >= MOST_CANDIDATES {
                self.limit(Limit::TooManyCandidates);
                break;
            }
            if candidate.value.is_none() {
                candidate.value = Some(candidate.value(text).to_vec());
            }
            candidate.range = range.clone();
            candidate.matched = range.clone();
            candidate.decoded.splice(0..0, wrapping.iter().cloned());
            self.candidates.push(candidate);
        }
        inner.limits.into_iter().for_each(|limit| self.limit(limit));
        self.counts.add(inner.counts);
    }

    /// Notes that a bound was reached.
    pub(crate) fn limit(&mut self, limit: Limit) {
        if !self.limits.contains(&limit) {
            self.limits.push(limit);
        }
    }
}

/// The pass over one text.
pub(crate) struct Pass<'a> {
    pub(crate) context: Context<'a>,
    pub(crate) text: &'a [u8],
    pub(crate) found: Found,
    /// How far the detector of assignments has read, so that two keywords in one name are one assignment.
    pub(crate) assigned: usize,
    /// What detectors know of the text behind the keywords they saw.
    pub(crate) memory: Memory,
    /// Where each context rule is to look: one after another, none meets the next.
    windows: BTreeMap<RuleIndex, Vec<Range<usize>>>,
    /// How far the last match of each prefix rule reached.
    matched: BTreeMap<RuleIndex, usize>,
    /// Rules for the whole text whose keyword was seen.
    whole: BTreeSet<RuleIndex>,
}

impl<'a> Pass<'a> {
    fn new(context: Context<'a>, text: &'a [u8]) -> Self {
        let whole = context.rules.always().iter().copied().collect();
        Self {
            context,
            text,
            found: Found::default(),
            assigned: 0,
            memory: Memory::default(),
            windows: BTreeMap::new(),
            matched: BTreeMap::new(),
            whole,
        }
    }

    fn keyword(&mut self, at: Occurrence) {
        if self.found.candidates.len() >= MOST_CANDIDATES {
            self.found.limit(Limit::TooManyCandidates);
            return;
        }
        let rules = self.context.rules;
        for target in rules.targets(at.keyword) {
            match *target {
                Target::Detector(detector) => detector.run(self, at),
                Target::Rule(index) => {
                    let Some(rule) = rules.get(index) else { continue };
                    match &rule.matcher {
                        Matcher::Prefix(pattern) => self.prefix(index, rule, pattern, at),
                        Matcher::Context(_) => self.note_window(index, at),
                        Matcher::Whole(_) => {
                            self.whole.insert(index);
                        }
                        Matcher::Engine => {}
                    }
                }
            }
        }
    }

    /// Tries a rule exactly at its keyword.
    fn prefix(&mut self, index: RuleIndex, rule: &Compiled, pattern: &Pattern, at: Occurrence) {
        let keyword = self.text.get(at.start..at.end).unwrap_or_default();
        let spelled = rule.entry.keywords.iter().any(|known| known.as_bytes() == keyword);
        if !spelled || self.matched.get(&index).is_some_and(|end| at.start < *end) {
            return;
        }
        let fixed = |found: &Match| if found.secret.start == at.start { keyword.len() } else { 0 };
        if begins_word(self.text, at.start)
            && let Some(found) = pattern.at(self.text, at.start, LONGEST)
            && !continues(self.text, &found.secret)
        {
            self.matched.insert(index, found.whole.end);
            self.weigh(index, rule, &found, fixed(&found), Source::Format);
        } else if rule.check.is_some_and(Check::can_prove)
            && let Some(found) = pattern.loosely_at(self.text, at.start, LONGEST)
            && rule.check.is_some_and(|check| check.judge(self.text, &found) == Judgement::Proven)
        {
            // In the middle of a word: only a proof is believed.
            self.matched.insert(index, found.whole.end);
            self.weigh(index, rule, &found, fixed(&found), Source::Format);
        }
    }

    /// Notes that a rule is to look around its keyword.
    fn note_window(&mut self, index: RuleIndex, at: Occurrence) {
        let window = text::window(self.text, at.start..at.end, NEAR, NEAR_LINES);
        let windows = self.windows.entry(index).or_default();
        match windows.last_mut() {
            Some(last) if window.start <= last.end => last.end = last.end.max(window.end),
            Some(_) | None => windows.push(window),
        }
    }

    /// Tries the context rules around their keywords.
    fn around_keywords(&mut self) {
        for (index, windows) in std::mem::take(&mut self.windows) {
            let Some(rule) = self.context.rules.get(index) else { continue };
            let Matcher::Context(pattern) = &rule.matcher else { continue };
            for window in windows {
                let mut from = window.start;
                while let Some(found) = pattern.find(self.text, from..window.end) {
                    if self.found.candidates.len() >= MOST_CANDIDATES {
                        self.found.limit(Limit::TooManyCandidates);
                        return;
                    }
                    from = found.whole.end.max(from + 1);
                    if !continues(self.text, &found.secret) {
                        let secret = self.text.get(found.secret.clone()).unwrap_or_default();
                        let opening = pattern.opening();
                        let fixed = if secret.starts_with(opening.as_bytes()) { opening.len() } else { 0 };
                        self.weigh(index, rule, &found, fixed, Source::Context);
                    }
                }
            }
        }
    }

    /// Tries the rules that are meant for a whole text.
    fn whole_text(&mut self) {
        for index in std::mem::take(&mut self.whole) {
            let Some(rule) = self.context.rules.get(index) else { continue };
            if let Matcher::Whole(foreign) = &rule.matcher {
                let (matches, complete) = foreign.search(self.text);
                if !complete {
                    self.found.limit(Limit::TooManyCandidates);
                }
                for found in matches {
                    let mut candidate =
                        Candidate::new(index, Source::Context, found.value, SecretVerdict::Format);
                    candidate.matched = found.whole;
                    self.found.candidates.push(candidate);
                }
            }
        }
    }

    /// Decides whether a match is believed. `fixed` leading characters of the value are the same for all of its kind.
    fn weigh(&mut self, index: RuleIndex, rule: &Compiled, found: &Match, fixed: usize, source: Source) {
        let secret = self.text.get(found.secret.clone()).unwrap_or_default();
        if secret.is_empty() {
            return;
        }
        let judgement = rule.check.map_or(Judgement::Open, |check| check.judge(self.text, found));
        let body = secret.get(fixed..).unwrap_or(secret);
        let verdict = match (judgement, source) {
            (Judgement::Fake, _) => {
                self.found.counts.fake += 1;
                return;
            }
            (Judgement::Proven, _) => SecretVerdict::Checksum,
            (Judgement::Open, Source::Format | Source::Structure) => SecretVerdict::Format,
            (Judgement::Open, Source::Name | Source::Context) => SecretVerdict::Likely,
        };
        let made_up = judgement == Judgement::Open && placeholder::is_placeholder(body);
        let flat = rule.entry.min_entropy.is_some_and(|least| entropy(secret) < least);
        if made_up || flat || published::is_known(secret) {
            self.found.counts.placeholder += 1;
            return;
        }
        let mut candidate = Candidate::new(index, source, found.secret.clone(), verdict);
        candidate.shown = fixed;
        candidate.matched = found.whole.clone();
        self.found.candidates.push(candidate);
    }

    /// Notes a value that code of the engine found.
    pub(crate) fn push(
        &mut self,
        rule: EngineRule,
        range: Range<usize>,
        source: Source,
        verdict: SecretVerdict,
    ) -> Option<&mut Candidate> {
        let index = self.context.rules.engine(rule)?;
        self.found.candidates.push(Candidate::new(index, source, range, verdict));
        self.found.candidates.last_mut()
    }

    /// Notes a marker.
    pub(crate) fn marker(&mut self, at: Occurrence, form: MarkerForm) {
        if self.found.markers.len() >= MOST_MARKERS {
            self.found.limit(Limit::TooManyMarkers);
            return;
        }
        self.found.markers.extend(marker::parse(self.text, at.start..at.end, form));
    }
}

/// Tells whether a word can begin at `start`: what stands before is no part of it.
pub(crate) fn begins_word(text: &[u8], start: usize) -> bool {
    let before = text.get(start.saturating_sub(6)..start).unwrap_or_default();
    if !text.get(start).copied().is_some_and(is_word) || !before.last().copied().is_some_and(is_word) {
        return true;
    }
    match before {
        // An escape of a string: `\n`, `\u003d`; an escape of a URL: `%3D`.
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'0'] => true,
        [b'\\', b'u', rest @ ..] => rest.iter().all(u8::is_ascii_hexdigit),
        [.., b'%', a, b] => a.is_ascii_hexdigit() && b.is_ascii_hexdigit(),
        _ => false,
    }
}

/// Tells whether a value of letters and digits goes on behind its end: `-` and a letter make it part of a name.
fn continues(text: &[u8], range: &Range<usize>) -> bool {
    let dashed =
        |a: Option<&u8>, b: Option<&u8>| a == Some(&b'-') && b.is_some_and(u8::is_ascii_alphanumeric);
    dashed(text.get(range.end), text.get(range.end + 1))
}

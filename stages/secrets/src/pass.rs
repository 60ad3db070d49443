//! The pass over one text: what is asked at each keyword, and what is believed of the answers.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use model::SecretVerdict;

use crate::automaton::Occurrence;
use crate::candidate::{Candidate, Source};
use crate::check::{Check, Judgement};
use crate::detect::Memory;
use crate::engine_rule::EngineRule;
use crate::generic;
use crate::hint::Area;
use crate::limit::Limit;
use crate::marker::{self, MarkerForm};
use crate::pattern::{Match, Pattern};
use crate::rules::{Compiled, Matcher, RuleIndex, Target};
use crate::scan::{Context, Found, MOST_CANDIDATES};
use crate::text;
use crate::value::{entropy, is_word};
use crate::{placeholder, published};

/// Bytes that a context rule looks at on either side of its keyword.
const NEAR: usize = source::AROUND;
/// Line ends that it looks across.
const NEAR_LINES: usize = 2;
/// Requests to ignore of one text that are heeded.
const MOST_MARKERS: usize = 10_000;
/// Longest credential behind a keyword.
const LONGEST: usize = 8 << 10;

/// What a look at a keyword says of the next look at the same line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// It comes to nothing again, wherever the line stands: the line alone says so.
    Idle,
    /// It came to something, or may elsewhere.
    Open,
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
    /// What has to be looked at again wherever its line stands.
    pub(crate) open: Vec<Range<usize>>,
    /// What looks at it may read over many lines.
    pub(crate) spans: Vec<Range<usize>>,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(context: Context<'a>, text: &'a [u8]) -> Self {
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
            open: Vec::new(),
            spans: Vec::new(),
        }
    }

    pub(crate) fn keyword(&mut self, at: Occurrence) {
        let mut open = false;
        for target in self.context.rules.targets(at.keyword) {
            open |= self.target(*target, at) == Look::Open;
        }
        if open {
            self.open.push(at.start..at.end);
        }
    }

    /// Notes that a look may read this far.
    pub(crate) fn span(&mut self, start: usize, end: usize) {
        self.spans.push(start..end.min(self.text.len()));
    }

    fn target(&mut self, target: Target, at: Occurrence) -> Look {
        if self.found.candidates.len() >= MOST_CANDIDATES {
            self.found.limit(Limit::TooManyCandidates);
            return Look::Open;
        }
        let index = match target {
            Target::Detector(detector) => return detector.run(self, at),
            Target::Rule(index) => index,
        };
        let Some(rule) = self.context.rules.get(index) else { return Look::Idle };
        match &rule.matcher {
            Matcher::Prefix(pattern) => return self.prefix(index, rule, pattern, at),
            Matcher::Context(_) => self.note_window(index, at),
            Matcher::Whole(_) => {
                self.span(0, self.text.len());
                self.whole.insert(index);
            }
            Matcher::Engine => return Look::Idle,
        }
        Look::Open
    }

    /// Tries a rule exactly at its keyword.
    fn prefix(&mut self, index: RuleIndex, rule: &Compiled, pattern: &Pattern, at: Occurrence) -> Look {
        let keyword = self.text.get(at.start..at.end).unwrap_or_default();
        if !rule.entry.keywords.iter().any(|known| known.as_bytes() == keyword) {
            return Look::Idle;
        }
        if self.matched.get(&index).is_some_and(|end| at.start < *end) {
            return Look::Open;
        }
        let provable = rule.check.is_some_and(Check::can_prove);
        let fixed = |found: &Match| if found.secret.start == at.start { keyword.len() } else { 0 };
        let apart = begins_word(self.text, at.start);
        if apart
            && let Some(found) = pattern.at(self.text, at.start, LONGEST)
            && !continues(self.text, &found.secret)
        {
            self.matched.insert(index, found.whole.end);
            self.weigh(index, rule, &found, fixed(&found), Source::Format);
        } else if provable
            && let Some(found) = pattern.loosely_at(self.text, at.start, LONGEST)
            && rule.check.is_some_and(|check| check.judge(self.text, &found) == Judgement::Proven)
        {
            // In the middle of a word: only a proof is believed.
            self.matched.insert(index, found.whole.end);
            self.weigh(index, rule, &found, fixed(&found), Source::Format);
        } else if !apart && !provable || pattern.stays_on_line() {
            return Look::Idle;
        }
        if !pattern.stays_on_line() {
            self.span(at.start, at.start + LONGEST);
        }
        Look::Open
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
    pub(crate) fn around_keywords(&mut self) {
        for (index, windows) in std::mem::take(&mut self.windows) {
            let Some(rule) = self.context.rules.get(index) else { continue };
            let Matcher::Context(pattern) = &rule.matcher else { continue };
            for window in windows {
                let look = self.context.plain.map(|plain| (plain, plain.window(index, self.text, &window)));
                if look.is_some_and(|(plain, look)| plain.came_to_nothing(look)) {
                    continue;
                }
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
                if let Some((plain, look)) = look.filter(|_| from == window.start) {
                    plain.note_nothing(look);
                }
            }
        }
    }

    /// Tries the rules that are meant for a whole text.
    pub(crate) fn whole_text(&mut self) {
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
            (Judgement::Public, _) => return,
            (Judgement::Proven, _) => SecretVerdict::Checksum,
            (Judgement::Open, Source::Format | Source::Structure) => SecretVerdict::Format,
            (Judgement::Open, Source::Name | Source::Context) => SecretVerdict::Likely,
        };
        // `ser.FollowExternalSymlinks`: a short prefix is a variable as well.
        let member = source == Source::Format && generic::is_of_words(body);
        // A label of a form in some language is no more than a text.
        let is_label = source == Source::Context
            && self.context.hint.area == Area::Words
            && !generic::fixture::is_specific(secret);
        let made_up =
            is_label || judgement == Judgement::Open && (member || placeholder::is_placeholder(body));
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

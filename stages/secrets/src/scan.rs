//! One text in, its credentials out: the pass over the keywords, the rules at each of them, and what is inside encoded
//! values and archives.

use std::borrow::Cow;
use std::ops::Range;

use crate::budget::Budget;
use crate::candidate::Candidate;
use crate::hint::{Hint, Language};
use crate::hit::{self, Counts, Scanned};
use crate::limit::Limit;
use crate::marker::Marker;
use crate::pass::Pass;
use crate::plain::PlainLines;
use crate::rules::Rules;
use crate::text::{self, Form};
use crate::{archive, decode, readers};

/// Candidates of one text that are weighed; more of them is no source code.
pub(crate) const MOST_CANDIDATES: usize = 20_000;

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
    Context { rules, options, hint, budget: &budget, plain: None }.scan(bytes, changed)
}

/// Like [`scan`], under a path that is not known, of one of many texts that share lines.
pub(crate) fn scan_version(
    bytes: &[u8],
    changed: &[Range<usize>],
    rules: &Rules,
    options: &Options,
    plain: &PlainLines,
) -> Scanned {
    let budget = Budget::default();
    let plain = (!rules.automaton().spans_lines()).then_some(plain);
    Context { rules, options, hint: &Hint::NONE, budget: &budget, plain }.scan(bytes, changed)
}

/// Tells by the first bytes of a content, as many as decide what is text, that a scan comes to nothing whatever follows and
/// whatever the content is called.
pub(crate) fn passes_over(head: &[u8], options: &Options) -> bool {
    // A name that promises a program has more bytes pass for text.
    matches!(text::form(head, Language::Code), Form::Binary)
        && !(options.archives && archive::is_packed(head))
        && !readers::may_be_key_store(head)
}

/// What holds for a text and all that is inside it.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) options: &'a Options,
    pub(crate) hint: &'a Hint,
    pub(crate) budget: &'a Budget,
    /// Lines that need no look.
    pub(crate) plain: Option<&'a PlainLines>,
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
    /// Lines in which there is something to look at, wherever they stand; `None` when that is not known.
    pub(crate) open: Option<Vec<Range<usize>>>,
    /// What a look may read over many lines.
    pub(crate) spans: Vec<Range<usize>>,
}

impl Context<'_> {
    fn scan(&self, bytes: &[u8], changed: &[Range<usize>]) -> Scanned {
        let (rules, options) = (self.rules, self.options);
        let looks_packed = options.archives && archive::Kind::of(bytes).is_some();
        if let Some(found) = looks_packed.then(|| self.open(bytes, 0)).flatten() {
            return hit::finish(found, None, rules, options);
        }
        match self.form(bytes) {
            Form::Binary => {
                let mut found = Found::default();
                self.binary(bytes, &mut found);
                if looks_packed {
                    found.limit(Limit::ArchiveUnreadable);
                }
                hit::finish(found, None, rules, options)
            }
            Form::Text(Cow::Borrowed(text)) => {
                hit::finish(self.search(text, changed, 0), Some(text.into()), rules, options)
            }
            Form::Text(Cow::Owned(text)) => {
                // Offsets of the encoded file say nothing about the decoded text.
                let mut found = self.search(&text, std::slice::from_ref(&(0..text.len())), 0);
                let whole = 0..bytes.len();
                (found.open, found.spans) = (None, vec![whole]);
                hit::finish(found, Some(text.into()), rules, options)
            }
        }
    }

    /// Searches a text at a depth of wrapping.
    pub(crate) fn search(&self, text: &[u8], ranges: &[Range<usize>], depth: usize) -> Found {
        let plain = self.plain.filter(|_| depth == 0);
        let fresh = plain.map(|plain| plain.fresh(text, ranges));
        let ranges = fresh.as_deref().unwrap_or(ranges);
        if plain.is_some() && ranges.is_empty() && self.rules.always().is_empty() {
            return Found { open: Some(Vec::new()), ..Found::default() };
        }
        let mut pass = Pass::new(*self, text);
        self.rules.automaton().visit(text, ranges, |occurrence| pass.keyword(occurrence));
        pass.around_keywords();
        pass.whole_text();
        if depth == 0 {
            readers::read(&mut pass);
        }
        decode::search(&mut pass, ranges, depth);
        let mut found = pass.found;
        found.open = plain.map(|plain| plain.remember(text, ranges, pass.open));
        found.spans = pass.spans;
        found
    }

    /// Searches what an archive holds; `None` when it is no archive after all.
    pub(crate) fn open(&self, bytes: &[u8], depth: usize) -> Option<Found> {
        let mut found = Found::default();
        let limits = archive::open(bytes, self.budget, &mut |member| {
            let hint = Hint::of(&member.path);
            let inside = Context { hint: &hint, plain: None, ..*self };
            let (mut inner, text) = match inside.form(&member.bytes) {
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
            inner.counts.binary_members += std::mem::take(&mut inner.counts.binary);
            found.lift(inner, &text, 0..bytes.len(), &member.wrapping);
        })?;
        found.limits.extend(limits);
        Some(found)
    }

    /// Tells what a content is. What is packed is no text, though its first bytes may look like one.
    fn form<'b>(&self, bytes: &'b [u8]) -> Form<'b> {
        let packed = archive::is_of_other_kind(bytes);
        if packed { Form::Binary } else { text::form(bytes, self.hint.language) }
    }

    /// Looks at what is no text: it may hold keys as a whole.
    fn binary(&self, bytes: &[u8], found: &mut Found) {
        found.counts.binary += 1;
        if self.options.archives && archive::is_of_other_kind(bytes) {
            found.limit(Limit::ArchiveKind);
        }
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

//! An expression as steps that are tried one after another, with a way back.
//!
//! Compiling an expression to an automaton takes a hundred times as long as one look at a token does, and a run that looks at
//! fifty files needs dozens of rules once or twice. So an expression is first walked as it was parsed. What takes too many
//! steps is left to the automaton, whose time is linear whatever the text: see [`super::Pattern`].

use std::ops::Range;

use regex_automata::util::look::LookMatcher;
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// Steps after which a search is given up.
const MOST_STEPS: usize = 20_000;
/// How deep steps may call each other; each round of a repeated group goes deeper.
const DEEPEST: usize = 200;

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Set([u64; 4]);

impl Set {
    fn add(&mut self, byte: u8) {
        if let Some(word) = self.0.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }

    fn has(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 6)).is_some_and(|word| word >> (byte & 63) & 1 != 0)
    }

    fn join(self, other: Self) -> Self {
        let mut joined = self;
        joined.0.iter_mut().zip(other.0).for_each(|(word, more)| *word |= more);
        joined
    }

    fn of(class: &Class) -> Option<Self> {
        let mut set = Self::default();
        match class {
            Class::Bytes(class) => {
                class.iter().for_each(|range| (range.start()..=range.end()).for_each(|byte| set.add(byte)))
            }
            Class::Unicode(class) => {
                for range in class.iter() {
                    let (first, last) = (u8::try_from(range.start()).ok()?, u8::try_from(range.end()).ok()?);
                    (first..=last).try_for_each(|byte| byte.is_ascii().then(|| set.add(byte)))?;
                }
            }
        }
        Some(set)
    }
}

#[derive(Debug)]
enum Step {
    /// These bytes.
    Literal(Box<[u8]>),
    /// Bytes of a set, as often as a range says.
    Run { set: Set, least: usize, most: usize, greedy: bool },
    /// Something longer, as often as a range says; never empty.
    Repeat { sub: Box<Step>, least: usize, most: usize, greedy: bool },
    /// Nothing, where a condition holds.
    Look(Look),
    /// A part that is remembered under its number.
    Group(usize, Box<Step>),
    /// One after another.
    All(Vec<Step>),
    /// The first that leads to a match.
    Any(Vec<Step>),
}

/// An expression that can be walked.
#[derive(Debug)]
pub(super) struct Steps {
    step: Step,
    /// Bytes that a match can begin with; `None` when it can be empty.
    first: Option<Set>,
    groups: usize,
}

/// What a search found: all groups by number, the whole match first. It is an error when that took too long to find out.
pub(super) type Walked = Result<Option<Vec<Option<Range<usize>>>>, TooLong>;

/// A search was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

impl Steps {
    /// Takes an expression apart; `None` when it has what only an automaton knows. `groups` counts the whole match too.
    pub(super) fn of(hir: &Hir, groups: usize) -> Option<Self> {
        let step = step(hir)?;
        let first = match first(&step) {
            (set, false) => Some(set),
            (_, true) => None,
        };
        Some(Self { step, first, groups })
    }

    /// Matches exactly at the beginning of `range`.
    pub(super) fn at(&self, text: &[u8], range: Range<usize>) -> Walked {
        self.walk(text, range.end).try_at(range.start)
    }

    /// Finds the first match inside `range`.
    pub(super) fn find(&self, text: &[u8], range: Range<usize>) -> Walked {
        let mut walk = self.walk(text, range.end);
        for start in range.clone() {
            let may_begin = self.first.is_none_or(|set| text.get(start).is_some_and(|byte| set.has(*byte)));
            if may_begin && let Some(found) = walk.try_at(start)? {
                return Ok(Some(found));
            }
        }
        if self.first.is_none() { walk.try_at(range.end) } else { Ok(None) }
    }

    fn walk<'a>(&'a self, text: &'a [u8], end: usize) -> Walk<'a> {
        Walk {
            steps: self,
            text,
            end,
            left: MOST_STEPS,
            depth: 0,
            groups: vec![None; self.groups],
            look: LookMatcher::new(),
        }
    }
}

fn step(hir: &Hir) -> Option<Step> {
    Some(match hir.kind() {
        HirKind::Empty => Step::All(Vec::new()),
        HirKind::Literal(literal) => Step::Literal(literal.0.clone()),
        HirKind::Class(class) => Step::Run { set: Set::of(class)?, least: 1, most: 1, greedy: true },
        HirKind::Look(look) => is_known(*look).then_some(Step::Look(*look))?,
        HirKind::Repetition(repetition) => repeated(repetition)?,
        HirKind::Capture(capture) => {
            Step::Group(usize::try_from(capture.index).ok()?, Box::new(step(&capture.sub)?))
        }
        HirKind::Concat(subs) => Step::All(subs.iter().map(step).collect::<Option<_>>()?),
        HirKind::Alternation(subs) => Step::Any(subs.iter().map(step).collect::<Option<_>>()?),
    })
}

fn repeated(repetition: &Repetition) -> Option<Step> {
    let least = usize::try_from(repetition.min).ok()?;
    let most = repetition.max.map_or(Some(usize::MAX), |most| usize::try_from(most).ok())?;
    let greedy = repetition.greedy;
    match step(&repetition.sub)? {
        Step::Run { set, least: 1, most: 1, .. } => Some(Step::Run { set, least, most, greedy }),
        // What can be empty could be repeated for ever.
        sub if first(&sub).1 && most > 1 => None,
        sub => Some(Step::Repeat { sub: Box::new(sub), least, most, greedy }),
    }
}

/// Returns the bytes that a step can begin with, and whether it can be empty.
fn first(step: &Step) -> (Set, bool) {
    match step {
        Step::Literal(literal) => {
            let mut set = Set::default();
            literal.first().into_iter().for_each(|byte| set.add(*byte));
            (set, literal.is_empty())
        }
        Step::Run { set, least, .. } => (*set, *least == 0),
        Step::Repeat { sub, least, .. } => {
            let (set, empty) = first(sub);
            (set, empty || *least == 0)
        }
        Step::Look(_) => (Set::default(), true),
        Step::Group(_, sub) => first(sub),
        Step::All(subs) => {
            let mut all = Set::default();
            for sub in subs {
                let (set, empty) = first(sub);
                all = all.join(set);
                if !empty {
                    return (all, false);
                }
            }
            (all, true)
        }
        Step::Any(subs) => subs
            .iter()
            .map(first)
            .fold((Set::default(), false), |(all, any), (set, empty)| (all.join(set), any || empty)),
    }
}

const fn is_known(look: Look) -> bool {
    matches!(
        look,
        Look::Start
            | Look::End
            | Look::StartLF
            | Look::EndLF
            | Look::StartCRLF
            | Look::EndCRLF
            | Look::WordAscii
            | Look::WordAsciiNegate
            | Look::WordStartAscii
            | Look::WordEndAscii
            | Look::WordStartHalfAscii
            | Look::WordEndHalfAscii
    )
}

/// What is to be matched behind a step.
type Then<'c> = &'c mut dyn FnMut(&mut Walk<'_>, usize) -> Result<Option<usize>, TooLong>;

/// One search.
struct Walk<'a> {
    steps: &'a Steps,
    text: &'a [u8],
    end: usize,
    /// Steps that are left.
    left: usize,
    depth: usize,
    groups: Vec<Option<Range<usize>>>,
    look: LookMatcher,
}

impl Walk<'_> {
    fn try_at(&mut self, start: usize) -> Walked {
        let step = &self.steps.step;
        let end = self.go(step, start, &mut |_, at| Ok(Some(at)))?;
        Ok(end.map(|end| {
            let mut groups = std::mem::take(&mut self.groups);
            groups.first_mut().into_iter().for_each(|whole| *whole = Some(start..end));
            groups
        }))
    }

    /// Matches a step at a place and then what comes behind it; returns where all of that ends.
    fn go(&mut self, step: &Step, at: usize, then: Then<'_>) -> Result<Option<usize>, TooLong> {
        self.left = self.left.checked_sub(1).ok_or(TooLong)?;
        if self.depth >= DEEPEST {
            return Err(TooLong);
        }
        self.depth += 1;
        let ended = match step {
            Step::Literal(literal) => {
                let fits = self.rest(at).starts_with(literal);
                if fits { then(self, at + literal.len()) } else { Ok(None) }
            }
            Step::Run { set, least, most, greedy } => self.run(set, *least..*most, *greedy, at, then),
            Step::Repeat { sub, least, most, greedy } => self.repeat(sub, *least..*most, *greedy, at, then),
            Step::Look(look) => {
                if self.holds(*look, at) {
                    then(self, at)
                } else {
                    Ok(None)
                }
            }
            Step::Group(number, sub) => self.group(*number, sub, at, then),
            Step::All(subs) => self.all(subs, at, then),
            Step::Any(subs) => self.any(subs, at, then),
        };
        self.depth -= 1;
        ended
    }

    fn rest(&self, at: usize) -> &[u8] {
        self.text.get(at..self.end).unwrap_or_default()
    }

    fn run(
        &mut self,
        set: &Set,
        times: Range<usize>,
        greedy: bool,
        at: usize,
        then: Then<'_>,
    ) -> Result<Option<usize>, TooLong> {
        let fitting = self.rest(at).iter().take(times.end).take_while(|byte| set.has(**byte)).count();
        self.left = self.left.checked_sub(fitting / 8).ok_or(TooLong)?;
        for number in times.start..=fitting {
            let taken = if greedy { times.start + fitting - number } else { number };
            if let Some(end) = then(self, at + taken)? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    fn repeat(
        &mut self,
        sub: &Step,
        times: Range<usize>,
        greedy: bool,
        at: usize,
        then: Then<'_>,
    ) -> Result<Option<usize>, TooLong> {
        if times.start == 0
            && !greedy
            && let Some(end) = then(self, at)?
        {
            return Ok(Some(end));
        }
        if times.end > 0 {
            let rest = times.start.saturating_sub(1)..times.end - usize::from(times.end < usize::MAX);
            let mut again = |walk: &mut Walk<'_>, at| walk.repeat(sub, rest.clone(), greedy, at, then);
            if let Some(end) = self.go(sub, at, &mut again)? {
                return Ok(Some(end));
            }
        }
        if times.start == 0 && greedy { then(self, at) } else { Ok(None) }
    }

    fn group(
        &mut self,
        number: usize,
        sub: &Step,
        at: usize,
        then: Then<'_>,
    ) -> Result<Option<usize>, TooLong> {
        self.go(sub, at, &mut |walk, end| {
            let before = walk.groups.get_mut(number).and_then(|slot| slot.replace(at..end));
            let ended = then(walk, end)?;
            if ended.is_none()
                && let Some(slot) = walk.groups.get_mut(number)
            {
                *slot = before;
            }
            Ok(ended)
        })
    }

    fn all(&mut self, subs: &[Step], at: usize, then: Then<'_>) -> Result<Option<usize>, TooLong> {
        match subs.split_first() {
            None => then(self, at),
            Some((step, rest)) => self.go(step, at, &mut |walk, at| walk.all(rest, at, then)),
        }
    }

    fn any(&mut self, subs: &[Step], at: usize, then: Then<'_>) -> Result<Option<usize>, TooLong> {
        for sub in subs {
            if let Some(end) = self.go(sub, at, then)? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    fn holds(&self, look: Look, at: usize) -> bool {
        let (known, text) = (&self.look, self.text);
        match look {
            Look::Start => known.is_start(text, at),
            Look::End => known.is_end(text, at),
            Look::StartLF => known.is_start_lf(text, at),
            Look::EndLF => known.is_end_lf(text, at),
            Look::StartCRLF => known.is_start_crlf(text, at),
            Look::EndCRLF => known.is_end_crlf(text, at),
            Look::WordAscii => known.is_word_ascii(text, at),
            Look::WordAsciiNegate => known.is_word_ascii_negate(text, at),
            Look::WordStartAscii => known.is_word_start_ascii(text, at),
            Look::WordEndAscii => known.is_word_end_ascii(text, at),
            Look::WordStartHalfAscii => known.is_word_start_half_ascii(text, at),
            Look::WordEndHalfAscii => known.is_word_end_half_ascii(text, at),
            // Taken by no step: see `is_known`.
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;

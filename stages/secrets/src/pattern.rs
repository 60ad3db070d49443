//! The expression of one rule: compiled when it is first needed, with the boundaries of a token built in.

mod steps;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Capture, Class, Hir, HirKind, Look};

use steps::{Steps, TooLong};

/// The group that holds the credential, when it is not the whole match.
const SECRET: &str = "secret";
/// Bounds the memory of one compiled expression; those of a user's file are not trusted to be small.
const LARGEST_PROGRAM: usize = 8 << 20;
/// Longest text that is walked step by step; in a longer one the automaton is faster, even if it must be built first.
const LONGEST_WALK: usize = 16 << 10;

/// An expression that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a regular expression: {reason}")]
pub struct PatternError {
    /// The expression.
    pub pattern: String,
    /// What is wrong with it, on one line.
    pub reason: String,
}

/// Where an expression has to match to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edges {
    /// The value ends where a word ends; where it begins is checked by the caller, who knows the place.
    End,
    /// The value begins and ends where a word does. Where it begins an expression may say itself, by `(?:^|…)` right before
    /// the value.
    Both,
    /// Anywhere.
    None,
}

/// A match: all of it, the credential in it, and the named parts that a structural check looks at.
#[derive(Debug, Clone)]
pub(crate) struct Match {
    pub(crate) whole: Range<usize>,
    pub(crate) secret: Range<usize>,
    /// The groups by number, the whole match first.
    groups: Vec<Option<Range<usize>>>,
    names: Arc<[Option<String>]>,
}

impl Match {
    fn of(groups: Vec<Option<Range<usize>>>, names: &Arc<[Option<String>]>) -> Option<Self> {
        let whole = groups.first()?.clone()?;
        let mut found = Self { secret: whole.clone(), whole, groups, names: Arc::clone(names) };
        if let Some(secret) = found.group(SECRET) {
            found.secret = secret;
        }
        Some(found)
    }

    /// Returns the range of a named group.
    pub(crate) fn group(&self, name: &str) -> Option<Range<usize>> {
        self.number(self.names.iter().position(|known| known.as_deref() == Some(name))?)
    }

    /// Returns the range of a numbered group.
    pub(crate) fn number(&self, number: usize) -> Option<Range<usize>> {
        self.groups.get(number)?.clone()
    }
}

/// An expression, parsed and compiled on first use: all rules at once would cost more than a small scan.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: String,
    bounded: Box<Expression>,
    /// The same without edges, for values that prove themselves.
    loose: Box<Expression>,
}

impl Pattern {
    /// Takes the expression without looking at it.
    pub(crate) fn new(text: String, edges: Edges) -> Self {
        let expression = |edges| Box::new(Expression::new(edges));
        Self { text, bounded: expression(edges), loose: expression(Edges::None) }
    }

    /// Compiles the expression now and says what is wrong with it.
    pub(crate) fn check(&self) -> Result<(), PatternError> {
        let refused = |reason| PatternError { pattern: self.text.clone(), reason };
        let parsed = Parsed::of(&self.text, self.bounded.edges).map_err(refused)?;
        let automaton = compile(&parsed.hir).map_err(refused)?;
        let _ = self.bounded.automaton.set(Some(automaton));
        let _ = self.bounded.parsed.set(Some(parsed));
        Ok(())
    }

    /// Returns the expression as written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the characters that the credential begins with, as far as the expression spells them out.
    pub(crate) fn opening(&self) -> &str {
        let inside = self.text.split_once("(?<secret>").map_or("", |(_, inside)| inside);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let length = inside.find(|c| !is_plain(c)).unwrap_or(inside.len());
        let (plain, rest) = inside.split_at_checked(length).unwrap_or((inside, ""));
        // The last one may come more than once, or not at all.
        let counted = rest.starts_with(['?', '*', '+', '{']);
        plain.get(..length - usize::from(counted && length > 0)).unwrap_or("")
    }

    /// Tells whether no match goes on behind a line's end.
    pub(crate) fn stays_on_line(&self) -> bool {
        self.bounded.parsed(&self.text).is_some_and(|parsed| parsed.stays_on_line)
    }

    /// Matches exactly at `start`, going no further than `longest` bytes.
    pub(crate) fn at(&self, text: &[u8], start: usize, longest: usize) -> Option<Match> {
        self.bounded.search(&self.text, anchored(text, start, longest))
    }

    /// Matches exactly at `start`, wherever a word begins or ends.
    pub(crate) fn loosely_at(&self, text: &[u8], start: usize, longest: usize) -> Option<Match> {
        self.loose.search(&self.text, anchored(text, start, longest))
    }

    /// Finds the first match inside `window`.
    pub(crate) fn find(&self, text: &[u8], window: Range<usize>) -> Option<Match> {
        self.bounded.search(&self.text, Input::new(text).range(window))
    }
}

fn anchored(text: &[u8], start: usize, longest: usize) -> Input<'_> {
    let end = text.len().min(start.saturating_add(longest));
    Input::new(text).range(start.min(end)..end).anchored(Anchored::Yes)
}

/// One form of an expression: as steps for a short look, as an automaton for all else. A rule of ours always compiles (a test
/// sees to it), and a user's is checked when it is read.
#[derive(Debug)]
struct Expression {
    edges: Edges,
    parsed: OnceLock<Option<Parsed>>,
    automaton: OnceLock<Option<Regex>>,
}

impl Expression {
    const fn new(edges: Edges) -> Self {
        Self { edges, parsed: OnceLock::new(), automaton: OnceLock::new() }
    }

    fn parsed(&self, text: &str) -> Option<&Parsed> {
        self.parsed.get_or_init(|| Parsed::of(text, self.edges).ok()).as_ref()
    }

    fn search(&self, text: &str, input: Input<'_>) -> Option<Match> {
        let parsed = self.parsed(text)?;
        let walked = match &parsed.steps {
            Some(steps) if input.get_range().len() <= LONGEST_WALK => {
                if input.get_anchored().is_anchored() {
                    steps.at(input.haystack(), input.get_range())
                } else {
                    steps.find(input.haystack(), input.get_range())
                }
            }
            _ => Err(TooLong),
        };
        let groups = match walked {
            Ok(groups) => groups?,
            Err(TooLong) => self.run(parsed, &input)?,
        };
        Match::of(groups, &parsed.names)
    }

    /// Searches with the automaton.
    fn run(&self, parsed: &Parsed, input: &Input<'_>) -> Option<Vec<Option<Range<usize>>>> {
        let regex = self.automaton.get_or_init(|| compile(&parsed.hir).ok()).as_ref()?;
        let mut captures = regex.create_captures();
        regex.search_captures(input, &mut captures);
        captures.is_match().then(|| captures.iter().map(|span| span.map(|span| span.range())).collect())
    }
}

/// An expression with its edges, understood.
#[derive(Debug)]
struct Parsed {
    hir: Hir,
    steps: Option<Steps>,
    /// Whether no match holds a line's end.
    stays_on_line: bool,
    /// The names of the groups by number.
    names: Arc<[Option<String>]>,
}

impl Parsed {
    fn of(text: &str, edges: Edges) -> Result<Self, String> {
        // Bytes, not characters: `\w` and `.` mean what they mean in a file of unknown encoding.
        let config = syntax::Config::new().unicode(false).utf8(false);
        let hir = match syntax::parse_with(text, &config) {
            Ok(hir) => hir,
            Err(_) => syntax::parse_with(text, &config.unicode(true))
                .map_err(|error| last_line(&error.to_string()))?,
        };
        let hir = match edges {
            Edges::None => hir,
            Edges::End | Edges::Both => {
                let (hir, found) = bound_group(hir, edges);
                if found { hir } else { bound(hir, edges) }
            }
        };
        let mut names = vec![None];
        name_groups(&hir, &mut names);
        let stays_on_line = stays_on_line(&hir);
        Ok(Self { steps: Steps::of(&hir, names.len()), stays_on_line, hir, names: names.into() })
    }
}

/// Collects the names of an expression's groups by number.
fn name_groups(hir: &Hir, names: &mut Vec<Option<String>>) {
    match hir.kind() {
        HirKind::Capture(capture) => {
            let number = capture.index as usize;
            names.resize(names.len().max(number + 1), None);
            names
                .get_mut(number)
                .into_iter()
                .for_each(|slot| *slot = capture.name.as_deref().map(str::to_owned));
            name_groups(&capture.sub, names);
        }
        HirKind::Repetition(repetition) => name_groups(&repetition.sub, names),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => {
            subs.iter().for_each(|sub| name_groups(sub, names));
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {}
    }
}

/// Tells whether no match of an expression holds a line's end or depends on where the text begins or ends.
fn stays_on_line(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty => true,
        HirKind::Look(look) => !matches!(look, Look::Start | Look::End),
        HirKind::Literal(literal) => !literal.0.contains(&b'\n'),
        HirKind::Class(Class::Bytes(class)) => {
            !class.iter().any(|range| (range.start()..=range.end()).contains(&b'\n'))
        }
        HirKind::Class(Class::Unicode(class)) => {
            !class.iter().any(|range| (range.start()..=range.end()).contains(&'\n'))
        }
        HirKind::Repetition(repetition) => stays_on_line(&repetition.sub),
        HirKind::Capture(capture) => stays_on_line(&capture.sub),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => subs.iter().all(stays_on_line),
    }
}

fn compile(hir: &Hir) -> Result<Regex, String> {
    Regex::builder()
        .configure(Regex::config().utf8_empty(false).nfa_size_limit(Some(LARGEST_PROGRAM)))
        .build_from_hir(hir)
        .map_err(|error| last_line(&error.to_string()))
}

/// Wraps the group `secret` in word boundaries, wherever it stands; tells whether there is one.
fn bound_group(hir: Hir, edges: Edges) -> (Hir, bool) {
    match hir.into_kind() {
        HirKind::Capture(capture) if capture.name.as_deref() == Some(SECRET) => {
            (bound(Hir::capture(capture), edges), true)
        }
        HirKind::Capture(capture) => {
            let (sub, found) = bound_group(*capture.sub, edges);
            (Hir::capture(Capture { sub: Box::new(sub), ..capture }), found)
        }
        HirKind::Repetition(repetition) => {
            let (sub, found) = bound_group((*repetition.sub).clone(), edges);
            (Hir::repetition(repetition.with(sub)), found)
        }
        HirKind::Concat(subs) => {
            let (subs, found) = bound_groups(subs, edges);
            (Hir::concat(subs), found)
        }
        HirKind::Alternation(subs) => {
            let (subs, found) = bound_groups(subs, edges);
            (Hir::alternation(subs), found)
        }
        HirKind::Empty => (Hir::empty(), false),
        HirKind::Literal(literal) => (Hir::literal(literal.0), false),
        HirKind::Class(class) => (Hir::class(class), false),
        HirKind::Look(look) => (Hir::look(look), false),
    }
}

fn bound_groups(subs: Vec<Hir>, whole: Edges) -> (Vec<Hir>, bool) {
    let mut any = false;
    let mut edges = whole;
    let bounded = subs
        .into_iter()
        .map(|sub| {
            let says = is_edge(&sub);
            let (sub, found) = bound_group(sub, edges);
            any |= found;
            edges = if says { Edges::End } else { whole };
            sub
        })
        .collect();
    (bounded, any)
}

/// Tells whether a part of an expression says where the next may begin: at the start, or behind something else.
fn is_edge(hir: &Hir) -> bool {
    let is_start = |hir: &Hir| matches!(hir.kind(), HirKind::Look(Look::Start));
    matches!(hir.kind(), HirKind::Alternation(subs) if subs.iter().any(is_start))
}

fn bound(hir: Hir, edges: Edges) -> Hir {
    let end = Hir::look(Look::WordEndHalfAscii);
    match edges {
        Edges::None => hir,
        Edges::End => Hir::concat(vec![hir, end]),
        Edges::Both => Hir::concat(vec![Hir::look(Look::WordStartHalfAscii), hir, end]),
    }
}

/// Returns the line of a syntax error that says what is wrong; the lines before it draw the place.
fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or(text).trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, edges: Edges, text: &str, expected: Option<&str>) {
        let pattern = Pattern::new(pattern.to_owned(), edges);
        pattern.check().unwrap();
        let found = pattern.find(text.as_bytes(), 0..text.len());
        assert_eq!(found.map(|found| &text[found.secret]), expected, "{text}");
    }

    #[test]
    fn a_value_ends_where_a_word_ends() {
        check("[0-9a-f]{4}", Edges::Both, "x abcd y", Some("abcd"));
        check("[0-9a-f]{4}", Edges::Both, "x abcdef 0123", Some("0123"));
        check("[0-9a-f]{4}", Edges::Both, "xabcd", None);
        check("(?:^|-)(?<secret>[0-9a-f]{4})", Edges::Both, "xabcd", None);
        check("(?:^|\\\\n)(?<secret>[0-9a-f]{4})", Edges::Both, "x\\nabcd", Some("abcd"));
        check("(?:^|\\\\n)(?<secret>[0-9a-f]{4})", Edges::Both, "x\\nabcde", None);
        check("[0-9a-f]{4}", Edges::End, "xabcd", Some("abcd"));
        check("key=(?<secret>[0-9a-f]{4,})", Edges::Both, "mykey=abcdefg key=0123;", Some("0123"));
        check("(a|b=(?<secret>[0-9]+))x?", Edges::Both, "b=12x b=34", Some("34"));
    }

    #[test]
    fn what_a_value_begins_with_is_read_off() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Pattern::new(text.into(), Edges::None).opening(), expected, "{text}");
        };
        check("x=(?<secret>key_[0-9]{4})", "key_");
        check("(?<secret>ab?c)", "a");
        check("(?<secret>[ab])", "");
        check("abc", "");
    }

    #[test]
    fn a_malformed_expression_says_why() {
        let error = Pattern::new("a(".into(), Edges::None).check().unwrap_err();
        assert_eq!(error.to_string(), "`a(` is not a regular expression: unclosed group");
    }

    #[test]
    fn anchored_matches_see_what_stands_before() {
        let pattern = Pattern::new(r"\bab".into(), Edges::None);
        assert!(pattern.at(b"xab", 1, 9).is_none());
        assert!(pattern.at(b" ab", 1, 9).is_some());
    }
}

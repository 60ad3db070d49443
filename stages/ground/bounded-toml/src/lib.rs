//! TOML from anywhere, read with a bounded stack.
//!
//! The parser bounds how deep a text nests by what it opened and closed. Where it recovers from a mistake it closes what it
//! never opened, so that a text with many mistakes nests without a bound and overflows the stack. Here a first pass over the
//! same events opens nothing more behind the first mistake; only a text without one is read into tables.

use std::cell::{Cell, RefCell};

use toml::Spanned;
use toml::de::DeTable;
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, Expected, ParseError, Source, Span};

/// Deepest nesting of arrays and inline tables, as the parser bounds it.
const DEEPEST: usize = 80;

/// Why a text is no TOML, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Malformed {
    /// Byte offset.
    pub at: usize,
    /// What is wrong there, lower case and without a full stop.
    pub reason: String,
}

/// Reads a text as TOML 1.1, with the place of every key and value.
///
/// # Errors
/// The first mistake of a text that is no TOML, or nests deeper than 80 arrays and inline tables.
pub fn parse(text: &str) -> Result<Spanned<DeTable<'_>>, Malformed> {
    let source = Source::new(text);
    let first = FirstMistake::default();
    let mut sink = &first;
    parse_document(&source.lex().into_vec(), &mut Depth { open: 0, first: &first }, &mut sink);
    match first.mistake.into_inner() {
        Some(mistake) => Err(mistake),
        None => DeTable::parse(text).map_err(|error| Malformed {
            at: error.span().map_or(0, |span| span.start),
            reason: error.message().lines().next().unwrap_or("malformed TOML").to_owned(),
        }),
    }
}

/// Keeps the first mistake.
#[derive(Default)]
struct FirstMistake {
    is_made: Cell<bool>,
    mistake: RefCell<Option<Malformed>>,
}

impl ErrorSink for &FirstMistake {
    fn report_error(&mut self, error: ParseError) {
        if !self.is_made.replace(true) {
            let at = error.unexpected().map_or(0, |span| span.start());
            *self.mistake.borrow_mut() = Some(Malformed { at, reason: reason(&error) });
        }
    }
}

/// Says what is wrong as the parser's own message does.
fn reason(error: &ParseError) -> String {
    let Some(expected) = error.expected() else { return error.description().to_owned() };
    let expected = expected.iter().map(|expected| match expected {
        Expected::Literal("\n") => "newline".to_owned(),
        Expected::Literal(literal) => format!("`{literal}`"),
        Expected::Description(description) => (*description).to_owned(),
        _ => "something else".to_owned(),
    });
    let expected: Vec<String> = expected.collect();
    let expected = if expected.is_empty() { "nothing".to_owned() } else { expected.join(", ") };
    format!("{}, expected {expected}", error.description())
}

/// Lets nothing open behind a mistake, or too deep.
struct Depth<'a> {
    open: usize,
    first: &'a FirstMistake,
}

impl Depth<'_> {
    fn open(&mut self, span: Span, error: &mut dyn ErrorSink) -> bool {
        if self.open >= DEEPEST {
            error.report_error(ParseError::new("nested too deep").with_unexpected(span));
        }
        self.open += 1;
        !self.first.is_made.get()
    }
}

impl EventReceiver for Depth<'_> {
    fn inline_table_open(&mut self, span: Span, error: &mut dyn ErrorSink) -> bool {
        self.open(span, error)
    }

    fn inline_table_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.open = self.open.saturating_sub(1);
    }

    fn array_open(&mut self, span: Span, error: &mut dyn ErrorSink) -> bool {
        self.open(span, error)
    }

    fn array_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.open = self.open.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Option<(usize, &str)>) {
        let found = parse(text).err();
        let shown = found.as_ref().map(|malformed| (malformed.at, malformed.reason.as_str()));
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn the_first_mistake_is_named() {
        check("a = 1\n[b]\nc = { d = [1, 2] }\n", None);
        check("a = 1\na = 2\n", Some((6, "duplicate key")));
        check("a = {b = 1\n", Some((10, "unclosed inline table, expected `}`")));
        check("a = 1 b = 2\n", Some((8, "unexpected key or value, expected newline, `#`")));
        check("a = \"b\n", Some((6, "invalid basic string, expected `\"`")));
    }

    #[test]
    fn no_text_nests_without_a_bound() {
        for piece in ["[", "{a=", "{ a = 1\n\n[[b]]\nc = ", "{ [ } ] a = ", "{ a = [ } ", "[ { ] "] {
            for times in [100, 100_000] {
                assert!(parse(&format!("a = {}", piece.repeat(times))).is_err(), "{times} times {piece:?}");
            }
        }
        let nested = |depth: usize| format!("a = {}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(parse(&nested(DEEPEST)).err(), None);
        assert_eq!(
            parse(&nested(DEEPEST + 1)).err().map(|error| error.reason),
            Some("nested too deep".to_owned())
        );
    }

    proptest! {
        #[test]
        fn the_first_pass_refuses_what_the_parser_refuses(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "a", "b.c", "=", " = ", "1", "\"x\"", "'y'", "[", "]", "[[", "]]", "{", "}", ",", "\n", " ", "# c\n", ".", "\"", "\u{1}",
            ]), 0..40),
        ) {
            let text = pieces.concat();
            let (ours, theirs) = (parse(&text), DeTable::parse(&text));
            let told = theirs.err().map(|error| (error.span().map_or(0, |span| span.start), error.message().to_owned()));
            prop_assert_eq!(ours.is_err(), told.is_some(), "{:?}", text);
            if let (Err(ours), Some((at, reason))) = (ours, told) {
                prop_assert!(ours.at != at || ours.reason == reason || !text.is_ascii() || text.contains('\u{1}'), "{:?} {:?}", ours, reason);
            }
        }
    }
}

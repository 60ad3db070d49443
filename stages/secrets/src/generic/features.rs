//! What the scorer sees of a name and its value: small whole numbers, so that a model is a table and means the same on
//! every machine.

use std::ops::Range;

use crate::detect::assignment::{Assignment, Operator};
use crate::generic::is_uuid;
use crate::generic::name::{Name, Noun};
use crate::generic::vocabulary::{NEUTRAL, OTHER, WEAK};
use crate::generic::words;
use crate::hint::{Area, Hint, Language};
use crate::placeholder;
use crate::text;
use crate::value::{distinct, entropy, is_periodic, is_word, longest_run, longest_sequence};
use crate::word_list::WordList;

/// Names of the features, in the order of their values.
pub const NAMES: &[&str] = &[
    "length",
    "entropy",
    "density",
    "digits",
    "upper",
    "lower",
    "special",
    "distinct",
    "run",
    "sequence",
    "periodic",
    "changes",
    "humps",
    "hexadecimal",
    "base64",
    "uuid",
    "dots",
    "slashes",
    "underscores",
    "dashes",
    "spaces",
    "colons",
    "first",
    "last",
    "surprise",
    "covered",
    "words",
    "placeholder",
    "mark",
    "weak",
    "own-noun",
    "like-name",
    "foreign",
    "markup",
    "identifier",
    "path",
    "digits-only",
    "constant",
    "call",
    "email",
    "noun",
    "behind",
    "suffix",
    "qualified",
    "name-words",
    "name-stand-in",
    "name-length",
    "name-constant",
    "name-public",
    "name-hashed",
    "name-plural",
    "operator",
    "quote",
    "embedded",
    "wrapped",
    "language",
    "area",
    "line-length",
    "comment",
    "line-example",
    "line-test",
    "behind-value",
    "quotes-on-line",
    "other-letters",
    "tail-digits",
    "account",
];

/// The features of one assignment.
pub type Features = Vec<u8>;

/// Nouns of credentials, as a value may be called by one.
static NOUNS: WordList =
    WordList::new(&["password", "passwd", "pwd", "secret", "token", "key", "credential", "auth"]);
/// Words of values that stand in for others.
static STAND_INS: WordList =
    WordList::new(&["example", "your", "sample", "dummy", "fake", "here", "insert", "xxx"]);
/// Words on the line of an example.
static OF_EXAMPLES: WordList =
    WordList::new(&["example", "e.g.", "sample", "your", "placeholder", "replace"]);
/// Words on the line of a test.
static OF_TESTS: WordList = WordList::new(&["assert", "expect", "should", "test", "mock", "fixture"]);

/// Bytes of the line that are looked at on either side of the value.
const LINE: usize = 400;

/// Looks at an assignment; `account` says that its place speaks for it.
pub(crate) fn of(text: &[u8], assignment: &Assignment, name: &Name, hint: &Hint, account: bool) -> Features {
    let value = text.get(assignment.value.clone()).unwrap_or_default();
    let mut out = Features::with_capacity(NAMES.len());
    characters(value, &mut out);
    shapes(value, &mut out);
    meanings(value, name, &mut out);
    of_name(name, &mut out);
    surroundings(text, assignment, hint, &mut out);
    let letters = value.iter().filter(|byte| !byte.is_ascii()).count();
    out.push(small(letters));
    out.push(small(value.iter().rev().take_while(|byte| byte.is_ascii_digit()).count()));
    out.push(u8::from(account));
    out
}

fn small(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn percent(part: usize, whole: usize) -> u8 {
    small((part * 100).checked_div(whole).unwrap_or(0))
}

fn scaled(number: f64, factor: f64) -> u8 {
    // Saturates at both ends.
    (number * factor).round() as u8
}

fn count(value: &[u8], wanted: impl Fn(&u8) -> bool) -> usize {
    value.iter().filter(|byte| wanted(byte)).count()
}

fn characters(value: &[u8], out: &mut Features) {
    let bits = entropy(value);
    let length = value.len();
    let special = |byte: &u8| byte.is_ascii() && !byte.is_ascii_alphanumeric();
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1,
        b'a'..=b'z' => 2,
        _ => 3,
    };
    let pairs = || value.iter().zip(value.iter().skip(1));
    out.extend([
        small(length),
        scaled(bits, 32.0),
        if length > 1 { scaled(bits / (length as f64).log2(), 100.0) } else { 0 },
        percent(count(value, u8::is_ascii_digit), length),
        percent(count(value, u8::is_ascii_uppercase), length),
        percent(count(value, u8::is_ascii_lowercase), length),
        percent(count(value, special), length),
        percent(distinct(value), length),
        small(longest_run(value)),
        small(longest_sequence(value)),
        u8::from(is_periodic(value)),
        percent(pairs().filter(|(a, b)| kind(**a) != kind(**b)).count(), length),
        small(pairs().filter(|(a, b)| a.is_ascii_lowercase() && b.is_ascii_uppercase()).count()),
    ]);
}

fn shapes(value: &[u8], out: &mut Features) {
    let hexadecimal = value.iter().all(u8::is_ascii_hexdigit) && value.len() >= 8;
    let base64 = value.len() >= 12 && value.len().is_multiple_of(4) && {
        let body = value.strip_suffix(b"==").or_else(|| value.strip_suffix(b"=")).unwrap_or(value);
        body.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
    };
    let uuid = is_uuid(value);
    let is = |wanted: u8| small(count(value, |byte| *byte == wanted));
    let class = |byte: Option<&u8>| match byte {
        None => 0,
        Some(byte) if byte.is_ascii_digit() => 1,
        Some(byte) if byte.is_ascii_uppercase() => 2,
        Some(byte) if byte.is_ascii_lowercase() => 3,
        Some(b'/' | b'.') => 4,
        Some(b'$' | b'%' | b'{' | b'<' | b'[') => 5,
        Some(b'=') => 6,
        Some(_) => 7,
    };
    let ends = if value.ends_with(b"=") { 2 } else { 1 };
    out.extend([
        u8::from(hexadecimal),
        if base64 { ends } else { 0 },
        u8::from(uuid),
        is(b'.'),
        is(b'/'),
        is(b'_'),
        is(b'-'),
        is(b' '),
        is(b':'),
        class(value.first()),
        class(value.last()),
    ]);
}

fn meanings(value: &[u8], name: &Name, out: &mut Features) {
    let lower = value.to_ascii_lowercase();
    let (covered, number) = words::coverage(value);
    let letters: Vec<u8> = lower.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    let joined: Vec<u8> = name.words.concat().into_bytes();
    let like_name = letters == joined
        || letters.len() >= 4 && memchr::memmem::find(&joined, &letters).is_some()
        || joined.len() >= 6 && memchr::memmem::find(&letters, &joined).is_some();
    let own_noun = NOUNS.all_in(&lower);
    let identifier = value.iter().all(|byte| is_word(*byte) || matches!(byte, b'.' | b'-'))
        && value.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    let path = memchr::memmem::find(value, b"://").is_some()
        || value.starts_with(b"/")
        || value.starts_with(b"./")
        || value.starts_with(b"~/")
        || value.starts_with(b"../");
    let markup = count(value, |byte| {
        matches!(
            byte,
            b'<' | b'>' | b'{' | b'}' | b'[' | b']' | b'(' | b')' | b'$' | b'%' | b'\\' | b'|' | b'*'
        )
    });
    let constant =
        value.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
            && value.contains(&b'_');
    let stands_in =
        if placeholder::is_monotonous(value) { 2 } else { u8::from(placeholder::has_word(value)) };
    out.extend([
        small(usize::from(words::surprise(value))),
        percent(covered, value.len().min(128)),
        small(number),
        stands_in,
        u8::from(placeholder::has_mark(value)),
        small(WEAK.all_in(&lower).count_ones() as usize),
        if own_noun == 0 { 0 } else { small(own_noun.trailing_zeros() as usize + 1) },
        u8::from(like_name),
        u8::from(STAND_INS.any_in(&lower)),
        small(markup),
        u8::from(identifier),
        u8::from(path),
        u8::from(value.iter().all(u8::is_ascii_digit)),
        u8::from(constant),
        u8::from(value.ends_with(b")") || value.contains(&b'(')),
        u8::from(value.contains(&b'@') && value.contains(&b'.')),
    ]);
}

fn of_name(name: &Name, out: &mut Features) {
    let noun = match name.noun {
        Noun::Password => 0,
        Noun::Secret => 1,
        Noun::Token => 2,
        Noun::Key => 3,
        Noun::Credential => 4,
        Noun::Salt => 5,
    };
    let at = name.words.len().saturating_sub(name.behind + 1);
    let behind = name.words.get(at + 1..).unwrap_or_default();
    let suffix = if behind.is_empty() {
        0
    } else if behind.iter().any(|word| OTHER.contains(&word.as_str())) {
        3
    } else if behind.iter().all(|word| NEUTRAL.contains(&word.as_str())) {
        1
    } else {
        2
    };
    let any = |words: &[&str]| u8::from(name.words.iter().any(|word| words.contains(&word.as_str())));
    let noun_word = name.words.get(at).map_or("", String::as_str);
    out.extend([
        noun,
        small(name.behind),
        suffix,
        u8::from(name.qualified),
        small(name.words.len()),
        any(&[
            "test", "fake", "mock", "example", "dummy", "sample", "default", "demo", "invalid", "wrong",
            "bad", "expected", "my",
        ]),
        small(name.text.len()),
        u8::from(name.text.bytes().all(|byte| !byte.is_ascii_lowercase())),
        any(&[
            "public",
            "pub",
            "foreign",
            "primary",
            "sort",
            "partition",
            "cache",
            "translation",
            "i18n",
            "lookup",
            "row",
            "group",
            "map",
        ]),
        any(&["hash", "hashed", "encrypted", "digest", "crypt", "md5", "sha1", "sha256", "cipher", "bcrypt"]),
        u8::from(noun_word.ends_with('s') && !noun_word.ends_with("ss")),
    ]);
}

fn surroundings(text: &[u8], assignment: &Assignment, hint: &Hint, out: &mut Features) {
    let line = text::line(text, assignment.value.start, LINE);
    let whole = text.get(line.clone()).unwrap_or_default();
    let lower = whole.to_ascii_lowercase();
    let without = without(&lower, &line, &assignment.value);
    let operator = match assignment.operator {
        Operator::Assign => 0,
        Operator::Colon => 1,
        Operator::Compare => 2,
        Operator::Call => 3,
        Operator::Comma => 4,
        Operator::Element => 5,
        Operator::Space => 6,
    };
    let quote = match assignment.quote {
        None => 0,
        Some(b'"') => 1,
        Some(b'\'') => 2,
        Some(_) => 3,
    };
    let lead = whole.trim_ascii_start();
    let comment =
        [&b"#"[..], b"//", b"*", b"--", b"/*", b";", b"<!--"].iter().any(|mark| lead.starts_with(mark));
    let behind = assignment.value.end + usize::from(assignment.quote.is_some());
    let next = match text.get(behind) {
        None | Some(b'\n' | b'\r') => 0,
        Some(b',') => 1,
        Some(b';') => 2,
        Some(b')') => 3,
        Some(b' ' | b'\t') => 4,
        Some(b'}' | b']') => 5,
        Some(b'<') => 6,
        Some(b'+' | b'.' | b'%') => 7,
        Some(_) => 8,
    };
    out.extend([
        operator,
        quote,
        u8::from(assignment.embedded),
        u8::from(assignment.wrapped),
        language(hint.language),
        area(hint.area),
        small(whole.len() / 8),
        u8::from(comment),
        u8::from(OF_EXAMPLES.any_in(&without)),
        u8::from(OF_TESTS.any_in(&without)),
        next,
        small(count(whole, |byte| matches!(byte, b'"' | b'\'' | b'`'))),
    ]);
}

/// Cuts the value out of its line.
fn without(lower: &[u8], line: &Range<usize>, value: &Range<usize>) -> Vec<u8> {
    let start = value.start.saturating_sub(line.start).min(lower.len());
    let end = value.end.saturating_sub(line.start).min(lower.len());
    [lower.get(..start).unwrap_or_default(), lower.get(end..).unwrap_or_default()].concat()
}

const fn language(language: Language) -> u8 {
    match language {
        Language::Unknown => 0,
        Language::Code => 1,
        Language::Shell => 2,
        Language::Settings => 3,
        Language::Json => 4,
        Language::Markup => 5,
        Language::Prose => 6,
        Language::Generated => 7,
    }
}

const fn area(area: Area) -> u8 {
    match area {
        Area::Main => 0,
        Area::Test => 1,
        Area::Example => 2,
        Area::Vendored => 3,
        Area::Words => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::assignment;

    #[test]
    fn there_is_a_name_for_each() {
        let text = b"password = 'hunter22'";
        let found = assignment::parse(text, 0..8, Language::Code).unwrap();
        let name = Name::of(b"password").unwrap();
        let features = of(text, &found, &name, &Hint::NONE, false);
        assert_eq!(features.len(), NAMES.len());
        let value = |name: &str| features[NAMES.iter().position(|known| *known == name).unwrap()];
        assert_eq!((value("length"), value("digits"), value("quote"), value("weak")), (8, 25, 2, 0));
    }
}

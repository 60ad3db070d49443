//! The bytes of a file as text: what is text at all, and where its lines are.

use std::borrow::Cow;
use std::ops::Range;

use source::BINARY_PREFIX;

use crate::hint::Language;

/// One byte of so many may be strange in a text, and in one whose name promises a text: a video can be called `a.ts`.
const STRANGE: usize = 32;
const STRANGE_BY_NAME: usize = 4;
/// So many may be strange in any text, that a NUL put into a short one does not hide what it says.
const FEWEST_STRANGE: usize = 8;
/// Fewest bytes that tell UTF-16 without a byte order mark.
const FEWEST_UNITS: usize = 8;

/// What the first bytes say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Form<'a> {
    /// Text, in UTF-8 or an encoding that shares ASCII with it.
    Text(Cow<'a, [u8]>),
    /// Anything else.
    Binary,
}

/// Decides whether the bytes are text. UTF-16 is decoded; a NUL elsewhere makes a file binary, unless all around it is text,
/// or the file's name promises one and most of it is.
pub(crate) fn form(bytes: &[u8], language: Language) -> Form<'_> {
    let head = bytes.get(..BINARY_PREFIX).unwrap_or(bytes);
    match bytes {
        [0xFF, 0xFE, rest @ ..] => Form::Text(Cow::Owned(utf16(rest, u16::from_le_bytes))),
        [0xFE, 0xFF, rest @ ..] => Form::Text(Cow::Owned(utf16(rest, u16::from_be_bytes))),
        _ if memchr::memchr(0, head).is_none() => Form::Text(Cow::Borrowed(bytes)),
        _ => match unit(head) {
            Some(unit) => Form::Text(Cow::Owned(utf16(bytes, unit))),
            None if is_mostly_text(head, language) => Form::Text(Cow::Borrowed(bytes)),
            None => Form::Binary,
        },
    }
}

/// Tells how UTF-16 without a byte order mark is read, where it is nearly all ASCII: every other byte is a NUL.
fn unit(head: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    let (pairs, _) = head.as_chunks::<2>();
    let is_plain = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let ascii = |letter: usize, zero: usize| {
        pairs
            .iter()
            .filter(|pair| pair.get(zero) == Some(&0) && pair.get(letter).copied().is_some_and(is_plain))
            .count()
    };
    let most = |count: usize| pairs.len() >= FEWEST_UNITS && count * 10 >= pairs.len() * 9;
    if most(ascii(0, 1)) {
        Some(u16::from_le_bytes)
    } else if most(ascii(1, 0)) {
        Some(u16::from_be_bytes)
    } else {
        None
    }
}

/// Tells whether hardly a byte is what no text has.
fn is_mostly_text(head: &[u8], language: Language) -> bool {
    let share = if language == Language::Unknown { STRANGE } else { STRANGE_BY_NAME };
    let control = |byte: &&u8| matches!(byte, 0..=8 | 11 | 14..=26 | 28..=31 | 127);
    let most = (head.len() / share).max(FEWEST_STRANGE.min(head.len() / 4));
    let mut strange = 0;
    for chunk in head.utf8_chunks() {
        strange += chunk.invalid().len() + chunk.valid().as_bytes().iter().filter(control).count();
        // An image is done with after its first line.
        if strange > most {
            return false;
        }
    }
    true
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
    let units = bytes.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok()).map(unit);
    char::decode_utf16(units)
        .map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect::<String>()
        .into_bytes()
}

/// Returns the range of the line that holds `at`, without its end, going no further than `most` bytes either way.
pub(crate) fn line(text: &[u8], at: usize, most: usize) -> Range<usize> {
    let at = at.min(text.len());
    let floor = at.saturating_sub(most);
    let ceiling = (at + most).min(text.len());
    let before = text.get(floor..at).unwrap_or_default();
    let behind = text.get(at..ceiling).unwrap_or_default();
    let start = memchr::memrchr(b'\n', before).map_or(floor, |offset| floor + offset + 1);
    let end = memchr::memchr(b'\n', behind).map_or(ceiling, |offset| at + offset);
    let end = if text.get(end.wrapping_sub(1)) == Some(&b'\r') && end > at { end - 1 } else { end };
    start..end
}

/// Returns a range around `around` that reaches `most` bytes and `lines` line ends either way.
pub(crate) fn window(text: &[u8], around: Range<usize>, most: usize, lines: usize) -> Range<usize> {
    let floor = around.start.saturating_sub(most);
    let ceiling = (around.end + most).min(text.len());
    let before = text.get(floor..around.start).unwrap_or_default();
    let behind = text.get(around.end..ceiling).unwrap_or_default();
    let start = memchr::memrchr_iter(b'\n', before).nth(lines).map_or(floor, |offset| floor + offset + 1);
    let end = memchr::memchr_iter(b'\n', behind).nth(lines).map_or(ceiling, |offset| around.end + offset);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_binary() {
        let check = |bytes: &[u8], expected: Option<&str>| {
            let text = match form(bytes, Language::Unknown) {
                Form::Text(text) => Some(String::from_utf8_lossy(&text).into_owned()),
                Form::Binary => None,
            };
            assert_eq!(text.as_deref(), expected, "{bytes:?}");
        };
        check(b"", Some(""));
        check(b"abc", Some("abc"));
        check(b"a\0c", None);
        let long = "a text with a NUL in it, \0, and with so much else that it is no less a text";
        check(long.as_bytes(), Some(long));
        assert_eq!(form(b"a\0cde", Language::Code), Form::Text(Cow::Borrowed(b"a\0cde")));
        assert_eq!(form(b"a\0\xff\xff\x01", Language::Code), Form::Binary);
        check(b"\xff\xfea\0b\0", Some("ab"));
        check(b"\xfe\xff\0a\0b\0", Some("ab"));
        check(b"\xff\xfe\x00\xd8", Some("\u{fffd}"));
        check(b"k\0e\0y\0 \0=\0 \x001\x002\0", Some("key = 12"));
        check(b"\0k\0e\0y\0 \0=\0 \x001\x002", Some("key = 12"));
        check(b"k\0e\0y\0", None);
        check(b"hello\0\nand the rest of it\n", Some("hello\0\nand the rest of it\n"));
        check(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x03\0", None);
        check(&[1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 9, 0], None);
    }

    #[test]
    fn lines_and_windows_are_bounded() {
        let text = b"one\r\ntwo\nthree\nfour";
        let check = |range: Range<usize>, expected: &str| assert_eq!(&text[range], expected.as_bytes());
        check(line(text, 0, 99), "one");
        check(line(text, 6, 99), "two");
        check(line(text, 6, 1), "tw");
        check(line(text, 99, 99), "four");
        check(window(text, 6..7, 99, 0), "two");
        check(window(text, 6..7, 99, 1), "one\r\ntwo\nthree");
        check(window(text, 6..7, 3, 9), "\r\ntwo\nt");
    }
}

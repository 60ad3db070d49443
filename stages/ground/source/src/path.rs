//! Paths as text that can be turned back: a name that is no UTF-8 still gets one unambiguous spelling.
//!
//! A byte that is no UTF-8 becomes `\xNN`, and so does a backslash (`\x5c`). A backslash in a written path therefore always
//! opens an escape, and two different names never share one spelling.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Writes raw name bytes as text; borrowed when nothing had to be escaped.
pub fn escape(raw: &[u8]) -> Cow<'_, str> {
    if !raw.contains(&b'\\')
        && let Ok(text) = std::str::from_utf8(raw)
    {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(raw.len() + 8);
    for chunk in raw.utf8_chunks() {
        for (number, part) in chunk.valid().split('\\').enumerate() {
            if number > 0 {
                text.push_str("\\x5c");
            }
            text.push_str(part);
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    Cow::Owned(text)
}

/// Returns the bytes that [`escape`] wrote as `text`. A backslash that opens no escape stands for itself.
pub fn unescape(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('\\') {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut raw = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        match tail {
            [b'x', high, low, after @ ..] if *first == b'\\' && is_hex(*high) && is_hex(*low) => {
                raw.push(hex_value(*high) << 4 | hex_value(*low));
                rest = after;
            }
            _ => {
                raw.push(*first);
                rest = tail;
            }
        }
    }
    Cow::Owned(raw)
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn hex_value(byte: u8) -> u8 {
    if byte.is_ascii_digit() { byte.wrapping_sub(b'0') } else { byte.wrapping_sub(b'a').wrapping_add(10) }
}

/// Tells whether a link at `path` to `target` (both raw, `/` between names) stays inside the tree, by names alone: a link
/// through another link is judged as if that one were a folder.
pub(crate) fn stays_inside(path: &[u8], target: &[u8]) -> bool {
    if target.is_empty() || target.starts_with(b"/") {
        return false;
    }
    let mut depth = path.iter().filter(|byte| **byte == b'/').count();
    for name in target.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => match depth.checked_sub(1) {
                Some(up) => depth = up,
                None => return false,
            },
            _ => depth += 1,
        }
    }
    true
}

/// Returns the bytes of a name from the system: those of the file system on Unix, WTF-8 on Windows.
pub(crate) fn raw_name(name: &OsStr) -> &[u8] {
    name.as_encoded_bytes()
}

/// Joins raw name bytes, `/` between names, to a folder of the system.
#[cfg(unix)]
pub(crate) fn join_raw(folder: &Path, raw: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    folder.join(OsStr::from_bytes(raw))
}

/// Joins raw name bytes, `/` between names, to a folder of the system. Names that are no UTF-8 cannot be told exactly
/// here; they then name no file, and reading says so.
#[cfg(not(unix))]
pub(crate) fn join_raw(folder: &Path, raw: &[u8]) -> PathBuf {
    folder.join(&*String::from_utf8_lossy(raw))
}

/// Returns a link's target as stored, with `/` between names.
pub(crate) fn raw_target(target: &Path) -> Vec<u8> {
    let raw = raw_name(target.as_os_str()).to_vec();
    if cfg!(windows) {
        raw.into_iter().map(|byte| if byte == b'\\' { b'/' } else { byte }).collect()
    } else {
        raw
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_have_one_spelling() {
        for (raw, text) in [
            (&b"plain/\xc3\xa9"[..], "plain/é"),
            (b"bad\xff", "bad\\xff"),
            (b"bad\\xff", "bad\\x5cxff"),
            (b"a\\b", "a\\x5cb"),
            (b"\xe2\x82", "\\xe2\\x82"),
        ] {
            assert_eq!(escape(raw), text);
            assert_eq!(&*unescape(text), raw);
        }
    }

    #[test]
    fn links_are_judged_by_name() {
        for (path, target, inside) in [
            ("a", "b", true),
            ("a", "../b", false),
            ("a/b", "../c", true),
            ("a/b", "../../c", false),
            ("a/b", "c/../../d", true),
            ("a", "/etc/passwd", false),
            ("a", "", false),
            ("a", "./x//y", true),
        ] {
            assert_eq!(stays_inside(path.as_bytes(), target.as_bytes()), inside, "{path} -> {target}");
        }
    }

    proptest! {
        #[test]
        fn escaping_loses_nothing(raw in prop::collection::vec(any::<u8>(), 0..40)) {
            let text = escape(&raw);
            prop_assert_eq!(unescape(&text), raw.as_slice());
            prop_assert_eq!(text.contains('\\'), raw.contains(&b'\\') || std::str::from_utf8(&raw).is_err());
        }

        #[test]
        fn any_text_is_taken(text in ".{0,40}") {
            let _ = unescape(&text);
        }
    }
}

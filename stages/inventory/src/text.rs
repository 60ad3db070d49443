//! Texts and their positions: what a parser needs before it can say where something stands.

pub(crate) mod json;

pub(crate) mod toml;

use std::borrow::Cow;
use std::ops::Range;

pub(crate) use model::Lines;

/// A piece of a text with the byte range that it stands at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) at: Range<usize>,
}

/// Why a text in a format cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Malformed {
    /// Byte offset.
    pub(crate) at: usize,
    /// What is wrong there, lower case and without a full stop.
    pub(crate) reason: String,
}

/// Reads bytes as text: UTF-8, or UTF-16 where a byte order mark says so (a console of Windows writes lists of
/// requirements that way). The mark is kept as a character, so that offsets in UTF-8 are those of the file.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Malformed> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok()).map(unit);
        let text: Result<String, _> = char::decode_utf16(units).collect();
        match text {
            Ok(text) if rest.len().is_multiple_of(2) => Ok(Cow::Owned(text)),
            Ok(_) | Err(_) => Err(Malformed { at: 0, reason: "malformed UTF-16".to_owned() }),
        }
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| Malformed {
            at: error.valid_up_to(),
            reason: "a byte that is not UTF-8".to_owned(),
        }),
    }
}

/// Returns `url` without user name and password: what a lockfile writes there is a credential, and it ends here.
pub(crate) fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest.get(..end).and_then(|authority| authority.rfind('@')) {
        // The user of a git remote over SSH is part of its name and no secret; a password behind it is one.
        Some(at) if scheme.ends_with("ssh") => {
            let user = rest.get(..at).and_then(|user| user.split(':').next()).unwrap_or("");
            format!("{scheme}://{user}{}", rest.get(at..).unwrap_or(""))
        }
        Some(at) => format!("{scheme}://{}", rest.get(at + 1..).unwrap_or("")),
        None => url.to_owned(),
    }
}

/// Returns a short form of a text for a message: control characters escaped, cut when long.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 80;
    let mut short: String = text.chars().take(MOST).flat_map(char::escape_debug).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}

/// Joins the first few of many, for a message, and says how many more there are.
pub(crate) fn named(all: impl ExactSizeIterator<Item = String>) -> String {
    const MOST: usize = 5;
    let more = all.len().saturating_sub(MOST);
    let first: Vec<String> = all.take(MOST).collect();
    let first = first.join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}

/// Returns where the markers of a merge that was not finished stand.
pub(crate) fn conflict(text: &str) -> Option<usize> {
    let marker = "<<<<<<< ";
    if text.starts_with(marker) { Some(0) } else { text.find("\n<<<<<<< ").map(|at| at + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_leave_urls() {
        let check = |url: &str, expected: &str| assert_eq!(without_credentials(url), expected);
        check("https://registry.example/a/-/a-1.tgz", "https://registry.example/a/-/a-1.tgz");
        check("https://me:secret@registry.example/a@1", "https://registry.example/a@1");
        check("git+https://secret@host.example", "git+https://host.example");
        check("git+ssh://git@host.example/a.git#1", "git+ssh://git@host.example/a.git#1");
        check("git+ssh://git:secret@host.example/a.git", "git+ssh://git@host.example/a.git");
        check("https://host.example/a?mail=x@y", "https://host.example/a?mail=x@y");
        check("file:../a", "file:../a");
    }

    #[test]
    fn utf16_is_text_and_latin1_is_not() {
        assert_eq!(decode(b"\xFF\xFEa\0=\0").unwrap(), "a=");
        assert_eq!(decode(b"\xFE\xFF\0a").unwrap(), "a");
        assert!(decode(b"\xFF\xFEa").is_err());
        assert_eq!(decode(b"ab\xE9").unwrap_err().at, 2);
    }
}

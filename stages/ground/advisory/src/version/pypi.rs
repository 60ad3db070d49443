//! Versions of Python distributions: PEP 440, and the legacy ones that came before it.

use std::str::FromStr as _;

use pep440_rs::{LocalSegment, PrereleaseKind, Version};

use super::key::{Key, KeyWriter};

/// Legacy versions sort before all others, as the packaging tools did while they still read them.
const LEGACY: u8 = 0;
const STANDARD: u8 = 1;

/// What stands in a list, lowest first: its end, then a word, then a number.
const END: u8 = 0;
const WORD: u8 = 1;
const NUMBER: u8 = 2;

/// A number that `u64` cannot hold: longer ones make the PEP 440 reader refuse a good version.
const DIGITS_OF_U64: usize = 19;

/// Returns the key, or what is wrong with the text.
pub(super) fn key(text: &str) -> Result<Key, &'static str> {
    match Version::from_str(text) {
        Ok(version) => Ok(standard(&version)),
        Err(_) => legacy(text),
    }
}

/// Tells whether a key is that of a legacy version.
pub(super) fn is_legacy(key: &[u8]) -> bool {
    key.first() == Some(&LEGACY)
}

/// The order of PEP 440, section "Summary of permitted suffixes and relative ordering".
fn standard(version: &Version) -> Key {
    let mut key = KeyWriter::new();
    key.mark(STANDARD).count(version.epoch());
    let release = version.release();
    let length = release.iter().rposition(|part| *part != 0).map_or(0, |last| last + 1);
    for part in release.iter().take(length) {
        key.mark(NUMBER).count(*part);
    }
    key.mark(END);
    match version.pre() {
        // A development release of the final one comes before its pre-releases.
        None if version.post().is_none() && version.dev().is_some() => key.mark(0),
        None => key.mark(4),
        Some(pre) => {
            let rank = match pre.kind {
                PrereleaseKind::Alpha => 1,
                PrereleaseKind::Beta => 2,
                PrereleaseKind::Rc => 3,
            };
            key.mark(rank).count(pre.number)
        }
    };
    match version.post() {
        None => key.mark(0),
        Some(post) => key.mark(1).count(post),
    };
    match version.dev() {
        Some(dev) => key.mark(0).count(dev),
        None => key.mark(1),
    };
    for segment in version.local() {
        match segment {
            LocalSegment::String(word) => key.mark(WORD).word(word.as_bytes()),
            LocalSegment::Number(value) => key.mark(NUMBER).count(*value),
        };
    }
    key.mark(END);
    key.finish()
}

/// Orders a legacy version by its numbers and words; separators do not count. Refuses what no release could be named:
/// a text without a digit or with characters that neither grammar has.
fn legacy(text: &str) -> Result<Key, &'static str> {
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-+!~".contains(&byte)) {
        return Err("it has a character that no version has");
    }
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err("it has no number");
    }
    let mut key = KeyWriter::new();
    key.mark(LEGACY);
    let lower = text.to_ascii_lowercase();
    let mut rest = lower.as_str();
    while let Some(first) = rest.chars().next() {
        let same = |c: char| match first {
            '0'..='9' => c.is_ascii_digit(),
            'a'..='z' => c.is_ascii_lowercase(),
            _ => !c.is_ascii_alphanumeric(),
        };
        let (token, tail) = rest.split_at(rest.find(|c| !same(c)).unwrap_or(rest.len()));
        rest = tail;
        match first {
            '0'..='9' if token.len() > DIGITS_OF_U64 => return Err("a number has more than 19 digits"),
            '0'..='9' => drop(key.mark(NUMBER).number(token.as_bytes())),
            'a'..='z' => drop(key.mark(WORD).word(token.as_bytes())),
            _ => {}
        }
    }
    key.mark(END);
    Ok(key.finish())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ladder_of_pep_440_climbs() {
        let ladder = [
            "2004d-x",
            "1.0-final-x",
            "1.0.dev456",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.0.15",
            "1.1.dev1",
            "1.10",
            "2013.10",
            "1!0.5",
        ];
        // The legacy ones stand first whatever their numbers, in an order of their own.
        for pair in ladder[2..].windows(2) {
            assert!(key(pair[0]).unwrap() < key(pair[1]).unwrap(), "{pair:?}");
        }
        for text in &ladder[..2] {
            assert!(key(text).unwrap() < key("0.dev0").unwrap(), "{text}");
        }
    }

    #[test]
    fn equal_spellings() {
        for (a, b) in [
            ("1.0", "1"),
            ("v1.0", "1.0.0"),
            ("1.0-alpha.1", "1a1"),
            ("1.0-1", "1.0.post1"),
            ("1.0c2", "1.0rc2"),
            ("1.0+a-b", "1.0+a.b"),
        ] {
            assert_eq!(key(a), key(b), "{a} {b}");
        }
    }

    #[test]
    fn a_number_too_large_is_an_error_and_not_a_legacy_version() {
        assert!(key("2.0.dev202001010101010101010").is_err());
        assert!(key("2.0.dev20200101010101").is_ok());
    }

    proptest! {
        #[test]
        fn the_order_is_the_one_of_pep440_rs(
            a in "([0-9]!)?[0-9]{1,2}(\\.[0-9]){0,3}(a|b|rc)?[0-9](\\.post[0-9])?(\\.dev[0-9])?(\\+[a-c0-9](\\.[a-c0-9]{1,2}){0,2})?",
            b in "([0-9]!)?[0-9]{1,2}(\\.[0-9]){0,3}(a|b|rc)?[0-9](\\.post[0-9])?(\\.dev[0-9])?(\\+[a-c0-9](\\.[a-c0-9]{1,2}){0,2})?",
        ) {
            let oracle = Version::from_str(&a).unwrap().cmp(&Version::from_str(&b).unwrap());
            prop_assert_eq!(key(&a).unwrap().cmp(&key(&b).unwrap()), oracle);
        }
    }
}

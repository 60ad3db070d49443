//! Semantic Versioning 2.0.0, section 11, with numbers of any size: the ground of crates.io, npm and Go.
//!
//! Advisories are written by hand, so more is read than the grammar allows: missing components are zero (`1.2`),
//! further ones count (`0.9.1.3`), and a word may follow the numbers directly (`9.6.0b1`), which npm's loose mode
//! reads as a pre-release too. Build metadata is ignored.

use super::key::{Key, KeyWriter};

/// What stands behind the release numbers, lowest first.
const PRE_RELEASE: u8 = 1;
const RELEASE: u8 = 2;
const FURTHER_NUMBER: u8 = 3;

/// What stands in a pre-release, lowest first.
const END: u8 = 0;
const NUMBER: u8 = 1;
const WORD: u8 = 2;

/// Returns the key of a version without any prefix, or what is wrong with it.
pub(super) fn key(text: &str) -> Result<Key, &'static str> {
    let (version, build) = text.split_once('+').unwrap_or((text, "0"));
    if !build.split('.').all(is_identifier) {
        return Err("the build metadata has a character other than letters, digits, `-` and `.`");
    }
    let numeric = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let end = version.bytes().take_while(numeric).count();
    let (numbers, rest) = version.split_at(end);
    let mut key = KeyWriter::new();
    release(numbers, &mut key)?;
    let pre_release = match rest.strip_prefix('-') {
        Some(pre_release) => pre_release,
        None if rest.is_empty() => return Ok(finish(key)),
        None => rest,
    };
    key.mark(PRE_RELEASE);
    for identifier in pre_release.split('.') {
        if !is_identifier(identifier) {
            return Err(
                "a pre-release identifier is empty or has a character other than letters, digits and `-`",
            );
        }
        if identifier.bytes().all(|byte| byte.is_ascii_digit()) {
            key.mark(NUMBER).number(identifier);
        } else {
            key.mark(WORD).word(identifier);
        }
    }
    key.mark(END);
    Ok(key.finish())
}

fn finish(mut key: KeyWriter) -> Key {
    key.mark(RELEASE);
    key.finish()
}

/// Writes `1.2.3`; `1.2` is `1.2.0`, and `1.2.3.0` is `1.2.3`.
fn release(numbers: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    let mut last = 0;
    for (at, component) in numbers.split('.').enumerate() {
        if component.is_empty() {
            return Err("a number is missing");
        }
        if at < 3 || component.bytes().any(|byte| byte != b'0') {
            last = at;
        }
    }
    let components = numbers.split('.').chain(std::iter::repeat("0"));
    for (at, component) in components.enumerate().take(last.max(2) + 1) {
        if at >= 3 {
            key.mark(FURTHER_NUMBER);
        }
        key.number(component);
    }
    Ok(())
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_of_the_specification_climbs() {
        let ladder = [
            "0",
            "0.0.1-0",
            "0.0.1",
            "0.9.1.2",
            "0.9.1.3-rc",
            "0.9.1.3",
            "0.9.2",
            "1.0.0-0",
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-18446744073709551616",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.2",
            "1.10",
            "2.0.0",
            "18446744073709551615.0.0",
            "18446744073709551616.0.0",
            "99999999999999999999999.0.0",
        ];
        for pair in ladder.windows(2) {
            assert!(key(pair[0]).unwrap() < key(pair[1]).unwrap(), "{pair:?}");
        }
    }

    #[test]
    fn equal_spellings() {
        for (a, b) in [
            ("1.2", "1.2.0"),
            ("1.2.3+build.5", "1.2.3"),
            ("1.2.3.0.0", "1.2.3"),
            ("01.2.3", "1.2.3"),
            ("9.6.0b1", "9.6.0-b1"),
            ("1.0.0-rc.01", "1.0.0-rc.1"),
        ] {
            assert_eq!(key(a), key(b), "{a} {b}");
        }
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for text in [
            "1.",
            ".1",
            "1..2",
            "1.2.3-",
            "1.2.3-a..b",
            "1.2.3-a_b",
            "1.2.3+",
            "1.2.3+é",
            "1.x",
            "a",
            "-1",
            "1 2",
        ] {
            assert!(key(text).is_err(), "{text}");
        }
    }
}

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
    let text = text.as_bytes();
    let plus = text.iter().position(|byte| *byte == b'+').unwrap_or(text.len());
    let (version, build) = text.split_at(plus);
    if let Some((_, build)) = build.split_first()
        && !build.split(|byte| *byte == b'.').all(is_identifier)
    {
        return Err("the build metadata has a character other than letters, digits, `-` and `.`");
    }
    let end = version.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let (numbers, rest) = version.split_at(end);
    let mut key = KeyWriter::new();
    release(numbers, &mut key)?;
    let pre_release = match rest.split_first() {
        None => {
            key.mark(RELEASE);
            return Ok(key.finish());
        }
        Some((b'-', pre_release)) => pre_release,
        Some(_) => rest,
    };
    key.mark(PRE_RELEASE);
    for identifier in pre_release.split(|byte| *byte == b'.') {
        if !is_identifier(identifier) {
            return Err(
                "a pre-release identifier is empty or has a character other than letters, digits and `-`",
            );
        }
        if identifier.iter().all(u8::is_ascii_digit) {
            key.mark(NUMBER).number(identifier);
        } else {
            key.mark(WORD).word(identifier);
        }
    }
    key.mark(END);
    Ok(key.finish())
}

/// Writes `1.2.3`; `1.2` is `1.2.0`, and `1.2.3.0` is `1.2.3`.
fn release(numbers: &[u8], key: &mut KeyWriter) -> Result<(), &'static str> {
    let mut count = 0;
    // Zeros behind the third count once something else stands behind them.
    let mut zeros = 0;
    for component in numbers.split(|byte| *byte == b'.') {
        if component.is_empty() {
            return Err("a number is missing");
        }
        count += 1;
        if count <= 3 {
            key.number(component);
        } else if component.iter().all(|byte| *byte == b'0') {
            zeros += 1;
        } else {
            for _ in 0..std::mem::take(&mut zeros) {
                key.mark(FURTHER_NUMBER).number(b"0");
            }
            key.mark(FURTHER_NUMBER).number(component);
        }
    }
    for _ in count..3 {
        key.number(b"0");
    }
    Ok(())
}

fn is_identifier(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
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

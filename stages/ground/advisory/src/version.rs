//! The order of versions, one file an ecosystem.
//!
//! Every text becomes a [`Key`]: bytes whose plain order is the order of the ecosystem. So the order is total by
//! construction, the index stores keys, and a look-up compares bytes. A text that is no version is an error, which
//! callers turn into a gap; it is never taken for a harmless version.

mod crates_io;
mod go;
mod key;
mod npm;
mod pypi;
mod semantic;

use std::cmp::Ordering;

use model::Ecosystem;

pub use key::Key;

/// Longest version text that is read. The longest of the public data has 96 bytes.
pub const LONGEST: usize = 255;

/// Why a text is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// Nothing but white space.
    #[error("the version is empty")]
    Empty,
    /// More than [`LONGEST`] bytes.
    #[error("the version is {0} bytes long, more than {LONGEST}")]
    TooLong(usize),
    /// Not in the ecosystem's grammar.
    #[error("`{text}` is not a version of {ecosystem}: {reason}")]
    Malformed {
        /// Family whose grammar was tried.
        ecosystem: Ecosystem,
        /// The text, control characters escaped.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It has a place by convention alone, which is no bound for others.
    #[error("`{0}` follows no rule that says which versions come before it")]
    Legacy(String),
}

/// Returns the sort key of a version.
pub fn key(ecosystem: Ecosystem, text: &str) -> Result<Key, VersionError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(VersionError::Empty);
    }
    if text.len() > LONGEST {
        return Err(VersionError::TooLong(text.len()));
    }
    let key = match ecosystem {
        Ecosystem::CratesIo => crates_io::key(text),
        Ecosystem::Go => go::key(text),
        Ecosystem::Npm => npm::key(text),
        Ecosystem::PyPI => pypi::key(text),
    };
    key.map_err(|reason| VersionError::Malformed { ecosystem, text: text.escape_debug().to_string(), reason })
}

/// Compares two versions of one ecosystem.
pub fn compare(ecosystem: Ecosystem, a: &str, b: &str) -> Result<Ordering, VersionError> {
    Ok(key(ecosystem, a)?.cmp(&key(ecosystem, b)?))
}

/// Returns the version that a rebuilt one was made from, where the ecosystem has that notion and the text uses it:
/// `1.0` of the Python version `1.0+cu118`.
pub(crate) fn origin(ecosystem: Ecosystem, text: &str) -> Option<&str> {
    match ecosystem {
        Ecosystem::PyPI => text.split_once('+').map(|(public, _)| public),
        Ecosystem::CratesIo | Ecosystem::Go | Ecosystem::Npm => None,
    }
}

/// Tells whether a version names a commit rather than a release, so that its place among releases is a guess.
pub(crate) fn names_commit(ecosystem: Ecosystem, text: &str) -> bool {
    match ecosystem {
        Ecosystem::Go => go::is_pseudo(text),
        Ecosystem::CratesIo | Ecosystem::Npm | Ecosystem::PyPI => false,
    }
}

/// Tells whether the place of a version is a convention rather than the sense of its text: Python versions from before
/// PEP 440 sort below all others.
pub(crate) fn is_legacy(ecosystem: Ecosystem, key: &[u8]) -> bool {
    match ecosystem {
        Ecosystem::PyPI => pypi::is_legacy(key),
        Ecosystem::CratesIo | Ecosystem::Go | Ecosystem::Npm => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Version-like texts: pieces that the four grammars use, glued at random, so that many parse and many nearly do.
    fn version_like() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[0-9]{1,3}",
            "[0-9]{18,24}",
            Just("0".to_owned()),
            Just("1".to_owned()),
            Just("2".to_owned()),
            "[a-z]{1,4}",
            Just("rc".to_owned()),
            Just("beta".to_owned()),
            Just("dev".to_owned()),
            Just("post".to_owned()),
            Just("alpha".to_owned()),
            Just("0.20230102030405-abcdefabcdef".to_owned()),
            Just("incompatible".to_owned()),
        ];
        let joint = prop_oneof![4 => Just("."), 2 => Just("-"), 1 => Just("+"), 1 => Just("!"), 1 => Just(""), 1 => Just("_")];
        let head = prop_oneof![3 => Just(""), 1 => Just("v"), 1 => Just("go"), 1 => Just("=")];
        (head, piece.clone(), prop::collection::vec((joint, piece), 0..6)).prop_map(|(head, first, rest)| {
            rest.into_iter().fold(format!("{head}{first}"), |text, (joint, piece)| text + joint + &piece)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn the_order_is_total(a in version_like(), b in version_like(), c in version_like()) {
            for ecosystem in Ecosystem::ALL {
                if let Ok(order) = compare(ecosystem, &a, &b) {
                    prop_assert_eq!(compare(ecosystem, &b, &a), Ok(order.reverse()));
                    prop_assert_eq!(compare(ecosystem, &a, &a), Ok(Ordering::Equal));
                    if let (Ok(second), Ok(across)) = (compare(ecosystem, &b, &c), compare(ecosystem, &a, &c)) {
                        if order == second || second == Ordering::Equal {
                            prop_assert_eq!(across, order);
                        } else if order == Ordering::Equal {
                            prop_assert_eq!(across, second);
                        }
                    }
                }
            }
        }

        #[test]
        fn any_text_is_a_key_or_an_error(text in any::<String>()) {
            for ecosystem in Ecosystem::ALL {
                let _ = key(ecosystem, &text);
                let _ = names_commit(ecosystem, &text);
            }
        }
    }

    #[test]
    fn what_is_no_version_is_an_error_everywhere() {
        for text in
            ["", "  ", "latest", "*", "^1.0", "file:../x", "git+ssh://host/x", "1.0 || 2.0", "\u{0}", "é"]
        {
            for ecosystem in Ecosystem::ALL {
                assert!(key(ecosystem, text).is_err(), "{ecosystem} {text:?}");
            }
        }
        let long = format!("1.{}", "0".repeat(LONGEST));
        assert_eq!(key(Ecosystem::Npm, &long), Err(VersionError::TooLong(long.len())));
    }
}

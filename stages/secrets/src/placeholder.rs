//! Tells a value that stands in for a credential from one that could be a credential.
//!
//! It is asked only after a format or a name has spoken for the value, so it must be sure of itself: every test below
//! passes a random value with a chance of less than one in a thousand.

use crate::value::{distinct, is_periodic, longest_run, longest_sequence};

/// Words that do not stand in a credential by chance, however it is spelled.
const WORDS: &[&str] = &[
    "abcdefg",
    "changeit",
    "changeme",
    "default",
    "dummy",
    "enter",
    "example",
    "fakekey",
    "fixme",
    "foobar",
    "goeshere",
    "hunter2",
    "insert",
    "invalid",
    "lorem",
    "mysecret",
    "nopass",
    "notreal",
    "notset",
    "password",
    "placeholder",
    "qwerty",
    "redacted",
    "replace",
    "sample",
    "secret",
    "testing",
    "testkey",
    "testtoken",
    "tokenhere",
    "undefined",
    "unknown",
    "yourkey",
    "yourtoken",
];

/// Words that count only when they stand apart from other letters and digits, since four letters meet by chance.
const SHORT_WORDS: &[&str] =
    &["demo", "fake", "foo", "here", "key", "mock", "none", "null", "test", "todo", "token", "xxx", "your"];

/// Longest value that is searched for words: in a longer one five letters meet by chance.
const LONGEST: usize = 128;

/// Marks of a template, a mask or an elision.
const MARKS: &[&str] =
    &["${", "{{", "<%", "%(", "#{", "$(", "...", "***", "\u{2026}", "<your", "<insert", "[your"];

/// Tells whether the body of a credential (without its fixed prefix) was made up by hand.
pub(crate) fn is_placeholder(body: &[u8]) -> bool {
    is_monotonous(body) || has_word(body) || has_mark(body)
}

/// Tells whether the value has too little in it: one character again and again, a stretch of the alphabet, a period.
pub(crate) fn is_monotonous(body: &[u8]) -> bool {
    if body.len() < 8 {
        return false;
    }
    // A run or sequence that would be a seventh of a long value says nothing about the rest.
    let much = (body.len() / 7).max(6);
    longest_run(body) >= much || longest_sequence(body) >= much || distinct(body) <= 4 || is_periodic(body)
}

/// Tells whether a word of those that people write in place of a credential is in the value.
pub(crate) fn has_word(body: &[u8]) -> bool {
    if body.len() > LONGEST {
        return false;
    }
    let lower = body.to_ascii_lowercase();
    WORDS.iter().any(|word| find(&lower, word.as_bytes()).is_some())
        || lower
            .split(|byte| !byte.is_ascii_alphanumeric())
            .filter(|part| part.len() < lower.len())
            .any(|part| SHORT_WORDS.iter().any(|word| word.as_bytes() == part))
}

/// Tells whether the value is a template, or has been masked.
pub(crate) fn has_mark(body: &[u8]) -> bool {
    MARKS.iter().any(|mark| find(body, mark.as_bytes()).is_some())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: bool) {
        assert_eq!(is_placeholder(value.as_bytes()), expected, "{value}");
    }

    #[test]
    fn made_up_values_are_known() {
        for value in [
            "xxxxxxxxxxxxxxxxxxxx",
            "0123456789abcdef0123456789abcdef",
            "IOSFODNN7EXAMPLE",
            "your-api-key-here",
            "abcd1234abcd1234abcd1234",
            "${GITHUB_TOKEN}",
            "a1b2...f9e8",
            "insert_token_here_please",
            "deadbeefdeadbeefdeadbeef",
            "zQWBuTSOoRi4A9s-fake-nsDkxkJ0m",
        ] {
            check(value, true);
        }
    }

    #[test]
    fn random_values_pass() {
        for value in [
            "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ",
            "9f86d081884c7d659a2feaa0c55ad015",
            "a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "wJalrXUtnFKK7MDENGbPxRfiCYzzK4qKLa0Ty1uV",
            "Tr0ub4dor&3",
            "correct-horse-battery",
        ] {
            check(value, false);
        }
    }
}

//! Tells a value that stands in for a credential from one that could be a credential.
//!
//! It is asked only after a format or a name has spoken for the value, so it must be sure of itself: every test below
//! passes a random value with a chance of less than one in a thousand.

use crate::value::{distinct, is_periodic, longest_run, longest_sequence};
use crate::word_list::WordList;

/// Words that do not stand in a credential by chance, however it is spelled.
static WORDS: WordList = WordList::new(&[
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
]);

/// Words that count only when they stand apart from other letters and digits, since four letters meet by chance.
const SHORT_WORDS: &[&str] =
    &["demo", "fake", "foo", "here", "key", "mock", "none", "null", "test", "todo", "token", "xxx", "your"];

/// Longest value that is searched for words: in a longer one five letters meet by chance.
const LONGEST: usize = 128;

/// Marks of a template, a mask or an elision.
static MARKS: WordList = WordList::new(&[
    "${",
    "{{",
    "<%",
    "#{",
    "...",
    "***",
    "\u{2026}",
    "\u{2022}\u{2022}",
    "<your",
    "<insert",
    "[your",
]);

/// Openings of a template that a password can hold as well, and what closes them.
const PAIRS: &[(&str, &str)] = &[("$(", ")"), ("%(", ")s"), ("%(", ")d")];

/// Words that ask for another value, without what parts them.
static REQUESTS: WordList = WordList::new(&[
    "changeit",
    "changeme",
    "changethis",
    "chooseastrong",
    "fillmein",
    "generateme",
    "notareal",
    "placeholder",
    "pleasechange",
    "putyour",
    "redacted",
    "replaceme",
    "replacethis",
    "replacewith",
    "somerandom",
    "thisisa",
    "tobechanged",
    "tobereplaced",
    "todo",
    "yourapi",
    "yourkey",
    "yourpass",
    "yoursecret",
    "yourstrong",
    "yoursuper",
    "yourtoken",
]);

/// First words of a request that needs another word to be one: `set-secure-password`.
const IMPERATIVES: &[&str] =
    &["add", "change", "choose", "enter", "insert", "my", "paste", "put", "replace", "set", "use", "your"];

/// Last words of such a request.
const WANTED: &[&str] = &["goes", "here", "key", "password", "please", "secret", "token", "value"];

/// Last words of a value that says only what would stand there.
const NOUNS: &[&str] = &["key", "pass", "passphrase", "password", "secret", "token"];

/// Whole values that mask another, or say that there is none.
const MASKS: &[&str] =
    &["dummy", "filtered", "hidden", "masked", "obfuscated", "omitted", "redacted", "removed", "replace"];

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
    WORDS.any_in(&lower)
        || lower
            .split(|byte| !byte.is_ascii_alphanumeric())
            .filter(|part| part.len() < lower.len())
            .any(|part| SHORT_WORDS.iter().any(|word| word.as_bytes() == part))
}

/// Tells whether the value is a template, or has been masked.
pub(crate) fn has_mark(body: &[u8]) -> bool {
    // What any mark or pair begins with; hardly a value has it.
    let may =
        body.iter().any(|byte| matches!(byte, b'$' | b'{' | b'<' | b'#' | b'.' | b'*' | b'[' | b'%' | 0xE2));
    may && (MARKS.any_in(body) || has_pair(body))
}

/// Tells whether something to be filled in is opened and closed in the value.
pub(crate) fn has_pair(body: &[u8]) -> bool {
    PAIRS.iter().any(|(open, close)| {
        find(body, open.as_bytes())
            .and_then(|at| body.get(at..))
            .is_some_and(|rest| find(rest, close.as_bytes()).is_some())
    })
}

/// Tells whether the value asks for another one (`changeme`, `set-secure-password`), or masks one (`hidden`).
pub(crate) fn is_instruction(body: &[u8]) -> bool {
    if body.len() > LONGEST {
        return false;
    }
    let lower = body.to_ascii_lowercase();
    let letters: Vec<u8> = lower.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    let is_in = |list: &[&str], word: Option<&&[u8]>| {
        word.is_some_and(|word| list.iter().any(|known| known.as_bytes() == *word))
    };
    let words: Vec<&[u8]> =
        lower.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let asks = words.len() > 2 && is_in(IMPERATIVES, words.first()) && is_in(WANTED, words.last());
    // `the-password`, and no `themonkey`.
    let vague =
        matches!(words.as_slice(), [b"a" | b"an" | b"some" | b"the", noun] if is_in(NOUNS, Some(noun)));
    asks || vague || REQUESTS.any_in(&letters) || MASKS.iter().any(|mask| mask.as_bytes() == letters)
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
    fn instructions_are_known() {
        let check = |value: &str, expected| assert_eq!(is_instruction(value.as_bytes()), expected, "{value}");
        check("changeme", true);
        check("!ChangeMe!", true);
        check("change-me-in-production", true);
        check("set-secure-redis-password", true);
        check("your-16-char-app-password", true);
        check("SomeRandomStringOf32CharsExactly", true);
        check("ThisIsASecretForDocs", true);
        check("not-a-real-password", true);
        check("hidden", true);
        check("REPLACE", true);
        check("dummy", true);
        check("SET-ME-PLEASE", true);
        // Somebody runs a database with it.
        check("somepassword", false);
        check("the-password", true);
        check("themonkey", false);
        check("somersault9", false);
        check("[REDACTED]", true);
        check("PUT_YOUR_VALUE_HERE", true);
        check("settlement-key", false);
        check("set9password", false);
        check("hiddenvalley7", false);
        check("Xk29fjQ8zLmP", false);
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
            "r(m)9nLzz$(_q3N4z1k(EFs%(x",
        ] {
            check(value, false);
        }
    }
}

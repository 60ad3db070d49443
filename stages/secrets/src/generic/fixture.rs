//! What is made up: a value in a test, an example, a document or in the code of others is hardly ever a live credential, so
//! that much more is asked of it there.

use base64::Engine as _;

use crate::generic::{is_uuid, words};
use crate::hint::{Area, Hint, Language};
use crate::placeholder;
use crate::value::{distinct, strength};

/// Percents that a made-up value's probability must be above the threshold.
const DEMAND: u8 = 30;
/// Probability that is enough at any threshold.
const SURE: u8 = 95;
/// Shortest value that can be somebody's in such a place.
const SHORTEST: usize = 16;
/// Bits that it must have.
const BITS: f64 = 56.0;

/// Tells whether the file holds what is made up.
pub(crate) fn is_meant(hint: &Hint) -> bool {
    match hint.area {
        Area::Test | Area::Vendored | Area::Words => true,
        // A folder `templates` holds the pages of a program as often as samples.
        Area::Example => hint.language != Language::Markup,
        Area::Main => hint.language == Language::Prose,
    }
}

/// Returns the probability that a value with this one, by its characters and its name, is live where it stands: at a
/// threshold it takes what elsewhere is 30 more, but never more than 95, and a value that nobody thought up.
pub(super) fn weigh(probability: u8, value: &[u8], hint: &Hint) -> u8 {
    if !is_meant(hint) {
        probability
    } else if !is_specific(value) {
        probability / 5
    } else if probability >= SURE {
        probability
    } else {
        probability.saturating_sub(DEMAND)
    }
}

/// Tells whether the value is none that somebody thought up for a test: long, mixed, without words, and no hash of a password.
pub(crate) fn is_specific(value: &[u8]) -> bool {
    // A capital at the beginning is spelling.
    let kinds = [u8::is_ascii_digit, u8::is_ascii_lowercase, u8::is_ascii_uppercase];
    let mixed = kinds.iter().filter(|kind| value.iter().skip(1).any(kind)).count() > 1;
    value.len() >= SHORTEST
        && mixed
        && strength(value) >= BITS
        && distinct(value) >= 8
        && !is_uuid(value)
        && value.iter().all(u8::is_ascii_graphic)
        && !placeholder::is_placeholder(value)
        && !is_hash(value)
        && !is_wrapped_text(value)
        && words::coverage(value).0 * 3 < value.len()
}

/// Tells whether the value is a hash that a password is checked by.
fn is_hash(value: &[u8]) -> bool {
    const BEGINNINGS: &[&str] =
        &["$1$", "$2", "$5$", "$6$", "$argon2", "$y$", "pbkdf2_", "bcrypt$", "{SSHA", "{SHA"];
    BEGINNINGS.iter().any(|beginning| value.starts_with(beginning.as_bytes()))
}

/// Tells whether the value is text in base64.
fn is_wrapped_text(value: &[u8]) -> bool {
    let engine = base64::engine::general_purpose::STANDARD;
    engine
        .decode(value)
        .is_ok_and(|bytes| bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_thought_up_is_told_from_what_is_drawn() {
        let check = |value: &str, expected| assert_eq!(is_specific(value.as_bytes()), expected, "{value}");
        check("kT9xLw2QzR7vNc4bHf8s", true);
        check("3be1e79c3e7541a9ed1137b9baf719f3", true);
        check("hunter2", false);
        check("hbfvdkhjbvkdvdfjvbnkhjb", false);
        check("MAXボットトークンやその他の詳細については", false);
        check("Gebruikerswachtwoord", false);
        check("Legitimations-oplysninger", false);
        check("2ff00750-e2d6-47a6-ae54-67b981e78030", false);
        check("super-secret-value-123", false);
        check("bXktc2VjcmV0LXBhc3N3b3Jk", false);
        check("$2y$10$abcdefghijklmnopqrstuv", false);
    }

    #[test]
    fn more_is_asked_of_what_is_made_up() {
        let check = |probability, value: &str, path, expected| {
            assert_eq!(weigh(probability, value.as_bytes(), &Hint::of(path)), expected, "{path}: {value}");
        };
        check(80, "hunter2", "src/a.py", 80);
        check(80, "hunter2", "tests/a.py", 16);
        check(99, "hunter2", "README.md", 19);
        check(90, "kT9xLw2QzR7vNc4bHf8s", "tests/a.py", 60);
        check(95, "kT9xLw2QzR7vNc4bHf8s", "tests/a.py", 95);
        check(80, "hunter2", "app/templates/page.html", 80);
    }
}

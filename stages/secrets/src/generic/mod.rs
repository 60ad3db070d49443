//! Credentials that only their name speaks for: whether the value under it is one.

mod account;
pub(crate) mod features;
pub(crate) mod fixture;
pub(crate) mod forest;
mod meaning;
pub(crate) mod name;
mod place;
mod reference;
mod shape;
mod vocabulary;
mod words;

use crate::detect::assignment::{Assignment, Operator};
use crate::generic::name::{Name, Noun};
use crate::hint::{Area, Hint, Language};
use crate::placeholder;
use crate::value::distinct;
use features::Features;

/// Least probability of a password that its place speaks for: 63 of 85 were real in repositories nobody had looked at.
const ACCOUNT: u8 = 75;

/// What a value under a credential's name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A credential.
    Credential {
        /// How probable it is, in percent.
        probability: u8,
        /// Whether it is a common password that a service comes with.
        default: bool,
    },
    /// Something that stands in for one.
    Placeholder,
    /// No credential, as its surroundings tell.
    Nothing,
    /// No credential, wherever its line stands.
    Never,
}

/// Judges the value of an assignment; `connection` says that it stands among the parts of a connection string.
pub(crate) fn judge(
    text: &[u8],
    assignment: &Assignment,
    name: &Name,
    hint: &Hint,
    connection: bool,
) -> Verdict {
    match weigh(text, assignment, name, hint, connection) {
        Ok((features, account)) => {
            let value = text.get(assignment.value.clone()).unwrap_or_default();
            let scored = forest::forest().probability(&features);
            let told = if account { scored.max(ACCOUNT) } else { scored };
            let probability = fixture::weigh(told, value, hint);
            Verdict::Credential { probability, default: account::is_default(value, name) }
        }
        Err(verdict) => verdict,
    }
}

/// Returns what the scorer sees; `None` where no scorer is needed to know that the value is no credential.
pub(crate) fn look(
    text: &[u8],
    assignment: &Assignment,
    name: &Name,
    hint: &Hint,
    connection: bool,
) -> Option<Features> {
    weigh(text, assignment, name, hint, connection).ok().map(|(features, _)| features)
}

/// Returns what the scorer sees and whether the place speaks for the value, or the verdict where neither is needed.
fn weigh(
    text: &[u8],
    assignment: &Assignment,
    name: &Name,
    hint: &Hint,
    connection: bool,
) -> Result<(Features, bool), Verdict> {
    if is_never(text, assignment, name, hint) {
        Err(Verdict::Never)
    } else if is_stand_in(text, assignment) {
        Err(Verdict::Placeholder)
    } else if meaning::is_other(text, assignment, name, hint) {
        Err(Verdict::Nothing)
    } else {
        let account = account::is_account(text, assignment, name, hint, connection);
        Ok((features::of(text, assignment, name, hint, account), account))
    }
}

/// Tells whether name and value themselves say that the value is no credential.
fn is_never(text: &[u8], assignment: &Assignment, name: &Name, hint: &Hint) -> bool {
    let value = text.get(assignment.value.clone()).unwrap_or_default();
    let spaces = || value.iter().filter(|byte| **byte == b' ').count();
    let words = || {
        value
            .iter()
            .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'|' | b'.' | b':'))
            && value.len() < 40
            || value.iter().filter(|byte| **byte == b':').count() > 1
    };
    // The key of a map is a key to nothing.
    let is_of_map = name.noun == Noun::Key
        && !name.qualified
        && (value.len() < 16 || words() || is_uuid(value) || value.contains(&b' '));
    let identifies =
        || name.behind > 0 && name.words.last().is_some_and(|word| matches!(word.as_str(), "id" | "ids"));
    // `renameIndex('access_tokens', …)`: many tokens are a table, not a token; `passwords: 'users'` says where they are kept.
    let is_list = || {
        name.is_plural()
            && (assignment.operator == Operator::Comma || value.iter().all(u8::is_ascii_lowercase))
    };
    // `Pass: …` in a message, and `--- PASS: TestLogin (0.01s)` in a log, is how a test went.
    let is_logged = assignment.quote.is_none()
        && name.text == "PASS"
        && matches!(hint.language, Language::Unknown | Language::Prose);
    let is_outcome = assignment.operator == Operator::Colon
        && (is_logged || assignment.embedded && matches!(name.text.as_str(), "Pass" | "PASS" | "pass"));
    is_of_map
        || is_outcome
        || spaces() > 3
        || is_list()
        || identifies()
        || (hint.area == Area::Words || name.is_of_text()) && !fixture::is_specific(value)
        || name.is_known_to_all()
        || name.is_encrypted()
        || meaning::is_never(text, assignment, value)
}

/// Tells whether the value is nothing but words, as the name of a method is: `FollowExternalSymlinks`.
pub(crate) fn is_of_words(value: &[u8]) -> bool {
    value.len() >= 12
        && value.iter().all(u8::is_ascii_alphabetic)
        && words::coverage(value).0 * 3 >= value.len() * 2
}

/// Tells whether the value is a UUID: an identifier, unless the name says otherwise.
pub(crate) fn is_uuid(value: &[u8]) -> bool {
    let digits = |(at, byte): (usize, &u8)| {
        if matches!(at, 8 | 13 | 18 | 23) { *byte == b'-' } else { byte.is_ascii_hexdigit() }
    };
    value.len() == 36 && value.iter().enumerate().all(digits)
}

/// Tells whether a value is the name of a variable, or text for people.
pub(crate) fn is_name_or_text(value: &[u8]) -> bool {
    reference::is_name_of_variable(value) || meaning::is_text(value)
}

/// Bytes behind a value in which the mark of a cut is looked for.
const ELIDED: usize = 40;

fn is_stand_in(text: &[u8], assignment: &Assignment) -> bool {
    let value = text.get(assignment.value.clone()).unwrap_or_default();
    let one_character = value.iter().all(|byte| Some(byte) == value.first())
        || value.iter().all(|byte| matches!(byte, b'x' | b'X' | b'*' | b'.' | b'-' | b'_'));
    // `dckr_pat_n3rrKxxxxxxxxg6eg` has been masked in its middle.
    let masked = value.windows(6).any(|part| part.iter().all(|byte| matches!(byte, b'x' | b'X')));
    // `AIzaXXXX`, and the UUID of nothing: `00000000-0000-0000-0000-000000000001`.
    let ends_masked = value.len() > 6 && (value.ends_with(b"XXXX") || value.ends_with(b"xxxx"));
    let counted = is_uuid(value) && distinct(value) <= 4;
    // `refresh_token=Atzr|IwEB…` has been cut.
    let rest =
        text.get(assignment.value.end..text.len().min(assignment.value.end + ELIDED)).unwrap_or_default();
    let word = rest.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    let elided = memchr::memmem::find(word, "\u{2026}".as_bytes()).is_some();
    one_character
        || elided
        || masked
        || ends_masked
        || counted
        || placeholder::has_mark(value)
        || placeholder::is_instruction(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::assignment::tests::found_in;

    #[test]
    fn what_is_masked_in_part_is_no_credential() {
        let check = |line: &str, expected: bool| {
            let hint = Hint::of("app.yml");
            let (assignment, name) = found_in(line, hint.language).unwrap();
            let verdict = judge(line.as_bytes(), &assignment, &name, &hint, false);
            assert_eq!(verdict == Verdict::Placeholder, expected, "{line}");
        };
        check("password: dckr_pat_n3rrKF4kgVcDuAxxxxxxxg6eg", true);
        check("token: 4XXXXXXXXXX8", true);
        check("api_key: AIzaXXXX", true);
        check("token: 00000000-0000-0000-0000-000000000001", true);
        check("token: 6168DB8D-DC58-4094-AF24-483278923590", false);
        check("password: dummy", true);
        check("password: n3rrKF4kgVcDuAxxxg6eg", false);
        check("password: Dummy4kgVc", false);
    }

    #[test]
    fn what_has_been_cut_is_no_credential() {
        let check = |line: &str, expected: bool| {
            let (assignment, _) = found_in(line, Language::Unknown).unwrap();
            assert_eq!(is_stand_in(line.as_bytes(), &assignment), expected, "{line}");
        };
        check("refresh_token=Atzr|IwEB\u{2026}", true);
        check("refresh_token=Atzr|IwEB", false);
        check("refresh_token=Atzr IwEB\u{2026}", false);
    }

    #[test]
    fn a_password_of_an_account_is_at_least_as_probable_as_it_was_found_to_be() {
        let text = "user: root\npassword: root";
        let hint = Hint::of("app.yml");
        let (assignment, name) = found_in(text, hint.language).unwrap();
        let verdict = judge(text.as_bytes(), &assignment, &name, &hint, false);
        assert!(
            matches!(verdict, Verdict::Credential { probability, default: true } if probability >= ACCOUNT),
            "{verdict:?}"
        );
    }

    #[test]
    fn how_a_test_went_is_no_password() {
        let check = |line: &str, path: &str, expected: bool| {
            let hint = Hint::of(path);
            let (assignment, name) = found_in(line, hint.language).unwrap();
            assert_eq!(
                look(line.as_bytes(), &assignment, &name, &hint, false).is_none(),
                expected,
                "{path}: {line}"
            );
        };
        check("--- PASS: TestInstanceTenancySchema (0.00s)", "grep", true);
        check("PASS: t/lib-http", "build.log", true);
        check("  PASS: k9XwLq27vT", "compose.yml", false);
        check("PASS: 'k9XwLq27vT'", "notes.txt", false);
    }
}

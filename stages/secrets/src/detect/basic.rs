//! The headers of HTTP's authentication: a name and a password in base64, or a bearer's token.

use model::SecretVerdict;

use crate::automaton::Occurrence;
use crate::candidate::Source;
use crate::check;
use crate::detect::url;
use crate::engine_rule::EngineRule;
use crate::pass::Pass;
use crate::placeholder;
use crate::published;
use crate::value::strength;

/// Bytes before the scheme in which the header's name is looked for.
const BEFORE: usize = 40;

/// Looks at what follows the name of the scheme.
pub(crate) fn detect(pass: &mut Pass<'_>, at: Occurrence) {
    let text = pass.text;
    if !in_header(text, at.start) {
        return;
    }
    let rest = text.get(at.end..text.len().min(at.end + 512)).unwrap_or_default();
    let is_digit =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_');
    let length = rest.iter().take_while(|byte| is_digit(byte)).count();
    let value = rest.get(..length).unwrap_or_default();
    if length < 8 {
        return;
    }
    let Some(pair) = check::base64(value).and_then(|bytes| String::from_utf8(bytes).ok()) else { return };
    let Some((user, password)) = pair.split_once(':') else { return };
    if password.is_empty() || pair.chars().any(char::is_control) {
        return;
    }
    if url::is_stand_in(user.as_bytes(), password.as_bytes()) || published::is_known(value) {
        pass.found.counts.placeholder += 1;
        return;
    }
    let range = at.end..at.end + length;
    if let Some(candidate) =
        pass.push(EngineRule::BasicAuthorization, range, Source::Structure, SecretVerdict::Format)
    {
        user.clone_into(&mut candidate.name);
    }
}

/// Bits of the shortest bearer's token that its scheme alone speaks for.
const TOKEN_BITS: f64 = 72.0;

/// Looks at what follows the name of the bearer's scheme.
pub(crate) fn detect_bearer(pass: &mut Pass<'_>, at: Occurrence) {
    let text = pass.text;
    if !in_header(text, at.start) {
        return;
    }
    let rest = text.get(at.end..text.len().min(at.end + 2048)).unwrap_or_default();
    let is_digit = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'.' | b'~' | b'|')
    };
    let length = rest.iter().take_while(|byte| is_digit(byte)).count();
    let value = rest.get(..length).unwrap_or_default();
    let random = strength(value) >= TOKEN_BITS
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic);
    if !random {
        return;
    }
    if placeholder::is_placeholder(value) || published::is_known(value) {
        pass.found.counts.placeholder += 1;
        return;
    }
    let range = at.end..at.end + length;
    if let Some(candidate) =
        pass.push(EngineRule::BearerAuthorization, range, Source::Context, SecretVerdict::Likely)
    {
        "bearer".clone_into(&mut candidate.name);
    }
}

/// Tells whether the scheme at `start` stands in a header, or begins a string that could be one.
fn in_header(text: &[u8], start: usize) -> bool {
    let before = text.get(start.saturating_sub(BEFORE)..start).unwrap_or_default().to_ascii_lowercase();
    let opens = matches!(before.last(), Some(b'"' | b'\'' | b'`' | b':' | b'='))
        || before.ends_with(b": ")
        || before.ends_with(b"- ");
    opens || memchr::memmem::find(&before, b"auth").is_some()
}

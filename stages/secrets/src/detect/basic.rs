//! The header of HTTP's basic authentication: a name and a password in base64.

use model::SecretVerdict;

use crate::automaton::Occurrence;
use crate::candidate::Source;
use crate::check;
use crate::detect::url;
use crate::engine_rule::EngineRule;
use crate::published;
use crate::scan::Pass;

/// Bytes before the scheme in which the header's name is looked for.
const BEFORE: usize = 40;

/// Looks at what follows the name of the scheme.
pub(crate) fn detect(pass: &mut Pass<'_>, at: Occurrence) {
    let text = pass.text;
    let before = text.get(at.start.saturating_sub(BEFORE)..at.start).unwrap_or_default().to_ascii_lowercase();
    if memchr::memmem::find(&before, b"auth").is_none() {
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

//! JSON Web Tokens: three parts of base64, the first two of them JSON.

use model::{SecretVerdict, Severity};
use serde_json::Value;

use crate::automaton::Occurrence;
use crate::candidate::Source;
use crate::check::{self, Judgement};
use crate::engine_rule::EngineRule;
use crate::published;
use crate::scan::{Pass, begins_word};

/// Longest token that is read.
const LONGEST: usize = 8 << 10;
/// Fewest characters of a signature: HMAC cut to 96 bits.
const SHORTEST_SIGNATURE: usize = 16;

/// Looks at the start of a header.
pub(crate) fn detect(pass: &mut Pass<'_>, at: Occurrence) {
    let text = pass.text;
    if text.get(at.start..at.end) != Some(b"eyJ") || !begins_word(text, at.start) {
        return;
    }
    let rest = text.get(at.start..text.len().min(at.start + LONGEST)).unwrap_or_default();
    let length = rest.iter().take_while(|byte| is_digit(**byte) || **byte == b'.').count();
    let token = rest.get(..length).unwrap_or_default();
    let token = token.strip_suffix(b".").unwrap_or(token);
    // Without the dots it is some other JSON in base64.
    let Some(token) = three_parts(token) else { return };
    match judge(token) {
        Judgement::Proven if published::is_known(token) => pass.found.counts.placeholder += 1,
        Judgement::Proven => {
            let range = at.start..at.start + token.len();
            let severity = severity(token);
            let pushed =
                pass.push(EngineRule::JsonWebToken, range, Source::Structure, SecretVerdict::Checksum);
            if let Some(candidate) = pushed {
                candidate.severity = severity;
                candidate.name = "token".to_owned();
            }
        }
        Judgement::Open => {}
        Judgement::Fake => pass.found.counts.fake += 1,
    }
}

const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Cuts to the first three parts; encrypted tokens have five.
fn three_parts(token: &[u8]) -> Option<&[u8]> {
    let dots: Vec<usize> = memchr::memchr_iter(b'.', token).collect();
    match dots.as_slice() {
        [_, _] | [_, _, _, _] => Some(token),
        [_, _, third, ..] => token.get(..*third),
        [] | [_] => None,
    }
}

/// Judges a token by its structure alone.
pub(crate) fn judge(token: &[u8]) -> Judgement {
    let mut parts = token.split(|byte| *byte == b'.');
    let (Some(header), Some(claims), Some(signature)) = (parts.next(), parts.next(), parts.next()) else {
        return Judgement::Open;
    };
    let encrypted = parts.next().is_some();
    let Some(Value::Object(header)) = json(header) else { return Judgement::Fake };
    if !header.contains_key("alg") {
        return Judgement::Fake;
    }
    if encrypted {
        return if header.contains_key("enc") { Judgement::Proven } else { Judgement::Fake };
    }
    let unsigned = header.get("alg").and_then(Value::as_str) == Some("none");
    if unsigned || signature.len() < SHORTEST_SIGNATURE {
        return Judgement::Fake;
    }
    match json(claims) {
        Some(Value::Object(claims)) if !is_sample(&claims) => Judgement::Proven,
        Some(_) | None => Judgement::Fake,
    }
}

/// The claims of jwt.io's example, under whatever key it was signed.
fn is_sample(claims: &serde_json::Map<String, Value>) -> bool {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    text("sub") == Some("1234567890") || text("name") == Some("John Doe")
}

/// A token that says when it ends is worth less than one that never does, and one for anonymous use is meant to be
/// public. The clock is not asked: whether it has ended already is for whoever reads the report.
fn severity(token: &[u8]) -> Option<Severity> {
    let claims = token.split(|byte| *byte == b'.').nth(1)?;
    let Some(Value::Object(claims)) = json(claims) else { return None };
    if claims.get("role").and_then(Value::as_str) == Some("anon") {
        return Some(Severity::Info);
    }
    claims.contains_key("exp").then_some(Severity::Medium)
}

fn json(part: &[u8]) -> Option<Value> {
    serde_json::from_slice(&check::base64(part)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn check(header: &str, claims: &str, signature: &str, expected: Judgement) {
        let token =
            format!("{}.{}.{signature}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(judge(token.as_bytes()), expected, "{header} {claims}");
    }

    #[test]
    fn tokens_are_judged_by_their_parts() {
        let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        check(r#"{"alg":"HS256"}"#, r#"{"sub":"a"}"#, signature, Judgement::Proven);
        check(r#"{"alg":"HS256"}"#, r#"{"sub":"1234567890"}"#, signature, Judgement::Fake);
        check(r#"{"alg":"none"}"#, r#"{"sub":"a"}"#, signature, Judgement::Fake);
        check(r#"{"alg":"HS256"}"#, r#"{"sub":"a"}"#, "signature", Judgement::Fake);
        check(r#"{"typ":"JWT"}"#, r#"{"sub":"a"}"#, signature, Judgement::Fake);
        check(r#"{"alg":"HS256"}"#, "no object", signature, Judgement::Fake);
    }
}

//! JSON Web Tokens: three parts of base64, the first two of them JSON.

use model::{SecretVerdict, Severity};
use serde_json::Value;

use crate::automaton::Occurrence;
use crate::candidate::Source;
use crate::check::{self, Judgement};
use crate::engine_rule::EngineRule;
use crate::pass::{Look, Pass, begins_word};
use crate::published;

/// Longest token that is read.
const LONGEST: usize = 8 << 10;
/// Fewest characters of a signature: HMAC cut to 96 bits.
const SHORTEST_SIGNATURE: usize = 16;

/// Tries at one header's end: what stands before it is read again for each.
const MOST_TRIES: usize = 16;
/// Seconds that a token may live and count as short-lived: a day.
const SHORT_LIFE: f64 = 86_400.0;

/// Looks at the start of a header.
pub(crate) fn detect(pass: &mut Pass<'_>, at: Occurrence) -> Look {
    let text = pass.text;
    let apart = begins_word(text, at.start);
    let joined = text.get(at.start.wrapping_sub(1)) == Some(&b'_');
    if text.get(at.start..at.end) != Some(b"eyJ") || !apart && !joined {
        return Look::Idle;
    }
    // Without the dots it is some other JSON in base64.
    let dot = pass.memory.dot.next(text, b".", at.end);
    let (last, tries) = pass.memory.headers;
    let tries = if last == dot { tries + 1 } else { 0 };
    pass.memory.headers = (dot, tries);
    if tries >= MOST_TRIES || dot == text.len() || dot - at.start > LONGEST {
        return Look::Open;
    }
    let rest = text.get(at.start..text.len().min(at.start + LONGEST)).unwrap_or_default();
    let Some(token) = three_parts(rest) else { return Look::Open };
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
        Judgement::Open | Judgement::Public => {}
        Judgement::Fake => pass.found.counts.fake += u64::from(apart),
    }
    Look::Open
}

const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Cuts to the first three parts; encrypted tokens have five.
fn three_parts(rest: &[u8]) -> Option<&[u8]> {
    let mut dots = Vec::with_capacity(5);
    let mut end = rest.len();
    for (at, byte) in rest.iter().enumerate() {
        if *byte == b'.' {
            dots.push(at);
        }
        if dots.len() == 5 || *byte != b'.' && !is_digit(*byte) {
            end = at;
            break;
        }
    }
    // A full stop behind a token ends a sentence.
    if dots.last().is_some_and(|last| last + 1 == end) {
        dots.pop();
        end = end.saturating_sub(1);
    }
    match dots.as_slice() {
        [_, _] | [_, _, _, _] => rest.get(..end),
        [_, _, third, ..] => rest.get(..*third),
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
    text("sub") == Some("1234567890")
        && text("name") == Some("John Doe")
        && claims.get("iat").and_then(Value::as_i64) == Some(1_516_239_022)
}

/// A token that lives for a day is worth less than one that lives for years, and one for anonymous use is meant to be
/// public. The clock is not asked: whether it has ended already is for whoever reads the report.
fn severity(token: &[u8]) -> Option<Severity> {
    let claims = token.split(|byte| *byte == b'.').nth(1)?;
    let Some(Value::Object(claims)) = json(claims) else { return None };
    match claims.get("role").and_then(Value::as_str) {
        // It passes by every rule that a database sets for rows.
        Some("service_role") => return Some(Severity::Critical),
        Some("anon") => return Some(Severity::Info),
        Some(_) | None => {}
    }
    let seconds = |name: &str| claims.get(name).and_then(Value::as_f64);
    let life = seconds("exp").zip(seconds("iat").or_else(|| seconds("nbf"))).map(|(end, start)| end - start);
    life.is_some_and(|life| (0.0..=SHORT_LIFE).contains(&life)).then_some(Severity::Medium)
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
        check(r#"{"alg":"HS256"}"#, r#"{"sub":"1234567890"}"#, signature, Judgement::Proven);
        let sample = r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#;
        check(r#"{"alg":"HS256"}"#, sample, signature, Judgement::Fake);
        check(r#"{"alg":"none"}"#, r#"{"sub":"a"}"#, signature, Judgement::Fake);
        check(r#"{"alg":"HS256"}"#, r#"{"sub":"a"}"#, "signature", Judgement::Fake);
        check(r#"{"typ":"JWT"}"#, r#"{"sub":"a"}"#, signature, Judgement::Fake);
        check(r#"{"alg":"HS256"}"#, "no object", signature, Judgement::Fake);
    }

    #[test]
    fn how_bad_a_token_is_depends_on_its_claims() {
        let check = |claims: &str, expected: Option<Severity>| {
            let token = format!("eyJhbGciOiJIUzI1NiJ9.{}.x", URL_SAFE_NO_PAD.encode(claims));
            assert_eq!(severity(token.as_bytes()), expected, "{claims}");
        };
        check(r#"{"sub":"a"}"#, None);
        check(r#"{"exp":2000000000}"#, None);
        check(r#"{"iat":1700000000,"exp":1700003600}"#, Some(Severity::Medium));
        check(r#"{"iat":1700000000,"exp":2015360000}"#, None);
        check(r#"{"role":"service_role","iat":1700000000,"exp":1700003600}"#, Some(Severity::Critical));
        check(r#"{"role":"anon"}"#, Some(Severity::Info));
    }

    #[test]
    fn tokens_are_cut_to_their_parts() {
        let check = |text: &str, expected: Option<&str>| {
            let cut = three_parts(text.as_bytes()).map(|cut| String::from_utf8_lossy(cut).into_owned());
            assert_eq!(cut.as_deref(), expected, "{text}");
        };
        check("a.b.c d", Some("a.b.c"));
        check("a.b.c. D", Some("a.b.c"));
        check("a.b.c.d.e\n", Some("a.b.c.d.e"));
        check("a.b.c.d", Some("a.b.c"));
        check("a.b.c.d.e.f", Some("a.b.c"));
        check("a.b", None);
        check("a b.c.d", None);
    }
}

//! Private keys in armor: PEM of every kind, OpenSSH, OpenPGP.

use std::ops::Range;

use model::SecretVerdict;

use crate::automaton::Occurrence;
use crate::candidate::Source;
use crate::check;
use crate::detect::{Memory, der};
use crate::engine_rule::EngineRule;
use crate::pass::Pass;
use crate::placeholder;

/// Longest armored text that is read: an RSA key of 16,384 bits takes 13 KB.
pub(crate) const LONGEST: usize = 64 << 10;
/// Fewest base64 characters of a key: Ed25519 in PKCS #8 takes 64.
const FEWEST: usize = 60;

/// Looks at an opening line.
pub(crate) fn detect(pass: &mut Pass<'_>, at: Occurrence) {
    let Some(armor) = Armor::read(pass.text, at.start, at.end, &mut pass.memory) else { return };
    let body: Vec<u8> = armor.body(pass.text);
    let (rule, verdict) = match armor.kind(&body) {
        Finding::Key(rule, verdict) => (rule, verdict),
        Finding::Placeholder => {
            pass.found.counts.placeholder += 1;
            return;
        }
        Finding::Nothing => return,
    };
    if let Some(candidate) = pass.push(rule, armor.whole.clone(), Source::Structure, verdict) {
        // The value is what does not change with the way it is wrapped into lines.
        candidate.value = Some(body);
        candidate.name = "private key".to_owned();
    }
}

enum Finding {
    Key(EngineRule, SecretVerdict),
    Placeholder,
    Nothing,
}

/// An armored text.
struct Armor {
    label: String,
    inner: Range<usize>,
    whole: Range<usize>,
    closed: bool,
}

impl Armor {
    fn read(text: &[u8], start: usize, behind: usize, memory: &mut Memory) -> Option<Self> {
        let rest = text.get(behind..text.len().min(behind + LONGEST))?;
        let label_end = memchr::memmem::find(rest.get(..rest.len().min(64))?, b"----")?;
        let label = std::str::from_utf8(rest.get(..label_end)?).ok()?.trim_end();
        if !label.contains("PRIVATE KEY") || label.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return None;
        }
        let dashes = rest.get(label_end..)?.iter().take_while(|byte| **byte == b'-').count();
        let inner_start = behind + label_end + dashes;
        // Whatever ends this armor stands before the next one, and not too far away.
        let next = memory.begin.next(text, b"-----BEGIN ", inner_start);
        let next = next.min(memory.begin_short.next(text, b"---- BEGIN ", inner_start));
        let inner = text.get(inner_start..next.min(inner_start + LONGEST))?;
        let end = memory.end.next(text, b"-----END ", inner_start);
        let end = end.min(memory.end_short.next(text, b"---- END ", inner_start));
        let (inner_end, whole_end) = match end.checked_sub(inner_start).filter(|end| *end < inner.len()) {
            Some(end) => {
                let behind = text.get(end + inner_start + 9..).unwrap_or_default();
                let tail = behind.get(..64).unwrap_or(behind);
                let close = memchr::memmem::find(tail, b"----").unwrap_or(0);
                let dashes =
                    tail.get(close..).unwrap_or_default().iter().take_while(|byte| **byte == b'-').count();
                (end, end + 9 + close + dashes)
            }
            None => {
                // Cut off: what reads like base64 up to the first thing that does not.
                let end = inner.iter().position(|byte| !in_body(*byte)).unwrap_or(inner.len());
                (end, end)
            }
        };
        Some(Self {
            label: label.to_owned(),
            inner: inner_start..inner_start + inner_end,
            whole: start..inner_start + whole_end,
            closed: whole_end > inner_end,
        })
    }

    /// Returns the base64 characters between the armor lines, whatever breaks them up: line ends, escapes of a string,
    /// quotes and operators of a program, marks of a comment.
    fn body(&self, text: &[u8]) -> Vec<u8> {
        let inner = text.get(self.inner.clone()).unwrap_or_default();
        let mut body = Vec::with_capacity(inner.len());
        for line in lines(inner) {
            // `Proc-Type: 4,ENCRYPTED`, `Version: GnuPG v2`, and the checksum line of OpenPGP.
            if line.contains(&b':') || line.first() == Some(&b'=') {
                continue;
            }
            body.extend(
                line.iter()
                    .copied()
                    .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')),
            );
        }
        body
    }

    fn kind(&self, body: &[u8]) -> Finding {
        let looks_like_key =
            body.len() >= FEWEST && !placeholder::is_monotonous(body.get(..48).unwrap_or(body));
        if self.label.starts_with("PGP") {
            let rule = EngineRule::PgpPrivateKey;
            return if looks_like_key {
                Finding::Key(rule, SecretVerdict::Format)
            } else {
                Finding::Placeholder
            };
        }
        let bytes = check::base64(body)
            .or_else(|| check::base64(body.get(..body.len() / 4 * 4)?))
            .unwrap_or_default();
        if let Some(encrypted) = openssh(&bytes) {
            let rule = if encrypted { EngineRule::EncryptedPrivateKey } else { EngineRule::PrivateKey };
            return Finding::Key(rule, SecretVerdict::Checksum);
        }
        match der::recognize(&bytes) {
            Some(der::Key::Private) => return Finding::Key(EngineRule::PrivateKey, SecretVerdict::Checksum),
            Some(der::Key::Encrypted) => {
                return Finding::Key(EngineRule::EncryptedPrivateKey, SecretVerdict::Checksum);
            }
            Some(der::Key::Container) | None => {}
        }
        let encrypted = self.label.contains("ENCRYPTED");
        match (looks_like_key, encrypted) {
            // A key in the old way of OpenSSL is encrypted as a whole: its bytes say nothing.
            (true, true) => Finding::Key(EngineRule::EncryptedPrivateKey, SecretVerdict::Format),
            (true, false) => Finding::Key(EngineRule::PrivateKey, SecretVerdict::Format),
            (false, _) if self.closed || !body.is_empty() => Finding::Placeholder,
            (false, _) => Finding::Nothing,
        }
    }
}

/// Tells whether the byte can stand between the armor lines, in any of the ways a key is written down.
const fn in_body(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte.is_ascii_whitespace()
        || matches!(byte, b'+' | b'/' | b'=' | b'\\' | b'"' | b'\'' | b',' | b':' | b'-')
}

/// Splits at line ends and at the escapes that stand for one, and cuts what a program or a comment puts around a line.
fn lines(inner: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = inner;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = (0..rest.len()).find(|at| break_at(rest, *at) > 0).unwrap_or(rest.len());
        let (line, behind) = rest.split_at_checked(end)?;
        rest = behind.get(break_at(rest, end)..).unwrap_or_default();
        Some(bare(line))
    })
}

/// Returns how many bytes of a line break stand at `at`.
fn break_at(text: &[u8], at: usize) -> usize {
    match text.get(at..).unwrap_or_default() {
        [b'\n', ..] => 1,
        [b'\\', b'\\', b'n' | b'r', ..] => 3,
        [b'\\', b'n' | b'r', ..] => 2,
        _ => 0,
    }
}

fn bare(mut line: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = line {
        let mark = matches!(first, b'"' | b'\'' | b'`' | b'#' | b'*' | b'>' | b'.' | b';' | b'\\' | b',')
            || first.is_ascii_whitespace();
        // `//` opens a comment; a single `/` is a digit.
        let comment = line.starts_with(b"//") && line.get(2).is_some_and(u8::is_ascii_whitespace);
        let plus = *first == b'+' && rest.first().is_none_or(|next| matches!(next, b' ' | b'"' | b'\''));
        if !mark && !plus && !comment {
            break;
        }
        line = if comment { line.get(2..).unwrap_or_default() } else { rest };
    }
    while let [rest @ .., last] = line {
        let mark = matches!(last, b'"' | b'\'' | b'`' | b',' | b';' | b'.' | b'\\' | b'&')
            || last.is_ascii_whitespace();
        let plus = *last == b'+' && rest.last().is_none_or(|before| matches!(before, b' ' | b'"' | b'\''));
        if !mark && !plus {
            break;
        }
        line = rest;
    }
    line
}

/// Recognizes OpenSSH's own format; tells whether the key is encrypted.
fn openssh(bytes: &[u8]) -> Option<bool> {
    let rest = bytes.strip_prefix(b"openssh-key-v1\0")?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let cipher = rest.get(..u32::from_be_bytes(*length) as usize)?;
    Some(cipher != b"none")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(inner: &str, expected: &str) {
        let text = format!("-----BEGIN RSA PRIVATE KEY-----{inner}-----END RSA PRIVATE KEY-----");
        let armor = Armor::read(text.as_bytes(), 0, 11, &mut Memory::default()).unwrap();
        assert_eq!(armor.whole, 0..text.len());
        assert_eq!(String::from_utf8(armor.body(text.as_bytes())).unwrap(), expected, "{inner}");
    }

    #[test]
    fn a_key_is_read_however_it_is_written_down() {
        check("\nMIIE\nabc+\n", "MIIEabc+");
        check("\r\nMIIE\r\nabc/\r\n", "MIIEabc/");
        check("\\nMIIE\\nabc=\\n", "MIIEabc=");
        check("\\\\nMIIE\\\\nabc=\\\\n", "MIIEabc=");
        check("\\n\" +\n  \"MIIE\\n\" +\n  \"ab+/\\n\" +\n  \"", "MIIEab+/");
        check("\\n' .\n 'MIIE\\n' .\n '", "MIIE");
        check("\n// MIIE\n// /bcd\n// ", "MIIE/bcd");
        check(" MIIE abcd ", "MIIEabcd");
        check("\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIIE\n", "MIIE");
    }

    #[test]
    fn public_armor_is_passed_over() {
        let check = |text: &str| {
            assert!(Armor::read(text.as_bytes(), 0, 11, &mut Memory::default()).is_none(), "{text}")
        };
        check("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----");
        check("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----");
        check("-----BEGIN ");
        check("-----BEGIN RSA PRIVATE KEY");
    }
}

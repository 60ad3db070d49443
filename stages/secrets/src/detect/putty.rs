//! Private keys in the file format of PuTTY.

use std::ops::Range;

use model::SecretVerdict;

use crate::automaton::Occurrence;
use crate::candidate::Source;
use crate::engine_rule::EngineRule;
use crate::pass::Pass;
use crate::text;

/// Longest line that is read.
const LONGEST: usize = 200;
/// Lines of a public key: one of RSA with 16,384 bits takes 44.
const PUBLIC_LINES: usize = 100;
/// Lines of a private key.
const PRIVATE_LINES: usize = 500;
/// Lines between the two keys: how the passphrase is stretched.
const BETWEEN: usize = 8;
/// How far behind its first line a key may reach, its lines being of 64 characters.
pub(crate) const REACH: usize = 64 << 10;

/// Looks at the first line of a key file: the format names its cipher and how many lines of each part follow.
pub(crate) fn detect(pass: &mut Pass<'_>, at: Occurrence) {
    let text = pass.text;
    let before = text.get(text::line(text, at.start, LONGEST).start..at.start).unwrap_or_default();
    if !before.iter().all(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`')) {
        return;
    }
    let Some((encrypted, private)) = private_part(text.get(at.start..).unwrap_or_default()) else { return };
    let lines =
        text.get(at.start + private.start..at.start + private.end).unwrap_or_default().trim_ascii_end();
    if lines.is_empty() || !lines.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) {
        return;
    }
    let start = at.start + private.start;
    let rule = if encrypted { EngineRule::EncryptedPrivateKey } else { EngineRule::PuttyPrivateKey };
    if let Some(candidate) =
        pass.push(rule, start..start + lines.len(), Source::Structure, SecretVerdict::Format)
    {
        candidate.name = "private key".to_owned();
    }
}

/// Reads the headers of a file: whether it is encrypted, and where the lines of the private key are.
fn private_part(file: &[u8]) -> Option<(bool, Range<usize>)> {
    let mut lines = Lines { file, at: 0 };
    lines.next()?;
    let encrypted = field(lines.next()?, b"Encryption:")? != b"none";
    field(lines.next()?, b"Comment:")?;
    let public = number(field(lines.next()?, b"Public-Lines:")?).filter(|count| *count <= PUBLIC_LINES)?;
    for _ in 0..public {
        lines.next()?;
    }
    let count = (0..BETWEEN).find_map(|_| field(lines.next()?, b"Private-Lines:")).and_then(number)?;
    let start = lines.at;
    for _ in 0..count.min(PRIVATE_LINES) {
        if lines.next().is_none() {
            break;
        }
    }
    Some((encrypted, start..lines.at))
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Returns the value behind a name at the start of a line.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    Some(line.trim_ascii().strip_prefix(name)?.trim_ascii())
}

struct Lines<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    /// Returns the next line with its end; none when it is too long for this format.
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.file.get(self.at..).filter(|rest| !rest.is_empty())?;
        let reach = rest.get(..LONGEST).unwrap_or(rest);
        let length = match memchr::memchr(b'\n', reach) {
            Some(end) => end + 1,
            None if reach.len() == rest.len() => rest.len(),
            None => return None,
        };
        self.at += length;
        rest.get(..length)
    }
}

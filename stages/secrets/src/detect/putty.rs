//! Private keys in the file format of PuTTY.

use model::SecretVerdict;

use crate::automaton::Occurrence;
use crate::candidate::Source;
use crate::engine_rule::EngineRule;
use crate::scan::Pass;

/// Longest file that is read.
const LONGEST: usize = 32 << 10;

/// Looks at the first line of a key file: the format names its cipher and how many lines of private material follow.
pub(crate) fn detect(pass: &mut Pass<'_>, at: Occurrence) {
    let text = pass.text;
    let Some(file) = text.get(at.start..text.len().min(at.start + LONGEST)) else { return };
    let encrypted = match field(file, b"Encryption:") {
        Some((value, _)) => value != b"none",
        None => return,
    };
    let Some((count, behind)) = field(file, b"Private-Lines:") else { return };
    let Some(count) = std::str::from_utf8(count).ok().and_then(|count| count.parse::<usize>().ok()) else {
        return;
    };
    let body = file.get(behind..).unwrap_or_default();
    let length =
        body.split_inclusive(|byte| *byte == b'\n').take(count.min(500)).map(<[u8]>::len).sum::<usize>();
    let lines = body.get(..length).unwrap_or_default().trim_ascii_end();
    if lines.is_empty() || !lines.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) {
        return;
    }
    let start = at.start + behind;
    let rule = if encrypted { EngineRule::EncryptedPrivateKey } else { EngineRule::PuttyPrivateKey };
    if let Some(candidate) =
        pass.push(rule, start..start + lines.len(), Source::Structure, SecretVerdict::Format)
    {
        candidate.name = "private key".to_owned();
    }
}

/// Returns the value behind a name at the start of a line, and where the next line begins.
fn field<'a>(file: &'a [u8], name: &[u8]) -> Option<(&'a [u8], usize)> {
    let mut from = 0;
    for line in file.split_inclusive(|byte| *byte == b'\n') {
        from += line.len();
        if let Some(value) = line.strip_prefix(name) {
            return Some((value.trim_ascii(), from));
        }
    }
    None
}

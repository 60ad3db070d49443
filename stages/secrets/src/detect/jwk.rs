//! JSON Web Keys that carry their private part.

use std::ops::Range;

use model::SecretVerdict;

use crate::automaton::Occurrence;
use crate::candidate::Source;
use crate::check;
use crate::engine_rule::EngineRule;
use crate::pass::Pass;

/// Bytes of one key that are read on either side of its type.
pub(crate) const REACH: usize = 8 << 10;
/// Fewest bytes of a private part.
const FEWEST: usize = 16;

/// Looks at the object around a key's type.
pub(crate) fn detect(pass: &mut Pass<'_>, at: Occurrence) {
    let text = pass.text;
    // A key holds no object inside: the next brace on either side is its own.
    let memory = &mut pass.memory;
    let (known, searched) = memory.opened;
    let before = text.get(searched..at.start).unwrap_or_default();
    let open = memchr::memrchr(b'{', before).map(|offset| searched + offset).or(known);
    memory.opened = (open, at.start);
    let close = memory.brace.next(text, b"}", at.end);
    let Some(open) = open.filter(|open| at.start - open <= REACH && memory.object != Some(*open)) else {
        return;
    };
    if close == text.len() || close - at.end > REACH {
        return;
    }
    memory.object = Some(open);
    let object = open..close;
    let symmetric = string(text, &object, b"\"kty\"").and_then(|range| text.get(range)) == Some(b"oct");
    let name: &[u8] = if symmetric { b"\"k\"" } else { b"\"d\"" };
    let Some(range) = string(text, &object, name) else { return };
    let value = text.get(range.clone()).unwrap_or_default();
    if value.len() <= REACH
        && check::base64(value).is_some_and(|bytes| bytes.len() >= FEWEST)
        && let Some(candidate) =
            pass.push(EngineRule::JwkPrivateKey, range, Source::Structure, SecretVerdict::Checksum)
    {
        candidate.name = "private part".to_owned();
    }
}

/// Returns the range of the string that `name` (with its quotes) has as value.
fn string(text: &[u8], object: &Range<usize>, name: &[u8]) -> Option<Range<usize>> {
    let inside = text.get(object.clone())?;
    let behind = memchr::memmem::find(inside, name)? + name.len();
    let skip =
        inside.get(behind..)?.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b':').count();
    let open = behind + skip;
    if inside.get(open) != Some(&b'"') {
        return None;
    }
    let length = memchr::memchr(b'"', inside.get(open + 1..)?)?;
    let start = object.start + open + 1;
    Some(start..start + length)
}

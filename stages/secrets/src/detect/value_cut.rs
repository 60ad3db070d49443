//! Cuts the value out of what follows a name and its operator.

use std::ops::Range;

use crate::detect::assignment::Operator;
use crate::generic::name::Name;
use crate::hint::Language;
use crate::placeholder;
use crate::value::is_word;

/// Shortest value that is looked at.
const SHORTEST: usize = 4;
/// Longest value that is looked at; a longer one is a document.
const LONGEST: usize = 512;
/// Bytes of a conversion or look-up that may stand before a quoted value.
const WRAPPING: usize = 64;

/// A value cut out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) range: Range<usize>,
    pub(crate) quote: Option<u8>,
    pub(crate) wrapped: bool,
}

/// Cuts out the value at the start of `rest`, which ends with the line.
pub(crate) fn cut(rest: &[u8], operator: Operator, language: Language, embedded: bool) -> Option<Cut> {
    if embedded {
        return bare_in_string(rest);
    }
    if operator == Operator::Element {
        let length = rest.iter().position(|byte| *byte == b'<').unwrap_or(rest.len());
        return checked(0..length, None, false, rest);
    }
    let prefix = string_prefix(rest);
    if let Some(quote @ (b'"' | b'\'' | b'`')) = rest.get(prefix).copied() {
        return quoted(rest, prefix, quote, false);
    }
    // An escaped quote: JSON in a string.
    if let [b'\\', quote @ (b'"' | b'\''), ..] = rest {
        let length = memchr::memmem::find(rest.get(2..)?, &[b'\\', *quote])?;
        return checked(2..2 + length, Some(*quote), false, rest);
    }
    if let Some(cut) = in_call(rest) {
        return Some(cut);
    }
    match language {
        Language::Code | Language::Json => None,
        Language::Settings if operator != Operator::Space => bare_to_line_end(rest),
        Language::Settings
        | Language::Shell
        | Language::Prose
        | Language::Unknown
        | Language::Markup
        | Language::Generated => {
            if matches!(operator, Operator::Call | Operator::Comma | Operator::Compare) {
                None
            } else {
                bare_word(rest)
            }
        }
    }
}

/// Cuts out what a variable has when it is not set: `${DB_PASSWORD:-abcd}` of a shell, `${DB_PASSWORD:abcd}` of Spring.
pub(crate) fn fallback(rest: &[u8], language: Language) -> Option<Cut> {
    let (rest, skipped) = match rest {
        [b'-', rest @ ..] => (rest, 1),
        // What is taken when there is one.
        [b'+', ..] => return None,
        // A part of the variable, or a message.
        _ if language == Language::Shell => return None,
        _ => (rest, 0),
    };
    let end = rest.iter().position(|byte| *byte == b'}')?;
    let quote = rest.first().copied().filter(|byte| matches!(byte, b'"' | b'\''));
    let open = usize::from(quote.is_some());
    shifted(checked(open..end.checked_sub(open).filter(|end| *end >= open)?, quote, false, rest), skipped)
}

/// Returns how many letters stand before a quote as part of the string: `b"`, `r'`, `L"`, `@"`, `u8"`.
fn string_prefix(rest: &[u8]) -> usize {
    match rest {
        [b'b' | b'r' | b'u' | b'B' | b'R' | b'U' | b'L' | b'@' | b'N' | b'c', b'"' | b'\'', ..] => 1,
        [b'b' | b'r' | b'R' | b'B', b'r' | b'b' | b'R' | b'B', b'"' | b'\'', ..] | [b'u', b'8', b'"', ..] => {
            2
        }
        _ => 0,
    }
}

fn quoted(rest: &[u8], at: usize, quote: u8, wrapped: bool) -> Option<Cut> {
    let triple = rest.get(at..at + 3) == Some(&[quote; 3]);
    let start = at + if triple { 3 } else { 1 };
    let mut end = start;
    let mut escaped = false;
    while let Some(byte) = rest.get(end) {
        if escaped {
            escaped = false;
        } else if *byte == b'\\' {
            escaped = true;
        } else if *byte == quote && (!triple || rest.get(end..end + 3) == Some(&[quote; 3])) {
            return checked(start..end, Some(quote), wrapped, rest);
        }
        end += 1;
    }
    None
}

/// What stands before the name of something that is looked up.
const LOOKUPS: &[&str] = &[
    "env",
    "ENV",
    "get(",
    "config",
    "getAttribute",
    "getHeader",
    "getParameter",
    "getProperty",
    "getString",
    "[",
    "fetch",
    "header(",
    "input(",
    "param(",
    "query(",
    "request.",
];

/// The value is the argument of a conversion, or the default of a look-up.
fn in_call(rest: &[u8]) -> Option<Cut> {
    let head = rest.get(..WRAPPING.min(rest.len()))?;
    let open = head.iter().position(|byte| matches!(byte, b'"' | b'\''))?;
    let before = head.get(..open)?;
    let plain = before.iter().all(|byte| {
        is_word(*byte)
            || matches!(
                byte,
                b'.' | b':' | b'(' | b' ' | b'&' | b'[' | b']' | b'|' | b'?' | b'!' | b'>' | b'-' | b'{'
            )
    });
    if !plain || before.is_empty() || is_getter(before) {
        return None;
    }
    let quote = *head.get(open)?;
    let is_lookup = LOOKUPS.iter().any(|word| memchr::memmem::find(before, word.as_bytes()).is_some());
    let falls_back = memchr::memmem::find(before, b"||").is_some()
        || memchr::memmem::find(before, b"??").is_some()
        || memchr::memmem::find(before, b" or ").is_some()
        || memchr::memmem::find(before, b"?:").is_some();
    if is_lookup && !falls_back {
        return default_of(rest, open, quote);
    }
    let is_call = before.contains(&b'(')
        || falls_back
        || before.last() == Some(&b' ') && memchr::memmem::find(before, b"new ").is_some();
    let is_list = before == b"[" || before == b"{";
    if is_call || is_list { quoted(rest, open, quote, true) } else { None }
}

/// Tells whether a credential is got from elsewhere by its name: `keyring.get_password("mtce", "services")`.
fn is_getter(before: &[u8]) -> bool {
    const GETTERS: &[&[u8]] = &[b"get", b"fetch", b"find", b"load", b"lookup", b"read"];
    let Some(path) = before.strip_suffix(b"(") else { return false };
    let length = path.iter().rev().take_while(|byte| is_word(**byte)).count();
    let callee = path.get(path.len() - length..).unwrap_or_default();
    GETTERS.iter().any(|getter| callee.starts_with(getter)) && Name::of(callee).is_some()
}

/// The first string is the name that is looked up; the value is the second, if there is one.
fn default_of(rest: &[u8], open: usize, quote: u8) -> Option<Cut> {
    let behind = rest.get(open + 1..)?;
    let close = open + 1 + memchr::memchr(quote, behind)?;
    let tail = rest.get(close + 1..)?;
    let gap = tail.iter().position(|byte| matches!(byte, b'"' | b'\''))?;
    let between = behind_default(tail.get(..gap)?);
    let joins = between
        .iter()
        .all(|byte| matches!(byte, b',' | b' ' | b')' | b']' | b'|' | b'?' | b'o' | b'r' | b':' | b'b'));
    let has_joint = between.contains(&b',')
        || between.contains(&b'|')
        || between.contains(&b'?')
        || memchr::memmem::find(between, b"or").is_some();
    if joins && has_joint { quoted(rest, close + 1 + gap, *tail.get(gap)?, true) } else { None }
}

/// Returns what stands before the name of an argument that says what to take when there is no value.
fn behind_default(between: &[u8]) -> &[u8] {
    const ARGUMENTS: &[&[u8]] =
        &[b"default=", b"default =", b"default: ", b"default_value=", b"defaultValue: ", b"fallback="];
    ARGUMENTS.iter().find_map(|argument| between.strip_suffix(*argument)).unwrap_or(between)
}

/// A word inside a string: it ends where the string's own syntax ends it.
fn bare_in_string(rest: &[u8]) -> Option<Cut> {
    let (rest, skipped) = behind_scheme(rest);
    let (open, quote) = match rest {
        [b'\\', quote @ (b'"' | b'\''), ..] => (2, Some(*quote)),
        [quote @ (b'"' | b'\''), ..] => (1, Some(*quote)),
        _ => (0, None),
    };
    let body = rest.get(open..)?;
    let ends = |byte: &u8| {
        byte.is_ascii_whitespace()
            || matches!(byte, b';' | b'&' | b'"' | b'\'' | b'`' | b'\\' | b'<' | b'>' | b')' | b',' | b'|')
    };
    let length = body.iter().position(ends).unwrap_or(body.len());
    shifted(checked(open..open + length, quote, false, rest), skipped)
}

fn bare_word(rest: &[u8]) -> Option<Cut> {
    let (rest, skipped) = behind_scheme(rest);
    let ends = |byte: &u8| {
        byte.is_ascii_whitespace()
            || matches!(byte, b';' | b'"' | b'\'' | b'`' | b'<' | b'>' | b')' | b'|' | b',' | b'&')
    };
    let length = rest.iter().position(ends).unwrap_or(rest.len());
    shifted(checked(0..length, None, false, rest), skipped)
}

/// Passes the scheme of an authorization.
fn behind_scheme(rest: &[u8]) -> (&[u8], usize) {
    let scheme = SCHEMES
        .iter()
        .find(|scheme| rest.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)));
    let length = scheme.map_or(0, |scheme| scheme.len());
    (rest.get(length..).unwrap_or_default(), length)
}

fn shifted(cut: Option<Cut>, by: usize) -> Option<Cut> {
    cut.map(|cut| Cut { range: cut.range.start + by..cut.range.end + by, ..cut })
}

fn bare_to_line_end(rest: &[u8]) -> Option<Cut> {
    let comment =
        [&b" #"[..], b"\t#", b" ;", b" //"].iter().filter_map(|mark| memchr::memmem::find(rest, mark)).min();
    let body = rest.get(..comment.unwrap_or(rest.len()))?.trim_ascii_end();
    // Flow style: `{password: abc, other: x}`.
    let body = body.strip_suffix(b",").or_else(|| body.strip_suffix(b"}")).unwrap_or(body);
    if body.iter().filter(|byte| **byte == b' ').count() > 2 {
        return None;
    }
    checked(0..body.len(), None, false, rest)
}

/// Schemes of authorization that stand before the value itself.
const SCHEMES: &[&[u8]] = &[b"bearer ", b"token ", b"apikey ", b"basic ", b"digest "];

/// Refuses what is no literal.
fn checked(range: Range<usize>, quote: Option<u8>, wrapped: bool, rest: &[u8]) -> Option<Cut> {
    let (_, scheme) = behind_scheme(rest.get(range.clone())?);
    let range = range.start + scheme..range.end;
    let value = rest.get(range.clone())?;
    let trimmed = value.trim_ascii();
    if trimmed.len() < SHORTEST || trimmed.len() > LONGEST || is_template(trimmed, quote) {
        return None;
    }
    let lead = value.len() - value.trim_ascii_start().len();
    let start = range.start + lead;
    Some(Cut { range: start..start + trimmed.len(), quote, wrapped })
}

/// Tells whether a value is filled in elsewhere: a variable, a reference, a tag.
fn is_template(value: &[u8], quote: Option<u8>) -> bool {
    let has = |mark: &str| memchr::memmem::find(value, mark.as_bytes()).is_some();
    let opens = matches!(value, [b'$', b'{' | b'(' | b'a'..=b'z' | b'A'..=b'Z' | b'_', ..])
        && (quote.is_none() || has("}") || has(")") || value.iter().skip(1).all(|byte| is_word(*byte)));
    let bare_mark = quote.is_none()
        && matches!(value.first(), Some(b'!' | b'*' | b'&' | b'|' | b'{' | b'[' | b'(' | b'@' | b'<' | b'-'));
    opens
        || bare_mark
        || has("{{")
        || has("<%")
        || has("${")
        || has("#{")
        || value.starts_with(b"$(")
        || value.starts_with(b"%(")
        || placeholder::has_pair(value)
        || value.len() > 2 && value.starts_with(b"%") && value.ends_with(b"%")
        || value.starts_with(b"{") && value.ends_with(b"}")
        || value.starts_with(b"<") && value.ends_with(b">")
        || value.starts_with(b"@@")
        || value.starts_with(b"__") && value.ends_with(b"__")
        || quote.is_none() && (has("(") || value.starts_with(b"os.") || value.starts_with(b"process.env"))
}

//! Lines of a name and a value: INI, properties, flat YAML, and files that part them by space.

use std::ops::Range;

use super::{DEEPEST, Value};

/// What stands between name and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::readers) enum Separator {
    /// `=` or `:`.
    Sign,
    /// Space, with or without `=`.
    Space,
}

/// Reads the pairs of a text. Sections in brackets, and YAML's outer names as far as indentation shows them, are the
/// path above; quotes and comments are cut.
pub(in crate::readers) fn read(text: &[u8], separator: Separator) -> Vec<Value> {
    let mut found = Vec::new();
    let mut section: Option<String> = None;
    let mut outer: Vec<(usize, String)> = Vec::new();
    for line in lines(text) {
        let whole = text.get(line.clone()).unwrap_or_default();
        let indent = whole.len() - whole.trim_ascii_start().len();
        let start = line.start + indent;
        let content = whole.trim_ascii();
        match content {
            [] | [b'#' | b';' | b'!', ..] | [b'/', b'/', b' ', ..] => continue,
            [b'[', inside @ .., b']'] => {
                section = Some(super::name_of(inside));
                continue;
            }
            _ => {}
        }
        let Some((name, value)) = split(content, separator) else { continue };
        let name = name_of(content.get(name).unwrap_or_default());
        outer.retain(|(depth, _)| *depth < indent);
        let bare = unquoted(content, value);
        if bare.is_empty() {
            if outer.len() < DEEPEST {
                outer.push((indent, name));
            }
            continue;
        }
        let path =
            section.iter().cloned().chain(outer.iter().map(|(_, name)| name.clone())).chain([name]).collect();
        found.push(Value { path, range: start + bare.start..start + bare.end });
    }
    found
}

/// Returns the range of each line, without its end.
pub(in crate::readers) fn lines(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = text.get(from..).filter(|rest| !rest.is_empty())?;
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = from..from + end;
        from += end + 1;
        Some(line)
    })
}

fn split(content: &[u8], separator: Separator) -> Option<(Range<usize>, Range<usize>)> {
    let at = match separator {
        // A name can hold a `:` itself (`//host/:_authToken=…`); in YAML a space follows the sign.
        Separator::Sign => content
            .iter()
            .enumerate()
            .position(|(at, byte)| {
                *byte == b'=' || *byte == b':' && content.get(at + 1).is_none_or(u8::is_ascii_whitespace)
            })
            .or_else(|| memchr::memchr(b':', content))?,
        Separator::Space => content.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'=')?,
    };
    let signs = content.get(at..)?.iter();
    let skip = signs
        .take_while(|byte| {
            byte.is_ascii_whitespace() || **byte == b'=' || **byte == b':' && separator == Separator::Sign
        })
        .count();
    // Only one sign parts them: what follows may begin with one.
    let skip = if separator == Separator::Sign { 1 } else { skip };
    Some((0..at, at + skip..content.len()))
}

/// Cuts what shells and YAML put before a name, and its quotes.
fn name_of(raw: &[u8]) -> String {
    let mut name = raw.trim_ascii();
    for word in [&b"export "[..], b"set ", b"- ", b"$"] {
        name = name.strip_prefix(word).unwrap_or(name).trim_ascii_start();
    }
    let name = name.trim_ascii();
    let name = name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(name);
    let name = name.strip_prefix(b"'").and_then(|name| name.strip_suffix(b"'")).unwrap_or(name);
    super::name_of(name)
}

/// Cuts space, quotes and a comment around a value.
fn unquoted(content: &[u8], value: Range<usize>) -> Range<usize> {
    let raw = content.get(value.clone()).unwrap_or_default();
    let start = value.start + (raw.len() - raw.trim_ascii_start().len());
    let body = raw.trim_ascii();
    if let [quote @ (b'"' | b'\''), rest @ ..] = body
        && let Some(length) = memchr::memchr(*quote, rest)
    {
        return start + 1..start + 1 + length;
    }
    let comment =
        [&b" #"[..], b"\t#", b" ;"].iter().filter_map(|mark| memchr::memmem::find(body, mark)).min();
    let kept = body.get(..comment.unwrap_or(body.len())).unwrap_or(body).trim_ascii_end();
    let kept = kept.strip_suffix(b",").unwrap_or(kept);
    start..start + kept.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, separator: Separator, expected: &[(&str, &str)]) {
        super::super::check(text, read(text.as_bytes(), separator), expected);
    }

    #[test]
    fn pairs_are_read_in_every_dress() {
        check("a=b\nc = d # e\n# f=g\n", Separator::Sign, &[("a", "b"), ("c", "d")]);
        check("[s]\r\na = \"b c\"\r\n", Separator::Sign, &[("s/a", "b c")]);
        check(
            "a:\n  b: c\n  d:\n    - e: f\ng: h",
            Separator::Sign,
            &[("a/b", "c"), ("a/d/e", "f"), ("g", "h")],
        );
        check("//r.example/:_authToken=x=y", Separator::Sign, &[("//r.example/:_authToken", "x=y")]);
        check("export A='b'", Separator::Sign, &[("A", "b")]);
        check(
            "password \"a b\"\nuser = c\nset pass=d",
            Separator::Space,
            &[("password", "a b"), ("user", "c"), ("set", "pass=d")],
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(text: Vec<u8>) {
            for separator in [Separator::Sign, Separator::Space] {
                for value in read(&text, separator) {
                    proptest::prop_assert!(value.range.start <= value.range.end && value.range.end <= text.len());
                }
            }
        }
    }
}

//! The texts and attributes of an XML document with the elements around them.

use std::ops::Range;

use super::{DEEPEST, Value, name_of};

/// Reads every text (its path ends in the element) and every attribute (its path ends in `@name`).
pub(in crate::readers) fn read(text: &[u8]) -> Vec<Value> {
    let mut found = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(open) =
        text.get(at..).and_then(|rest| memchr::memchr(b'<', rest)).map(|offset| at + offset)
    {
        keep(&mut found, &path, text, at..open);
        let rest = text.get(open..).unwrap_or_default();
        if rest.starts_with(b"<!--") {
            at = open + memchr::memmem::find(rest, b"-->").map_or(rest.len(), |end| end + 3);
        } else if rest.starts_with(b"<![CDATA[") {
            let end = memchr::memmem::find(rest, b"]]>").unwrap_or(rest.len());
            keep(&mut found, &path, text, open + 9..open + end.max(9));
            at = open + (end + 3).min(rest.len());
        } else {
            let end = tag_end(rest);
            tag(&mut found, &mut path, text, open + 1..open + end);
            at = open + (end + 1).min(rest.len());
        }
    }
    found
}

fn keep(found: &mut Vec<Value>, path: &[String], text: &[u8], range: Range<usize>) {
    let raw = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (raw.len() - raw.trim_ascii_start().len());
    let length = raw.trim_ascii().len();
    if length > 0 && !path.is_empty() {
        found.push(Value { path: path.to_vec(), range: start..start + length });
    }
}

/// Returns the offset of the `>` that ends a tag; quoted ones do not count.
fn tag_end(rest: &[u8]) -> usize {
    let mut quote: Option<u8> = None;
    for (at, byte) in rest.iter().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == *byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'>') => return at,
            _ => {}
        }
    }
    rest.len()
}

fn tag(found: &mut Vec<Value>, path: &mut Vec<String>, text: &[u8], inside: Range<usize>) {
    let body = text.get(inside.clone()).unwrap_or_default();
    let name_length =
        body.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'>').unwrap_or(body.len());
    let name = body.get(..name_length).unwrap_or_default();
    if name.starts_with(b"/") {
        path.pop();
        return;
    }
    if name.is_empty() || name.starts_with(b"?") || name.starts_with(b"!") {
        return;
    }
    path.push(name_of(name.strip_suffix(b"/").unwrap_or(name)));
    attributes(found, path, text, inside.start + name_length..inside.end);
    if body.ends_with(b"/") || path.len() > DEEPEST {
        path.pop();
    }
}

fn attributes(found: &mut Vec<Value>, path: &[String], text: &[u8], range: Range<usize>) {
    let mut at = range.start;
    while let Some(sign) =
        text.get(at..range.end).and_then(|rest| memchr::memchr(b'=', rest)).map(|offset| at + offset)
    {
        let name = text.get(at..sign).unwrap_or_default().trim_ascii();
        let name = name.rsplit(u8::is_ascii_whitespace).next().unwrap_or(name);
        let behind = text.get(sign + 1..range.end).unwrap_or_default();
        let space = behind.len() - behind.trim_ascii_start().len();
        let Some((quote @ (b'"' | b'\''), body)) = behind.trim_ascii_start().split_first() else {
            at = sign + 1;
            continue;
        };
        let Some(length) = memchr::memchr(*quote, body) else { return };
        let start = sign + 1 + space + 1;
        if length > 0 {
            let own = format!("@{}", name_of(name));
            let path = path.iter().cloned().chain([own]).collect();
            found.push(Value { path, range: start..start + length });
        }
        at = start + length + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        super::super::check(text, read(text.as_bytes()), expected);
    }

    #[test]
    fn texts_and_attributes_are_read() {
        check("<?xml?><a><b x='1' y=\"2\">t</b> <c/></a>", &[("a/b/@x", "1"), ("a/b/@y", "2"), ("a/b", "t")]);
        check("<a><!-- <b>no</b> --><c><![CDATA[yes]]></c></a>", &[("a/c", "yes")]);
        check("<a x=\"1>2\"/><b>c", &[("a/@x", "1>2")]);
        check("<a x=1 y='2'>", &[("a/@y", "2")]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(text in "[<>/!\\[\\]a='\" -]{0,64}") {
            for value in read(text.as_bytes()) {
                proptest::prop_assert!(value.range.end <= text.len());
            }
        }
    }
}

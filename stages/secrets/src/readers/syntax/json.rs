//! The strings of a JSON text with the names above them. Comments and trailing commas, which editors allow in their
//! settings, are passed over.

use std::ops::Range;

use super::{DEEPEST, Value, name_of};

/// Reads every string, and every number that could be a password, with its path.
pub(in crate::readers) fn read(text: &[u8]) -> Vec<Value> {
    let mut reader = Reader { text, at: 0, found: Vec::new(), path: Vec::new(), depth: 0 };
    while reader.at < text.len() {
        let before = reader.at;
        reader.value();
        if reader.at == before {
            reader.at += 1;
        }
    }
    reader.found
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    found: Vec<Value>,
    path: Vec<String>,
    /// Objects and lists that are open.
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip(&mut self) {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let length = match rest {
                [b' ' | b'\t' | b'\r' | b'\n' | b',', ..] => 1,
                [b'/', b'/', ..] | [b'#', ..] => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
                [b'/', b'*', ..] => memchr::memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2),
                _ => return,
            };
            self.at += length;
        }
    }

    fn value(&mut self) {
        self.skip();
        match self.peek() {
            Some(open @ (b'{' | b'[')) if self.depth < DEEPEST => {
                self.depth += 1;
                if open == b'{' {
                    self.object()
                } else {
                    self.array()
                }
                self.depth -= 1;
            }
            Some(b'"') => {
                let range = self.string();
                self.keep(range);
            }
            Some(b'0'..=b'9') => {
                let start = self.at;
                while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'.') {
                    self.at += 1;
                }
                self.keep(start..self.at);
            }
            Some(_) => self.at += 1,
            None => {}
        }
    }

    fn keep(&mut self, range: Range<usize>) {
        if !self.path.is_empty() && !range.is_empty() {
            self.found.push(Value { path: self.path.clone(), range });
        }
    }

    fn object(&mut self) {
        self.at += 1;
        loop {
            self.skip();
            match self.peek() {
                Some(b'"') => {
                    let name = self.string();
                    let name = name_of(self.text.get(name).unwrap_or_default());
                    self.skip();
                    if self.peek() == Some(b':') {
                        self.at += 1;
                        self.path.push(name);
                        self.value();
                        self.path.pop();
                    }
                }
                Some(b'}') => {
                    self.at += 1;
                    return;
                }
                Some(_) => self.at += 1,
                None => return,
            }
        }
    }

    fn array(&mut self) {
        self.at += 1;
        loop {
            self.skip();
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    return;
                }
                Some(_) => self.value(),
                None => return,
            }
        }
    }

    /// Passes a string and returns the range between its quotes.
    fn string(&mut self) -> Range<usize> {
        let start = self.at + 1;
        let mut end = start;
        while let Some(byte) = self.text.get(end) {
            match byte {
                b'"' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        let end = end.min(self.text.len());
        self.at = (end + 1).min(self.text.len());
        start.min(end)..end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        super::super::check(text, read(text.as_bytes()), expected);
    }

    #[test]
    fn strings_are_read_with_their_path() {
        check(r#"{"a": "b", "c": {"d": ["e", {"f": "g"}]}}"#, &[("a", "b"), ("c/d", "e"), ("c/d/f", "g")]);
        check("{\n// no\n\"a\": \"b\\\"c\", /* no */ \"d\": 12,\n}", &[("a", "b\\\"c"), ("d", "12")]);
        check(r#"{"a": tr, "b": "c"#, &[("b", "c")]);
        check("", &[]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(text in "[\\[\\]{}\":,a\\\\ /*#0]{0,64}") {
            for value in read(text.as_bytes()) {
                proptest::prop_assert!(value.range.end <= text.len());
            }
        }
    }
}

//! JSON in which every key and value knows where it stands.
//!
//! The grammar is that of RFC 8259, to the letter, but for a byte order mark, which npm skips too. Depth and number of
//! values are bounded. Of a key that stands twice both are kept, since what the other readers of a lockfile make of it
//! is not the same.

use std::borrow::Cow;
use std::ops::Range;

use super::{Malformed, Piece};

/// Deepest nesting that is read: far more than npm ever wrote, far less than a stack holds.
const DEEPEST: usize = 128;
/// Most values that are read; the largest lockfile seen has a tenth.
const MOST_VALUES: usize = 4_000_000;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    /// As written.
    Number(&'a str),
    String(Piece<'a>),
    Array(Vec<Value<'a>>),
    Object(Object<'a>),
}

/// An object: its entries in the order of the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Object<'a> {
    pub(crate) entries: Vec<(Piece<'a>, Value<'a>)>,
}

impl<'a> Value<'a> {
    pub(crate) fn object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::Array(_) => None,
        }
    }

    pub(crate) fn string(&self) -> Option<&Piece<'a>> {
        match self {
            Self::String(piece) => Some(piece),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Array(_) | Self::Object(_) => None,
        }
    }
}

impl<'a> Object<'a> {
    /// Returns the value of `key`; of several the last, as JavaScript does.
    pub(crate) fn find(&self, key: &str) -> Option<&Value<'a>> {
        self.entries.iter().rev().find(|(name, _)| name.text == key).map(|(_, value)| value)
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.find(key)?.string().map(|piece| &*piece.text)
    }

    pub(crate) fn object(&self, key: &str) -> Option<&Self> {
        self.find(key)?.object()
    }

    /// Tells whether `key` is `true`.
    pub(crate) fn is_true(&self, key: &str) -> bool {
        matches!(self.find(key), Some(Value::Bool(true)))
    }

    /// Returns the names of the entries of the object at `key`.
    pub(crate) fn names(&self, key: &str) -> impl Iterator<Item = &str> {
        self.object(key).into_iter().flat_map(|object| &object.entries).map(|(name, _)| &*name.text)
    }
}

/// Reads a text as one JSON value.
pub(crate) fn parse(text: &str) -> Result<Value<'_>, Malformed> {
    let mark = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    let mut reader = Reader { text, at: mark, values: 0 };
    let value = reader.value(0)?;
    reader.space();
    if reader.at < text.len() { Err(reader.wrong("text behind the end of the value")) } else { Ok(value) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Value<'a>, Malformed> {
        self.space();
        self.values += 1;
        if depth > DEEPEST {
            return Err(self.wrong(&format!("values are nested deeper than {DEEPEST}")));
        }
        if self.values > MOST_VALUES {
            return Err(self.wrong(&format!("more than {MOST_VALUES} values")));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::String),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => Err(self.wrong("a value is expected")),
            None => Err(self.wrong("the text ends where a value is expected")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, Malformed> {
        let mut object = Object::default();
        self.at += 1;
        self.space();
        if self.take(b'}') {
            return Ok(Value::Object(object));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a key in quotes is expected"));
            }
            let key = self.string()?;
            self.space();
            if !self.take(b':') {
                return Err(self.wrong("`:` is expected behind a key"));
            }
            object.entries.push((key, self.value(depth + 1)?));
            self.space();
            if self.take(b'}') {
                return Ok(Value::Object(object));
            }
            if !self.take(b',') {
                return Err(self.wrong("`,` or `}` is expected"));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, Malformed> {
        let mut values = Vec::new();
        self.at += 1;
        self.space();
        if self.take(b']') {
            return Ok(Value::Array(values));
        }
        loop {
            values.push(self.value(depth + 1)?);
            self.space();
            if self.take(b']') {
                return Ok(Value::Array(values));
            }
            if !self.take(b',') {
                return Err(self.wrong("`,` or `]` is expected"));
            }
        }
    }

    /// Reads a string; the reader stands at its opening quote. The range is that between the quotes.
    fn string(&mut self) -> Result<Piece<'a>, Malformed> {
        self.at += 1;
        let start = self.at;
        let mut decoded: Option<String> = None;
        let mut plain = start;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let rest = self.slice(plain..self.at);
                    let text = match decoded {
                        Some(text) => Cow::Owned(text + rest),
                        None => Cow::Borrowed(rest),
                    };
                    let at = start..self.at;
                    self.at += 1;
                    return Ok(Piece { text, at });
                }
                Some(b'\\') => {
                    let before = self.slice(plain..self.at);
                    let decoded = decoded.get_or_insert_default();
                    decoded.push_str(before);
                    decoded.push(self.escape()?);
                    plain = self.at;
                }
                Some(b'\n' | b'\r') => return Err(self.wrong("the line ends inside a string")),
                Some(0..=0x1F) => return Err(self.wrong("a control character inside a string")),
                Some(_) => self.at += 1,
                None => return Err(self.wrong("the text ends inside a string")),
            }
        }
    }

    /// Reads an escape; the reader stands at its backslash.
    fn escape(&mut self) -> Result<char, Malformed> {
        self.at += 1;
        let letter = self.peek();
        let simple = match letter {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            Some(_) | None => return Err(self.wrong("an escape that JSON does not have")),
        };
        self.at += 1;
        Ok(simple)
    }

    /// Reads `uXXXX`, and the second half of a pair behind it. A half alone is no character: it is replaced.
    fn unicode(&mut self) -> Result<char, Malformed> {
        let first = self.unit()?;
        if !(0xD800..0xDC00).contains(&first) || !self.rest().starts_with("\\u") {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let behind_first = self.at;
        self.at += 1;
        let second = self.unit()?;
        if (0xDC00..0xE000).contains(&second) {
            let joined = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            return Ok(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        self.at = behind_first;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    /// Reads `uXXXX`.
    fn unit(&mut self) -> Result<u32, Malformed> {
        let digits = self
            .text
            .get(self.at + 1..self.at + 5)
            .filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let unit = unit.ok_or_else(|| self.wrong("four hexadecimal digits are expected behind `\\u`"))?;
        self.at += 5;
        Ok(unit)
    }

    fn number(&mut self) -> Result<Value<'a>, Malformed> {
        let start = self.at;
        self.take(b'-');
        let leading_zero = self.peek() == Some(b'0');
        let digits = self.digits();
        let mut good = digits > 0 && !(leading_zero && digits > 1);
        if self.take(b'.') {
            good &= self.digits() > 0;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            good &= self.digits() > 0;
        }
        if good {
            return Ok(Value::Number(self.slice(start..self.at)));
        }
        self.at = start;
        Err(self.wrong("a malformed number"))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, Malformed> {
        if self.rest().starts_with(word) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.wrong("a value is expected"))
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.slice(self.at..self.text.len())
    }

    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or("")
    }

    fn wrong(&self, reason: &str) -> Malformed {
        Malformed { at: self.at, reason: reason.to_owned() }
    }
}

#[cfg(test)]
mod tests;

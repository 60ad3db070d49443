//! Foreign text made harmless: names of files, sources and messages of other programs may hold characters that drive a
//! terminal or reorder what is read. They are shown as escapes.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Tells whether a character does something else than show itself.
fn is_active(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Returns the text on one line: white space of any kind becomes a blank, other active characters `\u{…}`.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' | '\t' => safe.push(' '),
            _ => push(&mut safe, character),
        }
    }
    Cow::Owned(safe)
}

/// Returns the name of a file on one line: in a name a line end is no white space but a part of it, and shown as one.
pub fn path(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    text.chars().for_each(|character| push(&mut safe, character));
    Cow::Owned(safe)
}

/// Returns the text on one line, cut where it is too long for people.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 1_000;
    let line = line(text);
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.into_owned(),
    }
}

/// Returns source text, lines and tabs kept.
pub fn source(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if matches!(characters.peek(), None | Some('\n')) => {}
            '\n' | '\t' => safe.push(character),
            _ => push(&mut safe, character),
        }
    }
    safe
}

fn push(safe: &mut String, character: char) {
    if is_active(character) {
        let _ = write!(safe, "\\u{{{:x}}}", u32::from(character));
    } else {
        safe.push(character);
    }
}

/// Returns JSON in which active characters, which stand in texts only, are escaped as JSON does it.
pub fn json(text: String) -> String {
    let foreign = |character: char| is_active(character) && character != '\n';
    if !text.contains(foreign) {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 64);
    for character in text.chars() {
        if foreign(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(character);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_active_is_left() {
        let check = |text: &str, expected: &str| assert_eq!(line(text), expected);
        check("src/ä 漢 👩‍🚀.rs", "src/ä 漢 👩‍🚀.rs");
        check("a\u{1b}[31mb\u{9b}2J\u{7}\u{7f}", "a\\u{1b}[31mb\\u{9b}2J\\u{7}\\u{7f}");
        check("a\r\nb\tc\rd", "a b c\\u{d}d");
        check("user\u{202e}txt.exe\u{2066}\u{e0041}", "user\\u{202e}txt.exe\\u{2066}\\u{e0041}");
        assert_eq!(path("a\r\nb\tc é.rs"), "a\\u{d}\\u{a}b\\u{9}c é.rs");
        assert_eq!(short(&"é".repeat(1_001)), format!("{}…", "é".repeat(1_000)));
        assert_eq!(source("a\r\n\tb\u{0}\r"), "a\n\tb\\u{0}");
    }

    #[test]
    fn json_stays_json() {
        let text = serde_json::to_string_pretty(&["\u{9b}\u{202e}\u{e0041}\u{7f}\n\"é"]).unwrap();
        let safe = json(text.clone());
        assert!(safe.contains("\\u009b\\u202e\\udb40\\udc41\\u007f\\n\\\"é"), "{safe}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&safe).unwrap(),
            serde_json::from_str::<serde_json::Value>(&text).unwrap()
        );
    }
}

//! Names that mean something else where they stand: in a style sheet, a page, a list of countries, a server's directive.

use crate::detect::assignment::{Assignment, Operator};
use crate::generic::is_uuid;
use crate::generic::name::Name;
use crate::text;
use crate::value::is_word;

/// Bytes before and behind a value in which its neighbors are looked for.
const AROUND: usize = 200;

/// Tells whether the place of name and value says that they are no credential.
pub(super) fn is_other(text: &[u8], assignment: &Assignment, name: &Name) -> bool {
    let value = text.get(assignment.value.clone()).unwrap_or_default();
    is_selector(text, assignment)
        || is_shown(text, assignment)
        || is_phrase(text, assignment, name, value)
        || is_country(text, assignment, name)
        || is_linked(text, assignment)
        || is_passed_on(assignment, name, value)
        || is_block(text, assignment)
        || is_listed_id(text, assignment, value)
}

/// Elements of a page whose text is for people.
const SHOWN: &[&str] = &[
    "a", "b", "button", "caption", "dd", "div", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "i", "label",
    "legend", "li", "option", "p", "small", "span", "strong", "td", "th", "title",
];

/// Tells whether the value is the text of an element that a page shows.
fn is_shown(text: &[u8], assignment: &Assignment) -> bool {
    let line = text::line(text, assignment.name.start, AROUND);
    let before = text.get(line.start..assignment.name.start).unwrap_or_default();
    let tag = memchr::memrchr(b'<', before).and_then(|at| before.get(at + 1..)).unwrap_or_default();
    let length = tag.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let element = tag.get(..length).unwrap_or_default().to_ascii_lowercase();
    assignment.operator == Operator::Element && SHOWN.iter().any(|shown| shown.as_bytes() == element)
}

/// Tells whether the name is that of a class or a field in a style sheet: `.password:focus {`, `[type="password"]:focus`.
fn is_selector(text: &[u8], assignment: &Assignment) -> bool {
    let before = assignment.name.start.checked_sub(1).and_then(|at| text.get(at));
    let behind = text.get(assignment.name.end..).unwrap_or_default();
    let line = text::line(text, assignment.name.start, AROUND);
    let ends = text.get(line).is_some_and(|line| matches!(line.trim_ascii_end().last(), Some(b'{' | b',')));
    let of_class = matches!(before, Some(b'.' | b'#')) && ends;
    let of_field = behind.starts_with(b"\"]:") || behind.starts_with(b"']:");
    assignment.operator == Operator::Colon && assignment.quote.is_none() && (of_class || of_field)
}

/// Tells whether the name is the end of a phrase, and the value a phrase as well: texts that a program shows. Others keep
/// their texts under paths of names.
fn is_phrase(text: &[u8], assignment: &Assignment, name: &Name, value: &[u8]) -> bool {
    let before = assignment.name.start.checked_sub(1).and_then(|at| text.get(at));
    let closed = matches!(text.get(assignment.name.end), Some(b'"' | b'\''));
    let words = value
        .iter()
        .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'-') || !byte.is_ascii());
    let path = matches!(before, Some(b'"' | b'\''))
        && name.text.contains('.')
        && value.first().is_some_and(u8::is_ascii_uppercase);
    closed && words && (before == Some(&b' ') || path)
}

/// Tells whether the name is the code of a country (`PW`, Palau) among others of their kind, or of a part of it (`PW-004`).
fn is_country(text: &[u8], assignment: &Assignment, name: &Name) -> bool {
    let is_code = |part: &[u8]| match part {
        [before, b'A'..=b'Z', b'A'..=b'Z', behind] => {
            !is_word(*before) && matches!(behind, b'"' | b'\'' | b':' | b'=' | b' ')
        }
        _ => false,
    };
    let from = assignment.name.start.saturating_sub(AROUND);
    let around = text.get(from..text.len().min(assignment.value.end + AROUND)).unwrap_or_default();
    let among = || around.windows(4).filter(|part| is_code(part)).count() >= 3;
    let part =
        name.text.strip_prefix("PW-").is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    part || name.text == "PW" && among()
}

/// Tells whether the value is a part of an address that a page or a document links to: every reader has it.
fn is_linked(text: &[u8], assignment: &Assignment) -> bool {
    let before = text.get(assignment.value.start.saturating_sub(AROUND)..assignment.value.start);
    let before = before.unwrap_or_default();
    let opens = |mark: &str| memchr::memmem::rfind(before, mark.as_bytes()).map(|at| at + mark.len());
    ["href=\"http", "href='http", "](http"].iter().filter_map(|mark| opens(mark)).max().is_some_and(|at| {
        let between = before.get(at..).unwrap_or_default();
        between
            .iter()
            .all(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b')'))
    })
}

/// Tells whether a server's directive says where requests go: `fastcgi_pass php:9000`.
fn is_passed_on(assignment: &Assignment, name: &Name, value: &[u8]) -> bool {
    let (port, path) = (value.contains(&b':'), value.contains(&b'/'));
    let directive = assignment.operator == Operator::Space && (port || path);
    name.text.ends_with("_pass") && (directive || port && path)
}

/// Tells whether name and value are the labels of a block: `resource "access_key" "user" {`.
fn is_block(text: &[u8], assignment: &Assignment) -> bool {
    let line = text::line(text, assignment.value.end, AROUND);
    let rest = text.get(assignment.value.end..line.end).unwrap_or_default();
    assignment.operator == Operator::Space && rest.trim_ascii_end().ends_with(b"{")
}

/// Tells whether the value is a UUID in a list of them: ids of products or of rows.
fn is_listed_id(text: &[u8], assignment: &Assignment, value: &[u8]) -> bool {
    let around = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default().windows(36).any(is_uuid);
    let start = assignment.value.start;
    let end = assignment.value.end;
    is_uuid(value) && around(start.saturating_sub(AROUND)..start) && around(end..text.len().min(end + AROUND))
}

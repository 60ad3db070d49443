//! Passwords that a command is given as an option: `mysql -u root -p…`.

use std::ops::Range;

use model::SecretVerdict;

use crate::automaton::Occurrence;
use crate::candidate::Source;
use crate::detect::url;
use crate::engine_rule::EngineRule;
use crate::pass::{Look, Pass};
use crate::text;
use crate::value::is_word;

/// Programs that take a password right behind `-p`: the beginnings of their names.
pub(crate) const PROGRAMS: &[&str] = &["mysql", "mariadb"];
/// How those names go on.
const TOOLS: &[&str] =
    &["", "dump", "admin", "import", "check", "show", "slap", "pump", "sh", "binlog", "upgrade"];

/// Bytes of a command that are read.
const LONGEST: usize = 400;

/// Looks at the options behind a program's name.
pub(crate) fn detect(pass: &mut Pass<'_>, at: Occurrence) -> Look {
    let text = pass.text;
    let name = text.get(at.start..at.end).unwrap_or_default();
    let known = PROGRAMS.iter().any(|program| program.as_bytes() == name);
    let inside_name = |byte: &u8| is_word(*byte) || matches!(byte, b'-' | b'.');
    if !known || at.start > 0 && text.get(at.start - 1).is_some_and(inside_name) {
        return Look::Idle;
    }
    let line = at.end..text::line(text, at.end, LONGEST).end;
    let Some(range) = password(text, line) else { return Look::Idle };
    let value = text.get(range.clone()).unwrap_or_default();
    if url::is_stand_in(b"", value) {
        pass.found.counts.placeholder += 1;
        return Look::Open;
    }
    if let Some(candidate) =
        pass.push(EngineRule::CommandPassword, range, Source::Structure, SecretVerdict::Likely)
    {
        candidate.name = String::from_utf8_lossy(name).into_owned();
    }
    Look::Open
}

/// Returns where the argument of `-p` stands in the rest of a command.
fn password(text: &[u8], line: Range<usize>) -> Option<Range<usize>> {
    let rest = text.get(line.clone())?;
    let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    let tool = rest.get(..length)?;
    let tool = tool.strip_prefix(b"-").filter(|tool| !tool.is_empty()).unwrap_or(tool);
    let ends = matches!(rest.get(length), Some(b' ' | b'\t' | b'"' | b'\'' | b','));
    if !ends || !TOOLS.iter().any(|known| known.as_bytes() == tool) {
        return None;
    }
    let mut words = words(text, line.start + length..line.end);
    let range = loop {
        let word = words.next()?;
        match text.get(word.clone())? {
            [b';' | b'|' | b'&' | b'>' | b'#', ..] => return None,
            [b'-', b'p', _, ..] => break word.start + 2..word.end,
            [.., b';'] => return None,
            _ => {}
        }
    };
    let is_quote = |byte: Option<&u8>| matches!(byte, Some(b'"' | b'\'' | b'\\' | b'`'));
    let (mut start, mut end) = (range.start, range.end);
    while start < end && is_quote(text.get(start)) {
        start += 1;
    }
    let closes = |byte: Option<&u8>| is_quote(byte) || matches!(byte, Some(b')' | b']'));
    // A full stop behind it ends a sentence.
    if end - start > 1 && text.get(end - 1) == Some(&b'.') && is_quote(text.get(end - 2)) {
        end -= 1;
    }
    while start < end && closes(text.get(end - 1)) {
        end -= 1;
    }
    // Too short to be anything but another option.
    let readable = text.get(start..end)?.iter().all(u8::is_ascii_graphic);
    (end - start >= 4 && readable).then_some(start..end)
}

/// Returns the words of a command, also where it is written as a list of strings.
fn words(text: &[u8], line: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = line.start;
    std::iter::from_fn(move || {
        let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
        let opens = |byte: &u8| ends(byte) || matches!(byte, b'"' | b'\'' | b'[' | b']');
        let rest = text.get(at..line.end)?;
        let start = at + rest.iter().position(|byte| !opens(byte))?;
        let length = text.get(start..line.end)?.iter().position(ends).unwrap_or(line.end - start);
        at = start + length;
        Some(start..at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_behind_options_are_found() {
        let check = |line: &str, expected: Option<&str>| {
            let program = PROGRAMS.iter().find(|program| line.contains(**program)).unwrap();
            let start = line.find(program).unwrap() + program.len();
            let found = password(line.as_bytes(), start..line.len()).map(|range| &line[range]);
            assert_eq!(found, expected, "{line}");
        };
        check("mysql -u root -pkW9xTr2q shop", Some("kW9xTr2q"));
        check("mysqldump -uroot -p'kW9xTr2q' shop > x", Some("kW9xTr2q"));
        check("[\"mysqladmin\", \"ping\", \"-pkW9xTr2q\"]", Some("kW9xTr2q"));
        check("mariadb-dump -uroot -p\"kW9xTr2q\" shop", Some("kW9xTr2q"));
        check("mysql -u root -p shop_db", None);
        check("mysql -u root; cp -prune a b", None);
        check("mysql -u root ; cp -prune a b", None);
        check("mysql", None);
        check("Enter `mysql -uroot -pkW9xTr2q`.", Some("kW9xTr2q"));
        check("name: shop-mysql-persistent x", None);
        check("mariadb-password: x", None);
        check("--mysql-user=root --mysql-password=kW9xTr2q", None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(text: Vec<u8>) {
            if let Some(found) = password(&text, 0..text.len()) {
                proptest::prop_assert!(found.start <= found.end && found.end <= text.len());
            }
        }
    }
}

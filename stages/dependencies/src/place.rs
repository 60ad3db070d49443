//! Where an entry of a lockfile stands, with its lines: spans of the inventory become places in the bytes of the file.

use std::ops::Range;

use model::Span;
use stage::Place;

/// How far around an entry its file is searched for credentials.
const AROUND: usize = 2_048;

/// Bytes between two places of a text where the characters so far are known: a minified lockfile is one long line, and
/// counting it from its start for every entry takes the square of its length.
const STRIDE: usize = 1_024;

/// Returns the place of each span; none of them when the bytes are no UTF-8, where spans count something else.
pub(crate) fn places(text: &[u8], spans: &[Span]) -> Option<Vec<Place>> {
    let text = std::str::from_utf8(text).ok()?;
    let columns = Columns::new(text);
    let range = |span: &Span| {
        columns.offset(span.start_line, span.start_column)..columns.offset(span.end_line, span.end_column)
    };
    let ranges: Vec<Range<usize>> = spans.iter().map(range).collect();
    let covered: Vec<Range<usize>> = windows(&ranges, text.len())
        .into_iter()
        .flat_map(|window| credentials(text.as_bytes(), window))
        .collect();
    Some(Place::all(text.as_bytes(), &ranges, &covered))
}

/// Finds the byte at a line and a column, many times over one text.
struct Columns<'a> {
    text: &'a str,
    /// Offset of each line's first byte.
    starts: Vec<usize>,
    /// Characters that start before each multiple of [`STRIDE`], and in the whole text.
    characters: Vec<usize>,
}

impl<'a> Columns<'a> {
    fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut so_far = 0;
        let mut characters = vec![0];
        for block in text.as_bytes().chunks(STRIDE) {
            so_far += block.iter().filter(|byte| starts_character(**byte)).count();
            characters.push(so_far);
        }
        Self { text, starts, characters }
    }

    /// Returns the offset of a character; the end of the text when there is none.
    fn offset(&self, line: u32, column: u32) -> usize {
        let start = self.starts.get(line.saturating_sub(1) as usize).copied().unwrap_or(self.text.len());
        let wanted = self.before(start) + column.saturating_sub(1) as usize;
        let block = self.characters.partition_point(|before| *before <= wanted).saturating_sub(1);
        let skipped = wanted - self.characters.get(block).copied().unwrap_or(wanted).min(wanted);
        let rest = self.text.as_bytes().get(block * STRIDE..).unwrap_or_default();
        let mut characters = rest.iter().enumerate().filter(|(_, byte)| starts_character(**byte));
        characters.nth(skipped).map_or(self.text.len(), |(at, _)| block * STRIDE + at)
    }

    /// Counts the characters that start before an offset.
    fn before(&self, offset: usize) -> usize {
        let block = offset / STRIDE;
        let rest = self.text.as_bytes().get(block * STRIDE..offset).unwrap_or_default();
        let known = self.characters.get(block).copied().unwrap_or(0);
        known + rest.iter().filter(|byte| starts_character(**byte)).count()
    }
}

/// Tells whether a byte of UTF-8 is the first of a character.
fn starts_character(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}

/// Returns what lies around the ranges, each part of the text once.
fn windows(ranges: &[Range<usize>], length: usize) -> Vec<Range<usize>> {
    let around = |range: &Range<usize>| range.start.saturating_sub(AROUND)..(range.end + AROUND).min(length);
    let mut all: Vec<Range<usize>> = ranges.iter().map(around).collect();
    all.sort_unstable_by_key(|window| (window.start, window.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for window in all {
        match merged.last_mut() {
            Some(last) if window.start <= last.end => last.end = last.end.max(window.end),
            Some(_) | None => merged.push(window),
        }
    }
    merged
}

/// Returns the parts of addresses in `within` that are user names and passwords: what is shown of a lockfile must not
/// hold them.
fn credentials(text: &[u8], within: Range<usize>) -> Vec<Range<usize>> {
    let from = within.start;
    let window = text.get(within).unwrap_or_default();
    let mut found = Vec::new();
    let colons = window.iter().enumerate().filter(|(_, byte)| **byte == b':');
    for (at, _) in colons {
        let Some(authority) = window.get(at..).and_then(|rest| rest.strip_prefix(b"://")) else { continue };
        let authority = authority.get(..authority.len().min(AROUND)).unwrap_or_default();
        let end =
            authority.iter().position(|byte| b"/?#\"' \t\r\n<>".contains(byte)).unwrap_or(authority.len());
        let user =
            authority.get(..end).and_then(|authority| authority.iter().rposition(|byte| *byte == b'@'));
        if let Some(length) = user.filter(|length| *length > 0) {
            found.push(from + at + 3..from + at + 3 + length);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, span: (u32, u32, u32), expected: (&str, &str)) {
        let (line, from, to) = span;
        let span = Span { start_line: line, start_column: from, end_line: line, end_column: to };
        let place = places(text.as_bytes(), &[span]).unwrap().remove(0);
        assert_eq!(place.span, span);
        let snippet = place.snippet.unwrap();
        let shown = &snippet.text[snippet.highlight.start as usize..snippet.highlight.end as usize];
        assert_eq!((snippet.text.as_str(), shown), expected);
    }

    #[test]
    fn spans_become_places() {
        check("a\nbé = c\n", (2, 3, 4), ("a\nbé = c", " "));
        check("name = \"a\"\nversion = \"1\"\n", (1, 9, 10), ("name = \"a\"\nversion = \"1\"", "a"));
        check("a", (1, 1, 2), ("a", "a"));
    }

    #[test]
    fn credentials_are_covered() {
        check(
            "\"a\": {\n\"resolved\": \"https://me:secret@registry.example/a@1\"",
            (1, 2, 3),
            ("\"a\": {\n\"resolved\": \"https://…@registry.example/a@1\"", "a"),
        );
    }

    #[test]
    fn a_lockfile_of_one_line_takes_no_longer_than_one_of_many() {
        let entry = "{\"é\":\"https://me:secret@registry.example/a\",\"version\":\"1.0.0\",\"integrity\":\"sha512-AAAA\",\
                     \"dependencies\":{\"b\":\"^1.0.0\",\"c\":\"^2.0.0\",\"d\":\"^3.0.0\",\"e\":\"^4.0.0\",\"f\":\"^5.0.0\"}},";
        let length = u32::try_from(entry.chars().count()).unwrap();
        let spans: Vec<Span> = (0..8_000)
            .map(|number| number * length + 3)
            .map(|at| Span { start_line: 1, start_column: at, end_line: 1, end_column: at + 1 })
            .collect();
        let text = entry.repeat(8_000);
        let columns = Columns::new(&text);
        assert!(spans.iter().all(|span| text[columns.offset(1, span.start_column)..].starts_with('é')));
        assert_eq!(places(text.as_bytes(), &spans).map(|places| places.len()), Some(8_000));
        // Each part is looked at once, however many entries lie around it.
        let ranges: Vec<Range<usize>> =
            (0..8_000).map(|number| number * entry.len()..number * entry.len() + 1).collect();
        assert_eq!(windows(&ranges, text.len()), [0..text.len()]);
    }

    #[test]
    fn other_encodings_have_no_places() {
        assert!(places(b"\xFF\xFEa\0", &[Span::FILE]).is_none());
    }

    proptest::proptest! {
        #[test]
        fn offsets_are_those_of_the_characters(text in "[a-bé\\n]{0,3000}", line in 1..4_u32, column in 1..2_000_u32) {
            let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
            let start = starts.get(line as usize - 1).copied().unwrap_or(text.len());
            let expected = text[start..].char_indices().nth(column as usize - 1).map_or(text.len(), |(at, _)| start + at);
            proptest::prop_assert_eq!(Columns::new(&text).offset(line, column), expected);
        }

        #[test]
        fn any_span_has_a_place(text: String, line: u32, column: u32, end: u32) {
            let span = Span { start_line: line, start_column: column, end_line: line, end_column: end };
            proptest::prop_assert_eq!(places(text.as_bytes(), &[span]).map(|places| places.len()), Some(1));
        }
    }
}

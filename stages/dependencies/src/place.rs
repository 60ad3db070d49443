//! Where an entry of a lockfile stands, with its lines: spans of the inventory become places in the bytes of the file.

use std::ops::Range;

use model::Span;
use stage::Place;

/// How far around an entry its file is searched for credentials.
const AROUND: usize = 2_048;

/// Returns the place of each span; none of them when the bytes are no UTF-8, where spans count something else.
pub(crate) fn places(text: &[u8], spans: &[Span]) -> Option<Vec<Place>> {
    let text = std::str::from_utf8(text).ok()?;
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let offset = |line: u32, column: u32| {
        let start = starts.get(line.saturating_sub(1) as usize).copied().unwrap_or(text.len());
        let rest = text.get(start..).unwrap_or("");
        let column = column.saturating_sub(1) as usize;
        rest.char_indices().nth(column).map_or(text.len(), |(at, _)| start + at)
    };
    let range =
        |span: &Span| offset(span.start_line, span.start_column)..offset(span.end_line, span.end_column);
    let ranges: Vec<Range<usize>> = spans.iter().map(range).collect();
    let mut covered: Vec<Range<usize>> =
        ranges.iter().flat_map(|range| credentials(text.as_bytes(), range)).collect();
    covered.sort_unstable_by_key(|range| (range.start, range.end));
    covered.dedup();
    Some(Place::all(text.as_bytes(), &ranges, &covered))
}

/// Returns the parts of addresses around `range` that are user names and passwords: what is shown of a lockfile must not
/// hold them.
fn credentials(text: &[u8], range: &Range<usize>) -> Vec<Range<usize>> {
    let from = range.start.saturating_sub(AROUND);
    let to = (range.end + AROUND).min(text.len());
    let window = text.get(from..to).unwrap_or_default();
    let mut found = Vec::new();
    for at in 0..window.len() {
        if !window.get(at..).is_some_and(|rest| rest.starts_with(b"://")) {
            continue;
        }
        let authority = window.get(at + 3..).unwrap_or_default();
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
    fn other_encodings_have_no_places() {
        assert!(places(b"\xFF\xFEa\0", &[Span::FILE]).is_none());
    }

    proptest::proptest! {
        #[test]
        fn any_span_has_a_place(text: String, line: u32, column: u32, end: u32) {
            let span = Span { start_line: line, start_column: column, end_line: line, end_column: end };
            proptest::prop_assert_eq!(places(text.as_bytes(), &[span]).map(|places| places.len()), Some(1));
        }
    }
}

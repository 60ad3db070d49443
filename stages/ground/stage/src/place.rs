//! A place in a text, with everything a finding says of it.

use std::ops::Range;

use model::{Finding, Lines, Location, Snippet, Span, line_hashes};

/// Lines shown before and behind the place.
const CONTEXT: u32 = 1;
/// Lines shown at most.
const MOST_LINES: usize = 6;
/// Bytes shown of one line at most.
const MOST_BYTES: usize = 240;

/// A place in a text: span, lines to show and GitHub's line hash, all computed from the bytes, so that a kept result can
/// be reported without the file. Holds no path: the same content may stand at several.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// The range.
    pub span: Span,
    /// The lines to show, redacted.
    pub snippet: Option<Snippet>,
    /// See [`Finding::LINE_HASH`].
    pub line_hash: Option<String>,
}

impl Place {
    /// Describes ranges of one text. What `redact` covers never enters a snippet: each range is replaced by `…`. Ranges
    /// outside the text are brought back into it.
    pub fn all(text: &[u8], ranges: &[Range<usize>], redact: &[Range<usize>]) -> Vec<Self> {
        if ranges.is_empty() {
            return Vec::new();
        }
        let hashes = line_hashes(&String::from_utf8_lossy(text));
        let page = Page { text, lines: Lines::new(text), redact: joined(redact) };
        let place = |range: &Range<usize>| {
            let span = page.lines.span(range);
            let line_hash = hashes.get(span.start_line.saturating_sub(1) as usize).map(ToString::to_string);
            Self { span, snippet: page.snippet(range, &span), line_hash }
        };
        ranges.iter().map(place).collect()
    }

    /// Returns the place as a location in the file at `path`.
    pub fn at(&self, path: &str) -> Location {
        Location::File { path: path.to_owned(), span: self.span }
    }
}

/// Returns the ranges sorted, and those that overlap as one.
fn joined(ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut sorted: Vec<Range<usize>> = ranges.iter().filter(|range| !range.is_empty()).cloned().collect();
    sorted.sort_unstable_by_key(|range| (range.start, range.end));
    sorted.dedup_by(|next, last| {
        let overlaps = next.start < last.end;
        if overlaps {
            last.end = last.end.max(next.end);
        }
        overlaps
    });
    sorted
}

/// A text, read once, of which several places are described.
struct Page<'a> {
    text: &'a [u8],
    lines: Lines<'a>,
    /// Sorted, and none overlaps another.
    redact: Vec<Range<usize>>,
}

impl Page<'_> {
    /// Cuts the lines around `range`, which has this span, out of the text.
    fn snippet(&self, range: &Range<usize>, span: &Span) -> Option<Snippet> {
        let text = self.text;
        let start = range.start.min(text.len());
        let end = range.end.clamp(start, text.len());
        let mut shown = Shown { page: self, out: String::new(), covered: 0 };
        let mut highlight = None;
        let first = span.start_line.saturating_sub(CONTEXT).max(1);
        for (number, line) in self.window(first, end, end > start).into_iter().enumerate() {
            if number > 0 {
                shown.out.push('\n');
            }
            let near = cut(text, &line, start, end);
            // What is covered shows as one sign, and that sign belongs to the place.
            let covers = |at: usize| self.cover(at).filter(|cover| cover.start < at);
            let (from, to) = (covers(start).map_or(start, |c| c.start), covers(end).map_or(end, |c| c.end));
            let middle = from.clamp(near.start, near.end)..to.clamp(near.start, near.end);
            shown.push(near.start..middle.start);
            let from = shown.out.len();
            shown.push(middle.clone());
            if line.start <= end && line.end >= start {
                highlight =
                    Some(highlight.map_or(from, |(first, _)| first)).map(|first| (first, shown.out.len()));
            }
            shown.push(middle.end..near.end);
        }
        let text_shown = shown.out.trim_end_matches('\n').to_owned();
        let (from, to) = highlight.unwrap_or((0, 0));
        let bounded = |at: usize| u32::try_from(at.min(text_shown.len())).unwrap_or(u32::MAX);
        let highlight = bounded(from)..bounded(to);
        Some(Snippet { line: first, highlight, text: text_shown })
    }

    /// Returns the lines to show from one on, without their line ends: to the end of the place and a little behind it.
    fn window(&self, first: u32, end: usize, filled: bool) -> Vec<Range<usize>> {
        let mut lines = Vec::new();
        let mut behind = 0;
        for number in (first..).take(MOST_LINES) {
            let Some(line) = self.lines.range(number) else { break };
            if line.start == self.text.len() && !lines.is_empty() {
                break;
            }
            if line.start > end || (line.start == end && filled) {
                behind += 1;
            }
            if behind > CONTEXT {
                break;
            }
            lines.push(line);
        }
        lines
    }

    /// Returns what covers the byte at an offset.
    fn cover(&self, at: usize) -> Option<&Range<usize>> {
        let candidate = self.redact.partition_point(|cover| cover.end <= at);
        self.redact.get(candidate).filter(|cover| cover.contains(&at))
    }
}

/// Cuts a line that is too long down to what surrounds the place, or to its head.
fn cut(text: &[u8], line: &Range<usize>, start: usize, end: usize) -> Range<usize> {
    if line.len() <= MOST_BYTES {
        return line.clone();
    }
    let anchor = if start > line.start && start <= line.end { start } else { line.start };
    let from = anchor.saturating_sub(MOST_BYTES / 2).max(line.start);
    let to = (end.clamp(anchor, anchor + MOST_BYTES) + MOST_BYTES / 2).min(line.end);
    floor_boundary(text, from).max(line.start)..floor_boundary(text, to).max(from)
}

/// Text being shown, with what is covered left out.
struct Shown<'a> {
    page: &'a Page<'a>,
    out: String,
    /// Everything before this offset is told already by a `…`.
    covered: usize,
}

impl Shown<'_> {
    fn push(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            if at < self.covered {
                at = self.covered.min(range.end);
                continue;
            }
            if let Some(cover) = self.page.cover(at) {
                self.out.push('…');
                self.covered = cover.end;
                continue;
            }
            let rest = self.page.text.get(at..range.end).unwrap_or_default();
            let (character, width) = first_character(rest);
            if character != '\r' {
                self.out.push(character);
            }
            at += width;
        }
    }
}

/// Moves `offset` back to the start of a character.
fn floor_boundary(text: &[u8], offset: usize) -> usize {
    (offset.saturating_sub(3)..=offset)
        .rev()
        .find(|at| text.get(*at).is_none_or(|byte| byte & 0xC0 != 0x80))
        .unwrap_or(offset)
}

/// Returns the first character of non-empty bytes and its width; a byte that is no UTF-8 is the replacement character.
fn first_character(bytes: &[u8]) -> (char, usize) {
    let head = bytes.get(..4.min(bytes.len())).unwrap_or(bytes);
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or(""),
    };
    valid.chars().next().map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, c.len_utf8()))
}

/// Puts a line hash into a finding's fingerprints.
pub(crate) fn remember_line_hash(finding: &mut Finding, place: &Place) {
    if let Some(hash) = &place.line_hash {
        finding.fingerprints.insert(Finding::LINE_HASH.into(), hash.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &[u8], range: Range<usize>, redact: &[Range<usize>]) -> Place {
        Place::all(text, &[range], redact).pop().unwrap()
    }

    fn check(text: &str, range: Range<usize>, redact: &[Range<usize>], expected: (u32, &str, &str)) {
        let snippet = place(text.as_bytes(), range, redact).snippet.unwrap();
        let highlight = &snippet.text[snippet.highlight.start as usize..snippet.highlight.end as usize];
        assert_eq!((snippet.line, snippet.text.as_str(), highlight), expected);
    }

    #[test]
    fn a_snippet_shows_a_line_around_the_place() {
        check("a\nb\nc\nd\ne\n", 4..5, &[], (2, "b\nc\nd", "c"));
        check("abc", 1..2, &[], (1, "abc", "b"));
        check("abc\n", 0..3, &[], (1, "abc", "abc"));
        check("x = 'é'\r\ny\r\n", 5..7, &[], (1, "x = 'é'\ny", "é"));
    }

    #[test]
    fn what_is_redacted_never_shows() {
        check("k = SECRET;\n", 4..10, &[4..10], (1, "k = …;", "…"));
        check("k = SECRET; j = OTHER\n", 4..10, &[4..10, 16..21], (1, "k = …; j = …", "…"));
        check("k = SECRET;\n", 6..9, &[4..10], (1, "k = …;", "…"));
        check("a\nSEC\nRET\nb", 2..9, &[2..9], (1, "a\n…\n\nb", "…\n"));
    }

    #[test]
    fn a_line_of_megabytes_with_thousands_of_places_is_described_at_once() {
        let text = "k=SECRET;".repeat(200_000);
        let ranges: Vec<_> = (0..20_000).map(|n| n * 90 + 2..n * 90 + 8).collect();
        let redact: Vec<_> = (0..200_000).map(|n| n * 9 + 2..n * 9 + 8).collect();
        let places = Place::all(text.as_bytes(), &ranges, &redact);
        assert_eq!(places.len(), ranges.len());
        assert_eq!(places.last().map(|place| place.span.start_column), Some(19_999 * 90 + 3));
        assert!(places.iter().all(|place| !place.snippet.as_ref().unwrap().text.contains("SECRET")));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}NEEDLE{}", "x".repeat(5000), "y".repeat(5000));
        let place = place(text.as_bytes(), 5000..5006, &[]);
        let snippet = place.snippet.unwrap();
        assert!(snippet.text.len() < 1000);
        assert_eq!(&snippet.text[snippet.highlight.start as usize..snippet.highlight.end as usize], "NEEDLE");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_have_a_place(text: Vec<u8>, start: u16, length: u8, cover: u8) {
            let start = usize::from(start) % (text.len() + 3);
            let range = start..start + usize::from(length);
            let place = place(&text, range.clone(), &[start..start + usize::from(cover)]);
            let snippet = place.snippet.unwrap();
            let shown = snippet.highlight.start as usize..snippet.highlight.end as usize;
            proptest::prop_assert!(snippet.text.get(shown).is_some());
        }
    }
}

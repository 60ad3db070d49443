//! A place in a text, with everything a finding says of it.

use std::ops::Range;

use model::{Finding, Location, Snippet, Span, line_hashes};

/// Lines shown before and behind the place.
const CONTEXT: usize = 1;
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
    /// Describes `range` of `text`. What `redact` covers never enters the snippet: each range is replaced by `…`. Ranges
    /// outside the text are brought back into it.
    pub fn of(text: &[u8], range: Range<usize>, redact: &[Range<usize>]) -> Self {
        let span = Span::of(text, range.clone());
        let hashes = line_hashes(&String::from_utf8_lossy(text));
        let line_hash = hashes.get(span.start_line.saturating_sub(1) as usize).cloned();
        Self { span, snippet: snippet(text, range, redact), line_hash }
    }

    /// Describes several places of one text; the line hashes are computed once.
    pub fn all(text: &[u8], ranges: &[Range<usize>], redact: &[Range<usize>]) -> Vec<Self> {
        if ranges.is_empty() {
            return Vec::new();
        }
        let hashes = line_hashes(&String::from_utf8_lossy(text));
        let place = |range: &Range<usize>| {
            let span = Span::of(text, range.clone());
            let line_hash = hashes.get(span.start_line.saturating_sub(1) as usize).cloned();
            Self { span, snippet: snippet(text, range.clone(), redact), line_hash }
        };
        ranges.iter().map(place).collect()
    }

    /// Returns the place as a location in the file at `path`.
    pub fn at(&self, path: &str) -> Location {
        Location::File { path: path.to_owned(), span: self.span }
    }
}

/// Cuts the lines around `range` out of `text`.
fn snippet(text: &[u8], range: Range<usize>, redact: &[Range<usize>]) -> Option<Snippet> {
    let start = range.start.min(text.len());
    let end = range.end.clamp(start, text.len());
    let mut shown = Shown { text, redact, out: String::new(), covered: 0 };
    let mut highlight = None;
    let window = window(text, start, end);
    let first_line = window.first().map_or(start, |line| line.start);
    for (number, line) in window.iter().enumerate() {
        if number > 0 {
            shown.out.push('\n');
        }
        let near = cut(text, line, start, end);
        // What is covered shows as one sign, and that sign belongs to the place.
        let covers = |at: usize| redact.iter().find(|cover| cover.start < at && at < cover.end);
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
    Some(Snippet { line: Span::of(text, first_line..first_line).start_line, highlight, text: text_shown })
}

/// Returns the lines to show, without their line ends: those of the place and a little around it.
fn window(text: &[u8], start: usize, end: usize) -> Vec<Range<usize>> {
    let mut from = line_start(text, start);
    for _ in 0..CONTEXT {
        from = line_start(text, from.saturating_sub(1));
    }
    let mut lines = Vec::new();
    let mut behind = 0;
    while lines.len() < MOST_LINES && (from < text.len() || lines.is_empty()) {
        let rest = text.get(from..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        if from > end || (from == end && end > start) {
            behind += 1;
        }
        if behind > CONTEXT {
            break;
        }
        lines.push(from..from + length);
        from += length + 1;
    }
    lines
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
    text: &'a [u8],
    redact: &'a [Range<usize>],
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
            if let Some(cover) = self.redact.iter().find(|cover| cover.contains(&at)) {
                self.out.push('…');
                self.covered = cover.end;
                continue;
            }
            let rest = self.text.get(at..range.end).unwrap_or_default();
            let (character, width) = first_character(rest);
            if character != '\r' {
                self.out.push(character);
            }
            at += width;
        }
    }
}

/// Returns the offset of the first byte of the line that holds `offset`.
fn line_start(text: &[u8], offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or(text);
    before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
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

    fn check(text: &str, range: Range<usize>, redact: &[Range<usize>], expected: (u32, &str, &str)) {
        let snippet = Place::of(text.as_bytes(), range, redact).snippet.unwrap();
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
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}NEEDLE{}", "x".repeat(5000), "y".repeat(5000));
        let place = Place::of(text.as_bytes(), 5000..5006, &[]);
        let snippet = place.snippet.unwrap();
        assert!(snippet.text.len() < 1000);
        assert_eq!(&snippet.text[snippet.highlight.start as usize..snippet.highlight.end as usize], "NEEDLE");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_have_a_place(text: Vec<u8>, start: u16, length: u8, cover: u8) {
            let start = usize::from(start) % (text.len() + 3);
            let range = start..start + usize::from(length);
            let place = Place::of(&text, range.clone(), &[start..start + usize::from(cover)]);
            let snippet = place.snippet.unwrap();
            let shown = snippet.highlight.start as usize..snippet.highlight.end as usize;
            proptest::prop_assert!(snippet.text.get(shown).is_some());
        }
    }
}

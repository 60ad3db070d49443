//! Lines as pip joins them, each character with its place in the file.

/// A line with those that continue it.
#[derive(Debug)]
pub(super) struct Logical<'a> {
    /// The text without comment, white space around it taken off; empty for a line that is a comment alone.
    pub(super) text: String,
    /// The comment, from its `#` on.
    pub(super) comment: Option<&'a str>,
    /// For each piece of `text`: its offset there and in the file.
    origins: Vec<(usize, usize)>,
}

impl Logical<'_> {
    /// Returns the place in the file of the character at an offset of `text`.
    pub(super) fn offset(&self, at: usize) -> usize {
        let piece = self.origins.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        self.origins.get(piece).map_or(0, |(start, origin)| origin + at.saturating_sub(*start))
    }

    /// Returns the place in the file behind the character before an offset of `text`.
    pub(super) fn end(&self, at: usize) -> usize {
        self.offset(at.saturating_sub(1)) + usize::from(at > 0)
    }
}

/// Cuts a text into logical lines as pip does: a backslash at the end of a line continues it, unless the line is a comment
/// alone; a comment hides all that is joined behind it.
pub(super) fn logical_lines(text: &str) -> impl Iterator<Item = Logical<'_>> {
    let mut lines = physical_lines(text);
    std::iter::from_fn(move || {
        let mut logical = Logical { text: String::new(), comment: None, origins: Vec::new() };
        let mut any = false;
        for (at, line) in lines.by_ref() {
            any = true;
            let comment = comment_start(line);
            let alone = comment.is_some_and(|start| line.get(..start).is_some_and(is_blank));
            let body = if alone { None } else { line.strip_suffix('\\') };
            if logical.comment.is_none() {
                logical.push(at, line.get(..comment.unwrap_or(line.len())).unwrap_or(""), body.is_some());
                logical.comment = comment.and_then(|start| line.get(start..));
            }
            if body.is_none() {
                break;
            }
        }
        logical.text.truncate(logical.text.trim_end().len());
        any.then_some(logical)
    })
}

impl Logical<'_> {
    /// Adds a piece of the file that starts at `at`, but for white space at the very beginning and for the backslashes
    /// around a line that goes on.
    fn push(&mut self, at: usize, piece: &str, continues: bool) {
        let mut kept = if continues { piece.trim_end_matches('\\') } else { piece };
        if self.text.is_empty() {
            kept = kept.trim_start_matches(|c: char| is_blank(c.encode_utf8(&mut [0; 4])));
        }
        let skipped = kept.as_ptr().addr() - piece.as_ptr().addr();
        if !kept.is_empty() {
            self.origins.push((self.text.len(), at + skipped));
            self.text.push_str(kept);
        }
    }
}

/// Tells whether a text is white space, or the mark at the beginning of a file.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c == '\u{FEFF}')
}

/// Returns the lines without their ends, with their offsets.
fn physical_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let at = start;
        start += line.len();
        (at, line.trim_end_matches(['\n', '\r']))
    })
}

/// Returns where the comment of a line starts: at a `#` at its beginning or behind white space.
fn comment_start(line: &str) -> Option<usize> {
    let mut before = None::<char>;
    for (at, character) in line.char_indices() {
        if character == '#' && before.is_none_or(|before| before.is_whitespace() || before == '\u{FEFF}') {
            return Some(at);
        }
        before = Some(character);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, Option<&str>)]) {
        let found: Vec<_> = logical_lines(text).collect();
        let found: Vec<_> = found.iter().map(|line| (line.text.as_str(), line.comment)).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn lines_join_as_pip_joins_them() {
        check("a\nb\r\n", &[("a", None), ("b", None)]);
        check("a \\\n  --x # c\nb", &[("a   --x", Some("# c")), ("b", None)]);
        check("a==\\\n1", &[("a==1", None)]);
        check("# c \\\nb", &[("", Some("# c \\")), ("b", None)]);
        check("a # c \\\n--x\nb", &[("a", Some("# c \\")), ("b", None)]);
        check("a#b", &[("a#b", None)]);
        check("\u{FEFF}a", &[("a", None)]);
        check("a \\", &[("a", None)]);
    }

    #[test]
    fn places_are_those_of_the_file() {
        let text = "  ab \\\n   cd\n";
        let line = logical_lines(text).next().unwrap();
        let at = line.text.find("cd").unwrap();
        assert_eq!(&text[line.offset(at)..line.end(at + 2)], "cd");
        assert_eq!(&text[line.offset(0)..line.end(2)], "ab");
    }
}

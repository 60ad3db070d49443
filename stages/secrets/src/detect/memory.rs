//! What detectors know of the text behind a keyword, so that many keywords close together do not read it again and again.

/// What was found out about a text. Keywords come in the order of the text.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// `-----BEGIN `.
    pub(crate) begin: Ahead,
    /// `---- BEGIN `.
    pub(crate) begin_short: Ahead,
    /// `-----END `.
    pub(crate) end: Ahead,
    /// `---- END `.
    pub(crate) end_short: Ahead,
    /// `}`.
    pub(crate) brace: Ahead,
    /// `.`.
    pub(crate) dot: Ahead,
    /// The dot that ends the last header of a token, and how many tries there were before it.
    pub(crate) headers: (usize, usize),
    /// Where the last JSON object was opened, and how far that is known.
    pub(crate) opened: (Option<usize>, usize),
    /// Where the last JSON object begins that was looked at.
    pub(crate) object: Option<usize>,
}

/// The next place of a text, each part of which is searched once.
#[derive(Debug, Default)]
pub(crate) struct Ahead(Option<(usize, usize)>);

impl Ahead {
    /// Returns where the next `needle` begins, or the text's length.
    pub(crate) fn next(&mut self, text: &[u8], needle: &[u8], from: usize) -> usize {
        if let Some((start, at)) = self.0
            && (start..=at).contains(&from)
        {
            return at;
        }
        let rest = text.get(from..).unwrap_or_default();
        let at = memchr::memmem::find(rest, needle).map_or(text.len(), |offset| from + offset);
        self.0 = Some((from, at));
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_ahead_is_found_wherever_one_asks() {
        let text = b"ab..ab.ab";
        let mut ahead = Ahead::default();
        for (from, expected) in [(0, 0), (1, 4), (3, 4), (4, 4), (5, 7), (1, 4), (8, 9), (9, 9), (99, 9)] {
            assert_eq!(ahead.next(text, b"ab", from), expected, "{from}");
        }
    }
}

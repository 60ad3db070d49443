//! Where something is. Every finding has a place; when the place lies in a file of the tree, its path is given.

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use crate::Lines;
use crate::{Digest, Purl, lines};

/// A range of text. Lines and columns count from 1; columns count Unicode scalar values; the end is exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First line.
    pub start_line: u32,
    /// Column of the first character.
    pub start_column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column behind the last character.
    pub end_column: u32,
}

impl Span {
    /// Returns the span of a whole first line of unknown width: for files that are meant as a whole.
    pub const FILE: Self = Self { start_line: 1, start_column: 1, end_line: 1, end_column: 1 };

    /// Returns the span of `range` (byte offsets) in `text`; [`Lines`] is the quick way to many. Offsets past the end are
    /// brought back to it, and a byte counts as a column unless it can only go on with a character, so that any input has
    /// a span.
    pub fn of(text: &[u8], range: std::ops::Range<usize>) -> Self {
        let start = range.start.min(text.len());
        let end = range.end.clamp(start, text.len());
        let (start_line, start_column) = position(text, start);
        let (end_line, end_column) = position(text, end);
        Self { start_line, start_column, end_line, end_column }
    }
}

/// Returns line and column of a byte offset that lies inside `text`.
fn position(text: &[u8], offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let column = before.get(line_start..).map_or(0, lines::count) + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

/// A place. `path` is relative to the root of the subject's tree, with `/` on every system; bytes of a name that
/// are no UTF-8 are written `\xNN`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Location {
    /// A range of a file of the tree.
    File {
        /// Path in the tree.
        path: String,
        /// Range in the file.
        #[serde(flatten)]
        span: Span,
    },
    /// A file as some commit had it; the tree of today may not have it any more.
    Commit {
        /// Full id of the commit that brought the content in.
        commit: String,
        /// Path in that commit.
        path: String,
        /// Range in the file.
        #[serde(flatten)]
        span: Span,
    },
    /// A dependency where a manifest or lockfile names it.
    Dependency {
        /// Path of the manifest.
        path: String,
        /// Range of the entry.
        #[serde(flatten)]
        span: Span,
        /// The package.
        purl: Purl,
    },
    /// A path inside a layer of a container image.
    Layer {
        /// Digest of the layer, computed by us.
        layer: Digest,
        /// Path in the image.
        path: String,
        /// Range in the file.
        #[serde(flatten)]
        span: Span,
    },
    /// A field of a declarative object (a Kubernetes manifest, a mesh policy).
    Field {
        /// Path of the file that holds the object.
        path: String,
        /// Range of the field.
        #[serde(flatten)]
        span: Span,
        /// `Kind/namespace/name` of the object.
        object: String,
        /// Path of the field, as `spec.template.spec.containers[0].image`.
        field: String,
    },
    /// A request and its answer.
    Exchange {
        /// HTTP method.
        method: String,
        /// URL without credentials.
        url: String,
    },
}

impl Location {
    /// Returns the path of the file that holds the place, when there is one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::File { path, .. }
            | Self::Commit { path, .. }
            | Self::Dependency { path, .. }
            | Self::Layer { path, .. }
            | Self::Field { path, .. } => Some(path),
            Self::Exchange { .. } => None,
        }
    }

    /// Returns the range inside the file, when there is one.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::File { span, .. }
            | Self::Commit { span, .. }
            | Self::Dependency { span, .. }
            | Self::Layer { span, .. }
            | Self::Field { span, .. } => Some(*span),
            Self::Exchange { .. } => None,
        }
    }
}

/// The lines of source a finding shows. Made, and redacted, together with the finding, so that a stored record
/// renders without the tree and never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    /// Number of the first line shown.
    pub line: u32,
    /// The lines, without the last line end; at most a few lines of at most a few hundred characters.
    pub text: String,
    /// Byte offsets into `text` of the part that is meant.
    pub highlight: std::ops::Range<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], range: std::ops::Range<usize>, expected: (u32, u32, u32, u32)) {
        let span = Span::of(text, range);
        assert_eq!((span.start_line, span.start_column, span.end_line, span.end_column), expected);
    }

    #[test]
    fn spans_count_from_one_in_characters() {
        check(b"", 0..0, (1, 1, 1, 1));
        check(b"abc\ndef\n", 4..7, (2, 1, 2, 4));
        check("é=ü\n".as_bytes(), 3..5, (1, 3, 1, 4));
        check(b"a\xff\xfeb", 3..4, (1, 4, 1, 5));
        check(b"a\nb\nc", 0..5, (1, 1, 3, 2));
    }

    #[test]
    fn offsets_outside_the_text_are_brought_back() {
        check(b"abc", 2..99, (1, 3, 1, 4));
        check(b"abc", 9..99, (1, 4, 1, 4));
    }

    #[test]
    fn a_location_is_flat_in_json() {
        let location = Location::File { path: "a.txt".into(), span: Span::FILE };
        assert_eq!(
            serde_json::to_string(&location).unwrap(),
            r#"{"kind":"file","path":"a.txt","start_line":1,"start_column":1,"end_line":1,"end_column":1}"#
        );
    }
}

//! Places as SARIF has them: a relative URI and a region whose four numbers are all there.

use std::fmt::Write as _;

use model::{Related, Span};

use crate::formats::printable;
use crate::formats::sarif::results::message;
use crate::formats::sarif::shape::{ArtifactLocation, Location, LogicalLocation, PhysicalLocation, Region};

/// What a place outside the tree is shown at: results without a file are dropped by GitHub.
const NO_FILE: &str = "sluicegate.yaml";

impl Location {
    pub(super) fn of(location: &model::Location) -> Self {
        let mut place = Self::at(location.path().unwrap_or(NO_FILE), location.span().unwrap_or(Span::FILE));
        let logical = match location {
            model::Location::Field { object, field, .. } => Some((format!("{object} {field}"), "member")),
            model::Location::Dependency { purl, .. } => Some((purl.to_string(), "package")),
            model::Location::Exchange { method, url } => Some((format!("{method} {url}"), "resource")),
            // Digests of layers and ids of commits change from build to build, and a place must not.
            model::Location::File { .. } | model::Location::Commit { .. } | model::Location::Layer { .. } => {
                None
            }
        };
        place.logical_locations.extend(logical.map(|(name, kind)| LogicalLocation {
            fully_qualified_name: printable::line(&name).into_owned(),
            kind,
        }));
        place
    }

    pub(super) fn of_related(related: &Related, id: Option<usize>) -> Self {
        Self { id, message: Some(message(&related.message)), ..Self::of(&related.location) }
    }

    pub(super) fn of_line(path: &str, line: Option<u32>) -> Self {
        let line = line.unwrap_or(1);
        Self::at(path, Span { start_line: line, start_column: 1, end_line: line, end_column: 1 })
    }

    fn at(path: &str, span: Span) -> Self {
        Self {
            id: None,
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation { uri: uri(path) },
                region: region(span),
            },
            logical_locations: Vec::new(),
            message: None,
        }
    }
}

/// Brings a span of a foreign record in order: numbers from 1, the end not before the start, and not empty.
fn region(span: Span) -> Region {
    let start_line = span.start_line.max(1);
    let start_column = span.start_column.max(1);
    let end_line = span.end_line.max(start_line);
    let least = if end_line == start_line { start_column.saturating_add(1) } else { 1 };
    Region { start_line, start_column, end_line, end_column: span.end_column.max(least) }
}

/// Takes the first byte of a name off what a report writes for it, where a byte that is no UTF-8 is `\xNN`.
fn raw(written: &[u8]) -> Option<(u8, &[u8])> {
    if let [b'\\', b'x', high, low, behind @ ..] = written
        && let Some(byte) = model::hex::decode(&[*high, *low]).and_then(|bytes| bytes.first().copied())
    {
        return Some((byte, behind));
    }
    written.split_first().map(|(byte, behind)| (*byte, behind))
}

/// Percent-encodes a path into a relative URI: no scheme, no root, no way out of the tree.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for part in path.split('/').filter(|part| !matches!(*part, "" | "." | "..")) {
        if !uri.is_empty() {
            uri.push('/');
        }
        let mut rest = part.as_bytes();
        while let Some((byte, behind)) = raw(rest) {
            rest = behind;
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                uri.push(char::from(byte));
            } else {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    if uri.is_empty() { NO_FILE.to_owned() } else { uri }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_relative_and_stay_inside() {
        let check = |path: &str, expected: &str| assert_eq!(uri(path), expected);
        check("src/a.rs", "src/a.rs");
        check("a b/é#?.txt", "a%20b/%C3%A9%23%3F.txt");
        check("/etc/shadow", "etc/shadow");
        check("../../x/./y//z", "x/y/z");
        check("http://evil.example/x", "http%3A/evil.example/x");
        check("c:\\x", "c%3A%5Cx");
        check("100%25", "100%2525");
        check("caf\\xe9.py", "caf%E9.py");
        check("a\\x5cb\\xzz", "a%5Cb%5Cxzz");
        check("", "sluicegate.yaml");
    }

    #[test]
    fn regions_are_in_order() {
        let check = |span: [u32; 4], expected: [u32; 4]| {
            let [start_line, start_column, end_line, end_column] = span;
            let region = region(Span { start_line, start_column, end_line, end_column });
            assert_eq!(
                [region.start_line, region.start_column, region.end_line, region.end_column],
                expected
            );
        };
        check([3, 9, 3, 16], [3, 9, 3, 16]);
        check([1, 1, 1, 1], [1, 1, 1, 2]);
        check([0, 0, 0, 0], [1, 1, 1, 2]);
        check([5, 4, 2, 1], [5, 4, 5, 5]);
        check([1, 9, 3, 0], [1, 9, 3, 1]);
        check([1, u32::MAX, 1, 1], [1, u32::MAX, 1, u32::MAX]);
    }
}

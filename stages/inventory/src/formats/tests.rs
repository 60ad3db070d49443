//! What holds for every format and any text: no panic, spans inside the text, edges that lead somewhere.

use proptest::prelude::*;

use crate::declaration::{Declarations, KINDS};
use crate::format::{FORMATS, Format, Nearby, Parsed, Source};
use crate::formats::requirements_txt::Constraints;
use crate::text::Malformed;

fn parse(format: &Format, text: &str, beside: &str) -> Result<Parsed, Malformed> {
    let read = |_: &str| Some(beside.to_owned());
    let (declarations, constraints) = (Declarations::default(), Constraints::default());
    let nearby =
        Nearby { declarations: &declarations, read: &read, constraints: &constraints, cancelled: &|| false };
    (format.parse)(&Source { path: "a/b", text, nearby: &nearby })
}

/// Checks what holds for any text.
fn check(format: &Format, text: &str, beside: &str) {
    let parsed = match parse(format, text, beside) {
        Ok(parsed) => parsed,
        Err(error) => {
            assert!(error.at <= text.len() && !error.reason.is_empty(), "{} {error:?}", format.name);
            return;
        }
    };
    let lines: Vec<usize> = text.split('\n').map(|line| line.chars().count()).collect();
    let inside = |line: u32, column: u32| {
        lines.get(line as usize - 1).is_some_and(|length| column >= 1 && column as usize <= length + 1)
    };
    for package in &parsed.packages {
        let span = package.span;
        assert!(inside(span.start_line, span.start_column), "{} {package:?}", format.name);
        assert!(inside(span.end_line, span.end_column), "{} {package:?}", format.name);
        assert!((span.start_line, span.start_column) <= (span.end_line, span.end_column), "{package:?}");
        assert!(package.dependencies.iter().all(|index| (*index as usize) < parsed.packages.len()));
        assert!(package.dependencies.is_sorted_by(|a, b| a < b), "{package:?}");
        assert_eq!(package.ecosystem, format.ecosystem);
    }
    for trouble in &parsed.troubles {
        assert!(trouble.line.is_none_or(|line| inside(line, 1)), "{} {trouble:?}", format.name);
    }
}

/// Texts of each format to start from.
const SEEDS: [&str; 12] = [
    include_str!("../../fixtures/cargo-workspace/input/Cargo.lock"),
    include_str!("../../fixtures/cargo-v1/input/Cargo.lock"),
    include_str!("../../fixtures/npm-v3-workspaces/input/package-lock.json"),
    include_str!("../../fixtures/npm-v1/input/package-lock.json"),
    include_str!("../../fixtures/poetry-1/input/poetry.lock"),
    include_str!("../../fixtures/poetry-2/input/poetry.lock"),
    include_str!("../../fixtures/uv-workspace/input/uv.lock"),
    include_str!("../../fixtures/go-modern/input/go.mod"),
    include_str!("../../fixtures/go-old/input/go.mod"),
    include_str!("../../fixtures/go-old/input/go.sum"),
    include_str!("../../fixtures/requirements-compiled/input/requirements.txt"),
    include_str!("../../fixtures/requirements-written/input/requirements.txt"),
];

/// Pieces that mean something in one of the formats.
const PIECES: [&str; 22] = [
    "\"",
    "{",
    "}",
    "[",
    "]",
    "[[package]]",
    "\n",
    "\\",
    "\\\n",
    "#",
    "//",
    "(",
    ")",
    "==",
    "=>",
    "-r ",
    "é",
    "\u{FEFF}",
    "node_modules/",
    "version",
    "\0",
    "\r\n",
];

/// A seed with pieces cut out, put in and doubled.
fn mangled() -> impl Strategy<Value = String> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..60_usize, 0..PIECES.len() + 2), 1..6);
    (0..SEEDS.len(), edits).prop_map(|(seed, edits)| {
        let mut text = SEEDS[seed].to_owned();
        for (at, length, piece) in edits {
            let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            ends.push(text.len());
            let from = at.index(ends.len());
            let to = (from + length).min(ends.len() - 1);
            let (from, to) = (ends[from], ends[to]);
            let part = text[from..to].to_owned();
            match PIECES.get(piece) {
                Some(piece) => text.insert_str(from, piece),
                None if piece == PIECES.len() => text.replace_range(from..to, ""),
                None => text.insert_str(to, &part),
            }
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_text_is_read_or_refused(text: String) {
        for format in &FORMATS {
            check(format, &text, &text);
        }
        for kind in &KINDS {
            let _ = kind.read(&text);
        }
    }

    #[test]
    fn a_text_that_is_nearly_right_is_read_or_refused(text in mangled(), beside in mangled()) {
        for format in &FORMATS {
            check(format, &text, &beside);
        }
        for kind in &KINDS {
            let _ = kind.read(&text);
        }
    }
}

#[test]
fn every_seed_is_read_whole() {
    for seed in SEEDS {
        assert!(
            FORMATS
                .iter()
                .any(|format| parse(format, seed, "").is_ok_and(|parsed| !parsed.packages.is_empty()))
        );
        FORMATS.iter().for_each(|format| check(format, seed, ""));
    }
}

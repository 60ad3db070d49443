//! Cutting a pipeline file: which part of the text belongs to which key, and the text with all other parts blanked.
//!
//! What is kept stays at its line and column, so a reader of one part reports exact positions in the file. Comments are
//! blanked too.

use std::ops::Range;

use stage::ConfigError;

use crate::node::{Data, Document, Entry, Node, quoted};
use crate::text::Text;

/// An entry of a map with the text that belongs to it.
#[derive(Debug)]
pub(crate) struct Piece<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) key: &'a str,
    /// From the key to the next key or the end of the map.
    pub(crate) whole: Range<usize>,
    /// The value alone.
    pub(crate) value: Range<usize>,
}

/// A part of the text that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    range: Range<usize>,
    /// Whether its last line belongs to a block scalar.
    in_block: bool,
}

/// A map cut into its entries.
#[derive(Debug, Default)]
pub(crate) struct Pieces<'a> {
    pub(crate) all: Vec<Piece<'a>>,
    /// The braces, in flow style.
    braces: Option<(usize, usize)>,
}

impl<'a> Pieces<'a> {
    /// Cuts a map whose text ends at `end` at the latest. `what` names it in messages; saying nothing is an empty map.
    pub(crate) fn of(text: &Text, node: &'a Node, end: usize, what: &str) -> Result<Self, ConfigError> {
        let (entries, closed) = match &node.data {
            Data::Map { entries, closed } => (entries, *closed),
            Data::Alias => {
                return Err(text.error(node.span.start, format!("{what} cannot be an alias; write it out")));
            }
            Data::Scalar { .. } if node.is_null() => return Ok(Self::default()),
            Data::Scalar { .. } | Data::List(_) => {
                return Err(text.error(node.span.start, format!("{what} is a map of keys and values")));
            }
        };
        let end = closed.unwrap_or(end);
        let mut all = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            let next = entries.get(at + 1).map_or(end, |next| next.key.span.start);
            all.push(piece(text, entry, line_start(text.body(), next), closed.is_some())?);
        }
        Ok(Self { all, braces: closed.map(|closed| (node.span.start, closed)) })
    }

    /// Returns the entry under a key.
    pub(crate) fn find(&self, key: &str) -> Option<&Piece<'a>> {
        self.all.iter().find(|piece| piece.key == key)
    }

    /// Returns the braces around the map, in flow style.
    pub(crate) fn braces(&self) -> Vec<Kept> {
        let brace = |at: usize| Kept { range: at..at + 1, in_block: false };
        self.braces.iter().flat_map(|(opened, closed)| [brace(*opened), brace(*closed)]).collect()
    }

    /// Returns what stays of the map when only the entries that `keep` names stay; nothing when there are none.
    pub(crate) fn keep(&self, keep: impl Fn(&Piece<'a>) -> bool) -> Vec<Kept> {
        let mut kept: Vec<Kept> = self.all.iter().filter(|piece| keep(piece)).map(Piece::kept).collect();
        if !kept.is_empty() {
            kept.extend(self.braces());
            kept.sort_by_key(Kept::start);
        }
        kept
    }
}

impl Kept {
    pub(crate) fn start(&self) -> usize {
        self.range.start
    }
}

impl Piece<'_> {
    /// Returns what stays when the entry does.
    pub(crate) fn kept(&self) -> Kept {
        Kept { range: self.whole.clone(), in_block: self.entry.value.ends_in_block }
    }

    /// Returns what stays when the value alone does; nothing when it says nothing.
    pub(crate) fn keep_value(&self) -> Vec<Kept> {
        if self.entry.value.is_null() {
            return Vec::new();
        }
        vec![Kept { range: self.value.clone(), in_block: self.entry.value.ends_in_block }]
    }
}

fn piece<'a>(text: &Text, entry: &'a Entry, end: usize, flow: bool) -> Result<Piece<'a>, ConfigError> {
    let at = entry.key.span.start;
    let key = entry.key.text().ok_or_else(|| text.error(at, "a key is a word here"))?;
    let body = text.body();
    if entry.key.anchored {
        return Err(text.error(at, format!("the key {} cannot have an anchor", quoted(key))));
    }
    let line = body.get(line_of(body, at)..at).unwrap_or_default();
    if line.trim_end().ends_with('?') {
        return Err(
            text.error(at, format!("the key {} is written with `?`; write it as `key:`", quoted(key)))
        );
    }
    let behind = body.get(entry.key.span.end..).unwrap_or_default();
    let colon = entry.key.span.end + behind.len() - behind.trim_start_matches([' ', '\t']).len();
    let value = match body.as_bytes().get(colon) {
        Some(b':') => colon + 1,
        _ if flow && entry.value.is_null() => colon,
        _ => {
            return Err(
                text.error(at, format!("`:` does not stand behind the key {} on its line", quoted(key)))
            );
        }
    };
    // In flow style a comma follows, which is no part of the value.
    let value_end = if flow { entry.value.span.end } else { end };
    Ok(Piece { entry, key, whole: at..end.max(value), value: value..value_end.max(value) })
}

/// Returns where the line of `at` begins, or `at` itself when something other than indentation stands before it.
fn line_start(body: &str, at: usize) -> usize {
    let start = line_of(body, at);
    let blank =
        body.get(start..at).is_some_and(|before| before.bytes().all(|byte| byte == b' ' || byte == b'\t'));
    if blank { start } else { at }
}

fn line_of(body: &str, at: usize) -> usize {
    body.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

/// Takes `removed` out of `kept`; both sorted and each without overlaps.
pub(crate) fn without(kept: Vec<Kept>, removed: &[Range<usize>]) -> Vec<Kept> {
    let mut rest = Vec::new();
    let mut removed = removed.iter().peekable();
    for Kept { range, in_block } in kept {
        let mut start = range.start;
        while let Some(hole) = removed.peek().filter(|hole| hole.start < range.end) {
            if hole.start > start {
                rest.push(Kept { range: start..hole.start, in_block });
            }
            start = start.max(hole.end);
            if hole.end > range.end {
                break;
            }
            removed.next();
        }
        if start < range.end {
            rest.push(Kept { range: start..range.end, in_block });
        }
    }
    rest
}

/// Refuses an alias in a part whose anchor is in none of its ranges, which are sorted: the part is read on its own.
pub(crate) fn refuse_foreign_aliases(
    text: &Text,
    document: &Document,
    kept: &[Kept],
) -> Result<(), ConfigError> {
    let inside = |at: usize| {
        let behind = kept.partition_point(|kept| kept.range.start <= at);
        behind.checked_sub(1).and_then(|last| kept.get(last)).is_some_and(|kept| kept.range.contains(&at))
    };
    for (alias, number) in document.aliases.iter().filter(|(alias, _)| inside(alias.start)) {
        let anchor = document.anchors.get(number).map_or(0, |anchor| anchor.start);
        if !inside(anchor) {
            let name = text.body().get(alias.clone()).unwrap_or("*");
            let line = text.place(anchor).line;
            let message = format!(
                "the alias {} names a value of another section (line {line}); each section is read on its own: write \
                 the value out",
                quoted(name)
            );
            return Err(text.error(alias.start, message));
        }
    }
    Ok(())
}

/// Returns the text with everything blanked that is not kept, and without what follows the last part.
pub(crate) fn render(text: &Text, comments: &[Range<usize>], kept: Vec<Kept>) -> String {
    let body = text.body();
    let mut out = String::new();
    let mut at = 0;
    let mut in_block = false;
    for part in without(kept, comments) {
        let gap = body.get(at..part.range.start).unwrap_or_default();
        let stays = body.get(part.range.clone()).unwrap_or_default();
        blank(&mut out, gap, in_block, stays);
        out.push_str(stays);
        (at, in_block) = (part.range.end, part.in_block);
    }
    out
}

/// Blanks a gap: line ends stay, and as many columns as what follows on the last line needs.
fn blank(out: &mut String, gap: &str, in_block: bool, next: &str) {
    let lines = gap.matches('\n').count();
    // Empty lines behind a block scalar may count as its own; a comment ends it.
    if in_block && lines > 0 && out.ends_with('\n') {
        out.push('#');
    }
    out.extend(std::iter::repeat_n('\n', lines));
    let last = gap.rsplit('\n').next().unwrap_or_default();
    if !next.starts_with(['\n', '\r']) {
        out.extend(std::iter::repeat_n(' ', last.chars().count()));
    }
}

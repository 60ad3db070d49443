//! The YAML of a pipeline file as a tree of nodes that know their place: what the file is cut by, and compared by.
//!
//! Nothing is interpreted here. What would make two readings of one file differ (directives, tags, several documents,
//! merged keys) is refused, and so is what grows without bound.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StructureStyle};
use model::{Digest, Hasher};
use stage::{ConfigError, TAB, indenting_tab};

use crate::text::Text;

/// Collections inside collections.
const MOST_DEPTH: usize = 48;
/// Nodes written down.
const MOST_NODES: usize = 50_000;
/// Nodes when every alias is written out.
const MOST_WEIGHT: usize = 200_000;

/// A file, read.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) root: Node,
    /// Where each anchor stands, in order of its number.
    pub(crate) anchors: BTreeMap<usize, Range<usize>>,
    /// Where each alias stands, with the number of its anchor.
    pub(crate) aliases: Vec<(Range<usize>, usize)>,
    /// What comments cover. The sign of a comment that ends a block scalar is not among it: without it, the empty lines
    /// would belong to the scalar.
    pub(crate) comments: Vec<Range<usize>>,
}

/// A value.
#[derive(Debug)]
pub(crate) struct Node {
    /// What it covers: of a collection in block style the start alone.
    pub(crate) span: Range<usize>,
    pub(crate) data: Data,
    /// The same for all ways to write the same value.
    pub(crate) digest: Digest,
    /// Number of nodes in it, aliases written out.
    weight: usize,
    /// Whether `&name` stands before it.
    pub(crate) anchored: bool,
    /// Whether its last line belongs to a block scalar.
    pub(crate) ends_in_block: bool,
}

/// What a node holds.
#[derive(Debug)]
pub(crate) enum Data {
    /// Text; whether it is written without quotes.
    Scalar { text: String, plain: bool },
    /// A list.
    List(Vec<Node>),
    /// A map. `closed` is where its `}` stands, in flow style.
    Map { entries: Vec<Entry>, closed: Option<usize> },
    /// `*name`.
    Alias,
}

/// An entry of a map.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: Node,
    pub(crate) value: Node,
}

impl Node {
    /// Returns the text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar { text, .. } => Some(text),
            Data::List(_) | Data::Map { .. } | Data::Alias => None,
        }
    }

    /// Tells whether it says nothing.
    pub(crate) fn is_null(&self) -> bool {
        match &self.data {
            Data::Scalar { text, plain } => {
                *plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            Data::List(_) | Data::Map { .. } | Data::Alias => false,
        }
    }

    /// Tells whether it is text in quotes.
    pub(crate) fn is_quoted(&self) -> bool {
        matches!(self.data, Data::Scalar { plain: false, .. })
    }

    /// Calls `visit` for every scalar in it.
    pub(crate) fn scalars<'a>(&'a self, visit: &mut dyn FnMut(&'a Self, &'a str)) {
        match &self.data {
            Data::Scalar { text, .. } => visit(self, text),
            Data::List(items) => items.iter().for_each(|item| item.scalars(visit)),
            Data::Map { entries, .. } => entries.iter().for_each(|entry| entry.value.scalars(visit)),
            Data::Alias => {}
        }
    }
}

/// Reads a file.
pub(crate) fn read(text: &Text) -> Result<Document, ConfigError> {
    let options = granit_parser::options! {
        disallow_directives: true,
        emit_anchor_events: true,
        emit_comments: true,
        max_buffered_comment_events: usize::MAX,
        flow_nesting_limit: MOST_DEPTH,
        block_nesting_limit: MOST_DEPTH,
    };
    let mut builder = Builder::new(text);
    for next in Parser::new_from_str_with_options(text.body(), options) {
        let (event, span) = next.map_err(|error| syntax(text, &error))?;
        builder.take(event, span)?;
    }
    builder.finish()
}

fn syntax(text: &Text, error: &ScanError) -> ConfigError {
    let at = error.marker();
    if let Some((line, column)) = indenting_tab(text.body(), at.line(), &error.info()) {
        return text.error_at(line, column, TAB);
    }
    let last = text.body().matches('\n').count() + 1;
    let info = match error.info().as_str() {
        "recursion limit exceeded" => format!("lists and maps nest deeper than {MOST_DEPTH}"),
        info => info.lines().next().unwrap_or("malformed YAML").to_owned(),
    };
    text.error_at(at.line().clamp(1, last), at.col() + 1, info)
}

/// A collection that is not closed yet.
enum Open {
    List {
        start: usize,
        anchor: usize,
        items: Vec<Node>,
    },
    Map {
        start: usize,
        anchor: usize,
        flow: bool,
        entries: Vec<Entry>,
        key: Option<Node>,
        keys: BTreeMap<String, usize>,
    },
}

struct Builder<'a> {
    text: &'a Text,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    nodes: usize,
    /// Digest and weight of what each anchor names; `None` while it is open.
    named: BTreeMap<usize, Option<(Digest, usize)>>,
    anchors: BTreeMap<usize, Range<usize>>,
    aliases: Vec<(Range<usize>, usize)>,
    comments: Vec<Range<usize>>,
    /// Whether the event before was a block scalar.
    behind_block: bool,
}

impl<'a> Builder<'a> {
    fn new(text: &'a Text) -> Self {
        Self {
            text,
            open: Vec::new(),
            root: None,
            documents: 0,
            nodes: 0,
            named: BTreeMap::new(),
            anchors: BTreeMap::new(),
            aliases: Vec::new(),
            comments: Vec::new(),
            behind_block: false,
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), ConfigError> {
        let range = span.byte_range().unwrap_or(0..0);
        if let Some(tag) = span.tag_start().filter(|_| event.is_node()) {
            return Err(self
                .text
                .error(tag.byte_offset().unwrap_or(range.start), "tags (`!…`) are not read here"));
        }
        let behind_block = std::mem::take(&mut self.behind_block);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(self
                        .text
                        .error(range.start, "a second document begins here; the file is one document"));
                }
            }
            Event::Anchor(number, _) => {
                self.anchors.insert(number, range);
                self.behind_block = behind_block;
            }
            Event::Comment(..) => self.comments.push(range.start + usize::from(behind_block)..range.end),
            Event::Scalar(value, style, anchor, _) => {
                self.behind_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                self.scalar(value.into_owned(), style, anchor, range)?;
            }
            Event::Alias(number) => self.alias(number, range)?,
            Event::SequenceStart(_, anchor, _) => {
                self.begin(anchor, Open::List { start: range.start, anchor, items: Vec::new() });
            }
            Event::MappingStart(style, anchor, _) => {
                let flow = style == StructureStyle::Flow;
                let (entries, keys) = (Vec::new(), BTreeMap::new());
                self.begin(anchor, Open::Map { start: range.start, anchor, flow, entries, key: None, keys });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.behind_block = behind_block;
                self.close(&range)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, anchor: usize, open: Open) {
        if anchor > 0 {
            self.named.insert(anchor, None);
        }
        self.open.push(open);
    }

    fn scalar(
        &mut self,
        text: String,
        style: ScalarStyle,
        anchor: usize,
        span: Range<usize>,
    ) -> Result<(), ConfigError> {
        let plain = style == ScalarStyle::Plain;
        let mut hasher = Hasher::new(if plain && !is_word(&text) { "plain" } else { "text" });
        hasher.part(&text);
        let digest = hasher.digest();
        if anchor > 0 {
            self.named.insert(anchor, Some((digest, 1)));
        }
        let ends_in_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let data = Data::Scalar { text, plain };
        self.add(Node { span, data, digest, weight: 1, anchored: anchor > 0, ends_in_block })
    }

    fn alias(&mut self, number: usize, span: Range<usize>) -> Result<(), ConfigError> {
        let Some((digest, weight)) = self.named.get(&number).copied().flatten() else {
            return Err(self.text.error(span.start, "the alias stands inside the value that it names"));
        };
        self.aliases.push((span.clone(), number));
        self.add(Node { span, data: Data::Alias, digest, weight, anchored: false, ends_in_block: false })
    }

    fn close(&mut self, end: &Range<usize>) -> Result<(), ConfigError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let (node, anchor) = match open {
            Open::List { start, anchor, items } => {
                let mut hasher = Hasher::new("list");
                items.iter().for_each(|item| {
                    hasher.part(item.digest.bytes());
                });
                let weight = items.iter().map(|item| item.weight).fold(1, usize::saturating_add);
                let ends_in_block = items.last().is_some_and(|item| item.ends_in_block);
                let span = start..end.end.max(start);
                let data = Data::List(items);
                (
                    Node { span, data, digest: hasher.digest(), weight, anchored: anchor > 0, ends_in_block },
                    anchor,
                )
            }
            Open::Map { start, anchor, flow, entries, .. } => {
                let weight =
                    entries.iter().map(|entry| entry.value.weight + 1).fold(1, usize::saturating_add);
                let ends_in_block = entries.last().is_some_and(|entry| entry.value.ends_in_block);
                let digest = digest(entries.iter());
                let span = start..end.end.max(start);
                let data = Data::Map { entries, closed: flow.then_some(end.start) };
                (Node { span, data, digest, weight, anchored: anchor > 0, ends_in_block }, anchor)
            }
        };
        if anchor > 0 {
            self.named.insert(anchor, Some((node.digest, node.weight)));
        }
        self.add(node)
    }

    /// Puts a finished node where it belongs.
    fn add(&mut self, node: Node) -> Result<(), ConfigError> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(self
                .text
                .error(node.span.start, format!("the file has more than {MOST_NODES} values")));
        }
        if node.weight > MOST_WEIGHT {
            let message = format!("aliases make more than {MOST_WEIGHT} values of this one");
            return Err(self.text.error(node.span.start, message));
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, keys, .. }) => match key.take() {
                Some(key) => entries.push(Entry { key, value: node }),
                None => {
                    duplicate(self.text, keys, &node)?;
                    *key = Some(node);
                }
            },
        }
        Ok(())
    }

    fn finish(self) -> Result<Document, ConfigError> {
        let root =
            self.root.ok_or_else(|| self.text.error(0, "the file is empty; it begins with `version: 1`"))?;
        if root.weight > MOST_WEIGHT {
            return Err(self
                .text
                .error(0, format!("aliases make more than {MOST_WEIGHT} values of the file")));
        }
        Ok(Document { root, anchors: self.anchors, aliases: self.aliases, comments: self.comments })
    }
}

/// Refuses a key that stands in the map already. How it is quoted makes no difference.
fn duplicate(text: &Text, keys: &mut BTreeMap<String, usize>, key: &Node) -> Result<(), ConfigError> {
    let Some(name) = key.text() else { return Ok(()) };
    match keys.insert(name.to_owned(), key.span.start) {
        Some(first) => {
            let line = text.place(first).line;
            Err(text.error(
                key.span.start,
                format!("duplicate key {}: it stands in line {line} already", quoted(name)),
            ))
        }
        None => Ok(()),
    }
}

/// Returns the digest of a map with these entries; their order makes no difference.
pub(crate) fn digest<'a>(entries: impl Iterator<Item = &'a Entry>) -> Digest {
    let pairs: BTreeSet<(&[u8], &[u8])> =
        entries.map(|entry| (entry.key.digest.bytes(), entry.value.digest.bytes())).collect();
    let mut hasher = Hasher::new("map");
    for (key, value) in pairs {
        hasher.part(key).part(value);
    }
    hasher.digest()
}

/// Tells whether text without quotes is the same value with quotes, whoever reads it. Where that is in doubt the two count
/// as different: the cost is a stage that runs twice.
fn is_word(text: &str) -> bool {
    const OTHERS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let first = text.chars().next();
    first.is_some_and(|first| first.is_alphabetic() || matches!(first, '/' | '_'))
        && !OTHERS.contains(&text.to_ascii_lowercase().as_str())
}

/// Returns text of a file fit for a message: no control character, not too long.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 64;
    let head: String = text.chars().take(MOST).collect();
    let rest = if text.chars().count() > MOST { "…" } else { "" };
    format!("`{}{rest}`", head.escape_debug())
}

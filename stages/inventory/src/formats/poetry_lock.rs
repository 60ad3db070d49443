//! `poetry.lock`, formats 1.0 to 2.1.
//!
//! Up to Poetry 1.4 an entry says `category`, from 2.0 on it says `groups`; between the two only `pyproject.toml` tells
//! what a dependency is for, as it alone tells always what the project itself asks for.

use model::{DependencyScope, Ecosystem};

use super::python_files::{ByName, integrity};
use crate::declaration::Declaration;
use crate::folder;
use crate::format::{Format, Parsed, Source, package};
use crate::graph::{Graph, stronger};
use crate::group;
use crate::text::toml::{Document, Table, Value};
use crate::text::{Lines, Malformed, without_credentials};

pub(crate) const FORMAT: Format = Format {
    name: "poetry.lock",
    globs: &["**/poetry.lock"],
    ecosystem: Ecosystem::PyPI,
    last_resort: false,
    parse,
};

/// Newest major version of the format that is known.
const NEWEST: u32 = 2;

fn parse(source: &Source<'_>) -> Result<Parsed, Malformed> {
    let document = Document::parse(source.text)?;
    let root = document.root();
    let lines = Lines::new(source.text);
    let mut graph = Graph::default();
    let metadata = root.table("metadata");
    check_version(metadata, &lines, &mut graph);
    if metadata.is_none() && root.find("package").is_none() {
        graph.no_lockfile();
    }
    let files = metadata.and_then(|metadata| metadata.table("files"));
    let declared = source.nearby.declarations.beside(folder::of(source.path), "pyproject.toml");
    let scopes = Scopes::new(declared);
    let mut known = ByName::default();
    let mut entries = Vec::new();
    let mut all_scopes_told = true;
    for value in root.array("package") {
        let line = lines.line(value.at().start);
        let Some(entry) = value.table() else {
            graph.malformed_entry(line, "an entry is no table");
            continue;
        };
        let (Some(name), Some(version)) = (entry.piece("name"), entry.text("version")) else {
            graph.incomplete_entry(line, entry.text("name"));
            continue;
        };
        let origin = entry.table("source");
        if origin.and_then(|origin| origin.text("type")) == Some("directory") {
            graph.local();
            known.add(&name.text, version, None);
            entries.push((entry, None));
            continue;
        }
        let mut found = package(Ecosystem::PyPI, &name.text, version, lines.span(&name.at));
        found.source = origin.and_then(|origin| origin.text("url")).map(without_credentials);
        found.integrity = hashes(entry, files, &name.text);
        match scopes.of(entry) {
            Some(scope) => found.scope = scope,
            None => all_scopes_told = false,
        }
        let Some(index) = graph.add(found) else { break };
        known.add(&name.text, version, Some(index));
        entries.push((entry, Some(index)));
    }
    for (entry, index) in entries {
        for (name, _) in entry.table("dependencies").into_iter().flat_map(Table::entries) {
            // What is not locked belongs to an extra that nobody asks for.
            known.connect(&mut graph, name, None, |graph, to| match index {
                Some(from) => graph.link(from, to),
                // What a package of the tree itself depends on, the project asks for.
                None => graph.ask(to, scopes.of(entry).unwrap_or(DependencyScope::Unknown)),
            });
        }
    }
    Ok(close(graph, &known, declared, all_scopes_told))
}

fn close(mut graph: Graph, known: &ByName, declared: Option<&Declaration>, all_scopes_told: bool) -> Parsed {
    let Some(declared) = declared else {
        return graph.finish_without_roots();
    };
    for ask in &declared.asks {
        known.connect(&mut graph, &ask.name, None, |graph, to| graph.ask(to, ask.scope));
    }
    if all_scopes_told { graph.finish() } else { graph.finish_with_scopes() }
}

fn check_version(metadata: Option<Table<'_>>, lines: &Lines<'_>, graph: &mut Graph) {
    let Some(version) = metadata.and_then(|metadata| metadata.find("lock-version")) else { return };
    let major =
        version.text().and_then(|text| text.split('.').next()).and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major > NEWEST) {
        graph.newer_format(lines.line(version.at().start), NEWEST);
    }
}

/// What the entries of a lockfile say they are for.
struct Scopes {
    /// Whether all groups of the project are for development by their names.
    plain: bool,
}

impl Scopes {
    fn new(declared: Option<&Declaration>) -> Self {
        let plain =
            |declared: &Declaration| declared.asks.iter().all(|ask| ask.scope != DependencyScope::Unknown);
        Self { plain: declared.is_none_or(plain) }
    }

    /// Returns what the entry says it is for.
    fn of(&self, entry: Table<'_>) -> Option<DependencyScope> {
        let optional = entry.is_true("optional");
        if entry.find("groups").is_none() {
            return match entry.text("category")? {
                "main" if optional => Some(DependencyScope::Optional),
                "main" => Some(DependencyScope::Runtime),
                // Poetry 1.2 to 1.4 write it for every group but the main one.
                "dev" if self.plain => Some(DependencyScope::Development),
                "dev" => None,
                _ => Some(DependencyScope::Unknown),
            };
        }
        let of = |group: Value<'_>| match group.text() {
            Some("main") if optional => DependencyScope::Optional,
            Some("main") => DependencyScope::Runtime,
            Some(name) => group::scope(name),
            None => DependencyScope::Unknown,
        };
        // An entry of no group is one that nobody explains.
        Some(entry.array("groups").map(of).reduce(stronger).unwrap_or(DependencyScope::Unknown))
    }
}

/// Returns the hash of the entry's files, which stand in the entry or, up to format 1.1, in one table for all.
fn hashes(entry: Table<'_>, files: Option<Table<'_>>, name: &str) -> Option<String> {
    let inside = entry.find("files");
    let list = inside.or_else(|| files?.find(name))?;
    let pair = |file: Value<'_>| {
        let file = file.table()?;
        Some((file.text("file")?.to_owned(), file.text("hash")?.to_owned()))
    };
    let pairs: Vec<(String, String)> = list.array().filter_map(pair).collect();
    integrity(pairs.iter().map(|(file, hash)| (file.as_str(), hash.as_str())))
}

//! `uv.lock`, version 1.
//!
//! Packages of the tree itself are entries too, with a source that is a folder; what they depend on is what the project
//! asks for, told apart by what for: `dependencies`, `optional-dependencies` for extras, `dev-dependencies` for groups.

use model::{DependencyScope, Ecosystem};

use super::python_files::{ByName, integrity};
use crate::format::{Format, Member, Parsed, Source, package};
use crate::graph::Graph;
use crate::group;
use crate::text::toml::{Document, Table, Value};
use crate::text::{Lines, Malformed, without_credentials};

pub(crate) const FORMAT: Format =
    Format { name: "uv.lock", globs: &["**/uv.lock"], ecosystem: Ecosystem::PyPI, last_resort: false, parse };

/// Newest version of the format that is known.
const NEWEST: u32 = 1;

fn parse(source: &Source<'_>) -> Result<Parsed, Malformed> {
    let document = Document::parse(source.text)?;
    let root = document.root();
    let lines = Lines::new(source.text);
    let mut graph = Graph::default();
    graph.check_version(root, &["package"], NEWEST, &lines);
    let mut known = ByName::default();
    let mut entries = Vec::new();
    for value in root.array("package") {
        let line = lines.line(value.at().start);
        let Some(entry) = value.table() else {
            graph.malformed_entry(line, "an entry is no table");
            continue;
        };
        let Some(name) = entry.piece("name") else {
            graph.incomplete_entry(line, None);
            continue;
        };
        let origin = entry.table("source");
        let version = entry.text("version");
        if let Some(path) = origin.and_then(own_folder) {
            graph.local();
            graph.member(Member::Folder(path.to_owned()));
            known.add(&name.text, version.unwrap_or(""), None);
            entries.push((entry, None));
            continue;
        }
        let Some(version) = version else {
            graph.incomplete_entry(line, Some(&name.text));
            continue;
        };
        let mut found = package(Ecosystem::PyPI, &name.text, version, lines.span(&name.at));
        found.source = origin.and_then(address).map(without_credentials);
        found.integrity = integrity(files(entry));
        let Some(index) = graph.add(found) else { break };
        known.add(&name.text, version, Some(index));
        entries.push((entry, Some(index)));
    }
    let mut knows_roots = false;
    for (entry, index) in entries {
        knows_roots |= index.is_none();
        connect_entry(&mut graph, &known, &lines, entry, index);
    }
    if let Some(manifest) = root.table("manifest") {
        knows_roots |= connect_manifest(&mut graph, &known, &lines, manifest);
    }
    Ok(if knows_roots { graph.finish_with_scopes() } else { graph.finish_without_roots() })
}

/// Returns the folder of a package of the tree itself.
fn own_folder(origin: Table<'_>) -> Option<&str> {
    ["editable", "virtual", "directory"].iter().find_map(|kind| origin.text(kind))
}

/// Returns where a package comes from.
fn address(origin: Table<'_>) -> Option<&str> {
    ["registry", "git", "url", "path"].iter().find_map(|kind| origin.text(kind))
}

/// Returns names or addresses of the files of an entry, with their hashes.
fn files(entry: Table<'_>) -> impl Iterator<Item = (&str, &str)> {
    entry.find("sdist").into_iter().chain(entry.array("wheels")).filter_map(|file| {
        let file = file.table()?;
        let name = ["url", "path", "filename"].iter().find_map(|key| file.text(key)).unwrap_or("");
        Some((name, file.text("hash")?))
    })
}

/// Returns what a group names, and what for.
fn in_group<'a>((name, group): (&'a str, Value<'a>)) -> impl Iterator<Item = (DependencyScope, Value<'a>)> {
    let scope = group::scope(name);
    group.array().map(move |value| (scope, value))
}

/// Connects an entry with all that it names; for one of the tree's own these are what the project asks for.
fn connect_entry(graph: &mut Graph, known: &ByName, lines: &Lines<'_>, entry: Table<'_>, index: Option<u32>) {
    let tables = |section: &str| entry.table(section).into_iter().flat_map(Table::entries);
    let own = entry.array("dependencies").map(|value| (DependencyScope::Runtime, value));
    let extras = tables("optional-dependencies")
        .flat_map(|(_, extra)| extra.array().map(|value| (DependencyScope::Optional, value)));
    let groups = tables("dev-dependencies").flat_map(in_group);
    for (scope, dependency) in own.chain(extras).chain(groups) {
        connect(graph, known, lines, dependency, |graph, to| match index {
            Some(from) => graph.link(from, to),
            None => graph.ask(to, scope),
        });
    }
}

/// Connects what a workspace without a project of its own, or a script, asks for; tells whether it asks for anything.
fn connect_manifest(graph: &mut Graph, known: &ByName, lines: &Lines<'_>, manifest: Table<'_>) -> bool {
    let groups = manifest.table("dependency-groups").into_iter().flat_map(Table::entries);
    let asked = manifest.array("requirements").map(|value| (DependencyScope::Runtime, value));
    let mut any = false;
    for (scope, value) in asked.chain(groups.flat_map(in_group)) {
        any = true;
        connect(graph, known, lines, value, |graph, to| graph.ask(to, scope));
    }
    any
}

fn connect(
    graph: &mut Graph,
    known: &ByName,
    lines: &Lines<'_>,
    dependency: Value<'_>,
    join: impl FnMut(&mut Graph, u32),
) {
    let line = lines.line(dependency.at().start);
    let Some((table, name)) = dependency.table().and_then(|table| Some((table, table.text("name")?))) else {
        graph.malformed_entry(line, "a dependency has no name");
        return;
    };
    if !known.connect(graph, name, table.text("version"), join) {
        graph.dangles(line, name);
    }
}

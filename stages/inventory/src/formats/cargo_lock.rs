//! `Cargo.lock`, versions 1 to 4.
//!
//! Version 1 keeps checksums in a table of their own and names dependencies in full; since 2 a dependency is named by as
//! much of `name version (source)` as tells it apart. An entry without a source is a package of the tree itself: what it
//! depends on is what the project asks for. The lockfile does not tell what a dependency is for; the manifests do.

use std::collections::BTreeMap;

use model::{DependencyScope, Ecosystem, Package};

use crate::declaration::{Declaration, Declarations};
use crate::folder;
use crate::format::{Format, Member, Parsed, Source, package};
use crate::graph::{Graph, stronger};
use crate::text::toml::{Document, Table, Value};
use crate::text::{Lines, Malformed, without_credentials};

pub(crate) const FORMAT: Format = Format {
    name: "Cargo.lock",
    globs: &["**/Cargo.lock"],
    ecosystem: Ecosystem::CratesIo,
    last_resort: false,
    parse,
};

/// Newest version of the format that is known.
const NEWEST: u32 = 4;

/// What an entry of the lockfile is.
enum Slot {
    /// A package from elsewhere, by its index.
    Package(u32),
    /// A package of the tree.
    Local,
    /// Not built: a `[replace]` section puts another in its place.
    Replaced,
}

/// The entries by name, version and source without the commit behind its `#`; a package of the tree has no source.
type Known<'a> = BTreeMap<(&'a str, &'a str, &'a str), Slot>;

fn parse(source: &Source<'_>) -> Result<Parsed, Malformed> {
    let document = Document::parse(source.text)?;
    let root = document.root();
    let lines = Lines::new(source.text);
    let mut graph = Graph::default();
    graph.check_version(root, &["package", "root"], NEWEST, &lines);
    let checksums = root.table("metadata");
    let mut known: Known<'_> = BTreeMap::new();
    let mut entries: Vec<(Table<'_>, Option<u32>)> = Vec::new();
    for value in root.find("root").into_iter().chain(root.array("package")) {
        let line = lines.line(value.at().start);
        let Some(entry) = value.table() else {
            graph.malformed_entry(line, "an entry is no table");
            continue;
        };
        let (Some(name), Some(version)) = (entry.piece("name"), entry.text("version")) else {
            graph.incomplete_entry(line, entry.text("name"));
            continue;
        };
        let slot = if entry.find("replace").is_some() {
            Slot::Replaced
        } else if entry.find("source").is_none() {
            graph.local();
            graph.member(Member::Named(name.text.to_string()));
            entries.push((entry, None));
            Slot::Local
        } else {
            let found = package(Ecosystem::CratesIo, &name.text, version, lines.span(&name.at));
            let Some(index) = graph.add(describe(found, entry, checksums)) else { break };
            entries.push((entry, Some(index)));
            Slot::Package(index)
        };
        known.insert(
            (entry.text("name").unwrap_or(""), version, bare(entry.text("source").unwrap_or(""))),
            slot,
        );
    }
    let scopes = Scopes::new(source);
    for (entry, index) in entries {
        let wants = index.is_none().then(|| scopes.wants(entry.text("name").unwrap_or("")));
        for dependency in entry.array("dependencies") {
            let Some(to) = target(&mut graph, &known, &lines, dependency) else { continue };
            match (index, &wants) {
                (Some(from), _) => graph.link(from, to),
                (None, wants) => {
                    let name = graph.packages().get(to as usize).map_or("", |package| &package.name);
                    let scope = wants.as_ref().and_then(|wants| wants.get(name)).copied();
                    graph.ask(to, scope.unwrap_or(DependencyScope::Unknown));
                }
            }
        }
    }
    Ok(graph.finish_with_scopes())
}

/// Adds what the entry says beside name and version.
fn describe(mut package: Package, entry: Table<'_>, checksums: Option<Table<'_>>) -> Package {
    let source = entry.text("source").unwrap_or("");
    let in_table = || {
        let key = format!("checksum {} {} ({source})", package.name, package.version);
        checksums?.text(&key)
    };
    let checksum = entry.text("checksum").or_else(in_table).filter(|checksum| *checksum != "<none>");
    package.integrity = checksum.map(|checksum| format!("sha256:{checksum}"));
    package.source = Some(without_credentials(source));
    package
}

/// Returns the package that a dependency names; `None` when it is one of the tree's own, or none at all.
fn target(graph: &mut Graph, known: &Known<'_>, lines: &Lines<'_>, dependency: Value<'_>) -> Option<u32> {
    let line = lines.line(dependency.at().start);
    let Some(text) = dependency.text() else {
        graph.malformed_entry(line, "a dependency is no text");
        return None;
    };
    let mut words = text.splitn(3, ' ');
    let name = words.next().unwrap_or("");
    let version = words.next();
    let source = words.next().map(|source| bare(source.trim_matches(['(', ')'])));
    // Of several that fit the first is taken; cargo writes enough of the name that there is one only.
    let first = known.range((name, version.unwrap_or(""), source.unwrap_or(""))..).next();
    let fits = first.filter(|((found, at, from), _)| {
        *found == name
            && version.is_none_or(|version| version == *at)
            && source.is_none_or(|source| source == *from)
    });
    match fits {
        Some((_, Slot::Package(index))) => Some(*index),
        Some((_, Slot::Local | Slot::Replaced)) => None,
        None => {
            graph.dangles(line, text);
            None
        }
    }
}

/// Returns a source without its commit, which is in the entry and not always in the dependency that names it.
fn bare(source: &str) -> &str {
    source.split('#').next().unwrap_or(source)
}

/// What the tree's own packages want their dependencies for.
struct Scopes<'a> {
    declarations: &'a Declarations,
    /// Those at and below the lockfile, and, for packages elsewhere, those of the whole tree.
    near: BTreeMap<&'a str, (&'a str, &'a Declaration)>,
    far: BTreeMap<&'a str, (&'a str, &'a Declaration)>,
}

impl<'a> Scopes<'a> {
    fn new(source: &Source<'a>) -> Self {
        let declarations = source.nearby.declarations;
        Self {
            declarations,
            near: declarations.below(folder::of(source.path), Ecosystem::CratesIo),
            far: declarations.below("", Ecosystem::CratesIo),
        }
    }

    /// Returns what the package `own` wants each of its dependencies for: the strongest of its reasons.
    fn wants(&self, own: &str) -> BTreeMap<&'a str, DependencyScope> {
        let mut wants = BTreeMap::new();
        let Some((path, declaration)) = self.near.get(own).or_else(|| self.far.get(own)) else {
            return wants;
        };
        for ask in &declaration.asks {
            let scope = wants.entry(self.declarations.resolve(path, ask)).or_insert(ask.scope);
            *scope = stronger(*scope, ask.scope);
        }
        wants
    }
}

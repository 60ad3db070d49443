//! `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3.
//!
//! Version 1 nests packages as folders nest ([`nested`]); versions 2 and 3 list the folders themselves ([`flat`]), and 2
//! repeats them in the old form. Releases of npm install from the half that they know, so what stands in the other half
//! alone is listed too. Both readers give folders with what each asks for; which folder a name means follows the way in
//! which Node.js looks for modules: in `node_modules` beside, then in that of each folder above.

mod flat;
mod nested;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use model::{DependencyScope, Ecosystem, GapKind};

use crate::format::{Format, Member, Parsed, Source, Trouble, package};
use crate::graph::{Graph, MAKE_ANEW};
use crate::text::json::{self, Object};
use crate::text::{Lines, Malformed, Piece, named, shown, without_credentials};

pub(crate) const FORMAT: Format = Format {
    name: "package-lock.json",
    globs: &["**/package-lock.json", "**/npm-shrinkwrap.json"],
    ecosystem: Ecosystem::Npm,
    last_resort: false,
    parse,
};

/// Newest version of the format that is known.
const NEWEST: u32 = 3;
/// Longest path of a folder that is read.
const LONGEST_FOLDER: usize = 1024;
/// Most folders looked into for one lockfile; the largest seen in public needs a fiftieth.
const MOST_STEPS: usize = 4_000_000;

/// A folder that the lockfile names.
struct Folder<'a> {
    /// Path relative to the lockfile; empty for the project itself.
    path: Cow<'a, str>,
    /// Offset of the entry.
    at: usize,
    what: What<'a>,
    /// Names of what it asks for.
    asks: Vec<(&'a str, DependencyScope)>,
}

/// What is in a folder.
enum What<'a> {
    /// A package of the tree itself.
    Own,
    /// A link to a folder that is listed by itself.
    Link,
    /// A package of the tree that is named by its folder alone.
    Linked,
    /// Nothing: an optional package that was not installed.
    Nothing,
    /// A package from elsewhere.
    Package(Found<'a>),
}

/// A package from elsewhere.
struct Found<'a> {
    /// Its name, and where that stands.
    name: Piece<'a>,
    version: &'a str,
    scope: DependencyScope,
    resolved: Option<&'a str>,
    integrity: Option<&'a str>,
}

/// The state of the two readers.
struct Reading<'a> {
    lines: Lines<'a>,
    graph: Graph,
    folders: Vec<Folder<'a>>,
    /// Packages without a version, with their lines.
    nameless: Vec<(u32, String)>,
    /// Folders that the other half speaks of: what this one leaves out of them is no gap.
    told: HashSet<&'a str>,
}

fn parse(source: &Source<'_>) -> Result<Parsed, Malformed> {
    let value = json::parse(source.text)?;
    let malformed = |reason: &str| Malformed { at: 0, reason: reason.to_owned() };
    let root = value.object().ok_or_else(|| malformed("an object is expected"))?;
    let mut reading = Reading {
        lines: Lines::new(source.text),
        graph: Graph::default(),
        folders: Vec::new(),
        nameless: Vec::new(),
        told: HashSet::new(),
    };
    let version = reading.check_version(root);
    let packages = root.object("packages");
    if version == 1 {
        nested::read(root, &mut reading);
    } else {
        flat::read(packages.ok_or_else(|| malformed("`packages` is missing"))?, &mut reading);
    }
    reading.say_nameless();
    let rest = reading.folders.len();
    match packages {
        Some(packages) if version == 1 => flat::read(packages, &mut reading),
        Some(packages) => {
            reading.told = packages.entries.iter().map(|(key, _)| key.text.trim_end_matches('/')).collect();
            nested::read(root, &mut reading);
        }
        None => {}
    }
    let other = reading.folders.split_off(rest);
    Ok(assemble(reading, &other, source))
}

impl<'a> Reading<'a> {
    /// Returns the version of the format; files without one are older than the number.
    fn check_version(&mut self, root: &Object<'_>) -> u32 {
        let version = match root.find("lockfileVersion") {
            Some(json::Value::Number(text)) => text.parse().unwrap_or(u32::MAX),
            Some(_) => u32::MAX,
            None => {
                if ["name", "dependencies", "packages"].iter().all(|key| root.find(key).is_none()) {
                    self.graph.no_lockfile();
                }
                1
            }
        };
        if version > NEWEST {
            self.graph.newer_format(1, NEWEST);
        }
        version
    }

    /// Says that an entry cannot be read.
    fn malformed_entry(&mut self, at: usize, reason: impl Into<String>) {
        let line = self.lines.line(at);
        self.graph.malformed_entry(line, reason);
    }

    /// Says which packages come from elsewhere than a registry and have no version to compare.
    fn say_nameless(&mut self) {
        let Some(line) = self.nameless.iter().map(|(line, _)| *line).min() else { return };
        self.nameless.sort();
        let names = named(self.nameless.iter().map(|(_, name)| name.clone()));
        let reason = format!("the file names no version of what does not come from a registry: {names}");
        let hint = "make the lockfile anew with npm 7 or later, which writes the version";
        self.graph.trouble(Trouble::new(GapKind::Partial, "no-version", line, reason).hint(hint));
    }

    /// Says of keys that stand twice in a list of packages that they do; each is read.
    fn check_duplicates(&mut self, object: &Object<'_>) {
        let mut seen = HashSet::new();
        for (key, _) in &object.entries {
            if !seen.insert(&key.text) {
                let reason = format!(
                    "`{}` stands twice in one list, which readers take differently",
                    shown(&key.text)
                );
                let line = self.lines.line(key.at.start);
                self.graph.trouble(Trouble::new(GapKind::Partial, "duplicate-key", line, reason));
            }
        }
    }
}

/// Adds the packages that stand in the other half of the file alone. They have their place and no edges.
fn add_others(graph: &mut Graph, lines: &Lines<'_>, folders: &[Folder<'_>], other: &[Folder<'_>]) {
    let key = |folder: &Folder<'_>| match &folder.what {
        What::Package(found) => Some((found.name.text.to_string(), found.version.to_owned())),
        What::Own | What::Link | What::Linked | What::Nothing => None,
    };
    let mut known: BTreeSet<(String, String)> = folders.iter().filter_map(key).collect();
    let mut told: Vec<(u32, String)> = Vec::new();
    for folder in other {
        let What::Package(found) = &folder.what else { continue };
        if !key(folder).is_some_and(|key| known.insert(key)) {
            continue;
        }
        let line = lines.line(folder.at);
        told.push((line, format!("`{} {}` (line {line})", shown(&found.name.text), shown(found.version))));
        if graph.add(found.package(lines)).is_none() {
            break;
        }
    }
    if let Some((line, _)) = told.first() {
        let names = named(told.iter().map(|(_, name)| name.clone()));
        let reason = format!(
            "the two lists of packages in the file, of which npm reads one or the other by its release, do not agree: {names}"
        );
        graph.trouble(Trouble::new(GapKind::Partial, "halves-differ", *line, reason).hint(MAKE_ANEW));
    }
}

/// Turns folders into packages and the names they ask for into edges.
fn assemble(reading: Reading<'_>, other: &[Folder<'_>], source: &Source<'_>) -> Parsed {
    let Reading { lines, mut graph, folders, .. } = reading;
    let mut slots: HashMap<&str, Option<u32>> = HashMap::with_capacity(folders.len());
    let mut indices = Vec::with_capacity(folders.len());
    for folder in &folders {
        let index = match &folder.what {
            What::Own => {
                graph.local();
                graph.member(Member::Folder(folder.path.to_string()));
                None
            }
            What::Linked => {
                graph.local();
                None
            }
            What::Link | What::Nothing => None,
            What::Package(found) => {
                let Some(index) = graph.add(found.package(&lines)) else { break };
                Some(index)
            }
        };
        slots.insert(&folder.path, index);
        indices.push(index);
    }
    add_others(&mut graph, &lines, &folders, other);
    let mut search = Search { slots: &slots, steps: 0 };
    let mut knows_roots = false;
    for (folder, index) in folders.iter().zip(&indices) {
        knows_roots |= folder.path.is_empty() && matches!(folder.what, What::Own);
        for (name, scope) in &folder.asks {
            match (search.find(&folder.path, name), index) {
                (Some(Some(to)), Some(from)) => graph.link(*from, to),
                (Some(Some(to)), None) => graph.ask(to, *scope),
                // A link, a package of the tree, or a peer that nobody installed.
                (Some(None) | None, _) => {}
            }
        }
    }
    knows_roots = knows_roots || ask_of_manifest(source, &mut search, &mut graph);
    if search.steps > MOST_STEPS {
        graph.crowd();
    }
    if knows_roots { graph.finish() } else { graph.finish_without_roots() }
}

/// Takes what the project asks for from the `package.json` beside, which version 1 of the format needs.
fn ask_of_manifest(source: &Source<'_>, search: &mut Search<'_>, graph: &mut Graph) -> bool {
    let folder = crate::folder::of(source.path);
    let Some(declaration) = source.nearby.declarations.beside(folder, "package.json") else {
        return false;
    };
    for ask in &declaration.asks {
        if let Some(Some(index)) = search.find("", &ask.name) {
            graph.ask(index, ask.scope);
        }
    }
    true
}

impl Found<'_> {
    fn package(&self, lines: &Lines<'_>) -> model::Package {
        let mut package = package(Ecosystem::Npm, &self.name.text, self.version, lines.span(&self.name.at));
        package.scope = self.scope;
        package.integrity = self.integrity.map(str::to_owned);
        package.source = self.resolved.map(without_credentials);
        package
    }
}

/// Looks for folders as Node.js does.
struct Search<'a> {
    slots: &'a HashMap<&'a str, Option<u32>>,
    steps: usize,
}

impl Search<'_> {
    /// Returns what the folder at `from` gets when it asks for `name`; `None` when there is none.
    fn find(&mut self, from: &str, name: &str) -> Option<Option<u32>> {
        let mut candidate = String::with_capacity(from.len() + name.len() + 14);
        for folder in crate::folder::upward(from) {
            if folder == "node_modules" || folder.ends_with("/node_modules") {
                continue;
            }
            self.steps += 1;
            if self.steps > MOST_STEPS {
                return None;
            }
            candidate.clear();
            candidate.push_str(folder);
            candidate.push_str(if folder.is_empty() { "node_modules/" } else { "/node_modules/" });
            candidate.push_str(name);
            if let Some(slot) = self.slots.get(candidate.as_str()) {
                return Some(*slot);
            }
        }
        None
    }
}

/// Returns what an entry is for by the flags that npm writes.
fn scope(entry: &Object<'_>) -> DependencyScope {
    if entry.is_true("dev") {
        DependencyScope::Development
    } else if entry.is_true("optional") || entry.is_true("devOptional") {
        DependencyScope::Optional
    } else {
        DependencyScope::Runtime
    }
}

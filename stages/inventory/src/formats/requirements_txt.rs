//! Lists of requirements for pip: `requirements.txt` and its relatives.
//!
//! Only an entry that pins one version (`==`, `===`, the address of a wheel, or a name that a constraints file pins) names
//! a package that can be judged; the others become one gap that names them. Files named with `-r` are read by themselves.
//! What `pip-compile` and `uv pip compile` write behind `# via` tells direct packages from transitive ones.

mod constraints;
mod entry;
mod line;
mod via;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use model::{DependencyScope, Ecosystem, GapKind, Package};

pub(crate) use self::constraints::Constraints;
use self::constraints::Pins;
use self::entry::{Entry, Requirement};
use self::line::{Logical, logical_lines};
use self::via::Via;
use crate::declaration::normalize_python;
use crate::folder;
use crate::format::{Format, Parsed, Source, Trouble, package};
use crate::graph::Graph;
use crate::group;
use crate::text::{Lines, Malformed, named, shown};

pub(crate) const FORMAT: Format = Format {
    name: "requirements.txt",
    globs: &[
        // pip takes a file of any name, and people write this one in either case.
        "**/*[rR][eE][qQ][uU][iI][rR][eE][mM][eE][nN][tT][sS]*.[tT][xX][tT]",
        "**/[rR]equirements/**/*.[tT][xX][tT]",
    ],
    ecosystem: Ecosystem::PyPI,
    last_resort: false,
    parse,
};

/// What `pip-compile` and `uv pip compile` make lists from. Where nobody did, its pins are all that is known.
pub(crate) const SOURCES: Format =
    Format { globs: &["**/*[rR]equirements*.in", "**/[rR]equirements/**/*.in"], last_resort: true, ..FORMAT };

/// Most constraints files of one list.
const MOST_CONSTRAINTS: usize = 64;

fn parse(source: &Source<'_>) -> Result<Parsed, Malformed> {
    let mut list = List::new(source);
    for logical in logical_lines(source.text) {
        // What comes of a run that was stopped is thrown away.
        if (source.nearby.cancelled)() {
            break;
        }
        list.read(&logical);
    }
    Ok(list.finish())
}

/// A list while it is read.
struct List<'a> {
    source: &'a Source<'a>,
    lines: Lines<'a>,
    graph: Graph,
    includes: Vec<(String, u32)>,
    /// Paths of the constraints files that it names, and what those pin.
    constrained_by: BTreeSet<String>,
    pins: Vec<Arc<Pins>>,
    /// Requirements, each with its range in the file.
    requirements: Vec<(Requirement, Range<usize>)>,
    malformed: Vec<usize>,
    via: Via,
}

impl<'a> List<'a> {
    fn new(source: &'a Source<'a>) -> Self {
        Self {
            source,
            lines: Lines::new(source.text),
            graph: Graph::default(),
            includes: Vec::new(),
            constrained_by: BTreeSet::new(),
            pins: Vec::new(),
            requirements: Vec::new(),
            malformed: Vec::new(),
            via: Via::default(),
        }
    }

    fn read(&mut self, logical: &Logical<'_>) {
        if let Some(entry) = Entry::of(&logical.text) {
            self.via.of = None;
            self.take(entry, logical);
        }
        if let Some(comment) = &logical.comment {
            self.via.read(comment);
        }
    }

    fn take(&mut self, entry: Entry, logical: &Logical<'_>) {
        let start = logical.offset(0);
        match entry {
            Entry::Include(path) => {
                if let Some(path) = self.path_in_tree(&path, start) {
                    self.includes.push((path, self.lines.line(start)));
                }
            }
            Entry::Constraint(path) => {
                if let Some(path) = self.path_in_tree(&path, start) {
                    self.constrain(&path, start);
                }
            }
            Entry::Option => {}
            Entry::Own => self.graph.local(),
            Entry::Malformed => self.malformed.push(start),
            Entry::Requirement(requirement) => {
                let at = logical.offset(requirement.at.start)..logical.end(requirement.at.end);
                self.via.begin(self.requirements.len());
                self.requirements.push((requirement, at));
            }
        }
    }

    /// Returns the path of a file named here; a gap, when it does not lie in the tree.
    fn path_in_tree(&mut self, named: &str, at: usize) -> Option<String> {
        let remote = named.contains("://") || named.contains('\\') || named.contains('$');
        let joined = folder::join(folder::of(self.source.path), named).filter(|_| !remote);
        if joined.is_none() {
            let reason = format!("`{}` is included and lies outside of the tree", shown(named));
            let trouble = Trouble::new(GapKind::Unread, "missing-include", self.lines.line(at), reason);
            self.graph.trouble(trouble.hint("put the file into the repository"));
        }
        joined
    }

    /// Takes the versions that a constraints file pins.
    fn constrain(&mut self, path: &str, at: usize) {
        if self.constrained_by.len() == MOST_CONSTRAINTS && !self.constrained_by.contains(path) {
            let reason =
                format!("more than {MOST_CONSTRAINTS} constraints files are named; this one is not read");
            let line = self.lines.line(at);
            self.graph.trouble(Trouble::new(GapKind::Unread, "too-many-constraints", line, reason));
            return;
        }
        if !self.constrained_by.insert(path.to_owned()) {
            return;
        }
        let nearby = self.source.nearby;
        let Some(pins) = nearby.constraints.of(path, nearby) else {
            let reason = format!("`{}` is named as constraints and is no text of the tree", shown(path));
            let trouble = Trouble::new(GapKind::Unread, "missing-include", self.lines.line(at), reason);
            self.graph.trouble(trouble.hint("add the file to the repository"));
            return;
        };
        self.pins.push(pins);
    }

    /// Returns the versions that a requirement can get; none when it is open.
    fn versions(&self, name: &str, own: Option<String>) -> BTreeSet<String> {
        if let Some(own) = own {
            return BTreeSet::from([own]);
        }
        let name = normalize_python(name);
        self.pins.iter().filter_map(|pins| pins.get(&name)).flatten().cloned().collect()
    }

    fn finish(mut self) -> Parsed {
        let mut open = Vec::new();
        let requirements = std::mem::take(&mut self.requirements);
        let mut indices = Vec::with_capacity(requirements.len());
        let scope = scope(self.source.path);
        let count = requirements.len();
        for (requirement, at) in requirements {
            let Requirement { name, version, integrity, .. } = requirement;
            let versions = self.versions(&name, version);
            if versions.is_empty() {
                open.push((self.lines.line(at.start), name.clone()));
            }
            let span = self.lines.span(&at);
            let found = versions.iter().map(|version| package(Ecosystem::PyPI, &name, version, span));
            let found = found.map(|found| Package { integrity: integrity.clone(), scope, ..found });
            indices.push(found.filter_map(|found| self.graph.add(found)).collect());
        }
        self.say_open(&open);
        self.say_malformed(count);
        let mut parsed = self.via.close(self.graph, &indices);
        parsed.includes = self.includes;
        parsed
    }

    fn say_open(&mut self, open: &[(u32, String)]) {
        let Some((first, _)) = open.first() else { return };
        let names = named(open.iter().map(|(line, name)| format!("`{}` (line {line})", shown(name))));
        let (verb, each) = if open.len() == 1 { ("is", "") } else { ("are", " each") };
        let reason = format!("{names} {verb} not pinned to one version{each}");
        let (from, to) = compiled(self.source.path).unwrap_or(("requirements.in", "requirements"));
        let hint = format!("pin each with `==`, or compile the list: `uv pip compile {from} -o {to}.txt`");
        self.graph.trouble(Trouble::new(GapKind::Partial, "unpinned", *first, reason).hint(hint));
    }

    /// pip refuses a list for one malformed line. A text that has more of them than of others is no list at all.
    fn say_malformed(&mut self, requirements: usize) {
        let Some(first) = self.malformed.first() else { return };
        let line = self.lines.line(*first);
        let lines = named(self.malformed.iter().map(|at| self.lines.line(*at).to_string()));
        let trouble = if self.malformed.len() > requirements {
            let reason = format!("the file does not look like a list of requirements: see line {lines}");
            Trouble::new(GapKind::Partial, "not-requirements", line, reason)
                .hint("leave it out with `inventory: { exclude: [...] }`")
        } else {
            let reason = format!("no requirement can be read in line {lines}");
            Trouble::new(GapKind::Unread, "malformed-entry", line, reason)
                .hint("correct the line: pip refuses the whole file for it")
        };
        self.graph.trouble(trouble);
    }
}

/// Returns the path of a list that others are compiled from, and what is compiled from it without its ending; `None` for
/// other lists, and for paths that a shell would take for more than words.
fn compiled(path: &str) -> Option<(&str, &str)> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
    let stem = path.strip_suffix(".in").filter(|stem| stem.chars().all(plain) && !stem.starts_with('-'))?;
    Some((path, stem))
}

/// Tells from the name of the file what its packages are for.
fn scope(path: &str) -> DependencyScope {
    let name = folder::name(path);
    group::scope(name.rsplit_once('.').map_or(name, |(stem, _)| stem))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::declaration::Declarations;
    use crate::format::Nearby;

    /// Reads a list whose constraints files all say the same; returns how many were read and what is left open.
    fn check(text: &str, read: usize, open: &[(&str, u32)]) {
        let count = AtomicUsize::new(0);
        let pins = |_: &str| {
            count.fetch_add(1, Ordering::Relaxed);
            Some("a==1\n".to_owned())
        };
        let (declarations, constraints) = (Declarations::default(), Constraints::default());
        let nearby = Nearby {
            declarations: &declarations,
            read: &pins,
            constraints: &constraints,
            cancelled: &|| false,
        };
        for _ in 0..2 {
            let parsed = parse(&Source { path: "requirements.txt", text, nearby: &nearby }).unwrap();
            assert_eq!(parsed.packages.len(), 1);
            let told = parsed.troubles.iter().map(|trouble| (trouble.code, trouble.line.unwrap()));
            assert_eq!(told.collect::<Vec<_>>(), open);
        }
        assert_eq!(count.into_inner(), read);
    }

    #[test]
    fn a_constraints_file_is_read_once_and_there_are_not_too_many() {
        check(&("-c pins.txt\n".repeat(300) + "a\n"), 1, &[]);
        let many: String = (0..66).map(|number| format!("-c pins{number}.txt\n")).collect();
        check(&(many + "a\n"), 64, &[("too-many-constraints", 65), ("too-many-constraints", 66)]);
    }
}

//! The packages of one lockfile while they are being put together: bounds, edges, and scopes that follow from them.

use model::{DependencyScope, GapKind, Package};

use crate::format::{Parsed, Trouble};
use crate::text::toml::Table;
use crate::text::{Lines, shown};

/// What to do about a file that its tool did not leave like this.
pub(crate) const MAKE_ANEW: &str = "make the file anew with the tool that wrote it";

/// Most packages of one lockfile. The largest seen in public has a twentieth.
const MOST_PACKAGES: usize = 200_000;
/// Most edges between them.
const MOST_EDGES: usize = 2_000_000;

/// Scopes by how much they ask for: a package that two reasons lead to is there for the stronger one.
const STRONGEST_FIRST: [DependencyScope; 4] = [
    DependencyScope::Runtime,
    DependencyScope::Unknown,
    DependencyScope::Optional,
    DependencyScope::Development,
];

/// Returns the stronger of two scopes.
pub(crate) fn stronger(a: DependencyScope, b: DependencyScope) -> DependencyScope {
    STRONGEST_FIRST.into_iter().find(|scope| *scope == a || *scope == b).unwrap_or(a)
}

/// The packages of one lockfile.
#[derive(Default)]
pub(crate) struct Graph {
    parsed: Parsed,
    edges: usize,
    /// What the project itself asks for.
    roots: Vec<(u32, DependencyScope)>,
    full: Option<u32>,
    crowded: bool,
    /// Edges that lead nowhere: how many, and the first.
    dangling: Option<(u64, Trouble)>,
}

impl Graph {
    /// Adds a package; `None` when there are too many.
    pub(crate) fn add(&mut self, package: Package) -> Option<u32> {
        if self.parsed.packages.len() >= MOST_PACKAGES {
            self.full.get_or_insert(package.span.start_line);
            return None;
        }
        let index = u32::try_from(self.parsed.packages.len()).ok()?;
        self.parsed.packages.push(package);
        Some(index)
    }

    /// Counts an entry that is one of the tree's own packages.
    pub(crate) fn local(&mut self) {
        self.parsed.local += 1;
    }

    /// Names one of the tree's own packages that the lockfile covers.
    pub(crate) fn member(&mut self, member: crate::format::Member) {
        self.parsed.members.push(member);
    }

    /// Says what the text leaves open.
    pub(crate) fn trouble(&mut self, trouble: Trouble) {
        self.parsed.troubles.push(trouble);
    }

    /// Says that an entry cannot be read: what it names is not looked at.
    pub(crate) fn malformed_entry(&mut self, line: u32, reason: impl Into<String>) {
        let trouble = Trouble::new(GapKind::Unread, "malformed-entry", line, reason);
        self.trouble(trouble.hint(MAKE_ANEW));
    }

    /// Says that a file holds nothing that makes it a lockfile: it was emptied, or is something else.
    pub(crate) fn no_lockfile(&mut self) {
        self.malformed_entry(
            1,
            "neither a package nor a version of the format is in it, so this is no lockfile",
        );
    }

    /// Says that an entry lacks its name or its version.
    pub(crate) fn incomplete_entry(&mut self, line: u32, name: Option<&str>) {
        match name {
            Some(name) => {
                self.malformed_entry(line, format!("the entry of `{}` has no version", shown(name)))
            }
            None => self.malformed_entry(line, "an entry has no name"),
        }
    }

    /// Says that the text is of a newer version of its format than the newest known.
    pub(crate) fn newer_format(&mut self, line: u32, newest: u32) {
        let reason =
            format!("the format is newer than version {newest}, the newest known: entries may be misread");
        let trouble = Trouble::new(GapKind::Partial, "newer-format", line, reason);
        self.trouble(trouble.hint("update Sluicegate"));
    }

    /// Says what the `version` of a lockfile in TOML tells: that the format is newer than `newest`, or, where there is none and
    /// none of the lists that `held` names either, that this is no lockfile.
    pub(crate) fn check_version(&mut self, root: Table<'_>, held: &[&str], newest: u32, lines: &Lines<'_>) {
        match root.find("version") {
            Some(version) => {
                let number = version.number().and_then(|number| number.parse::<u32>().ok());
                if number.is_none_or(|number| number > newest) {
                    self.newer_format(lines.line(version.at().start), newest);
                }
            }
            None if held.iter().all(|list| root.find(list).is_none()) => self.no_lockfile(),
            None => {}
        }
    }

    /// Says that an entry asks for `name`, which the text does not have. Many of them become one gap.
    pub(crate) fn dangles(&mut self, line: u32, name: &str) {
        match &mut self.dangling {
            Some((count, _)) => *count += 1,
            None => {
                let reason = format!("`{}` is asked for and not locked", shown(name));
                let first = Trouble::new(GapKind::Partial, "dangling-dependency", line, reason);
                self.dangling = Some((1, first));
            }
        }
    }

    /// Says that the project itself asks for a package.
    pub(crate) fn ask(&mut self, index: u32, scope: DependencyScope) {
        self.roots.push((index, scope));
    }

    /// Says that one package depends on another.
    pub(crate) fn link(&mut self, from: u32, to: u32) {
        if self.edges >= MOST_EDGES {
            self.crowd();
            return;
        }
        if let Some(package) = self.parsed.packages.get_mut(from as usize) {
            package.dependencies.push(to);
            self.edges += 1;
        }
    }

    /// Says that not all edges were followed.
    pub(crate) fn crowd(&mut self) {
        self.crowded = true;
    }

    /// Returns the packages so far.
    pub(crate) fn packages(&self) -> &[Package] {
        &self.parsed.packages
    }

    /// Closes the graph where it is not known what the project itself asks for.
    pub(crate) fn finish_without_roots(self) -> Parsed {
        self.close()
    }

    /// Closes the graph where [`Graph::ask`] told all that the project itself asks for; the packages carry their scopes.
    pub(crate) fn finish(mut self) -> Parsed {
        for package in &mut self.parsed.packages {
            package.direct = Some(false);
        }
        for (index, _) in std::mem::take(&mut self.roots) {
            if let Some(package) = self.parsed.packages.get_mut(index as usize) {
                package.direct = Some(true);
            }
        }
        self.close()
    }

    /// The same where a package's scope is the strongest of those that lead to it.
    pub(crate) fn finish_with_scopes(mut self) -> Parsed {
        let mut seen = vec![false; self.parsed.packages.len()];
        for scope in STRONGEST_FIRST {
            let mut waiting: Vec<u32> =
                self.roots.iter().filter(|(_, of)| *of == scope).map(|(index, _)| *index).collect();
            while let Some(at) = waiting.pop() {
                let Some(slot) = seen.get_mut(at as usize).filter(|slot| !**slot) else { continue };
                *slot = true;
                if let Some(package) = self.parsed.packages.get_mut(at as usize) {
                    package.scope = scope;
                    waiting.extend(&package.dependencies);
                }
            }
        }
        self.finish()
    }

    fn close(mut self) -> Parsed {
        for package in &mut self.parsed.packages {
            package.dependencies.sort_unstable();
            package.dependencies.dedup();
        }
        if let Some(line) = self.full {
            let reason =
                format!("the file names more than {MOST_PACKAGES} packages; those behind are not read");
            self.trouble(Trouble::new(GapKind::Unread, "too-many-packages", line, reason));
        }
        if self.crowded {
            let reason =
                "the file has too many dependencies between packages; paths from the root may be missing";
            self.trouble(Trouble::new(GapKind::Partial, "too-many-edges", 1, reason));
        }
        if let Some((count, mut first)) = self.dangling.take() {
            if count > 1 {
                first.reason = format!("{}, nor {} more", first.reason, count - 1);
            }
            self.trouble(first.hint(MAKE_ANEW));
        }
        self.parsed.members.sort();
        self.parsed.members.dedup();
        self.parsed
    }
}

#[cfg(test)]
mod tests {
    use model::{Ecosystem, Span};

    use super::*;
    use crate::format::package;

    #[test]
    fn bounds_are_gaps() {
        let mut graph = Graph::default();
        for _ in 0..MOST_PACKAGES + 3 {
            graph.add(package(Ecosystem::CratesIo, "a", "1", Span::FILE));
        }
        for _ in 0..=MOST_EDGES {
            graph.link(0, 1);
        }
        let parsed = graph.finish_without_roots();
        assert_eq!(parsed.packages.len(), MOST_PACKAGES);
        let told: Vec<_> = parsed.troubles.iter().map(|trouble| (trouble.kind, trouble.code)).collect();
        assert_eq!(told, [(GapKind::Unread, "too-many-packages"), (GapKind::Partial, "too-many-edges")]);
    }

    #[test]
    fn the_strongest_scope_wins_and_cycles_end() {
        use DependencyScope::{Development, Runtime, Unknown};
        let mut graph = Graph::default();
        for name in ["a", "b", "c", "d", "e"] {
            graph.add(package(Ecosystem::CratesIo, name, "1", Span::FILE));
        }
        for (from, to) in [(0, 2), (1, 2), (2, 1), (1, 3), (3, 99)] {
            graph.link(from, to);
        }
        graph.ask(1, Development);
        graph.ask(0, Runtime);
        graph.ask(3, Development);
        let parsed = graph.finish_with_scopes();
        let told: Vec<_> = parsed.packages.iter().map(|package| (package.direct, package.scope)).collect();
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(told, [(yes, Runtime), (yes, Runtime), (no, Runtime), (yes, Runtime), (no, Unknown)]);
    }
}

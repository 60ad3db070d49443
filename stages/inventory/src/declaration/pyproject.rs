//! `pyproject.toml`: the `project` table, dependency groups, and the tables of Poetry and uv.

use std::collections::BTreeMap;
use std::ops::Range;

use model::{DependencyScope, Ecosystem};

use super::{Ask, Declaration};
use crate::group;
use crate::text::toml::{Document, Table, Value};
use crate::text::{Lines, Malformed};

pub(super) fn parse(text: &str) -> Result<Declaration, Malformed> {
    let document = Document::parse(text)?;
    let root = document.root();
    let mut asks = Asks::default();
    let project = root.table("project");
    if let Some(project) = project {
        asks.requirements(project.array("dependencies"), DependencyScope::Runtime);
        for (_, extra) in project.table("optional-dependencies").into_iter().flat_map(Table::entries) {
            asks.requirements(extra.array(), DependencyScope::Optional);
        }
    }
    for (name, group) in root.table("dependency-groups").into_iter().flat_map(Table::entries) {
        asks.requirements(group.array(), group::scope(name));
    }
    let tool = root.table("tool");
    let poetry = tool.and_then(|tool| tool.table("poetry"));
    if let Some(poetry) = poetry {
        asks.poetry(poetry);
    }
    if let Some(uv) = tool.and_then(|tool| tool.table("uv")) {
        asks.requirements(uv.array("dev-dependencies"), DependencyScope::Development);
    }
    let name = project.and_then(|project| project.text("name"));
    let name = name.or_else(|| poetry.and_then(|poetry| poetry.text("name")));
    Ok(Declaration {
        family: Ecosystem::PyPI.name(),
        name: name.map(str::to_owned),
        asks: asks.found,
        renames: BTreeMap::new(),
        line: Lines::new(text).line(asks.first.unwrap_or(0)),
        lock: Some(if poetry.is_some() { ("poetry lock", "poetry.lock") } else { ("uv lock", "uv.lock") }),
    })
}

#[derive(Default)]
struct Asks {
    found: Vec<Ask>,
    first: Option<usize>,
}

impl Asks {
    fn push(&mut self, name: &str, scope: DependencyScope, at: &Range<usize>) {
        self.first = Some(self.first.map_or(at.start, |first| first.min(at.start)));
        self.found.push(Ask::new(name, scope));
    }

    /// Reads requirements as PEP 508 writes them; a table among them names another group, which is read by itself.
    fn requirements<'a>(&mut self, values: impl Iterator<Item = Value<'a>>, scope: DependencyScope) {
        for value in values {
            if let Some(name) = value.text().map(required_name).filter(|name| !name.is_empty()) {
                self.push(name, scope, &value.at());
            }
        }
    }

    fn poetry(&mut self, poetry: Table<'_>) {
        self.poetry_section(poetry, "dependencies", DependencyScope::Runtime);
        self.poetry_section(poetry, "dev-dependencies", DependencyScope::Development);
        for (name, group) in poetry.table("group").into_iter().flat_map(Table::entries) {
            if let Some(group) = group.table() {
                self.poetry_section(group, "dependencies", group::scope(name));
            }
        }
    }

    fn poetry_section(&mut self, table: Table<'_>, section: &str, scope: DependencyScope) {
        for (name, wanted) in table.table(section).into_iter().flat_map(Table::entries) {
            let details = wanted.table();
            let own = details.is_some_and(|wanted| wanted.find("path").is_some());
            if name == "python" || own {
                continue;
            }
            let optional = details.is_some_and(|wanted| wanted.is_true("optional"));
            let scope = match scope {
                DependencyScope::Runtime if optional => DependencyScope::Optional,
                scope => scope,
            };
            self.push(name, scope, &wanted.at());
        }
    }
}

/// Returns the name at the head of a requirement.
fn required_name(requirement: &str) -> &str {
    let requirement = requirement.trim_start();
    let end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)));
    requirement.get(..end.unwrap_or(requirement.len())).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, DependencyScope)], lock: &str) {
        let declaration = parse(text).unwrap();
        let asks: Vec<_> = declaration.asks.iter().map(|ask| (&*ask.name, ask.scope)).collect();
        assert_eq!((asks.as_slice(), declaration.lock.unwrap().1), (expected, lock), "{text}");
    }

    #[test]
    fn each_table_gives_its_scope() {
        use DependencyScope::{Development, Optional, Runtime, Unknown};
        check(
            "[project]\nname = 'shop'\ndependencies = ['flask[async]>=2 ; python_version > \"3\"', ' B @ https://x']\n\
             [project.optional-dependencies]\npdf = ['reportlab']\n[dependency-groups]\ndev = ['pytest', {include-group = 'x'}]\n\
             [tool.uv]\ndev-dependencies = ['ruff~=1']\n",
            &[
                ("flask", Runtime),
                ("B", Runtime),
                ("reportlab", Optional),
                ("pytest", Development),
                ("ruff", Development),
            ],
            "uv.lock",
        );
        check(
            "[tool.poetry]\nname = 'shop'\n[tool.poetry.dependencies]\npython = '^3'\na = '1'\nb = {version = '1', optional = true}\n\
             own = {path = '../own'}\n[tool.poetry.dev-dependencies]\nc = '1'\n[tool.poetry.group.docs.dependencies]\nd = '1'\n",
            &[("a", Runtime), ("b", Optional), ("c", Development), ("d", Development)],
            "poetry.lock",
        );
        check(
            "[dependency-groups]\nweb = ['flask']\nunit-tests = ['pytest']\n\
             [tool.poetry.group.server.dependencies]\na = '1'\n",
            &[("pytest", Development), ("flask", Unknown), ("a", Unknown)],
            "poetry.lock",
        );
        check("[tool.black]\nline-length = 100\n", &[], "uv.lock");
    }
}

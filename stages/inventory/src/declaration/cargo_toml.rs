//! `Cargo.toml`.

use std::collections::BTreeMap;

use model::{DependencyScope, Ecosystem};

use super::{Ask, Declaration};
use crate::text::toml::{Document, Table};
use crate::text::{Lines, Malformed};

/// The sections that name dependencies, and what for; the second spelling of each is an old one.
const SECTIONS: [(&str, DependencyScope); 5] = [
    ("dependencies", DependencyScope::Runtime),
    ("build-dependencies", DependencyScope::Development),
    ("build_dependencies", DependencyScope::Development),
    ("dev-dependencies", DependencyScope::Development),
    ("dev_dependencies", DependencyScope::Development),
];

pub(super) fn parse(text: &str) -> Result<Declaration, Malformed> {
    let document = Document::parse(text)?;
    let root = document.root();
    let mut asks = Asks::default();
    asks.read(root);
    for (_, target) in root.table("target").into_iter().flat_map(Table::entries) {
        if let Some(target) = target.table() {
            asks.read(target);
        }
    }
    let workspace = root.table("workspace").and_then(|workspace| workspace.table("dependencies"));
    let mut renames = BTreeMap::new();
    for (name, wanted) in workspace.into_iter().flat_map(Table::entries) {
        if let Some(package) = wanted.table().and_then(|wanted| wanted.text("package")) {
            renames.insert(name.to_owned(), package.to_owned());
        }
    }
    let name = root.table("package").and_then(|package| package.text("name"));
    Ok(Declaration {
        family: Ecosystem::CratesIo.name(),
        name: name.map(str::to_owned),
        asks: asks.found,
        renames,
        line: Lines::new(text).line(asks.first.unwrap_or(0)),
        lock: Some(("cargo generate-lockfile", "Cargo.lock")),
    })
}

#[derive(Default)]
struct Asks {
    found: Vec<Ask>,
    first: Option<usize>,
}

impl Asks {
    fn read(&mut self, table: Table<'_>) {
        for (section, scope) in SECTIONS {
            for (name, wanted) in table.table(section).into_iter().flat_map(Table::entries) {
                let details = wanted.table();
                if details.is_some_and(|wanted| wanted.find("path").is_some()) {
                    continue;
                }
                let optional = details.is_some_and(|wanted| wanted.is_true("optional"));
                let scope = match scope {
                    DependencyScope::Runtime if optional => DependencyScope::Optional,
                    scope => scope,
                };
                let inherited = details.is_some_and(|wanted| wanted.is_true("workspace"));
                let name = details.and_then(|wanted| wanted.text("package")).unwrap_or(name);
                let at = wanted.at().start;
                self.first = Some(self.first.map_or(at, |first| first.min(at)));
                self.found.push(Ask { name: name.to_owned(), scope, inherited });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_targets_and_renames_are_read() {
        let text = "[package]\nname = \"shop\"\n[dependencies]\na = \"1\"\nb = { version = \"1\", optional = true }\n\
            own = { path = \"../own\" }\nshort = { package = \"long\", version = \"1\" }\nshared.workspace = true\n\
            [target.'cfg(unix)'.dev-dependencies]\nd = \"1\"\n[build-dependencies]\ne = \"1\"\n\
            [workspace.dependencies]\nshared = { package = \"real\", version = \"1\" }\n";
        let declaration = parse(text).unwrap();
        let asks: Vec<_> =
            declaration.asks.iter().map(|ask| (&*ask.name, ask.scope, ask.inherited)).collect();
        let (runtime, development) = (DependencyScope::Runtime, DependencyScope::Development);
        assert_eq!(
            asks,
            [
                ("a", runtime, false),
                ("b", DependencyScope::Optional, false),
                ("shared", runtime, true),
                ("long", runtime, false),
                ("e", development, false),
                ("d", development, false),
            ]
        );
        assert_eq!(declaration.renames["shared"], "real");
        assert_eq!((declaration.name.as_deref(), declaration.line), (Some("shop"), 4));
    }
}

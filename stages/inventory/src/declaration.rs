//! What a project asks for by itself: `package.json`, `Cargo.toml`, `pyproject.toml`. They tell direct dependencies from
//! transitive ones and what each is for; versions come from lockfiles alone.

mod cargo_toml;
mod package_json;
mod pyproject;

use std::collections::BTreeMap;

use model::{DependencyScope, Ecosystem};

use crate::folder;
use crate::text::Malformed;

/// A file in which a project names what it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declaration {
    /// Family of what it asks for.
    pub(crate) ecosystem: Ecosystem,
    /// Name of the project's own package.
    pub(crate) name: Option<String>,
    /// What it asks for from elsewhere; packages of the same tree are left out.
    pub(crate) asks: Vec<Ask>,
    /// Names by which the members of a workspace ask for packages of another name.
    pub(crate) renames: BTreeMap<String, String>,
    /// Line of the first thing it asks for.
    pub(crate) line: u32,
    /// The command that writes a lockfile for it, and the lockfile's name.
    pub(crate) lock: (&'static str, &'static str),
}

/// One thing that a project asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) name: String,
    pub(crate) scope: DependencyScope,
    /// Whether the workspace tells what the name stands for.
    pub(crate) inherited: bool,
}

impl Ask {
    fn new(name: impl Into<String>, scope: DependencyScope) -> Self {
        Self { name: name.into(), scope, inherited: false }
    }
}

/// A kind of declaration.
pub(crate) struct Kind {
    /// Name of the file.
    pub(crate) file: &'static str,
    pub(crate) glob: &'static str,
    pub(crate) parse: fn(&str) -> Result<Declaration, Malformed>,
}

/// Every kind of declaration.
pub(crate) static KINDS: [Kind; 3] = [
    Kind { file: "package.json", glob: "**/package.json", parse: package_json::parse },
    Kind { file: "Cargo.toml", glob: "**/Cargo.toml", parse: cargo_toml::parse },
    Kind { file: "pyproject.toml", glob: "**/pyproject.toml", parse: pyproject::parse },
];

/// Returns the kind of the file at `path`.
pub(crate) fn kind(path: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.file == folder::name(path))
}

/// The declarations of a tree, by path.
#[derive(Debug, Default)]
pub(crate) struct Declarations(pub(crate) BTreeMap<String, Declaration>);

impl Declarations {
    /// Returns the declaration named `file` in `folder`.
    pub(crate) fn beside(&self, folder: &str, file: &str) -> Option<&Declaration> {
        let path = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
        self.0.get(&path)
    }

    /// Returns the declaration of each of the tree's own packages that lies in `folder` or below, by name; of two with
    /// one name the one nearest to `folder`.
    pub(crate) fn below(&self, folder: &str, ecosystem: Ecosystem) -> BTreeMap<&str, (&str, &Declaration)> {
        let mut found: BTreeMap<&str, (&str, &Declaration)> = BTreeMap::new();
        let depth = |path: &str| path.matches('/').count();
        for (path, declaration) in &self.0 {
            let Some(name) = declaration.name.as_deref().filter(|_| declaration.ecosystem == ecosystem)
            else {
                continue;
            };
            if folder::within(folder, path).is_none() {
                continue;
            }
            let nearer = found.get(name).is_none_or(|(other, _)| depth(path) < depth(other));
            if nearer {
                found.insert(name, (path, declaration));
            }
        }
        found
    }

    /// Returns the name that an ask of the declaration at `path` stands for.
    pub(crate) fn resolve<'a>(&'a self, path: &str, ask: &'a Ask) -> &'a str {
        if !ask.inherited {
            return &ask.name;
        }
        let file = folder::name(path);
        folder::upward(folder::of(path))
            .filter_map(|folder| self.beside(folder, file))
            .find_map(|declaration| declaration.renames.get(&ask.name))
            .unwrap_or(&ask.name)
    }
}

/// Returns the name of a Python package in the form in which names are compared.
pub(crate) fn normalize_python(name: &str) -> String {
    advisory::normalize(Ecosystem::PyPI.name(), name).into_owned()
}

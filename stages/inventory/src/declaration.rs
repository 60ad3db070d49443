//! What a project asks for by itself: `package.json`, `Cargo.toml`, `pyproject.toml`. They tell direct dependencies from
//! transitive ones and what each is for; versions come from lockfiles alone. Of the manifests of other tools it is told
//! whether they ask for anything, so that a project without a lockfile is a gap in every family.

mod cargo_toml;
mod package_json;
mod pyproject;
mod words;

use std::collections::BTreeMap;

use model::{DependencyScope, Ecosystem};

use self::words::Words;
use crate::folder;
use crate::text::Malformed;

/// A file in which a project names what it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declaration {
    /// Family of what it asks for, by its name in the OSV schema where it has one.
    pub(crate) family: &'static str,
    /// Name of the project's own package.
    pub(crate) name: Option<String>,
    /// What it asks for from elsewhere; packages of the same tree are left out.
    pub(crate) asks: Vec<Ask>,
    /// Names by which the members of a workspace ask for packages of another name.
    pub(crate) renames: BTreeMap<String, String>,
    /// Line of the first thing it asks for.
    pub(crate) line: u32,
    /// The command that writes a lockfile for it that is read, and the lockfile's name.
    pub(crate) lock: Option<(&'static str, &'static str)>,
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
    /// Which files these are: `**/` and a name, or `**/*` and how a name ends.
    pub(crate) glob: &'static str,
    reader: Reader,
}

/// How a declaration is read.
enum Reader {
    /// All that it asks for.
    Parse(fn(&str) -> Result<Declaration, Malformed>),
    /// Whether it asks for anything.
    Words(Words),
}

const fn parsed(glob: &'static str, parse: fn(&str) -> Result<Declaration, Malformed>) -> Kind {
    Kind { glob, reader: Reader::Parse(parse) }
}

/// A manifest whose lockfile is not read yet.
const fn of(glob: &'static str, family: &'static str, words: &'static [&'static str]) -> Kind {
    Kind { glob, reader: Reader::Words(Words { family, words, lock: None }) }
}

/// A manifest of Python's other tools.
const fn python(glob: &'static str, words: &'static [&'static str], command: &'static str) -> Kind {
    let lock = Some((command, "requirements.txt"));
    Kind { glob, reader: Reader::Words(Words { family: Ecosystem::PyPI.name(), words, lock }) }
}

/// Every kind of declaration.
pub(crate) static KINDS: [Kind; 22] = [
    parsed("**/package.json", package_json::parse),
    parsed("**/Cargo.toml", cargo_toml::parse),
    parsed("**/pyproject.toml", pyproject::parse),
    python("**/Pipfile", &["[packages]", "[dev-packages]"], "pipenv requirements > requirements.txt"),
    python("**/setup.cfg", &["install_requires"], "uv pip compile setup.cfg -o requirements.txt"),
    python("**/setup.py", &["install_requires"], "uv pip compile setup.py -o requirements.txt"),
    of("**/Gemfile", "RubyGems", &["gem '", "gem \"", "gem("]),
    of("**/gems.rb", "RubyGems", &["gem '", "gem \"", "gem("]),
    of("**/composer.json", "Packagist", &["\"require\"", "\"require-dev\""]),
    of("**/mix.exs", "Hex", &["{:"]),
    of("**/rebar.config", "Hex", &["{deps,"]),
    of("**/pubspec.yaml", "Pub", &["dependencies:"]),
    of("**/Package.swift", "SwiftURL", &[".package("]),
    of("**/Podfile", "CocoaPods", &["pod '", "pod \""]),
    of("**/Cartfile", "Carthage", &["github ", "git ", "binary "]),
    of("**/conanfile.txt", "ConanCenter", &["[requires]"]),
    of("**/conanfile.py", "ConanCenter", &["requires"]),
    of("**/*.cabal", "Hackage", &["build-depends"]),
    of("**/environment.yml", "Conda", &["dependencies:"]),
    of("**/DESCRIPTION", "CRAN", &["Imports:", "Depends:"]),
    of("**/Project.toml", "Julia", &["[deps]"]),
    of("**/deno.json", Ecosystem::Npm.name(), &["npm:", "jsr:"]),
];

/// Returns the kind of the file at `path`.
pub(crate) fn kind(path: &str) -> Option<&'static Kind> {
    let name = folder::name(path);
    let fits = |kind: &&Kind| {
        let pattern = folder::name(kind.glob);
        pattern.strip_prefix('*').map_or(pattern == name, |ending| name.ends_with(ending))
    };
    KINDS.iter().find(fits)
}

impl Kind {
    /// Reads a text.
    pub(crate) fn read(&self, text: &str) -> Result<Declaration, Malformed> {
        match &self.reader {
            Reader::Parse(parse) => parse(text),
            Reader::Words(words) => Ok(words.read(text)),
        }
    }
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
            let Some(name) = declaration.name.as_deref().filter(|_| declaration.family == ecosystem.name())
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

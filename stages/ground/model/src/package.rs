//! Packages and where a tree names them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Artifact, Purl, Span};

/// The channel in which the `inventory` stage gives what it found.
pub const INVENTORY: Artifact<Inventory> = Artifact::new("inventory");

/// Globs of all files that the `inventory` stage reads or should read: lockfiles, manifests, lockfiles of formats that it
/// cannot read yet. A stage that works on packages has something to do where one of them matches. `inventory` checks
/// its own lists against this one.
pub const PACKAGE_FILES: &[&str] = &[
    "**/*.[cC][sS][pP][rR][oO][jJ]",
    "**/*.[fF][sS][pP][rR][oO][jJ]",
    "**/*.[vV][bB][pP][rR][oO][jJ]",
    "**/*.cabal",
    "**/*.gradle",
    "**/*.gradle.kts",
    "**/*.versions.toml",
    "**/*[rR][eE][qQ][uU][iI][rR][eE][mM][eE][nN][tT][sS]*.[tT][xX][tT]",
    "**/*[rR]equirements*.in",
    "**/*conda-lock.yml",
    "**/*gradle.lockfile",
    "**/Cargo.lock",
    "**/Cargo.toml",
    "**/Cartfile",
    "**/Cartfile.resolved",
    "**/DESCRIPTION",
    "**/Gemfile",
    "**/Gemfile.lock",
    "**/MODULE.bazel.lock",
    "**/Manifest-v*.toml",
    "**/Manifest.toml",
    "**/Package.resolved",
    "**/Package.swift",
    "**/Pipfile",
    "**/Pipfile.lock",
    "**/Podfile",
    "**/Podfile.lock",
    "**/Project.toml",
    "**/[dD]irectory.[bB]uild.props",
    "**/[dD]irectory.[pP]ackages.props",
    "**/[pP]ackages.config",
    "**/[rR]equirements/**/*.[tT][xX][tT]",
    "**/[rR]equirements/**/*.in",
    "**/build.sbt",
    "**/bun.lock",
    "**/bun.lockb",
    "**/cabal.project.freeze",
    "**/composer.json",
    "**/composer.lock",
    "**/conan.lock",
    "**/conanfile.py",
    "**/conanfile.txt",
    "**/cpanfile.snapshot",
    "**/deno.json",
    "**/deno.lock",
    "**/deps.edn",
    "**/environment.yml",
    "**/gems.locked",
    "**/gems.rb",
    "**/go.mod",
    "**/go.sum",
    "**/go.work",
    "**/gradle/dependency-locks/*.lockfile",
    "**/ivy.xml",
    "**/maven_install.json",
    "**/mix.exs",
    "**/mix.lock",
    "**/npm-shrinkwrap.json",
    "**/package-lock.json",
    "**/package.json",
    "**/packages.lock.json",
    "**/paket.lock",
    "**/pdm.lock",
    "**/pixi.lock",
    "**/pnpm-lock.yaml",
    "**/poetry.lock",
    "**/pom.xml",
    "**/project.clj",
    "**/pubspec.lock",
    "**/pubspec.yaml",
    "**/pylock.*.toml",
    "**/pylock.toml",
    "**/pyproject.toml",
    "**/rebar.config",
    "**/rebar.lock",
    "**/renv.lock",
    "**/setup.cfg",
    "**/setup.py",
    "**/shard.lock",
    "**/stack.yaml.lock",
    "**/uv.lock",
    "**/vcpkg.json",
    "**/yarn.lock",
];

/// Globs of files of no name of their own that files in [`PACKAGE_FILES`] can name: further lists of requirements.
pub const INCLUDED_FILES: &[&str] = &["**/*.in", "**/*.txt"];

/// A family of packages with one naming and one order of versions, by its name in the OSV schema
/// (<https://ossf.github.io/osv-schema/#affectedpackage-field>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Ecosystem {
    /// Rust crates.
    #[serde(rename = "crates.io")]
    CratesIo,
    /// Go modules.
    Go,
    /// npm packages.
    #[serde(rename = "npm")]
    Npm,
    /// Python distributions.
    PyPI,
}

impl Ecosystem {
    /// Every ecosystem the inventory can meet.
    pub const ALL: [Self; 4] = [Self::CratesIo, Self::Go, Self::Npm, Self::PyPI];

    /// Returns the name in the OSV schema, also the folder in the OSV bucket.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CratesIo => "crates.io",
            Self::Go => "Go",
            Self::Npm => "npm",
            Self::PyPI => "PyPI",
        }
    }

    /// Returns the ecosystem of an OSV name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ecosystem| ecosystem.name() == name)
    }

    /// Returns the type in package URLs.
    pub const fn purl_type(self) -> &'static str {
        match self {
            Self::CratesIo => "cargo",
            Self::Go => "golang",
            Self::Npm => "npm",
            Self::PyPI => "pypi",
        }
    }

    /// Builds the package URL of `name` as the ecosystem's own tools write it (`@scope/name`, `host/path/module`).
    pub fn purl(self, name: &str, version: Option<&str>) -> Purl {
        let (namespace, last) = match self {
            Self::Npm | Self::Go => match name.rsplit_once('/') {
                Some((namespace, last)) => (Some(namespace), last),
                None => (None, name),
            },
            Self::CratesIo | Self::PyPI => (None, name),
        };
        Purl::new(self.purl_type(), namespace, last, version)
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a dependency is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DependencyScope {
    /// Part of what runs.
    Runtime,
    /// Needed to build or test only.
    Development,
    /// Installed only where it can be or where it is asked for.
    Optional,
    /// The lockfile does not tell. Judged like runtime.
    Unknown,
}

/// A package as one manifest or lockfile names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Name as the ecosystem's own tools write it.
    pub name: String,
    /// Exact version, as written.
    pub version: String,
    /// Family.
    pub ecosystem: Ecosystem,
    /// Where the manifest names it.
    pub span: Span,
    /// Whether the project itself asks for it; `None` when the lockfile does not tell.
    pub direct: Option<bool>,
    /// What it is for.
    pub scope: DependencyScope,
    /// Integrity value as the lockfile writes it (`sha512-…`, `sha256:…`, `h1:…`).
    pub integrity: Option<String>,
    /// Where it is fetched from, as the lockfile writes it.
    pub source: Option<String>,
    /// Indices into the manifest's `packages` of what it depends on itself.
    pub dependencies: Vec<u32>,
}

impl Package {
    /// Returns the package URL, with the version.
    pub fn purl(&self) -> Purl {
        self.ecosystem.purl(&self.name, Some(&self.version))
    }
}

/// One lockfile or manifest with its packages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Path in the tree.
    pub path: String,
    /// Name of the format: `Cargo.lock`, `package-lock.json` …
    pub format: String,
    /// What it names, in the order of the file.
    pub packages: Vec<Package>,
}

/// The packages of a subject, manifests sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// One entry a lockfile: workspaces of a monorepo stay apart.
    pub manifests: Vec<Manifest>,
}

/// The shortest way from a direct dependency to each package of one manifest, worked out once for all of them.
#[derive(Debug, Clone)]
pub struct Paths {
    /// For each package the one before it; `None` for direct ones and those that no way leads to.
    parents: Vec<Option<u32>>,
}

impl Manifest {
    /// Works out the shortest way to each package.
    pub fn paths(&self) -> Paths {
        let mut parents: Vec<Option<u32>> = vec![None; self.packages.len()];
        let mut seen: Vec<bool> = self.packages.iter().map(|package| package.direct == Some(true)).collect();
        let direct = (0..).zip(&seen).filter_map(|(at, direct)| direct.then_some(at));
        let mut queue: std::collections::VecDeque<u32> = direct.collect();
        while let Some(at) = queue.pop_front() {
            let next = self.packages.get(at as usize).map_or(&[][..], |package| &package.dependencies);
            for child in next {
                if let (Some(parent), Some(seen)) =
                    (parents.get_mut(*child as usize), seen.get_mut(*child as usize))
                    && !*seen
                {
                    *seen = true;
                    *parent = Some(at);
                    queue.push_back(*child);
                }
            }
        }
        Paths { parents }
    }

    /// Returns the shortest chain of packages from a direct dependency down to the package at `index`, as indices;
    /// only the package itself when no chain is known. For many packages ask [`Manifest::paths`] once.
    pub fn path_from_root(&self, index: u32) -> Vec<u32> {
        self.paths().to(index)
    }
}

impl Paths {
    /// Returns the chain down to the package at `index`, as indices; only the package itself when no chain is known.
    pub fn to(&self, index: u32) -> Vec<u32> {
        let mut chain = vec![index];
        let mut at = index;
        while let Some(Some(parent)) = self.parents.get(at as usize) {
            chain.push(*parent);
            at = *parent;
        }
        chain.reverse();
        chain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, direct: bool, dependencies: &[u32]) -> Package {
        Package {
            name: name.into(),
            version: "1".into(),
            ecosystem: Ecosystem::Npm,
            span: Span::FILE,
            direct: Some(direct),
            scope: DependencyScope::Runtime,
            integrity: None,
            source: None,
            dependencies: dependencies.to_vec(),
        }
    }

    #[test]
    fn the_shortest_path_from_the_root_is_found_in_cycles_too() {
        let packages =
            vec![package("a", true, &[1]), package("b", false, &[2, 0]), package("c", false, &[1, 99])];
        let manifest = Manifest { path: "p".into(), format: "f".into(), packages };
        assert_eq!(manifest.path_from_root(2), [0, 1, 2]);
        assert_eq!(manifest.path_from_root(0), [0]);
        assert_eq!(manifest.path_from_root(77), [77]);
    }

    #[test]
    fn purls_follow_the_ecosystem() {
        assert_eq!(Ecosystem::Npm.purl("@a/b", Some("1")).to_string(), "pkg:npm/%40a/b@1");
        assert_eq!(
            Ecosystem::Go.purl("example.org/x/y", Some("v1")).to_string(),
            "pkg:golang/example.org/x/y@v1"
        );
    }
}

//! Projects that ask for packages and have no lockfile: which versions they get is decided anew at each installation, so
//! nothing can be said of them.

use std::collections::{BTreeMap, BTreeSet};

use model::{Ecosystem, GapKind};

use crate::declaration::{Declaration, Declarations};
use crate::folder;
use crate::format::{Member, Trouble};
use crate::unsupported::WAIVE;

/// What the lockfiles of a tree cover.
#[derive(Default)]
pub(crate) struct Cover {
    /// Folders whose manifest a lockfile covers.
    folders: BTreeSet<(&'static str, String)>,
    /// Names of packages that a lockfile covers in its folder and below.
    names: BTreeMap<(&'static str, String), Vec<String>>,
    /// Folders that a lockfile which cannot be read covers, with all below.
    wholly: BTreeSet<(&'static str, String)>,
}

impl Cover {
    /// Adds a lockfile that was read.
    pub(crate) fn add(&mut self, family: &'static str, path: &str, members: Vec<Member>) {
        let own = folder::of(path);
        self.folders.insert((family, own.to_owned()));
        if family == Ecosystem::PyPI.name() && folder::name(own) == "requirements" {
            self.folders.insert((family, folder::of(own).to_owned()));
        }
        for member in members {
            match member {
                Member::Folder(relative) => {
                    let folder = folder::join(own, &relative);
                    self.folders.extend(folder.map(|folder| (family, folder)));
                }
                Member::Named(name) => self.names.entry((family, name)).or_default().push(own.to_owned()),
            }
        }
    }

    /// Adds a lockfile that could not be read: it is a gap itself, and who it covers is not known.
    pub(crate) fn add_unread(&mut self, family: &'static str, path: &str) {
        self.wholly.insert((family, folder::of(path).to_owned()));
    }

    /// Tells whether a lockfile covers what lies in a folder.
    pub(crate) fn covers(&self, family: &'static str, own: &str) -> bool {
        self.folders.contains(&(family, own.to_owned()))
            || folder::upward(own).any(|folder| self.wholly.contains(&(family, folder.to_owned())))
    }

    fn holds(&self, path: &str, declaration: &Declaration) -> bool {
        let own = folder::of(path);
        let family = declaration.family;
        let named = || {
            let name = declaration.name.clone()?;
            self.names.get(&(family, name))?.iter().find(|folder| folder::within(folder, own).is_some())
        };
        self.covers(family, own) || named().is_some()
    }
}

/// Returns a gap for each project without a lockfile, with the path of its manifest, and how many were passed over as
/// inputs of tests. Of projects inside one another the outermost speaks for all.
pub(crate) fn find(declarations: &Declarations, cover: &Cover) -> (Vec<(String, Trouble)>, u64) {
    let open = declarations.0.iter().filter(|(path, declaration)| !cover.holds(path, declaration));
    let (test_data, open): (Vec<_>, Vec<_>) = open.partition(|(path, _)| folder::holds_test_data(path));
    let folders: BTreeSet<(&str, &str)> =
        open.iter().map(|(path, declaration)| (declaration.family, folder::of(path))).collect();
    let mut groups: BTreeMap<(&str, &str), Vec<(&str, &Declaration)>> = BTreeMap::new();
    for (path, declaration) in open {
        let own = folder::of(path);
        let is_open = |folder: &&str| folders.contains(&(declaration.family, *folder));
        let outermost = folder::upward(own).filter(is_open).last().unwrap_or(own);
        groups.entry((declaration.family, outermost)).or_default().push((path, declaration));
    }
    let gaps = groups.into_values().filter_map(|group| {
        let asking = group.iter().filter(|(_, declaration)| !declaration.asks.is_empty());
        let asking: BTreeSet<&str> = asking.map(|(path, _)| folder::of(path)).collect();
        let rank = |(path, it): &&(&str, &Declaration)| (folder::of(path).len(), it.asks.is_empty());
        let (path, declaration) = *group.iter().filter(|_| !asking.is_empty()).min_by_key(rank)?;
        let below = asking.iter().filter(|folder| **folder != folder::of(path)).count();
        Some((path.to_owned(), trouble(declaration, path, below)))
    });
    let passed_over = test_data.iter().filter(|(_, declaration)| !declaration.asks.is_empty()).count();
    (gaps.collect(), passed_over as u64)
}

/// Says that a project has no lockfile, nor `below` others inside it.
fn trouble(declaration: &Declaration, path: &str, below: usize) -> Trouble {
    let more = match below {
        0 => String::new(),
        1 => " (nor has one project below it)".to_owned(),
        _ => format!(" (nor have {below} projects below it)"),
    };
    let file = folder::name(path);
    let reason =
        format!("{file} asks for packages and has no lockfile, so their versions are not known{more}");
    let line = if declaration.asks.is_empty() { 1 } else { declaration.line };
    let trouble = Trouble::new(GapKind::Partial, "no-lockfile", line, reason);
    match declaration.lock {
        Some((command, lockfile)) => trouble.hint(format!("run `{command}` and commit {lockfile}")),
        // The lockfile of its tool is not read yet either.
        None => trouble.hint(WAIVE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::kind;

    fn check(files: &[(&str, &str)], locks: &[(&str, &[Member])], expected: &[&str]) {
        let parse =
            |(path, text): &(&str, &str)| ((*path).to_owned(), kind(path).unwrap().read(text).unwrap());
        let declarations = Declarations(files.iter().map(parse).collect());
        let mut cover = Cover::default();
        for (path, members) in locks {
            let ecosystem = if path.contains("Cargo") { Ecosystem::CratesIo } else { Ecosystem::Npm };
            cover.add(ecosystem.name(), path, members.to_vec());
        }
        let (gaps, _) = find(&declarations, &cover);
        let told: Vec<_> = gaps.iter().map(|(path, trouble)| format!("{path}: {}", trouble.reason)).collect();
        assert_eq!(told, expected);
    }

    const ASKS: &str = r#"{"dependencies": {"a": "1"}}"#;
    const CRATE: &str = "[package]\nname = 'b'\n[dependencies]\na = '1'\n";

    #[test]
    fn a_lockfile_covers_its_folder_and_its_members() {
        let none = "package.json asks for packages and has no lockfile, so their versions are not known";
        check(&[("package.json", ASKS)], &[("package-lock.json", &[])], &[]);
        check(&[("package.json", ASKS)], &[], &[&format!("package.json: {none}")]);
        check(&[("package.json", "{}")], &[], &[]);
        let member = [Member::Folder("packages/a".into())];
        check(&[("packages/a/package.json", ASKS)], &[("package-lock.json", &member)], &[]);
        let other = format!("packages/b/package.json: {none}");
        check(&[("packages/b/package.json", ASKS)], &[("package-lock.json", &member)], &[&other]);
        check(&[("crates/b/Cargo.toml", CRATE)], &[("Cargo.lock", &[Member::Named("b".into())])], &[]);
        check(&[("fixtures/a/package.json", ASKS)], &[], &[]);
    }

    #[test]
    fn manifests_of_one_folder_are_one_project() {
        check(
            &[
                ("a/pyproject.toml", "[tool.black]\n"),
                ("a/setup.cfg", "install_requires = flask"),
                ("a/setup.py", "install_requires"),
                ("b/Gemfile", "gem 'rack'"),
            ],
            &[],
            &[
                "a/setup.cfg: setup.cfg asks for packages and has no lockfile, so their versions are not known",
                "b/Gemfile: Gemfile asks for packages and has no lockfile, so their versions are not known",
            ],
        );
    }

    #[test]
    fn the_outermost_project_speaks_for_all() {
        check(
            &[("a/package.json", "{}"), ("a/b/package.json", ASKS), ("a/b/c/package.json", ASKS)],
            &[],
            &[
                "a/package.json: package.json asks for packages and has no lockfile, so their versions are not known \
               (nor have 2 projects below it)",
            ],
        );
        check(
            &[("Cargo.toml", CRATE), ("x/Cargo.toml", CRATE)],
            &[],
            &[
                "Cargo.toml: Cargo.toml asks for packages and has no lockfile, so their versions are not known \
               (nor has one project below it)",
            ],
        );
    }
}

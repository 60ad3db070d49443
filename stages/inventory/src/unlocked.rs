//! Projects that ask for packages and have no lockfile: which versions they get is decided anew at each installation, so
//! nothing can be said of them.

use std::collections::{BTreeMap, BTreeSet};

use model::{Ecosystem, GapKind};

use crate::declaration::{Declaration, Declarations};
use crate::folder;
use crate::format::{Member, Trouble};

/// What the lockfiles of a tree cover.
#[derive(Default)]
pub(crate) struct Cover {
    /// Folders whose manifest a lockfile covers.
    folders: BTreeSet<(Ecosystem, String)>,
    /// Names of packages that a lockfile covers in its folder and below.
    names: BTreeMap<(Ecosystem, String), Vec<String>>,
    /// Folders that a lockfile which cannot be read covers, with all below.
    wholly: BTreeSet<(Ecosystem, String)>,
}

impl Cover {
    /// Adds a lockfile that was read.
    pub(crate) fn add(&mut self, ecosystem: Ecosystem, path: &str, members: Vec<Member>) {
        let own = folder::of(path);
        self.folders.insert((ecosystem, own.to_owned()));
        if ecosystem == Ecosystem::PyPI && folder::name(own) == "requirements" {
            self.folders.insert((ecosystem, folder::of(own).to_owned()));
        }
        for member in members {
            match member {
                Member::Folder(relative) => {
                    let folder = folder::join(own, &relative);
                    self.folders.extend(folder.map(|folder| (ecosystem, folder)));
                }
                Member::Named(name) => self.names.entry((ecosystem, name)).or_default().push(own.to_owned()),
            }
        }
    }

    /// Adds a lockfile that could not be read: it is a gap itself, and who it covers is not known.
    pub(crate) fn add_unread(&mut self, ecosystem: Ecosystem, path: &str) {
        self.wholly.insert((ecosystem, folder::of(path).to_owned()));
    }

    fn holds(&self, path: &str, declaration: &Declaration) -> bool {
        let own = folder::of(path);
        let ecosystem = declaration.ecosystem;
        let named = || {
            let name = declaration.name.clone()?;
            self.names.get(&(ecosystem, name))?.iter().find(|folder| folder::within(folder, own).is_some())
        };
        self.folders.contains(&(ecosystem, own.to_owned()))
            || folder::upward(own).any(|folder| self.wholly.contains(&(ecosystem, folder.to_owned())))
            || named().is_some()
    }
}

/// Returns a gap for each project without a lockfile, with the path of its manifest, and how many were passed over as
/// inputs of tests. Of projects inside one another the outermost speaks for all.
pub(crate) fn find(declarations: &Declarations, cover: &Cover) -> (Vec<(String, Trouble)>, u64) {
    let open = declarations.0.iter().filter(|(path, declaration)| !cover.holds(path, declaration));
    let (test_data, open): (Vec<_>, Vec<_>) = open.partition(|(path, _)| folder::holds_test_data(path));
    let folders: BTreeSet<(Ecosystem, &str)> =
        open.iter().map(|(path, declaration)| (declaration.ecosystem, folder::of(path))).collect();
    let mut groups: BTreeMap<(Ecosystem, &str), Vec<(&str, &Declaration)>> = BTreeMap::new();
    for (path, declaration) in open {
        let own = folder::of(path);
        let is_open = |folder: &&str| folders.contains(&(declaration.ecosystem, *folder));
        let outermost = folder::upward(own).filter(is_open).last().unwrap_or(own);
        groups.entry((declaration.ecosystem, outermost)).or_default().push((path, declaration));
    }
    let asks = |group: &[(&str, &Declaration)]| group.iter().filter(|(_, it)| !it.asks.is_empty()).count();
    let gaps = groups.into_values().filter(|group| asks(group) > 0).filter_map(|group| {
        let (path, declaration) = *group.iter().min_by_key(|(path, _)| folder::of(path).len())?;
        Some((path.to_owned(), trouble(declaration, path, asks(&group))))
    });
    let passed_over = test_data.iter().filter(|(_, declaration)| !declaration.asks.is_empty()).count();
    (gaps.collect(), passed_over as u64)
}

fn trouble(declaration: &Declaration, path: &str, asking: usize) -> Trouble {
    let (command, lockfile) = declaration.lock;
    let below = asking - usize::from(!declaration.asks.is_empty());
    let more = match below {
        0 => String::new(),
        1 => " (nor has one project below it)".to_owned(),
        _ => format!(" (nor have {below} projects below it)"),
    };
    let file = folder::name(path);
    let reason =
        format!("{file} asks for packages and has no lockfile, so their versions are not known{more}");
    let line = if declaration.asks.is_empty() { 1 } else { declaration.line };
    Trouble::new(GapKind::Partial, "no-lockfile", line, reason)
        .hint(format!("run `{command}` and commit {lockfile}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::kind;

    fn check(files: &[(&str, &str)], locks: &[(&str, &[Member])], expected: &[&str]) {
        let parse =
            |(path, text): &(&str, &str)| ((*path).to_owned(), (kind(path).unwrap().parse)(text).unwrap());
        let declarations = Declarations(files.iter().map(parse).collect());
        let mut cover = Cover::default();
        for (path, members) in locks {
            let ecosystem = if path.contains("Cargo") { Ecosystem::CratesIo } else { Ecosystem::Npm };
            cover.add(ecosystem, path, members.to_vec());
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

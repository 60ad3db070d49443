//! Links of the tree: what stands under a lockfile's name may be a link to a file of any other name.

use source::EntryKind;
use stage::{File, Files};

use crate::folder;
use crate::format::Trouble;
use crate::text::shown;
use model::GapKind;

/// Most links on one way, as Linux has it.
const MOST_LINKS: usize = 40;

/// Why a link leads to nothing that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Its target, as written, lies outside of the tree.
    Outside(String),
    /// The path that it leads to is not among the files that the stage declares.
    Unlisted(String),
    /// It leads back to itself.
    Circle,
}

/// Returns the file that `file` is, or leads to through links.
pub(crate) fn follow<'a>(files: &'a Files, file: File<'a>) -> Result<File<'a>, Broken> {
    let mut at = file;
    for _ in 0..MOST_LINKS {
        let EntryKind::Link { target, inside } = at.kind() else {
            return Ok(at);
        };
        let path = folder::join(folder::of(at.path()), target).filter(|_| *inside);
        let path = path.ok_or_else(|| Broken::Outside(target.clone()))?;
        at = files.find(&path).ok_or(Broken::Unlisted(path))?;
    }
    Err(Broken::Circle)
}

impl Broken {
    /// Says that what the link should lead to is not looked at.
    pub(crate) fn trouble(&self) -> Trouble {
        let (code, reason) = match self {
            Self::Outside(target) => {
                ("link-outside", format!("a link to `{}`, which lies outside of the tree", shown(target)))
            }
            Self::Unlisted(path) => (
                "link-unread",
                format!("a link to `{}`, which is no file of a name that is read here", shown(path)),
            ),
            Self::Circle => ("link-unread", "a link that leads back to itself".to_owned()),
        };
        let trouble = Trouble { line: None, ..Trouble::new(GapKind::Unread, code, 1, reason) };
        trouble.hint("put the file itself in the place of the link")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::Digest;
    use source::{Content, Entry, MemoryTree, Problem, ReadError, Tree};
    use stage::Globs;

    use crate::role::Roles;
    use crate::survey;

    /// A tree in memory some of whose files are links: those that begin with `->`.
    struct Linked(MemoryTree, Vec<Entry>);

    impl Linked {
        fn new(files: &[(&str, &str)]) -> Self {
            let tree = MemoryTree::new(files.iter().copied());
            let mut entries = tree.entries().to_vec();
            for (path, text) in files {
                let entry = entries.iter_mut().find(|entry| *entry.path == **path).unwrap();
                if let Some(target) = text.strip_prefix("->") {
                    let inside = !target.starts_with('/');
                    entry.kind = super::EntryKind::Link { target: target.to_owned(), inside };
                }
            }
            Self(tree, entries)
        }
    }

    impl Tree for Linked {
        fn entries(&self) -> &[Entry] {
            &self.1
        }

        fn problems(&self) -> &[Problem] {
            &[]
        }

        fn size(&self, index: usize) -> u64 {
            self.0.size(index)
        }

        fn id(&self, index: usize) -> Result<Digest, ReadError> {
            self.0.id(index)
        }

        fn read(&self, index: usize) -> Result<Content, ReadError> {
            match self.1[index].kind {
                super::EntryKind::File => self.0.read(index),
                _ => Err(ReadError::NotAFile),
            }
        }

        fn read_prefix(&self, index: usize, length: usize) -> Result<Content, ReadError> {
            self.0.read_prefix(index, length)
        }
    }

    /// Takes the survey of a tree in which nothing but names of the lists and `*.txt` is declared.
    fn check(files: &[(&str, &str)], packages: &[&str], gaps: &[&str], links: u64) {
        let globs = Globs::new(model::PACKAGE_FILES.iter().chain(model::INCLUDED_FILES)).unwrap();
        let files = super::Files::select(Arc::new(Linked::new(files)), &[&globs]);
        let nothing = Globs::new(["left/**"]).unwrap();
        let survey = survey::take(&files, &Roles::new().unwrap(), &nothing, &|| false, &|_| {}).unwrap();
        let manifests = survey.inventory.manifests.iter();
        let told = manifests.flat_map(|manifest| {
            let path = &manifest.path;
            manifest
                .packages
                .iter()
                .map(move |package| format!("{path} {} {}", package.name, package.version))
        });
        assert_eq!(told.collect::<Vec<_>>(), packages);
        let told = survey.troubles.iter().map(|(path, gap)| format!("{} {path}: {}", gap.code, gap.reason));
        assert_eq!(told.collect::<Vec<_>>(), gaps);
        assert_eq!(survey.counts.get("links").copied().unwrap_or(0), links);
    }

    #[test]
    fn what_a_link_leads_to_is_read_under_its_name() {
        let pins = "flask==2.0.1\n";
        check(
            &[("locks/pinned.txt", pins), ("requirements.txt", "->locks/pinned.txt")],
            &["requirements.txt flask 2.0.1"],
            &[],
            0,
        );
        check(
            &[("a/list.txt", pins), ("b/requirements.txt", "->c.txt"), ("b/c.txt", "->../a/list.txt")],
            &["b/requirements.txt flask 2.0.1"],
            &[],
            0,
        );
        // What is read under its own name is read once, unless the section leaves it out.
        let own = [("a/requirements.txt", pins), ("b/requirements.txt", "->../a/requirements.txt")];
        check(&own, &["a/requirements.txt flask 2.0.1"], &[], 1);
        let left = [("left/requirements.txt", pins), ("requirements.txt", "->left/requirements.txt")];
        check(&left, &["requirements.txt flask 2.0.1"], &[], 0);
    }

    #[test]
    fn what_a_list_includes_may_be_a_link() {
        check(
            &[
                ("requirements.txt", "-r base.txt\n-c pins.txt\na\n"),
                ("base.txt", "->x.txt"),
                ("x.txt", "b==1"),
            ]
            .into_iter()
            .chain([("pins.txt", "->y.txt"), ("y.txt", "a==2")])
            .collect::<Vec<_>>(),
            &["base.txt b 1", "requirements.txt a 2"],
            &[],
            0,
        );
    }

    #[test]
    fn a_link_to_what_is_not_read_is_a_gap() {
        check(
            &[("locks/pinned.lst", "flask==2.0.1\n"), ("requirements.txt", "->locks/pinned.lst")],
            &[],
            &[
                "link-unread requirements.txt: a link to `locks/pinned.lst`, which is no file of a name that is read here",
            ],
            0,
        );
        check(
            &[("requirements.txt", "->../x.txt"), ("uv.lock", "->/etc/uv.lock")],
            &[],
            &[
                "link-outside requirements.txt: a link to `../x.txt`, which lies outside of the tree",
                "link-outside uv.lock: a link to `/etc/uv.lock`, which lies outside of the tree",
            ],
            0,
        );
        check(
            &[
                ("a.txt", "->requirements.txt"),
                ("requirements.txt", "->a.txt"),
                ("yarn.lock", "->a/yarn.lock"),
            ],
            &[],
            &[
                "link-unread requirements.txt: a link that leads back to itself",
                "link-unread yarn.lock: a link to `a/yarn.lock`, which is no file of a name that is read here",
            ],
            0,
        );
    }
}

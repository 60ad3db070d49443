//! Which files git may change on their way between repository and worktree. A file with a `filter` (large file storage,
//! encryption) or a `working-tree-encoding` holds other bytes than its blob, whatever the index says.
//!
//! Line ends and `ident` need no care here: they always change a file's size, and the caller compares that.

use std::collections::BTreeSet;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::ignored::lines;
use crate::path;

/// Which files git may change. It errs on the side of too many: a later line that takes an attribute back is not heard.
#[derive(Default)]
pub(super) struct Attributes {
    /// Raw folder with a `/` at the end, and what is changed below it.
    folders: Vec<(Vec<u8>, Changed)>,
}

enum Changed {
    /// What the patterns match.
    Some(Gitignore),
    /// Everything: a pattern could not be understood.
    All,
}

impl Attributes {
    /// Takes files of attributes: the raw folder that each counts for, with a `/` at the end, and its text.
    pub(super) fn new(files: &[(Vec<u8>, String)]) -> Self {
        let macros = macros(files);
        let folders =
            files.iter().filter_map(|(folder, text)| Some((folder.clone(), changed(text, &macros)?)));
        Self { folders: folders.collect() }
    }

    /// Tells whether git may change the file `name` (raw path from where the repository begins).
    pub(super) fn may_change(&self, name: &[u8]) -> bool {
        self.folders.iter().any(|(folder, changed)| {
            name.strip_prefix(folder.as_slice()).is_some_and(|rest| match changed {
                Changed::All => true,
                Changed::Some(patterns) => {
                    patterns.matched(path::join_raw(Path::new(""), rest), false).is_ignore()
                }
            })
        })
    }
}

/// Returns the names that change content: git's own, and macros (`[attr]name …`) that set one of them.
fn macros(files: &[(Vec<u8>, String)]) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = ["filter", "working-tree-encoding"].map(str::to_owned).into();
    loop {
        let before = names.len();
        for line in files.iter().flat_map(|(_, text)| lines(text)) {
            let mut words = line.split_whitespace();
            let Some(name) = words.next().and_then(|word| word.strip_prefix("[attr]")) else { continue };
            if words.any(|word| sets(word, &names)) {
                names.insert(name.to_owned());
            }
        }
        if names.len() == before {
            return names;
        }
    }
}

/// Tells whether `word` of a line sets one of `names`: `filter=lfs`, `filter`, but not `-filter` or `!filter`.
fn sets(word: &str, names: &BTreeSet<String>) -> bool {
    names.contains(word.split_once('=').map_or(word, |(name, _)| name))
}

fn changed(text: &str, names: &BTreeSet<String>) -> Option<Changed> {
    let mut builder = GitignoreBuilder::new("");
    // On some systems names differ by case only to us; one file too many is no harm.
    builder.case_insensitive(true).ok()?;
    let mut any = false;
    for line in lines(text) {
        let line = line.trim_start();
        if line.starts_with(['#', '!']) || line.starts_with("[attr]") {
            continue;
        }
        if line.starts_with('"') {
            // A quoted pattern with escapes: rare enough to take everything for it.
            if line.split_whitespace().any(|word| sets(word, names)) {
                return Some(Changed::All);
            }
            continue;
        }
        let mut words = line.split_whitespace();
        let Some(pattern) = words.next() else { continue };
        if words.any(|word| sets(word, names)) {
            any = true;
            if builder.add_line(None, pattern).is_err() {
                return Some(Changed::All);
            }
        }
    }
    if !any {
        return None;
    }
    Some(builder.build().map_or(Changed::All, Changed::Some))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)], name: &str, expected: bool) {
        let files: Vec<(Vec<u8>, String)> =
            files.iter().map(|(folder, text)| (folder.as_bytes().to_vec(), (*text).to_owned())).collect();
        assert_eq!(Attributes::new(&files).may_change(name.as_bytes()), expected, "{name}");
    }

    #[test]
    fn filters_are_seen_wherever_they_are_set() {
        let lfs = "*.bin filter=lfs diff=lfs -text\r\n";
        check(&[("", lfs)], "a/b.bin", true);
        check(&[("", lfs)], "a/b.txt", false);
        check(&[("", lfs)], "a/B.BIN", true);
        check(&[("sub/", lfs)], "a.bin", false);
        check(&[("sub/", lfs)], "sub/deep/a.bin", true);
        check(&[("sub/", "/x working-tree-encoding=UTF-16")], "sub/x", true);
        check(&[("sub/", "/x working-tree-encoding=UTF-16")], "sub/y/x", false);
        check(&[("", "[attr]big filter=lfs\n[attr]huge big\n*.iso huge")], "a.iso", true);
        check(&[("", "\"a b\" filter=x")], "anything", true);
        check(&[("", "\u{feff}* filter")], "anything", true);
    }

    #[test]
    fn other_attributes_change_nothing() {
        for text in ["", "* text=auto eol=lf", "# * filter=x", "* -filter", "* !filter", "*.png binary"] {
            check(&[("", text)], "a.png", false);
        }
    }
}

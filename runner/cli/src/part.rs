//! A folder of a tree, under the paths that the whole tree gives it.

use std::ops::Range;
use std::sync::Arc;

use source::{Content, Entry, Problem, ReadError, Tree};

/// A folder of a tree.
pub(crate) struct Part {
    whole: Arc<dyn Tree>,
    /// Its entries among those of the whole tree, which are sorted by path.
    range: Range<usize>,
    problems: Vec<Problem>,
}

impl Part {
    /// Takes what lies below `folder`, a path of the tree without a `/` at its end.
    pub(crate) fn new(whole: Arc<dyn Tree>, folder: &str) -> Self {
        let prefix = format!("{folder}/");
        let entries = whole.entries();
        let start = entries.partition_point(|entry| *entry.path < *prefix);
        let length = entries.iter().skip(start).take_while(|entry| entry.path.starts_with(&prefix)).count();
        // What keeps a folder above from being listed keeps this one from it.
        let concerns = |path: &str| {
            path.is_empty()
                || path == folder
                || path.starts_with(&prefix)
                || prefix.starts_with(&format!("{path}/"))
        };
        let problems = whole.problems().iter().filter(|problem| concerns(&problem.path)).cloned().collect();
        Self { range: start..start + length, whole, problems }
    }

    fn index(&self, index: usize) -> Result<usize, ReadError> {
        let index = self.range.start.saturating_add(index);
        if self.range.contains(&index) { Ok(index) } else { Err(ReadError::NotAFile) }
    }
}

impl Tree for Part {
    fn entries(&self) -> &[Entry] {
        self.whole.entries().get(self.range.clone()).unwrap_or_default()
    }

    fn problems(&self) -> &[Problem] {
        &self.problems
    }

    fn size(&self, index: usize) -> u64 {
        self.index(index).map_or(0, |index| self.whole.size(index))
    }

    fn id(&self, index: usize) -> Result<model::Digest, ReadError> {
        self.whole.id(self.index(index)?)
    }

    fn read(&self, index: usize) -> Result<Content, ReadError> {
        self.whole.read(self.index(index)?)
    }

    fn read_prefix(&self, index: usize, length: usize) -> Result<Content, ReadError> {
        self.whole.read_prefix(self.index(index)?, length)
    }
}

#[cfg(test)]
mod tests {
    use source::MemoryTree;

    use super::*;

    #[test]
    fn a_part_has_its_own_entries_under_their_own_paths() {
        let tree = MemoryTree::new(
            ["a", "sub-one", "sub.py", "sub/a", "sub/b/c", "sub0", "z"].map(|path| (path, path)),
        );
        let part = Part::new(Arc::new(tree), "sub");
        let paths: Vec<&str> = part.entries().iter().map(|entry| &*entry.path).collect();
        assert_eq!(paths, ["sub/a", "sub/b/c"]);
        assert_eq!((part.find("sub/b/c"), part.find("a"), part.find("sub0")), (Some(1), None, None));
        assert_eq!(&*part.read(1).unwrap(), b"sub/b/c");
        assert_eq!(&*part.read_prefix(0, 3).unwrap(), b"sub");
        assert!(part.read(2).is_err() && part.id(usize::MAX).is_err());
        assert!(Part::new(Arc::new(MemoryTree::new([("a", "")])), "sub").entries().is_empty());
    }
}

//! What the lockfiles of Poetry and uv have in common: names that compare in one form, files with hashes.

use std::collections::BTreeMap;

use crate::declaration::normalize_python;
use crate::graph::Graph;

/// Most versions of one package that a name is taken to mean; markers split a package into a few.
const MOST_VERSIONS: usize = 16;

/// The packages of a lockfile by name and version; `None` for those of the tree itself.
#[derive(Default)]
pub(super) struct ByName(BTreeMap<(String, String), Vec<Option<u32>>>);

impl ByName {
    pub(super) fn add(&mut self, name: &str, version: &str, index: Option<u32>) {
        self.0.entry((normalize_python(name), version.to_owned())).or_default().push(index);
    }

    /// Hands every package that a name means to `join`; tells whether there is one.
    pub(super) fn connect(
        &self,
        graph: &mut Graph,
        name: &str,
        version: Option<&str>,
        mut join: impl FnMut(&mut Graph, u32),
    ) -> bool {
        let name = normalize_python(name);
        let first = (name.clone(), version.unwrap_or("").to_owned());
        let named = self
            .0
            .range(first..)
            .take_while(|((found, at), _)| *found == name && version.is_none_or(|version| version == at));
        let mut found = 0;
        for index in named.flat_map(|(_, indices)| indices) {
            if found == MOST_VERSIONS {
                graph.crowd();
                break;
            }
            found += 1;
            if let Some(index) = index {
                join(graph, *index);
            }
        }
        found > 0
    }
}

/// Returns the hash that stands for a package: that of its source archive, since every system has the same, or the
/// first of its wheels. `files` are names or addresses with their hashes.
pub(super) fn integrity<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let mut first = None;
    for (file, hash) in files {
        if file.ends_with(".tar.gz") || file.ends_with(".zip") {
            return Some(hash.to_owned());
        }
        first = first.or(Some(hash));
    }
    first.map(str::to_owned)
}

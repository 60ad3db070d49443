//! What links mean, by names alone: none is followed.

use std::collections::HashSet;

/// Returns every folder above the paths.
pub(crate) fn folders<'a>(paths: impl Iterator<Item = &'a str>) -> HashSet<String> {
    let above = |path: &'a str| path.match_indices('/').filter_map(move |(at, _)| path.get(..at));
    paths.flat_map(above).map(str::to_owned).collect()
}

/// Returns the path that a link means, by names alone; `None` outside the tree.
pub(crate) fn resolve(path: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    (!target.starts_with('/')).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_mean_paths() {
        let check = |path: &str, target: &str, expected: Option<&str>| {
            assert_eq!(resolve(path, target).as_deref(), expected, "{path} {target}");
        };
        check("a/b", "c", Some("a/c"));
        check("a/b", "../c/./d/", Some("c/d"));
        check("a", ".", Some(""));
        check("a", "../b", None);
        check("a", "/b", None);
    }
}

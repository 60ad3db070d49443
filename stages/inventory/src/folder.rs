//! Paths of the tree as texts with `/`: folders, joins, and which folders hold other people's packages.

/// Returns the folder of a path; empty for the root.
pub(crate) fn of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Returns the last part of a path.
pub(crate) fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Joins a folder and a relative path with `.` and `..` in it; `None` when that leads out of the tree.
pub(crate) fn join(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if relative.starts_with('/') {
        return None;
    }
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Returns the folder itself and all that hold it, the root last.
pub(crate) fn upward(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| (!folder.is_empty()).then(|| of(folder)))
}

/// Returns the path relative to `folder`, when it lies in it.
pub(crate) fn within<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    if folder.is_empty() {
        return Some(path);
    }
    if path == folder {
        return Some("");
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

/// Tells whether the path lies in a folder that package managers fill: lockfiles in it are those of other people's
/// projects, and nothing is installed from them.
pub(crate) fn holds_installed_packages(path: &str) -> bool {
    const FOLDERS: [&str; 4] = ["node_modules", "bower_components", "site-packages", "vendor"];
    of(path).split('/').any(|part| FOLDERS.contains(&part))
}

/// Tells whether the path lies in a folder of inputs for tests, where a project without a lockfile is no omission.
pub(crate) fn holds_test_data(path: &str) -> bool {
    const FOLDERS: [&str; 10] = [
        "test",
        "tests",
        "testdata",
        "test-data",
        "test_data",
        "fixtures",
        "__fixtures__",
        "test-fixtures",
        "testsuite",
        "__tests__",
    ];
    of(path).split('/').any(|part| FOLDERS.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_stay_inside() {
        let check = |folder: &str, relative: &str, expected: Option<&str>| {
            assert_eq!(join(folder, relative).as_deref(), expected, "{folder} {relative}");
        };
        check("a/b", "../c", Some("a/c"));
        check("", "./x//y", Some("x/y"));
        check("a", "../..", None);
        check("a", "/etc/passwd", None);
        check("a/b", "../..", Some(""));
    }

    #[test]
    fn upward_ends_at_the_root() {
        assert_eq!(upward("a/b").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert_eq!(upward("").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn within_needs_whole_parts() {
        assert_eq!(within("a", "ab/c"), None);
        assert_eq!(within("a", "a/c"), Some("c"));
        assert_eq!(within("", "a/c"), Some("a/c"));
        assert_eq!(within("a", "a"), Some(""));
    }
}

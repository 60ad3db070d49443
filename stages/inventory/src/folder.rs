//! Paths of the tree as texts with `/`: folders, joins, and which folders hold other people's packages.

use std::collections::BTreeSet;

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

/// Globs of files that tell a folder which a package manager filled. See [`Installed`].
pub(crate) static MARKERS: [&str; 3] =
    ["**/vendor/modules.txt", "**/vendor/autoload.php", "**/.cargo-checksum.json"];

/// The folders that package managers fill: lockfiles in them are those of other people's projects, and nothing is
/// installed from them. Those of npm and pip go by their name alone; `vendor` is a name that people give to folders of
/// their own, so there a file of the tool must say so: of `go mod vendor`, of Composer, of `cargo vendor` in each package.
#[derive(Debug, Default)]
pub(crate) struct Installed<'a>(BTreeSet<&'a str>);

impl<'a> Installed<'a> {
    /// Finds the markers among all paths.
    pub(crate) fn among(paths: impl Iterator<Item = &'a str>) -> Self {
        let marked = |path: &'a str| {
            let folder = of(path);
            let fits = match name(path) {
                "modules.txt" | "autoload.php" => name(folder) == "vendor",
                file => file == ".cargo-checksum.json",
            };
            (fits && !folder.is_empty()).then_some(folder)
        };
        Self(paths.filter_map(marked).collect())
    }

    /// Tells whether the path lies in one of them.
    pub(crate) fn holds(&self, path: &str) -> bool {
        const NAMES: [&str; 3] = ["node_modules", "bower_components", "site-packages"];
        upward(of(path)).any(|folder| {
            // Bundler installs into `vendor/bundle`.
            let bundle = name(folder) == "bundle" && name(of(folder)) == "vendor";
            NAMES.contains(&name(folder)) || bundle || self.0.contains(folder)
        })
    }
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
    fn vendor_is_filled_by_a_tool_only_where_its_mark_says_so() {
        let check = |mark: &str, path: &str, expected: bool| {
            assert_eq!(Installed::among([mark, path].into_iter()).holds(path), expected, "{mark} {path}");
        };
        check("", "apps/vendor/package-lock.json", false);
        check("", "a/node_modules/b/package-lock.json", true);
        check("", "a/site-packages/b/requirements.txt", true);
        check("vendor/modules.txt", "vendor/host.example/a/package-lock.json", true);
        check("a/vendor/modules.txt", "vendor/b/package-lock.json", false);
        check("modules.txt", "a/package-lock.json", false);
        check("vendor/autoload.php", "vendor/a/b/package-lock.json", true);
        check("vendor/a/.cargo-checksum.json", "vendor/a/Cargo.lock", true);
        check("vendor/a/.cargo-checksum.json", "vendor/b/Cargo.lock", false);
        check("", "vendor/bundle/ruby/3.3.0/gems/a/package-lock.json", true);
        check("", "bundle/package-lock.json", false);
    }

    #[test]
    fn within_needs_whole_parts() {
        assert_eq!(within("a", "ab/c"), None);
        assert_eq!(within("a", "a/c"), Some("c"));
        assert_eq!(within("", "a/c"), Some("a/c"));
        assert_eq!(within("a", "a"), Some(""));
    }
}

//! Names of groups of Python dependencies, and of lists of requirements: whether they say what the packages are for.

use model::DependencyScope;

/// Words that stand for building, testing and writing the project, never for running it.
const WORDS: [&str; 21] = [
    "dev",
    "devel",
    "develop",
    "development",
    "test",
    "tests",
    "testing",
    "pytest",
    "coverage",
    "lint",
    "linting",
    "linters",
    "format",
    "style",
    "ci",
    "doc",
    "docs",
    "documentation",
    "typing",
    "types",
    "mypy",
];

/// Returns what a group is for by its name. Any group can be installed where the project runs, so only a name that says
/// otherwise makes it one for development.
pub(crate) fn scope(name: &str) -> DependencyScope {
    let name = name.to_ascii_lowercase();
    if name.split(['-', '_', '.']).any(|word| WORDS.contains(&word)) {
        DependencyScope::Development
    } else {
        DependencyScope::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_say_so_are_for_development() {
        for name in ["dev", "Test", "unit-tests", "docs", "typing", "lint_fix"] {
            assert_eq!(scope(name), DependencyScope::Development, "{name}");
        }
        for name in ["web", "main", "prod", "server", "latest", "developers", ""] {
            assert_eq!(scope(name), DependencyScope::Unknown, "{name}");
        }
    }
}

//! Files of which it is told only whether they ask for packages, by words that stand in no other place: nothing else of
//! them is of use while the lockfiles of their tools are not read.

use std::collections::BTreeMap;

use model::DependencyScope;

use super::{Ask, Declaration};
use crate::text::Lines;

/// How a file is told to ask for packages.
pub(crate) struct Words {
    /// Family of what it asks for.
    pub(crate) family: &'static str,
    /// One of these stands in a file that asks for something.
    pub(crate) words: &'static [&'static str],
    /// The command that writes a lockfile that is read, and its name.
    pub(crate) lock: Option<(&'static str, &'static str)>,
}

impl Words {
    pub(crate) fn read(&self, text: &str) -> Declaration {
        let first = self.words.iter().filter_map(|word| text.find(word)).min();
        // What it asks for has no name here; that it asks for something is all that is told.
        let asks = first.map(|_| Ask::new("", DependencyScope::Unknown)).into_iter().collect();
        Declaration {
            family: self.family,
            name: None,
            asks,
            renames: BTreeMap::new(),
            line: Lines::new(text).line(first.unwrap_or(0)),
            lock: self.lock,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kind;

    fn check(path: &str, text: &str, expected: Option<u32>) {
        let declaration = kind(path).unwrap().read(text).unwrap();
        let line = (!declaration.asks.is_empty()).then_some(declaration.line);
        assert_eq!(line, expected, "{path}: {text}");
    }

    #[test]
    fn words_tell_whether_anything_is_asked_for() {
        check("Gemfile", "source 'https://registry.example'\ngem 'rack'\n", Some(2));
        check("Gemfile", "source 'https://registry.example'\n", None);
        check("a/gems.rb", "gem \"rack\"", Some(1));
        check("composer.json", "{\"name\": \"a\",\n\"require\": {\"b/c\": \"^1\"}}", Some(2));
        check("composer.json", "{\"name\": \"a\"}", None);
        check("Pipfile", "[[source]]\n[packages]\nflask = '*'\n", Some(2));
        check("setup.cfg", "[metadata]\nname = a\n[options]\ninstall_requires =\n  flask\n", Some(4));
        check("setup.cfg", "[flake8]\nmax-line-length = 100\n", None);
        check("setup.py", "setup(install_requires=['flask'])", Some(1));
        check("shop.cabal", "library\n  build-depends: base\n", Some(2));
        check("Podfile", "pod 'A'", Some(1));
    }
}

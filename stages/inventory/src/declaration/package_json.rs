//! `package.json`.

use model::{DependencyScope, Ecosystem};

use super::{Ask, Declaration};
use crate::text::{Lines, Malformed, json};

/// The sections that name dependencies, and what for. A name in a later one that is in an earlier one too counts with
/// the earlier.
const SECTIONS: [(&str, DependencyScope); 4] = [
    ("optionalDependencies", DependencyScope::Optional),
    ("dependencies", DependencyScope::Runtime),
    ("devDependencies", DependencyScope::Development),
    ("peerDependencies", DependencyScope::Runtime),
];

pub(super) fn parse(text: &str) -> Result<Declaration, Malformed> {
    let root = json::parse(text)?;
    let malformed = || Malformed { at: 0, reason: "an object is expected".to_owned() };
    let root = root.object().ok_or_else(malformed)?;
    let mut asks: Vec<Ask> = Vec::new();
    let mut first = None;
    let mut names = std::collections::BTreeSet::new();
    for (section, scope) in SECTIONS {
        for (name, wanted) in root.object(section).into_iter().flat_map(|section| &section.entries) {
            let wanted = wanted.string().map_or("", |piece| &*piece.text);
            if is_of_the_tree(wanted) || !names.insert(&*name.text) {
                continue;
            }
            first = Some(first.map_or(name.at.start, |first: usize| first.min(name.at.start)));
            asks.push(Ask::new(&*name.text, scope));
        }
    }
    Ok(Declaration {
        family: Ecosystem::Npm.name(),
        name: root.text("name").map(str::to_owned),
        asks,
        renames: std::collections::BTreeMap::new(),
        line: Lines::new(text).line(first.unwrap_or(0)),
        lock: Some(("npm install --package-lock-only", "package-lock.json")),
    })
}

/// Tells whether a wanted version names a folder of the same tree.
fn is_of_the_tree(wanted: &str) -> bool {
    ["file:", "link:", "workspace:", "portal:"].iter().any(|scheme| wanted.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_give_scopes_and_own_folders_are_left_out() {
        let text = r#"{ "name": "shop", "dependencies": {"a": "^1", "c": "1", "own": "file:../own"},
            "devDependencies": {"b": "1", "a": "2"}, "optionalDependencies": {"c": "1"} }"#;
        let declaration = parse(text).unwrap();
        let asks: Vec<_> = declaration.asks.iter().map(|ask| (ask.name.as_str(), ask.scope)).collect();
        assert_eq!(
            asks,
            [
                ("c", DependencyScope::Optional),
                ("a", DependencyScope::Runtime),
                ("b", DependencyScope::Development)
            ]
        );
        assert_eq!((declaration.name.as_deref(), declaration.line), (Some("shop"), 1));
        assert!(parse("[]").is_err());
    }
}

//! Names of packages, folded so that two spellings of one package are one name.

use std::borrow::Cow;

use model::Ecosystem;

/// Folds a name by the rules of its ecosystem; an ecosystem without a rule here keeps its names as they are.
pub fn normalize<'a>(ecosystem: &str, name: &'a str) -> Cow<'a, str> {
    match Ecosystem::parse(ecosystem) {
        Some(Ecosystem::PyPI) => pep_503(name),
        // crates.io lets no two crates differ by case or by `_` and `-` alone.
        Some(Ecosystem::CratesIo) => fold(name, |c| if c == '_' { '-' } else { c.to_ascii_lowercase() }),
        // Old npm packages have upper-case names, and Go paths tell case apart.
        Some(Ecosystem::Go | Ecosystem::Npm) | None => Cow::Borrowed(name),
    }
}

fn fold(name: &str, one: impl Fn(char) -> char) -> Cow<'_, str> {
    if name.chars().all(|c| one(c) == c) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(name.chars().map(one).collect())
    }
}

/// Lower case, runs of `-`, `_` and `.` as one `-`: <https://peps.python.org/pep-0503/#normalized-names>.
fn pep_503(name: &str) -> Cow<'_, str> {
    let is_separator = |c: char| matches!(c, '-' | '_' | '.');
    if !name.contains("--") && name.chars().all(|c| c == '-' || !is_separator(c) && !c.is_ascii_uppercase()) {
        return Cow::Borrowed(name);
    }
    let mut folded = String::with_capacity(name.len());
    for c in name.chars() {
        if !is_separator(c) {
            folded.push(c.to_ascii_lowercase());
        } else if !folded.ends_with('-') {
            folded.push('-');
        }
    }
    Cow::Owned(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ecosystem_folds_in_its_own_way() {
        let check =
            |ecosystem, name, expected: &str| assert_eq!(normalize(ecosystem, name), expected, "{name}");
        check("PyPI", "Zope.Interface__x-.y", "zope-interface-x-y");
        check("PyPI", "a--b", "a-b");
        check("PyPI", "plain-name", "plain-name");
        check("crates.io", "Serde_JSON", "serde-json");
        check("npm", "@Scope/Name_x", "@Scope/Name_x");
        check("Go", "github.com/Azure/x_y", "github.com/Azure/x_y");
        check("Elsewhere", "A_b", "A_b");
    }
}

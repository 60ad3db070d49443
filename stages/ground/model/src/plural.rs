//! Numbers with their nouns: `1 file`, `2 files`, `3 advisories`.

use std::fmt::Display;

/// Returns a number with its noun, which is given in the singular: `1 commit`, `2 commits`.
pub fn plural(number: impl Display + PartialEq + From<u8>, noun: &str) -> String {
    if number == 1.into() {
        return format!("1 {noun}");
    }
    match noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
        Some(stem) => format!("{number} {stem}ies"),
        None => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_all_others_are_not() {
        let check = |number: u64, noun, expected: &str| assert_eq!(plural(number, noun), expected);
        check(0, "file", "0 files");
        check(1, "file", "1 file");
        check(2, "file", "2 files");
        check(1, "advisory", "1 advisory");
        check(3, "advisory", "3 advisories");
        check(2, "key", "2 keys");
    }
}

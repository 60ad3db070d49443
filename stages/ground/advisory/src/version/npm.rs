//! Versions of npm: Semantic Versioning with the prefixes that npm strips.

use super::key::Key;
use super::semantic;

/// Returns the key, or what is wrong with the text. npm reads `=1.2.3`, `v1.2.3` and `=v1.2.3` as `1.2.3`.
pub(super) fn key(text: &str) -> Result<Key, &'static str> {
    let text = text.strip_prefix('=').unwrap_or(text).trim_start();
    semantic::key(text.strip_prefix(['v', 'V']).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_no_part_of_the_version() {
        for text in ["1.2.3", "v1.2.3", "=1.2.3", "= v1.2.3", "1.2.3+build"] {
            assert_eq!(key(text), key("1.2.3"), "{text}");
        }
        assert!(key("npm:other@1.2.3").is_err());
        assert!(key("1.2.3-beta.2").unwrap() < key("1.2.3-beta.10").unwrap());
    }
}

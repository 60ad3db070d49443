//! Versions of crates.io: Semantic Versioning. Cargo itself orders build metadata; advisories ignore it.

use super::key::Key;
use super::semantic;

/// Returns the key, or what is wrong with the text. A leading `v` is no part of the version.
pub(super) fn key(text: &str) -> Result<Key, &'static str> {
    semantic::key(text.strip_prefix(['v', 'V']).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_bound_that_rustsec_writes_is_below_all_releases() {
        assert!(key("0.0.0-0").unwrap() < key("0.0.0-alpha").unwrap());
        assert!(key("0.0.0-0").unwrap() < key("0.0.0").unwrap());
        assert_eq!(key("v1.2.3+metadata"), key("1.2.3"));
    }

    #[test]
    fn the_order_agrees_with_the_one_of_cargo_up_to_build_metadata() {
        let texts = [
            "0.1.0",
            "0.1.0-pre",
            "1.0.0-rc.1",
            "1.0.0-rc.10",
            "1.0.0-rc.2",
            "1.0.0",
            "1.2.3-a.b",
            "1.2.3-a.1",
        ];
        for a in texts {
            for b in texts {
                let cargo = semver::Version::parse(a).unwrap().cmp(&semver::Version::parse(b).unwrap());
                assert_eq!(key(a).unwrap().cmp(&key(b).unwrap()), cargo, "{a} {b}");
            }
        }
    }
}

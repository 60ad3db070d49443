//! Versions of Go modules and of the Go release itself.
//!
//! A pseudo-version (`v1.2.4-0.20230102030405-abcdefabcdef`) is ordered by Semantic Versioning as it stands, which is
//! what the go command does (<https://go.dev/ref/mod#pseudo-versions>); `+incompatible` is build metadata.

use std::borrow::Cow;

use super::key::Key;
use super::semantic;

/// Returns the key, or what is wrong with the text. The `v` is optional: advisories leave it out, go.mod has it.
pub(super) fn key(text: &str) -> Result<Key, &'static str> {
    match text.strip_prefix("go") {
        Some(release) => semantic::key(&from_release(release)),
        None => semantic::key(text.strip_prefix('v').unwrap_or(text)),
    }
}

/// Turns the name of a Go release into a version as advisories of `stdlib` write it: `1.21rc2` → `1.21-rc.2`.
/// A suffix behind a space tells how it was built and does not count.
fn from_release(text: &str) -> Cow<'_, str> {
    let text = text.split(' ').next().unwrap_or(text);
    let Some(at) = text.find(|c: char| c.is_ascii_alphabetic()) else {
        return Cow::Borrowed(text);
    };
    let (numbers, word) = text.split_at(at);
    let count = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
    let (word, count) = word.split_at(count);
    if numbers.ends_with('-') || count.is_empty() || !count.bytes().all(|byte| byte.is_ascii_digit()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{numbers}-{word}.{count}"))
}

/// Tells whether a version is a pseudo-version: it ends in a time of 14 digits and a commit of 12 hexadecimal ones.
pub(super) fn is_pseudo(text: &str) -> bool {
    let text = text.split('+').next().unwrap_or(text);
    let Some((rest, commit)) = text.rsplit_once('-') else {
        return false;
    };
    let time = rest.rsplit(['-', '.']).next().unwrap_or("");
    commit.len() == 12
        && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
        && time.len() == 14
        && time.bytes().all(|byte| byte.is_ascii_digit())
        && rest.len() > time.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pseudo_versions_stand_between_releases() {
        let ladder = [
            "v0.0.0-20190102030405-abcdefabcdef",
            "v0.0.0-20230102030405-abcdefabcdef",
            "v1.2.3",
            "v1.2.4-0.20230102030405-abcdefabcdef",
            "v1.2.4-rc.1",
            "v1.2.4-rc.1.0.20230102030405-abcdefabcdef",
            "1.2.4",
            "v2.0.0+incompatible",
            "v20.10.0-beta1+incompatible",
            "v20.10.0+incompatible",
        ];
        for pair in ladder.windows(2) {
            assert!(key(pair[0]).unwrap() < key(pair[1]).unwrap(), "{pair:?}");
        }
        assert_eq!(key("v2.0.0+incompatible"), key("2.0.0"));
    }

    #[test]
    fn releases_of_go_itself() {
        for (release, version) in [
            ("go1.21rc2", "1.21.0-rc.2"),
            ("go1.21", "1.21.0"),
            ("go1.22.1", "1.22.1"),
            ("go1.18beta1", "1.18.0-beta.1"),
            ("go1.22.1 X:nocoverageredesign", "1.22.1"),
            ("go1.22.1-custom", "1.22.1-custom"),
        ] {
            assert_eq!(key(release), key(version), "{release}");
        }
        assert!(key("go").is_err());
        assert!(key("(devel)").is_err());
    }

    #[test]
    fn pseudo_versions_are_told_from_releases() {
        for text in [
            "v0.0.0-20190102030405-abcdefabcdef",
            "1.2.4-0.20230102030405-abcdefabcdef",
            "v2.0.1-0.20230102030405-abcdefabcdef+incompatible",
            "v1.2.4-rc.1.0.20230102030405-abcdefabcdef",
        ] {
            assert!(is_pseudo(text), "{text}");
        }
        for text in [
            "v1.2.3",
            "v1.2.3-rc.1",
            "v1.2.3-abcdefabcdef",
            "v1.2.3-2023-abcdefabcdef",
            "",
            "-",
            "20190102030405-abcdefabcdef",
        ] {
            assert!(!is_pseudo(text), "{text}");
        }
    }
}

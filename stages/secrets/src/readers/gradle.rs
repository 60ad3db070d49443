//! Properties of Gradle and of Android's signing.

use super::syntax::pairs::{self, Separator};
use super::{Field, Format, pick, says_secret};

pub(super) const FORMAT: Format = Format {
    rule: "gradle-properties-secret",
    names: &[
        "gradle.properties",
        "local.properties",
        "keystore.properties",
        "key.properties",
        "signing.properties",
        "release.properties",
        "fastlane/.env*",
    ],
    read,
};

fn read(text: &[u8]) -> Vec<Field> {
    pick(pairs::read(text, Separator::Sign), |value| says_secret(value.name()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn passwords_are_read() {
        check(
            "key.properties",
            "storeFile=a.jks\nstorePassword=abc1\nkeyAlias=k\nkeyPassword=abc2\n",
            &["abc1", "abc2"],
        );
    }
}

//! Profiles of the AWS command line.

use super::syntax::pairs::{self, Separator};
use super::{Field, Format, is_one_of, pick};

pub(super) const FORMAT: Format = Format {
    rule: "aws-credentials-file",
    names: &[
        ".aws/credentials",
        ".aws/config",
        "aws/credentials",
        ".credentials",
        "credentials",
        "aws_credentials",
        "aws-credentials",
        "credentials.ini",
    ],
    read,
};

fn read(text: &[u8]) -> Vec<Field> {
    pick(pairs::read(text, Separator::Sign), |value| {
        is_one_of(value.name(), &["aws_secret_access_key", "aws_session_token", "aws_security_token"])
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn every_profile_has_its_own() {
        check(
            ".aws/credentials",
            "[a]\naws_access_key_id = x\naws_secret_access_key = abc\n[b]\naws_secret_access_key=def # x\n",
            &["abc", "def"],
        );
    }
}

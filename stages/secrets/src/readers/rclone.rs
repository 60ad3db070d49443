//! Remotes of rclone.

use super::syntax::pairs::{self, Separator};
use super::{Field, Form, Format, is_one_of, pick};

pub(super) const FORMAT: Format = Format {
    rule: "rclone-config-secret",
    names: &["rclone.conf", ".rclone.conf", "rclone/rclone.conf"],
    read,
};

const SECRET: &[&str] = &[
    "secret_access_key",
    "client_secret",
    "token",
    "service_account_credentials",
    "key",
    "api_key",
    "auth_token",
    "sas_url",
    "bearer_token",
];
/// Obscured with a key that stands in rclone's source.
const OBSCURED: &[&str] = &["pass", "password", "password2", "passphrase"];

fn read(text: &[u8]) -> Vec<Field> {
    let mut fields = pick(pairs::read(text, Separator::Sign), |value| {
        is_one_of(value.name(), SECRET) || is_one_of(value.name(), OBSCURED)
    });
    for field in &mut fields {
        if field.name.rsplit('.').next().is_some_and(|name| is_one_of(name, OBSCURED)) {
            field.form = Form::Obscured;
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn remotes_keep_secrets() {
        check(
            "rclone.conf",
            "[a]\ntype = s3\nsecret_access_key = abc1\n[b]\ntype = sftp\npass = Xyz-12\n",
            &["abc1", "Xyz-12"],
        );
    }
}

//! Credentials that Google's command line leaves for programs.

use super::syntax::json;
use super::{Field, Format, is_one_of, pick};

pub(super) const FORMAT: Format = Format {
    rule: "google-credentials-file",
    names: &[
        "application_default_credentials.json",
        "client_secret*.json",
        "client_secrets.json",
        "credentials.json",
        "token.json",
    ],
    read,
};

fn read(text: &[u8]) -> Vec<Field> {
    pick(json::read(text), |value| {
        is_one_of(value.name(), &["client_secret", "refresh_token", "access_token"])
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn secrets_and_refresh_tokens_are_read() {
        check(
            "client_secret_1.json",
            r#"{"installed": {"client_id": "x", "client_secret": "abc"}}"#,
            &["abc"],
        );
    }
}

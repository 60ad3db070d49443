//! Settings of s3cmd, boto and their kin.

use super::syntax::pairs::{self, Separator};
use super::{Field, Format, is_one_of, pick};

pub(super) const FORMAT: Format = Format {
    rule: "s3cfg-secret",
    names: &[".s3cfg", "s3cfg", ".boto", "boto.cfg", ".passwd-s3fs", ".mc/config.json", ".s3curl"],
    read,
};

const SECRET: &[&str] = &[
    "secret_key",
    "gpg_passphrase",
    "access_token",
    "aws_secret_access_key",
    "gs_secret_access_key",
    "gs_oauth2_refresh_token",
    "client_secret",
];

fn read(text: &[u8]) -> Vec<Field> {
    pick(pairs::read(text, Separator::Sign), |value| {
        is_one_of(value.name(), SECRET) || value.name().eq_ignore_ascii_case("\"secretKey\"")
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn the_secret_is_read_without_its_comment() {
        check(".s3cfg", "access_key = A1\nsecret_key = abcdef # mine\n", &["abcdef"]);
    }
}

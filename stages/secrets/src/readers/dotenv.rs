//! Environment files and the start-up files of shells.

use super::syntax::pairs::{self, Separator};
use super::{Field, Format, pick, says_secret};

pub(super) const FORMAT: Format = Format {
    rule: "environment-file-secret",
    names: &[
        ".env",
        ".env.*",
        "*.env",
        ".envrc",
        ".bashrc",
        ".bash_profile",
        ".profile",
        ".zshrc",
        ".zshenv",
        ".zprofile",
        ".bash_aliases",
        ".zsh_history",
        ".bash_history",
        "env.list",
        "config",
        ".config",
    ],
    read,
};

/// Names that frameworks use for a secret without a word that says so.
const NAMES: &[&str] = &["APP_KEY", "SECRET_KEY_BASE", "MLAB_URL_WITH_PASS"];

fn read(text: &[u8]) -> Vec<Field> {
    pick(pairs::read(text, Separator::Sign), |value| {
        // An environment variable: the files of shells hold other pairs too.
        let name = value.name();
        let is_variable =
            name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        is_variable && (says_secret(name) || NAMES.contains(&name))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn variables_are_read_by_their_names() {
        check(
            ".env",
            "DB_HOST=h\nDB_PASSWORD=admin123\nAPP_KEY=base64:abc=\nREDIS_PASSWORD=null\n",
            &["admin123", "base64:abc="],
        );
        check(
            ".bashrc",
            "export AWS_SECRET_ACCESS_KEY=abc\nexport S3_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY\nalias x='y'\n",
            &["abc"],
        );
        check(".env.local", "TOKEN_URL=https://h\nPUBLIC_KEY_PATH=a\n", &[]);
    }
}

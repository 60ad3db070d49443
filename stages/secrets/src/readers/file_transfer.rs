//! Servers that editors and clients copy files to: FileZilla, and the plugins of Atom, Sublime and VS Code.

use super::syntax::{json, xml};
use super::{Field, Form, Format, is_one_of, pick};

pub(super) const FORMAT: Format = Format {
    rule: "file-transfer-password",
    names: &[
        "filezilla.xml",
        "recentservers.xml",
        "sitemanager.xml",
        "sftp.json",
        "sftp-config.json",
        "sftp-config-alt*.json",
        "sftp-settings.json",
        ".ftpconfig",
        ".ftpsync.json",
        ".ftppass",
        ".remote-sync.json",
        "deployment-config.json",
        "ftpsync.settings",
        "ftp.json",
        "ftp-simple.json",
        "ws_ftp.ini",
        "winscp.ini",
        "dploy.yaml",
    ],
    read,
};

fn read(text: &[u8]) -> Vec<Field> {
    let start = text.trim_ascii_start();
    if start.starts_with(b"<") {
        return pick(xml::read(text), |value| is_one_of(value.name(), &["Pass", "Password"]));
    }
    if start.starts_with(b"{")
        || start.starts_with(b"[") && memchr::memchr(b'"', start).is_some()
        || start.starts_with(b"//")
    {
        return pick(json::read(text), |value| {
            is_one_of(value.name(), &["password", "pass", "passphrase", "pwd"])
        });
    }
    let pairs = super::syntax::pairs::read(text, super::syntax::pairs::Separator::Sign);
    // WinSCP and WS_FTP only obscure what they keep.
    pick(pairs, |value| is_one_of(value.name(), &["PWD", "Password", "pass"]))
        .into_iter()
        .map(|field| Field { form: Form::Obscured, ..field })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn clients_keep_passwords() {
        check(
            "filezilla.xml",
            "<F><Server><Host>h</Host><Pass encoding=\"base64\">YWJj</Pass></Server></F>",
            &["YWJj"],
        );
        check(
            ".vscode/sftp.json",
            r#"{"host": "h", "password": "hunter22", "passphrase": "abc", "promptForPass": false}"#,
            &["hunter22", "abc"],
        );
        check("winscp.ini", "[Sessions\\a]\nHostName=h\nPassword=A35C4A\n", &["A35C4A"]);
    }
}

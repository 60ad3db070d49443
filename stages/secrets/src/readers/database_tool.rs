//! Connections that database tools keep: DBeaver, Robo 3T, SQL Developer, Navicat, pgAdmin, DB clients of editors.

use super::syntax::{json, xml};
use super::{Field, Form, Format, is_one_of};

pub(super) const FORMAT: Format = Format {
    rule: "database-tool-password",
    names: &[
        "robomongo.json",
        "robo3t.json",
        "dbeaver-data-sources.xml",
        ".dbeaver-data-sources*.xml",
        "data-sources.json",
        "data-sources.xml",
        "connections.xml",
        "connections.json",
        "servers.json",
        "*.ncx",
        "sqlworkbench.settings",
        "wbprofiles.xml",
        "*.session.sql",
        "dbvis.xml",
    ],
    read,
};

const SECRET: &[&str] =
    &["password", "userpassword", "sshpassphrase", "sshuserpassword", "sshpassword", "passphrase", "pwd"];

fn read(text: &[u8]) -> Vec<Field> {
    let markup = text.trim_ascii_start().starts_with(b"<");
    let values = if markup { xml::read(text) } else { json::read(text) };
    let secret = values.into_iter().filter(|value| is_one_of(value.name().trim_start_matches('@'), SECRET));
    secret.map(|value| Field { name: value.path.join("."), range: value.range, form: Form::Plain }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn connections_are_read() {
        check(
            "robomongo.json",
            r#"{"c": [{"userName": "u", "userPassword": "abc1", "sshPassphrase": "abc2"}]}"#,
            &["abc1", "abc2"],
        );
        check(
            "dbeaver-data-sources.xml",
            "<d><connection host=\"h\" user=\"u\" password=\"abc1\"/></d>",
            &["abc1"],
        );
    }
}

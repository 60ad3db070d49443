//! Servers and data sources in the project files of JetBrains' editors.

use super::syntax::xml;
use super::{Field, Form, Format};

pub(super) const FORMAT: Format = Format {
    rule: "editor-project-password",
    names: &[
        "webservers.xml",
        "datasources.xml",
        "datasources.local.xml",
        "deployment.xml",
        "sshconfigs.xml",
        ".idea/workspace.xml",
    ],
    read,
};

fn read(text: &[u8]) -> Vec<Field> {
    let values = xml::read(text)
        .into_iter()
        .filter(|value| matches!(value.name(), "@password" | "@passphrase" | "password" | "@ssh-password"));
    // The editor only turns the bits around.
    values
        .map(|value| Field { name: value.path.join("."), range: value.range, form: Form::Obscured })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn attributes_are_read() {
        check(
            ".idea/webservers.xml",
            "<p><webServer><fileTransfer host=\"h\" password=\"dff9df\" port=\"21\"/></webServer></p>",
            &["dff9df"],
        );
    }
}

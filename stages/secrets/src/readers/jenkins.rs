//! Credentials of Jenkins; they are encrypted with a key that lies in the same folder.

use super::syntax::xml;
use super::{Field, Form, Format, is_one_of};

pub(super) const FORMAT: Format = Format {
    rule: "jenkins-credential",
    names: &["credentials.xml", "hudson.*.xml", "jenkins.*.xml", "users/*/config.xml"],
    read,
};

const SECRET: &[&str] = &[
    "password",
    "passphrase",
    "privatekey",
    "secret",
    "apitoken",
    "passwordhash",
    "secretbytes",
    "token",
    "bindpassword",
    "managerpassword",
    "smtpauthpassword",
];

fn read(text: &[u8]) -> Vec<Field> {
    let values = xml::read(text).into_iter().filter(|value| is_one_of(value.name(), SECRET));
    values
        .map(|value| {
            let plain = !matches!(text.get(value.range.start), Some(b'{' | b'#'));
            let form = if plain { Form::Plain } else { Form::Obscured };
            Field { name: value.path.join("."), range: value.range, form }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn encrypted_and_plain_are_read() {
        let text = "<c><username>u</username><password>{AQAAABAAAAAQ}</password><secret>abc</secret></c>";
        assert_eq!(super::read(text.as_bytes()).len(), 2);
    }
}

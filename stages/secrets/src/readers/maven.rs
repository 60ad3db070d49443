//! Servers and their passwords in Maven's settings.

use super::syntax::xml;
use super::{Field, Form, Format, is_one_of};

pub(super) const FORMAT: Format = Format {
    rule: "maven-settings-password",
    names: &["settings.xml", "settings-security.xml", "*-settings.xml"],
    read,
};

fn read(text: &[u8]) -> Vec<Field> {
    let values = xml::read(text)
        .into_iter()
        .filter(|value| is_one_of(value.name(), &["password", "passphrase", "master"]));
    values
        .map(|value| {
            let encrypted = text.get(value.range.start) == Some(&b'{');
            let form = if encrypted { Form::Obscured } else { Form::Plain };
            Field { name: value.path.join("."), range: value.range, form }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn passwords_of_servers_are_read() {
        check(
            ".m2/settings.xml",
            "<settings><servers><server><id>a</id><password>abc1</password></server></servers></settings>",
            &["abc1"],
        );
        check("settings.xml", "<settings><password>${env.PW}</password></settings>", &[]);
    }
}

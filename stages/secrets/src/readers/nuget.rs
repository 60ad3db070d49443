//! Package sources of NuGet.

use super::syntax::xml;
use super::{Field, Form, Format};

pub(super) const FORMAT: Format =
    Format { rule: "nuget-config-password", names: &["nuget.config", "nuget.*.config"], read };

fn read(text: &[u8]) -> Vec<Field> {
    let mut key: Vec<u8> = Vec::new();
    let mut fields = Vec::new();
    for value in xml::read(text) {
        match value.name() {
            "@key" => key = text.get(value.range).unwrap_or_default().to_ascii_lowercase(),
            "@value" if key == b"cleartextpassword" || key == b"password" => {
                let form = if key == b"password" { Form::Obscured } else { Form::Plain };
                fields.push(Field { name: value.path.join("."), range: value.range, form });
            }
            // An API key stands under the address of its source.
            "@value" if value.path.iter().any(|part| part.eq_ignore_ascii_case("apikeys")) => {
                fields.push(Field { name: value.path.join("."), range: value.range, form: Form::Obscured });
            }
            _ => {}
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn passwords_are_read() {
        check(
            "nuget.config",
            r#"<c><s><add key="Username" value="u" /><add key="ClearTextPassword" value="abc1" /></s></c>"#,
            &["abc1"],
        );
        check("nuget.config", r#"<c><s><add key="ClearTextPassword" value="%PW%" /></s></c>"#, &[]);
    }
}

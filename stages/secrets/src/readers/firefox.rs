//! Logins that Firefox keeps; without a primary password the key lies beside them.

use super::syntax::json;
use super::{Field, Form, Format, is_one_of, pick};

pub(super) const FORMAT: Format =
    Format { rule: "firefox-login", names: &["logins.json", "logins-backup.json", "signons.json"], read };

fn read(text: &[u8]) -> Vec<Field> {
    let fields =
        pick(json::read(text), |value| is_one_of(value.name(), &["encryptedPassword", "encryptedUsername"]));
    fields.into_iter().map(|field| Field { form: Form::Obscured, ..field }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn names_and_passwords_are_read() {
        check(
            "logins.json",
            r#"{"logins": [{"hostname": "h", "encryptedUsername": "MDo1", "encryptedPassword": "MDo2"}]}"#,
            &["MDo1", "MDo2"],
        );
    }
}

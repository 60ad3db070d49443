//! Ruby on Rails: the key that opens the encrypted credentials, and the files of secrets before it.

use super::syntax::pairs::{self, Separator};
use super::{Field, Form, Format, is_looked_up, is_one_of, pick, says_secret};

pub(super) const FORMAT: Format = Format {
    rule: "rails-secret",
    names: &[
        "config/master.key",
        "master.key",
        "config/credentials/*.key",
        "secrets.yml",
        "secrets.yaml",
        "database.yml",
        "secret_token.rb",
        "mongoid.yml",
    ],
    read,
};

fn read(text: &[u8]) -> Vec<Field> {
    let key = text.trim_ascii();
    if key.len() == 32 && key.iter().all(u8::is_ascii_hexdigit) {
        let start = text.len() - text.trim_ascii_start().len();
        return vec![Field {
            name: "master key".to_owned(),
            range: start..start + key.len(),
            form: Form::Plain,
        }];
    }
    let erb = |text: &[u8]| memchr::memmem::find(text, b"<%").is_some();
    let values = pairs::read(text, Separator::Sign);
    let mut fields = pick(values, |value| {
        let name = value.name().rsplit('.').next().unwrap_or_default();
        is_one_of(name, &["secret_key_base", "secret_token", "password"]) || says_secret(name)
    });
    fields.retain(|field| {
        let value = text.get(field.range.clone()).unwrap_or_default();
        !erb(value) && !is_looked_up(value)
    });
    fields
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn keys_and_secrets_are_read() {
        check(
            "config/master.key",
            "3ebf21f8e5d1ab86b27a720842c3bb56\n",
            &["3ebf21f8e5d1ab86b27a720842c3bb56"],
        );
        check(
            "secrets.yml",
            "a:\n  secret_key_base: abc1\nb:\n  secret_key_base: <%= ENV[\"X\"] %>\n",
            &["abc1"],
        );
        check("secret_token.rb", "Shop.config.secret_token = ENV['SECRET_TOKEN']\n", &[]);
        check("database.yml", "production:\n  username: u\n  password: pw1\n", &["pw1"]);
    }
}

//! Passwords in the settings of servers: Redis, OpenLDAP, Supervisor, Vault files of Ansible.

use super::syntax::pairs::{self, Separator};
use super::{Field, Form, Format, is_one_of, pick};

pub(super) const FORMAT: Format = Format {
    rule: "server-config-password",
    names: &[
        "redis.conf",
        "redis*.conf",
        "sentinel.conf",
        "slapd.conf",
        "ldap.conf",
        ".vault_pass",
        ".vault_pass.txt",
        "vault_pass.txt",
        ".vault_password",
        "vault_password",
        ".vault-token",
    ],
    read,
};

const SECRET: &[&str] = &["requirepass", "masterauth", "rootpw", "bindpw", "sentinel"];

fn read(text: &[u8]) -> Vec<Field> {
    let whole = text.trim_ascii();
    // A file that holds a password and nothing else.
    if !whole.is_empty() && whole.len() <= 200 && !whole.iter().any(u8::is_ascii_whitespace) {
        let start = text.len() - text.trim_ascii_start().len();
        return vec![Field {
            name: "password".to_owned(),
            range: start..start + whole.len(),
            form: Form::Plain,
        }];
    }
    let mut fields = pick(pairs::read(text, Separator::Space), |value| is_one_of(value.name(), SECRET));
    // `sentinel auth-pass master password`.
    fields.retain_mut(|field| {
        if !field.name.eq_ignore_ascii_case("sentinel") {
            return true;
        }
        let value = text.get(field.range.clone()).unwrap_or_default();
        let Some(last) =
            value.strip_prefix(b"auth-pass ").and_then(|rest| rest.iter().rposition(u8::is_ascii_whitespace))
        else {
            return false;
        };
        field.range.start += b"auth-pass ".len() + last + 1;
        true
    });
    fields
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn passwords_are_read() {
        check("redis.conf", "bind 127.0.0.1\n# requirepass foobared\nrequirepass abc1\n", &["abc1"]);
        check("sentinel.conf", "sentinel monitor m h 1 2\nsentinel auth-pass m abc1\n", &["abc1"]);
        check(".vault_pass", "abc1\n", &["abc1"]);
    }
}

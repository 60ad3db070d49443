//! Passwords of PostgreSQL: `host:port:database:user:password`.

use super::syntax::pairs::lines;
use super::{Field, Form, Format};

pub(super) const FORMAT: Format =
    Format { rule: "pgpass-password", names: &[".pgpass", "pgpass.conf", "pgpass"], read };

fn read(text: &[u8]) -> Vec<Field> {
    lines(text)
        .filter_map(|line| {
            let content = text.get(line.clone())?;
            if content.trim_ascii_start().starts_with(b"#") {
                return None;
            }
            let mut colons = (0..content.len()).filter(|at| {
                content.get(*at) == Some(&b':') && (*at == 0 || content.get(at - 1) != Some(&b'\\'))
            });
            let fourth = colons.nth(3)?;
            let end = content.trim_ascii_end().len().max(fourth + 1);
            let name = String::from_utf8_lossy(content.get(..fourth)?).into_owned();
            Some(Field { name, range: line.start + fourth + 1..line.start + end, form: Form::Plain })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn the_fifth_field_is_the_password() {
        check(
            ".pgpass",
            "#host:port:db:user:pass\nh:5432:*:u:p:w d\nh\\:1:5432:d:u:abc\n::::\n",
            &["p:w d", "abc"],
        );
    }
}

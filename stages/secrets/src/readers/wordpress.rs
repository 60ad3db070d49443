//! Settings of WordPress: the database's password, and the keys that sign cookies.

use super::syntax::pairs::lines;
use super::{Field, Form, Format};

pub(super) const FORMAT: Format = Format {
    rule: "wordpress-config-secret",
    names: &["wp-config.php", "wp-config*", "*wp-config.php"],
    read,
};

const SECRET: &[&str] = &[
    "DB_PASSWORD",
    "AUTH_KEY",
    "SECURE_AUTH_KEY",
    "LOGGED_IN_KEY",
    "NONCE_KEY",
    "AUTH_SALT",
    "SECURE_AUTH_SALT",
    "LOGGED_IN_SALT",
    "NONCE_SALT",
    "SECRET_KEY",
    "FTP_PASS",
    "SMTP_PASSWORD",
    "JWT_AUTH_SECRET_KEY",
    "AWS_SECRET_ACCESS_KEY",
];

/// What the sample file says in place of a key.
const SAMPLE: &[u8] = b"put your unique phrase here";

fn read(text: &[u8]) -> Vec<Field> {
    lines(text)
        .filter_map(|line| {
            let content = text.get(line.clone())?;
            let mut quotes = Quotes { content, at: memchr::memmem::find(content, b"define")? };
            let name = quotes.next()?;
            let behind = name.end + 1;
            let name = std::str::from_utf8(content.get(name)?).ok()?;
            let value = quotes.next()?;
            // `getenv('DB_PASSWORD')` is no value.
            let between = content.get(behind..value.start - 1)?.trim_ascii();
            if between != b"," {
                return None;
            }
            let sample =
                content.get(value.clone())? == SAMPLE || content.get(value.clone())?.ends_with(b"_here");
            (SECRET.contains(&name) && !sample).then(|| Field {
                name: name.to_owned(),
                range: line.start + value.start..line.start + value.end,
                form: if name == "DB_PASSWORD" { Form::Plain } else { Form::Random },
            })
        })
        .collect()
}

/// The quoted strings of a line.
struct Quotes<'a> {
    content: &'a [u8],
    at: usize,
}

impl Quotes<'_> {
    fn next(&mut self) -> Option<std::ops::Range<usize>> {
        let rest = self.content.get(self.at..)?;
        let open = self.at + rest.iter().position(|byte| matches!(byte, b'"' | b'\''))?;
        let quote = *self.content.get(open)?;
        let mut end = open + 1;
        while *self.content.get(end)? != quote {
            end += if self.content.get(end) == Some(&b'\\') { 2 } else { 1 };
        }
        self.at = end + 1;
        Some(open + 1..end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn constants_are_read() {
        let text = "define( 'DB_NAME', 'main' );\ndefine( 'DB_PASSWORD', 'admin' );\ndefine('AUTH_KEY', 'a$(b\\'c');\ndefine('NONCE_KEY', 'put your unique phrase here');\n";
        check("wp-config.php", text, &["admin", "a$(b\\'c"]);
        check("wp-config.php", "define( 'DB_PASSWORD', getenv('DB_PASSWORD') );\n", &[]);
    }
}

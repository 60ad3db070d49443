//! URLs with names and passwords, as git's `store` helper keeps them.

use super::syntax::pairs::lines;
use super::{Field, Form, Format};

pub(super) const FORMAT: Format = Format {
    rule: "git-credentials",
    names: &[".git-credentials", "git-credentials", "git/credentials"],
    read,
};

fn read(text: &[u8]) -> Vec<Field> {
    lines(text)
        .filter_map(|line| {
            let content = text.get(line.clone())?.trim_ascii_end();
            let start = memchr::memmem::find(content, b"://")? + 3;
            let at = memchr::memrchr(b'@', content)?;
            let colon = start + memchr::memchr(b':', content.get(start..at)?)?;
            let name = format!(
                "{}@{}",
                String::from_utf8_lossy(content.get(start..colon)?),
                String::from_utf8_lossy(content.get(at + 1..)?)
            );
            Some(Field { name, range: line.start + colon + 1..line.start + at, form: Form::Plain })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn a_password_may_hold_anything() {
        check(".git-credentials", "https://u@h.example:p!#@4@h.example\nhttps://h.example\n", &["p!#@4"]);
    }
}

//! Machines and their passwords, as `ftp` and `curl` read them.

use super::{Field, Form, Format};

pub(super) const FORMAT: Format =
    Format { rule: "netrc-password", names: &[".netrc", "_netrc", "netrc"], read };

fn read(text: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut machine = String::new();
    let mut previous: &[u8] = b"";
    let mut at = 0;
    for word in text.split(u8::is_ascii_whitespace) {
        let start = at;
        at += word.len() + 1;
        if word.is_empty() {
            continue;
        }
        match previous {
            b"machine" => machine = String::from_utf8_lossy(word).into_owned(),
            b"password" | b"account" => {
                fields.push(Field {
                    name: machine.clone(),
                    range: start..start + word.len(),
                    form: Form::Plain,
                });
            }
            _ => {}
        }
        // A password can be spelled like a keyword.
        previous =
            if matches!(previous, b"machine" | b"login" | b"password" | b"account") { b"" } else { word };
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn passwords_are_read_across_lines() {
        check(
            ".netrc",
            "machine a login b password c12\nmachine d\n  login password\n  password e12\n",
            &["c12", "e12"],
        );
    }
}

//! Passwords of Python package indexes.

use super::syntax::pairs::{self, Separator};
use super::{Field, Format, is_one_of, pick};

pub(super) const FORMAT: Format = Format { rule: "pypirc-password", names: &[".pypirc", "pypirc"], read };

fn read(text: &[u8]) -> Vec<Field> {
    pick(pairs::read(text, Separator::Sign), |value| is_one_of(value.name(), &["password"]))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn passwords_are_read() {
        check(".pypirc", "[pypi]\nusername: a\npassword: b%12\n", &["b%12"]);
    }
}

//! Option files of MySQL's clients.

use super::syntax::pairs::{self, Separator};
use super::{Field, Format, is_one_of, pick};

pub(super) const FORMAT: Format = Format {
    rule: "mysql-config-password",
    names: &[".my.cnf", "my.cnf", "my.ini", "debian.cnf", "client.cnf"],
    read,
};

fn read(text: &[u8]) -> Vec<Field> {
    pick(pairs::read(text, Separator::Sign), |value| {
        is_one_of(value.name(), &["password", "pass", "master-password"])
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn passwords_are_read() {
        check(".my.cnf", "[client]\nuser=root\npassword=\"abc 1\"\n", &["abc 1"]);
    }
}

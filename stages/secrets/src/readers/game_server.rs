//! Administrators' passwords of game and voice servers.

use super::syntax::pairs::{self, Separator};
use super::{Field, Format, is_one_of, pick};

pub(super) const FORMAT: Format = Format {
    rule: "game-server-password",
    names: &[
        "ventrilo_srv.ini",
        "server.properties",
        "murmur.ini",
        "mumble-server.ini",
        "ts3server.ini",
        "serversettings.xml",
        "server.cfg",
    ],
    read,
};

const SECRET: &[&str] = &[
    "adminpassword",
    "password",
    "rcon.password",
    "rcon_password",
    "serverpassword",
    "icesecretwrite",
    "icesecretread",
    "dbpassword",
    "sv_password",
];

fn read(text: &[u8]) -> Vec<Field> {
    let mut values = pairs::read(text, Separator::Sign);
    if values.is_empty() {
        values = pairs::read(text, Separator::Space);
    }
    pick(values, |value| is_one_of(value.name(), SECRET))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn passwords_are_read() {
        check("ventrilo_srv.ini", "[Server]\nName=S\nAdminPassword=abc1\nPassword=abc2\n", &["abc1", "abc2"]);
        check("server.cfg", "hostname \"x\"\nrcon_password \"abc1\"\n", &["abc1"]);
    }
}

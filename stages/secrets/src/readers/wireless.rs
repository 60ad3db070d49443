//! Passphrases of wireless networks.

use super::syntax::pairs::{self, Separator};
use super::{Field, Format, is_one_of, pick};

pub(super) const FORMAT: Format = Format {
    rule: "wireless-network-password",
    names: &["wpa_supplicant.conf", "wpa_supplicant*.conf", "*.nmconnection", "hostapd.conf"],
    read,
};

fn read(text: &[u8]) -> Vec<Field> {
    pick(pairs::read(text, Separator::Sign), |value| {
        is_one_of(value.name(), &["psk", "password", "wpa_passphrase", "wep_key0", "wep-key0"])
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn passphrases_are_read() {
        check("wpa_supplicant.conf", "network={\n  ssid=\"home\"\n  psk=\"abc 123\"\n}\n", &["abc 123"]);
    }
}

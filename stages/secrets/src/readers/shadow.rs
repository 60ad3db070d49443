//! Hashed passwords of a Unix system.

use super::syntax::pairs::lines;
use super::{Field, Format, htpasswd};

pub(super) const FORMAT: Format = Format {
    rule: "shadow-hash",
    names: &[
        "etc/shadow",
        "shadow",
        "shadow-",
        "shadow.bak",
        "etc/gshadow",
        "etc/master.passwd",
        "etc/passwd",
        "passwd",
        "passwd.bak",
        "opasswd",
    ],
    read,
};

fn read(text: &[u8]) -> Vec<Field> {
    lines(text).filter_map(|line| htpasswd::hash(text.get(line.clone())?, line.start)).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn locked_accounts_have_no_hash() {
        let text = "root::17431:0:99999:7:::\ndaemon:*:17431:0:99999:7:::\nu:$6$LnUhhUi45srUKt9i$4Hp6VRTOB2mxvsYH8mwsCfBryg:17431:0:99999:7:::\n";
        let fields = super::read(text.as_bytes());
        assert_eq!(fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["u"]);
    }
}

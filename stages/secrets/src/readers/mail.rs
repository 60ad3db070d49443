//! Mail clients and relays: esmtp, msmtp, fetchmail, mutt, offlineimap, isync, Postfix, sSMTP.

use super::syntax::pairs::{self, Separator, lines};
use super::{Field, Form, Format};

pub(super) const FORMAT: Format = Format {
    rule: "mail-client-password",
    names: &[
        ".esmtprc",
        "esmtprc",
        ".msmtprc",
        "msmtprc",
        ".fetchmailrc",
        "fetchmailrc",
        ".muttrc",
        "muttrc",
        ".offlineimaprc",
        "offlineimaprc",
        ".mbsyncrc",
        "mbsyncrc",
        "sasl_passwd",
        "ssmtp.conf",
        "revaliases",
        ".authinfo",
        "swaks.conf",
        ".mailrc",
    ],
    read,
};

/// Names of passwords; mutt has one for each protocol.
const SECRET: &[&str] = &[
    "password",
    "pass",
    "passwd",
    "remotepass",
    "imap_pass",
    "smtp_pass",
    "pop_pass",
    "authpass",
    "mysql_pass",
];

fn read(text: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    for line in lines(text) {
        let Some(content) = text.get(line.clone()) else { continue };
        if content.trim_ascii_start().starts_with(b"#") {
            continue;
        }
        if let Some(field) = option(content, line.start).or_else(|| relay(content, line.start)) {
            fields.push(field);
        }
    }
    if fields.is_empty() {
        let values = pairs::read(text, Separator::Sign);
        fields = super::pick(values, |value| super::is_one_of(value.name(), SECRET));
    }
    fields
}

/// A name anywhere on the line, then its value: `set smtp_pass="x"`, `… pass x is y here`.
fn option(content: &[u8], start: usize) -> Option<Field> {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'=';
    let mut at = 0;
    for word in content.split(is_end) {
        let behind = at + word.len();
        at = behind + 1;
        let name = std::str::from_utf8(word).unwrap_or_default();
        if !super::is_one_of(name, SECRET) {
            continue;
        }
        let rest = content.get(behind..)?;
        let skip = rest.iter().take_while(|byte| is_end(byte)).count();
        let value = rest.get(skip..)?;
        let (open, length) = match value {
            [quote @ (b'"' | b'\''), body @ ..] => (1, memchr::memchr(*quote, body)?),
            _ => (0, value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len())),
        };
        let from = start + behind + skip + open;
        return (length > 0).then(|| Field {
            name: name.to_owned(),
            range: from..from + length,
            form: Form::Plain,
        });
    }
    None
}

/// A relay with name and password: `[smtp.example]:587 user:password`.
fn relay(content: &[u8], start: usize) -> Option<Field> {
    let content = content.trim_ascii_end();
    let space = content.iter().position(u8::is_ascii_whitespace)?;
    let host = content.get(..space)?;
    let pair = content.get(space..)?;
    let colon = memchr::memchr(b':', pair)?;
    let is_host = host.starts_with(b"[") || host.contains(&b'.');
    let name = String::from_utf8_lossy(host).into_owned();
    (is_host && colon + 1 < pair.len()).then(|| Field {
        name,
        range: start + space + colon + 1..start + content.len(),
        form: Form::Plain,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn passwords_are_read() {
        check(".esmtprc", "hostname h:587\nusername \"a\"\npassword \"abc1\"\n", &["abc1"]);
        check(
            ".muttrc",
            "set imap_user = a\nset imap_pass = 'abc1'\nset smtp_pass=abc2\n",
            &["abc1", "abc2"],
        );
        check(".fetchmailrc", "poll h protocol imap username u password abc1 is me here\n", &["abc1"]);
        check("sasl_passwd", "[smtp.example.com]:587 user:abc1\n", &["abc1"]);
        check(".offlineimaprc", "[x]\nremoteuser = u\nremotepass = abc1\n", &["abc1"]);
        check(".mbsyncrc", "Host h\nPass abc1\n", &["abc1"]);
        check("ssmtp.conf", "AuthUser=u\nAuthPass=abc1\n", &["abc1"]);
    }
}

//! Keys and passwords of tunnels: WireGuard, PPP, IPsec, SMB mounts.

use super::syntax::pairs::{self, Separator, lines};
use super::{Field, Form, Format, is_one_of, pick};

pub(super) const FORMAT: Format = Format {
    rule: "tunnel-secret",
    names: &[
        "wg*.conf",
        "wireguard/*.conf",
        "chap-secrets",
        "pap-secrets",
        "ipsec.secrets",
        ".smbcredentials",
        "smbcredentials",
        ".smbcred",
    ],
    read,
};

fn read(text: &[u8]) -> Vec<Field> {
    let named = pick(pairs::read(text, Separator::Sign), |value| {
        is_one_of(value.name(), &["PrivateKey", "PresharedKey", "password"])
    });
    if !named.is_empty() {
        return named;
    }
    // Sections and elements are those of other settings: a server's `wgi.conf`.
    let other = |line: &std::ops::Range<usize>| matches!(text.get(line.start), Some(b'<' | b'['));
    if lines(text).any(|line| other(&line)) {
        return Vec::new();
    }
    lines(text).filter_map(|line| secret(text.get(line.clone())?, line.start)).collect()
}

/// `client server secret addresses`, or `: PSK "secret"`.
fn secret(content: &[u8], start: usize) -> Option<Field> {
    if content.trim_ascii_start().starts_with(b"#") {
        return None;
    }
    let field = |range: std::ops::Range<usize>| Field {
        name: "secret".to_owned(),
        range: start + range.start..start + range.end,
        form: Form::Plain,
    };
    if let Some(kind) =
        [&b"PSK"[..], b"EAP", b"XAUTH"].iter().filter_map(|kind| memchr::memmem::find(content, kind)).min()
    {
        let open = kind + memchr::memchr(b'"', content.get(kind..)?)? + 1;
        let length = memchr::memchr(b'"', content.get(open..)?)?;
        return Some(field(open..open + length));
    }
    let mut at = 0;
    let mut words = content.split(u8::is_ascii_whitespace).filter_map(|word| {
        let begin = at;
        at += word.len() + 1;
        (!word.is_empty()).then_some(begin..begin + word.len())
    });
    let third = words.nth(2)?;
    let quoted = content.get(third.start) == Some(&b'"') && third.len() > 2;
    Some(field(if quoted { third.start + 1..third.end - 1 } else { third }))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn keys_and_secrets_are_read() {
        check(
            "wg0.conf",
            "[Interface]\nPrivateKey = yAnz5TF=\nListenPort = 1\n[Peer]\nPublicKey = xTIB=\n",
            &["yAnz5TF="],
        );
        check(
            "chap-secrets",
            "# client server secret ip\nuser * \"abc1\" *\nb\tc\tabc2\t*\n",
            &["abc1", "abc2"],
        );
        check("wgi.conf", "<VirtualHost *:80>\nAlias /static /home/static\nRequire all granted x\n", &[]);
        check("ipsec.secrets", ": PSK \"abc1\"\n", &["abc1"]);
    }
}

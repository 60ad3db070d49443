//! Values whose characters alone tell that they are no credential: patterns, formats of dates, alphabets, what is made to be
//! given away.

use crate::value::longest_sequence;
use crate::word_list::WordList;

/// Tells whether the value is of such a kind.
pub(super) fn is_other(value: &[u8]) -> bool {
    is_public(value)
        || is_alphabet(value)
        || is_pattern(value)
        || is_constraint(value)
        || is_mechanism(value)
        || is_call(value)
        || is_sealed(value)
}

/// Beginnings of what is made to be given away.
const PUBLIC: &[&str] = &[
    "-----BEGIN CERTIFICATE",
    "-----BEGIN PGP PUBLIC",
    "-----BEGIN PUBLIC",
    "-----BEGIN RSA PUBLIC",
    "AAAAB3NzaC1",
    "AAAAC3NzaC1",
    "AAAAE2VjZHNh",
    "GTM-",
    // A public key in DER (RFC 5280, section 4.1): RSA of three sizes, P-256, Ed25519.
    "MCowBQYDK2Vw",
    "MFkwEwYHKoZIzj0",
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GN",
    "MIIBIjANBgkqhkiG9w0B",
    "MIICIjANBgkqhkiG9w0B",
    "UA-",
    // `http://` and `https://` in base64.
    "aHR0cDovL",
    "aHR0cHM6Ly",
    "ecdsa-sha2-",
    "openpgp4fpr:",
    "pk_live_",
    "pk_test_",
    // The id of a key of Razorpay, which its form of payment shows; the key itself has no such beginning.
    "rzp_live_",
    "rzp_test_",
    "sk-ssh-",
    "ssh-dss ",
    "ssh-ed25519 ",
    "ssh-rsa ",
];

fn is_public(value: &[u8]) -> bool {
    // What FTP asks of everybody.
    let anonymous = value.eq_ignore_ascii_case(b"anonymous")
        || value.starts_with(b"anonymous@")
        || value.starts_with(b"anon@");
    anonymous || PUBLIC.iter().any(|beginning| value.starts_with(beginning.as_bytes()))
}

/// Tells whether the value is the alphabet of an encoding, a cipher or a generator of passwords: a long stretch of it, every
/// letter once, or nearly all in order.
fn is_alphabet(value: &[u8]) -> bool {
    let mut letters = value.to_ascii_lowercase();
    letters.sort_unstable();
    // `0123456789abcdef` is a token that somebody may have set.
    let stretch = value.split(|byte| !byte.is_ascii_alphabetic()).map(longest_sequence).max().unwrap_or(0);
    let letter_pairs = value.windows(2).filter(|pair| pair.iter().all(u8::is_ascii_alphabetic));
    let (pairs, rising) = letter_pairs.fold((0_usize, 0_usize), |(pairs, rising), pair| match pair {
        [one, next] => (
            pairs + 1,
            rising + usize::from(one.checked_add(3).is_some_and(|far| (*one + 1..=far).contains(next))),
        ),
        _ => (pairs, rising),
    });
    letters.as_slice() == b"abcdefghijklmnopqrstuvwxyz"
        || stretch >= 12 && stretch * 3 >= value.len()
        || pairs >= 16 && rising * 10 >= pairs * 9
}

/// Beginnings of what a tool has encrypted so that it can be committed: EJSON, SOPS and hiera-eyaml, Jasypt, Spring Cloud
/// Config, Ansible, the transit engine of Vault; in base64 a session key that CryptoAPI has encrypted (SIMPLEBLOB), and what
/// DPAPI or the KMS of AWS has.
const SEALED: &[&str] = &[
    "AQAAANCMnd8BFdERjHoAwE",
    "AQIAAA",
    "AQICAH",
    "EJ[1:",
    "ENC[",
    "ENC(",
    "{cipher}",
    "$ANSIBLE_VAULT",
    "vault:v",
    "enc:v",
];

fn is_sealed(value: &[u8]) -> bool {
    SEALED.iter().any(|beginning| value.starts_with(beginning.as_bytes()))
}

/// Tells whether the value is a regular expression, or says how a date is written.
fn is_pattern(value: &[u8]) -> bool {
    static MARKS: WordList = WordList::new(&[
        "(?:", "(?=", "(?!", "(?P<", "(?i)", "[a-z", "[A-Z", "[a-f", "[0-9", "[^", "\\d+", "\\d{", "\\w+",
        "\\w*", "\\s*", "\\s+", "\\S+", "[\\", "yyyy-", "yyyy/", "-yyyy", "/yyyy", ".yyyy", "YYYY-", "YYYY/",
        "HH:mm", "hh:mm", "%Y-%m", "%H:%M",
    ]);
    MARKS.any_in(value)
}

/// Tells whether the value is how a database calls an index or a constraint: `IDX_EE52E3FA`.
fn is_constraint(value: &[u8]) -> bool {
    const KINDS: &[&str] = &["CK_", "DF_", "FK_", "IDX_", "IX_", "PK_", "UNIQ_", "UQ_"];
    KINDS.iter().any(|kind| value.len() > kind.len() && value.starts_with(kind.as_bytes()))
}

/// Tells whether the value is how somebody proves who he is, not what he proves it with: `CRAM-MD5`.
fn is_mechanism(value: &[u8]) -> bool {
    const MECHANISMS: &[&str] = &[
        "CRAM-MD5",
        "DIGEST-MD5",
        "GSSAPI",
        "NTLM",
        "OAUTHBEARER",
        "SCRAM-SHA-1",
        "SCRAM-SHA-256",
        "SCRAM-SHA-512",
        "XOAUTH2",
        "caching_sha2_password",
        "mysql_native_password",
        "scram-sha-256",
        "sha256_password",
    ];
    MECHANISMS.iter().any(|known| known.as_bytes() == value)
}

/// Tells whether the value is a call without arguments, or a member of a class: `pdfPassword()`, `IO::Pipe->new()`.
fn is_call(value: &[u8]) -> bool {
    let path = value.strip_suffix(b"()").or_else(|| value.strip_suffix(b"();")).unwrap_or_default();
    path.first().is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$'))
        && path.iter().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-' | b'>' | b'$' | b'?')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_tell() {
        let check = |value: &str, expected| assert_eq!(is_other(value.as_bytes()), expected, "{value}");
        check("mrk-[a-f0-9]{32}", true);
        check("(?:[\\x21\\x23-\\x27]+)", true);
        check("\\d+-key", true);
        check("yyyy-MM-dd_HH:mm_12H", true);
        check("IDX_EE52E3FA19EB6921", true);
        check("CRAM-MD5", true);
        check("EJ[1:uVYNcUQroXibtBA91lOdIwyM0LVFbcLsSCBfwTLkLVc=:PjTha2M8iB]", true);
        check("ENC(q3kP8sW1)", true);
        check("AQIAAA5mAACkAACKL8tq4Hs9dQ0kZ7xCAF6C", true);
        check("AQAAANCMnd8BFdERjHoAwE/Cl+sBAAAA", true);
        check("rzp_test_7nAt5ORw1yAE4a", true);
        check("anon@ftp.example", true);
        check("AQIDBAUGBwgJCgsM", false);
        check("openpgp4fpr:FED82F1C73FF53FB1EE9926336615E0FD12833CF", true);
        check("IO::Pipe->new()", true);
        check("pdfPassword()", true);
        check("abcdefghkmnpqrstuvwxyzABCDEFHJKLMNPQRSTUVWXYZ23456789_*=?#!()+", true);
        check("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp", true);
        check("aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQ", true);
        check("ALPHABETKEY", false);
        check("hunter2()x", false);
        check("r(m)9nLzz", false);
        check("a[9-Z]k2", false);
        check("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", false);
        check("PK_", false);
        check("cXVvYnl0ZQ==", false);
    }
}

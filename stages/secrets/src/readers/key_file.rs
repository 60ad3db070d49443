//! Files of keys that are no text: PKCS #12, Java's key stores, keys in DER.

use model::SecretVerdict;

use super::{Field, Format};
use crate::candidate::{Candidate, Source};
use crate::detect::der;
use crate::engine_rule::EngineRule;
use crate::rules::Rules;

/// Bytes of Java's key stores, and of its older cousin.
const JAVA: &[[u8; 4]] = &[[0xFE, 0xED, 0xFE, 0xED], [0xCE, 0xCE, 0xCE, 0xCE]];

/// Keys in text are found by their armor; the name adds nothing but a key without one.
pub(super) const FORMAT: Format = Format {
    rule: "bare-key-file",
    names: &[
        "*.key",
        "*.secret_key",
        "id_rsa.b64",
        "*.privkey",
        ".jwt-secret",
        "jwtsecret",
        "secret.key",
        "secret_key",
    ],
    read,
};

fn read(text: &[u8]) -> Vec<Field> {
    let value = text.trim_ascii();
    let start = text.len() - text.trim_ascii_start().len();
    let is_one_word = (16..=4096).contains(&value.len())
        && value.iter().all(u8::is_ascii_graphic)
        && value.iter().any(u8::is_ascii_digit);
    is_one_word
        .then(|| Field {
            name: "key".to_owned(),
            range: start..start + value.len(),
            form: super::Form::Plain,
        })
        .into_iter()
        .collect()
}

/// Recognizes a binary file that holds keys.
pub(crate) fn key_store(bytes: &[u8], rules: &Rules) -> Option<Candidate> {
    let rule = match der::recognize(bytes) {
        _ if is_java(bytes) => EngineRule::KeyStore,
        Some(der::Key::Container) => EngineRule::KeyStore,
        Some(der::Key::Private) => EngineRule::PrivateKey,
        Some(der::Key::Encrypted) => EngineRule::EncryptedPrivateKey,
        None => return None,
    };
    let mut candidate =
        Candidate::new(rules.engine(rule)?, Source::Structure, 0..bytes.len(), SecretVerdict::Checksum);
    candidate.value = Some(blake3::hash(bytes).as_bytes().to_vec());
    Some(candidate)
}

/// Tells whether [`key_store`] may know what begins like this.
pub(crate) fn may_be_key_store(head: &[u8]) -> bool {
    is_java(head) || der::may_begin(head)
}

fn is_java(bytes: &[u8]) -> bool {
    bytes.split_first_chunk::<4>().is_some_and(|(head, _)| JAVA.contains(head))
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::super::tests::check;

    #[test]
    fn a_file_of_one_word_is_a_key() {
        check("secret.key", "0f2a9c41d7e85b36aa10\n", &["0f2a9c41d7e85b36aa10"]);
        check("secret.key", "two words that explain\n", &[]);
        check("keys/premium.key", "0f2a9c41d7e85b36aa10", &["0f2a9c41d7e85b36aa10"]);
        check("keys/premium.key", "not-the-real-key-of-it", &[]);
    }

    #[test]
    fn a_public_key_is_for_everyone() {
        let check = |name: &str, expected| assert_eq!(Reader::may_read(name.as_bytes()), expected, "{name}");
        check("public.key", false);
        check("server_pub.key", false);
        check("server.key", true);
    }
}

//! Just enough DER to tell a private key from other bytes.

/// What a DER value is, as far as keys go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// A private key in the clear.
    Private,
    /// A private key behind a password.
    Encrypted,
    /// A container that holds keys or certificates behind a password (PKCS #12).
    Container,
}

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// Least bytes of private material: an Ed25519 key in PKCS #8 is 48 bytes long in all.
const LEAST: usize = 32;

/// Tells whether [`recognize`] may know what begins like this.
pub(crate) fn may_begin(head: &[u8]) -> bool {
    head.first() == Some(&SEQUENCE)
}

/// Recognizes a key: PKCS #1, PKCS #8 (encrypted or not), SEC 1, the key form of DSA, and PKCS #12.
pub(crate) fn recognize(bytes: &[u8]) -> Option<Key> {
    let (SEQUENCE, body, _) = element(bytes)? else { return None };
    if body.len() < LEAST {
        return None;
    }
    let (tag, first, rest) = element(body)?;
    let (second_tag, second, after) = element(rest)?;
    match (tag, first, second_tag) {
        // Version, algorithm, key (PKCS #8); version 3 and a content (PKCS #12).
        (INTEGER, [0 | 1], SEQUENCE) => {
            let (OBJECT, ..) = element(second)? else { return None };
            let (OCTETS, ..) = element(after)? else { return None };
            Some(Key::Private)
        }
        (INTEGER, [3], SEQUENCE) => matches!(element(second)?, (OBJECT, ..)).then_some(Key::Container),
        // Version, modulus, exponents (PKCS #1), or version, p, q, g, y, x (DSA).
        (INTEGER, [0 | 1], INTEGER) => {
            let mut numbers = 0;
            let mut rest = after;
            while let Some((INTEGER, _, next)) = element(rest) {
                numbers += 1;
                rest = next;
            }
            (numbers >= 4 && second.len() >= LEAST).then_some(Key::Private)
        }
        // Version 1, the number (SEC 1).
        (INTEGER, [1], OCTETS) => (20..=72).contains(&second.len()).then_some(Key::Private),
        // Algorithm, encrypted key (PKCS #8).
        (SEQUENCE, first, OCTETS) => matches!(element(first)?, (OBJECT, ..)).then_some(Key::Encrypted),
        _ => None,
    }
}

/// Splits one element off: its tag, its content, what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ 0..0x80 => (usize::from(short), rest),
        // PKCS #12 is BER: the length may be open; the content then goes on to the end.
        0x80 => (rest.len(), rest),
        long => {
            let count = usize::from(long & 0x7F);
            if count > 4 {
                return None;
            }
            let length = rest.get(..count)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            (length, rest.get(count..)?)
        }
    };
    Some((*tag, rest.get(..length)?, rest.get(length..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let mut out = vec![tag];
        if length < 0x80 {
            out.push(length as u8);
        } else {
            out.extend([0x82, (length >> 8) as u8, length as u8]);
        }
        out.extend(content);
        out
    }

    fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
        wrap(SEQUENCE, &parts.concat())
    }

    #[test]
    fn keys_are_told_apart() {
        let check = |bytes: &[u8], expected: Option<Key>| assert_eq!(recognize(bytes), expected);
        let number = |byte: u8| wrap(INTEGER, &[byte]);
        let algorithm = sequence(&[wrap(OBJECT, &[1, 2, 3])]);
        let big = wrap(INTEGER, &[7; 64]);
        check(&sequence(&[number(0), algorithm.clone(), wrap(OCTETS, &[9; 34])]), Some(Key::Private));
        check(
            &sequence(&[number(0), big.clone(), number(3), big.clone(), big.clone(), big.clone()]),
            Some(Key::Private),
        );
        check(&sequence(&[number(1), wrap(OCTETS, &[9; 32])]), Some(Key::Private));
        check(&sequence(&[algorithm.clone(), wrap(OCTETS, &[9; 200])]), Some(Key::Encrypted));
        check(
            &sequence(&[number(3), sequence(&[wrap(OBJECT, &[1; 9]), vec![]]), vec![9; 40]]),
            Some(Key::Container),
        );
        // A public key: algorithm and bits.
        check(&sequence(&[algorithm, wrap(0x03, &[9; 200])]), None);
        check(&[], None);
        check(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            recognize(&bytes);
        }
    }
}

//! Structural checks: what a credential's own characters prove about it, without asking anybody.

use std::ops::Range;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use crate::pattern::Match;

/// What a check says of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// The value carries a proof that a service of this kind made it.
    Proven,
    /// Nothing can be said.
    Open,
    /// No service made this value.
    Fake,
    /// A service made this value for everybody to see.
    Public,
}

/// A structural check that a rule can ask for by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// Group `checksum` is the CRC-32 of group `body` in base 62, padded to six digits (GitHub, npm).
    Crc32Base62,
    /// Group `checksum` is the CRC-32 of all that stands before its `_`, in hexadecimal, lowest byte first (Grafana).
    Crc32HexLittleEndian,
    /// The last seven characters are the CRC-32 of all before them in base 36 (GitLab's routable tokens). A mismatch
    /// proves nothing: the format has had revisions.
    Crc32Base36,
    /// The characters behind the first four hold the account's number in base 32 (AWS).
    AwsKeyId,
    /// Group `json` is a JSON object in base64.
    Base64Json,
    /// Group `macaroon` is a macaroon in base64: version 2, a location first (PyPI).
    Macaroon,
    /// Group `snowflake` is a decimal number in base64 (Discord).
    Snowflake,
    /// The value ends in the checksum of Bech32 (age).
    Bech32,
    /// Three parts: a header with an algorithm, claims, a signature (JSON Web Token). The group `jwt` is judged when there is
    /// one, else the value.
    Jwt,
    /// Group `bytes` is base64 of exactly 64 bytes (Azure's account keys).
    Base64Of64,
    /// The value stands among the settings of a Firebase application, all of which are in its pages and packages.
    Firebase,
}

/// Name in rule files → check. The list exists here alone.
const CHECKS: &[(&str, Check)] = &[
    ("crc32-base62", Check::Crc32Base62),
    ("crc32-hex-little-endian", Check::Crc32HexLittleEndian),
    ("crc32-base36", Check::Crc32Base36),
    ("aws-key-id", Check::AwsKeyId),
    ("base64-json", Check::Base64Json),
    ("macaroon", Check::Macaroon),
    ("snowflake", Check::Snowflake),
    ("bech32", Check::Bech32),
    ("jwt", Check::Jwt),
    ("base64-of-64", Check::Base64Of64),
    ("firebase", Check::Firebase),
];

/// A name that is no check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a structural check (known: {known})", known = names())]
pub struct CheckError(pub String);

fn names() -> String {
    CHECKS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

impl FromStr for Check {
    type Err = CheckError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = CHECKS.iter().find(|(name, _)| *name == text);
        known.map(|(_, check)| *check).ok_or_else(|| CheckError(text.to_owned()))
    }
}

impl Check {
    /// Tells whether the check can prove a value by itself, in the middle of a word too.
    pub(crate) const fn can_prove(self) -> bool {
        match self {
            Self::Crc32Base62
            | Self::Crc32HexLittleEndian
            | Self::Crc32Base36
            | Self::Macaroon
            | Self::Bech32
            | Self::Jwt => true,
            Self::AwsKeyId | Self::Base64Json | Self::Snowflake | Self::Base64Of64 | Self::Firebase => false,
        }
    }

    /// Judges a match. A check whose group the match lacks has nothing to say.
    pub(crate) fn judge(self, text: &[u8], found: &Match) -> Judgement {
        let group = |name: &str| found.group(name).and_then(|range| text.get(range));
        let secret = text.get(found.secret.clone()).unwrap_or_default();
        match self {
            Self::Crc32Base62 => pair(group("body"), group("checksum"), crc32_base62),
            Self::Crc32HexLittleEndian => {
                let before =
                    found.group("checksum").and_then(|sum| text.get(found.secret.start..sum.start - 1));
                pair(before, group("checksum"), crc32_hex_little_endian)
            }
            Self::Crc32Base36 => crc32_base36(secret),
            Self::AwsKeyId => aws_key_id(secret),
            Self::Base64Json => group("json").map_or(Judgement::Open, base64_json),
            Self::Macaroon => group("macaroon").map_or(Judgement::Open, macaroon),
            Self::Snowflake => group("snowflake").map_or(Judgement::Open, snowflake),
            Self::Bech32 => bech32(secret),
            Self::Jwt => crate::detect::jwt::judge(group("jwt").unwrap_or(secret)),
            Self::Base64Of64 => group("bytes").map_or(Judgement::Open, |bytes| length_of(bytes, 64)),
            Self::Firebase if is_of_firebase(text, &found.secret) => Judgement::Public,
            Self::Firebase => Judgement::Open,
        }
    }
}

/// Bytes before and behind a key in which the other settings of its application stand.
const SETTINGS: usize = 600;

/// Tells whether the value stands among the settings of a Firebase application.
pub(crate) fn is_of_firebase(text: &[u8], value: &Range<usize>) -> bool {
    const MARKS: &[&str] =
        &["apikeycurrentkey", "authdomain", "gcmsenderid", "messagingsenderid", "mobilesdkappid"];
    let near = value.start.saturating_sub(SETTINGS)..text.len().min(value.end + SETTINGS);
    let letters = text.get(near).unwrap_or_default().iter().filter(|byte| byte.is_ascii_alphabetic());
    let letters: Vec<u8> = letters.map(u8::to_ascii_lowercase).collect();
    MARKS.iter().any(|mark| memchr::memmem::find(&letters, mark.as_bytes()).is_some())
}

fn pair(body: Option<&[u8]>, sum: Option<&[u8]>, judge: fn(&[u8], &[u8]) -> Judgement) -> Judgement {
    body.zip(sum).map_or(Judgement::Open, |(body, sum)| judge(body, sum))
}

const fn proven_or_fake(proven: bool) -> Judgement {
    if proven { Judgement::Proven } else { Judgement::Fake }
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn crc32_base62(body: &[u8], checksum: &[u8]) -> Judgement {
    proven_or_fake(digits(crc32fast::hash(body), BASE62, 6) == checksum)
}

/// Writes a number in the base that the alphabet has digits for, padded with its zero.
fn digits(mut number: u32, alphabet: &[u8], width: usize) -> Vec<u8> {
    let base = alphabet.len() as u32;
    let mut text = Vec::with_capacity(width);
    while number > 0 {
        text.extend(alphabet.get((number % base) as usize));
        number /= base;
    }
    text.resize(width.max(text.len()), alphabet.first().copied().unwrap_or(b'0'));
    text.reverse();
    text
}

fn crc32_hex_little_endian(before: &[u8], checksum: &[u8]) -> Judgement {
    let sum: String =
        crc32fast::hash(before).to_le_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    proven_or_fake(sum.as_bytes() == checksum)
}

fn crc32_base36(secret: &[u8]) -> Judgement {
    let Some((before, checksum)) = secret.split_last_chunk::<7>() else { return Judgement::Open };
    let alphabet = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let same = digits(crc32fast::hash(before), alphabet, 7) == checksum;
    if same { Judgement::Proven } else { Judgement::Open }
}

/// Forty bits behind the first say the account. Ids from before 2019 (fifth character `I` or `J`) carry none.
fn aws_key_id(secret: &[u8]) -> Judgement {
    let Some(body) = secret.get(4..20) else { return Judgement::Open };
    let mut bits: u64 = 0;
    for byte in body.iter().take(10) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return Judgement::Fake,
        };
        bits = bits << 5 | u64::from(digit);
    }
    if matches!(body.first(), Some(b'I' | b'J')) {
        return Judgement::Open;
    }
    // Fifty bits are read; the account is in bits 1 to 40 from the top.
    let account = bits >> 9 & 0xFF_FFFF_FFFF;
    if account < 1_000_000_000_000 { Judgement::Open } else { Judgement::Fake }
}

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
static STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);
static URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, LENIENT);

/// Decodes base64 in either alphabet, padded or not.
pub(crate) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    alphabet(text).decode(text).ok()
}

/// Like [`base64`], into a buffer that is large enough.
pub(crate) fn base64_into<'a>(text: &[u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let length = alphabet(text).decode_slice(text, buffer).ok()?;
    buffer.get(..length)
}

fn alphabet(text: &[u8]) -> &'static GeneralPurpose {
    let url_safe = text.iter().any(|byte| matches!(byte, b'-' | b'_'));
    if url_safe { &URL_SAFE } else { &STANDARD }
}

fn base64_json(text: &[u8]) -> Judgement {
    // A value may be cut off behind the object; what counts is that an object is there.
    let Some(bytes) = base64(text).or_else(|| base64(text.get(..text.len() / 4 * 4)?)) else {
        return Judgement::Fake;
    };
    let mut values = serde_json::Deserializer::from_slice(&bytes).into_iter::<serde_json::Value>();
    proven_or_fake(matches!(values.next(), Some(Ok(serde_json::Value::Object(_)))))
}

fn macaroon(text: &[u8]) -> Judgement {
    let Some(bytes) = base64(text).or_else(|| base64(text.get(..text.len() / 4 * 4)?)) else {
        return Judgement::Fake;
    };
    // Version 2, then field 1 (location) with its length.
    let [2, 1, length, rest @ ..] = bytes.as_slice() else { return Judgement::Fake };
    let location = rest.get(..usize::from(*length));
    proven_or_fake(location.is_some_and(|text| text.is_ascii() && text.contains(&b'.')))
}

fn snowflake(text: &[u8]) -> Judgement {
    let number = base64(text);
    let is_number = |bytes: &[u8]| (15..=20).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit);
    proven_or_fake(number.is_some_and(|bytes| is_number(&bytes)))
}

fn length_of(text: &[u8], expected: usize) -> Judgement {
    match base64(text) {
        Some(bytes) if bytes.len() == expected => Judgement::Open,
        Some(_) | None => Judgement::Fake,
    }
}

/// BIP 173: the checksum covers the expanded prefix and every data character.
fn bech32(secret: &[u8]) -> Judgement {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let lower = secret.to_ascii_lowercase();
    let Some(separator) = lower.iter().rposition(|byte| *byte == b'1') else { return Judgement::Fake };
    let (prefix, data) = lower.split_at(separator);
    let mut sum: u32 = 1;
    let mut push = |value: u8| {
        const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
        let top = sum >> 25;
        sum = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
        for (bit, generator) in GENERATOR.iter().enumerate() {
            if top >> bit & 1 == 1 {
                sum ^= generator;
            }
        }
    };
    prefix.iter().for_each(|byte| push(byte >> 5));
    push(0);
    prefix.iter().for_each(|byte| push(byte & 31));
    for byte in data.iter().skip(1) {
        let Some(value) = ALPHABET.iter().position(|known| known == byte) else { return Judgement::Fake };
        push(u8::try_from(value).unwrap_or(0));
    }
    proven_or_fake(sum == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{Edges, Pattern};

    fn check(name: &str, pattern: &str, text: &str, expected: Judgement) {
        let pattern = Pattern::new(pattern.into(), Edges::None);
        let found = pattern.at(text.as_bytes(), 0, text.len()).unwrap();
        assert_eq!(name.parse::<Check>().unwrap().judge(text.as_bytes(), &found), expected, "{name} {text}");
    }

    #[test]
    fn checksums_tell_real_from_made_up() {
        let github = "ghp_(?<body>\\w{30})(?<checksum>\\w{6})";
        check(
            "crc32-base62",
            github,
            &join("ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"),
            Judgement::Proven,
        );
        check("crc32-base62", github, &join("ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18"), Judgement::Fake);
        let grafana = "glsa_\\w{32}_(?<checksum>[0-9a-f]{8})";
        check(
            "crc32-hex-little-endian",
            grafana,
            "glsa_HOruNAb7SOiCdshU9algkrq7FDsNSLAa_54e2f8be",
            Judgement::Proven,
        );
        check(
            "crc32-hex-little-endian",
            grafana,
            "glsa_HOruNAb7SOiCdshU9algkrq7FDsNSLAa_55e2f8be",
            Judgement::Fake,
        );
        // BIP 173 gives this string as valid.
        check("bech32", ".+", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", Judgement::Proven);
        check("bech32", ".+", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxx", Judgement::Fake);
    }

    #[test]
    fn structure_tells_real_from_made_up() {
        check("aws-key-id", ".+", &join("AKIA", "QYLPMN5HHHFPZAM2"), Judgement::Open);
        check("aws-key-id", ".+", &join("AKIA", "IOSFODNN7EXAMPLE"), Judgement::Open);
        check("aws-key-id", ".+", &join("AKIA", "0123456789ABCDEF"), Judgement::Fake);
        check("base64-json", "(?<json>.+)", "eyJpYXQiOjF9", Judgement::Proven);
        check("base64-json", "(?<json>.+)", "eyJpYXQiOjFx", Judgement::Fake);
        check("macaroon", "(?<macaroon>.+)", "AgEIcHlwaS5vcmcCJDk3", Judgement::Proven);
        check("macaroon", "(?<macaroon>.+)", "AgEIcHlwaXgvcmcCJDk3", Judgement::Fake);
        check("snowflake", "(?<snowflake>.+)", "MTIzNDU2Nzg5MDEyMzQ1Njc4", Judgement::Proven);
        check("snowflake", "(?<snowflake>.+)", "QUJDNDU2Nzg5MDEyMzQ1Njc4", Judgement::Fake);
    }

    #[test]
    fn an_unknown_check_lists_the_known() {
        let error = "md5".parse::<Check>().unwrap_err().to_string();
        assert!(error.starts_with("`md5` is not a structural check (known: crc32-base62, "), "{error}");
    }

    /// Keeps whole credentials out of the source, where other scanners would find them.
    fn join(prefix: &str, rest: &str) -> String {
        format!("{prefix}{rest}")
    }
}

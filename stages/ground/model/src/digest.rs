//! Content digests, tagged with their algorithm so that two kinds never compare equal by accident.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hex;

/// How a [`Digest`] was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// BLAKE3 over the plain bytes: files outside git, cache keys.
    Blake3,
    /// SHA-256 over the plain bytes: OCI content, downloads.
    Sha256,
    /// The object id of a git blob in a SHA-1 repository.
    GitSha1,
    /// The object id of a git blob in a SHA-256 repository.
    GitSha256,
}

impl Algorithm {
    const ALL: [Self; 4] = [Self::Blake3, Self::Sha256, Self::GitSha1, Self::GitSha256];

    /// Returns the prefix of the text form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blake3 => "blake3",
            Self::Sha256 => "sha256",
            Self::GitSha1 => "git-sha1",
            Self::GitSha256 => "git-sha256",
        }
    }

    /// Returns the digest's length in bytes.
    pub const fn length(self) -> usize {
        match self {
            Self::GitSha1 => 20,
            Self::Blake3 | Self::Sha256 | Self::GitSha256 => 32,
        }
    }
}

/// A digest of some content. Its text form is `algorithm:hex`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    bytes: [u8; 32],
}

/// Why a text is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// The prefix names no known algorithm.
    #[error("`{0}` does not start with a known digest algorithm")]
    Algorithm(String),
    /// The part behind the colon is not hexadecimal of the right length.
    #[error("`{0}` is not {1} bytes of hexadecimal")]
    Hex(String, usize),
}

impl Digest {
    /// Takes the raw bytes of a digest; `None` when their number does not fit the algorithm.
    pub fn new(algorithm: Algorithm, raw: &[u8]) -> Option<Self> {
        if raw.len() != algorithm.length() {
            return None;
        }
        let mut bytes = [0; 32];
        bytes.get_mut(..raw.len())?.copy_from_slice(raw);
        Some(Self { algorithm, bytes })
    }

    /// Returns the BLAKE3 digest of `content`.
    pub fn of(content: &[u8]) -> Self {
        Self { algorithm: Algorithm::Blake3, bytes: *blake3::hash(content).as_bytes() }
    }

    /// Wraps a finished BLAKE3 hash.
    pub fn from_blake3(hash: blake3::Hash) -> Self {
        Self { algorithm: Algorithm::Blake3, bytes: *hash.as_bytes() }
    }

    /// Takes the object id of a git blob in a SHA-1 repository.
    pub fn git_sha1(id: [u8; 20]) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(id) {
            *to = from;
        }
        Self { algorithm: Algorithm::GitSha1, bytes }
    }

    /// Takes the object id of a git blob in a SHA-256 repository.
    pub const fn git_sha256(bytes: [u8; 32]) -> Self {
        Self { algorithm: Algorithm::GitSha256, bytes }
    }

    /// Returns how the digest was made.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the digest's bytes, as many as the algorithm has.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.algorithm.length()).unwrap_or(&self.bytes)
    }

    /// Returns the digest in lower-case hexadecimal, without the algorithm.
    pub fn hex(&self) -> String {
        hex::encode(self.bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || DigestError::Algorithm(text.to_owned());
        let (name, digits) = text.split_once(':').ok_or_else(unknown)?;
        let algorithm = Algorithm::ALL.into_iter().find(|a| a.name() == name).ok_or_else(unknown)?;
        let malformed = || DigestError::Hex(text.to_owned(), algorithm.length());
        hex::decode(digits.as_bytes()).and_then(|raw| Self::new(algorithm, &raw)).ok_or_else(malformed)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        let git = Digest::new(Algorithm::GitSha1, &[7; 20]).unwrap();
        assert_eq!(git.to_string(), format!("git-sha1:{}", "07".repeat(20)));
        assert_eq!(git.to_string().parse::<Digest>().unwrap(), git);
    }

    #[test]
    fn malformed_text_is_refused() {
        for text in
            ["", "blake3", "md5:00", "blake3:zz", "git-sha1:é", &format!("blake3:{}", "+f".repeat(32))]
        {
            // The last one: what reads numbers may take a sign, which must not pass for a digit.
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }
}

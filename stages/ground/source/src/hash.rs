//! Content ids: what `git hash-object` says, or BLAKE3 where there is no repository.

use model::{Algorithm, Digest};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

/// Hashes the content of a file piece by piece.
pub(crate) enum ContentHasher {
    Sha1(Sha1),
    Sha256(Sha256),
    Blake3(Box<blake3::Hasher>),
}

impl ContentHasher {
    /// Begins a file of `length` bytes: git puts the length ahead of the content.
    pub(crate) fn new(algorithm: Algorithm, length: u64) -> Self {
        let header = format!("blob {length}\0");
        match algorithm {
            Algorithm::GitSha1 => Self::Sha1(Sha1::new_with_prefix(header)),
            Algorithm::GitSha256 => Self::Sha256(Sha256::new_with_prefix(header)),
            Algorithm::Blake3 | Algorithm::Sha256 => Self::Blake3(Box::new(blake3::Hasher::new())),
        }
    }

    /// Takes the next piece.
    pub(crate) fn update(&mut self, piece: &[u8]) {
        match self {
            Self::Sha1(hasher) => hasher.update(piece),
            Self::Sha256(hasher) => hasher.update(piece),
            Self::Blake3(hasher) => {
                hasher.update(piece);
            }
        }
    }

    /// Returns the id.
    pub(crate) fn finish(self) -> Digest {
        match self {
            Self::Sha1(hasher) => Digest::git_sha1(hasher.finalize().into()),
            Self::Sha256(hasher) => Digest::git_sha256(hasher.finalize().into()),
            Self::Blake3(hasher) => Digest::from_blake3(hasher.finalize()),
        }
    }
}

/// Returns the id of an object of git, its header with it.
pub(crate) fn object_id(algorithm: Algorithm, object: &[u8]) -> Digest {
    match algorithm {
        Algorithm::GitSha256 => Digest::git_sha256(Sha256::digest(object).into()),
        Algorithm::GitSha1 | Algorithm::Blake3 | Algorithm::Sha256 => {
            Digest::git_sha1(Sha1::digest(object).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content_id(algorithm: Algorithm, bytes: &[u8]) -> Digest {
        let mut hasher = ContentHasher::new(algorithm, bytes.len() as u64);
        hasher.update(bytes);
        hasher.finish()
    }

    #[test]
    fn ids_are_those_of_git() {
        for (algorithm, expected) in [
            (Algorithm::GitSha1, "git-sha1:ce013625030ba8dba906f756967f9e9ca394464a"),
            (
                Algorithm::GitSha256,
                "git-sha256:2cf8d83d9ee29543b34a87727421fdecb7e3f3a183d337639025de576db9ebb4",
            ),
        ] {
            assert_eq!(content_id(algorithm, b"hello\n").to_string(), expected);
        }
        assert_eq!(content_id(Algorithm::Blake3, b"hello\n"), Digest::of(b"hello\n"));
    }
}

//! The key that entries are tagged with.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// The key that entries are tagged with. Never printed.
#[derive(Clone)]
pub struct Key([u8; 32]);

/// A tag over an entry: the first 128 bits of a keyed BLAKE3 hash.
pub(crate) type Tag = [u8; 16];

impl Key {
    /// Derives a key from the text that a trusted run is given (`SLUICEGATE_CACHE_KEY`).
    pub fn from_text(text: &str) -> Self {
        Self(blake3::derive_key("sluicegate results cache key v1", text.as_bytes()))
    }

    /// Reads the key of this machine's user, or makes it on first use. The file is readable by the user alone. Two runs
    /// that make it at once agree on one.
    pub fn of_user(file: &Path) -> io::Result<Self> {
        match fs::read(file) {
            Ok(bytes) => {
                let wrong =
                    || io::Error::new(io::ErrorKind::InvalidData, "the cache key file is not 32 bytes");
                return Ok(Self(bytes.try_into().map_err(|_| wrong())?));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let folder = file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
        fresh.write_all(&bytes)?;
        fresh.as_file().sync_all()?;
        match fresh.persist_noclobber(file) {
            Ok(_) => Ok(Self(bytes)),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Self::of_user(file),
            Err(error) => Err(error.error),
        }
    }

    /// Returns the tag of an entry.
    pub(crate) fn tag(&self, name: &[u8], value: &[u8]) -> Tag {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&(name.len() as u64).to_le_bytes()).update(name).update(value);
        let mut tag = Tag::default();
        hasher.finalize_xof().fill(&mut tag);
        tag
    }

    /// Tells whether `tag` is that of the entry, in constant time.
    pub(crate) fn confirms(&self, tag: &[u8], name: &[u8], value: &[u8]) -> bool {
        let expected = self.tag(name, value);
        tag.len() == expected.len() && tag.iter().zip(expected).fold(0, |rest, (a, b)| rest | (a ^ b)) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_key_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/cache.key");
        let first = Key::of_user(&file).unwrap();
        let again = Key::of_user(&file).unwrap();
        assert_eq!(first.tag(b"n", b"v"), again.tag(b"n", b"v"));
        assert_ne!(first.tag(b"n", b"v"), Key::from_text("other").tag(b"n", b"v"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0);
        }
    }

    #[test]
    fn a_damaged_key_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cache.key");
        fs::write(&file, b"short").unwrap();
        assert!(Key::of_user(&file).is_err());
    }
}

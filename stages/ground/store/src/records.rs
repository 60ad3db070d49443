//! What whole stages said, one file for each declaration, holding the few latest variants.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Key;

/// Variants kept of one declaration: branches that are switched between stay warm.
const MOST_VARIANTS: usize = 6;
/// A file larger than this, unpacked, is not believed.
const MOST_BYTES: u64 = 1 << 30;

#[derive(Serialize, Deserialize, Default)]
struct Variants(Vec<Vec<u8>>);

/// Returns the variants kept under `name`, newest first; empty when there are none that `key` confirms.
pub(crate) fn recall(folder: &Path, name: &str, key: &Key) -> Vec<Vec<u8>> {
    let read = || {
        let bytes = fs::read(file(folder, name)).ok()?;
        let (tag, packed) = bytes.split_at_checked(16)?;
        if !key.confirms(tag, name.as_bytes(), packed) {
            return None;
        }
        let mut plain = Vec::new();
        let mut reader = io::Read::take(zstd::Decoder::new(packed).ok()?, MOST_BYTES);
        io::Read::read_to_end(&mut reader, &mut plain).ok()?;
        postcard::from_bytes::<Variants>(&plain).ok()
    };
    read().unwrap_or_default().0
}

/// Puts a variant in front of those kept under `name`. `same` tells which older variant it replaces.
pub(crate) fn keep(
    folder: &Path,
    name: &str,
    key: &Key,
    value: Vec<u8>,
    same: impl Fn(&[u8]) -> bool,
) -> io::Result<()> {
    let mut variants = recall(folder, name, key);
    variants.retain(|variant| !same(variant));
    variants.insert(0, value);
    variants.truncate(MOST_VARIANTS);
    let plain = postcard::to_stdvec(&Variants(variants)).map_err(io::Error::other)?;
    let packed = zstd::encode_all(&plain[..], 1)?;
    fs::create_dir_all(folder)?;
    let mut out = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
    out.write_all(&key.tag(name.as_bytes(), &packed))?;
    out.write_all(&packed)?;
    out.persist(file(folder, name)).map_err(|error| error.error)?;
    Ok(())
}

fn file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.record"))
}

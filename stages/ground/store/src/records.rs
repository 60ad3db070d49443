//! What whole stages said, one file for each declaration, holding the few latest variants.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::Key;

/// Variants kept of one declaration: branches that are switched between stay warm, and so do repositories that are configured
/// alike, of which there may be many where they are small.
const MOST_VARIANTS: usize = 64;
/// So many are kept however large they are.
const LEAST_VARIANTS: usize = 6;
/// Bytes up to which there are more: every run reads all of them.
const MOST_KEPT: usize = 1 << 20;
/// Half of what is kept are digests, which nothing makes smaller: the least effort, at each run.
const LEVEL: i32 = -5;
/// A file larger than this, unpacked, is not believed.
const MOST_BYTES: u64 = 1 << 30;

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
        split(&plain)
    };
    read().unwrap_or_default()
}

/// Reads what [`joined`] made.
fn split(mut plain: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut variants = Vec::new();
    while let Some((length, rest)) = plain.split_first_chunk() {
        let (variant, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        variants.push(variant.to_vec());
        plain = rest;
    }
    plain.is_empty().then_some(variants)
}

/// Puts variants one behind the other, each with its length.
fn joined(variants: &[Vec<u8>]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(variants.iter().map(|variant| variant.len() + 8).sum());
    for variant in variants {
        plain.extend((variant.len() as u64).to_le_bytes());
        plain.extend(variant);
    }
    plain
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
    variants.truncate(room(&variants));
    write(folder, name, key, &variants)
}

/// Returns how many of the variants stay, newest first.
fn room(variants: &[Vec<u8>]) -> usize {
    let mut bytes = 0;
    let fits = |variant: &&Vec<u8>| {
        bytes += variant.len();
        bytes <= MOST_KEPT
    };
    variants.iter().take_while(fits).count().clamp(LEAST_VARIANTS, MOST_VARIANTS)
}

/// Puts one value under `name` in place of all that is kept there.
pub(crate) fn replace(folder: &Path, name: &str, key: &Key, value: Vec<u8>) -> io::Result<()> {
    write(folder, name, key, &[value])
}

fn write(folder: &Path, name: &str, key: &Key, variants: &[Vec<u8>]) -> io::Result<()> {
    let packed = zstd::encode_all(&joined(variants)[..], LEVEL)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_come_back() {
        for variants in [vec![], vec![vec![]], vec![b"one".to_vec(), Vec::new(), vec![7; 300]]] {
            assert_eq!(split(&joined(&variants)), Some(variants));
        }
    }

    #[test]
    fn small_variants_are_many_and_large_ones_few() {
        let check = |length: usize, count: usize, expected: usize| {
            assert_eq!(room(&vec![vec![0; length]; count]).min(count), expected, "{count} of {length}");
        };
        check(1 << 10, 200, MOST_VARIANTS);
        check(1 << 10, 3, 3);
        check(1 << 16, 200, 16);
        check(MOST_KEPT, 200, LEAST_VARIANTS);
    }

    #[test]
    fn what_is_cut_off_is_not_there() {
        let plain = joined(&[b"one".to_vec(), b"two".to_vec()]);
        for end in (0..plain.len()).filter(|end| ![0, 11].contains(end)) {
            assert_eq!(split(&plain[..end]), None, "{end}");
        }
        assert_eq!(split(&[u8::MAX; 20]), None);
    }
}

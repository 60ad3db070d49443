//! Finds in a shard. The file may be torn or hostile: every answer is checked, the worst that can come is an error.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::{Algorithm, Digest};
use xxhash_rust::xxh3::xxh3_64;

use super::blocks::Blocks;
use super::layout::{
    BOUND, DIGEST, Entry, FORMAT, Header, Label, MAGIC, PRELUDE, Package, Part, Place, SHELF, SHELF_MOST,
    SLOT, Summary,
};
use super::mapping::Bytes;
use crate::Text;

/// Why a shard cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ShardError {
    /// The file cannot be opened or mapped.
    #[error("cannot open the advisory index {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The file is something else.
    #[error("not an advisory index")]
    Foreign,
    /// The file was written by another version of the tool.
    #[error("the advisory index has format {0}, this version reads {FORMAT}")]
    Format(u32),
    /// The file is cut off, or was changed since it was written.
    #[error("the advisory index is damaged")]
    Damaged,
}

/// An opened shard.
pub(crate) struct Shard {
    blocks: Blocks,
    header: Header,
    digest: Digest,
    packages: usize,
    shelves: usize,
    versions: usize,
}

impl Shard {
    pub(crate) fn open(path: &Path) -> Result<Self, ShardError> {
        let opened = Bytes::map(path).map_err(|source| ShardError::Open { path: path.to_owned(), source })?;
        Self::new(opened)
    }

    pub(crate) fn from_bytes(bytes: Arc<[u8]>) -> Result<Self, ShardError> {
        Self::new(Bytes::Shared(bytes))
    }

    pub(crate) fn lent(bytes: Arc<dyn AsRef<[u8]> + Send + Sync>) -> Result<Self, ShardError> {
        Self::new(Bytes::Lent(bytes))
    }

    /// Maps a file without looking into it.
    pub(crate) fn map(path: &Path) -> Result<Arc<dyn AsRef<[u8]> + Send + Sync>, ShardError> {
        let mapped = Bytes::map(path).map_err(|source| ShardError::Open { path: path.to_owned(), source })?;
        Ok(Arc::new(mapped))
    }

    fn new(bytes: Bytes) -> Result<Self, ShardError> {
        let prelude = bytes.get(..PRELUDE).ok_or(ShardError::Foreign)?;
        if !prelude.starts_with(&MAGIC) {
            return Err(ShardError::Foreign);
        }
        let format = u32_at(prelude, 8)?;
        if format != FORMAT {
            return Err(ShardError::Format(format));
        }
        let start = PRELUDE.checked_add(index(u32_at(prelude, 12)?)).ok_or(ShardError::Damaged)?;
        let header = bytes.get(PRELUDE..start).ok_or(ShardError::Damaged)?;
        let length = u64_at(prelude, 24)?;
        if xxh3_64(header) != u64_at(prelude, 16)? || u64::try_from(bytes.len()) != Ok(length) {
            return Err(ShardError::Damaged);
        }
        let header: Header = postcard::from_bytes(header).map_err(|_| ShardError::Damaged)?;
        let body = Self::body(&header)?;
        let sums = start.checked_add(body).ok_or(ShardError::Damaged)?;
        let end = bytes.len().checked_sub(DIGEST).filter(|end| *end >= sums).ok_or(ShardError::Damaged)?;
        let digest = bytes
            .get(end..)
            .and_then(|raw| Digest::new(Algorithm::Blake3, raw))
            .ok_or(ShardError::Damaged)?;
        if bytes.get(sums..end).map(xxh3_64) != Some(header.sums) {
            return Err(ShardError::Damaged);
        }
        let blocks = Blocks::new(bytes, start..sums, sums..end).ok_or(ShardError::Damaged)?;
        let packages = Self::count(header.slots, SLOT)?;
        if header.bits >= usize::BITS || Self::count(header.fan, BOUND)? != 1 << header.bits {
            return Err(ShardError::Damaged);
        }
        let (versions, shelves) = (Self::count(header.bounds, BOUND)?, Self::count(header.shelves, SHELF)?);
        Ok(Self { blocks, header, digest, packages, shelves, versions })
    }

    /// Returns the body's length: its parts follow each other without a hole.
    fn body(header: &Header) -> Result<usize, ShardError> {
        let parts = [
            header.fan,
            header.slots,
            header.records,
            header.bounds,
            header.versions,
            header.shelves,
            header.words,
        ];
        let end = parts
            .iter()
            .try_fold(0_u64, |at, part| (part.start == at).then(|| at.checked_add(part.length))?);
        end.and_then(|end| usize::try_from(end).ok()).ok_or(ShardError::Damaged)
    }

    /// Returns how many entries a part of starts holds, the last being the end alone.
    fn count(part: Part, size: usize) -> Result<usize, ShardError> {
        let length = usize::try_from(part.length).map_err(|_| ShardError::Damaged)?;
        let entries = length.checked_sub(BOUND).ok_or(ShardError::Damaged)?;
        if entries % size == 0 { Ok(entries / size) } else { Err(ShardError::Damaged) }
    }

    pub(crate) fn summary(&self) -> &Summary {
        &self.header.summary
    }

    /// Returns the digest that the file carries; [`Shard::verify`] tells whether it is true.
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// Reads the whole file and tells whether it is the one that was written.
    pub(crate) fn verify(&self) -> Result<(), ShardError> {
        let file = self.blocks.file();
        let content = file.get(..file.len().saturating_sub(DIGEST)).ok_or(ShardError::Damaged)?;
        if Digest::of(content) == self.digest { Ok(()) } else { Err(ShardError::Damaged) }
    }

    /// Finds a package by its normalized name.
    pub(crate) fn find(&self, name: &str) -> Result<Option<Package<'_>>, ShardError> {
        let hash = xxh3_64(name.as_bytes());
        // Without bits there is one ray, and shifting by all 64 is no shift.
        let ray = hash.checked_shr(u64::BITS - self.header.bits).unwrap_or(0);
        let ray = usize::try_from(ray).map_err(|_| ShardError::Damaged)?;
        let fan = self.part(self.header.fan, ray * BOUND, 2 * BOUND)?;
        for at in index(u32_at(fan, 0)?)..index(u32_at(fan, BOUND)?).min(self.packages) {
            if self.hash(at)? == hash {
                let package = self.package(at)?;
                if package.name == name {
                    return Ok(Some(package));
                }
            }
        }
        Ok(None)
    }

    /// Returns the package at a place in the order of hashes.
    fn package(&self, at: usize) -> Result<Package<'_>, ShardError> {
        let slot = self.part(self.header.slots, at * SLOT, 2 * SLOT)?;
        let start = u32_at(slot, 8)?;
        // The last slot is followed by the end alone.
        let end = if at + 1 == self.packages { u32_at(slot, SLOT)? } else { u32_at(slot, SLOT + 8)? };
        postcard::from_bytes(self.between(self.header.records, start, end)?).map_err(|_| ShardError::Damaged)
    }

    fn hash(&self, at: usize) -> Result<u64, ShardError> {
        u64_at(self.part(self.header.slots, at * SLOT, 8)?, 0)
    }

    /// Returns the sort key of a version.
    pub(crate) fn key(&self, version: u32) -> Result<&[u8], ShardError> {
        Ok(self.split(version)?.0)
    }

    /// Returns the text of a version.
    pub(crate) fn text(&self, version: u32) -> Result<&str, ShardError> {
        Ok(self.version(version)?.1)
    }

    /// Returns the sort key and the text of a version.
    pub(crate) fn version(&self, version: u32) -> Result<(&[u8], &str), ShardError> {
        let (key, text) = self.split(version)?;
        Ok((key, std::str::from_utf8(text).map_err(|_| ShardError::Damaged)?))
    }

    fn split(&self, version: u32) -> Result<(&[u8], &[u8]), ShardError> {
        let at = index(version);
        if at >= self.versions {
            return Err(ShardError::Damaged);
        }
        let bound = self.part(self.header.bounds, at * BOUND, 2 * BOUND)?;
        let bytes = self.between(self.header.versions, u32_at(bound, 0)?, u32_at(bound, BOUND)?)?;
        let (length, rest) = bytes.split_first_chunk().ok_or(ShardError::Damaged)?;
        rest.split_at_checked(usize::from(u16::from_le_bytes(*length))).ok_or(ShardError::Damaged)
    }

    /// Reads what an advisory is called.
    pub(crate) fn label<'a>(&self, entry: &Entry<'a>) -> Result<Label<'a>, ShardError> {
        postcard::from_bytes(entry.label).map_err(|_| ShardError::Damaged)
    }

    /// Unpacks the words of an advisory.
    pub(crate) fn words(&self, place: Place) -> Result<Text, ShardError> {
        let at = index(place.shelf);
        if at >= self.shelves {
            return Err(ShardError::Damaged);
        }
        let shelf = self.part(self.header.shelves, at * SHELF, SHELF + BOUND)?;
        let length = index(u32_at(shelf, BOUND)?);
        let packed = self.between(self.header.words, u32_at(shelf, 0)?, u32_at(shelf, SHELF)?)?;
        if length > SHELF_MOST {
            return Err(ShardError::Damaged);
        }
        let unpacked = zstd::bulk::decompress(packed, length).map_err(|_| ShardError::Damaged)?;
        let start = index(place.at);
        let length = index(u32_at(&unpacked, start)?);
        let text = unpacked.get(start..).and_then(|rest| rest.get(4..)).and_then(|rest| rest.get(..length));
        postcard::from_bytes(text.ok_or(ShardError::Damaged)?).map_err(|_| ShardError::Damaged)
    }

    /// Returns bytes of a part; none from beyond it.
    fn part(&self, part: Part, start: usize, length: usize) -> Result<&[u8], ShardError> {
        let whole = usize::try_from(part.length).map_err(|_| ShardError::Damaged)?;
        let first = usize::try_from(part.start).ok().and_then(|first| first.checked_add(start));
        if start > whole {
            return Err(ShardError::Damaged);
        }
        self.blocks.get(first.ok_or(ShardError::Damaged)?, length.min(whole - start))
    }

    fn between(&self, part: Part, start: u32, end: u32) -> Result<&[u8], ShardError> {
        let (start, end) = (index(start), index(end));
        let length = end.checked_sub(start).ok_or(ShardError::Damaged)?;
        let bytes = self.part(part, start, length)?;
        if bytes.len() == length { Ok(bytes) } else { Err(ShardError::Damaged) }
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, ShardError> {
    let chunk = bytes.get(at..).and_then(|rest| rest.first_chunk()).ok_or(ShardError::Damaged)?;
    Ok(u32::from_le_bytes(*chunk))
}

fn u64_at(bytes: &[u8], at: usize) -> Result<u64, ShardError> {
    let chunk = bytes.get(at..).and_then(|rest| rest.first_chunk()).ok_or(ShardError::Damaged)?;
    Ok(u64::from_le_bytes(*chunk))
}

fn index(number: u32) -> usize {
    // Pointers have 32 bits at least wherever this runs.
    usize::try_from(number).unwrap_or(usize::MAX)
}

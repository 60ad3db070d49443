//! Finds in a shard. The file may be torn or hostile: every answer is checked, the worst that can come is an error.

use std::path::{Path, PathBuf};

use model::{Algorithm, Digest};
use xxhash_rust::xxh3::xxh3_64;

use super::Damaged;
use super::blocks::Blocks;
use super::layout::{
    DIGEST, FORMAT, Header, MAGIC, MOST_VERSIONS, PRELUDE, Package, Part, Place, RAY, SHELF, SHELF_MOST,
    SLOT, Summary, VERSION,
};
use super::mapping::{Bytes, map};
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

impl From<Damaged> for ShardError {
    fn from(_: Damaged) -> Self {
        Self::Damaged
    }
}

/// An opened shard.
pub(crate) struct Shard {
    blocks: Blocks,
    summary: Summary,
    digest: Digest,
    /// How many bits of a hash the fan takes.
    bits: u32,
    fan: Part,
    slots: Part,
    records: Part,
    versions: Part,
    shelves: Part,
    words: Part,
}

impl Shard {
    /// Maps a file without looking into it.
    pub(crate) fn map(path: &Path) -> Result<Bytes, ShardError> {
        map(path).map_err(|source| ShardError::Open { path: path.to_owned(), source })
    }

    pub(crate) fn new(bytes: Bytes) -> Result<Self, ShardError> {
        let file = (*bytes).as_ref();
        let prelude = file.get(..PRELUDE).ok_or(ShardError::Foreign)?;
        if !prelude.starts_with(&MAGIC) {
            return Err(ShardError::Foreign);
        }
        let format = u32_at(prelude, 8)?;
        if format != FORMAT {
            return Err(ShardError::Format(format));
        }
        let start = PRELUDE.checked_add(index(u32_at(prelude, 12)?)).ok_or(Damaged)?;
        let header = file.get(PRELUDE..start).ok_or(Damaged)?;
        let length = u64_at(prelude, 24)?;
        if xxh3_64(header) != u64_at(prelude, 16)? || u64::try_from(file.len()) != Ok(length) {
            return Err(ShardError::Damaged);
        }
        let header: Header = postcard::from_bytes(header).map_err(|_| Damaged)?;
        let sums = start.checked_add(header.body()?).ok_or(Damaged)?;
        let end = file.len().checked_sub(DIGEST).filter(|end| *end >= sums).ok_or(Damaged)?;
        let digest = file.get(end..).and_then(|raw| Digest::new(Algorithm::Blake3, raw)).ok_or(Damaged)?;
        let blocks = Blocks::new(bytes, start..sums, sums..end)?;
        // From here on a part says where it lies in the file.
        let [fan, slots, records, versions, shelves, words] =
            header.parts.map(|part| Part { start: part.start + start, ..part });
        if header.bits >= usize::BITS || fan.entries(RAY)? != 1 << header.bits {
            return Err(ShardError::Damaged);
        }
        let (summary, bits) = (header.summary, header.bits);
        Ok(Self { blocks, summary, digest, bits, fan, slots, records, versions, shelves, words })
    }

    pub(crate) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Returns the digest that the file carries; [`Shard::verify`] tells whether it is true.
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// Reads the whole file and tells whether it is the one that was written.
    pub(crate) fn verify(&self) -> Result<(), Damaged> {
        let file = self.blocks.file();
        let content = file.get(..file.len().saturating_sub(DIGEST)).ok_or(Damaged)?;
        if Digest::of(content) == self.digest { Ok(()) } else { Err(Damaged) }
    }

    /// Finds a package by its normalized name.
    pub(crate) fn find(&self, name: &str) -> Result<Option<Package<'_>>, Damaged> {
        let hash = xxh3_64(name.as_bytes());
        // Without bits there is one ray, and shifting by all 64 is no shift.
        let ray = hash.checked_shr(u64::BITS - self.bits).unwrap_or(0);
        let ray = usize::try_from(ray).map_err(|_| Damaged)?;
        let (first, end) = self.entry(self.fan, RAY, ray)?;
        let length = end.checked_sub(first).and_then(|slots| slots.checked_mul(SLOT)).ok_or(Damaged)?;
        let slots = self.get(self.slots, first.checked_mul(SLOT).ok_or(Damaged)?, length)?;
        for (at, slot) in (first..end).zip(slots.chunks_exact(SLOT)) {
            if u64_at(slot, 0)? == hash {
                let (start, end) = self.entry(self.slots, SLOT, at)?;
                let record = self.between(self.records, start, end)?;
                let package: Package<'_> = postcard::from_bytes(record).map_err(|_| Damaged)?;
                if package.name == name.as_bytes() {
                    return Ok(Some(package));
                }
            }
        }
        Ok(None)
    }

    /// Returns the sort key of a version.
    pub(crate) fn key(&self, version: u32) -> Result<&[u8], Damaged> {
        Ok(self.split(version)?.0)
    }

    /// Returns the text of a version.
    pub(crate) fn text(&self, version: u32) -> Result<&str, Damaged> {
        std::str::from_utf8(self.split(version)?.1).map_err(|_| Damaged)
    }

    fn split(&self, version: u32) -> Result<(&[u8], &[u8]), Damaged> {
        let start = index(version);
        let left = self.versions.length.checked_sub(start).ok_or(Damaged)?;
        let bytes = self.get(self.versions, start, left.min(MOST_VERSIONS))?;
        let [low, high, text, ..] = bytes else { return Err(Damaged) };
        let key = usize::from(u16::from_le_bytes([*low, *high]));
        let whole = VERSION + key + usize::from(*text);
        let bytes = if whole <= bytes.len() { bytes } else { self.get(self.versions, start, whole)? };
        bytes.get(VERSION..whole).and_then(|bytes| bytes.split_at_checked(key)).ok_or(Damaged)
    }

    /// Unpacks the words of an advisory.
    pub(crate) fn words(&self, place: Place) -> Result<Text, Damaged> {
        let shelf = index(place.shelf);
        let (start, end) = self.entry(self.shelves, SHELF, shelf)?;
        let length = index(u32_at(self.get(self.shelves, shelf * SHELF, SHELF)?, 0)?);
        let packed = self.between(self.words, start, end)?;
        if length > SHELF_MOST {
            return Err(Damaged);
        }
        let unpacked = zstd::bulk::decompress(packed, length).map_err(|_| Damaged)?;
        let start = index(place.at);
        let length = index(u32_at(&unpacked, start)?);
        let text = unpacked.get(start..).and_then(|rest| rest.get(4..)).and_then(|rest| rest.get(..length));
        postcard::from_bytes(text.ok_or(Damaged)?).map_err(|_| Damaged)
    }

    /// Returns where the thing starts that an entry of a table leads to, and where the next one does.
    fn entry(&self, table: Part, size: usize, at: usize) -> Result<(usize, usize), Damaged> {
        let entries = self.get(table, at.checked_mul(size).ok_or(Damaged)?, size * 2)?;
        let start = |end: usize| u32_at(entries, end - RAY).map(index);
        Ok((start(size)?, start(size * 2)?))
    }

    fn between(&self, part: Part, start: usize, end: usize) -> Result<&[u8], Damaged> {
        self.get(part, start, end.checked_sub(start).ok_or(Damaged)?)
    }

    /// Returns bytes of a part; none from beyond it.
    fn get(&self, part: Part, start: usize, length: usize) -> Result<&[u8], Damaged> {
        let end = start.checked_add(length).filter(|end| *end <= part.length).ok_or(Damaged)?;
        // That the part lies in the file was checked when it was opened.
        self.blocks.get(part.start + start..part.start + end)
    }
}

fn index(number: u32) -> usize {
    // Pointers have 32 bits at least wherever this runs.
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Damaged> {
    let chunk = bytes.get(at..).and_then(|rest| rest.first_chunk()).ok_or(Damaged)?;
    Ok(u32::from_le_bytes(*chunk))
}

fn u64_at(bytes: &[u8], at: usize) -> Result<u64, Damaged> {
    let chunk = bytes.get(at..).and_then(|rest| rest.first_chunk()).ok_or(Damaged)?;
    Ok(u64::from_le_bytes(*chunk))
}

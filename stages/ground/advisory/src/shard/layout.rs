//! What stands where in a shard. All integers are little-endian; structures are postcard.
//!
//! ```text
//! prelude    magic 8 · format u32 · header length u32 · header xxh3 u64 · file length u64
//! header     Header
//! body       fan       for every value of the first FAN bits of a hash: number of the first slot u32; then one end u32
//!            slots     one a package, by hash: xxh3 of the name u64 · start of its record u32; then one end u32
//!            records   Package
//!            bounds    one a version, lowest first: start u32; then one end u32
//!            versions  key length u16 · key · text
//!            shelves   one a block of words: start u32 · unpacked length u32; then one end u32
//!            words     zstd blocks of Text, each preceded by its length u32, sorted by package
//! sums       one xxh3 u64 for every BLOCK bytes of the body
//! digest     BLAKE3 of everything before it, 32 bytes
//! ```
//!
//! Names, ids and aliases stand in the record itself, so a look-up reads one place. Versions are interned, as few of
//! them make most bounds.

use model::Severity;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Kind;
use crate::range::Segment;

pub(super) const MAGIC: [u8; 8] = *b"advshard";

/// Rises when anything on this page changes, or the keys of versions do.
pub(super) const FORMAT: u32 = 1;

pub(super) const PRELUDE: usize = 32;
pub(super) const DIGEST: usize = 32;

/// Bytes under one checksum, checked when first touched. Small, because a look-up pays for whole blocks.
pub(super) const BLOCK: usize = 1 << BLOCK_BITS;
pub(super) const BLOCK_BITS: u32 = 11;

/// Bytes of an entry of the parts with entries of one size; the end of all of them has as many as a BOUND.
pub(super) const SLOT: usize = 12;
pub(super) const BOUND: usize = 4;
pub(super) const SHELF: usize = 8;

/// A block of words is closed once it has this many bytes; unpacking one costs some 15 microseconds.
pub(super) const SHELF_FULL: usize = 16 << 10;
/// No block of words unpacks to more: one record has at most as many bytes.
pub(super) const SHELF_MOST: usize = 32 << 20;

/// Where a part of the body stands, from the body's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) start: u64,
    pub(super) length: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) summary: Summary,
    /// How many bits of a hash the fan takes.
    pub(super) bits: u32,
    pub(super) fan: Part,
    pub(super) slots: Part,
    pub(super) records: Part,
    pub(super) bounds: Part,
    pub(super) versions: Part,
    pub(super) shelves: Part,
    pub(super) words: Part,
    /// xxh3 of the sums.
    pub(super) sums: u64,
}

/// What a shard says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Name in the OSV schema, with the release where there is one.
    pub ecosystem: String,
    /// How many advisories are in it.
    pub advisories: u64,
    /// How many packages they name.
    pub packages: u64,
    /// How many records were left out because they are withdrawn.
    pub withdrawn: u64,
    /// When the newest advisory changed, RFC 3339: the date of the data. `None` when no record says.
    pub newest: Option<String>,
}

/// All that is known of one package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Package<'a> {
    /// Normalized; tells two names with one hash apart.
    pub(crate) name: &'a str,
    /// By family, then by id.
    #[serde(borrow)]
    pub(crate) entries: Vec<Entry<'a>>,
}

/// What one advisory says of one package: first what decides whether it matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry<'a> {
    /// Entries of a package with one number are records of one flaw.
    pub(crate) family: u32,
    pub(crate) ranges: Vec<Segment<u32>>,
    pub(crate) tags: Vec<Segment<u32>>,
    pub(crate) versions: Vec<u32>,
    #[serde(borrow)]
    pub(crate) exact: Vec<&'a str>,
    #[serde(borrow)]
    pub(crate) unreadable: Vec<&'a str>,
    /// A [`Label`], read only where it matters.
    pub(crate) label: &'a [u8],
}

/// What an advisory is called, and how bad it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Label<'a> {
    pub(crate) id: &'a str,
    #[serde(borrow)]
    pub(crate) aliases: Vec<&'a str>,
    #[serde(with = "kind")]
    pub(crate) kind: Kind,
    #[serde(with = "severity")]
    pub(crate) severity: Severity,
    pub(crate) words: Place,
}

/// Where the words of an advisory stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Number of the block.
    pub(crate) shelf: u32,
    /// Start in the unpacked block.
    pub(crate) at: u32,
}

/// Numbers of severities on disk: never those of a declaration, which may be reordered.
mod severity {
    use serde::de::Error as _;

    use super::{Deserialize, Deserializer, Serialize, Serializer, Severity};

    const NUMBERS: [Severity; 6] = [
        Severity::Unknown,
        Severity::Info,
        Severity::Low,
        Severity::Medium,
        Severity::High,
        Severity::Critical,
    ];

    pub(super) fn serialize<S: Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
        (0_u8..)
            .zip(NUMBERS)
            .find(|(_, one)| one == severity)
            .map_or(0, |(number, _)| number)
            .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Severity, D::Error> {
        let number = u8::deserialize(deserializer)?;
        NUMBERS.get(usize::from(number)).copied().ok_or_else(|| D::Error::custom("unknown severity"))
    }
}

/// Numbers of kinds on disk.
mod kind {
    use serde::de::Error as _;

    use super::{Deserialize, Deserializer, Kind, Serialize, Serializer};

    const NUMBERS: [Kind; 5] =
        [Kind::Vulnerability, Kind::Malicious, Kind::Unsound, Kind::Unmaintained, Kind::Notice];

    pub(super) fn serialize<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
        (0_u8..)
            .zip(NUMBERS)
            .find(|(_, one)| one == kind)
            .map_or(0, |(number, _)| number)
            .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
        let number = u8::deserialize(deserializer)?;
        NUMBERS.get(usize::from(number)).copied().ok_or_else(|| D::Error::custom("unknown kind"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_disk_come_back() {
        for kind in Kind::ALL {
            for severity in Severity::ALL {
                let words = Place { shelf: 1, at: 2 };
                let label = Label { id: "A-1", aliases: vec!["B-1"], kind, severity, words };
                let bytes = postcard::to_allocvec(&label).unwrap();
                assert_eq!(postcard::from_bytes::<Label<'_>>(&bytes).unwrap(), label);
            }
        }
    }
}

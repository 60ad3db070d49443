//! What stands where in a shard. All integers are little-endian; structures are postcard.
//!
//! ```text
//! prelude    magic 8 · format u32 · header length u32 · header xxh3 u64 · file length u64
//! header     Header
//! body       fan       for every value of the first bits of a hash: number of the first slot u32
//!            slots     one a package, by hash: xxh3 of the name u64 · start of its record u32
//!            records   Package
//!            versions  lowest first: key length u16 · text length u8 · key · text
//!            shelves   one a block of words: unpacked length u32 · start u32
//!            words     zstd blocks of Text, each preceded by its length u32, sorted by package
//! sums       lower half of the xxh3, u32, for every BLOCK bytes of the body; a damaged sum is a damaged block
//! digest     BLAKE3 of everything before it, 32 bytes
//! ```
//!
//! Fan, slots and shelves are tables of entries of one size, each ending in a start (of a slot, a record, a block); one
//! entry more tells where the last thing ends.
//!
//! Names, ids and aliases stand in the record itself, so a look-up reads one place. Versions are interned, as few of
//! them make most bounds; records name one by where it starts, which puts these numbers in the order of the versions.

use model::Severity;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Damaged;
use crate::Kind;
use crate::range::{End, Segment};

pub(super) const MAGIC: [u8; 8] = *b"advshard";

/// Rises when anything on this page changes, or the keys of versions do.
pub(super) const FORMAT: u32 = 2;

pub(super) const PRELUDE: usize = 32;
pub(super) const DIGEST: usize = 32;

/// Bytes under one checksum, checked when first touched. Small, because a look-up pays for whole blocks, and xxh3 is
/// fastest up to 128: with 2 KiB the checks were a quarter of its time. The sums are 3 % of the file.
pub(super) const BLOCK: usize = 1 << BLOCK_BITS;
pub(super) const BLOCK_BITS: u32 = 7;
/// Bytes of one checksum.
pub(super) const SUM: usize = 4;

/// Bytes of an entry of each table.
pub(super) const RAY: usize = 4;
pub(super) const SLOT: usize = 12;
pub(super) const SHELF: usize = 8;

/// Bytes before a version, and bytes that hold most versions whole.
pub(super) const VERSION: usize = 3;
pub(super) const MOST_VERSIONS: usize = 48;

/// A block of words is closed once it has this many bytes; unpacking one costs some 15 microseconds.
pub(super) const SHELF_FULL: usize = 16 << 10;
/// No block of words unpacks to more: one record has at most as many bytes.
pub(super) const SHELF_MOST: usize = 32 << 20;

/// Where a part of the body stands, from the body's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) start: usize,
    pub(super) length: usize,
}

impl Part {
    /// Returns how many things a table leads to.
    pub(super) fn entries(self, size: usize) -> Result<usize, Damaged> {
        let whole = self.length.is_multiple_of(size).then_some(self.length / size);
        whole.and_then(|entries| entries.checked_sub(1)).ok_or(Damaged)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) summary: Summary,
    /// How many bits of a hash the fan takes.
    pub(super) bits: u32,
    /// Fan, slots, records, versions, shelves, words.
    pub(super) parts: [Part; 6],
}

impl Header {
    /// Returns the body's length: its parts follow each other without a hole.
    pub(super) fn body(&self) -> Result<usize, Damaged> {
        let follow = |at: usize, part: &Part| (part.start == at).then(|| at.checked_add(part.length))?;
        self.parts.iter().try_fold(0, follow).ok_or(Damaged)
    }
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
    /// How many records of the source could not be read, so that what they warn of is missing here. Of a source of
    /// several ecosystems each counts all, as nobody knows which of them a lost record speaks of.
    pub lost: u64,
    /// When the newest advisory changed, RFC 3339: the date of the data. `None` when no record says.
    pub newest: Option<String>,
}

/// All that is known of one package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Package<'a> {
    /// Normalized; tells two names with one hash apart.
    pub(crate) name: &'a [u8],
    /// By family, then by id.
    #[serde(borrow)]
    pub(crate) entries: Vec<Entry<'a>>,
}

/// What one advisory says of one package. The slices are postcard too, read only where they matter: a look-up passes
/// many entries to find few.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry<'a> {
    /// Entries of a package with one number are records of one flaw.
    pub(crate) family: u32,
    /// Segments, one behind the other.
    pub(super) ranges: &'a [u8],
    /// [`Particulars`], or nothing where those are empty.
    pub(super) particulars: &'a [u8],
    /// [`Label`].
    pub(super) label: &'a [u8],
}

/// What few entries have beside their ranges; see [`Affected`](crate::affected::Affected).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Particulars<'a> {
    pub(crate) tags: Vec<Segment<u32>>,
    pub(crate) versions: Vec<u32>,
    #[serde(borrow)]
    pub(crate) exact: Vec<&'a str>,
    #[serde(borrow)]
    pub(crate) unreadable: Vec<&'a str>,
}

impl<'a> Entry<'a> {
    /// Reads the ranges one by one.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = Result<Segment<u32>, Damaged>> + use<'a> {
        let mut rest = self.ranges;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let read = postcard::take_from_bytes(rest).map_err(|_| Damaged);
            rest = read.as_ref().map_or(&[], |(_, rest)| rest);
            Some(read.map(|(range, _)| range))
        })
    }

    /// Returns the end of the only range, where there is one and nothing beside it: the usual record.
    pub(crate) fn only_end(&self) -> Result<Option<End<u32>>, Damaged> {
        let mut ranges = self.ranges();
        Ok(match (ranges.next().transpose()?, ranges.next()) {
            (Some(range), None) if self.particulars.is_empty() => Some(range.end),
            (Some(_) | None, _) => None,
        })
    }

    /// Reads what the entry has beside ranges.
    pub(crate) fn particulars(&self) -> Result<Particulars<'a>, Damaged> {
        if self.particulars.is_empty() {
            return Ok(Particulars::default());
        }
        postcard::from_bytes(self.particulars).map_err(|_| Damaged)
    }

    /// Reads what the advisory is called.
    pub(crate) fn label(&self) -> Result<Label<'a>, Damaged> {
        postcard::from_bytes(self.label).map_err(|_| Damaged)
    }
}

/// What an advisory is called, and how bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Label<'a> {
    pub(crate) id: &'a str,
    /// Sorted, a line feed between two: an id has no control character, and one text is checked faster than three.
    aliases: &'a str,
    #[serde(with = "kind")]
    pub(crate) kind: Kind,
    #[serde(with = "severity")]
    pub(crate) severity: Severity,
    pub(crate) words: Place,
}

impl<'a> Label<'a> {
    /// Makes a label; the aliases come [`Label::joined`].
    pub(super) fn new(id: &'a str, aliases: &'a str, kind: Kind, severity: Severity, words: Place) -> Self {
        Self { id, aliases, kind, severity, words }
    }

    /// Writes aliases down for a label.
    pub(super) fn joined(aliases: &[String]) -> String {
        aliases.join("\n")
    }

    pub(crate) fn aliases(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.aliases.split('\n').filter(|alias| !alias.is_empty())
    }
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
                let aliases = ["B-1".to_owned(), "C-1".to_owned()];
                let joined = Label::joined(&aliases);
                let label = Label::new("A-1", &joined, kind, severity, words);
                assert_eq!(label.aliases().collect::<Vec<_>>(), aliases);
                assert_eq!(
                    Label::new("A-1", &Label::joined(&[]), kind, severity, words).aliases().count(),
                    0
                );
                let bytes = postcard::to_allocvec(&label).unwrap();
                assert_eq!(postcard::from_bytes::<Label<'_>>(&bytes).unwrap(), label);
            }
        }
    }
}

//! Makes the bytes of a shard. The same advisories give the same bytes, in whatever order they came.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64;

use super::blocks::sums;
use super::layout::{
    DIGEST, Entry, FORMAT, Header, Label, MAGIC, PRELUDE, Package, Part, Particulars, Place, SHELF_FULL,
    Summary,
};
use crate::affected::Affected;
use crate::collect::Draft;
use crate::family::families;
use crate::range::{Segment, Version};

/// How hard the words are packed: 9 more than doubles the time of a build.
const PACKING: i32 = 3;

/// Why a shard cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A part of the file outgrew the width of its offsets.
    #[error("the advisories of one ecosystem do not fit one index file")]
    TooLarge,
    /// The compressor failed.
    #[error("cannot pack the texts of the advisories")]
    Pack(#[source] std::io::Error),
    /// A structure could not be written.
    #[error("cannot write a record")]
    Record(#[source] postcard::Error),
}

/// The advisories of one ecosystem by package.
type Packages<'a> = BTreeMap<&'a str, Vec<(&'a Draft, &'a Affected)>>;

/// A package with the hash of its name.
type Hashed<'a> = (u64, &'a str, &'a [(&'a Draft, &'a Affected)]);

/// How many records are not in a shard, for either reason.
#[derive(Clone, Copy)]
pub(crate) struct Missing {
    pub(crate) withdrawn: u64,
    pub(crate) lost: u64,
}

/// Writes the shard of `ecosystem` from all drafts that name a package of it.
pub(crate) fn write(
    ecosystem: &str,
    drafts: &BTreeMap<String, Draft>,
    missing: Missing,
) -> Result<Vec<u8>, WriteError> {
    let mut packages = Packages::new();
    for draft in drafts.values() {
        for affected in draft.advisory.affected.iter().filter(|affected| affected.ecosystem == ecosystem) {
            packages.entry(&affected.name).or_default().push((draft, affected));
        }
    }
    let versions = Versions::gather(&packages)?;
    let words = Words::pack(&packages)?;
    let summary = summary(ecosystem, &packages, words.places.len(), missing);
    let mut by_hash: Vec<Hashed<'_>> = packages
        .iter()
        .map(|(name, entries)| (xxh3_64(name.as_bytes()), *name, entries.as_slice()))
        .collect();
    by_hash.sort_unstable_by_key(|(hash, name, _)| (*hash, *name));
    let (bits, fan) = fan(&by_hash)?;
    let (slots, records) = records(&by_hash, &versions, &words.places)?;
    assemble(summary, bits, [fan, slots, records, versions.written, words.shelves, words.packed])
}

fn summary(ecosystem: &str, packages: &Packages<'_>, advisories: usize, missing: Missing) -> Summary {
    let all = packages.values().flatten().map(|(draft, _)| &draft.advisory);
    let newest = all.filter_map(|advisory| advisory.modified.or(advisory.published)).max();
    Summary {
        ecosystem: ecosystem.to_owned(),
        advisories: advisories as u64,
        packages: packages.len() as u64,
        withdrawn: missing.withdrawn,
        lost: missing.lost,
        newest: newest.map(|time| time.to_string()),
    }
}

/// Says for every value of the first bits of a hash where its slots begin. Each has some eight, which lie together; more
/// bits would make a table of which every look-up reads another place.
fn fan(by_hash: &[Hashed<'_>]) -> Result<(u32, Vec<u8>), WriteError> {
    let bits = by_hash.len().next_power_of_two().trailing_zeros().saturating_sub(3);
    let mut fan = Vec::new();
    for ray in 0..1_u64 << bits {
        let before =
            by_hash.partition_point(|(hash, ..)| hash.checked_shr(u64::BITS - bits).unwrap_or(0) < ray);
        fan.extend_from_slice(&number(before)?);
    }
    fan.extend_from_slice(&number(by_hash.len())?);
    Ok((bits, fan))
}

/// Writes a record for every package, and the slots that lead to them.
fn records(
    by_hash: &[Hashed<'_>],
    versions: &Versions<'_>,
    places: &BTreeMap<&str, Place>,
) -> Result<(Vec<u8>, Vec<u8>), WriteError> {
    let (mut slots, mut records) = (Vec::new(), Vec::new());
    for (hash, name, entries) in by_hash {
        slots.extend_from_slice(&hash.to_le_bytes());
        slots.extend_from_slice(&number(records.len())?);
        let written =
            |(draft, affected): &(&Draft, &Affected)| Written::new(draft, affected, versions, places);
        let written =
            entries.iter().map(written).collect::<Result<Vec<_>, _>>().map_err(WriteError::Record)?;
        let families = families(entries.iter().map(|(draft, _)| draft.ids()));
        let mut entries: Vec<_> = families.into_iter().zip(&written).map(Written::entry).collect();
        // Entries come by id; a stable sort keeps that order inside a family.
        entries.sort_by_key(|entry| entry.family);
        records = postcard::to_extend(&Package { name: name.as_bytes(), entries }, records)
            .map_err(WriteError::Record)?;
    }
    slots.extend_from_slice(&u64::MAX.to_le_bytes());
    slots.extend_from_slice(&number(records.len())?);
    Ok((slots, records))
}

/// The slices of an entry.
struct Written {
    ranges: Vec<u8>,
    particulars: Vec<u8>,
    label: Vec<u8>,
}

impl Written {
    fn new(
        draft: &Draft,
        affected: &Affected,
        versions: &Versions<'_>,
        places: &BTreeMap<&str, Place>,
    ) -> Result<Self, postcard::Error> {
        let mut ranges = Vec::new();
        for range in &affected.ranges {
            ranges = postcard::to_extend(&versions.segment(range), ranges)?;
        }
        let particulars = Particulars {
            tags: affected.tags.iter().map(|tag| versions.segment(tag)).collect(),
            versions: affected.versions.iter().map(|version| versions.start(version)).collect(),
            exact: affected.exact.iter().map(String::as_str).collect(),
            unreadable: affected.unreadable.iter().map(String::as_str).collect(),
        };
        let id = draft.advisory.id.as_str();
        let words = places.get(id).copied().unwrap_or(Place { shelf: u32::MAX, at: 0 });
        let aliases = Label::joined(&draft.advisory.aliases);
        let label = Label::new(id, &aliases, affected.kind, affected.severity, words);
        let nothing = particulars == Particulars::default();
        Ok(Self {
            ranges,
            particulars: if nothing { Vec::new() } else { postcard::to_allocvec(&particulars)? },
            label: postcard::to_allocvec(&label)?,
        })
    }

    fn entry((family, written): (u32, &Self)) -> Entry<'_> {
        Entry { family, ranges: &written.ranges, particulars: &written.particulars, label: &written.label }
    }
}

/// The versions that anything in the shard speaks of, lowest first.
struct Versions<'a> {
    all: Vec<&'a Version>,
    /// Where each starts in what is written.
    starts: Vec<u32>,
    written: Vec<u8>,
}

impl<'a> Versions<'a> {
    fn gather(packages: &Packages<'a>) -> Result<Self, WriteError> {
        let mut all = Vec::new();
        for (_, affected) in packages.values().flatten() {
            all.extend(&affected.versions);
            for segment in affected.ranges.iter().chain(&affected.tags) {
                all.extend(&segment.start);
                all.extend(segment.end.version());
            }
        }
        all.sort_unstable();
        all.dedup();
        let (mut starts, mut written) = (Vec::with_capacity(all.len()), Vec::new());
        for version in &all {
            starts.push(u32::from_le_bytes(number(written.len())?));
            let (key, text) = (version.key.as_bytes(), version.text.as_bytes());
            written.extend(u16::try_from(key.len()).map_err(|_| WriteError::TooLarge)?.to_le_bytes());
            written.push(u8::try_from(text.len()).map_err(|_| WriteError::TooLarge)?);
            written.extend_from_slice(key);
            written.extend_from_slice(text);
        }
        Ok(Self { all, starts, written })
    }

    /// Returns where a version starts, which must be among those gathered; another one's would be no version.
    fn start(&self, version: &Version) -> u32 {
        let found = self.all.binary_search(&version).ok();
        found.and_then(|at| self.starts.get(at)).copied().unwrap_or(u32::MAX)
    }

    fn segment(&self, segment: &Segment<Version>) -> Segment<u32> {
        Segment {
            start: segment.start.as_ref().map(|start| self.start(start)),
            end: segment.end.map(|end| self.start(end)),
        }
    }
}

/// The words of the advisories in packed blocks.
#[derive(Default)]
struct Words<'a> {
    /// Where those of each advisory stand.
    places: BTreeMap<&'a str, Place>,
    shelves: Vec<u8>,
    packed: Vec<u8>,
    open: Vec<u8>,
    count: u32,
}

impl<'a> Words<'a> {
    /// Packs the words of every advisory once, beside those of the same package.
    fn pack(packages: &Packages<'a>) -> Result<Self, WriteError> {
        let mut words = Self::default();
        let mut packer = zstd::bulk::Compressor::new(PACKING).map_err(WriteError::Pack)?;
        for (draft, _) in packages.values().flatten() {
            let id = draft.advisory.id.as_str();
            if words.places.contains_key(id) {
                continue;
            }
            let at = u32::from_le_bytes(number(words.open.len())?);
            words.places.insert(id, Place { shelf: words.count, at });
            words.open.extend_from_slice(&number(draft.words.len())?);
            words.open.extend_from_slice(&draft.words);
            if words.open.len() >= SHELF_FULL {
                words.close(&mut packer)?;
            }
        }
        if !words.open.is_empty() {
            words.close(&mut packer)?;
        }
        words.shelves.extend_from_slice(&number(0)?);
        words.shelves.extend_from_slice(&number(words.packed.len())?);
        Ok(words)
    }

    fn close(&mut self, packer: &mut zstd::bulk::Compressor<'_>) -> Result<(), WriteError> {
        self.shelves.extend_from_slice(&number(self.open.len())?);
        self.shelves.extend_from_slice(&number(self.packed.len())?);
        self.packed.extend(packer.compress(&self.open).map_err(WriteError::Pack)?);
        self.open.clear();
        self.count += 1;
        Ok(())
    }
}

/// Writes a count or an offset.
fn number(value: usize) -> Result<[u8; 4], WriteError> {
    u32::try_from(value).map(u32::to_le_bytes).map_err(|_| WriteError::TooLarge)
}

fn assemble(summary: Summary, bits: u32, parts: [Vec<u8>; 6]) -> Result<Vec<u8>, WriteError> {
    let mut at = 0;
    let places = parts.each_ref().map(|bytes| {
        let part = Part { start: at, length: bytes.len() };
        at += part.length;
        part
    });
    let body = parts.concat();
    let sums = sums(&body);
    let header = Header { summary, bits, parts: places };
    let written = postcard::to_allocvec(&header).map_err(WriteError::Record)?;
    let length = PRELUDE + written.len() + body.len() + sums.len() + DIGEST;
    let mut file = Vec::with_capacity(length);
    file.extend_from_slice(&MAGIC);
    file.extend_from_slice(&FORMAT.to_le_bytes());
    file.extend_from_slice(&number(written.len())?);
    file.extend_from_slice(&xxh3_64(&written).to_le_bytes());
    file.extend_from_slice(&(length as u64).to_le_bytes());
    file.extend_from_slice(&written);
    file.extend_from_slice(&body);
    file.extend_from_slice(&sums);
    let digest = blake3::hash(&file);
    file.extend_from_slice(digest.as_bytes());
    Ok(file)
}

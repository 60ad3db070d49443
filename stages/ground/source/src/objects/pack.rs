//! One pack: where each object lies in it, and what lies there.

use std::path::Path;
use std::sync::OnceLock;

use gix_pack::data::{Entry, entry::Header};
use model::Algorithm;

use super::{Kind, delta::Delta, forest::Forest, with_inflater};

/// Git itself makes chains of at most 4,095 deltas; a longer one is a circle.
const CHAIN: usize = 4096;

/// A pack and its index, both mapped into memory.
pub(crate) struct Pack {
    name: String,
    index: gix_pack::index::File,
    data: gix_pack::data::File,
    forest: OnceLock<Forest>,
}

impl Pack {
    /// Opens the pack that belongs to the `.idx` file at `index`.
    pub(crate) fn open(index: &Path, algorithm: Algorithm) -> Result<Self, String> {
        let kind = match algorithm {
            Algorithm::GitSha256 => gix_hash::Kind::Sha256,
            Algorithm::GitSha1 | Algorithm::Blake3 | Algorithm::Sha256 => gix_hash::Kind::Sha1,
        };
        let name = super::pack_name(index);
        let data = gix_pack::data::File::at(index.with_extension("pack"), kind)
            .map_err(|error| error.to_string())?;
        let index = gix_pack::index::File::at(index, kind).map_err(|error| error.to_string())?;
        if data.num_objects() != index.num_objects() {
            return Err("index and pack hold different numbers of objects".to_owned());
        }
        Ok(Self { name, index, data, forest: OnceLock::new() })
    }

    /// Returns how many objects there are.
    pub(crate) fn len(&self) -> u32 {
        self.index.num_objects()
    }

    /// Returns the name without extension.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns where the object with this id lies.
    pub(crate) fn find(&self, id: &[u8]) -> Option<u64> {
        self.number(id).map(|number| self.index.pack_offset_at_index(number))
    }

    /// Tells whether the object with this id is here.
    pub(crate) fn has(&self, id: &[u8]) -> bool {
        self.number(id).is_some()
    }

    /// Returns an object's number in the index.
    fn number(&self, id: &[u8]) -> Option<u32> {
        if id.len() != self.index.object_hash().len_in_bytes() {
            return None;
        }
        model::search(id, self.len(), |number| self.id(number))
    }

    /// Returns where each object lies, by its number in the index.
    pub(crate) fn offsets(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.len()).map(|number| self.index.pack_offset_at_index(number))
    }

    /// Returns the id of an object by its number in the index; `number` must be less than [`Pack::len`].
    pub(crate) fn id(&self, number: u32) -> &[u8] {
        self.index.oid_at_index(number).as_bytes()
    }

    /// Returns which object is a delta of which; worked out when it is first asked for.
    pub(crate) fn forest(&self) -> &Forest {
        self.forest.get_or_init(|| Forest::grow(self))
    }

    /// Reads the header of what lies at `offset`.
    pub(crate) fn entry(&self, offset: u64) -> Option<Entry> {
        // The library takes offsets up to the end of the file as given.
        if offset >= u64::try_from(self.data.pack_end()).ok()? {
            return None;
        }
        self.data.entry(offset).ok()
    }

    /// Inflates what lies behind the header, if it is no larger than `bound`: the object itself, or its delta.
    pub(crate) fn inflate(&self, entry: &Entry, bound: u64, out: &mut Vec<u8>) -> Option<()> {
        if entry.decompressed_size > bound {
            return None;
        }
        out.resize(usize::try_from(entry.decompressed_size).ok()?, 0);
        with_inflater(|inflater| self.data.decompress_entry(entry, inflater, out)).ok()?;
        Some(())
    }

    /// Inflates the first bytes of what lies behind the header, at most as many as fit into `out`; returns how many.
    pub(crate) fn inflate_prefix(&self, entry: &Entry, out: &mut [u8]) -> Option<usize> {
        let end = u64::try_from(self.data.pack_end()).ok()?;
        if entry.data_offset > end {
            return None;
        }
        let packed = self.data.entry_slice(entry.data_offset..end)?;
        with_inflater(|inflater| inflater.prefix(packed, out)).ok().map(|(_, _, written)| written)
    }

    /// Inflates the first `length` bytes of what lies behind the header, fewer if there are no more.
    pub(crate) fn inflate_head(&self, entry: &Entry, length: usize, out: &mut Vec<u8>) -> Option<()> {
        out.resize(length, 0);
        let length = self.inflate_prefix(entry, out)?;
        out.truncate(length);
        Some(())
    }

    /// Returns the size of the object at `offset`: for a delta, of what it makes.
    pub(crate) fn size(&self, offset: u64) -> Option<u64> {
        let entry = self.entry(offset)?;
        match entry.header {
            Header::Commit | Header::Tree | Header::Blob | Header::Tag => Some(entry.decompressed_size),
            Header::RefDelta { .. } | Header::OfsDelta { .. } => self.result_size(&entry),
        }
    }

    /// Returns the size of what a delta makes.
    pub(crate) fn result_size(&self, entry: &Entry) -> Option<u64> {
        let mut header = [0; 20];
        let written = self.inflate_prefix(entry, &mut header)?;
        Delta::parse(header.get(..written)?).map(|delta| delta.result_size)
    }

    /// Reads a whole object of at most `bound` bytes. `None` when it is larger or cannot be read, or when it is a delta of an
    /// object that this pack does not hold.
    pub(crate) fn read(&self, offset: u64, bound: u64) -> Option<(Kind, Vec<u8>)> {
        let mut chain = Vec::new();
        let mut entry = self.entry(offset)?;
        let kind = loop {
            let base = match entry.header {
                Header::Commit => break Kind::Commit,
                Header::Tree => break Kind::Tree,
                Header::Blob => break Kind::Blob,
                Header::Tag => break Kind::Tag,
                Header::OfsDelta { base_distance } => entry.checked_base_pack_offset(base_distance)?,
                Header::RefDelta { base_id } => self.find(base_id.as_slice())?,
            };
            chain.push(entry);
            if chain.len() > CHAIN {
                return None;
            }
            entry = self.entry(base)?;
        };
        let (mut bytes, mut spare, mut delta, mut changed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        self.inflate(&entry, bound, &mut bytes)?;
        for entry in chain.iter().rev() {
            self.inflate(entry, bound, &mut delta)?;
            let delta = Delta::parse(&delta).filter(|delta| delta.result_size <= bound)?;
            delta.apply(&bytes, &mut spare, &mut changed)?;
            std::mem::swap(&mut bytes, &mut spare);
        }
        Some((kind, bytes))
    }
}

//! Many small results in one file.
//!
//! Layout, little-endian: magic (8) · number of entries (u32) · entries sorted by name, 60 bytes each: name (32), offset
//! (u64), length (u32), tag (16) · values. A pack is written whole and never changed. Every number is checked against the
//! file's length before it is believed, and every value against its tag.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::Key;

const MAGIC: &[u8; 8] = b"SLGMEMO1";
const HEAD: usize = 12;
const NAME: usize = 32;
const ENTRY: usize = NAME + 8 + 4 + 16;

/// A pack, read.
pub(crate) struct Pack<B> {
    bytes: B,
    entries: usize,
}

impl<B: AsRef<[u8]>> Pack<B> {
    /// Takes the bytes of a file; `None` when it is no whole pack of this version.
    pub(crate) fn read(bytes: B) -> Option<Self> {
        let all = bytes.as_ref();
        if all.get(..MAGIC.len())? != MAGIC {
            return None;
        }
        let entries = u32::from_le_bytes(all.get(MAGIC.len()..HEAD)?.try_into().ok()?) as usize;
        let values = HEAD.checked_add(entries.checked_mul(ENTRY)?)?;
        (values <= all.len()).then_some(Self { bytes, entries })
    }

    /// Returns the value under `name`, if it is there and `key` confirms it.
    pub(crate) fn find(&self, name: &[u8; NAME], key: &Key) -> Option<&[u8]> {
        let named = |at: u32| self.entry(at as usize).and_then(|entry| entry.get(..NAME)).unwrap_or_default();
        let at = model::search(name, u32::try_from(self.entries).ok()?, named)?;
        self.value(at as usize, key)
    }

    /// Returns how many entries there are.
    pub(crate) const fn len(&self) -> usize {
        self.entries
    }

    /// Returns the names and values that `key` confirms.
    pub(crate) fn iter<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = ([u8; NAME], &'a [u8])> + 'a {
        (0..self.entries).filter_map(|at| {
            let name: [u8; NAME] = self.entry(at)?.get(..NAME)?.try_into().ok()?;
            Some((name, self.value(at, key)?))
        })
    }

    fn entry(&self, at: usize) -> Option<&[u8]> {
        let from = HEAD + at * ENTRY;
        self.bytes.as_ref().get(from..from + ENTRY)
    }

    fn value(&self, at: usize, key: &Key) -> Option<&[u8]> {
        let entry = self.entry(at)?;
        let (name, rest) = entry.split_at_checked(NAME)?;
        let (offset, rest) = rest.split_at_checked(8)?;
        let (length, tag) = rest.split_at_checked(4)?;
        let offset = usize::try_from(u64::from_le_bytes(offset.try_into().ok()?)).ok()?;
        let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
        let value = self.bytes.as_ref().get(offset..offset.checked_add(length)?)?;
        key.confirms(tag, name, value).then_some(value)
    }
}

/// Writes a pack.
pub(crate) fn write(
    entries: &BTreeMap<[u8; NAME], Vec<u8>>,
    key: &Key,
    out: &mut impl Write,
) -> io::Result<()> {
    let too_many = |_| io::Error::other("too much for one pack");
    let mut offset = (HEAD + entries.len() * ENTRY) as u64;
    out.write_all(MAGIC)?;
    out.write_all(&u32::try_from(entries.len()).map_err(too_many)?.to_le_bytes())?;
    for (name, value) in entries {
        out.write_all(name)?;
        out.write_all(&offset.to_le_bytes())?;
        out.write_all(&u32::try_from(value.len()).map_err(too_many)?.to_le_bytes())?;
        out.write_all(&key.tag(name, value))?;
        offset += value.len() as u64;
    }
    entries.values().try_for_each(|value| out.write_all(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(key: &Key) -> Vec<u8> {
        let entries = (0..9_u8).map(|n| ([n; NAME], vec![n; usize::from(n)])).collect();
        let mut bytes = Vec::new();
        write(&entries, key, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_was_written_is_found() {
        let key = Key::from_text("k");
        let pack = Pack::read(sample(&key)).unwrap();
        for n in 0..9_u8 {
            assert_eq!(pack.find(&[n; NAME], &key), Some(&vec![n; usize::from(n)][..]));
        }
        assert_eq!(pack.find(&[9; NAME], &key), None);
        assert_eq!(pack.iter(&key).count(), 9);
    }

    #[test]
    fn another_key_confirms_nothing() {
        let pack = Pack::read(sample(&Key::from_text("k"))).unwrap();
        assert_eq!(pack.find(&[3; NAME], &Key::from_text("other")), None);
    }

    proptest::proptest! {
        #[test]
        fn a_torn_or_changed_pack_never_gives_a_wrong_value(cut in 0_usize..700, at in 0_usize..700, to: u8) {
            let key = Key::from_text("k");
            let mut bytes = sample(&key);
            bytes.truncate(cut);
            if let Some(byte) = bytes.get_mut(at) {
                *byte = to;
            }
            if let Some(pack) = Pack::read(bytes) {
                for n in 0..12_u8 {
                    if let Some(value) = pack.find(&[n; NAME], &key) {
                        proptest::prop_assert_eq!(value, &vec![n; usize::from(n)][..]);
                    }
                }
            }
        }
    }
}

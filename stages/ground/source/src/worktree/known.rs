//! Ids that were worked out from bytes, from one run to the next. Git's index vouches for what it tracks; this does for
//! other files: those of a folder in no repository, those that are new, those that were changed.
//!
//! A file is known by all that the system says of it, not by its path, and never by its time of modification alone: that
//! anybody can set. The time of its last change cannot be set. It proves that the bytes are still those that were read when
//! the clock had moved on by then, which something changed later in the same file system shows; the clock of this machine
//! does not count.

use std::collections::HashMap;

use model::{Algorithm, Digest};

use super::stamp::{Moment, Stamp, is_older};

/// Two numbers, two moments, two numbers: size, modified, changed, inode, device; then algorithm and id.
const LENGTH: usize = 8 + 12 + 12 + 8 + 8 + 1 + 32;

/// Ids by what the system says of a file.
#[derive(Default)]
pub(super) struct Known(HashMap<u64, (Stamp, Digest)>);

impl Known {
    /// Reads what [`write`] wrote; nothing of what is malformed.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let (pieces, rest) = bytes.as_chunks::<LENGTH>();
        if !rest.is_empty() {
            return Self::default();
        }
        let entry = |piece| parse(piece).map(|(stamp, id)| (stamp.inode, (stamp, id)));
        Self(pieces.iter().filter_map(entry).collect())
    }

    /// Returns the id of the file that the system says `stamp` of.
    pub(super) fn id(&self, stamp: &Stamp, algorithm: Algorithm) -> Option<Digest> {
        let (known, id) = self.0.get(&stamp.inode)?;
        (known == stamp && id.algorithm() == algorithm).then_some(*id)
    }
}

/// Tells which files cannot change any more without the system saying so.
pub(super) struct Settled(HashMap<u64, Moment>);

impl Settled {
    /// Takes what the system said of all files before any was read.
    pub(super) fn by<'a>(stamps: impl Iterator<Item = &'a Stamp>) -> Self {
        let mut latest: HashMap<u64, Moment> = HashMap::new();
        for stamp in stamps {
            let latest = latest.entry(stamp.device).or_default();
            *latest = stamp.changed.max(*latest);
        }
        Self(latest)
    }

    /// Tells whether a later change of this file would show.
    pub(super) fn holds(&self, stamp: &Stamp) -> bool {
        // Some systems tell neither.
        let told = stamp.inode != 0 && stamp.changed != Moment::default();
        told && self.0.get(&stamp.device).is_some_and(|latest| is_older(stamp.changed, *latest))
    }
}

/// Writes ids down.
pub(super) fn write<'a>(files: impl Iterator<Item = (&'a Stamp, Digest)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (stamp, id) in files {
        bytes.extend(stamp.size.to_le_bytes());
        for moment in [stamp.modified, stamp.changed] {
            bytes.extend(moment.seconds.to_le_bytes());
            bytes.extend(moment.nanoseconds.to_le_bytes());
        }
        bytes.extend(stamp.inode.to_le_bytes());
        bytes.extend(stamp.device.to_le_bytes());
        bytes.push(id.algorithm() as u8);
        bytes.extend(id.bytes());
        bytes.resize(bytes.len().next_multiple_of(LENGTH), 0);
    }
    bytes
}

fn parse(piece: &[u8; LENGTH]) -> Option<(Stamp, Digest)> {
    let mut rest = piece.as_slice();
    let size = u64::from_le_bytes(take(&mut rest)?);
    let mut moment = || {
        let seconds = i64::from_le_bytes(take(&mut rest)?);
        Some(Moment { seconds, nanoseconds: u32::from_le_bytes(take(&mut rest)?) })
    };
    let (modified, changed) = (moment()?, moment()?);
    let (inode, device) = (u64::from_le_bytes(take(&mut rest)?), u64::from_le_bytes(take(&mut rest)?));
    let [algorithm] = take(&mut rest)?;
    let of = |known: &Algorithm| *known as u8 == algorithm;
    let algorithm = [Algorithm::Blake3, Algorithm::GitSha1, Algorithm::GitSha256].into_iter().find(of)?;
    let id = Digest::new(algorithm, rest.get(..algorithm.length())?)?;
    Some((Stamp { size, modified, changed, inode, device }, id))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stamp(inode: u64, changed: u32) -> Stamp {
        let changed = Moment { seconds: 7, nanoseconds: changed };
        Stamp { size: 3, modified: Moment { seconds: -1, nanoseconds: 5 }, changed, inode, device: 9 }
    }

    #[test]
    fn a_file_is_known_by_all_that_the_system_says() {
        let (one, two) = (stamp(1, 10), stamp(2, 20));
        let (sha, blake) = (Digest::git_sha1([4; 20]), Digest::of(b"x"));
        let known = Known::read(&write([(&one, sha), (&two, blake)].into_iter()));
        assert_eq!(known.id(&one, Algorithm::GitSha1), Some(sha));
        assert_eq!(known.id(&two, Algorithm::Blake3), Some(blake));
        assert_eq!(known.id(&two, Algorithm::GitSha1), None);
        let moment = Moment { seconds: 7, nanoseconds: 11 };
        for other in [
            Stamp { size: 4, ..one },
            Stamp { modified: moment, ..one },
            Stamp { changed: moment, ..one },
            Stamp { inode: 2, ..one },
            Stamp { device: 8, ..one },
        ] {
            assert_eq!(known.id(&other, Algorithm::GitSha1), None, "{other:?}");
        }
    }

    #[test]
    fn what_something_else_was_changed_after_is_settled() {
        let check = |changed: u32, latest: &[Stamp], expected: bool| {
            assert_eq!(
                Settled::by(latest.iter()).holds(&stamp(1, changed)),
                expected,
                "{changed} {latest:?}"
            );
        };
        check(1, &[stamp(1, 1)], false);
        check(1, &[stamp(1, 1), stamp(2, 9_000_000)], false);
        check(1, &[stamp(1, 1), stamp(2, 11_000_000)], true);
        check(1, &[stamp(1, 1), Stamp { device: 8, ..stamp(2, 11_000_000) }], false);
        let untold = Stamp { inode: 0, ..stamp(1, 1) };
        assert!(!Settled::by([untold, stamp(2, 900_000_000)].iter()).holds(&untold));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(Known::read(&bytes).0.len() <= bytes.len() / LENGTH);
        }
    }
}

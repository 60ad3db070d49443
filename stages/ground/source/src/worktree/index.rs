//! Git's index, versions 2 to 4 (<https://git-scm.com/docs/index-format>): which files are tracked, under which blob id,
//! and what the system said of each when git last saw it. Git's library takes 0.3 s to open an index of 60,000 entries;
//! this takes a few milliseconds. What it does not understand it refuses.

mod entry;

use std::ops::Range;

use model::Algorithm;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::stamp::Moment;

pub(super) use entry::{Entry, Mode};

/// An index is refused beyond this size, and beyond as many bytes of names when they are written out.
const BOUND: usize = 1 << 30;

/// Why an index is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum IndexError {
    #[error("it is larger than {BOUND} bytes")]
    TooLarge,
    #[error("it is cut off or malformed")]
    Malformed,
    #[error("its checksum is wrong")]
    Checksum,
    #[error("its version is {0}")]
    Version(u32),
    #[error("it is split (`git update-index --no-split-index` joins it)")]
    Split,
    #[error("it has the required extension `{0}`")]
    Extension(String),
}

/// Git's index.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The names one after another: the file itself, or names written out of their compressed form.
    names: Vec<u8>,
    entries: Vec<Entry>,
    /// When it was written. What was modified later, or about then, git may have missed.
    pub(super) written: Moment,
}

impl Index {
    /// Reads an index.
    pub(super) fn parse(file: Vec<u8>, algorithm: Algorithm, written: Moment) -> Result<Self, IndexError> {
        if file.len() > BOUND {
            return Err(IndexError::TooLarge);
        }
        let body = body(&file, algorithm)?;
        let (sum, index) = rayon::join(|| check(&file, algorithm), || Self::read(body, algorithm, written));
        sum?;
        let mut index = index?;
        // Names that stand in the file itself.
        if index.names.is_empty() {
            index.names = file;
        }
        let sorted = |one: usize, two: usize| {
            (index.name(one), index.stage(one)) < (index.name(two), index.stage(two))
        };
        if (1..index.len()).all(|at| sorted(at - 1, at)) { Ok(index) } else { Err(IndexError::Malformed) }
    }

    /// Reads what stands ahead of the checksum.
    fn read(body: &[u8], algorithm: Algorithm, written: Moment) -> Result<Self, IndexError> {
        let mut rest = body;
        let mut number = || {
            let (number, after) = rest.split_first_chunk()?;
            rest = after;
            Some(u32::from_be_bytes(*number))
        };
        let head = (number(), number(), number());
        let (Some(0x4449_5243), Some(version), Some(count)) = head else { return Err(IndexError::Malformed) };
        let mut index = Self { names: Vec::new(), entries: Vec::new(), written };
        match version {
            2 | 3 => index.read_plain(body, count, algorithm.length())?,
            4 => index.read_compressed(body, count, algorithm.length())?,
            version => return Err(IndexError::Version(version)),
        }
        Ok(index)
    }

    /// Makes an index of names only, sorted: nothing in it vouches for content.
    pub(super) fn of_names(sorted: impl Iterator<Item = Vec<u8>>) -> Self {
        let mut index = Self::default();
        for name in sorted {
            let start = index.names.len();
            index.names.extend(name);
            index.entries.extend(Entry::unknown(start, index.names.len()));
        }
        index
    }

    fn read_plain(&mut self, body: &[u8], count: u32, length: usize) -> Result<(), IndexError> {
        let mut at = HEADER;
        self.entries.reserve(reserve(body, count));
        for _ in 0..count {
            let (mut entry, after) = Entry::parse(body, at, length).ok_or(IndexError::Malformed)?;
            let rest = body.get(after..).ok_or(IndexError::Malformed)?;
            let end = after + memchr::memchr(0, rest).ok_or(IndexError::Malformed)?;
            entry.set_name(after, end).ok_or(IndexError::Malformed)?;
            self.entries.push(entry);
            // One to eight NULs make the entry a multiple of eight long.
            at += (end - at + 8) & !7;
        }
        extensions(body.get(at..).ok_or(IndexError::Malformed)?)
    }

    fn read_compressed(&mut self, body: &[u8], count: u32, length: usize) -> Result<(), IndexError> {
        let mut at = HEADER;
        self.entries.reserve(reserve(body, count));
        let mut last = 0..0;
        for _ in 0..count {
            let (mut entry, after) = Entry::parse(body, at, length).ok_or(IndexError::Malformed)?;
            let rest = body.get(after..).ok_or(IndexError::Malformed)?;
            let (strip, rest) = strip_length(rest).ok_or(IndexError::Malformed)?;
            let (suffix, rest) = memchr::memchr(0, rest)
                .and_then(|end| Some((rest.get(..end)?, rest.get(end + 1..)?)))
                .ok_or(IndexError::Malformed)?;
            let kept = last.len().checked_sub(strip).ok_or(IndexError::Malformed)?;
            let start = self.names.len();
            self.names.extend_from_within(last.start..last.start + kept);
            self.names.extend_from_slice(suffix);
            last = start..self.names.len();
            if self.names.len() > BOUND {
                return Err(IndexError::TooLarge);
            }
            entry.set_name(last.start, last.end).ok_or(IndexError::Malformed)?;
            self.entries.push(entry);
            at = body.len() - rest.len();
        }
        extensions(body.get(at..).ok_or(IndexError::Malformed)?)
    }

    /// Returns how many entries there are: a path in conflict has several.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the entry at `at`.
    pub(super) fn entry(&self, at: usize) -> Option<&Entry> {
        self.entries.get(at)
    }

    /// Returns all entries with their raw names.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &Entry)> {
        (0..).map(|at| self.name(at)).zip(&self.entries)
    }

    /// Returns the raw name of the entry at `at`.
    pub(super) fn name(&self, at: usize) -> &[u8] {
        self.entries.get(at).and_then(|entry| self.names.get(entry.name())).unwrap_or_default()
    }

    fn stage(&self, at: usize) -> u8 {
        self.entries.get(at).map_or(0, Entry::stage)
    }

    /// Returns the entry of the file `name` among those of `within`; of a path in conflict, the first. All of `within` agree
    /// with `name` in their first `known` bytes. Whoever asks for names in their order finds most of them at `next`, right
    /// behind the last.
    pub(super) fn find(&self, name: &[u8], known: usize, within: Range<usize>, next: usize) -> Option<usize> {
        let wanted = name.get(known..)?;
        let is = |at: usize| within.contains(&at) && self.rest(at, known) == wanted;
        if is(next) && !next.checked_sub(1).is_some_and(is) {
            return Some(next);
        }
        let at = self.first(known, within.clone(), |rest| rest < wanted);
        is(at).then_some(at)
    }

    /// Returns what the name of the entry at `at` has behind the first `known` bytes.
    fn rest(&self, at: usize, known: usize) -> &[u8] {
        self.name(at).get(known..).unwrap_or_default()
    }

    /// Returns the entries below the folder `prefix`, which ends in `/`, among those of `within`, which agree with it as in
    /// [`Index::find`].
    pub(super) fn below(&self, prefix: &[u8], known: usize, within: Range<usize>) -> Range<usize> {
        let Some(wanted) = prefix.get(known..) else { return within.start..within.start };
        let start = self.first(known, within.clone(), |rest| rest < wanted);
        let end = self.first(known, start..within.end, |rest| rest.starts_with(wanted));
        start..end
    }

    /// Returns the first of `within` that `before` does not hold for, of what its name has behind the first `known` bytes.
    fn first(&self, known: usize, within: Range<usize>, before: impl Fn(&[u8]) -> bool) -> usize {
        let part = self.entries.get(within.clone()).unwrap_or_default();
        let rest = |entry: &Entry| {
            let name = entry.name();
            self.names.get(name.start + known..name.end).unwrap_or_default()
        };
        within.start + part.partition_point(|entry| before(rest(entry)))
    }
}

/// `DIRC`, version, number of entries.
const HEADER: usize = 12;

/// Returns room for as many entries as there can be: a hostile count must not cost memory.
fn reserve(body: &[u8], count: u32) -> usize {
    (body.len() / entry::LEAST).min(count as usize)
}

/// Returns what stands ahead of the checksum.
fn body(file: &[u8], algorithm: Algorithm) -> Result<&[u8], IndexError> {
    let end = file.len().checked_sub(algorithm.length());
    end.and_then(|end| file.get(..end)).ok_or(IndexError::Malformed)
}

/// Checks the checksum at the end. All zeros mean that git was told to leave it out.
fn check(file: &[u8], algorithm: Algorithm) -> Result<(), IndexError> {
    let body = body(file, algorithm)?;
    let sum = file.get(body.len()..).unwrap_or_default();
    let right = sum.iter().all(|byte| *byte == 0)
        || match algorithm {
            Algorithm::GitSha256 => Sha256::digest(body).as_slice() == sum,
            Algorithm::GitSha1 | Algorithm::Sha256 | Algorithm::Blake3 => {
                Sha1::digest(body).as_slice() == sum
            }
        };
    if right { Ok(()) } else { Err(IndexError::Checksum) }
}

/// Passes over optional extensions; refuses those that change what the entries mean.
fn extensions(mut rest: &[u8]) -> Result<(), IndexError> {
    while !rest.is_empty() {
        let (name, after) = rest.split_first_chunk::<4>().ok_or(IndexError::Malformed)?;
        let (size, after) = after.split_first_chunk().ok_or(IndexError::Malformed)?;
        match name {
            b"link" => return Err(IndexError::Split),
            // Sparse folders are entries that end in `/`: they name no file, so nothing is looked up in them.
            b"sdir" => {}
            name if name.first().is_some_and(u8::is_ascii_uppercase) => {}
            name => return Err(IndexError::Extension(String::from_utf8_lossy(name).into_owned())),
        }
        rest = after.get(u32::from_be_bytes(*size) as usize..).ok_or(IndexError::Malformed)?;
    }
    Ok(())
}

/// Reads how many bytes of the last name to take off, in the encoding of offset deltas in packs.
fn strip_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, mut rest) = bytes.split_first()?;
    let mut value = usize::from(first & 0x7f);
    let mut last = *first;
    while last & 0x80 != 0 {
        let (byte, after) = rest.split_first()?;
        rest = after;
        value = value.checked_add(1)?.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
        last = *byte;
    }
    Some((value, rest))
}

#[cfg(test)]
mod tests;

//! What is inside zip files, tarballs and gzip streams, up to bounds: every one that is reached is said.
//!
//! Members are handed on one by one as they are read: of an archive no more is held than one member and, inside a member
//! that is an archive itself, one of its own.

mod method;

use std::io::{Cursor, Read};

pub use self::method::Method;
use crate::bounded::Bounded;
use crate::budget::Budget;
use crate::limit::Limit;

/// How deep an archive is opened: one inside another.
const DEEPEST: usize = 2;
/// Bytes of one member that are read.
const MOST_OF_ONE: u64 = 32 << 20;
/// Times a member may be larger than what it is packed into, once it is large at all.
const MOST_RATIO: u64 = 200;
/// A member below this size is no bomb, whatever its ratio.
const SMALL: u64 = 8 << 20;
/// Bytes of a packed tarball that are gone through, with what is not read of it.
const MOST_OF_STREAM: u64 = 1 << 30;
/// Bytes of a tarball's block.
const BLOCK: usize = 512;
/// Longest path that a tarball gives a member.
const LONGEST_PATH: u64 = 64 << 10;

/// The archives that are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A zip file, or anything built on one: jar, war, wheel, office documents.
    Zip,
    /// A stream packed with gzip, a tarball or not.
    Gzip,
    /// A tarball.
    Tar,
}

/// A file out of an archive.
#[derive(Debug)]
pub(crate) struct Member {
    /// Its path in the innermost archive.
    pub(crate) path: String,
    /// How it was wrapped, outermost first: `zip:inner/path`, `gzip`.
    pub(crate) wrapping: Vec<String>,
    pub(crate) bytes: Vec<u8>,
    /// Whether it begins like an archive, and is none that could be opened.
    pub(crate) unopened: bool,
}

impl Kind {
    /// Recognizes an archive by its first bytes.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [b'P', b'K', 3, 4, ..] => Some(Self::Zip),
            [0x1F, 0x8B, 8, ..] => Some(Self::Gzip),
            _ if is_tar(bytes) => Some(Self::Tar),
            _ => None,
        }
    }
}

/// Tells whether content is packed, in a way that is undone or not.
pub(crate) fn is_packed(bytes: &[u8]) -> bool {
    Kind::of(bytes).is_some() || is_of_other_kind(bytes)
}

/// Tells whether content is packed in a way that is not undone: xz, bzip2, Zstandard, 7-Zip, RAR.
pub(crate) fn is_of_other_kind(bytes: &[u8]) -> bool {
    const BEGINNINGS: &[&[u8]] =
        &[b"\xFD7zXZ\0", b"\x28\xB5\x2F\xFD", b"7z\xBC\xAF\x27\x1C", b"Rar!\x1A\x07"];
    BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning))
        // What begins a block follows how large blocks are.
        || matches!(bytes, [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', b'&', b'S', b'Y', ..])
}

/// Tells whether the first block is a tarball's: its sum holds, and a NUL ends its fields. A text may say `ustar` too.
fn is_tar(bytes: &[u8]) -> bool {
    let ustar = |block: &&[u8; BLOCK]| block.get(257..262) == Some(b"ustar");
    let Some(block) = bytes.first_chunk().filter(ustar) else { return false };
    let sum = block.iter().enumerate().map(|(at, byte)| match at {
        148..156 => u32::from(b' '),
        _ => u32::from(*byte),
    });
    tar::Header::from_byte_slice(block).cksum().is_ok_and(|said| said == sum.sum::<u32>())
        && block.contains(&0)
}

/// Opens an archive and those inside it, and shows each file to `visit`. `None` when it is none after all.
pub(crate) fn open(bytes: &[u8], budget: &Budget, visit: &mut dyn FnMut(Member)) -> Option<Vec<Limit>> {
    let mut opening = Opening { budget, visit, limits: Vec::new() };
    let opened = opening.archive(bytes, "", &[], 0);
    opening.limits.sort();
    opening.limits.dedup();
    opened.then_some(opening.limits)
}

struct Opening<'a> {
    budget: &'a Budget,
    visit: &'a mut dyn FnMut(Member),
    limits: Vec<Limit>,
}

impl Opening<'_> {
    /// Opens an archive; `false` when nothing of it can be read.
    fn archive(&mut self, bytes: &[u8], path: &str, wrapping: &[String], depth: usize) -> bool {
        match Kind::of(bytes) {
            Some(_) if depth >= DEEPEST => {
                self.limits.push(Limit::ArchiveDepth);
                true
            }
            Some(Kind::Zip) => self.zip(bytes, wrapping, depth),
            Some(Kind::Tar) => self.tar(bytes, wrapping, depth),
            Some(Kind::Gzip) => self.gzip(bytes, path, wrapping, depth),
            None => false,
        }
    }

    /// Takes a file that was read, and looks inside when it is an archive itself.
    fn take(&mut self, bytes: Vec<u8>, path: String, wrapping: Vec<String>, depth: usize) {
        let unopened = Kind::of(&bytes).is_some();
        if !unopened || !self.archive(&bytes, &path, &wrapping, depth) {
            (self.visit)(Member { path, wrapping, bytes, unopened });
        }
    }

    /// Says that the rest of an archive cannot be read.
    fn broken(&mut self, depth: usize) {
        self.limits.push(if depth == 0 { Limit::ArchiveUnreadable } else { Limit::ArchiveMalformed });
    }

    fn zip(&mut self, bytes: &[u8], wrapping: &[String], depth: usize) -> bool {
        let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else { return false };
        for index in 0..archive.len() {
            if !self.another() {
                return true;
            }
            let member = match archive.by_index(index) {
                Ok(member) => member,
                Err(zip::result::ZipError::UnsupportedArchive(zip::result::ZipError::PASSWORD_REQUIRED)) => {
                    self.limits.push(Limit::ArchiveEncrypted);
                    continue;
                }
                Err(_) => {
                    self.limits.push(Limit::ArchiveMalformed);
                    continue;
                }
            };
            if !member.is_file() {
                continue;
            }
            if let Some(method) = Method::of(member.compression()) {
                self.limits.push(Limit::ArchiveMethod(method));
                continue;
            }
            let path = String::from_utf8_lossy(member.name_raw()).into_owned();
            let packed = member.compressed_size();
            if let Some(content) = self.read(member, packed) {
                self.take(content, path.clone(), wrapped(wrapping, format!("zip:{path}")), depth + 1);
            }
        }
        true
    }

    fn tar(&mut self, stream: impl Read, wrapping: &[String], depth: usize) -> bool {
        let mut archive = tar::Archive::new(stream);
        // Raw: the library would hold names of any length.
        let Ok(entries) = archive.entries().map(|entries| entries.raw(true)) else { return false };
        let mut long_path = None;
        let mut any = false;
        for entry in entries {
            if !self.another() {
                return true;
            }
            let Ok(mut entry) = entry else {
                if any {
                    self.broken(depth);
                }
                return any;
            };
            any = true;
            let kind = entry.header().entry_type();
            if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
                long_path = path_of(&mut entry, kind).or(long_path);
            } else if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() {
                let own = || String::from_utf8_lossy(&entry.path_bytes()).into_owned();
                let path = long_path.take().unwrap_or_else(own);
                let size = entry.size();
                if let Some(content) = self.read(entry, size) {
                    self.take(content, path.clone(), wrapped(wrapping, format!("tar:{path}")), depth + 1);
                }
            } else if !kind.is_gnu_longlink() {
                long_path = None;
            }
        }
        any
    }

    /// A packed tarball counts as one archive, not as one inside another.
    fn gzip(&mut self, bytes: &[u8], path: &str, wrapping: &[String], depth: usize) -> bool {
        let ratio = (bytes.len() as u64).saturating_mul(MOST_RATIO).max(SMALL);
        let decoder = flate2::read::MultiGzDecoder::new(bytes);
        let mut stream = Bounded::new(decoder, ratio.min(MOST_OF_STREAM));
        let mut head = Vec::new();
        let _ = stream.by_ref().take(BLOCK as u64).read_to_end(&mut head);
        if head.is_empty() && stream.broken {
            return false;
        }
        let wrapping = wrapped(wrapping, "gzip".to_owned());
        if is_tar(&head) {
            self.tar(head.as_slice().chain(&mut stream), &wrapping, depth);
        } else {
            let content = self.read(head.as_slice().chain(&mut stream), MOST_OF_ONE);
            if let Some(content) = content.filter(|_| !stream.over) {
                let path = path.strip_suffix(".gz").unwrap_or(path).to_owned();
                self.take(content, path, wrapping, depth + 1);
            }
        }
        if stream.over {
            self.limits.push(if ratio < MOST_OF_STREAM { Limit::ArchiveRatio } else { Limit::ArchiveSize });
        }
        if stream.broken {
            self.broken(depth);
        }
        true
    }

    /// Counts a member; tells whether it may be read.
    fn another(&mut self) -> bool {
        let may = self.budget.take_member();
        if !may {
            self.limits.push(Limit::ArchiveMembers);
        }
        may
    }

    /// Reads a member within the bounds. The sizes that an archive claims are never believed.
    fn read(&mut self, member: impl Read, packed: u64) -> Option<Vec<u8>> {
        let ratio = packed.saturating_mul(MOST_RATIO).max(SMALL);
        let bound = MOST_OF_ONE.min(self.budget.bytes()).min(ratio);
        let mut content = Vec::new();
        let read = member.take(bound + 1).read_to_end(&mut content);
        let over = content.len() as u64 > bound;
        self.budget.spend_bytes(content.len() as u64);
        if over {
            self.limits.push(if bound == ratio { Limit::ArchiveRatio } else { Limit::ArchiveSize });
            return None;
        }
        if read.is_err() {
            // What was read before the error is looked at; that the rest is missing is said.
            self.limits.push(Limit::ArchiveMalformed);
        }
        Some(content)
    }
}

/// Returns the path that an entry of a tarball gives the next one.
fn path_of(entry: &mut impl Read, kind: tar::EntryType) -> Option<String> {
    let mut bytes = Vec::new();
    entry.take(LONGEST_PATH).read_to_end(&mut bytes).ok()?;
    let path = if kind.is_gnu_longname() {
        bytes.split(|byte| *byte == 0).next()?
    } else {
        // `27 path=a/b` and a line end.
        let mut lines = bytes.split(|byte| *byte == b'\n');
        lines.find_map(|line| line.splitn(2, |byte| *byte == b' ').nth(1)?.strip_prefix(b"path="))?
    };
    Some(String::from_utf8_lossy(path).into_owned())
}

fn wrapped(outer: &[String], inner: String) -> Vec<String> {
    outer.iter().cloned().chain(std::iter::once(inner)).collect()
}

#[cfg(test)]
mod tests;

//! What is inside zip files, tarballs and gzip streams, up to bounds: every one that is reached is said.

use std::io::{Cursor, Read};

use crate::hit::Limit;

/// How deep an archive is opened: one inside another.
const DEEPEST: usize = 2;
/// Members that are read, in all.
const MOST_MEMBERS: usize = 10_000;
/// Bytes that are read, in all.
const MOST_BYTES: u64 = 256 << 20;
/// Bytes of one member that are read.
const MOST_OF_ONE: u64 = 32 << 20;
/// Times a member may be larger than what it is packed into, once it is large at all.
const MOST_RATIO: u64 = 200;
/// A member below this size is no bomb, whatever its ratio.
const SMALL: u64 = 8 << 20;

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
}

impl Kind {
    /// Recognizes an archive by its first bytes.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [b'P', b'K', 3, 4, ..] => Some(Self::Zip),
            [0x1F, 0x8B, 8, ..] => Some(Self::Gzip),
            _ if bytes.get(257..262) == Some(b"ustar") => Some(Self::Tar),
            _ => None,
        }
    }
}

/// Opens an archive and those inside it.
pub(crate) fn open(bytes: &[u8]) -> (Vec<Member>, Vec<Limit>) {
    let mut opening = Opening { members: Vec::new(), limits: Vec::new(), seen: 0, left: MOST_BYTES };
    opening.archive(bytes, "", &[], 0);
    opening.limits.sort();
    opening.limits.dedup();
    (opening.members, opening.limits)
}

struct Opening {
    members: Vec<Member>,
    limits: Vec<Limit>,
    seen: usize,
    left: u64,
}

impl Opening {
    fn archive(&mut self, bytes: &[u8], path: &str, wrapping: &[String], depth: usize) {
        match Kind::of(bytes) {
            Some(_) if depth >= DEEPEST => self.limits.push(Limit::ArchiveDepth),
            Some(Kind::Zip) => self.zip(bytes, wrapping, depth),
            Some(Kind::Tar) => self.tar(bytes, wrapping, depth),
            Some(Kind::Gzip) => self.gzip(bytes, path, wrapping, depth),
            None => self.members.push(Member {
                path: path.to_owned(),
                wrapping: wrapping.to_vec(),
                bytes: bytes.to_vec(),
            }),
        }
    }

    /// Takes a file that was read, and looks inside when it is an archive itself.
    fn take(&mut self, bytes: Vec<u8>, path: String, wrapping: Vec<String>, depth: usize) {
        if Kind::of(&bytes).is_some() {
            self.archive(&bytes, &path, &wrapping, depth);
        } else {
            self.members.push(Member { path, wrapping, bytes });
        }
    }

    fn zip(&mut self, bytes: &[u8], wrapping: &[String], depth: usize) {
        let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
            self.limits.push(Limit::ArchiveMalformed);
            return;
        };
        for index in 0..archive.len() {
            if !self.another() {
                return;
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
            let path = String::from_utf8_lossy(member.name_raw()).into_owned();
            let packed = member.compressed_size();
            if let Some(content) = self.read(member, packed) {
                self.take(content, path.clone(), wrapped(wrapping, format!("zip:{path}")), depth + 1);
            }
        }
    }

    fn tar(&mut self, bytes: &[u8], wrapping: &[String], depth: usize) {
        let mut archive = tar::Archive::new(bytes);
        let Ok(entries) = archive.entries() else {
            self.limits.push(Limit::ArchiveMalformed);
            return;
        };
        for entry in entries {
            if !self.another() {
                return;
            }
            let Ok(entry) = entry else {
                self.limits.push(Limit::ArchiveMalformed);
                return;
            };
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let size = entry.size();
            if let Some(content) = self.read(entry, size) {
                self.take(content, path.clone(), wrapped(wrapping, format!("tar:{path}")), depth + 1);
            }
        }
    }

    /// A packed tarball counts as one archive, not as one inside another.
    fn gzip(&mut self, bytes: &[u8], path: &str, wrapping: &[String], depth: usize) {
        let stream = flate2::read::MultiGzDecoder::new(bytes);
        // The whole of a tarball may be larger than a member may be.
        let Some(content) = self.read_at_most(stream, bytes.len() as u64, MOST_BYTES) else { return };
        let wrapping = wrapped(wrapping, "gzip".to_owned());
        if let Some(Kind::Tar) = Kind::of(&content) {
            self.tar(&content, &wrapping, depth);
        } else {
            let path = path.strip_suffix(".gz").unwrap_or(path).to_owned();
            self.take(content, path, wrapping, depth + 1);
        }
    }

    /// Counts a member; tells whether it may be read.
    fn another(&mut self) -> bool {
        self.seen += 1;
        if self.seen > MOST_MEMBERS {
            self.limits.push(Limit::ArchiveMembers);
        }
        self.seen <= MOST_MEMBERS
    }

    fn read(&mut self, member: impl Read, packed: u64) -> Option<Vec<u8>> {
        self.read_at_most(member, packed, MOST_OF_ONE)
    }

    /// Reads a member within the bounds. The sizes that an archive claims are never believed.
    fn read_at_most(&mut self, member: impl Read, packed: u64, most: u64) -> Option<Vec<u8>> {
        let ratio = packed.saturating_mul(MOST_RATIO).max(SMALL);
        let bound = most.min(self.left).min(ratio);
        let mut content = Vec::new();
        let read = member.take(bound + 1).read_to_end(&mut content);
        if content.len() as u64 > bound {
            self.limits.push(if bound == ratio { Limit::ArchiveRatio } else { Limit::ArchiveSize });
            return None;
        }
        self.left -= content.len() as u64;
        if read.is_err() {
            // What was read before the error is looked at; that the rest is missing is said.
            self.limits.push(Limit::ArchiveMalformed);
        }
        Some(content)
    }
}

fn wrapped(outer: &[String], inner: String) -> Vec<String> {
    outer.iter().cloned().chain(std::iter::once(inner)).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, content) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            header.set_cksum();
            builder.append_data(&mut header, name, *content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn check(bytes: &[u8], members: &[(&str, &str)], limits: &[Limit]) {
        let (found, reached) = open(bytes);
        let shown: Vec<_> = found
            .iter()
            .map(|member| (member.wrapping.join(" "), String::from_utf8_lossy(&member.bytes).into_owned()))
            .collect();
        let expected: Vec<_> = members.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!((shown, reached), (expected, limits.to_vec()));
    }

    #[test]
    fn members_are_read_through_all_wrappings() {
        check(&zip(&[("a/b.txt", b"x")]), &[("zip:a/b.txt", "x")], &[]);
        check(&tar(&[("a.txt", b"x"), ("b", b"y")]), &[("tar:a.txt", "x"), ("tar:b", "y")], &[]);
        check(&gzip(&tar(&[("a.txt", b"x")])), &[("gzip tar:a.txt", "x")], &[]);
        check(&gzip(b"plain"), &[("gzip", "plain")], &[]);
        check(&zip(&[("in.zip", &zip(&[("a", b"x")]))]), &[("zip:in.zip zip:a", "x")], &[]);
    }

    #[test]
    fn bounds_are_said() {
        let deep = zip(&[("1.zip", &zip(&[("2.zip", &zip(&[("a", b"x")]))]))]);
        check(&deep, &[], &[Limit::ArchiveDepth]);
        check(&gzip(&vec![0; 20 << 20]), &[], &[Limit::ArchiveRatio]);
        check(b"PK\x03\x04 and then nothing", &[], &[Limit::ArchiveMalformed]);
        let whole = gzip(b"some text that is cut off in the middle of the stream");
        let (_, limits) = open(&whole[..whole.len() - 12]);
        assert_eq!(limits, [Limit::ArchiveMalformed]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn any_damage_is_survived(at: u16, byte: u8, cut: u16) {
            for mut bytes in [zip(&[("a", b"hello")]), tar(&[("a", b"hello")]), gzip(b"hello")] {
                let place = usize::from(at) % bytes.len();
                bytes[place] = byte;
                bytes.truncate(usize::from(cut) % (bytes.len() + 1));
                open(&bytes);
            }
        }
    }
}

//! Where records come from: the layout of the OSV bucket, a folder of files, one archive; on disk or in memory.
//!
//! Archives and folders are hostile: how many records, how large each and all together is bounded. A record beyond its
//! bound is a [`Problem`]; an archive beyond its bound is refused, as half of it would pass for the whole.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::Problem;
use crate::collect::Collector;

/// How much is read.
pub(crate) struct Bounds {
    /// Bytes of one record.
    pub(crate) record: u64,
    /// Records of one archive or folder.
    records: u64,
    /// Bytes of all of them, unpacked.
    bytes: u64,
}

impl Bounds {
    /// The largest record of the public data has under 2 MiB, and the largest archive, npm's, some 250,000 records.
    pub(crate) const STANDARD: Self = Self { record: 8 << 20, records: 2_000_000, bytes: 8 << 30 };
}

/// Deepest folder that is searched.
const DEEPEST: u32 = 16;

/// The archive of one ecosystem in the OSV bucket.
const ARCHIVE: &str = "all.zip";

/// Where records come from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// A folder in the layout of the OSV bucket (`<ECOSYSTEM>/all.zip`), else a folder of `*.json` files at any depth,
    /// or one zip archive. In the first an archive gives its own ecosystem only, the others give all they name.
    Path(&'a Path),
    /// The content of `all.zip` by ecosystem.
    Archives(&'a [(String, Vec<u8>)]),
}

/// Why a source cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file or folder cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// An archive is none, or damaged.
    #[error("cannot read the archive {archive}")]
    Archive {
        /// The archive.
        archive: String,
        /// What is wrong.
        #[source]
        source: zip::result::ZipError,
    },
    /// More records or bytes than any database has.
    #[error("{archive} has more than {records} records or {bytes} bytes")]
    TooLarge {
        /// The archive or folder.
        archive: String,
        /// Most records that are read.
        records: u64,
        /// Most bytes that are read.
        bytes: u64,
    },
}

/// One archive or folder.
pub(crate) struct Feed<'a> {
    /// The ecosystem that it is the archive of.
    pub(crate) only: Option<String>,
    /// What messages call it.
    label: String,
    content: Content<'a>,
}

enum Content<'a> {
    File(PathBuf),
    Folder(PathBuf),
    Memory(&'a [u8]),
}

/// One feed being read.
struct Reading<'a> {
    label: &'a str,
    bounds: &'a Bounds,
    collector: &'a mut Collector,
    content: Vec<u8>,
    records: u64,
    bytes: u64,
}

impl Source<'_> {
    /// Lists what is to be read, by name.
    pub(crate) fn feeds(&self) -> Result<Vec<Feed<'_>>, SourceError> {
        let path = match self {
            Self::Archives(archives) => return Ok(archives.iter().map(Feed::archive).collect()),
            Self::Path(path) => *path,
        };
        let label = || path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let kind =
            fs::metadata(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
        if !kind.is_dir() {
            let content = Content::File(path.to_owned());
            return Ok(vec![Feed { only: None, label: label(), content }]);
        }
        let mut feeds = Vec::new();
        for child in listing(path)? {
            let archive = child.join(ARCHIVE);
            // A name that is no Unicode is no ecosystem's.
            if let Some(name) = child.file_name().and_then(|name| name.to_str())
                && archive.is_file()
            {
                let label = format!("{name}/{ARCHIVE}");
                feeds.push(Feed { only: Some(name.to_owned()), label, content: Content::File(archive) });
            }
        }
        if feeds.is_empty() {
            feeds.push(Feed { only: None, label: String::new(), content: Content::Folder(path.to_owned()) });
        }
        Ok(feeds)
    }
}

impl<'a> Feed<'a> {
    fn archive((ecosystem, bytes): &'a (String, Vec<u8>)) -> Self {
        let label = format!("{ecosystem}/{ARCHIVE}");
        Self { only: Some(ecosystem.clone()), label, content: Content::Memory(bytes) }
    }

    /// Returns what messages call it.
    pub(crate) fn name(&self) -> &str {
        if self.label.is_empty() { "the folder" } else { &self.label }
    }

    /// Gives every record to the collector.
    pub(crate) fn read(&self, bounds: &Bounds, collector: &mut Collector) -> Result<(), SourceError> {
        let label = &self.label;
        let mut reading = Reading { label, bounds, collector, content: Vec::new(), records: 0, bytes: 0 };
        match &self.content {
            Content::Memory(bytes) => reading.unpack(Cursor::new(*bytes)),
            Content::File(path) => {
                let file =
                    File::open(path).map_err(|source| SourceError::Read { path: path.clone(), source })?;
                reading.unpack(io::BufReader::with_capacity(1 << 16, file))
            }
            Content::Folder(path) => reading.walk(path, "", 0),
        }
    }
}

impl Reading<'_> {
    fn unpack<R: Read + Seek>(&mut self, reader: R) -> Result<(), SourceError> {
        let mut archive = ZipArchive::new(reader)
            .map_err(|source| SourceError::Archive { archive: self.label.to_owned(), source })?;
        if archive.has_duplicate_names() {
            self.report(self.label, "two of its files have one name; one of them is read");
        }
        for at in 0..archive.len() {
            let number = format!("{}/#{at}", self.label);
            let mut entry = match archive.by_index(at) {
                Ok(entry) => entry,
                Err(error) => {
                    self.report(&number, error);
                    continue;
                }
            };
            let Ok(name) = entry.name().map(|name| name.into_owned()) else {
                self.report(&number, "its name is not readable");
                continue;
            };
            if !entry.is_dir() && is_record(&name) {
                self.give(&format!("{}/{name}", self.label), &mut entry)?;
            }
        }
        Ok(())
    }

    /// Goes through a folder in the order of names. Links are not followed: they could lead out, or in circles.
    fn walk(&mut self, folder: &Path, prefix: &str, depth: u32) -> Result<(), SourceError> {
        for path in listing(folder)? {
            let failed = |source| SourceError::Read { path: path.clone(), source };
            let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let label = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            let kind = fs::symlink_metadata(&path).map_err(failed)?.file_type();
            if kind.is_dir() && depth >= DEEPEST {
                self.report(&label, format!("it is more than {DEEPEST} folders deep"));
            } else if kind.is_dir() {
                self.walk(&path, &label, depth + 1)?;
            } else if kind.is_symlink() && is_record(&label) {
                self.report(&label, "it is a link");
            } else if kind.is_file() && is_record(&label) {
                let mut file = File::open(&path).map_err(failed)?;
                self.give(&label, &mut file)?;
            }
        }
        Ok(())
    }

    fn report(&mut self, file: &str, reason: impl fmt::Display) {
        self.collector.report(Problem::unread(file, reason));
    }

    /// Reads one record within the bounds and gives it to the collector.
    fn give(&mut self, label: &str, reader: &mut impl Read) -> Result<(), SourceError> {
        self.content.clear();
        let read = reader.take(self.bounds.record + 1).read_to_end(&mut self.content);
        let length = self.content.len() as u64;
        self.records += 1;
        self.bytes += length;
        let Bounds { record, records, bytes } = *self.bounds;
        if self.records > records || self.bytes > bytes {
            return Err(SourceError::TooLarge { archive: self.label.to_owned(), records, bytes });
        }
        match read {
            Err(error) => self.report(label, error),
            Ok(_) if length > record => self.collector.report(Problem::too_large(label, record)),
            Ok(_) => self.collector.take(label, &self.content),
        }
        Ok(())
    }
}

/// Records are JSON files; whatever else lies beside them is none.
fn is_record(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// Lists a folder by name.
fn listing(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let failed = |source| SourceError::Read { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// Reads an archive of files of given sizes; returns the problems, or the error.
    fn check(sizes: &[usize], bounds: &Bounds, expected: &[&str]) {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (at, size) in sizes.iter().enumerate() {
            archive.start_file(format!("{at}.json"), SimpleFileOptions::default()).unwrap();
            archive.write_all(&vec![b' '; *size]).unwrap();
        }
        let archive = ("npm".to_owned(), archive.finish().unwrap().into_inner());
        let mut collector = Collector::new(None);
        let read = Feed::archive(&archive).read(bounds, &mut collector);
        let problems = collector.finish().unwrap().problems;
        let mut found: Vec<String> = problems.iter().map(ToString::to_string).collect();
        found.extend(read.err().map(|error| error.to_string()));
        assert_eq!(found, expected);
    }

    #[test]
    fn what_unpacks_to_too_much_is_a_problem_or_refused() {
        let bounds = Bounds { record: 1_000, records: 3, bytes: 2_500 };
        let blank = |at| {
            format!(
                "npm/all.zip/{at}.json: not an OSV record: EOF while parsing a value at line 1 column 1000"
            )
        };
        let large = "npm/all.zip/1.json: it has more than 1000 bytes";
        check(&[1_000, 1_001], &bounds, &[&blank(0), large]);
        let refused = "npm/all.zip has more than 3 records or 2500 bytes";
        check(&[1_000, 1_000, 1_000], &bounds, &[&blank(0), &blank(1), refused]);
        check(
            &[0; 4],
            &bounds,
            &[
                "npm/all.zip/0.json: not an OSV record: EOF while parsing a value at line 1 column 0",
                "npm/all.zip/1.json: not an OSV record: EOF while parsing a value at line 1 column 0",
                "npm/all.zip/2.json: not an OSV record: EOF while parsing a value at line 1 column 0",
                refused,
            ],
        );
    }

    #[test]
    fn any_bytes_are_an_archive_or_an_error() {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file("a.json", SimpleFileOptions::default()).unwrap();
        archive.write_all(b"{\"id\": \"A\"}").unwrap();
        let whole = archive.finish().unwrap().into_inner();
        for at in 0..whole.len() {
            for forged in [0x00, 0xff, whole[at] ^ 1] {
                let mut bytes = whole.clone();
                bytes[at] = forged;
                let archive = ("npm".to_owned(), bytes);
                let _ = Feed::archive(&archive).read(&Bounds::STANDARD, &mut Collector::new(None));
            }
        }
    }
}

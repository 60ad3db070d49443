//! Where records come from: the layout of the OSV bucket, a folder of files, one archive; on disk or in memory.
//!
//! Archives and folders are hostile: how many records, how large each and all together is bounded. A record beyond its
//! bound is a [`Problem`]; an archive beyond its bound is refused, as half of it would pass for the whole.

use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::Problem;
use crate::collect::Collector;

/// Largest record that is read; the largest of the public data has under 2 MiB.
pub(crate) const LARGEST_RECORD: u64 = 8 << 20;
/// Most records of one archive or folder; npm, the largest, has some 250,000.
const MOST_RECORDS: u64 = 2_000_000;
/// Most bytes of one archive or folder, unpacked.
const MOST_BYTES: u64 = MOST_GIB << 30;
const MOST_GIB: u64 = 8;
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
    #[error("{0} has more than {MOST_RECORDS} records or {MOST_GIB} GiB")]
    TooLarge(String),
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

/// How much was read of one feed.
#[derive(Default)]
struct Tally {
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

    /// Gives every record to the collector.
    pub(crate) fn read(&self, collector: &mut Collector) -> Result<(), SourceError> {
        let mut tally = Tally::default();
        match &self.content {
            Content::Memory(bytes) => self.unpack(Cursor::new(*bytes), &mut tally, collector),
            Content::File(path) => {
                let file =
                    File::open(path).map_err(|source| SourceError::Read { path: path.clone(), source })?;
                self.unpack(io::BufReader::with_capacity(1 << 16, file), &mut tally, collector)
            }
            Content::Folder(path) => self.walk(path, "", 0, &mut tally, collector),
        }
    }

    fn unpack<R: Read + Seek>(
        &self,
        reader: R,
        tally: &mut Tally,
        collector: &mut Collector,
    ) -> Result<(), SourceError> {
        let mut archive = ZipArchive::new(reader)
            .map_err(|source| SourceError::Archive { archive: self.label.clone(), source })?;
        if archive.has_duplicate_names() {
            collector
                .report(Problem::unread(&self.label, "two of its files have one name; one of them is read"));
        }
        let mut content = Vec::new();
        for at in 0..archive.len() {
            let mut entry = match archive.by_index(at) {
                Ok(entry) => entry,
                Err(error) => {
                    collector.report(Problem::unread(&format!("{}/#{at}", self.label), error));
                    continue;
                }
            };
            let Ok(name) = entry.name().map(|name| name.into_owned()) else {
                collector
                    .report(Problem::unread(&format!("{}/#{at}", self.label), "its name is not readable"));
                continue;
            };
            if entry.is_dir() || !is_record(&name) {
                continue;
            }
            self.give(&format!("{}/{name}", self.label), &mut entry, &mut content, tally, collector)?;
        }
        Ok(())
    }

    /// Goes through a folder in the order of names. Links are not followed: they could lead out, or in circles.
    fn walk(
        &self,
        folder: &Path,
        prefix: &str,
        depth: u32,
        tally: &mut Tally,
        collector: &mut Collector,
    ) -> Result<(), SourceError> {
        let mut content = Vec::new();
        for path in listing(folder)? {
            let failed = |source| SourceError::Read { path: path.clone(), source };
            let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let label = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            let kind = fs::symlink_metadata(&path).map_err(failed)?.file_type();
            if kind.is_dir() && depth >= DEEPEST {
                collector.report(Problem::unread(&label, format!("it is more than {DEEPEST} folders deep")));
            } else if kind.is_dir() {
                self.walk(&path, &label, depth + 1, tally, collector)?;
            } else if kind.is_symlink() && is_record(&label) {
                collector.report(Problem::unread(&label, "it is a link"));
            } else if kind.is_file() && is_record(&label) {
                let mut file = File::open(&path).map_err(failed)?;
                self.give(&label, &mut file, &mut content, tally, collector)?;
            }
        }
        Ok(())
    }

    /// Reads one record within the bounds and gives it to the collector.
    fn give(
        &self,
        label: &str,
        reader: &mut impl Read,
        content: &mut Vec<u8>,
        tally: &mut Tally,
        collector: &mut Collector,
    ) -> Result<(), SourceError> {
        content.clear();
        let read = reader.take(LARGEST_RECORD + 1).read_to_end(content);
        tally.records += 1;
        tally.bytes += content.len() as u64;
        if tally.records > MOST_RECORDS || tally.bytes > MOST_BYTES {
            return Err(SourceError::TooLarge(self.label.clone()));
        }
        match read {
            Err(error) => collector.report(Problem::unread(label, error)),
            Ok(_) if content.len() as u64 > LARGEST_RECORD => collector.report(Problem::too_large(label)),
            Ok(_) => collector.take(label, content),
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

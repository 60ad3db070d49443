//! The commits of a repository as content: every blob they brought in, each scanned once.

mod absent;
mod attribute;
mod commits;
mod graph;
mod range;
mod scan;
mod survey;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock};

use model::Digest;

use crate::objects::{Above, Opened};
use crate::{Repository, SourceError};

pub use absent::MISSING_OBJECTS;
pub use attribute::{Origins, attribute};
pub use commits::History;
pub use graph::TAGGED_CONTENT;
pub use scan::{Audience, HistoryReport, SHALLOW_HISTORY, scan, trace};
pub use survey::{Survey, survey};

/// Which blobs to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Every blob that any ref reaches.
    Everything,
    /// Blobs that the commits reachable from `tips`, and from none of `excluded`, brought in. Full commit ids.
    Range {
        /// Where the walk starts.
        tips: Vec<String>,
        /// Where it ends.
        excluded: Vec<String>,
    },
}

/// A blob to look at. Only `changed` needs a look: the rest was seen in the blob that this one is a delta of. The ranges
/// are whole lines: those that differ, and those near them that a scanner left [open](Looked::open).
#[derive(Debug)]
pub struct Blob<'a> {
    /// Git blob id.
    pub id: Digest,
    /// The whole content.
    pub bytes: &'a [u8],
    /// Sorted, disjoint ranges of `bytes`; the whole blob when it is no delta.
    pub changed: &'a [Range<usize>],
}

/// What was read of a repository's objects for one question, and serves the next.
#[derive(Default)]
struct Known {
    objects: Opened,
    range: Mutex<Option<Arc<range::Range>>>,
    above: OnceLock<Above>,
}

impl Known {
    /// Keeps what a look through all folders told of the way up.
    fn learn(&self, above: Above) {
        let _ = self.above.set(above);
    }

    /// Returns which folder lists what; looks through all of them if nobody has.
    fn above(&self, repository: &Repository) -> Result<&Above, SourceError> {
        if let Some(above) = self.above.get() {
            return Ok(above);
        }
        let above = Above::default();
        self.objects.of(repository)?.trees_with(repository, Some(&above), &|_| false, &|_, _, _| {})?;
        Ok(self.above.get_or_init(|| above))
    }
}

/// How far around a change, in bytes, open lines are looked at again: a scanner may look no further than this around a line.
pub const AROUND: usize = 256;

/// Something that a scanner found in a blob.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Where it begins in the blob.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What it is, in the scanner's own numbers: the same find has the same tag in every blob.
    pub tag: u64,
}

/// What a scanner made of the changed ranges of a blob.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// What it found.
    pub hits: Vec<Hit>,
    /// Lines to look at again, in a blob that takes them over, when something changes within [`AROUND`] of them. Of all
    /// others the scanner knows that they hold nothing wherever they stand.
    pub open: Vec<Range<usize>>,
    /// What is one thing over many lines, or may become one: all of it is shown again when something changes in it or near it.
    pub spans: Vec<Range<usize>>,
}

impl Looked {
    /// Makes what a scanner says that leaves a blob of `length` bytes open as a whole.
    pub(crate) fn open(length: usize) -> Self {
        let whole = 0..length;
        Self { hits: Vec::new(), open: vec![whole], spans: Vec::new() }
    }
}

/// Where a blob came in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Introduced {
    /// Full id of the commit.
    pub commit: String,
    /// Path in that commit, as in [`crate::Entry::path`].
    pub path: String,
    /// Committer time, seconds since the epoch.
    pub time: i64,
}

/// Blobs with the names that folders list them under.
pub type Names = BTreeMap<Digest, BTreeSet<String>>;

/// The commits under check, as a stage sees them.
pub trait Commits: Send + Sync {
    /// Returns a digest over the ids that fix what a scan sees: tips and excluded commits, or all refs.
    fn digest(&self) -> Digest;

    /// Returns a digest over what holds the repository's objects: it differs once missing ones are fetched.
    fn held(&self) -> Digest;

    /// Shows every selected blob to `scanner` once, on many threads. Returns what could not be read, and
    /// the boundary of a shallow clone; what is not there [`Commits::survey`] finds. Stops early, without an error, when `cancelled` says so.
    fn scan(
        &self,
        scanner: &(dyn Fn(Blob<'_>) + Sync),
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<crate::Problem>, String>;

    /// Like [`Commits::scan`], and tells of **every** blob that holds what was found, not only of the one in which it had to
    /// be looked for. Which of two blobs is a delta of the other differs from clone to clone; that a blob holds a find
    /// does not: [`Commits::attribute`] over all holders gives the commit that first brought it, in every clone the same.
    fn trace(&self, audience: &Audience<'_>) -> Result<Vec<crate::Problem>, String> {
        let scanner = |blob: Blob<'_>| {
            let id = blob.id;
            let mut hits = (audience.scanner)(blob).hits;
            hits.sort();
            hits.dedup();
            if !hits.is_empty() {
                (audience.holder)(&id, &hits);
            }
        };
        self.scan(&scanner, audience.cancelled)
    }

    /// Looks through the folders for file names that `wanted` holds for: before a scan nothing else is known of where a
    /// blob stands.
    fn survey(&self, wanted: &(dyn Fn(&[u8]) -> bool + Sync)) -> Result<Survey, String>;

    /// Reads one blob, for the lines around a find.
    fn read(&self, _blob: &Digest) -> Result<crate::Content, crate::ReadError> {
        Err(crate::ReadError::NotAFile)
    }

    /// Returns for each blob where it came in, the earliest commit first, and tells which objects are missed: of those that
    /// a survey found `absent`, what a selected commit leads to.
    fn attribute(&self, blobs: &BTreeSet<Digest>, absent: &BTreeSet<Digest>) -> Result<Origins, String>;
}

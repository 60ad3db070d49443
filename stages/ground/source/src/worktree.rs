//! A folder of this machine as a [`Tree`]: the worktree of a repository, or any other folder.
//!
//! Listed is what git would show to someone who asks for tracked and untracked files: what `.gitignore` hides is left out
//! unless asked for, but **what is tracked is always in**, ignored or not; otherwise an ignore pattern would hide a file
//! from every check. `.git` is never listed. Files of a repository inside this one (a submodule) are listed under that
//! one's index and patterns.
//!
//! A file's id comes from git's index where git's word can be taken (see `Place::trusted_id`), else from its bytes. A file
//! that changes after it was listed cannot be read any more: an id and the bytes of one run always belong together. What was
//! worked out from bytes can be kept for the next run ([`WorkTree::remember`]).

mod attributes;
mod ignored;
mod index;
mod known;
mod place;
mod stamp;
mod walk;

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use model::Digest;
use rayon::prelude::*;

use crate::hash::ContentHasher;
use crate::threads::on_threads;
use crate::{Content, Entry, EntryKind, Problem, ReadError, Repository, SourceError, Tree, path};

use ignored::Level;
use known::{Known, Settled};
use place::Place;
use stamp::Stamp;
use walk::{Folder, Found, Walk};

/// A larger file is hashed piece by piece, and not held in memory for that.
const AT_ONCE: u64 = 1 << 20;

/// How a worktree is listed and read.
#[derive(Debug, Clone)]
pub struct Options {
    /// List what `.gitignore` hides, too.
    pub include_ignored: bool,
    /// Larger files are listed but neither read nor given an id.
    pub max_file_size: u64,
    /// How many threads list the tree; 0 means those of the current pool.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { include_ignored: false, max_file_size: 64 << 20, threads: 0 }
    }
}

/// A folder of this machine.
pub struct WorkTree {
    root: PathBuf,
    max_file_size: u64,
    repository: Option<Repository>,
    entries: Vec<Entry>,
    records: Vec<Record>,
    /// Parts that one repository tracks, or none.
    places: Vec<Arc<Place>>,
    problems: Vec<Problem>,
    /// What earlier runs worked out.
    known: OnceLock<Known>,
    /// Files whose ids were worked out from their bytes.
    hashed: Mutex<Vec<usize>>,
}

/// What is known of a file beside its entry.
struct Record {
    stamp: Stamp,
    /// Number of its place.
    place: usize,
    tracked: Option<usize>,
    id: OnceLock<Result<Digest, ReadError>>,
}

impl WorkTree {
    /// Lists the folder `root`: the top of a worktree, a folder in it, or one outside any repository.
    pub fn open(root: &Path, options: &Options) -> Result<Self, SourceError> {
        let root =
            root.canonicalize().map_err(|source| SourceError::Io { path: root.to_path_buf(), source })?;
        let (top, repository, problem) = start(&root)?;
        let walk = Walk {
            include_ignored: options.include_ignored,
            places: Mutex::new(vec![(Vec::new(), Arc::clone(&top.place))]),
            problems: Mutex::new(problem.into_iter().collect()),
            found: Mutex::default(),
        };
        let range = top.tracked.clone();
        let found = on_threads(options.threads, || {
            rayon::scope(|scope| walk.folder(scope, top));
            let mut folders = std::mem::take(&mut *walk.found.lock().unwrap_or_else(PoisonError::into_inner));
            folders.par_sort_unstable_by(|one, two| one.0.cmp(&two.0));
            let mut found: Vec<Found> = folders.into_iter().flat_map(|(_, found)| found).collect();
            // Nearly sorted by now: a stable sort makes use of that, and compares long paths seldom.
            found.sort_by(|one, two| one.entry.path.cmp(&two.entry.path));
            found
        })?;
        let (mut entries, mut records) = (Vec::with_capacity(found.len()), Vec::with_capacity(found.len()));
        for Found { entry, stamp, place, tracked } in found {
            entries.push(entry);
            records.push(Record { stamp, place, tracked, id: OnceLock::new() });
        }
        let problems = walk.problems.into_inner().unwrap_or_else(PoisonError::into_inner);
        let max_file_size = options.max_file_size;
        let (tops, places): (Vec<_>, Vec<_>) =
            walk.places.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().unzip();
        let (known, hashed) = (OnceLock::new(), Mutex::default());
        let mut tree =
            Self { root, max_file_size, repository, entries, records, places, problems, known, hashed };
        for (number, raw) in tops.iter().enumerate() {
            tree.note_sparse(raw, number, if number == 0 { Some(range.clone()) } else { None });
        }
        tree.problems
            .sort_by(|one, two| (&one.path, one.code, &one.reason).cmp(&(&two.path, two.code, &two.reason)));
        Ok(tree)
    }

    /// Returns the folder that was listed.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the repository that the folder lies in.
    pub fn repository(&self) -> Option<&Repository> {
        self.repository.as_ref()
    }

    /// Takes ids that an earlier run worked out and [`WorkTree::remember`] wrote down. They must come from where nobody but
    /// such a run can write.
    pub fn recall(&self, known: &[u8]) {
        let _ = self.known.set(Known::read(known));
    }

    /// Writes down the ids that were worked out from bytes and hold until the system says that their file was changed, those
    /// of earlier runs with them; `None` when there is none that was not there before.
    pub fn remember(&self) -> Option<Vec<u8>> {
        let hashed = self.hashed.lock().unwrap_or_else(PoisonError::into_inner);
        let settled = Settled::by(self.records.iter().map(|record| &record.stamp));
        let new = hashed.iter().filter_map(|index| {
            let record = self.records.get(*index).filter(|record| settled.holds(&record.stamp))?;
            Some((&record.stamp, record.id.get()?.clone().ok()?))
        });
        let new: Vec<(&Stamp, Digest)> = new.collect();
        if new.is_empty() {
            return None;
        }
        let known = self.records.iter().filter_map(|record| Some((&record.stamp, self.known_id(record)?)));
        Some(known::write(new.into_iter().chain(known)))
    }

    fn known_id(&self, record: &Record) -> Option<Digest> {
        let place = self.places.get(record.place)?;
        self.known.get()?.id(&record.stamp, place.algorithm())
    }

    /// Notes files that a sparse checkout left out, of those tracked within `range`, or at all, by the place with this
    /// number, whose top is `raw`.
    fn note_sparse(&mut self, raw: &[u8], number: usize, range: Option<Range<usize>>) {
        let Some(place) = self.places.get(number) else { return };
        let range = range.unwrap_or_else(|| place.everything());
        let is_sparse = |at: usize| place.index.entry(at).is_some_and(|entry| entry.is_sparse);
        let tracked = range.filter(|at| is_sparse(*at)).count();
        if tracked == 0 {
            return;
        }
        let here = self.records.iter().filter(|record| record.place == number);
        let present = here.filter(|record| record.tracked.is_some_and(is_sparse)).count();
        if tracked > present {
            self.problems.push(Problem {
                code: "sparse-checkout",
                path: path::escape(raw.strip_suffix(b"/").unwrap_or(raw)).into_owned(),
                reason: match tracked - present {
                    1 => "a tracked file or folder is not checked out".to_owned(),
                    absent => format!("{absent} tracked files or folders are not checked out"),
                },
            });
        }
    }

    fn file(&self, index: usize) -> Result<(&Entry, &Record), ReadError> {
        match (self.entries.get(index), self.records.get(index)) {
            (Some(entry), Some(record)) if entry.kind == EntryKind::File => Ok((entry, record)),
            _ => Err(ReadError::NotAFile),
        }
    }

    fn bounded_file(&self, index: usize) -> Result<(&Entry, &Record), ReadError> {
        let (entry, record) = self.file(index)?;
        let size = record.stamp.size;
        if size > self.max_file_size {
            return Err(ReadError::TooLarge { size, bound: self.max_file_size });
        }
        Ok((entry, record))
    }

    /// Opens a listed file and hands it to `work`. It must still be as it was listed when that is done.
    fn with_file<T>(
        &self,
        entry: &Entry,
        record: &Record,
        work: impl FnOnce(&mut File) -> std::io::Result<T>,
    ) -> Result<T, ReadError> {
        let raw = entry.raw.as_deref().unwrap_or(entry.path.as_bytes());
        let failed = |error: std::io::Error| ReadError::Failed(error.to_string());
        let mut file = open_at_once(&path::join_raw(&self.root, raw)).map_err(failed)?;
        let result = work(&mut file);
        let now = file.metadata().map_err(failed)?;
        if !now.is_file() || !record.stamp.is_still(&Stamp::of(&now)) {
            return Err(ReadError::Failed("it changed after it was listed".to_owned()));
        }
        result.map_err(failed)
    }

    /// Returns the id of a file's bytes, and of a file that is not large the bytes.
    fn hash(&self, entry: &Entry, record: &Record) -> Result<(Digest, Option<Content>), ReadError> {
        let place = self.places.get(record.place).ok_or(ReadError::NotAFile)?;
        let size = record.stamp.size;
        let mut hasher = ContentHasher::new(place.algorithm(), size);
        if size <= AT_ONCE {
            let content = self.read_up_to(entry, record, size)?;
            hasher.update(&content);
            return Ok((hasher.finish(), Some(content)));
        }
        self.with_file(entry, record, |file| {
            let mut piece = [0; 32 << 10];
            let mut bounded = file.take(size);
            loop {
                match bounded.read(&mut piece)? {
                    0 => return Ok(()),
                    length => hasher.update(piece.get(..length).unwrap_or_default()),
                }
            }
        })?;
        Ok((hasher.finish(), None))
    }

    fn read_up_to(&self, entry: &Entry, record: &Record, length: u64) -> Result<Content, ReadError> {
        self.with_file(entry, record, |file| {
            let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
            file.take(length).read_to_end(&mut bytes)?;
            Ok(Content::new(bytes))
        })
    }
}

impl Tree for WorkTree {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn problems(&self) -> &[Problem] {
        &self.problems
    }

    fn size(&self, index: usize) -> u64 {
        self.records.get(index).map_or(0, |record| record.stamp.size)
    }

    fn id(&self, index: usize) -> Result<Digest, ReadError> {
        self.identify(index).0
    }

    fn identify(&self, index: usize) -> (Result<Digest, ReadError>, Option<Content>) {
        let mut read = None;
        let id = self.bounded_file(index).and_then(|(entry, record)| {
            let find = || {
                let place = self.places.get(record.place);
                let trusted = record.tracked.and_then(|at| place?.trusted_id(at, &record.stamp));
                if let Some(id) = trusted.or_else(|| self.known_id(record)) {
                    return Ok(id);
                }
                let (id, content) = self.hash(entry, record)?;
                self.hashed.lock().unwrap_or_else(PoisonError::into_inner).push(index);
                read = content;
                Ok(id)
            };
            record.id.get_or_init(find).clone()
        });
        (id, read)
    }

    fn read(&self, index: usize) -> Result<Content, ReadError> {
        let (entry, record) = self.bounded_file(index)?;
        self.read_up_to(entry, record, record.stamp.size)
    }

    fn read_prefix(&self, index: usize, length: usize) -> Result<Content, ReadError> {
        let (entry, record) = self.file(index)?;
        self.read_up_to(entry, record, record.stamp.size.min(length as u64))
    }
}

/// Finds out which repository is responsible for `root`, and where in it the walk begins.
fn start(root: &Path) -> Result<(Folder, Option<Repository>, Option<Problem>), SourceError> {
    let begin = |place: Place, name: Vec<u8>| {
        let (exclude, ignore_case) = place.exclusion();
        let top = Level::top(exclude, ignore_case);
        let above = walk::levels_above(&place, place.root(), &name, top);
        let tracked = if name.is_empty() {
            place.everything()
        } else {
            place.index.below(&name, 0, place.everything())
        };
        let place = Arc::new(place);
        let (path, raw) = (root.to_path_buf(), Vec::new());
        Folder { path, raw, place, number: 0, name, tracked, above, submodule: None, is_top: true }
    };
    let Some(repository) = Repository::discover(root)? else {
        return Ok((begin(Place::plain(root), Vec::new()), None, None));
    };
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let bare = || SourceError::Bare { path: repository.git_folder().to_path_buf() };
    let top = canonical(repository.root().ok_or_else(bare)?);
    if root.starts_with(canonical(repository.git_folder())) {
        return Err(bare());
    }
    let Ok(inside) = root.strip_prefix(&top) else {
        // `core.worktree` sends the worktree elsewhere: here is a folder like any other.
        return Ok((begin(Place::plain(root), Vec::new()), None, None));
    };
    let mut name = path::raw_target(inside);
    if !name.is_empty() {
        name.push(b'/');
    }
    let (place, problem) = Place::tracked(&top, repository.clone())?;
    Ok((begin(place, name), Some(repository), problem))
}

/// Opens a file for reading, at once: one that has become a pipe meanwhile would wait for a writer.
#[cfg(unix)]
fn open_at_once(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    File::options().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW).open(path)
}

/// Opens a file for reading.
#[cfg(not(unix))]
fn open_at_once(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

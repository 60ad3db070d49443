//! A folder of this machine as a [`Tree`]: the worktree of a repository, or any other folder.
//!
//! Listed is what git would show to someone who asks for tracked and untracked files: what `.gitignore` hides is left out
//! unless asked for, but **what is tracked is always in**, ignored or not; otherwise an ignore pattern would hide a file
//! from every check. `.git` is never listed. Files of a repository inside this one (a submodule) are listed under that
//! one's index and patterns.
//!
//! A file's id comes from git's index where git's word can be taken (see `Place::trusted_id`), else from its bytes. A file
//! that changes after it was listed cannot be read any more: an id and the bytes of one run always belong together.

mod attributes;
mod ignored;
mod index;
mod place;
mod stamp;
mod walk;

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError};

use model::Digest;
use rayon::prelude::*;

use crate::hash::ContentHasher;
use crate::threads::on_threads;
use crate::{Content, Entry, EntryKind, Problem, ReadError, Repository, SourceError, Tree, path};

use ignored::Level;
use place::Place;
use stamp::Stamp;
use walk::{Folder, Found, Walk};

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
    problems: Vec<Problem>,
}

/// What is known of a file beside its entry.
struct Record {
    stamp: Stamp,
    place: Arc<Place>,
    tracked: Option<usize>,
    id: OnceLock<Result<Digest, ReadError>>,
}

impl WorkTree {
    /// Lists the folder `root`: the top of a worktree, a folder in it, or one outside any repository.
    pub fn open(root: &Path, options: &Options) -> Result<Self, SourceError> {
        let root =
            root.canonicalize().map_err(|source| SourceError::Io { path: root.to_path_buf(), source })?;
        let (top, repository, problem) = start(&root)?;
        let walk = Walk { include_ignored: options.include_ignored, ..Walk::default() };
        walk.problems.lock().unwrap_or_else(PoisonError::into_inner).extend(problem);
        let (place, range) = (Arc::clone(&top.place), top.tracked.clone());
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
        let mut tree = Self { root, max_file_size, repository, entries, records, problems };
        tree.note_sparse(&[], &place, range);
        for (raw, place) in walk.places.into_inner().unwrap_or_else(PoisonError::into_inner) {
            tree.note_sparse(&raw, &place, place.everything());
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

    /// Notes files that a sparse checkout left out, of those tracked by `place` within `range`, whose top is `raw`.
    fn note_sparse(&mut self, raw: &[u8], place: &Arc<Place>, range: Range<usize>) {
        let is_sparse = |at: usize| place.index.entry(at).is_some_and(|entry| entry.is_sparse);
        let tracked = range.filter(|at| is_sparse(*at)).count();
        if tracked == 0 {
            return;
        }
        let here = self.records.iter().filter(|record| Arc::ptr_eq(&record.place, place));
        let present = here.filter(|record| record.tracked.is_some_and(is_sparse)).count();
        if tracked > present {
            self.problems.push(Problem {
                code: "sparse-checkout",
                path: path::escape(raw.strip_suffix(b"/").unwrap_or(raw)).into_owned(),
                reason: format!("{} tracked files or folders are not checked out", tracked - present),
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
        if entry.size > self.max_file_size {
            return Err(ReadError::TooLarge { size: entry.size, bound: self.max_file_size });
        }
        Ok((entry, record))
    }

    /// Opens a listed file and hands it to `work`, which must find the file as it was listed, before and after.
    fn with_file<T>(
        &self,
        entry: &Entry,
        record: &Record,
        work: impl FnOnce(&mut File) -> std::io::Result<T>,
    ) -> Result<T, ReadError> {
        let raw = entry.raw.as_deref().unwrap_or(entry.path.as_bytes());
        let failed = |error: std::io::Error| ReadError::Failed(error.to_string());
        let mut file = open_at_once(&path::join_raw(&self.root, raw)).map_err(failed)?;
        let unchanged = |file: &File| match file.metadata() {
            Ok(now) if now.is_file() && record.stamp.is_still(&Stamp::of(&now)) => Ok(()),
            Ok(_) => Err(ReadError::Failed("it changed after it was listed".to_owned())),
            Err(error) => Err(failed(error)),
        };
        unchanged(&file)?;
        let result = work(&mut file).map_err(failed)?;
        unchanged(&file)?;
        Ok(result)
    }

    fn hash(&self, entry: &Entry, record: &Record) -> Result<Digest, ReadError> {
        let mut hasher = ContentHasher::new(record.place.algorithm(), entry.size);
        self.with_file(entry, record, |file| {
            let mut piece = [0; 32 << 10];
            let mut bounded = file.take(entry.size);
            loop {
                match bounded.read(&mut piece)? {
                    0 => return Ok(()),
                    length => hasher.update(piece.get(..length).unwrap_or_default()),
                }
            }
        })?;
        Ok(hasher.finish())
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

    fn id(&self, index: usize) -> Result<Digest, ReadError> {
        let (entry, record) = self.bounded_file(index)?;
        let id = record.id.get_or_init(|| {
            let trusted = record.tracked.and_then(|tracked| record.place.trusted_id(tracked, &record.stamp));
            trusted.map_or_else(|| self.hash(entry, record), Ok)
        });
        id.clone()
    }

    fn read(&self, index: usize) -> Result<Content, ReadError> {
        let (entry, record) = self.bounded_file(index)?;
        self.read_up_to(entry, record, entry.size)
    }

    fn read_prefix(&self, index: usize, length: usize) -> Result<Content, ReadError> {
        let (entry, record) = self.file(index)?;
        self.read_up_to(entry, record, entry.size.min(length as u64))
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
        Folder { path, raw, place, name, tracked, above, submodule: None, is_top: true }
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

//! The walk through the folders of a worktree, all threads at once: each folder is read once, each file asked once for what
//! the system says of it. Nothing is opened but folders.

use std::fs::{DirEntry, FileType};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::Scope;

use super::ignored::Level;
use super::index::Mode;
use super::place::{ATTRIBUTES, Place};
use super::stamp::Stamp;
use crate::objects::encode_hex;
use crate::{Entry, EntryKind, Problem, Repository, path};

/// A file that was found, and what is known of it beside its entry.
pub(super) struct Found {
    pub(super) entry: Entry,
    pub(super) stamp: Stamp,
    pub(super) place: Arc<Place>,
    /// Its number in the index.
    pub(super) tracked: Option<usize>,
}

/// The walk through a worktree.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) include_ignored: bool,
    pub(super) found: Mutex<Vec<Found>>,
    pub(super) places: Mutex<Vec<(Vec<u8>, Arc<Place>)>>,
    pub(super) problems: Mutex<Vec<Problem>>,
}

/// A folder to read.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// Raw path in the tree, with a `/` at the end unless it is the top.
    pub(super) raw: Vec<u8>,
    pub(super) place: Arc<Place>,
    /// Raw path in the repository, with a `/` at the end unless it is the top.
    pub(super) name: Vec<u8>,
    /// What the index has below it.
    pub(super) tracked: Range<usize>,
    /// The patterns of the folders above.
    pub(super) above: Arc<Level>,
    /// The commit, where the index has a submodule here.
    pub(super) submodule: Option<String>,
    /// Whether a repository or the whole tree begins here.
    pub(super) is_top: bool,
}

impl Walk {
    /// Reads a folder and sends those in it to other threads.
    pub(super) fn folder<'s>(&'s self, scope: &Scope<'s>, mut folder: Folder) {
        let listing: Result<Vec<DirEntry>, std::io::Error> =
            std::fs::read_dir(&folder.path).and_then(Iterator::collect);
        let listing = match listing {
            Ok(listing) => listing,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !folder.is_top => return,
            Err(error) => return self.problem("unreadable-folder", trim(&folder.raw), &error.to_string()),
        };
        if !folder.is_top && listing.iter().any(|entry| is_git(&entry.file_name())) {
            self.enter_repository(&mut folder);
        }
        if let Some(commit) = folder.submodule.take() {
            self.add(&folder, trim(&folder.raw), EntryKind::Submodule { commit }, Stamp::default(), None);
        }
        let has = |name: &str| {
            let is_file = |entry: &&DirEntry| entry.file_type().is_ok_and(|kind| kind.is_file());
            listing.iter().filter(|entry| entry.file_name() == *name).any(|entry| is_file(&entry))
        };
        let patterns = has(".gitignore").then(|| folder.path.join(".gitignore"));
        let level = folder.above.enter(&folder.name, patterns, folder.is_top);
        if has(ATTRIBUTES) {
            let mut folders = folder.place.attribute_folders.lock().unwrap_or_else(PoisonError::into_inner);
            folders.push(folder.name.clone());
        }
        for entry in listing {
            self.entry(scope, &folder, &level, &entry);
        }
    }

    fn entry<'s>(&'s self, scope: &Scope<'s>, folder: &Folder, level: &Arc<Level>, entry: &DirEntry) {
        let file_name = entry.file_name();
        if is_git(&file_name) {
            return;
        }
        let joined = |prefix: &[u8]| [prefix, path::raw_name(&file_name)].concat();
        let (raw, name) = (joined(&folder.raw), joined(&folder.name));
        let index = &folder.place.index;
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(error) => return self.problem("unreadable-file", &raw, &error.to_string()),
        };
        let tracked = index.find(&name, folder.name.len(), folder.tracked.clone());
        let hidden = || !self.include_ignored && level.hides(&name, kind.is_dir(), &self.problems);
        if kind.is_dir() {
            let (mut raw, mut name_below) = (raw, name.clone());
            raw.push(b'/');
            name_below.push(b'/');
            let below = index.below(&name_below, folder.name.len(), folder.tracked.clone());
            let submodule =
                tracked.and_then(|at| index.entry(at)).filter(|entry| entry.mode() == Mode::Submodule);
            let submodule = submodule.map(|entry| encode_hex(entry.id()));
            if below.is_empty() && submodule.is_none() && hidden() {
                return;
            }
            let next = Folder {
                path: entry.path(),
                raw,
                place: Arc::clone(&folder.place),
                name: name_below,
                tracked: below,
                above: Arc::clone(level),
                submodule,
                is_top: false,
            };
            scope.spawn(move |scope| self.folder(scope, next));
        } else if tracked.is_some() || !hidden() {
            self.file(folder, entry, kind, &raw, tracked);
        }
    }

    fn file(&self, folder: &Folder, entry: &DirEntry, kind: FileType, raw: &[u8], tracked: Option<usize>) {
        // For links this speaks of the link itself.
        let stamp = match entry.metadata() {
            Ok(found) => Stamp::of(&found),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => return self.problem("unreadable-file", raw, &error.to_string()),
        };
        if kind.is_file() {
            self.add(folder, raw, EntryKind::File, stamp, tracked);
        } else if kind.is_symlink() {
            match std::fs::read_link(entry.path()) {
                Ok(target) => {
                    let target = path::raw_target(&target);
                    let inside = path::stays_inside(raw, &target);
                    let kind = EntryKind::Link { target: path::escape(&target).into_owned(), inside };
                    self.add(folder, raw, kind, Stamp { size: target.len() as u64, ..stamp }, None);
                }
                Err(error) => self.problem("unreadable-link", raw, &error.to_string()),
            }
        } else {
            self.problem("special-file", raw, "a pipe, socket or device is never opened");
        }
    }

    /// Makes a repository that begins in this folder responsible for it.
    fn enter_repository(&self, folder: &mut Folder) {
        let opened = Repository::open(&folder.path)
            .and_then(|repository| Place::tracked(&folder.path, repository))
            .map_err(|error| error.to_string());
        match opened {
            Ok((place, problem)) => {
                let place = Arc::new(place);
                let (exclude, ignore_case) = place.exclusion();
                let lock = |problem: Problem| Problem { path: written(trim(&folder.raw)), ..problem };
                self.problems.lock().unwrap_or_else(PoisonError::into_inner).extend(problem.map(lock));
                let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
                places.push((folder.raw.clone(), Arc::clone(&place)));
                folder.tracked = place.everything();
                folder.above = Level::top(exclude, ignore_case);
                folder.name.clear();
                folder.submodule = None;
                folder.is_top = true;
                folder.place = place;
            }
            Err(error) => self.problem("broken-repository", trim(&folder.raw), &error),
        }
    }

    fn add(&self, folder: &Folder, raw: &[u8], kind: EntryKind, stamp: Stamp, tracked: Option<usize>) {
        let written = path::escape(raw);
        let raw = (written.as_bytes() != raw).then(|| raw.into());
        let entry = Entry { path: written.into(), raw, kind, size: stamp.size };
        let found = Found { entry, stamp, place: Arc::clone(&folder.place), tracked };
        self.found.lock().unwrap_or_else(PoisonError::into_inner).push(found);
    }

    fn problem(&self, code: &'static str, raw: &[u8], reason: &str) {
        let problem = Problem { code, path: written(raw), reason: reason.to_owned() };
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
    }
}

fn written(raw: &[u8]) -> String {
    path::escape(raw).into_owned()
}

fn trim(raw: &[u8]) -> &[u8] {
    raw.strip_suffix(b"/").unwrap_or(raw)
}

/// Tells whether this is where a repository keeps its own things.
fn is_git(name: &std::ffi::OsStr) -> bool {
    if cfg!(any(windows, target_os = "macos")) { name.eq_ignore_ascii_case(".git") } else { name == ".git" }
}

/// Returns the patterns between the top of a repository and a folder in it, and notes attributes on the way.
pub(super) fn levels_above(place: &Place, root: &Path, name: &[u8], top: Arc<Level>) -> Arc<Level> {
    let mut level = top;
    let starts = std::iter::once(0).chain(memchr::memchr_iter(b'/', name).map(|at| at + 1));
    for end in starts.filter(|end| *end < name.len()) {
        let folder = name.get(..end).unwrap_or_default();
        let path = path::join_raw(root, folder);
        let is_file =
            |name: &str| std::fs::symlink_metadata(path.join(name)).is_ok_and(|found| found.is_file());
        if is_file(ATTRIBUTES) {
            place.attribute_folders.lock().unwrap_or_else(PoisonError::into_inner).push(folder.to_vec());
        }
        level = level.enter(folder, is_file(".gitignore").then(|| path.join(".gitignore")), true);
    }
    level
}

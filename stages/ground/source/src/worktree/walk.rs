//! The walk through the folders of a worktree, all threads at once: each folder is read once, each file asked once for what
//! the system says of it. Nothing is opened but folders.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs::{DirEntry, FileType};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use model::hex;
use rayon::Scope;

use super::ignored::{Level, PatternFile};
use super::index::Mode;
use super::place::{ATTRIBUTES, Place};
use super::stamp::Stamp;
use crate::{Entry, EntryKind, Problem, Repository, path};

/// The name under which git looks for patterns in every folder.
const IGNORE: &str = ".gitignore";

/// A file that was found, and what is known of it beside its entry.
pub(super) struct Found {
    pub(super) entry: Entry,
    pub(super) stamp: Stamp,
    /// Number of its place.
    pub(super) place: usize,
    /// Its number in the index.
    pub(super) tracked: Option<usize>,
}

/// The walk through a worktree.
pub(super) struct Walk {
    pub(super) include_ignored: bool,
    /// What each folder holds, sorted, with the raw path of the folder.
    pub(super) found: Mutex<Vec<(Vec<u8>, Vec<Found>)>>,
    /// That of the top and the repositories inside, with the raw paths of their tops.
    pub(super) places: Mutex<Vec<(Vec<u8>, Arc<Place>)>>,
    pub(super) problems: Mutex<Vec<Problem>>,
}

/// A folder to read.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// Raw path in the tree, with a `/` at the end unless it is the top.
    pub(super) raw: Vec<u8>,
    pub(super) place: Arc<Place>,
    /// Number of the place.
    pub(super) number: usize,
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

/// One folder while it is read.
struct Reading<'s, 'a> {
    walk: &'s Walk,
    folder: &'a Folder,
    level: &'a Arc<Level>,
    /// Raw path of the entry at hand in the tree, and in the repository.
    raw: Vec<u8>,
    name: Vec<u8>,
    /// Where the index has what comes next, most likely.
    next: usize,
    found: Vec<Found>,
}

impl Walk {
    /// Reads a folder and sends those in it to other threads.
    pub(super) fn folder<'s>(&'s self, scope: &Scope<'s>, mut folder: Folder) {
        let named = |entry: DirEntry| (entry.file_name(), entry);
        let listing: Result<Vec<(OsString, DirEntry)>, std::io::Error> = std::fs::read_dir(&folder.path)
            .and_then(|listing| listing.map(|entry| entry.map(named)).collect());
        let listing = match listing {
            Ok(mut listing) => {
                // In the order of the index, which is looked into for each.
                listing.sort_unstable_by(|(one, _), (two, _)| one.cmp(two));
                listing
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !folder.is_top => return,
            Err(error) => return self.problem("unreadable-folder", trim(&folder.raw), &error.to_string()),
        };
        // What this repository tracks stays with it, whatever somebody began inside it.
        if !folder.is_top && folder.tracked.is_empty() && listing.iter().any(|(name, _)| is_git(name)) {
            self.enter_repository(&mut folder);
        }
        let has = |wanted: &str| {
            let same = |(name, entry): &(OsString, DirEntry)| {
                name == wanted && entry.file_type().is_ok_and(|kind| kind.is_file())
            };
            listing.iter().any(same)
        };
        let patterns = has(IGNORE).then(|| PatternFile {
            path: folder.path.join(IGNORE),
            shown: written(&[folder.raw.as_slice(), IGNORE.as_bytes()].concat()),
        });
        let level = folder.above.enter(&folder.name, patterns, folder.is_top);
        if has(ATTRIBUTES) {
            let mut folders = folder.place.attribute_folders.lock().unwrap_or_else(PoisonError::into_inner);
            folders.push(folder.name.clone());
        }
        let mut reading = Reading {
            walk: self,
            folder: &folder,
            level: &level,
            raw: folder.raw.clone(),
            name: folder.name.clone(),
            next: folder.tracked.start,
            found: Vec::with_capacity(listing.len()),
        };
        for (name, entry) in &listing {
            if !is_git(name) {
                reading.go_to(name);
                reading.entry(scope, entry);
            }
        }
        if let Some(commit) = folder.submodule.clone() {
            reading.raw.clear();
            reading.raw.extend_from_slice(trim(&folder.raw));
            reading.add(EntryKind::Submodule { commit }, Stamp::default(), None);
        }
        let mut found = reading.found;
        found.sort_unstable_by(|one, two| one.entry.path.cmp(&two.entry.path));
        self.found.lock().unwrap_or_else(PoisonError::into_inner).push((folder.raw, found));
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
                folder.number = places.len();
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

    fn problem(&self, code: &'static str, raw: &[u8], reason: &str) {
        let problem = Problem { code, path: written(raw), reason: reason.to_owned() };
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
    }
}

impl<'s> Reading<'s, '_> {
    /// Turns to another entry.
    fn go_to(&mut self, name: &OsStr) {
        self.raw.truncate(self.folder.raw.len());
        self.raw.extend_from_slice(path::raw_name(name));
        self.name.truncate(self.folder.name.len());
        self.name.extend_from_slice(path::raw_name(name));
    }

    fn entry(&mut self, scope: &Scope<'s>, entry: &DirEntry) {
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(error) => return self.walk.problem("unreadable-file", &self.raw, &error.to_string()),
        };
        let known = self.folder.name.len();
        let within = self.folder.tracked.clone();
        let tracked = self.folder.place.index.find(&self.name, known, within, self.next);
        self.next = tracked.map_or(self.next, |at| at + 1);
        if kind.is_dir() {
            self.folder(scope, entry, tracked);
        } else if tracked.is_some() || !self.is_hidden(false) {
            self.file(entry, kind, tracked);
        }
    }

    fn is_hidden(&self, is_folder: bool) -> bool {
        !self.walk.include_ignored && self.level.hides(&self.name, is_folder, &self.walk.problems)
    }

    /// Sends a folder to whichever thread has time.
    fn folder(&self, scope: &Scope<'s>, entry: &DirEntry, tracked: Option<usize>) {
        let index = &self.folder.place.index;
        let below = |raw: &[u8]| [raw, b"/"].concat();
        let name = below(&self.name);
        let inside = index.below(&name, self.folder.name.len(), self.folder.tracked.clone());
        let submodule =
            tracked.and_then(|at| index.entry(at)).filter(|entry| entry.mode() == Mode::Submodule);
        if inside.is_empty() && submodule.is_none() && self.is_hidden(true) {
            return;
        }
        let next = Folder {
            path: entry.path(),
            raw: below(&self.raw),
            place: Arc::clone(&self.folder.place),
            number: self.folder.number,
            name,
            tracked: inside,
            above: Arc::clone(self.level),
            submodule: submodule.map(|entry| hex::encode(entry.id())),
            is_top: false,
        };
        let walk = self.walk;
        scope.spawn(move |scope| walk.folder(scope, next));
    }

    fn file(&mut self, entry: &DirEntry, kind: FileType, tracked: Option<usize>) {
        // For links this speaks of the link itself.
        let stamp = match entry.metadata() {
            Ok(found) => Stamp::of(&found),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => return self.walk.problem("unreadable-file", &self.raw, &error.to_string()),
        };
        if kind.is_file() {
            self.add(EntryKind::File, stamp, tracked);
        } else if kind.is_symlink() {
            match std::fs::read_link(entry.path()) {
                Ok(target) => {
                    let target = path::raw_target(&target);
                    let inside = path::stays_inside(&self.raw, &target);
                    let kind = EntryKind::Link { target: path::escape(&target).into_owned(), inside };
                    self.add(kind, Stamp { size: target.len() as u64, ..stamp }, tracked);
                }
                Err(error) => self.walk.problem("unreadable-link", &self.raw, &error.to_string()),
            }
        } else {
            self.walk.problem("special-file", &self.raw, "a pipe, socket or device is never opened");
        }
    }

    fn add(&mut self, kind: EntryKind, stamp: Stamp, tracked: Option<usize>) {
        let (path, raw) = match path::escape(&self.raw) {
            Cow::Borrowed(path) => (path.into(), None),
            Cow::Owned(path) => (path.into(), Some(self.raw.as_slice().into())),
        };
        let entry = Entry { path, raw, kind };
        self.found.push(Found { entry, stamp, place: self.folder.number, tracked });
    }
}

fn written(raw: &[u8]) -> String {
    path::escape(raw).into_owned()
}

fn trim(raw: &[u8]) -> &[u8] {
    raw.strip_suffix(b"/").unwrap_or(raw)
}

/// Tells whether this is where a repository keeps its own things.
fn is_git(name: &OsStr) -> bool {
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
        let patterns = is_file(IGNORE).then(|| PatternFile {
            path: path.join(IGNORE),
            shown: written(&[folder, IGNORE.as_bytes()].concat()),
        });
        level = level.enter(folder, patterns, true);
    }
    level
}

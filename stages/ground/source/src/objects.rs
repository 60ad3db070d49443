//! The object database's files, read side by side with git's library: it cannot show which object is a delta of which, nor
//! tell the size of 60,000 blobs in a few milliseconds.

mod above;
mod delta;
mod forest;
mod inflate;
mod keys;
mod loose;
mod pack;
mod seen;
mod taken;
mod visit;
mod visited;

use std::collections::BTreeSet;
use std::hash::BuildHasherDefault;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use model::{Algorithm, hex};

use crate::listing::{self, TreeEntry};
use crate::{Hit, Looked, Problem, Repository, SourceError};

pub(crate) use above::Above;
use inflate::with_inflater;
pub(crate) use keys::{Keys, key};
use pack::Pack;
pub use seen::BINARY_PREFIX;
pub(crate) use seen::{Seen, is_binary};
pub(crate) use visit::{Holder, Kind, Visit};
pub(crate) use visited::Visited;

/// Git follows alternates of alternates no deeper.
const ALTERNATE_DEPTH: usize = 5;

/// All packs and folders of loose objects of a repository, those of its alternates with them.
pub(crate) struct Objects {
    /// Sorted by number of objects, the most first: an object of several packs is found in few look-ups.
    packs: Vec<Pack>,
    folders: Vec<PathBuf>,
    algorithm: Algorithm,
    problems: Vec<Problem>,
    /// Keys of all that the packs hold, once many objects are asked for.
    keys: OnceLock<Keys>,
}

/// The objects of a repository as they were when somebody first asked: a scan of a history asks more than once.
#[derive(Default)]
pub(crate) struct Opened(OnceLock<Objects>);

impl Opened {
    /// Opens the repository's objects if nobody has.
    pub(crate) fn of(&self, repository: &Repository) -> Result<&Objects, SourceError> {
        match self.0.get() {
            Some(objects) => Ok(objects),
            None => Objects::open(repository).map(|objects| self.0.get_or_init(|| objects)),
        }
    }
}

impl Objects {
    /// Opens every pack. One that cannot be opened is a problem, not an error.
    pub(crate) fn open(repository: &Repository) -> Result<Self, SourceError> {
        let mut folders = Vec::new();
        collect_folders(&repository.common_folder().join("objects"), 0, &mut folders)?;
        let algorithm = repository.algorithm();
        let (mut packs, mut problems) = (Vec::new(), Vec::new());
        for folder in &folders {
            for index in pack_indices(&folder.join("pack"))? {
                match Pack::open(&index, algorithm) {
                    Ok(pack) => packs.push(pack),
                    Err(reason) => problems.push(Problem {
                        code: "unreadable-pack",
                        path: String::new(),
                        reason: format!("pack {} cannot be read: {reason}", pack_name(&index)),
                    }),
                }
            }
        }
        packs.sort_by(|one, two| (two.len(), one.name()).cmp(&(one.len(), two.name())));
        Ok(Self { packs, folders, algorithm, problems, keys: OnceLock::new() })
    }

    /// Returns what could not be opened.
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Returns how ids are made.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns how many objects the packs hold; one of several packs counts for each.
    pub(crate) fn packed(&self) -> usize {
        self.packs.iter().map(|pack| pack.len() as usize).sum()
    }

    /// Tells whether any pack holds the object.
    pub(crate) fn is_packed(&self, id: &[u8]) -> bool {
        self.packs.iter().any(|pack| pack.has(id))
    }

    /// Returns the size of the object with this id, without reading all of it.
    pub(crate) fn size(&self, id: &[u8]) -> Option<u64> {
        match self.packs.iter().find_map(|pack| pack.find(id).map(|offset| (pack, offset))) {
            Some((pack, offset)) => pack.size(offset),
            None => self.folders.iter().find_map(|folder| loose::size(folder, id)),
        }
    }

    /// Reads an object of at most `bound` bytes. `None` is no verdict: git's library may know it, or why it cannot be read.
    pub(crate) fn read(&self, id: &[u8], bound: u64) -> Option<(Kind, Vec<u8>)> {
        match self.packs.iter().find_map(|pack| pack.find(id).map(|offset| (pack, offset))) {
            Some((pack, offset)) => pack.read(offset, bound),
            None => self.folders.iter().find_map(|folder| loose::read(folder, id, self.algorithm, bound)),
        }
    }

    /// Returns the first bytes of the object, at most `length`; `None` when that needs the whole object, or it is not here.
    pub(crate) fn prefix(&self, id: &[u8], length: usize) -> Option<Vec<u8>> {
        let (pack, offset) = self.packs.iter().find_map(|pack| pack.find(id).map(|offset| (pack, offset)))?;
        let entry = pack.entry(offset).filter(|entry| entry.header.is_base())?;
        let mut prefix = Vec::new();
        pack.inflate_head(&entry, length.min(usize::try_from(entry.decompressed_size).ok()?), &mut prefix)?;
        Some(prefix)
    }

    /// Shows every tree or commit to `visitor` once. Returns what could not be read.
    pub(crate) fn each(
        &self,
        repository: &Repository,
        kind: Kind,
        visitor: &(dyn Fn(Seen<'_>) + Sync),
    ) -> Result<Visited, SourceError> {
        let visitor = |seen: Seen<'_>| {
            visitor(seen);
            Looked::default()
        };
        let holder = |_: &[u8], _: &[u8], _: &[Hit]| {};
        self.visit(repository, kind, &visitor, &holder)
    }

    /// Shows every object of a kind, of any size.
    fn visit(
        &self,
        repository: &Repository,
        kind: Kind,
        visitor: &(dyn Fn(Seen<'_>) -> Looked + Sync),
        holder: &Holder<'_>,
    ) -> Result<Visited, SourceError> {
        let (wanted, bound, cancelled) = (&|_: &[u8]| true, u64::MAX, &|| false);
        let passed_over = &|_: &[u8]| false;
        Visit { repository, objects: self, kind, wanted, bound, passed_over, visitor, holder, cancelled }
            .run()
    }

    /// Shows every tree that has an entry which `wanted` holds for to `holder`, with those entries: where each begins and
    /// ends, and the key of its id. `above`, if it is there, learns which tree lists what. Returns what could not be read.
    pub(crate) fn trees_with(
        &self,
        repository: &Repository,
        above: Option<&Above>,
        wanted: &(dyn Fn(&TreeEntry<'_>) -> bool + Sync),
        holder: &Holder<'_>,
    ) -> Result<Visited, SourceError> {
        let length = self.algorithm.length();
        let visitor = |seen: Seen<'_>| {
            let (mut hits, mut listed) = (Vec::new(), Vec::new());
            listing::each_within(seen.bytes, seen.changed, length, |start, entry| {
                if above.is_some() {
                    listed.push(key(entry.id));
                }
                if wanted(entry) {
                    hits.push(Hit { start, end: start + entry.len(), tag: key(entry.id) });
                }
            });
            if let Some(above) = above {
                // What its base lists, a delta lists as well, as far as anybody knows.
                listed.extend(seen.base.map(key));
                above.note(key(seen.id), listed);
            }
            Looked { hits, ..Looked::default() }
        };
        self.visit(repository, Kind::Tree, &visitor, holder)
    }

    /// Returns the names of all packs and the ids of all loose objects: they fix what is held.
    pub(crate) fn names(&self) -> Result<Vec<Vec<u8>>, SourceError> {
        let packs = self.packs.iter().map(|pack| pack.name().as_bytes().to_vec());
        Ok(packs.chain(self.loose()?).collect())
    }

    /// Lists what there is, so that asking for many objects asks the file system once.
    pub(crate) fn holding(&self) -> Result<Holding<'_>, SourceError> {
        let ids = || self.packs.iter().flat_map(|pack| (0..pack.len()).map(|number| key(pack.id(number))));
        let packed = self.keys.get_or_init(|| {
            let mut keys = Keys::with_capacity_and_hasher(self.packed(), BuildHasherDefault::default());
            keys.extend(ids());
            keys
        });
        Ok(Holding { packed, loose: self.loose()?.iter().map(|id| key(id)).collect() })
    }

    /// Returns the ids of all loose objects, sorted, each once.
    fn loose(&self) -> Result<Vec<Vec<u8>>, SourceError> {
        let mut ids = BTreeSet::new();
        for folder in &self.folders {
            for first in 0..=u8::MAX {
                let path = folder.join(format!("{first:02x}"));
                for name in names(&path)? {
                    let id = hex::decode(format!("{first:02x}{name}").as_bytes());
                    ids.extend(id.filter(|id| id.len() == self.algorithm.length()));
                }
            }
        }
        Ok(ids.into_iter().collect())
    }
}

/// Which objects there are, by their keys: who makes two objects with one key hides that the other is lost, and nothing that
/// it holds.
pub(crate) struct Holding<'a> {
    packed: &'a Keys,
    loose: Keys,
}

impl Holding<'_> {
    /// Tells whether any pack or folder holds the object.
    pub(crate) fn has(&self, id: &[u8]) -> bool {
        let key = key(id);
        self.packed.contains(&key) || self.loose.contains(&key)
    }
}

fn collect_folders(folder: &Path, depth: usize, folders: &mut Vec<PathBuf>) -> Result<(), SourceError> {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    if depth > ALTERNATE_DEPTH || folders.contains(&folder) {
        return Ok(());
    }
    let list = folder.join("info").join("alternates");
    folders.push(folder.clone());
    let text = match std::fs::read_to_string(&list) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(SourceError::Io { path: list, source }),
    };
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        // A relative path counts from the folder that holds the list; `join` leaves absolute ones as they are.
        collect_folders(&folder.join(line), depth + 1, folders)?;
    }
    Ok(())
}

/// Returns the names in a folder, sorted; none when there is no such folder.
fn names(folder: &Path) -> Result<Vec<String>, SourceError> {
    let unreadable = |source| SourceError::Io { path: folder.to_path_buf(), source };
    let listing = match std::fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(unreadable(source)),
    };
    let mut names = Vec::new();
    for entry in listing {
        names.extend(entry.map_err(unreadable)?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

fn pack_indices(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let names = names(folder)?;
    Ok(names.iter().filter(|name| name.ends_with(".idx")).map(|name| folder.join(name)).collect())
}

fn pack_name(index: &Path) -> String {
    index.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

//! A commit as a [`Tree`], read from git's objects: nothing is checked out, and ids are those of the blobs.

mod folders;

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use model::{Digest, hex};
use rayon::Scope;
use rayon::prelude::*;

use crate::listing::{self, TreeEntry};
use crate::objects::{Kind, Objects};
use crate::{Content, Entry, EntryKind, Problem, ReadError, Repository, SourceError, Tree, path};

use folders::Folders;

/// Folders deeper than this are not git's work.
const DEPTH: usize = 1024;
/// Far more than any known repository has.
const FILES: usize = 1 << 22;
/// A link's target is a path.
const TARGET: u64 = 1 << 16;

/// The tree of a commit.
pub struct CommitTree {
    repository: Repository,
    objects: Objects,
    commit: String,
    max_file_size: u64,
    entries: Vec<Entry>,
    /// Beside the entries.
    ids: Vec<Digest>,
    problems: Vec<Problem>,
}

/// What the listing gathers.
#[derive(Default)]
struct Gathered {
    /// The files of each folder, with the path of the folder.
    found: Mutex<Vec<(Vec<u8>, Vec<Found>)>>,
    problems: Mutex<Vec<Problem>>,
}

type Found = (Entry, Digest);

/// The listing of a commit, from folder to folder.
struct Lister<'a> {
    repository: &'a Repository,
    objects: &'a Objects,
    folders: Folders,
    gathered: Gathered,
}

impl CommitTree {
    /// Lists the tree of `commit`, a full id. Files beyond `max_file_size` are listed but not read. Works on the threads of
    /// the current pool.
    pub fn open(repository: &Repository, commit: &str, max_file_size: u64) -> Result<Self, SourceError> {
        let top = repository.tree_of(commit)?;
        let top = repository.parse_id(&top)?;
        // Without its top there is no tree; a folder that is missing further down is a problem.
        repository.with(|handle| {
            let found = handle.find_tree(top).map(drop);
            found.map_err(|source| SourceError::Object {
                what: "tree of commit",
                id: commit.to_owned(),
                source,
            })
        })?;
        let objects = Objects::open(repository)?;
        let folders = Folders::read(repository, &objects, top.as_bytes());
        if folders.count(top.as_bytes()) > FILES {
            return Err(SourceError::TooManyFiles { commit: commit.to_owned(), bound: FILES });
        }
        let lister = Lister { repository, objects: &objects, folders, gathered: Gathered::default() };
        rayon::scope(|scope| lister.folder(scope, top.as_bytes(), &[], 0));
        let Gathered { found, problems } = lister.gathered;
        let mut folders = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        folders.par_sort_unstable_by(|one, two| one.0.cmp(&two.0));
        let mut found: Vec<Found> = folders.into_iter().flat_map(|(_, found)| found).collect();
        // Nearly sorted by now, which a stable sort makes use of.
        found.sort_by(|one, two| one.0.path.cmp(&two.0.path));
        // A malformed tree may name a file twice; git itself then sees the first.
        found.dedup_by(|two, one| one.0.path == two.0.path);
        let (entries, ids) = found.into_iter().unzip();
        let mut problems = problems.into_inner().unwrap_or_else(PoisonError::into_inner);
        problems.extend_from_slice(objects.problems());
        problems
            .sort_by(|one, two| (&one.path, one.code, &one.reason).cmp(&(&two.path, two.code, &two.reason)));
        let (repository, commit) = (repository.clone(), commit.to_owned());
        Ok(Self { repository, objects, commit, max_file_size, entries, ids, problems })
    }

    /// Returns the full id of the commit.
    pub fn commit(&self) -> &str {
        &self.commit
    }

    fn file(&self, index: usize) -> Result<&Digest, ReadError> {
        match (self.entries.get(index), self.ids.get(index)) {
            (Some(entry), Some(id)) if entry.kind == EntryKind::File => Ok(id),
            _ => Err(ReadError::NotAFile),
        }
    }
}

impl Tree for CommitTree {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn problems(&self) -> &[Problem] {
        &self.problems
    }

    fn size(&self, index: usize) -> u64 {
        match (self.entries.get(index).map(|entry| &entry.kind), self.ids.get(index)) {
            (Some(EntryKind::File | EntryKind::Link { .. }), Some(id)) => {
                self.objects.size(id.bytes()).unwrap_or(0)
            }
            _ => 0,
        }
    }

    fn id(&self, index: usize) -> Result<Digest, ReadError> {
        self.file(index).copied()
    }

    fn read(&self, index: usize) -> Result<Content, ReadError> {
        let id = self.file(index)?;
        let (size, bound) = (self.size(index), self.max_file_size);
        if size > bound {
            return Err(ReadError::TooLarge { size, bound });
        }
        read(&self.repository, &self.objects, id.bytes(), Kind::Blob, self.max_file_size).map(Content::new)
    }

    fn read_prefix(&self, index: usize, length: usize) -> Result<Content, ReadError> {
        let id = self.file(index)?;
        let size = usize::try_from(self.size(index)).unwrap_or(usize::MAX);
        if let Some(prefix) = self.objects.prefix(id.bytes(), length.min(size)) {
            return Ok(Content::new(prefix));
        }
        let mut bytes = read(&self.repository, &self.objects, id.bytes(), Kind::Blob, u64::MAX)?;
        bytes.truncate(length);
        Ok(Content::new(bytes))
    }
}

impl Lister<'_> {
    fn folder<'s>(&'s self, scope: &Scope<'s>, id: &'s [u8], prefix: &[u8], depth: usize) {
        let tree = match self.folders.get(id) {
            Ok(tree) if depth <= DEPTH => tree,
            Ok(_) => {
                return self.problem("too-deep", prefix, format!("it lies more than {DEPTH} folders deep"));
            }
            Err(reason) => return self.problem("missing-folder", prefix, reason),
        };
        let (mut found, mut raw) = (Vec::new(), prefix.to_vec());
        for entry in listing::entries(tree, self.repository.algorithm().length()) {
            raw.truncate(prefix.len());
            raw.extend_from_slice(entry.name);
            if !entry.has_good_name() {
                self.problem("malformed-name", &raw, "git refuses to check such a name out".to_owned());
            } else if entry.is_folder() {
                let below = [&raw, &b"/"[..]].concat();
                scope.spawn(move |scope| self.folder(scope, entry.id, &below, depth + 1));
            } else {
                found.extend(self.entry(&entry, &raw));
            }
        }
        self.gathered.found.lock().unwrap_or_else(PoisonError::into_inner).push((prefix.to_vec(), found));
    }

    fn entry(&self, entry: &TreeEntry<'_>, raw: &[u8]) -> Option<Found> {
        let kind = if entry.is_submodule() {
            EntryKind::Submodule { commit: hex::encode(entry.id) }
        } else if entry.is_link() {
            match read(self.repository, self.objects, entry.id, Kind::Blob, TARGET) {
                Ok(target) => {
                    let inside = path::stays_inside(raw, &target);
                    EntryKind::Link { target: path::escape(&target).into_owned(), inside }
                }
                Err(error) => {
                    self.problem("unreadable-link", raw, error.to_string());
                    return None;
                }
            }
        } else {
            EntryKind::File
        };
        let written = path::escape(raw);
        let raw = matches!(written, Cow::Owned(_)).then(|| raw.into());
        let id = Digest::new(self.repository.algorithm(), entry.id)?;
        Some((Entry { path: written.into(), raw, kind }, id))
    }

    fn problem(&self, code: &'static str, raw: &[u8], reason: String) {
        let path = path::escape(raw.strip_suffix(b"/").unwrap_or(raw)).into_owned();
        let mut problems = self.gathered.problems.lock().unwrap_or_else(PoisonError::into_inner);
        problems.push(Problem { code, path, reason });
    }
}

/// Reads an object of at most `bound` bytes: straight from its pack, or through git's library, which also knows loose
/// objects and what is wrong.
fn read(
    repository: &Repository,
    objects: &Objects,
    id: &[u8],
    kind: Kind,
    bound: u64,
) -> Result<Vec<u8>, ReadError> {
    match objects.read(id, bound) {
        Some((found, bytes)) if found == kind => Ok(bytes),
        _ => repository.object(id, kind.of_library(), bound),
    }
}

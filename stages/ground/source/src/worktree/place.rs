//! A part of the tree that one repository tracks, or none: the tree itself, and each repository inside it. Here it is
//! decided whether git's word for a file's content is taken.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use model::{Algorithm, Digest};

use super::attributes::Attributes;
use super::ignored::{self, PatternFile};
use super::index::{Index, Mode};
use super::stamp::{Moment, Stamp};
use crate::objects::Objects;
use crate::{Problem, Repository, SourceError, path};

/// The name under which git looks for attributes in every folder.
pub(super) const ATTRIBUTES: &str = ".gitattributes";

/// The index of a million files has 100 MB.
const INDEX_BOUND: u64 = 1 << 30;

/// A part of the tree that one repository tracks, or none.
pub(super) struct Place {
    /// Where names of the index begin.
    root: PathBuf,
    repository: Option<Repository>,
    pub(super) index: Index,
    /// Folders with a file of attributes, raw, with a `/` at the end; known once the walk has ended.
    pub(super) attribute_folders: Mutex<Vec<Vec<u8>>>,
    attributes: OnceLock<Attributes>,
    objects: OnceLock<Option<Objects>>,
}

impl Place {
    /// A folder outside any repository.
    pub(super) fn plain(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            repository: None,
            index: Index::default(),
            attribute_folders: Mutex::default(),
            attributes: OnceLock::new(),
            objects: OnceLock::new(),
        }
    }

    /// The worktree of a repository. An index that cannot be read costs speed only, but is a problem: what is both
    /// ignored and tracked is then taken from the last commit.
    pub(super) fn tracked(
        root: &Path,
        repository: Repository,
    ) -> Result<(Self, Option<Problem>), SourceError> {
        let (index, problem) = match read_index(&repository) {
            Ok(index) => (index, None),
            Err(reason) => {
                let problem = Problem {
                    code: "unreadable-index",
                    path: String::new(),
                    reason: format!("git's index cannot be read: {reason}; the last commit is taken for it"),
                };
                (head_names(&repository)?, Some(problem))
            }
        };
        Ok((Self { repository: Some(repository), index, ..Self::plain(root) }, problem))
    }

    /// Returns where names of the index begin.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns how content ids are made here.
    pub(super) fn algorithm(&self) -> Algorithm {
        self.repository.as_ref().map_or(Algorithm::Blake3, Repository::algorithm)
    }

    /// Returns the patterns that count for all of the repository, and whether case matters not.
    pub(super) fn exclusion(&self) -> (Option<PatternFile>, bool) {
        let Some(repository) = &self.repository else { return (None, false) };
        let ignore_case = repository.with(|handle| {
            Ok(handle.config().and_then(|config| config.get_bool("core.ignorecase")).unwrap_or(false))
        });
        let path = repository.common_folder().join("info").join("exclude");
        (Some(PatternFile { path, shown: ".git/info/exclude".to_owned() }), ignore_case.unwrap_or(false))
    }

    /// Returns all entries of the index.
    pub(super) fn everything(&self) -> Range<usize> {
        0..self.index.len()
    }

    /// Returns the blob id that git has for the file, if it is that of the bytes in the worktree for sure.
    pub(super) fn trusted_id(&self, tracked: usize, stamp: &Stamp) -> Option<Digest> {
        let entry = self.index.entry(tracked)?;
        if !entry.vouches_for(stamp, self.index.written) {
            return None;
        }
        // Git may write other bytes into the worktree than the blob has, and it may have done so under attributes and
        // settings that are gone by now. Line ends and `ident` change the size; filters need not.
        let objects =
            self.objects.get_or_init(|| self.repository.as_ref().and_then(|git| Objects::open(git).ok()));
        if objects.as_ref()?.size(entry.id())? != stamp.size {
            return None;
        }
        if self.attributes.get_or_init(|| self.read_attributes()).may_change(self.index.name(tracked)) {
            return None;
        }
        Digest::new(self.algorithm(), entry.id())
    }

    /// Reads the attributes of the worktree, those that the index holds where they differ, and those of the repository
    /// and the user.
    fn read_attributes(&self) -> Attributes {
        let mut files = Vec::new();
        for folder in self.attribute_folders.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let text = ignored::read(&path::join_raw(&self.root, folder).join(ATTRIBUTES));
            // What cannot be read may say anything.
            files.push((folder.clone(), text.unwrap_or_else(|_| "* filter".to_owned())));
        }
        for (name, entry) in self.index.iter() {
            let Some(folder) = name.strip_suffix(ATTRIBUTES.as_bytes()) else { continue };
            if !(folder.is_empty() || folder.ends_with(b"/")) || entry.mode() != Mode::File {
                continue;
            }
            let stamp =
                std::fs::symlink_metadata(path::join_raw(&self.root, name)).map(|found| Stamp::of(&found));
            if !stamp.is_ok_and(|stamp| entry.vouches_for(&stamp, self.index.written)) {
                files.push((folder.to_vec(), self.blob(entry.id()).unwrap_or_else(|| "* filter".to_owned())));
            }
        }
        if let Some(repository) = &self.repository {
            let own = repository.common_folder().join("info").join("attributes");
            let user = repository.with(|handle| {
                Ok(handle.config().and_then(|config| config.get_path("core.attributesfile")).ok())
            });
            for file in [Some(own), user.ok().flatten()].into_iter().flatten() {
                files.push((Vec::new(), ignored::read(&file).unwrap_or_default()));
            }
        }
        Attributes::new(&files)
    }

    fn blob(&self, id: &[u8]) -> Option<String> {
        let id = git2::Oid::from_bytes(id).ok()?;
        let read = self.repository.as_ref()?.with(|handle| {
            Ok(handle.find_blob(id).ok().map(|blob| String::from_utf8_lossy(blob.content()).into_owned()))
        });
        read.ok().flatten()
    }
}

fn read_index(repository: &Repository) -> Result<Index, String> {
    let path = repository.git_folder().join("index");
    let written = match std::fs::metadata(&path) {
        Ok(found) if found.len() > INDEX_BOUND => {
            return Err(format!("it has more than {INDEX_BOUND} bytes"));
        }
        Ok(found) => found.modified().map(Moment::of).unwrap_or_default(),
        // A repository in which nothing was ever added.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Index::default()),
        Err(error) => return Err(error.to_string()),
    };
    let file = std::fs::read(&path).map_err(|error| error.to_string())?;
    Index::parse(file, repository.algorithm(), written).map_err(|error| error.to_string())
}

/// Returns the names that the last commit holds.
fn head_names(repository: &Repository) -> Result<Index, SourceError> {
    let Some(head) = repository.head()? else { return Ok(Index::default()) };
    let tree = crate::CommitTree::open(repository, &head, u64::MAX)?;
    let mut names: Vec<Vec<u8>> =
        crate::Tree::entries(&tree).iter().map(|entry| path::unescape(&entry.path).into_owned()).collect();
    names.sort();
    Ok(Index::of_names(names.into_iter()))
}

//! A git repository as the rest of the house needs it: which commits there are and what is in them. It reads only: no
//! hook, no filter and no program that a configuration names is ever run, and the network is never asked.

mod change;
mod file;
mod remote;
mod revision;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, PoisonError};

use git2::{ErrorCode, ObjectFormat, RepositoryOpenFlags};
use model::{Algorithm, Digest};

use crate::SourceError;

pub use change::Change;
pub use remote::Branch;

/// A handle on a repository. It is cheap to clone and is used from any number of threads at once.
#[derive(Clone)]
pub struct Repository {
    shared: Arc<Shared>,
}

struct Shared {
    /// What the handles are opened by: the worktree where there is one, else the git directory.
    place: PathBuf,
    git_folder: PathBuf,
    common_folder: PathBuf,
    root: Option<PathBuf>,
    format: ObjectFormat,
    /// Handles of the library that nobody uses now: one is used by one thread at a time.
    idle: Mutex<Vec<git2::Repository>>,
}

/// More handles than threads that ever work at once need not be kept.
const IDLE: usize = 64;

impl Repository {
    /// Opens the repository whose worktree or git directory is `path` itself.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        Self::from_handle(open_handle(path)?)
    }

    /// Opens the repository that `path` lies in; `None` when it lies in none.
    pub fn discover(path: &Path) -> Result<Option<Self>, SourceError> {
        allow_extensions();
        match git2::Repository::discover(path) {
            Ok(handle) => Self::from_handle(handle).map(Some),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(refusal(path, error)),
        }
    }

    fn from_handle(handle: git2::Repository) -> Result<Self, SourceError> {
        refuse_grafts(handle.commondir())?;
        let root = handle.workdir().map(Path::to_path_buf);
        let git_folder = handle.path().to_path_buf();
        let shared = Shared {
            place: root.clone().unwrap_or_else(|| git_folder.clone()),
            common_folder: handle.commondir().to_path_buf(),
            git_folder,
            root,
            format: handle.object_format(),
            idle: Mutex::new(vec![handle]),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Returns the top folder of the worktree; `None` when the repository is bare.
    pub fn root(&self) -> Option<&Path> {
        self.shared.root.as_deref()
    }

    /// Returns the git directory: of a linked worktree, its own.
    pub fn git_folder(&self) -> &Path {
        &self.shared.git_folder
    }

    /// Returns the git directory that linked worktrees share: objects and refs are there.
    pub fn common_folder(&self) -> &Path {
        &self.shared.common_folder
    }

    /// Returns how object ids are made: SHA-1 or SHA-256.
    pub fn algorithm(&self) -> Algorithm {
        match self.shared.format {
            ObjectFormat::Sha1 => Algorithm::GitSha1,
            ObjectFormat::Sha256 => Algorithm::GitSha256,
        }
    }

    /// Lends a handle of the library to `work`.
    pub(crate) fn with<T>(
        &self,
        work: impl FnOnce(&git2::Repository) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        let idle = || self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let handle = match kept {
            Some(handle) => handle,
            None => open_handle(&self.shared.place)?,
        };
        let result = work(&handle);
        let mut idle = idle();
        if idle.len() < IDLE {
            idle.push(handle);
        }
        result
    }

    /// Reads a full object id.
    pub(crate) fn parse_id(&self, hex: &str) -> Result<git2::Oid, SourceError> {
        let unreadable = |source| SourceError::Revision { rev: hex.to_owned(), source };
        if hex.len() != self.algorithm().length() * 2 {
            return Err(unreadable(git2::Error::from_str("not a full object id")));
        }
        git2::Oid::from_str_ext(hex, self.shared.format).map_err(unreadable)
    }

    /// Turns an id of the library into a digest.
    pub(crate) fn digest(&self, id: git2::Oid) -> Option<Digest> {
        Digest::new(self.algorithm(), id.as_bytes())
    }
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Repository").field(&self.shared.git_folder).finish()
    }
}

fn open_handle(path: &Path) -> Result<git2::Repository, SourceError> {
    allow_extensions();
    git2::Repository::open_ext(path, RepositoryOpenFlags::NO_SEARCH, std::iter::empty::<&Path>())
        .map_err(|error| refusal(path, error))
}

/// Names the cause of a refusal to open.
fn refusal(path: &Path, source: git2::Error) -> SourceError {
    let path = path.to_path_buf();
    match source.code() {
        ErrorCode::NotFound => SourceError::NoRepository { path },
        ErrorCode::Owner => SourceError::Owner { path },
        _ => match source.message().split_once("unsupported extension name ") {
            Some((_, name)) => {
                let feature = match name.trim() {
                    "extensions.refstorage" => "the reftable format".to_owned(),
                    name => format!("the extension `{name}`"),
                };
                SourceError::Unsupported { path, feature }
            }
            None => SourceError::Open { path, source },
        },
    }
}

/// Refuses what makes a history look as it is nowhere else: what was found of it would hold in this clone alone.
fn refuse_grafts(common_folder: &Path) -> Result<(), SourceError> {
    let path = common_folder.join("info").join("grafts");
    match std::fs::metadata(&path) {
        Ok(file) if file.len() > 0 => Err(SourceError::Grafted { path }),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(SourceError::Io { path, source }),
    }
}

/// Lets partial clones be opened: what they lack is told object by object.
fn allow_extensions() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[expect(unsafe_code, reason = "the library keeps the list in a static; `Once` makes this the only write, ahead of every open")]
        // SAFETY: nothing else in this process writes or reads the list at this time, see the reason above.
        let allowed = unsafe { git2::opts::set_extensions(&["partialclone"]) };
        if let Err(error) = allowed {
            tracing::warn!(%error, "partial clones cannot be opened");
        }
    });
}

//! What goes wrong with a repository or a folder as a whole. Trouble with one file is a [`crate::ReadError`].

use std::path::PathBuf;

/// Why a tree or a repository cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// There is no repository at or above the path.
    #[error("`{path}` is in no git repository")]
    NoRepository {
        /// Where the search began.
        path: PathBuf,
    },
    /// The repository belongs to another user. Git refuses it too: whoever owns it also owns its configuration.
    #[error("repository `{path}` belongs to another user")]
    Owner {
        /// The folder that git wants to see listed as `safe.directory`.
        path: PathBuf,
    },
    /// The repository uses a feature of git that cannot be read here.
    #[error("repository `{path}` uses {feature}, which cannot be read")]
    Unsupported {
        /// The repository.
        path: PathBuf,
        /// What it uses.
        feature: String,
    },
    /// The repository has no worktree.
    #[error("repository `{path}` has no worktree")]
    Bare {
        /// The repository.
        path: PathBuf,
    },
    /// The repository cannot be opened.
    #[error("repository at `{path}` cannot be opened")]
    Open {
        /// The repository.
        path: PathBuf,
        /// What git's library says.
        #[source]
        source: git2::Error,
    },
    /// A revision names no commit.
    #[error("`{rev}` names no commit")]
    Revision {
        /// The revision as given.
        rev: String,
        /// What git's library says.
        #[source]
        source: git2::Error,
    },
    /// An object that must be there is not, or cannot be read.
    #[error("{what} `{id}` cannot be read")]
    Object {
        /// Kind of the object.
        what: &'static str,
        /// Its id, or the name that led to it.
        id: String,
        /// What git's library says.
        #[source]
        source: git2::Error,
    },
    /// A file of a commit is larger than the bound.
    #[error("`{path}` at commit {commit} has {size} bytes, more than the bound of {bound}")]
    TooLarge {
        /// The file.
        path: String,
        /// The commit.
        commit: String,
        /// Its size.
        size: u64,
        /// The bound.
        bound: u64,
    },
    /// A commit holds more files than can be listed.
    #[error("commit {commit} has more than {bound} files and folders")]
    TooManyFiles {
        /// The commit.
        commit: String,
        /// The bound.
        bound: usize,
    },
    /// The parents of commits are not those that the commits name.
    #[error("`{path}` gives commits other parents than they have")]
    Grafted {
        /// The file that says so.
        path: PathBuf,
    },
    /// A folder or a file of the repository cannot be read.
    #[error("`{path}` cannot be read")]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// No threads can be started.
    #[error("no threads can be started")]
    Threads {
        /// What the system says.
        #[source]
        source: rayon::ThreadPoolBuildError,
    },
}

impl SourceError {
    /// Returns what can be done about it, as an action.
    pub fn hint(&self) -> String {
        match self {
            Self::Owner { path } => format!(
                "run `git config --global --add safe.directory {}` if you trust who owns it",
                path.display()
            ),
            Self::Grafted { .. } => {
                "remove the file; what it says can be written into the history: git replace --graft, git filter-repo".to_owned()
            }
            Self::NoRepository { .. } => "run `git init`, or name a folder inside a repository".to_owned(),
            Self::Bare { .. } => {
                "check a clone of it, or a worktree: git worktree add FOLDER BRANCH".to_owned()
            }
            Self::Revision { .. } => {
                "check the spelling, or fetch it: a shallow or single-branch clone lacks it".to_owned()
            }
            Self::Object { source, .. } if source.code() == git2::ErrorCode::NotFound => {
                "fetch it: a shallow or partial clone lacks objects".to_owned()
            }
            Self::Unsupported { .. } => "check a clone that is made without it".to_owned(),
            Self::Open { path, .. } => format!("see what `git -C {} status` says of it", path.display()),
            Self::Object { .. } => "see what `git fsck` says, and clone anew where it is broken".to_owned(),
            Self::TooLarge { path, .. } => format!("make {path} smaller"),
            Self::TooManyFiles { .. } => "check one of its folders: sluicegate run FOLDER".to_owned(),
            Self::Io { path, .. } => format!("let the user who runs this read {}", path.display()),
            Self::Threads { .. } => "run with fewer threads: --jobs 1".to_owned(),
        }
    }
}

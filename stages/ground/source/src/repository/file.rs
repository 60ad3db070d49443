//! One file of a commit, without listing the commit.

use git2::{ErrorCode, ObjectType};
use model::Digest;

use super::Repository;
use crate::{ReadError, SourceError, path};

/// What is read this way is policy and configuration, never data.
const FILE_BOUND: u64 = 64 << 20;

impl Repository {
    /// Returns the bytes of the regular file at `path`, written as in [`crate::Entry::path`]; `None` when the commit has no
    /// such file. A link is none.
    pub fn file_at(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let id = self.parse_id(commit)?;
        self.with(|handle| {
            let unreadable =
                |source| SourceError::Object { what: "tree of commit", id: commit.to_owned(), source };
            let mut tree = handle.find_commit(id).and_then(|found| found.tree()).map_err(unreadable)?;
            let raw = path::unescape(path);
            let mut names = raw.split(|byte| *byte == b'/').peekable();
            while let Some(name) = names.next() {
                let Some(entry) = tree.get_name_bytes(name) else { return Ok(None) };
                let (id, mode) = (entry.id(), entry.filemode());
                if names.peek().is_none() {
                    let regular = mode & 0o170_000 == 0o100_000;
                    return if regular { read(handle, commit, path, id).map(Some) } else { Ok(None) };
                }
                if entry.kind() != Some(ObjectType::Tree) {
                    return Ok(None);
                }
                drop(entry);
                tree = handle.find_tree(id).map_err(unreadable)?;
            }
            Ok(None)
        })
    }
}

fn read(handle: &git2::Repository, commit: &str, path: &str, id: git2::Oid) -> Result<Vec<u8>, SourceError> {
    let unreadable = |source: git2::Error| {
        let what = if source.code() == ErrorCode::NotFound { "missing object of" } else { "object of" };
        SourceError::Object { what, id: format!("{commit}:{path}"), source }
    };
    let objects = handle.odb().map_err(unreadable)?;
    let (size, _) = objects.read_header(id).map_err(unreadable)?;
    let (size, bound) = (size as u64, FILE_BOUND);
    if size > bound {
        return Err(SourceError::TooLarge { path: path.to_owned(), commit: commit.to_owned(), size, bound });
    }
    objects.read(id).map(|object| object.data().to_vec()).map_err(unreadable)
}

impl Repository {
    /// Reads a blob of at most `bound` bytes.
    pub fn blob(&self, id: &Digest, bound: u64) -> Result<Vec<u8>, ReadError> {
        self.object(id.bytes(), ObjectType::Blob, bound)
    }

    /// Reads an object of one kind and of at most `bound` bytes.
    pub(crate) fn object(&self, id: &[u8], kind: ObjectType, bound: u64) -> Result<Vec<u8>, ReadError> {
        let read = self.with(|handle| {
            let read = || {
                let (objects, id) = (handle.odb()?, git2::Oid::from_bytes(id)?);
                let (size, found) = objects.read_header(id)?;
                let size = size as u64;
                if size > bound {
                    return Ok(Err(ReadError::TooLarge { size, bound }));
                }
                if found != kind {
                    return Ok(Err(ReadError::Failed(format!("the object is a {found}, not a {kind}"))));
                }
                objects.read(id).map(|object| Ok(object.data().to_vec()))
            };
            Ok(read().unwrap_or_else(|error: git2::Error| {
                Err(ReadError::Failed(match error.code() {
                    ErrorCode::NotFound => "the object is not in this clone".to_owned(),
                    _ => error.message().to_owned(),
                }))
            }))
        });
        read.unwrap_or_else(|error| Err(ReadError::Failed(error.to_string())))
    }
}

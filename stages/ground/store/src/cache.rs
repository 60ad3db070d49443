//! The folder that holds both levels: opening, measuring, bounding, clearing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use model::Digest;

use crate::{Key, MemoStore, records};

/// The results cache.
pub struct Cache {
    folder: PathBuf,
    key: Key,
    limit: u64,
    memo: MemoStore,
    place: Digest,
}

/// How much the cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Files.
    pub files: u64,
    /// Bytes.
    pub bytes: u64,
    /// The bound, in bytes.
    pub limit: u64,
}

/// Why the cache cannot be used. Never a reason to stop a run: it goes on without one.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The folder or a file in it cannot be written.
    #[error("cannot write the cache in {path}")]
    Write {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Files that a killed run left half-written are removed after this time.
const STALE: std::time::Duration = std::time::Duration::from_secs(3600);

impl Cache {
    /// Opens the cache in `folder`, which need not exist yet; `limit` bounds its size in bytes.
    pub fn new(folder: &Path, key: Key, limit: u64) -> Self {
        let memo = MemoStore::new(folder.join("memo"), key.clone());
        Self { folder: folder.to_owned(), key, limit, memo, place: Digest::of(b"") }
    }

    /// Says which folder is checked. What the last run on it read is kept apart from that of other folders; no answer
    /// depends on it.
    #[must_use]
    pub fn of(self, place: &Path) -> Self {
        Self { place: Digest::of(place.as_os_str().as_encoded_bytes()), ..self }
    }

    /// Returns the digest of the folder that is checked.
    pub fn place(&self) -> &Digest {
        &self.place
    }

    /// Returns the results per file or package.
    pub fn memo(&self) -> &MemoStore {
        &self.memo
    }

    /// Returns what was kept of a declaration, newest first.
    pub fn recall(&self, declaration: &Digest) -> Vec<Vec<u8>> {
        records::recall(&self.records(), &declaration.hex(), &self.key)
    }

    /// Keeps what a stage said under its declaration; `same` tells which older variant it replaces.
    pub fn keep(
        &self,
        declaration: &Digest,
        value: Vec<u8>,
        same: impl Fn(&[u8]) -> bool,
    ) -> Result<(), CacheError> {
        let kept = records::keep(&self.records(), &declaration.hex(), &self.key, value, same);
        kept.map_err(|source| self.refused(source))
    }

    /// Keeps a value in place of all that was kept under its name.
    pub fn replace(&self, name: &Digest, value: Vec<u8>) -> Result<(), CacheError> {
        let kept = records::replace(&self.records(), &name.hex(), &self.key, value);
        kept.map_err(|source| self.refused(source))
    }

    /// Writes what is still in memory and brings the size under the bound.
    pub fn close(&self) -> Result<(), CacheError> {
        self.memo.flush().map_err(|source| self.refused(source))?;
        self.evict();
        Ok(())
    }

    /// Returns how much the cache holds.
    pub fn usage(&self) -> Usage {
        let files = self.files();
        Usage {
            files: files.len() as u64,
            bytes: files.iter().map(|file| file.bytes).sum(),
            limit: self.limit,
        }
    }

    /// Removes everything the cache holds, and nothing else that may lie in its folder.
    pub fn clear(&self) -> Result<Usage, CacheError> {
        let usage = self.usage();
        for file in self.files() {
            match fs::remove_file(&file.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(self.refused(error)),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(usage)
    }

    /// Removes what was used longest ago until the size is under the bound.
    fn evict(&self) {
        let now = SystemTime::now();
        let mut files = self.files();
        for file in &files {
            let stale = now.duration_since(file.used).is_ok_and(|age| age > STALE);
            if file.unfinished && stale {
                let _ = fs::remove_file(&file.path);
            }
        }
        let mut total: u64 = files.iter().map(|file| file.bytes).sum();
        files.sort_by(|a, b| (a.used, &a.path).cmp(&(b.used, &b.path)));
        for file in files.iter().filter(|file| !file.unfinished) {
            if total <= self.limit {
                break;
            }
            if fs::remove_file(&file.path).is_ok() {
                total -= file.bytes;
            }
        }
    }

    fn records(&self) -> PathBuf {
        self.folder.join("records")
    }

    fn files(&self) -> Vec<Held> {
        let list = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let held = |entry: fs::DirEntry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let unfinished = name.starts_with(".new-");
            if !unfinished && !name.ends_with(".pack") && !name.ends_with(".record") {
                return None;
            }
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            Some(Held { path: entry.path(), bytes: metadata.len(), used, unfinished })
        };
        list(self.records()).chain(list(self.folder.join("memo"))).filter_map(held).collect()
    }

    fn refused(&self, source: io::Error) -> CacheError {
        CacheError::Write { path: self.folder.clone(), source }
    }
}

/// One file of the cache.
struct Held {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
    unfinished: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(folder: &Path, limit: u64) -> Cache {
        Cache::new(folder, Key::from_text("k"), limit)
    }

    #[test]
    fn both_levels_survive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let first = cache(folder.path(), 1 << 20);
        first.memo().keep([1; 32], b"one".to_vec());
        first.keep(&Digest::of(b"d"), b"old".to_vec(), |_| false).unwrap();
        first.keep(&Digest::of(b"d"), b"new".to_vec(), |_| false).unwrap();
        first.keep(&Digest::of(b"r"), b"old".to_vec(), |_| false).unwrap();
        first.replace(&Digest::of(b"r"), b"new".to_vec()).unwrap();
        first.close().unwrap();
        let second = cache(folder.path(), 1 << 20);
        assert_eq!(second.recall(&Digest::of(b"r")), [b"new".to_vec()]);
        assert_eq!(second.memo().recall(&[1; 32]), Some(b"one".to_vec()));
        assert_eq!(second.memo().recall(&[2; 32]), None);
        assert_eq!(second.memo().hits_and_misses(), (1, 1));
        assert_eq!(second.recall(&Digest::of(b"d")), [b"new".to_vec(), b"old".to_vec()]);
        let stranger = Cache::new(folder.path(), Key::from_text("other"), 1 << 20);
        assert_eq!(stranger.memo().recall(&[1; 32]), None);
        assert!(stranger.recall(&Digest::of(b"d")).is_empty());
    }

    #[test]
    fn many_packs_become_one_and_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..20_u8 {
            let run = cache(folder.path(), 1 << 20);
            run.memo().keep([n; 32], vec![n]);
            run.close().unwrap();
        }
        assert!(crate::memo::paths(&folder.path().join("memo")).len() <= 9);
        let last = cache(folder.path(), 1 << 20);
        assert!((0..20_u8).all(|n| last.memo().recall(&[n; 32]) == Some(vec![n])));
    }

    #[test]
    fn the_size_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..6_u8 {
            let run = cache(folder.path(), 5_000);
            run.memo().keep([n; 32], vec![n; 2_000]);
            run.close().unwrap();
            assert!(run.usage().bytes <= 5_000);
        }
    }

    #[test]
    fn clearing_leaves_foreign_files() {
        let folder = tempfile::tempdir().unwrap();
        let run = cache(folder.path(), 1 << 20);
        run.memo().keep([1; 32], vec![1]);
        run.close().unwrap();
        fs::write(folder.path().join("memo/notes.txt"), "mine").unwrap();
        assert_eq!(run.clear().unwrap().files, 1);
        assert_eq!(run.usage().files, 0);
        assert!(folder.path().join("memo/notes.txt").exists());
    }
}

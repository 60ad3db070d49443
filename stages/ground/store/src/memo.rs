//! Results per file or package, kept in packs.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::Key;
use crate::map::map;
use crate::pack::{self, Pack};

/// Small packs beyond this number are merged.
const MOST_PACKS: usize = 8;
/// A pack larger than this is left as it is.
const SMALL: u64 = 16 << 20;
/// Fresh results beyond this many bytes are written before the run ends.
const FLUSH_AT: usize = 16 << 20;

/// Results kept from earlier runs, and those of this one.
pub struct MemoStore {
    folder: PathBuf,
    key: Key,
    opened: OnceLock<Vec<Opened>>,
    /// The pack that answered last.
    answered: AtomicUsize,
    fresh: Mutex<Fresh>,
    hits: AtomicU64,
    misses: AtomicU64,
}

struct Opened {
    path: PathBuf,
    pack: Pack<memmap2::Mmap>,
    used: AtomicBool,
}

#[derive(Default)]
struct Fresh {
    entries: BTreeMap<[u8; 32], Vec<u8>>,
    bytes: usize,
}

impl MemoStore {
    pub(crate) fn new(folder: PathBuf, key: Key) -> Self {
        let (hits, misses) = (AtomicU64::new(0), AtomicU64::new(0));
        let (opened, answered) = (OnceLock::new(), AtomicUsize::new(0));
        Self { folder, key, opened, answered, fresh: Mutex::default(), hits, misses }
    }

    /// Returns the value kept under `name`.
    pub fn recall(&self, name: &[u8; 32]) -> Option<Vec<u8>> {
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner).entries.get(name).cloned();
        let value = fresh.or_else(|| self.find(name));
        let counter = if value.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        value
    }

    /// Keeps `value` under `name`. It is on disk at the latest after [`MemoStore::flush`].
    pub fn keep(&self, name: [u8; 32], value: Vec<u8>) {
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        fresh.bytes += value.len() + 64;
        fresh.entries.insert(name, value);
        let full = fresh.bytes >= FLUSH_AT;
        let batch = if full { std::mem::take(&mut *fresh) } else { Fresh::default() };
        drop(fresh);
        // A cache that cannot be written costs time, never correctness; the caller's last flush reports it.
        let _ = self.write(&batch.entries);
    }

    /// Returns how many look-ups were answered and how many were not.
    pub fn hits_and_misses(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    /// Writes what is fresh, marks the packs that were useful, and merges packs when they have become many.
    pub fn flush(&self) -> io::Result<()> {
        let fresh = std::mem::take(&mut *self.fresh.lock().unwrap_or_else(PoisonError::into_inner));
        self.write(&fresh.entries)?;
        let now = std::time::SystemTime::now();
        for opened in self.opened.get().into_iter().flatten().filter(|o| o.used.load(Ordering::Relaxed)) {
            // The time of last use decides what is evicted first, nothing else.
            if let Ok(file) = fs::File::options().append(true).open(&opened.path) {
                let _ = file.set_modified(now);
            }
        }
        self.merge()
    }

    fn find(&self, name: &[u8; 32]) -> Option<Vec<u8>> {
        let opened = self.opened.get_or_init(|| read_all(paths(&self.folder)));
        // What is asked for together was kept together, and what an older version kept is asked for no more.
        let last = self.answered.load(Ordering::Relaxed);
        for (at, opened) in opened.iter().enumerate().cycle().skip(last).take(opened.len()) {
            if let Some(value) = opened.pack.find(name, &self.key) {
                opened.used.store(true, Ordering::Relaxed);
                if at != last {
                    self.answered.store(at, Ordering::Relaxed);
                }
                return Some(value.to_vec());
            }
        }
        None
    }

    fn write(&self, entries: &BTreeMap<[u8; 32], Vec<u8>>) -> io::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.folder)?;
        let mut out = io::BufWriter::new(file.as_file_mut());
        pack::write(entries, &self.key, &mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?;
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
        let name = format!("{:016x}.pack", u64::from_le_bytes(random));
        file.persist(self.folder.join(name)).map_err(|error| error.error)?;
        Ok(())
    }

    /// Merges small packs into one when there are many: the smallest, and larger ones only together with as much again, so
    /// that what a large one holds is not written again for every few results. A run that reads the old ones at the same
    /// time has them mapped or finds them gone, which is a miss.
    fn merge(&self) -> io::Result<()> {
        let sized = |path: PathBuf| Some((fs::metadata(&path).ok()?.len(), path));
        let mut small: Vec<(u64, PathBuf)> = paths(&self.folder).into_iter().filter_map(sized).collect();
        small.retain(|(size, _)| *size < SMALL);
        if small.len() <= MOST_PACKS {
            return Ok(());
        }
        small.sort();
        let (mut packs, mut total, enough) = (Vec::new(), 0, small.len() - MOST_PACKS);
        for (size, path) in small {
            if packs.len() > enough && size > total * 2 {
                break;
            }
            total += size;
            packs.push(path);
        }
        let mut all = BTreeMap::new();
        for opened in read_all(packs.clone()) {
            all.extend(opened.pack.iter(&self.key).map(|(name, value)| (name, value.to_vec())));
        }
        self.write(&all)?;
        packs.iter().for_each(|path| {
            let _ = fs::remove_file(path);
        });
        Ok(())
    }
}

/// Returns the packs of a folder, sorted by name.
pub(crate) fn paths(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "pack"))
        .collect();
    paths.sort();
    paths
}

fn read_all(paths: Vec<PathBuf>) -> Vec<Opened> {
    let open = |path: PathBuf| {
        let pack = Pack::read(map(&path).ok()?)?;
        Some(Opened { path, pack, used: AtomicBool::new(false) })
    };
    let mut opened: Vec<Opened> = paths.into_iter().filter_map(open).collect();
    // Most of what is asked for is in the largest.
    opened.sort_by_key(|opened| std::cmp::Reverse(opened.pack.len()));
    opened
}

//! What a visit saw and what it could not see, counted from many threads.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What a visit saw and what it could not see.
#[derive(Debug, Default)]
pub(crate) struct Visited {
    /// How many objects were shown.
    pub(crate) objects: u64,
    /// Their size.
    pub(crate) bytes: u64,
    /// Size of what had changed in them.
    pub(crate) changed: u64,
    /// Objects that were too large to be shown, by id, with their size.
    pub(crate) too_large: BTreeMap<Vec<u8>, u64>,
    /// How many objects could not be read.
    pub(crate) corrupt: u64,
    /// The first of them by name: an id, or that of a pack.
    pub(crate) first_corrupt: Option<String>,
}

/// The numbers while the visit runs.
#[derive(Default)]
pub(super) struct Tally {
    objects: AtomicU64,
    bytes: AtomicU64,
    changed: AtomicU64,
    rest: Mutex<Visited>,
}

impl Tally {
    pub(super) fn shown(&self, bytes: usize, changed: usize) {
        self.objects.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.changed.fetch_add(changed as u64, Ordering::Relaxed);
    }

    pub(super) fn too_large(&self, id: &[u8], size: u64) {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner).too_large.insert(id.to_vec(), size);
    }

    pub(super) fn corrupt(&self, number: u64, name: impl FnOnce() -> String) {
        if number == 0 {
            return;
        }
        let name = name();
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        rest.corrupt += number;
        // The least of all, whichever thread comes first.
        if rest.first_corrupt.as_ref().is_none_or(|first| name < *first) {
            rest.first_corrupt = Some(name);
        }
    }

    pub(super) fn finish(self) -> Visited {
        let rest = self.rest.into_inner().unwrap_or_else(PoisonError::into_inner);
        Visited {
            objects: self.objects.into_inner(),
            bytes: self.bytes.into_inner(),
            changed: self.changed.into_inner(),
            ..rest
        }
    }
}

//! Kept results as stages see them: those of the cache, counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use stage::{Memo, MemoKey};
use store::Cache;

/// The kept results of the cache; none when there is no cache.
pub(crate) struct FromCache(pub(crate) Option<Arc<Cache>>);

impl Memo for FromCache {
    fn is_there(&self) -> bool {
        self.0.is_some()
    }

    fn recall(&self, key: &MemoKey) -> Option<Vec<u8>> {
        self.0.as_ref()?.memo().recall(&key.0)
    }

    fn keep(&self, key: MemoKey, value: Vec<u8>) {
        if let Some(cache) = &self.0 {
            cache.memo().keep(key.0, value);
        }
    }
}

/// Counts how often kept results were of use to one stage.
pub(crate) struct Counting {
    inner: Arc<dyn Memo>,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Counting {
    pub(crate) fn new(inner: Arc<dyn Memo>) -> Self {
        Self { inner, hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    /// Returns how many results were there, and how many were not.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }
}

impl Memo for Counting {
    fn is_there(&self) -> bool {
        self.inner.is_there()
    }

    fn recall(&self, key: &MemoKey) -> Option<Vec<u8>> {
        let value = self.inner.recall(key);
        let counter = if value.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        value
    }

    fn keep(&self, key: MemoKey, value: Vec<u8>) {
        self.inner.keep(key, value);
    }
}

//! The bytes of a shard: a mapped file, or memory.

use std::fs::File;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;

/// The bytes of a shard.
pub(super) enum Bytes {
    Mapped(Mmap),
    Shared(Arc<[u8]>),
    Lent(Arc<dyn AsRef<[u8]> + Send + Sync>),
}

impl Bytes {
    /// Maps a file, whole and read-only.
    pub(super) fn map(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        #[expect(
            unsafe_code,
            reason = "the mapping is sound as long as no one changes the file in place: shards are written beside \
                      and renamed, never changed. Whoever truncates one all the same gets SIGBUS, as with any mapping"
        )]
        // SAFETY: see the reason above; the mapping is private to this value and only ever read.
        let map = unsafe { Mmap::map(&file) }?;
        Ok(Self::Mapped(map))
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Shared(bytes) => bytes,
            Self::Lent(bytes) => (**bytes).as_ref(),
        }
    }
}

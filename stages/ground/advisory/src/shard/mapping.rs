//! The bytes of a shard: a mapped file, or memory that somebody keeps.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;

/// The bytes of a shard.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Maps a file, whole and read-only.
pub(super) fn map(path: &Path) -> std::io::Result<Bytes> {
    let file = File::open(path)?;
    #[expect(
        unsafe_code,
        reason = "the mapping is sound as long as no one changes the file in place: shards are written beside and \
                  renamed, never changed. Whoever truncates one all the same gets SIGBUS, as with any mapping"
    )]
    // SAFETY: see the reason above; the mapping is only ever read.
    let map = unsafe { Mmap::map(&file) }?;
    Ok(Arc::new(map))
}

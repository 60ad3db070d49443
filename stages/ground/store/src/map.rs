//! The one place that maps files.

use std::fs::File;
use std::io;
use std::path::Path;

/// Maps a finished file of the cache.
pub(crate) fn map(path: &Path) -> io::Result<memmap2::Mmap> {
    let file = File::open(path)?;
    #[expect(
        unsafe_code,
        reason = "files of the cache are only ever renamed into place whole, never changed or cut"
    )]
    // SAFETY: see the reason; whoever can change the file under us can as well change this program's own file.
    unsafe {
        memmap2::Mmap::map(&file)
    }
}

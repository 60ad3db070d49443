//! Where the work is done: on the pool that is there already, or on a number of threads asked for.

use crate::SourceError;

/// Runs `work` on `threads` threads of its own; 0 means the current pool.
pub(crate) fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T, SourceError> {
    if threads == 0 {
        return Ok(work());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    Ok(pool.map_err(|source| SourceError::Threads { source })?.install(work))
}

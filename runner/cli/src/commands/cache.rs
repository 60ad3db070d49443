//! `sluicegate cache`: how much the results cache holds, and clearing it.

use model::plural;
use report::Exit;
use store::{Cache, Key};

use crate::args::{CacheArgs, CacheCommand};
use crate::context::Context;
use crate::fault::Fault;
use crate::{folders, output};

/// Tells the size of the cache, or clears it.
pub(crate) fn cache(args: &CacheArgs, _context: &Context) -> Result<Exit, Fault> {
    let folder = folders::cache(args.cache_dir.as_ref())?;
    // Neither command reads an entry, so no key is needed.
    let cache = Cache::new(&folder, Key::from_text(""), crate::scan::CACHE_LIMIT);
    let text = match args.command {
        CacheCommand::Size => {
            let usage = cache.usage();
            let (bytes, limit) = (megabytes(usage.bytes), megabytes(usage.limit));
            format!("{}: {}, {bytes} of {limit}\n", folder.display(), plural(usage.files, "file"))
        }
        CacheCommand::Clear => {
            let usage = cache.clear().map_err(|error| {
                Fault::incomplete(error).hint("remove the folder by hand, or as the user who owns it")
            })?;
            format!("removed {}, {}\n", plural(usage.files, "file"), megabytes(usage.bytes))
        }
    };
    output::print(text.as_bytes())?;
    Ok(Exit::Pass)
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

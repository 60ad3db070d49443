//! Where this machine's user keeps things: cache, advisories, key.

use std::path::PathBuf;

use crate::fault::Fault;

/// Returns the folder of the results cache.
pub(crate) fn cache(given: Option<&PathBuf>) -> Result<PathBuf, Fault> {
    given.cloned().map_or_else(|| base("XDG_CACHE_HOME", ".cache", "LOCALAPPDATA", "cache"), Ok)
}

/// Returns the folder of the advisories.
pub(crate) fn data(given: Option<&PathBuf>) -> Result<PathBuf, Fault> {
    let folder =
        given.cloned().map_or_else(|| base("XDG_DATA_HOME", ".local/share", "LOCALAPPDATA", "data"), Ok);
    folder.map(|folder| folder.join("advisories"))
}

/// Returns the file with the key that cache entries are tagged with. It never lies in the cache's own folder, which CI
/// services carry from run to run.
pub(crate) fn key() -> Result<PathBuf, Fault> {
    base("XDG_STATE_HOME", ".local/state", "LOCALAPPDATA", "state").map(|folder| folder.join("cache.key"))
}

/// Returns our folder below one of the user's base folders (XDG Base Directory Specification; on Windows, local
/// application data).
fn base(variable: &str, below_home: &str, windows: &str, windows_part: &str) -> Result<PathBuf, Fault> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(folder) = absolute(variable) {
        return Ok(folder.join("sluicegate"));
    }
    if cfg!(windows)
        && let Some(folder) = absolute(windows)
    {
        return Ok(folder.join("sluicegate").join(windows_part));
    }
    let home = absolute(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
    let home = home.ok_or_else(|| {
        Fault::usage("the user has no home folder")
            .hint(format!("set {variable}, or HOME, to an absolute path"))
    })?;
    Ok(home.join(below_home).join("sluicegate"))
}

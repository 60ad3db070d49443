//! Where this machine's user keeps things: cache, advisories, key.

use std::path::PathBuf;

use crate::fault::Fault;

/// One of the user's base folders (XDG Base Directory Specification; on Windows, local application data).
struct Base {
    /// What is kept there.
    what: &'static str,
    /// The variable that names it.
    variable: &'static str,
    /// Where it is below the home.
    below_home: &'static str,
    /// The part of our folder on Windows, where one folder holds everything.
    windows_part: &'static str,
    /// What else says where the things are.
    instead: &'static str,
}

const CACHE: Base = Base {
    what: "the results cache",
    variable: "XDG_CACHE_HOME",
    below_home: ".cache",
    windows_part: "cache",
    instead: "name a folder with --cache-dir",
};

const DATA: Base = Base {
    what: "the advisories",
    variable: "XDG_DATA_HOME",
    below_home: ".local/share",
    windows_part: "data",
    instead: "name a folder with --data-dir",
};

const STATE: Base = Base {
    what: "the key of the results cache",
    variable: "XDG_STATE_HOME",
    below_home: ".local/state",
    windows_part: "state",
    instead: "give the key as SLUICEGATE_CACHE_KEY",
};

/// Returns the folder of the results cache. An empty name, as CI files give a variable that is not set, names none.
pub(crate) fn cache(given: Option<&PathBuf>) -> Result<PathBuf, Fault> {
    given.filter(|folder| !folder.as_os_str().is_empty()).cloned().map_or_else(|| CACHE.folder(), Ok)
}

/// Returns the folder of the advisories.
pub(crate) fn data(given: Option<&PathBuf>) -> Result<PathBuf, Fault> {
    let given = given.filter(|folder| !folder.as_os_str().is_empty()).cloned();
    given.map_or_else(|| DATA.folder(), Ok).map(|folder| folder.join("advisories"))
}

/// Returns the file with the key that cache entries are tagged with. It never lies in the cache's own folder, which CI
/// services carry from run to run.
pub(crate) fn key() -> Result<PathBuf, Fault> {
    STATE.folder().map(|folder| folder.join("cache.key"))
}

impl Base {
    /// Returns our folder below it.
    fn folder(&self) -> Result<PathBuf, Fault> {
        let absolute =
            |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        if let Some(folder) = absolute(self.variable) {
            return Ok(folder.join("sluicegate"));
        }
        if cfg!(windows)
            && let Some(folder) = absolute("LOCALAPPDATA")
        {
            return Ok(folder.join("sluicegate").join(self.windows_part));
        }
        let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        absolute(home).map(|folder| folder.join(self.below_home).join("sluicegate")).ok_or_else(|| {
            let Self { what, variable, instead, .. } = self;
            Fault::usage(format!(
                "nothing says where {what} are kept: neither {variable} nor {home} is an absolute path"
            ))
            .hint(format!("set {home}, or {instead}"))
        })
    }
}

//! The data sets of this machine, as stages see them.

use std::path::PathBuf;

use advisory::ShardError;
use stage::{DataSets, Shard};

/// Name of the data set that `sluicegate db update` builds.
const ADVISORIES: &str = "advisories";

/// The data sets of this machine.
pub(crate) struct MachineData {
    /// Folder of the advisories, or why there is none: only who asks for advisories has to know.
    pub(crate) advisories: Result<PathBuf, String>,
}

impl DataSets for MachineData {
    fn shard(&self, data: &str, shard: &str) -> Result<Option<Shard>, String> {
        if data != ADVISORIES {
            return Ok(None);
        }
        let folder = self.advisories.as_ref().map_err(Clone::clone)?;
        let mapped = advisory::map(folder, shard).map_err(|error| reason(&error))?;
        Ok(mapped.map(|(digest, bytes)| Shard { digest, bytes }))
    }
}

/// Says what is wrong with a file of the database. Reports hold no path of this machine.
fn reason(error: &ShardError) -> String {
    match error {
        ShardError::Open { path, source } => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            format!("{name} cannot be opened: {source}")
        }
        other => other.to_string(),
    }
}

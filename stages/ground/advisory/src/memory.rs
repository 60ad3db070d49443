//! Indexes made in memory from a few files: the advisories that a project keeps beside its code.

use std::collections::BTreeMap;

use crate::collect::Collector;
use crate::shard::{ShardError, WriteError};
use crate::source::Bounds;
use crate::{Index, Problem};

/// Indexes by the names of their ecosystems, and what could not be read.
pub struct Collection {
    /// One index an ecosystem that the files name.
    pub indexes: BTreeMap<String, Index>,
    /// What could not be read, sorted.
    pub problems: Vec<Problem>,
}

/// Why no index can be made of what was read.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// It cannot be read back.
    #[error(transparent)]
    Read(#[from] ShardError),
}

/// Makes indexes of OSV files, given as name and content in any order.
pub fn collect<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Collection, CollectError> {
    let mut collector = Collector::new(None);
    for (file, content) in files {
        if content.len() as u64 > Bounds::STANDARD.record {
            collector.report(Problem::too_large(file, Bounds::STANDARD.record));
        } else {
            collector.take(file, content);
        }
    }
    let harvest = collector.finish()?;
    let mut indexes = BTreeMap::new();
    for (ecosystem, bytes) in harvest.shards {
        indexes.insert(ecosystem, Index::from_bytes(bytes.into())?);
    }
    Ok(Collection { indexes, problems: harvest.problems })
}

//! Builds a folder of shards from a source.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use model::Digest;

use crate::collect::{Collector, Harvest, family};
use crate::manifest::{MANIFEST, Manifest, ManifestError, Shelf, file_name, replace};
use crate::shard::{ShardError, WriteError};
use crate::source::{Bounds, Source, SourceError};
use crate::{Index, Problem};

/// What to build, and what to note beside it.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Ecosystems to build, without a release (`AlmaLinux`); none: all of the source.
    pub ecosystems: Vec<String>,
    /// What the manifest says the shards were built from: an address, a folder.
    pub built_from: String,
    /// When that was fetched, RFC 3339.
    pub fetched: Option<String>,
}

/// What was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The shards that were written, by ecosystem. Shards of the folder that the source does not speak of stay.
    pub shards: BTreeMap<String, Shelf>,
    /// What could not be read, sorted.
    pub problems: Vec<Problem>,
}

/// Why nothing, or not all, was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The source cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A shard cannot be made.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A shard that was made cannot be read back.
    #[error(transparent)]
    Read(#[from] ShardError),
    /// A file cannot be written.
    #[error("cannot write {path}")]
    Store {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The source has no advisory of the ecosystems asked for.
    #[error("the source has no advisory{}", for_any(.0))]
    Nothing(Vec<String>),
}

fn for_any(ecosystems: &[String]) -> String {
    if ecosystems.is_empty() { String::new() } else { format!(" of {}", ecosystems.join(", ")) }
}

/// Builds one shard an ecosystem of `source` in `destination`. Each replaces the one before at once, and the manifest
/// follows archive by archive: when a later one cannot be read, the earlier ones are in place.
pub fn build(source: Source<'_>, destination: &Path, options: &Options) -> Result<Report, BuildError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BuildError::Store { path, source }
    };
    fs::create_dir_all(destination).map_err(failed(destination))?;
    let mut report = Report { shards: BTreeMap::new(), problems: Vec::new() };
    let mut manifest = match Manifest::read(destination) {
        Ok(manifest) => manifest,
        // A damaged one is written anew; the shards it named are listed again when they are built again.
        Err(ManifestError::Missing(_)) => Manifest::new(),
        Err(error) => {
            report.problems.push(Problem::unread(MANIFEST, format!("{error}; it is written anew")));
            Manifest::new()
        }
    };
    for feed in source.feeds()? {
        let wanted = |ecosystem: &str| {
            options.ecosystems.is_empty() || options.ecosystems.iter().any(|one| one == family(ecosystem))
        };
        if feed.only.as_deref().is_some_and(|only| !wanted(only)) {
            continue;
        }
        let mut collector = Collector::new(feed.only.clone());
        feed.read(&Bounds::STANDARD, &mut collector)?;
        let Harvest { shards, problems } = collector.finish()?;
        for (ecosystem, bytes) in shards.into_iter().filter(|(ecosystem, _)| wanted(ecosystem)) {
            let path = destination.join(file_name(&ecosystem));
            replace(&path, &bytes).map_err(failed(&path))?;
            let shelf = shelf(bytes, options)?;
            manifest.shards.insert(ecosystem.clone(), shelf.clone());
            report.shards.insert(ecosystem, shelf);
            manifest.write(destination).map_err(failed(&destination.join(MANIFEST)))?;
        }
        report.problems.extend(problems);
    }
    report.problems.sort();
    if report.shards.is_empty() { Err(BuildError::Nothing(options.ecosystems.clone())) } else { Ok(report) }
}

fn shelf(bytes: Vec<u8>, options: &Options) -> Result<Shelf, ShardError> {
    let length = bytes.len() as u64;
    let index = Index::from_bytes(bytes.into())?;
    let summary = index.summary();
    let digest: Digest = index.digest();
    Ok(Shelf {
        file: file_name(&summary.ecosystem),
        bytes: length,
        digest,
        advisories: summary.advisories,
        packages: summary.packages,
        withdrawn: summary.withdrawn,
        lost: summary.lost,
        built_from: options.built_from.clone(),
        fetched: options.fetched.clone(),
        newest: summary.newest.clone(),
    })
}

#[cfg(test)]
mod tests;

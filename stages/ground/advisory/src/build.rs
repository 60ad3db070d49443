//! Builds a folder of shards from a source.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::Digest;

use crate::collect::{Collector, Harvest, family};
use crate::manifest::{MANIFEST, Manifest, ManifestError, Shelf, file_name, replace};
use crate::shard::{ShardError, WriteError};
use crate::source::{Bounds, Feed, Source, SourceError};
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
    /// What the source may lack.
    pub lacking: Lacking,
}

/// What a source may lack and still replace what is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lacking {
    /// Nothing: each record can be read, and there are at least half as many as before.
    #[default]
    Nothing,
    /// Records that cannot be read. The shard says how many.
    Records,
    /// Anything.
    Anything,
}

/// What was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The shards that were written, by ecosystem. Shards of the folder that the source does not speak of stay.
    pub shards: BTreeMap<String, Shelf>,
    /// The shards that were there before.
    pub before: BTreeMap<String, Shelf>,
    /// What was not taken of the source.
    pub refused: Vec<Refused>,
    /// What could not be read, sorted.
    pub problems: Vec<Problem>,
}

/// A part of the source that replaces nothing, as it lacks what [`Options::lacking`] does not let it lack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Records of an archive, or of the folder, cannot be read.
    #[error("nothing of {feed} is taken, as {}", records(.lost.len()))]
    Unread {
        /// The archive or folder.
        feed: String,
        /// What cannot be read, sorted.
        lost: Vec<Problem>,
    },
    /// There is less than half of what was there.
    #[error("{ecosystem} stays as it is: it has {before} advisories, and the source only {now}")]
    Fewer {
        /// The ecosystem.
        ecosystem: String,
        /// Advisories of the shard that is there, with those that are withdrawn.
        before: u64,
        /// Advisories of the source.
        now: u64,
    },
}

fn records(count: usize) -> String {
    match count {
        1 => "one record cannot be read".to_owned(),
        _ => format!("{count} records cannot be read"),
    }
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
    fs::create_dir_all(destination).map_err(|source| store(destination, source))?;
    let mut problems = Vec::new();
    let manifest = match Manifest::read(destination) {
        Ok(manifest) => manifest,
        // A damaged one is written anew; the shards it named are listed again when they are built again.
        Err(ManifestError::Missing(_)) => Manifest::new(),
        Err(error) => {
            problems.push(Problem::unread(MANIFEST, format!("{error}; it is written anew")));
            Manifest::new()
        }
    };
    let before = manifest.shards.clone();
    let report = Report { shards: BTreeMap::new(), before, refused: Vec::new(), problems };
    let mut build = Build { destination, options, manifest, report };
    for feed in source.feeds()? {
        if feed.only.as_deref().is_none_or(|only| build.wants(only)) {
            build.take(&feed)?;
        }
    }
    let mut report = build.report;
    report.problems.sort();
    if report.shards.is_empty() && report.refused.is_empty() {
        return Err(BuildError::Nothing(options.ecosystems.clone()));
    }
    Ok(report)
}

fn store(path: &Path, source: io::Error) -> BuildError {
    BuildError::Store { path: path.to_owned(), source }
}

/// A build under way.
struct Build<'a> {
    destination: &'a Path,
    options: &'a Options,
    manifest: Manifest,
    report: Report,
}

impl Build<'_> {
    fn wants(&self, ecosystem: &str) -> bool {
        let asked = &self.options.ecosystems;
        asked.is_empty() || asked.iter().any(|one| one == family(ecosystem))
    }

    /// Reads an archive or a folder and puts its shards in place.
    fn take(&mut self, feed: &Feed<'_>) -> Result<(), BuildError> {
        let mut collector = Collector::new(feed.only.clone());
        feed.read(&Bounds::STANDARD, &mut collector)?;
        let Harvest { shards, problems } = collector.finish()?;
        let whole = !problems.iter().any(|problem| problem.lost);
        if !whole && self.options.lacking == Lacking::Nothing {
            let (lost, others) = problems.into_iter().partition(|problem| problem.lost);
            self.report.refused.push(Refused::Unread { feed: feed.name().to_owned(), lost });
            self.report.problems.extend::<Vec<_>>(others);
            return Ok(());
        }
        self.report.problems.extend(problems);
        for (ecosystem, bytes) in shards {
            if self.wants(&ecosystem) {
                self.put(ecosystem, bytes.into())?;
            }
        }
        Ok(())
    }

    /// Puts a shard in the place of the one before.
    fn put(&mut self, ecosystem: String, bytes: Arc<[u8]>) -> Result<(), BuildError> {
        let shelf = shelf(Arc::clone(&bytes), self.options)?;
        let before = self.report.before.get(&ecosystem).map_or(0, Shelf::records);
        if shelf.records() < before.div_ceil(2) && self.options.lacking != Lacking::Anything {
            self.report.refused.push(Refused::Fewer { ecosystem, before, now: shelf.records() });
            return Ok(());
        }
        let path = self.destination.join(file_name(&ecosystem));
        replace(&path, &bytes).map_err(|source| store(&path, source))?;
        self.manifest.shards.insert(ecosystem.clone(), shelf.clone());
        self.report.shards.insert(ecosystem, shelf);
        self.manifest
            .write(self.destination)
            .map_err(|source| store(&self.destination.join(MANIFEST), source))
    }
}

fn shelf(bytes: Arc<[u8]>, options: &Options) -> Result<Shelf, ShardError> {
    let length = bytes.len() as u64;
    let index = Index::from_bytes(bytes)?;
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

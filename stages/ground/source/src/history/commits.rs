//! A selection of a repository's commits, ready to be handed to a stage.

use std::collections::{BTreeMap, BTreeSet};

use model::{Digest, Hasher};

use super::scan::BLOB_BOUND;
use super::{attribute, named, scan, trace};
use crate::{
    Blob, Commits, Content, Hit, Introduced, Names, Problem, ReadError, Repository, Selection, SourceError,
};

/// A selection of a repository's commits.
#[derive(Debug)]
pub struct History {
    repository: Repository,
    selection: Selection,
    digest: Digest,
}

impl History {
    /// Selects commits. What refs point to is read now: it is part of the digest.
    pub fn new(repository: Repository, selection: Selection) -> Result<Self, SourceError> {
        let mut hasher = Hasher::new("history/v1");
        let mut part = |name: &str, ids: &[String]| {
            let ids: BTreeSet<&String> = ids.iter().collect();
            hasher.part(name).part((ids.len() as u64).to_le_bytes());
            for id in ids {
                hasher.part(id);
            }
        };
        match &selection {
            Selection::Everything => part("refs", &repository.tips()?),
            Selection::Range { tips, excluded } => {
                part("tips", tips);
                part("excluded", excluded);
            }
        }
        part("shallow", &repository.shallow_commits()?);
        let digest = hasher.digest();
        Ok(Self { repository, selection, digest })
    }
}

impl Commits for History {
    fn digest(&self) -> Digest {
        self.digest
    }

    fn scan(
        &self,
        scanner: &(dyn Fn(Blob<'_>) + Sync),
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<Problem>, String> {
        scan(&self.repository, &self.selection, scanner, cancelled, 0)
            .map(|report| report.problems)
            .map_err(|error| chain(&error))
    }

    fn trace(
        &self,
        scanner: &(dyn Fn(Blob<'_>) -> Vec<Hit> + Sync),
        holder: &(dyn Fn(&Digest, &[Hit]) + Sync),
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<Problem>, String> {
        trace(&self.repository, &self.selection, scanner, holder, cancelled, 0)
            .map(|report| report.problems)
            .map_err(|error| chain(&error))
    }

    fn named(&self, wanted: &(dyn Fn(&[u8]) -> bool + Sync)) -> Result<Names, String> {
        named(&self.repository, &self.selection, wanted, 0).map_err(|error| chain(&error))
    }

    fn read(&self, blob: &Digest) -> Result<Content, ReadError> {
        self.repository.blob(blob, BLOB_BOUND).map(Content::new)
    }

    fn attribute(&self, blobs: &BTreeSet<Digest>) -> Result<BTreeMap<Digest, Vec<Introduced>>, String> {
        attribute(&self.repository, &self.selection, blobs, 0).map_err(|error| chain(&error))
    }
}

/// Writes an error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

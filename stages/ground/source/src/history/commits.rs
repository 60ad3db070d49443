//! A selection of a repository's commits, ready to be handed to a stage.

use std::collections::BTreeSet;

use model::{Digest, Hasher};

use super::attribute::attribute_in;
use super::scan::{BLOB_BOUND, blind, trace_in};
use super::survey::survey_in;
use super::{Audience, Known, Origins, Survey};
use crate::objects::{Kind, Objects};
use crate::{Blob, Commits, Content, Problem, ReadError, Repository, Selection, SourceError};

/// A selection of a repository's commits.
pub struct History {
    repository: Repository,
    selection: Selection,
    digest: Digest,
    known: Known,
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
        Ok(Self { repository, selection, digest, known: Known::default() })
    }
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("History").field(&self.repository).field(&self.selection).finish()
    }
}

impl Commits for History {
    fn digest(&self) -> Digest {
        self.digest
    }

    fn held(&self) -> Digest {
        let mut hasher = Hasher::new("objects/v1");
        let names = Objects::open(&self.repository).and_then(|objects| objects.names());
        for name in names.unwrap_or_else(|error| vec![chain(&error).into_bytes()]) {
            hasher.part(name);
        }
        hasher.digest()
    }

    fn scan(
        &self,
        scanner: &(dyn Fn(Blob<'_>) + Sync),
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<Problem>, String> {
        let scanner = &blind(scanner);
        self.trace(&Audience { scanner, holder: &|_, _| {}, passes_over: &|_| false, cancelled })
    }

    fn trace(&self, audience: &Audience<'_>) -> Result<Vec<Problem>, String> {
        trace_in(&self.repository, &self.selection, &self.known, audience)
            .map(|report| report.problems)
            .map_err(|error| chain(&error))
    }

    fn survey(&self, wanted: &(dyn Fn(&[u8]) -> bool + Sync)) -> Result<Survey, String> {
        survey_in(&self.repository, &self.selection, &self.known, wanted).map_err(|error| chain(&error))
    }

    fn read(&self, blob: &Digest) -> Result<Content, ReadError> {
        let packed = self
            .known
            .objects
            .of(&self.repository)
            .ok()
            .and_then(|objects| objects.read(blob.bytes(), BLOB_BOUND));
        match packed {
            Some((Kind::Blob, bytes)) => Ok(Content::new(bytes)),
            _ => self.repository.blob(blob, BLOB_BOUND).map(Content::new),
        }
    }

    fn attribute(&self, blobs: &BTreeSet<Digest>, absent: &BTreeSet<Digest>) -> Result<Origins, String> {
        attribute_in(&self.repository, &self.selection, &self.known, blobs, absent)
            .map_err(|error| chain(&error))
    }
}

/// Writes an error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

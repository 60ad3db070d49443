//! Where a stage says what it found.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use model::{Artifact, Digest, Finding, Gap, GapKind, StageId, Subject};
use serde::Serialize;

use crate::{Draft, StageError};

/// Paths of one kind that are kept of what was passed over: who reads a thousand knows what they are.
const MOST_NAMED: usize = 1000;

/// Where a stage says what it found. Shared by all its threads; what order they speak in does not show.
pub struct Sink {
    stage: StageId,
    subject: Subject,
    gives: Vec<&'static str>,
    said: Mutex<Output>,
    done: AtomicU64,
    total: AtomicU64,
}

/// Everything a stage said, in the one order it has.
#[derive(Debug, Default, Clone)]
pub struct Output {
    /// Findings, ordered and sealed.
    pub findings: Vec<Finding>,
    /// Gaps, ordered.
    pub gaps: Vec<Gap>,
    /// Numbers by name.
    pub counts: BTreeMap<String, u64>,
    /// What stands behind a number, by its name: paths, the first in order.
    pub named: BTreeMap<String, BTreeSet<String>>,
    /// Values for other stages, by channel.
    pub artifacts: BTreeMap<String, Gift>,
    /// Further subjects to check.
    pub subjects: Vec<Subject>,
}

/// A value given to other stages.
#[derive(Clone)]
pub struct Gift {
    /// Its bytes, as JSON: what the cache keeps.
    pub bytes: Arc<[u8]>,
    /// Digest of these bytes.
    pub digest: Digest,
    /// The value itself, when it was not read back from the cache.
    pub value: Option<Arc<dyn Any + Send + Sync>>,
}

impl std::fmt::Debug for Gift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gift").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl Sink {
    /// Opens a sink for one stage and subject; `gives` is what the stage declared that it gives.
    pub fn new(stage: StageId, subject: Subject, gives: Vec<&'static str>) -> Self {
        let said = Mutex::default();
        Self { stage, subject, gives, said, done: AtomicU64::new(0), total: AtomicU64::new(0) }
    }

    /// Says that something is wrong.
    pub fn find(&self, draft: Draft) {
        let finding = draft.into_finding(&self.stage, &self.subject);
        self.with(|said| said.findings.push(finding));
    }

    /// Says that the file at `path` (empty: the subject as a whole) was not looked at, or not fully.
    pub fn gap(&self, kind: GapKind, code: &str, path: &str, reason: impl Into<String>) {
        self.gap_at(kind, code, path, None, reason, None);
    }

    /// The same with a line and an action that closes the gap.
    pub fn gap_at(
        &self,
        kind: GapKind,
        code: &str,
        path: &str,
        line: Option<u32>,
        reason: impl Into<String>,
        hint: Option<&str>,
    ) {
        let gap = Gap {
            stage: self.stage.clone(),
            subject: self.subject.clone(),
            kind,
            code: code.to_owned(),
            path: (!path.is_empty()).then(|| path.to_owned()),
            line,
            reason: reason.into(),
            hint: hint.map(str::to_owned),
        };
        self.with(|said| said.gaps.push(gap));
    }

    /// Adds to a number worth knowing: files scanned, files passed over as binary.
    pub fn count(&self, what: &str, number: u64) {
        self.with(|said| *said.counts.entry(what.to_owned()).or_insert(0) += number);
    }

    /// Names a file of those that are counted as `what`; of many the first in order are kept, whoever names them first.
    pub fn name(&self, what: &str, path: &str) {
        self.with(|said| {
            let named = said.named.entry(what.to_owned()).or_default();
            named.insert(path.to_owned());
            if named.len() > MOST_NAMED {
                named.pop_last();
            }
        });
    }

    /// Gives a value to other stages. The stage must have declared the channel.
    pub fn give<T: Serialize + Send + Sync + 'static>(
        &self,
        channel: Artifact<T>,
        value: T,
    ) -> Result<(), StageError> {
        if !self.gives.contains(&channel.name()) {
            return Err(StageError::UndeclaredGift { name: channel.name().to_owned() });
        }
        let bytes: Arc<[u8]> = serde_json::to_vec(&value)
            .map_err(|error| StageError::Artifact {
                name: channel.name().to_owned(),
                reason: error.to_string(),
            })?
            .into();
        let gift = Gift { digest: Digest::of(&bytes), bytes, value: Some(Arc::new(value)) };
        self.with(|said| said.artifacts.insert(channel.name().to_owned(), gift));
        Ok(())
    }

    /// Adds a subject to check (an image that a manifest names).
    pub fn subject(&self, subject: Subject) {
        self.with(|said| said.subjects.push(subject));
    }

    /// Says how many units of work there are, for progress.
    pub fn expect(&self, units: u64) {
        self.total.fetch_add(units, Ordering::Relaxed);
    }

    /// Says that `units` of them are done.
    pub fn advance(&self, units: u64) {
        self.done.fetch_add(units, Ordering::Relaxed);
    }

    /// Returns units done and units expected.
    pub fn progress(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// Closes the sink: everything said, in the one order it has, whoever said it first.
    pub fn into_output(self) -> Output {
        self.take()
    }

    /// Takes out everything said so far, in the one order it has, whoever said it first.
    pub fn take(&self) -> Output {
        let mut said = self.with(std::mem::take);
        said.findings.sort_by(|a, b| a.order().cmp(&b.order()));
        said.findings.dedup();
        Finding::seal(&mut said.findings);
        said.gaps.sort_by(|a, b| order(a).cmp(&order(b)));
        said.gaps.dedup();
        said.subjects.sort();
        said.subjects.dedup();
        said
    }

    fn with<R>(&self, say: impl FnOnce(&mut Output) -> R) -> R {
        say(&mut self.said.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The key by which gaps are ordered.
fn order(gap: &Gap) -> impl Ord + use<'_> {
    (gap.kind, &gap.path, gap.line, &gap.code, &gap.reason)
}

impl Gift {
    /// Wraps the bytes of a value that the cache kept.
    pub fn kept(bytes: Arc<[u8]>) -> Self {
        Self { digest: Digest::of(&bytes), bytes, value: None }
    }

    /// Returns the value, read from the bytes unless it is at hand.
    pub(crate) fn open<T>(&self, name: &str) -> Result<Arc<T>, StageError>
    where
        T: serde::de::DeserializeOwned + Send + Sync + 'static,
    {
        if let Some(Ok(value)) = self.value.clone().map(Arc::downcast::<T>) {
            return Ok(value);
        }
        let value = serde_json::from_slice(&self.bytes);
        let malformed = |error: serde_json::Error| StageError::Artifact {
            name: name.to_owned(),
            reason: error.to_string(),
        };
        value.map(Arc::new).map_err(malformed)
    }
}

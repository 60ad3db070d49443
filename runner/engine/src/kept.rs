//! What the cache keeps of a stage's run, and the way back.

use std::collections::{BTreeMap, BTreeSet};

use model::{Digest, Finding, Gap, Subject};
use serde::{Deserialize, Serialize};
use stage::{Gift, Output, Trace};

/// What the cache keeps of a stage's run.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) trace: Trace,
    findings: Vec<Finding>,
    gaps: Vec<Gap>,
    counts: BTreeMap<String, u64>,
    named: BTreeMap<String, BTreeSet<String>>,
    /// Values are JSON already.
    artifacts: BTreeMap<String, String>,
    subjects: Vec<Subject>,
}

impl Kept {
    pub(crate) fn new(trace: Trace, output: &Output) -> Self {
        let text = |gift: &Gift| String::from_utf8_lossy(&gift.bytes).into_owned();
        Self {
            trace,
            findings: output.findings.clone(),
            gaps: output.gaps.clone(),
            counts: output.counts.clone(),
            named: output.named.clone(),
            artifacts: output.artifacts.iter().map(|(name, gift)| (name.clone(), text(gift))).collect(),
            subjects: output.subjects.clone(),
        }
    }

    pub(crate) fn into_output(self) -> Output {
        let gift = |text: String| Gift::kept(text.into_bytes().into());
        Output {
            findings: self.findings,
            gaps: self.gaps,
            counts: self.counts,
            named: self.named,
            artifacts: self.artifacts.into_iter().map(|(name, text)| (name, gift(text))).collect(),
            subjects: self.subjects,
        }
    }

    pub(crate) fn to_bytes(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// What a stage read when it last ran on a folder, for `explain --cache`.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Remembered {
    /// What it read, as digests.
    pub(crate) trace: Trace,
    /// Path and mark of each file read.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    /// Per-file results taken from the cache, and computed.
    pub(crate) reused: u64,
    pub(crate) computed: u64,
}

impl Remembered {
    /// Returns what a content is remembered by: a number for the kind of id, and its bytes, which are written in half the time
    /// of its digits.
    pub(crate) fn mark(id: &Digest) -> Vec<u8> {
        [&[id.algorithm() as u8], id.bytes()].concat()
    }
}

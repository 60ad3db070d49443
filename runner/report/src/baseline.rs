//! What is known and accepted: findings and gaps by their fingerprints, in a file of the repository.
//!
//! The file is JSON with one entry a line, sorted, so that it reads well in a diff. It also carries the salt with which
//! the `secrets` stage keys its fingerprints, so that these are the same on every machine. The salt is written as a list of
//! numbers: no scanner takes that for a credential.

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write as _;

use jiff::civil::Date;
use model::{Finding, GapKind};
use serde::{Deserialize, Serialize};

use crate::state::{Key, State, pair};
use crate::{Loosened, Record, Verdict};

/// The version of the file format.
const VERSION: u32 = 1;

/// A baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    created: Date,
    salt: [u8; 32],
    findings: Vec<Entry>,
    gaps: Vec<GapEntry>,
}

/// A finding that is accepted. What people read stands first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    stage: String,
    rule: String,
    path: Option<String>,
    structural: String,
    loose: String,
    line: String,
}

/// A gap that is accepted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GapEntry {
    stage: String,
    code: String,
    path: Option<String>,
    fingerprint: String,
}

/// The file as serde reads it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    created: String,
    salt: [u8; 32],
    findings: Vec<Entry>,
    gaps: Vec<GapEntry>,
}

/// Why a file is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// Larger than is read.
    #[error("the baseline is larger than {} bytes", Baseline::MAX_BYTES)]
    Large,
    /// Not the JSON that is expected.
    #[error("malformed: {problem}")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the reader says.
        problem: String,
    },
    /// A version that this program does not know.
    #[error("the baseline has version {0}; this program reads version {VERSION}")]
    Version(u32),
    /// The day of creation does not exist.
    #[error("`created` of the baseline is no date: write it as 2027-01-31")]
    Created,
}

impl BaselineError {
    fn malformed(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let problem = error.to_string().replace(&format!(" at line {line} column {column}"), "");
        Self::Malformed { line: line.max(1), column: column.max(1), problem }
    }

    /// Returns line and column of what is wrong with `text`, from 1.
    pub fn place(&self, text: &str) -> (usize, usize) {
        // Lines of a file as this program writes it begin with their key, and these are its first.
        let line_of = |key: &str| text.lines().position(|line| line.contains(key)).map_or(1, |at| at + 1);
        match self {
            Self::Malformed { line, column, .. } => (*line, *column),
            Self::Large => (1, 1),
            Self::Version(_) => (line_of("\"version\""), 1),
            Self::Created => (line_of("\"created\""), 1),
        }
    }
}

impl Baseline {
    /// Largest file that is read: about 300,000 entries.
    pub const MAX_BYTES: usize = 64 << 20;

    /// Lists everything in the record that the verdict does not let through already. What is waived stays out, or it
    /// would be accepted for good when its waiver expires, and so do lost gaps, which always block.
    pub fn of(record: &Record, verdict: &Verdict, created: Date, salt: [u8; 32]) -> Self {
        let findings =
            record.findings().zip(&verdict.findings).filter(|(_, judged)| judged.state != State::Waived);
        let gaps = record
            .gaps()
            .zip(&verdict.gaps)
            .filter(|(gap, judged)| judged.state != State::Waived && gap.kind != GapKind::Lost);
        let mut baseline = Self {
            created,
            salt,
            findings: findings.map(|(finding, _)| Entry::of(finding)).collect(),
            gaps: gaps
                .map(|(gap, _)| GapEntry {
                    stage: gap.stage.to_string(),
                    code: gap.code.clone(),
                    path: gap.path.clone(),
                    fingerprint: gap.fingerprint(),
                })
                .collect(),
        };
        baseline.sort();
        baseline
    }

    /// Reads a baseline.
    pub fn read(bytes: &[u8]) -> Result<Self, BaselineError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(BaselineError::Large);
        }
        let file: File = serde_json::from_slice(bytes).map_err(|error| BaselineError::malformed(&error))?;
        if file.version != VERSION {
            return Err(BaselineError::Version(file.version));
        }
        let created = file.created.parse().map_err(|_| BaselineError::Created)?;
        let mut baseline = Self { created, salt: file.salt, findings: file.findings, gaps: file.gaps };
        baseline.sort();
        Ok(baseline)
    }

    /// Returns the text of the file.
    pub fn write(&self) -> String {
        let mut text = String::new();
        let salt = self.salt.map(|byte| byte.to_string()).join(", ");
        let _ = writeln!(
            text,
            "{{\n\"version\": {VERSION},\n\"created\": \"{}\",\n\"salt\": [{salt}],",
            self.created
        );
        let _ = writeln!(text, "\"findings\": [{}],", lines(&self.findings));
        let _ = writeln!(text, "\"gaps\": [{}]\n}}", lines(&self.gaps));
        text
    }

    /// Takes over what `earlier` accepts and this one has not, of the stages that `of` names: a run of a part of the
    /// pipeline says nothing of the others.
    pub fn keep(&mut self, earlier: &Self, of: impl Fn(&str) -> bool) {
        let (_, findings) = split(&earlier.findings, &self.findings, |entry| &entry.structural);
        let (_, gaps) = split(&earlier.gaps, &self.gaps, |entry| &entry.fingerprint);
        self.findings.extend(findings.into_iter().filter(|entry| of(&entry.stage)));
        self.gaps.extend(gaps.into_iter().filter(|entry| of(&entry.stage)));
        self.sort();
    }

    /// Returns the day on which the baseline was made.
    pub fn created(&self) -> Date {
        self.created
    }

    /// Returns the salt that keys the fingerprints of secrets.
    pub fn salt(&self) -> &[u8; 32] {
        &self.salt
    }

    /// Returns how many findings and gaps are accepted.
    pub fn len(&self) -> usize {
        self.findings.len() + self.gaps.len()
    }

    /// Tells whether nothing is accepted.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.gaps.is_empty()
    }

    /// Returns the baseline that judges a change: what both sides accept. What `head` adds is listed and does not
    /// count; what it removes does not count any more.
    pub fn tighten(target: Option<&Self>, head: Option<&Self>) -> (Option<Self>, Vec<Loosened>) {
        let known_findings: &[Entry] = target.map_or(&[], |target| &target.findings);
        let known_gaps: &[GapEntry] = target.map_or(&[], |target| &target.gaps);
        let Some(head) = head else { return (None, Vec::new()) };
        let (findings, new_findings) = split(&head.findings, known_findings, |entry| &entry.structural);
        let (gaps, new_gaps) = split(&head.gaps, known_gaps, |entry| &entry.fingerprint);
        let finding =
            |entry: &Entry| place(&format!("{}/{}", entry.stage, entry.rule), entry.path.as_deref());
        let gap = |entry: &GapEntry| place(&format!("{} {}", entry.stage, entry.code), entry.path.as_deref());
        let added = new_findings.iter().map(finding).chain(new_gaps.iter().map(gap));
        let loosened = added
            .map(|what| {
                Loosened::new("baseline", format!("accepts {what}; the entry is new and does not count"))
            })
            .collect();
        let merged = target.map(|target| Self { created: target.created, salt: target.salt, findings, gaps });
        (merged, loosened)
    }

    /// Tells for each finding whether it is accepted; every entry accepts one.
    pub(crate) fn has(&self, findings: &[&Finding]) -> Vec<bool> {
        let now: Vec<Key<'_>> =
            findings.iter().map(|finding| Key::of(finding, None).known_to_a_baseline()).collect();
        let before: Vec<Key<'_>> = self.findings.iter().map(Entry::key).collect();
        pair(&now, &before).into_iter().map(|found| found.is_some()).collect()
    }

    /// Returns the fingerprints of the gaps that are accepted.
    pub(crate) fn gap_fingerprints(&self) -> BTreeSet<&str> {
        self.gaps.iter().map(|entry| entry.fingerprint.as_str()).collect()
    }

    fn sort(&mut self) {
        self.findings.sort();
        // A gap has no number: one entry stands for all that look the same.
        self.gaps.sort();
        self.gaps.dedup();
    }

    /// Returns how many entries are for stages in `stages`, and of those, how many accept nothing of the record.
    pub(crate) fn unused(&self, record: &Record, stages: &BTreeSet<&str>) -> usize {
        let findings: Vec<&Finding> = record.findings().collect();
        let used = self.has(&findings).into_iter().filter(|has| *has).count();
        let looked_at = self.findings.iter().filter(|entry| stages.contains(entry.stage.as_str())).count();
        let prints: BTreeSet<String> = record.gaps().map(model::Gap::fingerprint).collect();
        let gaps = self.gaps.iter().filter(|entry| stages.contains(entry.stage.as_str()));
        looked_at.saturating_sub(used) + gaps.filter(|entry| !prints.contains(&entry.fingerprint)).count()
    }
}

impl Entry {
    fn of(finding: &Finding) -> Self {
        let Key { stage, rule, structural, loose, line, .. } = Key::of(finding, None);
        Self {
            stage: stage.to_owned(),
            rule: rule.to_owned(),
            path: finding.location.path().map(str::to_owned),
            structural: structural.to_owned(),
            loose: loose.to_owned(),
            line: line.to_owned(),
        }
    }

    fn key(&self) -> Key<'_> {
        Key {
            stage: &self.stage,
            subject: None,
            rule: &self.rule,
            path: self.path.as_deref(),
            structural: &self.structural,
            loose: &self.loose,
            line: &self.line,
            identity: None,
            by_value: false,
        }
    }
}

/// Splits the head's entries into those that the target has too, counted one to one, and the rest.
fn split<T: Clone>(head: &[T], target: &[T], print: impl Fn(&T) -> &String) -> (Vec<T>, Vec<T>) {
    let mut free: std::collections::BTreeMap<&String, VecDeque<&T>> = std::collections::BTreeMap::new();
    for entry in target {
        free.entry(print(entry)).or_default().push_back(entry);
    }
    let (mut both, mut added) = (Vec::new(), Vec::new());
    for entry in head {
        // The target's own entry counts: its other fingerprints are those that were reviewed.
        match free.get_mut(print(entry)).and_then(VecDeque::pop_front) {
            Some(known) => both.push(known.clone()),
            None => added.push(entry.clone()),
        }
    }
    (both, added)
}

fn place(what: &str, path: Option<&str>) -> String {
    path.map_or_else(|| what.to_owned(), |path| format!("{what} at {path}"))
}

fn lines<T: Serialize>(entries: &[T]) -> String {
    let mut text = String::new();
    for (at, entry) in entries.iter().enumerate() {
        // Entries are texts only, which serde_json always writes.
        let line = serde_json::to_string(entry).unwrap_or_default();
        let _ = write!(text, "{}\n{line}", if at == 0 { "" } else { "," });
    }
    if !entries.is_empty() {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;

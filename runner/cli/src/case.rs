//! Everything a verdict depends on, as one value that can be stored: `run` judges it at once, `report` judges it later,
//! with the same outcome.

mod merge;

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::path::Path;

use jiff::Timestamp;
use model::{Message, StageId, Status};
use plan::{Layers, PipelineFile};
use report::policy::{Policy, PolicyError, RawPolicy};
use report::{
    Allowlists, Baseline, Case, Comparison, Coverage, InlineIgnores, Loosened, Record, StageRun, Verdict,
    Warning, judge,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use source::Tree;
use stage::ConfigError;

use crate::fault::Fault;
use crate::frames::{self, Frames};
use crate::selection::Selection;

/// Everything a verdict depends on.
pub(crate) struct CaseFile {
    pub(crate) context: Context,
    /// What was found.
    pub(crate) record: Record,
    /// What the merge-base had.
    pub(crate) base: Option<Record>,
    /// What the tip of the target branch has; asked only when the change ignores findings.
    pub(crate) tip: Option<Record>,
}

/// What a verdict depends on beside records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Context {
    /// The day, as `2026-01-31`.
    pub(crate) today: String,
    /// Whether comments in the source can ignore findings.
    pub(crate) inline_ignores: bool,
    /// What of the pipeline was asked for.
    pub(crate) selection: Selection,
    /// Stages that must have run.
    pub(crate) required: BTreeSet<StageId>,
    /// The policies of the target branch, nearest first; empty when no change is judged.
    pub(crate) target: Vec<PolicyText>,
    /// The policies of the tree under check, nearest first.
    pub(crate) head: Vec<PolicyText>,
    /// Baselines of both sides.
    pub(crate) baselines: [Option<String>; 2],
    /// Path before → path now.
    pub(crate) renames: BTreeMap<String, String>,
    /// When the merge-base was committed, seconds since the epoch.
    pub(crate) base_time: Option<i64>,
    /// What the pipeline file lost.
    pub(crate) loosened: Vec<Lost>,
    /// What of the policy deserves a look.
    pub(crate) warnings: Vec<String>,
    /// What a reader should know.
    pub(crate) notes: Vec<String>,
}

/// Something that the change loosens in the pipeline file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lost {
    what: String,
    message: String,
    /// File, line and column.
    place: Option<(String, u64, u64)>,
}

impl Lost {
    /// Takes what the plan says.
    pub(crate) fn of(loosened: &plan::Loosened) -> Self {
        let place = loosened.place.as_ref().map(|place| (place.file.clone(), place.line, place.column));
        Self { what: loosened.what.clone(), message: loosened.message.clone(), place }
    }

    fn told(&self) -> Loosened {
        let place = self.place.clone().map(|(file, line, column)| report::Place { file, line, column });
        Loosened { what: self.what.clone(), message: self.message.clone(), place }
    }
}

/// The part of a pipeline file that decides what passes, blanked elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyText {
    path: String,
    text: String,
}

/// The keys of a pipeline file that decide what passes.
const POLICY_KEYS: [&str; 3] = ["gate", "waivers", "baseline"];
/// The code of the gap that stands for a shard without a record.
const MISSING_SHARD: &str = "missing-shard";

impl PolicyText {
    /// Takes the policies of files, nearest first.
    pub(crate) fn of(layers: &Layers) -> Vec<Self> {
        let text =
            |file: &PipelineFile| Self { path: file.path().to_owned(), text: file.excerpt(&POLICY_KEYS) };
        layers.files().iter().map(text).collect()
    }

    fn raw(&self) -> Result<RawPolicy, Errors> {
        if self.text.trim().is_empty() {
            return Ok(RawPolicy::default());
        }
        let wrong = |error| vec![ConfigError::from_yaml(&self.path, &self.text, &error)];
        serde_saphyr::from_str(&self.text).map_err(wrong)
    }

    fn check(&self, raw: RawPolicy) -> Result<Policy, Errors> {
        let error = |error: PolicyError| {
            let (line, column) =
                error.place.as_ref().map_or((0, 0), |place| (place.line as usize, place.column as usize));
            let written = self.text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
            let rest: String = written.chars().skip(column.saturating_sub(1)).collect();
            let column = column + error.offset_in(&rest);
            ConfigError::new(&self.path, &self.text, line, column, error.to_string())
        };
        raw.check(&self.path).map_err(|errors| errors.into_iter().map(error).collect())
    }
}

/// Why a policy is none; lines are shown as the policy's text has them.
type Errors = Vec<ConfigError>;

/// One side's policy, and what it loosens of those that it extends.
type Side = (Policy, Vec<Loosened>);

/// Reads one side's policy from its files.
pub(crate) fn side_of(layers: &Layers) -> Result<Side, Fault> {
    side(&PolicyText::of(layers)).map_err(|errors| wrong(errors.into_iter().map(|error| layers.shown(error))))
}

fn wrong(errors: impl IntoIterator<Item = ConfigError>) -> Fault {
    let mut errors = errors.into_iter();
    let first = errors.next().map_or_else(|| Fault::bug("a policy is refused without an error"), Fault::from);
    errors.map(Fault::from).fold(first, Fault::and)
}

/// Reads one side's policy: the repository's own, tightened by each organization's that it extends.
fn side(texts: &[PolicyText]) -> Result<Side, Errors> {
    let Some((own, organizations)) = texts.split_first() else { return Ok((Policy::default(), Vec::new())) };
    let raw = own.raw()?;
    let mut policy = own.check(raw.clone())?;
    let mut loosened = Vec::new();
    for organization in organizations {
        let theirs = organization.raw()?;
        // What the repository says nothing of loosens nothing.
        let said = own.check(raw.clone().gate_from(&theirs))?;
        let says_waivers = theirs.waivers.is_some();
        let stricter = organization.check(theirs.unsaid_from(&raw))?;
        // Taken over, they stand in the repository's file.
        let stricter = if says_waivers { stricter } else { stricter.with_waivers_of(&said) };
        loosened.extend(Policy::tighten(&stricter, &said).1);
        policy = Policy::tighten(&stricter, &policy).0;
    }
    Ok((policy, loosened))
}

/// Reads the text of the baseline that a policy names, which is a baseline.
pub(crate) fn baseline(layers: &Layers, policy: &Policy, tree: &dyn Tree) -> Result<Option<String>, Fault> {
    let Some(path) = &policy.baseline else { return Ok(None) };
    let refuse = |message: String, hint: String| {
        let named = |file: &&PipelineFile| {
            file.section("baseline").is_some_and(|section| section.text.contains(path.as_str()))
        };
        let error =
            layers.files().iter().find(named).and_then(|file| file.error_under("baseline", message.clone()));
        match error {
            Some(error) => error.advise(hint).into(),
            None => Fault::configuration(message).hint(hint),
        }
    };
    let Some(index) = tree.find(path) else {
        let hint = format!("write it with `sluicegate baseline -o {path}`, or take the line out");
        return Err(refuse(format!("the baseline {path} is not in the tree"), hint));
    };
    let anew = || "mend the file, or write it anew: sluicegate baseline --force".to_owned();
    let content = tree
        .read(index)
        .map_err(|error| refuse(format!("cannot read the baseline {path}: {error}"), anew()))?;
    let text = String::from_utf8(content.to_vec())
        .map_err(|_| refuse(format!("the baseline {path} is not UTF-8"), anew()))?;
    let read = Baseline::read(text.as_bytes()).map_err(|error| {
        let (line, column) = error.place(&text);
        Fault::from(ConfigError::new(path, &text, line, column, error.to_string()).advise(anew()))
    });
    read.map(|_| Some(text))
}

/// Reads the text of a baseline.
pub(crate) fn read_baseline(text: Option<&String>) -> Result<Option<Baseline>, Fault> {
    let read = text.map(|text| Baseline::read(text.as_bytes())).transpose();
    read.map_err(|error| {
        Fault::configuration(error).hint("write the baseline anew: sluicegate baseline --force")
    })
}

impl Context {
    /// Returns what is in force: policy, baseline, and what the change lost on the way.
    fn in_force(&self) -> Result<(Policy, Option<Baseline>, Vec<Loosened>), Fault> {
        let mut loosened: Vec<Loosened> = self.loosened.iter().map(Lost::told).collect();
        let (head, lost) = side(&self.head).map_err(wrong)?;
        loosened.extend(lost);
        let [of_target, of_head] = &self.baselines;
        if self.target.is_empty() {
            return Ok((head, read_baseline(of_head.as_ref())?, loosened));
        }
        let (target, _) = side(&self.target).map_err(wrong)?;
        let (policy, lost) = Policy::tighten(&target, &head);
        loosened.extend(lost);
        let (of_target, of_head) = (read_baseline(of_target.as_ref())?, read_baseline(of_head.as_ref())?);
        let (baseline, lost) = Baseline::tighten(of_target.as_ref(), of_head.as_ref());
        loosened.extend(lost);
        Ok((policy, baseline, loosened))
    }
}

/// Adds a gap for each stage that must have run and did not, on any subject. Of one shard nothing can be told: another
/// may have run it.
fn with_required(record: &Record, required: &BTreeSet<StageId>) -> Result<Record, Fault> {
    let ran = |stage: &StageId| {
        let ran = |run: &StageRun| run.outcome.stage == *stage && run.outcome.status != Status::Skipped;
        record.runs().iter().any(ran)
    };
    let missing: BTreeSet<&StageId> = required.iter().filter(|stage| !ran(stage)).collect();
    if missing.is_empty() || record.header().shard.is_some() {
        return Ok(record.clone());
    }
    let skipped =
        |message: &Message| matches!(message, Message::Stage(outcome) if missing.contains(&outcome.stage));
    let mut messages: Vec<Message> = record.messages().filter(|message| !skipped(message)).collect();
    messages.extend(missing.iter().flat_map(|stage| crate::source_gaps::required(stage)));
    Record::new(messages).map_err(Fault::bug)
}

impl CaseFile {
    /// Judges. The record comes back settled, as reports want it.
    pub(crate) fn judge(&self) -> Result<(Record, Verdict), Fault> {
        let (policy, baseline, mut loosened) = self.context.in_force()?;
        let record = with_required(&self.record, &self.context.required)?;
        let (record, lost) = record.settle();
        loosened.extend(lost);
        let base = self.base.clone().map(|base| base.settle().0);
        let tip = self.tip.clone().map(|tip| tip.settle().0);
        let base_time = self.context.base_time.and_then(|seconds| Timestamp::from_second(seconds).ok());
        // A change that is not compared is still a change: what it asks to ignore is not its own to decide.
        let comparison = (base.is_some() || !self.context.target.is_empty()).then_some(Comparison {
            base: base.as_ref(),
            base_time,
            renames: &self.context.renames,
            tip: tip.as_ref(),
            allowlists: Allowlists::Target,
        });
        let today = self.context.today.parse().map_err(Fault::bug)?;
        let mut verdict = judge(&Case {
            record: &record,
            comparison,
            policy: &policy,
            baseline: baseline.as_ref(),
            today,
            inline_ignores: if self.context.inline_ignores {
                InlineIgnores::Honored
            } else {
                InlineIgnores::Refused
            },
            coverage: if self.is_whole() { Coverage::All } else { Coverage::Some },
            loosened,
        });
        let told = self.context.warnings.iter().map(|text| Warning { message: text.clone(), place: None });
        verdict.warnings.splice(..0, told);
        verdict.notes.splice(..0, self.context.notes.iter().cloned());
        Ok((record, verdict))
    }

    /// Tells whether every stage of the pipeline took part, in this run or in all of its shards.
    fn is_whole(&self) -> bool {
        let missing = |run: &StageRun| run.gaps.iter().any(|gap| gap.code == MISSING_SHARD);
        let shard = self.record.header().shard.is_some() || self.record.runs().iter().any(missing);
        self.context.selection.whole && !shard
    }

    /// Writes the case: packed frames one behind the other, first the context, then the records.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Fault> {
        let context = (report::RECORD_VERSION, &self.context, self.base.is_some(), self.tip.is_some());
        let text = serde_json::to_vec(&context).map_err(Fault::bug)?;
        let mut bytes = zstd::encode_all(&text[..], 3).map_err(Fault::bug)?;
        for record in std::iter::once(&self.record).chain(&self.base).chain(&self.tip) {
            record.write(&mut bytes).map_err(Fault::bug)?;
        }
        crate::output::write(path, &bytes)
    }

    /// Reads a case.
    pub(crate) fn read(path: &Path) -> Result<Self, Fault> {
        let mut frames = Frames::open(path)?;
        let context = frames::decoder(frames.next()?).map(BufReader::new);
        let context = context.and_then(|context| Ok(serde_json::from_reader(context)?));
        let context: Value = context.map_err(|error| frames.refuse(error))?;
        let (version, known) = (context.get(0).and_then(Value::as_u64), report::RECORD_VERSION);
        if version != Some(u64::from(known)) {
            let version =
                version.map_or_else(|| "no version".to_owned(), |version| format!("version {version}"));
            return Err(frames.refuse(format_args!(
                "another version of Sluicegate wrote it (records of {version}; this one reads version {known})"
            )));
        }
        let context = serde_json::from_value(context);
        let (_, context, base, tip): (u32, Context, bool, bool) =
            context.map_err(|error| frames.refuse(error))?;
        let mut record = || {
            let record = Record::read(frames.next()?);
            record.map_err(|error| frames.refuse(error))
        };
        Ok(Self {
            context,
            record: record()?,
            base: base.then(&mut record).transpose()?,
            tip: tip.then(&mut record).transpose()?,
        })
    }
}

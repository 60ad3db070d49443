//! One record out of those of several shards. A shard that is missing is a lost gap.

use std::collections::{BTreeMap, BTreeSet};

use model::{Gap, GapKind, IdError, RunHeader, StageId, StageOutcome, Status, Subject};

use crate::record::union::union;
use crate::record::{Record, RunKey, StageRun};

/// Most shards that are taken: each missing one becomes a gap.
const MAX_SHARDS: u32 = 10_000;

/// Why records cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// No record at all.
    #[error("there is no record to merge")]
    None,
    /// The records are of different runs.
    #[error("the records are of different runs: {what} is `{one}` in one and `{other}` in another")]
    Different {
        /// What differs.
        what: &'static str,
        /// One value.
        one: String,
        /// The other value.
        other: String,
    },
    /// A shard is not written as `I/N`.
    #[error("`{0}` is no shard: it is written as I/N, with I from 1 to N and N up to {MAX_SHARDS}")]
    Shard(String),
    /// A name of ours is malformed.
    #[error(transparent)]
    Name(#[from] IdError),
}

impl Record {
    /// Merges the records of the shards of one run. Shards come in the order of their numbers, records of no shard in
    /// the order given. A stage and subject that several have is taken once, with what either says.
    pub fn merge(mut records: Vec<Self>) -> Result<Self, MergeError> {
        let Some(first) = records.first() else { return Err(MergeError::None) };
        let header = RunHeader { shard: None, ..first.header.clone() };
        for record in &records {
            same_run(&first.header, &record.header)?;
        }
        let mut shards = Vec::new();
        for record in &records {
            if let Some(text) = &record.header.shard {
                shards.push(parse(text).ok_or_else(|| MergeError::Shard(text.clone()))?);
            }
        }
        records.sort_by_cached_key(|record| record.header.shard.as_deref().and_then(parse));
        let mut runs: BTreeMap<RunKey, StageRun> = BTreeMap::new();
        for run in records.into_iter().flat_map(|record| record.runs).chain(missing(&shards)?) {
            let key = run.key();
            let merged = match runs.remove(&key) {
                Some(earlier) => union(earlier, run),
                None => run,
            };
            runs.insert(key, merged);
        }
        let runs = runs.into_values().collect();
        Ok(Self::sorted(header, runs))
    }
}

fn same_run(one: &RunHeader, other: &RunHeader) -> Result<(), MergeError> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let shards = |header: &RunHeader| {
        header.shard.as_deref().map_or_else(
            || "none".to_owned(),
            |shard| shard.split_once('/').map_or(shard, |(_, count)| count).to_owned(),
        )
    };
    let pairs = [
        ("the version of the tool", one.tool.clone(), other.tool.clone()),
        ("the scope", one.scope.clone(), other.scope.clone()),
        ("the commit", text(&one.head), text(&other.head)),
        ("the commit compared with", text(&one.base), text(&other.base)),
        ("the number of shards", shards(one), shards(other)),
    ];
    let different = pairs.into_iter().find(|(_, one, other)| one != other);
    different.map_or(Ok(()), |(what, one, other)| Err(MergeError::Different { what, one, other }))
}

fn parse(text: &str) -> Option<(u32, u32)> {
    let (index, count) = text.split_once('/')?;
    let plain = |number: &str| {
        number.parse::<u32>().ok().filter(|_| number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let (index, count) = (plain(index)?, plain(count)?);
    ((1..=count).contains(&index) && count <= MAX_SHARDS).then_some((index, count))
}

/// Returns a run that says which shards are missing.
fn missing(shards: &[(u32, u32)]) -> Result<Option<StageRun>, MergeError> {
    let Some((_, count)) = shards.first() else { return Ok(None) };
    let present: BTreeSet<u32> = shards.iter().map(|(index, _)| *index).collect();
    let absent: Vec<u32> = (1..=*count).filter(|index| !present.contains(index)).collect();
    if absent.is_empty() {
        return Ok(None);
    }
    let stage = StageId::new("shards")?;
    let mut run = StageRun::new(StageOutcome::new(stage.clone(), Subject::Tree, Status::Gaps));
    run.gaps = absent
        .into_iter()
        .map(|index| Gap {
            stage: stage.clone(),
            subject: Subject::Tree,
            kind: GapKind::Lost,
            code: "missing-shard".to_owned(),
            path: None,
            line: None,
            reason: format!("the record of shard {index}/{count} is missing"),
            hint: Some(format!("run with `--shard {index}/{count} --record FILE` and merge that file too")),
        })
        .collect();
    Ok(Some(run))
}

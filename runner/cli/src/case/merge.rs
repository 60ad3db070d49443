//! One case out of those of several shards: of one run alone, whose shards differ in what they looked at and in nothing else.

use report::Record;

use crate::case::{CaseFile, Context};
use crate::fault::Fault;

impl Context {
    /// Says in what another context differs, the day apart.
    fn difference(&self, other: &Self) -> Option<String> {
        let said = self.selection.difference(&other.selection);
        let policies =
            |context: &Self| (context.target.clone(), context.head.clone(), context.baselines.clone());
        said.or_else(|| {
            (policies(self) != policies(other)).then(|| "their policies or baselines differ".to_owned())
        })
        .or_else(|| {
            let other = Self { today: self.today.clone(), ..other.clone() };
            (*self != other)
                .then(|| "they were asked to judge by, or compared with, different things".to_owned())
        })
    }
}

const ONE_RUN: &str = "merge the shards of one run only";

impl CaseFile {
    /// Makes one case of the shards of a run.
    pub(crate) fn merge(cases: Vec<Self>) -> Result<Self, Fault> {
        let mut context: Option<Context> = None;
        let (mut records, mut bases, mut tips) = (Vec::new(), Vec::new(), Vec::new());
        for mut case in cases {
            if let Some(context) = &context {
                // A run may go on past midnight.
                case.context.today = case.context.today.max(context.today.clone());
                if let Some(difference) = context.difference(&case.context) {
                    return Err(Fault::usage(format!("the records are of different runs: {difference}"))
                        .hint(ONE_RUN));
                }
            }
            context = Some(case.context);
            records.push(case.record);
            bases.extend(case.base);
            tips.extend(case.tip);
        }
        let context = context.ok_or_else(|| Fault::usage("no record is given").hint("name one: FILE"))?;
        let other = |error| Fault::usage(error).hint(ONE_RUN);
        let some =
            |records: Vec<Record>| if records.is_empty() { None } else { Some(Record::merge(records)) };
        Ok(Self {
            context,
            record: Record::merge(records).map_err(other)?,
            base: some(bases).transpose().map_err(other)?,
            tip: some(tips).transpose().map_err(other)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use model::{Digest, Message, RunHeader};

    use super::*;

    fn shard(index: u32, today: &str, profile: &str) -> CaseFile {
        let plan = serde_json::to_value(Digest::of(b"plan")).unwrap();
        let selection = serde_json::json!({
            "profile": profile, "stages": [], "include_ignored": false, "part": null, "plan": plan, "whole": true
        });
        let context = Context {
            today: today.to_owned(),
            inline_ignores: true,
            selection: serde_json::from_value(selection).unwrap(),
            required: BTreeSet::new(),
            target: Vec::new(),
            head: Vec::new(),
            baselines: [None, None],
            renames: BTreeMap::new(),
            base_time: None,
            loosened: Vec::new(),
            warnings: Vec::new(),
            notes: Vec::new(),
        };
        let header = RunHeader {
            version: report::RECORD_VERSION,
            tool: "0.1.0".to_owned(),
            scope: "full".to_owned(),
            head: None,
            base: None,
            shard: Some(format!("{index}/2")),
        };
        CaseFile { context, record: Record::new([Message::Run(header)]).unwrap(), base: None, tip: None }
    }

    #[test]
    fn shards_on_both_sides_of_midnight_are_one_run_of_the_later_day() {
        for days in [["2026-01-31", "2026-02-01"], ["2026-02-01", "2026-01-31"]] {
            let merged = CaseFile::merge(vec![shard(1, days[0], "ci"), shard(2, days[1], "ci")]).unwrap();
            assert_eq!(merged.context.today, "2026-02-01");
        }
        let error = CaseFile::merge(vec![shard(1, "2026-02-01", "ci"), shard(2, "2026-02-01", "release")]);
        let said = error.map(|_| ()).unwrap_err().to_string();
        assert!(said.contains("the profile is `ci` in one and `release` in another"), "{said}");
    }
}

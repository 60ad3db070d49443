//! What a change takes away from the pipeline that judges it. Each is listed and none counts until it has landed.

use std::collections::{BTreeMap, BTreeSet};

use model::StageId;

use crate::combine::{longest, side_profiles};
use crate::file::StageEntry;
use crate::{Layers, PipelineFile, Place, Profile, period};

/// One thing that a change removes from the pipeline file or loosens in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loosened {
    /// What was loosened: `stages.secrets`, `stages.secrets.when`, `profiles.ci.scope` …
    pub what: String,
    /// What the change does and what stays in force, in plain words.
    pub message: String,
    /// Where the change says so; where the policy in force says otherwise, when the change says nothing.
    pub place: Option<Place>,
}

/// Lists what `head` removes or loosens of `target`, sorted.
pub(crate) fn compare(target: &Layers, head: &Layers) -> Vec<Loosened> {
    let whose = if target.is_written() { "the target branch" } else { "the defaults" };
    let mut comparison = Comparison { target, head, whose, loosened: Vec::new() };
    if target.is_written() && !head.is_written() {
        comparison.say(PipelineFile::NAME, "is removed; that of the target branch stays in force", None);
    }
    comparison.extends();
    comparison.stages();
    comparison.profiles();
    comparison.loosened.sort();
    comparison.loosened.dedup();
    comparison.loosened
}

struct Comparison<'a> {
    target: &'a Layers,
    head: &'a Layers,
    whose: &'static str,
    loosened: Vec<Loosened>,
}

impl Comparison<'_> {
    fn say(&mut self, what: impl Into<String>, message: impl Into<String>, place: Option<&Place>) {
        self.loosened.push(Loosened { what: what.into(), message: message.into(), place: place.cloned() });
    }

    fn extends(&mut self) {
        let paths = |layers: &Layers| layers.extended().iter().cloned().collect::<BTreeSet<_>>();
        for path in paths(self.target).difference(&paths(self.head)) {
            self.say("extends", format!("no longer builds on `{path}`; it stays in force"), None);
        }
    }

    fn stages(&mut self) {
        let (target, head) = (entries(self.target), entries(self.head));
        let whose = self.whose;
        for (id, before) in target {
            let now = head.get(id).map_or(&[][..], Vec::as_slice);
            let what = format!("stages.{id}");
            let Some(first) = now.first() else {
                let place = before.first().map(|entry| &entry.place);
                self.say(what, format!("is not in the file; the configuration of {whose} runs"), place);
                continue;
            };
            for entry in before {
                let same: Vec<&StageEntry> = now
                    .iter()
                    .copied()
                    .filter(|now| (&now.kind, now.digest) == (&entry.kind, entry.digest))
                    .collect();
                match same.first() {
                    Some(first) => self.conditions(&what, entry, &same, first),
                    None => {
                        let message =
                            format!("is configured differently; the configuration of {whose} runs as well");
                        self.say(&what, message, Some(&first.place));
                    }
                }
            }
        }
    }

    /// Compares what the runner reads of a stage whose own section is the same.
    fn conditions(&mut self, what: &str, before: &StageEntry, now: &[&StageEntry], first: &StageEntry) {
        let whose = self.whose;
        let covered = now.iter().any(|now| match (&now.when, &before.when) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(now), Some(before)) => now.covers(before),
        });
        if !covered {
            let message = format!("does not hold wherever it did; the stage also runs where {whose} says so");
            self.say(format!("{what}.when"), message, Some(&first.place));
        }
        if let Some(timeout) = longest(now.iter().map(|now| now.timeout)) {
            let shorter = before.timeout.is_none_or(|before| timeout < before);
            let before = before.timeout.map_or_else(|| "that of the run".to_owned(), period::show);
            if shorter {
                let message =
                    format!("goes from {before} to {}; {before} stays in force", period::show(timeout));
                self.say(format!("{what}.timeout"), message, Some(&first.place));
            }
        }
        let gone = before.needs.keys().filter(|id| !now.iter().any(|now| now.needs.contains_key(*id)));
        let gone: Vec<String> = gone.map(|id| format!("`{id}`")).collect();
        if !gone.is_empty() {
            let message = format!("no longer names {}; the stage still waits", gone.join(", "));
            self.say(format!("{what}.needs"), message, Some(&first.place));
        }
    }

    fn profiles(&mut self) {
        let (target, head) = (side_profiles(self.target), side_profiles(self.head));
        let stages = entries(self.target);
        for (name, before) in &target {
            let what = format!("profiles.{name}");
            match head.get(name) {
                None => self.say(
                    what,
                    format!("is removed; that of {} stays in force", self.whose),
                    before.place.as_ref(),
                ),
                Some(now) => self.profile(&what, before, now, &stages),
            }
        }
    }

    fn profile(
        &mut self,
        what: &str,
        before: &Profile,
        now: &Profile,
        stages: &BTreeMap<&StageId, Vec<&StageEntry>>,
    ) {
        let place = now.place.as_ref().or(before.place.as_ref());
        let runs = |profile: &Profile, id: &StageId| {
            stages
                .get(id)
                .is_some_and(|entries| entries.iter().any(|entry| profile.stages.holds(id, &entry.kind)))
        };
        let gone = stages.keys().filter(|id| runs(before, id) && !runs(now, id));
        let gone: Vec<String> = gone.map(|id| format!("`{id}`")).collect();
        if !gone.is_empty() {
            self.say(
                format!("{what}.stages"),
                format!("leaves out {}; what is left out still runs", gone.join(", ")),
                place,
            );
        }
        if now.scope < before.scope {
            let (from, to) = (before.scope.name(), now.scope.name());
            self.say(
                format!("{what}.scope"),
                format!("goes from {from} to {to}; {from} stays in force"),
                place,
            );
        }
        let gone = before.require.keys().filter(|id| !now.require.contains_key(*id));
        let gone: Vec<String> = gone.map(|id| format!("`{id}`")).collect();
        if !gone.is_empty() {
            self.say(
                format!("{what}.require"),
                format!("no longer names {}; it stays required", gone.join(", ")),
                place,
            );
        }
    }
}

/// Returns the entries of each stage, nearest file first.
fn entries(layers: &Layers) -> BTreeMap<&StageId, Vec<&StageEntry>> {
    let mut entries: BTreeMap<&StageId, Vec<&StageEntry>> = BTreeMap::new();
    for (id, entry) in layers.files().iter().flat_map(PipelineFile::stages) {
        entries.entry(id).or_default().push(entry);
    }
    entries
}

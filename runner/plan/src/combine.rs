//! The pipeline that judges a change: that of the target branch, and what the change adds to it (DESIGN section 2,
//! item 8). A file and the policies it extends are combined in the same way.
//!
//! Every file is a *world*: the pipeline as that file wants it, completed by the other files of its side. A stage that all
//! files configure alike stands in all worlds and runs once; configured in two ways it runs in both, each for its worlds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{Digest, Policy, StageId};
use stage::{ConfigError, Section};

use crate::file::{PipelineFile, StageEntry};
use crate::loosened::compare;
use crate::names::unknown;
use crate::{Layers, Loosened, Place, PlanError, Profile, When};

/// One configuration of a stage.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Whose it is.
    pub policy: Policy,
    /// Name of the kind of stage.
    pub kind: String,
    /// Its own section.
    pub section: Section,
    /// It runs where any of these holds; always when there is none.
    pub when: Vec<When>,
    /// Stages that must have ended before, each with the place where it is named.
    pub needs: BTreeMap<StageId, Place>,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Where it stands.
    pub place: Place,
    pub(crate) kind_place: Place,
    /// The worlds it runs for.
    pub(crate) worlds: BTreeSet<usize>,
    /// The world of the file that the section was cut from.
    pub(crate) world: usize,
    /// Environment variables that the section may name, each with its offset in the file of that world.
    pub(crate) variables: BTreeMap<String, usize>,
}

/// The pipeline in force.
#[derive(Debug, Clone)]
pub struct Combined {
    target: Option<Layers>,
    head: Layers,
    /// Every stage with its configurations: one where all agree.
    pub stages: BTreeMap<StageId, Vec<Variant>>,
    /// Every profile, the built-in ones included.
    pub profiles: BTreeMap<String, Profile>,
    /// What the change removes or loosens, sorted.
    pub loosened: Vec<Loosened>,
}

/// Returns the pipeline that judges the change from `target` to `head`. Where a side has no file, give
/// [`Layers::detect`] of the tree under check.
pub fn combine(target: &Layers, head: &Layers) -> Combined {
    Combined::new(Some(target.clone()), head.clone(), compare(target, head))
}

impl Combined {
    /// Takes the one policy in force: a run that judges no change.
    pub fn one(layers: Layers) -> Self {
        Self::new(None, layers, Vec::new())
    }

    fn new(target: Option<Layers>, head: Layers, loosened: Vec<Loosened>) -> Self {
        let mut combined =
            Self { target, head, stages: BTreeMap::new(), profiles: BTreeMap::new(), loosened };
        let ids: BTreeSet<StageId> =
            combined.files().flat_map(|file| file.stages().keys().cloned()).collect();
        let stages = ids.into_iter().map(|id| {
            let variants = combined.variants(&id);
            (id, variants)
        });
        combined.stages = stages.collect();
        let mut profiles = side_profiles(&combined.head);
        for profile in combined.target.iter().flat_map(|target| side_profiles(target).into_values()) {
            merge_profile(&mut profiles, profile);
        }
        combined.profiles = profiles;
        combined
    }

    /// Returns a profile.
    pub fn profile(&self, name: &str) -> Result<&Profile, PlanError> {
        let names = || self.profiles.keys().map(String::as_str);
        self.profiles
            .get(name)
            .ok_or_else(|| PlanError::UnknownProfile { message: unknown("profile", name, names) })
    }

    /// Returns the files whose word counts for what is not combined, such as `cache`: those of the target branch, or of
    /// the tree itself when no change is judged.
    pub fn in_force(&self) -> &Layers {
        self.target.as_ref().unwrap_or(&self.head)
    }

    /// Returns the files of the tree under check.
    pub fn head(&self) -> &Layers {
        &self.head
    }

    /// Returns the files of the target branch; `None` when no change is judged.
    pub fn target(&self) -> Option<&Layers> {
        self.target.as_ref()
    }

    /// Returns a section of the top as each side has it, nearest file first: `(target, head)`. The two are the same when
    /// no change is judged.
    pub fn sections(&self, key: &str) -> (Vec<Section>, Vec<Section>) {
        let sections = |layers: &Layers| layers.files().iter().filter_map(|file| file.section(key)).collect();
        (sections(self.in_force()), sections(&self.head))
    }

    /// Returns the files of all worlds, in the order of their numbers.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PipelineFile> {
        self.target.iter().flat_map(Layers::files).chain(self.head.files())
    }

    /// Returns all worlds.
    pub(crate) fn worlds(&self) -> std::ops::Range<usize> {
        0..self.files().count()
    }

    /// Tells whether a world is that of a file of the target branch.
    pub(crate) fn is_target(&self, world: usize) -> bool {
        world < self.target.as_ref().map_or(0, |target| target.files().len())
    }

    /// Returns whose policy these worlds are.
    pub(crate) fn policy(&self, worlds: &BTreeSet<usize>) -> Policy {
        let target = worlds.iter().any(|world| self.is_target(*world));
        let head = worlds.iter().any(|world| !self.is_target(*world));
        match (&self.target, target, head) {
            (None, ..) | (Some(_), true, true) | (Some(_), false, false) => Policy::Both,
            (Some(_), true, false) => Policy::Target,
            (Some(_), false, true) => Policy::Head,
        }
    }

    /// Returns an error of a section with the line as the file has it.
    pub(crate) fn shown(&self, world: usize, error: ConfigError) -> ConfigError {
        match self.files().nth(world) {
            Some(file) => file.shown(error),
            None => error,
        }
    }

    /// Describes an error at a place of the file of a world.
    pub(crate) fn error_at(&self, world: usize, place: &Place, message: String) -> ConfigError {
        match self.files().nth(world) {
            Some(file) => file.error_at(place, message),
            None => ConfigError::new(&place.file, "", place.line as usize, place.column as usize, message),
        }
    }

    /// Describes an error at a byte offset of the file of a world.
    pub(crate) fn error_at_offset(&self, world: usize, offset: usize, message: String) -> ConfigError {
        match self.files().nth(world) {
            Some(file) => file.error_at_offset(offset, message),
            None => ConfigError::new("", "", 0, 0, message),
        }
    }

    fn variants(&self, id: &StageId) -> Vec<Variant> {
        let files: Vec<&PipelineFile> = self.files().collect();
        let entry = |world: usize| files.get(world).and_then(|file| file.stages().get(id));
        let mut groups: Vec<(Same<'_>, Vec<usize>)> = Vec::new();
        for (world, entry) in self.worlds().filter_map(|world| Some((world, entry(world)?))) {
            let same = Same { kind: &entry.kind, digest: entry.digest };
            match groups.iter_mut().find(|(known, _)| *known == same) {
                Some((_, worlds)) => worlds.push(world),
                None => groups.push((same, vec![world])),
            }
        }
        let own = |world: usize| entry(world).map(|_| world);
        let of_side = |world: usize| {
            self.worlds()
                .find(|other| self.is_target(*other) == self.is_target(world) && entry(*other).is_some())
        };
        let chosen = |world: usize| own(world).or_else(|| of_side(world));
        let variant = |(_, members): &(Same<'_>, Vec<usize>)| {
            // Where both sides say the same, the place in the tree under check is the one to look at.
            let shown = *members.iter().find(|world| !self.is_target(**world)).or(members.first())?;
            let worlds =
                self.worlds().filter(|world| chosen(*world).is_some_and(|chosen| members.contains(&chosen)));
            let entries: Vec<&StageEntry> = members.iter().filter_map(|world| entry(*world)).collect();
            let section = files.get(shown)?.stage_section(id)?;
            Some(self.variant(&entries, entry(shown)?, section, worlds.collect(), shown))
        };
        groups.iter().filter_map(variant).collect()
    }

    /// Makes one configuration of entries whose sections are the same.
    fn variant(
        &self,
        entries: &[&StageEntry],
        shown: &StageEntry,
        section: Section,
        worlds: BTreeSet<usize>,
        world: usize,
    ) -> Variant {
        let always = entries.iter().any(|entry| entry.when.is_none());
        let when = entries.iter().filter_map(|entry| entry.when.clone()).filter(|_| !always);
        let mut needs = shown.needs.clone();
        for (id, place) in entries.iter().flat_map(|entry| &entry.needs) {
            needs.entry(id.clone()).or_insert_with(|| place.clone());
        }
        Variant {
            policy: self.policy(&worlds),
            kind: shown.kind.clone(),
            section,
            when: when.collect(),
            needs,
            timeout: longest(entries.iter().map(|entry| entry.timeout)),
            place: shown.place.clone(),
            kind_place: shown.kind_place.clone(),
            variables: shown.variables.clone(),
            worlds,
            world,
        }
    }
}

/// What makes two entries the same stage.
#[derive(PartialEq, Eq)]
struct Same<'a> {
    kind: &'a str,
    digest: Digest,
}

/// Returns the longest of several times; no time is longer than any.
pub(crate) fn longest(times: impl IntoIterator<Item = Option<Duration>>) -> Option<Duration> {
    times.into_iter().reduce(|one, two| one.zip(two).map(|(one, two)| one.max(two))).flatten()
}

/// Returns the profiles of one side: those of its files, and the built-in ones that no file defines.
pub(crate) fn side_profiles(layers: &Layers) -> BTreeMap<String, Profile> {
    let mut profiles = BTreeMap::new();
    for profile in layers.files().iter().flat_map(|file| file.profiles().values().cloned()) {
        merge_profile(&mut profiles, profile);
    }
    for profile in Profile::built_in() {
        profiles.entry(profile.name.clone()).or_insert(profile);
    }
    profiles
}

fn merge_profile(profiles: &mut BTreeMap<String, Profile>, profile: Profile) {
    let known = profiles.remove(&profile.name);
    let merged = match known {
        Some(known) => known.union(profile),
        None => profile,
    };
    profiles.insert(merged.name.clone(), merged);
}

#[cfg(test)]
mod tests;

//! A run split over several machines. Every instance is reported by one shard; what it is handed is made again where it
//! is needed. What gives subjects runs in every shard, so that all see the same subjects.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use model::Hasher;

use crate::graph::choice::Choice;
use crate::graph::{Fate, Instance, Plan};

/// One part of a run that is split over several machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1.
    index: u32,
    /// Of how many.
    count: u32,
}

/// A text that is no shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no shard: write it as 1/4, the first of four")]
pub struct ShardError(String);

impl Shard {
    /// Returns which one it is, from 1.
    pub fn index(self) -> u32 {
        self.index
    }

    /// Returns how many there are.
    pub fn count(self) -> u32 {
        self.count
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let parsed =
            text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match parsed {
            Some((index, count)) if index >= 1 && index <= count && count <= 1000 => {
                Ok(Self { index, count })
            }
            _ => Err(ShardError(text.escape_debug().to_string())),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl Plan {
    /// Gives the instances from `first` on to shards. Those that are there from the start are dealt in turn; later ones
    /// by their name, since the order in which subjects come is not the same everywhere.
    pub(super) fn assign_shards(&mut self, first: usize) {
        let Some(shard) = self.shard else { return };
        let mut turn = 0;
        for instance in self.instances.iter().skip(first) {
            let owner = match (&instance.fate, first) {
                (Fate::Runs { .. }, 0) => {
                    turn += 1;
                    (turn - 1) % shard.count + 1
                }
                (Fate::Runs { .. }, _) => by_name(instance, shard),
                _ => 0,
            };
            self.owners.push(owner);
        }
        let wanted = self.wanted(shard);
        for (index, instance) in self.instances.iter_mut().enumerate().skip(first) {
            let owner = self.owners.get(index).copied().unwrap_or_default();
            let Fate::Runs { why } = &instance.fate else { continue };
            if owner != shard.index {
                let why = why.clone();
                instance.fate = if wanted.contains(&index) {
                    Fate::Repeated { shard: owner, why }
                } else {
                    Fate::Elsewhere { shard: owner }
                };
            }
        }
    }

    /// Returns what must run in a shard: what it reports, what gives subjects, and all that these are handed.
    fn wanted(&self, shard: Shard) -> BTreeSet<usize> {
        let runs = |index: &usize| {
            let choice = self.candidate_of.get(*index).and_then(|candidate| self.choices.get(*candidate));
            matches!(choice, Some(Choice::Runs(_)))
        };
        let own = |index: &usize| self.owners.get(*index) == Some(&shard.index);
        let gives =
            |index: &usize| self.instances.get(*index).is_some_and(|one| one.spec.gives_subjects.is_some());
        let mut open: Vec<usize> =
            (0..self.instances.len()).filter(runs).filter(|index| own(index) || gives(index)).collect();
        open.extend(self.handed_to_later());
        let mut wanted = BTreeSet::new();
        while let Some(index) = open.pop() {
            if wanted.insert(index) {
                open.extend(
                    self.instances
                        .get(index)
                        .into_iter()
                        .flat_map(|one| &one.inputs)
                        .map(|input| input.producer),
                );
            }
        }
        wanted
    }

    /// Returns the instances whose artifacts go to stages on subjects that are still to come.
    fn handed_to_later(&self) -> Vec<usize> {
        let running = self.choices.iter().zip(&self.links).zip(&self.candidates);
        let later = running.filter(|((choice, _), candidate)| {
            let given =
                self.candidates.iter().any(|giver| giver.spec.gives_subjects == Some(candidate.spec.subject));
            given && matches!(choice, Choice::Runs(_))
        });
        let producers: BTreeSet<usize> = later
            .flat_map(|((_, links), _)| links.iter().filter(|link| link.every))
            .map(|link| link.producer)
            .collect();
        let gives = |index: &usize| {
            self.candidate_of.get(*index).is_some_and(|candidate| producers.contains(candidate))
        };
        (0..self.instances.len()).filter(gives).collect()
    }
}

fn by_name(instance: &Instance, shard: Shard) -> u32 {
    let mut hasher = Hasher::new("shard/v1");
    hasher.part(instance.id().as_str()).part(serde_json::to_vec(&instance.subject).unwrap_or_default());
    hasher.part(format!("{:?} {}", instance.policy, instance.variant));
    let digest = hasher.digest();
    let bytes = digest.bytes().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    u32::try_from(bytes % u64::from(shard.count)).unwrap_or(0) + 1
}

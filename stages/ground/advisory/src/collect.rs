//! Gathers the records of many files, and makes one shard of each ecosystem they name.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use model::Ecosystem;
use xxhash_rust::xxh3::xxh3_64;

use crate::Problem;
use crate::record::{self, Advisory, Checked};
use crate::shard::{self, Missing, WriteError};

/// An advisory on its way into a shard.
pub(crate) struct Draft {
    pub(crate) advisory: Advisory,
    /// Its words as the shard holds them.
    pub(crate) words: Box<[u8]>,
    /// Tells two records with one id and one date apart.
    content: u64,
}

/// Gathers records; their order makes no difference.
pub(crate) struct Collector {
    /// Ecosystem, without a release, that packages must be of; other packages of a record are left to the archive of
    /// their own ecosystem, as a shard with few of its advisories would pass for one that has them all.
    only: Option<String>,
    drafts: BTreeMap<String, Draft>,
    problems: Vec<Problem>,
}

/// What came of the records.
pub(crate) struct Harvest {
    /// The bytes of a shard by the name of its ecosystem.
    pub(crate) shards: BTreeMap<String, Vec<u8>>,
    /// Sorted.
    pub(crate) problems: Vec<Problem>,
}

impl Collector {
    pub(crate) fn new(only: Option<String>) -> Self {
        Self { only, drafts: BTreeMap::new(), problems: Vec::new() }
    }

    /// Takes note of something that could not be read.
    pub(crate) fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Takes one record.
    pub(crate) fn take(&mut self, file: &str, bytes: &[u8]) {
        let mut note = |id: Option<&str>, lost, reason| {
            self.problems.push(Problem { file: file.to_owned(), id: id.map(str::to_owned), lost, reason });
        };
        let Checked { mut advisory, text, doubts } = match record::read(bytes) {
            Ok(checked) => checked,
            Err(error) => return note(None, true, error.to_string()),
        };
        if let Some(only) = &self.only {
            let named = !advisory.affected.is_empty();
            advisory.affected.retain(|one| one.ecosystem == *only || family(&one.ecosystem) == only);
            if advisory.affected.is_empty() && named {
                return note(Some(&advisory.id), true, format!("it names no package of {only}"));
            }
        }
        for doubt in doubts {
            note(Some(&advisory.id), false, doubt);
        }
        let words = match postcard::to_allocvec(&text) {
            Ok(words) => words.into_boxed_slice(),
            Err(error) => return note(Some(&advisory.id), true, error.to_string()),
        };
        let draft = Draft { advisory, words, content: xxh3_64(bytes) };
        match self.drafts.entry(draft.advisory.id.clone()) {
            Entry::Vacant(place) => drop(place.insert(draft)),
            Entry::Occupied(place) if place.get().content == draft.content => {}
            Entry::Occupied(mut place) => {
                let id = Some(draft.advisory.id.as_str());
                note(id, false, "another record has this id; the one that changed last counts".to_owned());
                if draft.age() > place.get().age() {
                    place.insert(draft);
                }
            }
        }
    }

    /// Makes the shards.
    pub(crate) fn finish(mut self) -> Result<Harvest, WriteError> {
        let mut withdrawn: BTreeMap<String, u64> = BTreeMap::new();
        self.drafts.retain(|_, draft| {
            let ecosystems: BTreeSet<&String> = draft.ecosystems().collect();
            if draft.advisory.withdrawn {
                ecosystems.into_iter().for_each(|name| *withdrawn.entry(name.clone()).or_default() += 1);
            }
            !draft.advisory.withdrawn
        });
        let mut ecosystems: BTreeSet<&String> = self.drafts.values().flat_map(Draft::ecosystems).collect();
        // An ecosystem all of whose records are withdrawn is known, and clean.
        ecosystems.extend(withdrawn.keys());
        let lost = self.problems.iter().filter(|problem| problem.lost).count() as u64;
        let mut shards = BTreeMap::new();
        for name in ecosystems {
            if Ecosystem::parse(family(name)).is_none() {
                let reason =
                    "versions have no order here; only those that are listed one by one can be matched";
                self.problems.push(Problem {
                    file: name.clone(),
                    id: None,
                    lost: false,
                    reason: reason.to_owned(),
                });
            }
            let missing = Missing { withdrawn: withdrawn.get(name).copied().unwrap_or(0), lost };
            shards.insert(name.clone(), shard::write(name, &self.drafts, missing)?);
        }
        self.problems.sort();
        self.problems.dedup();
        Ok(Harvest { shards, problems: self.problems })
    }
}

impl Draft {
    fn age(&self) -> impl Ord + use<> {
        (self.advisory.modified, self.content)
    }

    /// Returns the id and the aliases.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.advisory.id).chain(&self.advisory.aliases).map(String::as_str)
    }

    fn ecosystems(&self) -> impl Iterator<Item = &String> {
        self.advisory.affected.iter().map(|affected| &affected.ecosystem)
    }
}

/// Returns an ecosystem's name without the release: `AlmaLinux` of `AlmaLinux:9`.
pub(crate) fn family(ecosystem: &str) -> &str {
    ecosystem.split_once(':').map_or(ecosystem, |(name, _)| name)
}

//! The advisories of one ecosystem: open, look up, read.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use model::{Digest, Severity};

use crate::matching::{Ground, Judge, Verdict, Version};
use crate::shard::{Entry, Place, Shard, ShardError, Summary};
use crate::{Kind, Text, name, severity};

/// The advisories of one ecosystem.
pub struct Index {
    shard: Shard,
}

/// What the advisories say of one version of one package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lookup {
    /// Advisories that affect it, one a flaw, by id.
    pub matches: Vec<Match>,
    /// Advisories of which it cannot be told, by id. Each is a gap.
    pub undecided: Vec<Undecided>,
}

/// An advisory that affects a version. Records of several databases that are aliases of each other make one match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Id in the ecosystem's own database where it has one, else in GHSA, else as a CVE.
    pub id: String,
    /// All other ids of the flaw, sorted.
    pub aliases: Vec<String>,
    /// What the advisory warns of; the worst where the records differ.
    pub kind: Kind,
    /// How bad it is; the worst where the records differ.
    pub severity: Severity,
    /// What holds the version: `>=1.0.0, <1.2.3`, or `=1.2.0` where versions are listed.
    pub affected: String,
    /// Smallest version above that has the fix by all records.
    pub fixed: Option<String>,
    words: Vec<Place>,
}

/// An advisory of which it cannot be told whether it affects a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// Id, chosen as in [`Match::id`].
    pub id: String,
    /// All other ids of the flaw, sorted.
    pub aliases: Vec<String>,
    /// Why.
    pub reason: String,
}

impl Index {
    /// Opens a shard that [`build`](crate::build) wrote. Costs some 20 microseconds whatever its size.
    pub fn open(path: &Path) -> Result<Self, ShardError> {
        Ok(Self { shard: Shard::open(path)? })
    }

    /// Takes a shard from memory.
    pub fn from_bytes(bytes: Arc<[u8]>) -> Result<Self, ShardError> {
        Ok(Self { shard: Shard::from_bytes(bytes)? })
    }

    /// Returns the name of the ecosystem in the OSV schema.
    pub fn ecosystem(&self) -> &str {
        &self.shard.summary().ecosystem
    }

    /// Returns what the shard says of itself.
    pub fn summary(&self) -> &Summary {
        self.shard.summary()
    }

    /// Returns the digest that names the content; the file itself carries it. See [`Index::verify`].
    pub fn digest(&self) -> Digest {
        self.shard.digest()
    }

    /// Reads the whole shard and tells whether its digest is true. Look-ups check what they touch and need no such
    /// call; it is for files that came from elsewhere.
    pub fn verify(&self) -> Result<(), ShardError> {
        self.shard.verify()
    }

    /// Looks up one version of one package, named as the ecosystem's own tools do.
    pub fn matches(&self, name: &str, version: &str) -> Result<Lookup, ShardError> {
        let mut lookup = Lookup::default();
        let Some(package) = self.shard.find(&name::normalize(self.ecosystem(), name))? else {
            return Ok(lookup);
        };
        let version = Version::new(self.ecosystem(), version);
        let judge = Judge { shard: &self.shard, version: &version };
        for family in package.entries.chunk_by(|a, b| a.family == b.family) {
            self.judge(&judge, family, &mut lookup)?;
        }
        lookup.matches.sort_by(|a, b| a.id.cmp(&b.id));
        lookup.undecided.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(lookup)
    }

    /// Judges the records of one flaw together. Those that do not affect the version have no say: not even their ids
    /// count, as a record may cover several flaws that others number one by one.
    fn judge(&self, judge: &Judge<'_>, family: &[Entry<'_>], lookup: &mut Lookup) -> Result<(), ShardError> {
        let mut affecting: Vec<(&Entry<'_>, Ground)> = Vec::new();
        let mut open: Vec<(&Entry<'_>, String)> = Vec::new();
        for entry in family {
            match judge.verdict(entry)? {
                Verdict::Unaffected => {}
                Verdict::Affected(ground) => affecting.push((entry, ground)),
                Verdict::Open(reason) => open.push((entry, reason)),
            }
        }
        affecting.sort_by_key(|(entry, _)| preference(self.ecosystem(), entry.id));
        open.sort_by_key(|(entry, _)| preference(self.ecosystem(), entry.id));
        let entries: Vec<&Entry<'_>> = affecting.iter().map(|(entry, _)| *entry).collect();
        if let Some((leader, ground)) = affecting.first() {
            lookup.matches.push(Match {
                id: leader.id.to_owned(),
                aliases: aliases(leader.id, &entries),
                kind: entries.iter().map(|entry| entry.kind).min().unwrap_or(leader.kind),
                severity: severity::worst(entries.iter().map(|entry| entry.severity)),
                affected: judge.describe(ground)?,
                fixed: judge.fixed(self.ecosystem(), &entries)?,
                words: entries.iter().map(|entry| entry.words).collect(),
            });
        } else if let Some((leader, reason)) = open.first() {
            let entries: Vec<&Entry<'_>> = open.iter().map(|(entry, _)| *entry).collect();
            let aliases = aliases(leader.id, &entries);
            lookup.undecided.push(Undecided { id: leader.id.to_owned(), aliases, reason: reason.clone() });
        }
        Ok(())
    }

    /// Reads what the records of a match say in words; the leading one first, the others where it is silent.
    pub fn text(&self, found: &Match) -> Result<Text, ShardError> {
        let mut text = Text::default();
        for place in &found.words {
            let other = self.shard.words(*place)?;
            if text == Text::default() { text = other } else { text.complete(other) }
        }
        text.cvss.sort_by_key(|vector| Reverse(severity::of_vector(vector).map_or(0, Severity::rank)));
        Ok(text)
    }
}

/// Returns all ids of the records but `own`, sorted.
fn aliases(own: &str, entries: &[&Entry<'_>]) -> Vec<String> {
    let ids = entries.iter().flat_map(|entry| std::iter::once(entry.id).chain(entry.aliases.iter().copied()));
    let all: BTreeSet<&str> = ids.filter(|id| *id != own).collect();
    all.into_iter().map(str::to_owned).collect()
}

/// Prefixes of the databases that an ecosystem keeps itself: closest to the package, so named first.
const OWN: [(&str, &str); 8] = [
    ("crates.io", "RUSTSEC-"),
    ("PyPI", "PYSEC-"),
    ("Go", "GO-"),
    ("Hackage", "HSEC-"),
    ("Julia", "JLSEC-"),
    ("Packagist", "FOP-"),
    ("Bitnami", "BIT-"),
    ("CRAN", "RSEC-"),
];

/// Orders ids by who knows the package best: the ecosystem's own database, GHSA, CVE, others; then by the id.
fn preference<'a>(ecosystem: &str, id: &'a str) -> (u8, &'a str) {
    let own = OWN.iter().any(|(name, prefix)| *name == ecosystem && id.starts_with(prefix));
    let rank = match id {
        _ if own => 0,
        _ if id.starts_with("GHSA-") => 1,
        _ if id.starts_with("CVE-") => 2,
        _ => 3,
    };
    (rank, id)
}

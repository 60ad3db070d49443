//! The advisories of one ecosystem: open, look up, read.

use std::cmp::Reverse;
use std::path::Path;
use std::sync::Arc;

use model::{Digest, Severity};

use crate::matching::{Ground, Judge, Verdict, Version};
use crate::range::Bounds;
use crate::shard::{Bytes, Damaged, Entry, Label, Place, Shard, ShardError, Summary};
use crate::{Kind, Text, name, severity};

/// The advisories of one ecosystem.
pub struct Index {
    shard: Shard,
}

/// What the advisories say of one version of one package, in words of the index and of the question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lookup<'a> {
    /// Advisories that affect it, one a flaw, by id.
    pub matches: Vec<Match<'a>>,
    /// Advisories of which it cannot be told, by id. Each is a gap.
    pub undecided: Vec<Undecided<'a>>,
}

/// An advisory that affects a version. Records of several databases that are aliases of each other make one match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'a> {
    /// Id in the ecosystem's own database where it has one, else in GHSA, else as a CVE.
    pub id: &'a str,
    /// All other ids of the flaw, sorted.
    pub aliases: Vec<&'a str>,
    /// What the advisory warns of; the worst where the records differ.
    pub kind: Kind,
    /// How bad it is; the worst where the records differ.
    pub severity: Severity,
    /// What holds the version.
    pub affected: Bounds<'a>,
    /// Smallest version above that has the fix by all records.
    pub fixed: Option<&'a str>,
    words: Place,
    further: Vec<Place>,
}

/// An advisory of which it cannot be told whether it affects a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided<'a> {
    /// Id, chosen as in [`Match::id`].
    pub id: &'a str,
    /// All other ids of the flaw, sorted.
    pub aliases: Vec<&'a str>,
    /// Why.
    pub reason: String,
}

/// Maps the shard of an ecosystem in a folder that [`build`](crate::build()) wrote, and returns its digest; `None` when the
/// folder has no such shard.
pub fn map(folder: &Path, ecosystem: &str) -> Result<Option<Mapped>, ShardError> {
    let path = folder.join(crate::file_name(ecosystem));
    let bytes = match Shard::map(&path) {
        Err(ShardError::Open { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Ok(None);
        }
        mapped => mapped?,
    };
    let digest = Index::lent(Arc::clone(&bytes))?.digest();
    Ok(Some((digest, bytes)))
}

/// A mapped shard with its digest.
pub type Mapped = (Digest, Bytes);

impl Index {
    /// Opens a shard that [`build`](crate::build()) wrote. Costs some 20 microseconds whatever its size.
    pub fn open(path: &Path) -> Result<Self, ShardError> {
        Self::lent(Shard::map(path)?)
    }

    /// Takes a shard from memory.
    pub fn from_bytes(bytes: Arc<[u8]>) -> Result<Self, ShardError> {
        Self::lent(Arc::new(bytes))
    }

    /// Takes a shard from bytes that somebody else keeps, as [`map`] gives them.
    pub fn lent(bytes: Bytes) -> Result<Self, ShardError> {
        Ok(Self { shard: Shard::new(bytes)? })
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
        Ok(self.shard.verify()?)
    }

    /// Looks up one version of one package, named as the ecosystem's own tools do.
    pub fn matches<'a>(&'a self, name: &str, version: &'a str) -> Result<Lookup<'a>, ShardError> {
        let mut lookup = Lookup::default();
        let Some(package) = self.shard.find(&name::normalize(self.ecosystem(), name))? else {
            return Ok(lookup);
        };
        let version = Version::new(self.ecosystem(), version);
        let judge = Judge { shard: &self.shard, version: &version };
        lookup.matches.reserve(package.entries.len());
        let mut affecting = Vec::new();
        for family in package.entries.chunk_by(|a, b| a.family == b.family) {
            affecting.clear();
            self.judge(&judge, family, &mut affecting, &mut lookup)?;
        }
        lookup.matches.sort_by(|a, b| a.id.cmp(b.id));
        lookup.undecided.sort_by(|a, b| a.id.cmp(b.id));
        Ok(lookup)
    }

    /// Judges the records of one flaw together. Those that do not affect the version have no say: not even their ids
    /// count, as a record may cover several flaws that others number one by one.
    fn judge<'a, 'e>(
        &'a self,
        judge: &Judge<'a, '_>,
        family: &'e [Entry<'a>],
        affecting: &mut Vec<Affecting<'a, 'e>>,
        lookup: &mut Lookup<'a>,
    ) -> Result<(), Damaged> {
        let mut open: Vec<(Label<'a>, String)> = Vec::new();
        for entry in family {
            match judge.verdict(entry)? {
                Verdict::Unaffected => {}
                Verdict::Affected(ground) => affecting.push((entry, entry.label()?, ground)),
                Verdict::Open(reason) => open.push((entry.label()?, reason)),
            }
        }
        affecting.sort_by_key(|(_, label, _)| preference(self.ecosystem(), label.id));
        open.sort_by_key(|(label, _)| preference(self.ecosystem(), label.id));
        if let [(_, leader, ground), others @ ..] = affecting.as_slice() {
            let labels = || affecting.iter().map(|(_, label, _)| label);
            lookup.matches.push(Match {
                id: leader.id,
                aliases: aliases(leader, labels()),
                kind: labels().map(|label| label.kind).min().unwrap_or(leader.kind),
                severity: severity::worst(labels().map(|label| label.severity)),
                affected: judge.bounds(ground)?,
                fixed: judge.fixed(self.ecosystem(), family)?,
                words: leader.words,
                further: others.iter().map(|(_, label, _)| label.words).collect(),
            });
        } else if let [(leader, _), ..] = open.as_slice() {
            let (id, aliases) = (leader.id, aliases(leader, open.iter().map(|(label, _)| label)));
            let reason = open.swap_remove(0).1;
            lookup.undecided.push(Undecided { id, aliases, reason });
        }
        Ok(())
    }

    /// Reads what the records of a match say in words; the leading one first, the others where it is silent.
    pub fn text(&self, found: &Match<'_>) -> Result<Text, ShardError> {
        let mut text = self.shard.words(found.words)?;
        for place in &found.further {
            text.complete(self.shard.words(*place)?);
        }
        text.cvss.sort_by_key(|vector| Reverse(severity::of_vector(vector).map_or(0, Severity::rank)));
        Ok(text)
    }
}

/// An entry that affects a version, and by what.
type Affecting<'a, 'e> = (&'e Entry<'a>, Label<'a>, Ground);

/// Returns all ids of a flaw but the leading one, sorted.
fn aliases<'a, 'l>(leader: &Label<'a>, labels: impl Iterator<Item = &'l Label<'a>>) -> Vec<&'a str>
where
    'a: 'l,
{
    // Most have a CVE and one or two more.
    let mut all = Vec::with_capacity(4);
    for label in labels {
        all.extend(std::iter::once(label.id).chain(label.aliases()).filter(|id| *id != leader.id));
    }
    all.sort_unstable();
    all.dedup();
    all
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

#[cfg(test)]
mod tests;

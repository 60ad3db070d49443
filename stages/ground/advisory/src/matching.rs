//! Decides whether an advisory speaks of a version: yes, no, or that it cannot be told.
//!
//! Beside the ranges of the schema, records of Go may have ranges by the **tags** of the repository, for modules whose
//! tags are no module versions. They add to the plain ranges, and they close those that are open: `>=0` beside a tag
//! range `<1.9.0` means that the fix is in 1.9.0. A pseudo-version in an open range counts as affected unless a tag
//! range ends at or below it, as it says nothing of the tags around it.

use std::cmp::Ordering;

use model::Ecosystem;

use crate::range::{End, Segment, describe};
use crate::shard::{Entry, Shard, ShardError};
use crate::version::{self, Key};

/// A version to be judged.
pub(crate) struct Version<'a> {
    text: &'a str,
    /// Its place, or why it has none.
    key: Result<Key, String>,
    /// The place of the version that it was rebuilt from.
    origin: Option<Key>,
    names_commit: bool,
}

impl<'a> Version<'a> {
    pub(crate) fn new(ecosystem: &str, text: &'a str) -> Self {
        let text = text.trim();
        let Some(known) = Ecosystem::parse(ecosystem) else {
            let key = Err(format!("versions of {ecosystem} have no order here"));
            return Self { text, key, origin: None, names_commit: false };
        };
        Self {
            text,
            key: version::key(known, text).map_err(|error| error.to_string()),
            origin: version::origin(known, text).and_then(|origin| version::key(known, origin).ok()),
            names_commit: version::names_commit(known, text),
        }
    }
}

/// What an advisory says of a version.
pub(crate) enum Verdict {
    Unaffected,
    Affected(Ground),
    /// It cannot be told, and why.
    Open(String),
}

/// What makes a version affected.
#[derive(Clone)]
pub(crate) enum Ground {
    Range(Segment<u32>),
    Listed,
}

/// Judges one version by the entries of one shard.
pub(crate) struct Judge<'a> {
    pub(crate) shard: &'a Shard,
    pub(crate) version: &'a Version<'a>,
}

impl Judge<'_> {
    pub(crate) fn verdict(&self, entry: &Entry<'_>) -> Result<Verdict, ShardError> {
        if entry.exact.contains(&self.version.text) {
            return Ok(Verdict::Affected(Ground::Listed));
        }
        let Ok(key) = &self.version.key else {
            return Ok(self.without_place(entry));
        };
        let (open, closed): (Vec<_>, Vec<_>) = entry.ranges.iter().partition(|range| range.is_open());
        for range in closed.into_iter().chain(&entry.tags) {
            if self.holds(range, key)? {
                return Ok(Verdict::Affected(Ground::Range(range.clone())));
            }
        }
        for listed in &entry.versions {
            let place = self.shard.key(*listed)?;
            let origin = self.version.origin.as_ref().is_some_and(|origin| origin.as_bytes() == place);
            if key.as_bytes() == place || origin {
                return Ok(Verdict::Affected(Ground::Listed));
            }
        }
        for range in open {
            if self.holds(range, key)? && !self.is_closed_by_tags(entry, key)? {
                return Ok(Verdict::Affected(Ground::Range(range.clone())));
            }
        }
        Ok(if entry.unreadable.is_empty() {
            Verdict::Unaffected
        } else {
            Verdict::Open(entry.unreadable.join("; "))
        })
    }

    /// The verdict on a version that has no place in the order.
    fn without_place(&self, entry: &Entry<'_>) -> Verdict {
        let ordered = !(entry.ranges.is_empty() && entry.tags.is_empty() && entry.versions.is_empty());
        match &self.version.key {
            Err(reason) if ordered || !entry.unreadable.is_empty() => Verdict::Open(reason.clone()),
            Ok(_) | Err(_) => Verdict::Unaffected,
        }
    }

    /// Tells whether a version in an open range is out of it by the tags; none of them holds it.
    fn is_closed_by_tags(&self, entry: &Entry<'_>, key: &Key) -> Result<bool, ShardError> {
        if entry.tags.is_empty() || !entry.unreadable.is_empty() {
            return Ok(false);
        }
        if !self.version.names_commit {
            return Ok(true);
        }
        for tag in &entry.tags {
            if let Some(end) = tag.end.version()
                && self.order(key, *end)?.is_ge()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn holds(&self, range: &Segment<u32>, key: &Key) -> Result<bool, ShardError> {
        if range.holds(|bound| self.order(key, *bound))? {
            return Ok(true);
        }
        // `1.0+cu118` is a rebuilt `1.0`, also where 1.0 is the last that is affected.
        match (&range.end, &self.version.origin) {
            (End::LastAffected(_), Some(origin)) => range.holds(|bound| self.order(origin, *bound)),
            (End::LastAffected(_) | End::Open | End::Fixed(_) | End::Limit(_), _) => Ok(false),
        }
    }

    fn order(&self, key: &Key, bound: u32) -> Result<Ordering, ShardError> {
        Ok(key.as_bytes().cmp(self.shard.key(bound)?))
    }

    /// Writes down what makes the version affected.
    pub(crate) fn describe(&self, ground: &Ground) -> Result<String, ShardError> {
        let Ground::Range(range) = ground else {
            return Ok(format!("={}", self.version.text));
        };
        let start = range.start.map(|start| self.shard.text(start)).transpose()?;
        let end = range.end.version().map(|end| self.shard.text(*end)).transpose()?;
        Ok(describe(start, range.end.map(|_| end.unwrap_or(""))))
    }

    /// Returns the smallest version above this one that has the fix by all of `entries`.
    pub(crate) fn fixed(
        &self,
        ecosystem: &str,
        entries: &[&Entry<'_>],
    ) -> Result<Option<String>, ShardError> {
        let Ok(key) = &self.version.key else {
            return Ok(None);
        };
        let mut fixes: Vec<u32> = Vec::new();
        for range in entries.iter().flat_map(|entry| entry.ranges.iter().chain(&entry.tags)) {
            if let End::Fixed(fix) = range.end
                && self.order(key, fix)?.is_lt()
            {
                fixes.push(fix);
            }
        }
        fixes.sort_unstable();
        fixes.dedup();
        'fixes: for fix in fixes {
            let text = self.shard.text(fix)?;
            let candidate = Version::new(ecosystem, text);
            let judge = Judge { shard: self.shard, version: &candidate };
            for entry in entries {
                if matches!(judge.verdict(entry)?, Verdict::Affected(_)) {
                    continue 'fixes;
                }
            }
            return Ok(Some(text.to_owned()));
        }
        Ok(None)
    }
}

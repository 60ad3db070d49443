//! Decides whether an advisory speaks of a version: yes, no, or that it cannot be told.
//!
//! Beside the ranges of the schema, records of Go may have ranges by the **tags** of the repository, for modules whose
//! tags are no module versions. They add to the plain ranges, and they close those that are open: `>=0` beside a tag
//! range `<1.9.0` means that the fix is in 1.9.0. A pseudo-version in an open range counts as affected unless a tag
//! range ends at or below it, as it says nothing of the tags around it.

use std::borrow::Cow;
use std::cmp::Ordering;

use model::Ecosystem;

use crate::range::{Bounds, End, Segment};
use crate::shard::{Entry, Shard, ShardError};
use crate::version::{self, Key};

/// A version to be judged.
pub(crate) struct Version<'a> {
    text: &'a str,
    /// Its place, or why it has none.
    key: Result<Cow<'a, [u8]>, String>,
    /// The place of the version that it was rebuilt from.
    origin: Option<Key>,
    names_commit: bool,
    is_legacy: bool,
}

impl<'a> Version<'a> {
    pub(crate) fn new(ecosystem: &str, text: &'a str) -> Self {
        let text = text.trim();
        let Some(known) = Ecosystem::parse(ecosystem) else {
            let key = Err(format!("versions of {ecosystem} have no order here"));
            return Self { text, key, origin: None, names_commit: false, is_legacy: false };
        };
        let key = version::key(known, text).map_err(|error| error.to_string());
        Self::placed(known, text, key.map(|key| Cow::Owned(key.as_bytes().to_vec())))
    }

    /// Takes a version of the shard, whose place is known.
    fn known(ecosystem: &str, text: &'a str, key: &'a [u8]) -> Option<Self> {
        Some(Self::placed(Ecosystem::parse(ecosystem)?, text, Ok(Cow::Borrowed(key))))
    }

    fn placed(ecosystem: Ecosystem, text: &'a str, key: Result<Cow<'a, [u8]>, String>) -> Self {
        Self {
            text,
            is_legacy: key.as_ref().is_ok_and(|key| version::is_legacy(ecosystem, key)),
            key,
            origin: version::origin(ecosystem, text).and_then(|origin| version::key(ecosystem, origin).ok()),
            names_commit: version::names_commit(ecosystem, text),
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
pub(crate) struct Judge<'a, 'v> {
    pub(crate) shard: &'a Shard,
    pub(crate) version: &'v Version<'a>,
}

impl<'a> Judge<'a, '_> {
    pub(crate) fn verdict(&self, entry: &Entry<'_>) -> Result<Verdict, ShardError> {
        if entry.exact.contains(&self.version.text) {
            return Ok(Verdict::Affected(Ground::Listed));
        }
        let Ok(key) = &self.version.key else {
            return Ok(self.without_place(entry));
        };
        for range in entry.ranges.iter().filter(|range| !range.is_open()).chain(&entry.tags) {
            if self.holds(range, key)? {
                return Ok(Verdict::Affected(Ground::Range(range.clone())));
            }
        }
        for listed in &entry.versions {
            let place = self.shard.key(*listed)?;
            let origin = self.version.origin.as_ref().is_some_and(|origin| origin.as_bytes() == place);
            if **key == *place || origin {
                return Ok(Verdict::Affected(Ground::Listed));
            }
        }
        for range in entry.ranges.iter().filter(|range| range.is_open()) {
            if self.holds(range, key)? && !self.is_closed_by_tags(entry, key)? {
                return Ok(Verdict::Affected(Ground::Range(range.clone())));
            }
        }
        if !entry.unreadable.is_empty() {
            return Ok(Verdict::Open(entry.unreadable.join("; ")));
        }
        if self.version.is_legacy && entry.ranges.iter().any(|range| range.start.is_some()) {
            let text = self.version.text.escape_debug();
            return Ok(Verdict::Open(format!("`{text}` is older than the rules that order versions")));
        }
        Ok(Verdict::Unaffected)
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
    fn is_closed_by_tags(&self, entry: &Entry<'_>, key: &[u8]) -> Result<bool, ShardError> {
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

    fn holds(&self, range: &Segment<u32>, key: &[u8]) -> Result<bool, ShardError> {
        if range.holds(|bound| self.order(key, *bound))? {
            return Ok(true);
        }
        // `1.0+cu118` is a rebuilt `1.0`, also where 1.0 is the last that is affected.
        match (&range.end, &self.version.origin) {
            (End::LastAffected(_), Some(origin)) => {
                range.holds(|bound| self.order(origin.as_bytes(), *bound))
            }
            (End::LastAffected(_) | End::Open | End::Fixed(_) | End::Limit(_), _) => Ok(false),
        }
    }

    fn order(&self, key: &[u8], bound: u32) -> Result<Ordering, ShardError> {
        Ok(key.cmp(self.shard.key(bound)?))
    }

    /// Returns the bounds of what makes the version affected, in the words of the record.
    pub(crate) fn bounds(&self, ground: &Ground) -> Result<Bounds<'a>, ShardError> {
        let Ground::Range(range) = ground else {
            return Ok(Bounds::listed(self.version.text));
        };
        let start = range.start.map(|start| self.shard.text(start)).transpose()?;
        let end = range.end.version().map(|end| self.shard.text(*end)).transpose()?;
        Ok(Bounds::of(start, range.end.map(|_| end.unwrap_or_default())))
    }

    /// Returns the smallest version above this one that has the fix by all of `entries`.
    pub(crate) fn fixed<'e>(
        &self,
        ecosystem: &str,
        entries: impl Iterator<Item = &'e Entry<'e>> + Clone,
    ) -> Result<Option<&'a str>, ShardError> {
        let Ok(key) = &self.version.key else {
            return Ok(None);
        };
        let mut fixes: Vec<u32> = Vec::new();
        for range in entries.clone().flat_map(|entry| entry.ranges.iter().chain(&entry.tags)) {
            if let End::Fixed(fix) = range.end
                && self.order(key, fix)?.is_lt()
            {
                fixes.push(fix);
            }
        }
        fixes.sort_unstable();
        fixes.dedup();
        'fixes: for fix in fixes {
            let (key, text) = self.shard.version(fix)?;
            let Some(candidate) = Version::known(ecosystem, text, key) else {
                continue;
            };
            let judge = Judge { shard: self.shard, version: &candidate };
            for entry in entries.clone() {
                if matches!(judge.verdict(entry)?, Verdict::Affected(_)) {
                    continue 'fixes;
                }
            }
            return Ok(Some(text));
        }
        Ok(None)
    }
}

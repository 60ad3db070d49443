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
use crate::shard::{Damaged, Entry, Particulars, Shard};
use crate::version::{self, Key};

/// How many fixes are tried: where this many are taken back by other ranges, none is worth naming.
const MOST_FIXES: u32 = 64;

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
        Self::placed(known, text, key.map(|key| Cow::Owned(key.into_bytes())))
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
    pub(crate) fn verdict(&self, entry: &Entry<'_>) -> Result<Verdict, Damaged> {
        let particulars = entry.particulars()?;
        if particulars.exact.contains(&self.version.text) {
            return Ok(Verdict::Affected(Ground::Listed));
        }
        let Ok(key) = &self.version.key else {
            return self.without_place(entry, &particulars);
        };
        let (mut open, mut starts_late) = (None, false);
        for range in entry.ranges() {
            let range = range?;
            starts_late |= range.start.is_some();
            if self.holds(&range, key)? {
                if !range.is_open() {
                    return Ok(Verdict::Affected(Ground::Range(range)));
                }
                open = open.or(Some(range));
            }
        }
        for tag in &particulars.tags {
            if self.holds(tag, key)? {
                return Ok(Verdict::Affected(Ground::Range(tag.clone())));
            }
        }
        for listed in &particulars.versions {
            let place = self.shard.key(*listed)?;
            let origin = self.version.origin.as_ref().is_some_and(|origin| origin.as_bytes() == place);
            if **key == *place || origin {
                return Ok(Verdict::Affected(Ground::Listed));
            }
        }
        if let Some(range) = open
            && !self.is_closed_by_tags(&particulars, key)?
        {
            return Ok(Verdict::Affected(Ground::Range(range)));
        }
        if !particulars.unreadable.is_empty() {
            return Ok(Verdict::Open(particulars.unreadable.join("; ")));
        }
        if self.version.is_legacy && starts_late {
            let text = self.version.text.escape_debug();
            return Ok(Verdict::Open(format!("`{text}` is older than the rules that order versions")));
        }
        Ok(Verdict::Unaffected)
    }

    /// The verdict on a version that has no place in the order.
    fn without_place(&self, entry: &Entry<'_>, particulars: &Particulars<'_>) -> Result<Verdict, Damaged> {
        let Particulars { tags, versions, exact: _, unreadable } = particulars;
        let ordered =
            entry.ranges().next().transpose()?.is_some() || !tags.is_empty() || !versions.is_empty();
        Ok(match &self.version.key {
            Err(reason) if ordered || !unreadable.is_empty() => Verdict::Open(reason.clone()),
            Ok(_) | Err(_) => Verdict::Unaffected,
        })
    }

    /// Tells whether a version in an open range is out of it by the tags; none of them holds it.
    fn is_closed_by_tags(&self, particulars: &Particulars<'_>, key: &[u8]) -> Result<bool, Damaged> {
        if particulars.tags.is_empty() || !particulars.unreadable.is_empty() {
            return Ok(false);
        }
        if !self.version.names_commit {
            return Ok(true);
        }
        for tag in &particulars.tags {
            if let Some(end) = tag.end.version()
                && self.order(key, *end)?.is_ge()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn holds(&self, range: &Segment<u32>, key: &[u8]) -> Result<bool, Damaged> {
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

    fn order(&self, key: &[u8], bound: u32) -> Result<Ordering, Damaged> {
        Ok(key.cmp(self.shard.key(bound)?))
    }

    /// Returns the bounds of what makes the version affected, in the words of the record.
    pub(crate) fn bounds(&self, ground: &Ground) -> Result<Bounds<'a>, Damaged> {
        let Ground::Range(range) = ground else {
            return Ok(Bounds::listed(self.version.text));
        };
        let start = range.start.map(|start| self.shard.text(start)).transpose()?;
        let end = range.end.version().map(|end| self.shard.text(*end)).transpose()?;
        Ok(Bounds::of(start, range.end.map(|_| end.unwrap_or_default())))
    }

    /// Returns the smallest version above this one that has the fix by all records of the flaw.
    pub(crate) fn fixed(&self, ecosystem: &str, family: &[Entry<'_>]) -> Result<Option<&'a str>, Damaged> {
        let Ok(key) = &self.version.key else {
            return Ok(None);
        };
        if let [entry] = family
            && let Some(end) = entry.only_end()?
        {
            let End::Fixed(fix) = end else { return Ok(None) };
            return self.shard.text(fix).map(Some);
        }
        let mut above = None;
        for _ in 0..MOST_FIXES {
            let mut next: Option<u32> = None;
            for entry in family {
                for range in entry.ranges().chain(entry.particulars()?.tags.into_iter().map(Ok)) {
                    if let End::Fixed(fix) = range?.end
                        && Some(fix) > above
                        && next.is_none_or(|next| fix < next)
                        && self.order(key, fix)?.is_lt()
                    {
                        next = Some(fix);
                    }
                }
            }
            let Some(fix) = next else { break };
            if self.is_clean(ecosystem, fix, family)? {
                return self.shard.text(fix).map(Some);
            }
            above = next;
        }
        Ok(None)
    }

    /// Tells whether no record of the flaw affects a version of the shard.
    fn is_clean(&self, ecosystem: &str, version: u32, family: &[Entry<'_>]) -> Result<bool, Damaged> {
        let (text, key) = (self.shard.text(version)?, self.shard.key(version)?);
        let Some(candidate) = Version::known(ecosystem, text, key) else {
            return Ok(false);
        };
        let judge = Judge { shard: self.shard, version: &candidate };
        for entry in family {
            if let Verdict::Affected(_) = judge.verdict(entry)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

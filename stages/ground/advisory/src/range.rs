//! Ranges of versions: the events of an OSV record, put in order, become segments with two ends.
//!
//! The rules are those of <https://ossf.github.io/osv-schema/#evaluation>. GIT ranges name commits and are not read
//! here.

use std::cmp::Ordering;
use std::fmt;

use model::Ecosystem;
use serde::{Deserialize, Serialize};

use crate::version::{self, Key, VersionError};

/// A version with its place in the order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) key: Key,
    pub(crate) text: String,
}

impl Version {
    pub(crate) fn new(ecosystem: Ecosystem, text: &str) -> Result<Self, VersionError> {
        Ok(Self { key: version::key(ecosystem, text)?, text: text.trim().to_owned() })
    }

    /// Takes a version that others are compared with.
    fn bound(ecosystem: Ecosystem, text: &str) -> Result<Self, VersionError> {
        let version = Self::new(ecosystem, text)?;
        if version::is_legacy(ecosystem, version.key.as_bytes()) {
            Err(VersionError::Legacy(version.text))
        } else {
            Ok(version)
        }
    }
}

/// Versions from one to another. `V` is a [`Version`] while building and its number in the shard later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Segment<V> {
    /// First version; `None` for all from the first on.
    pub(crate) start: Option<V>,
    pub(crate) end: End<V>,
}

/// Where a segment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum End<V> {
    /// Nowhere: no fix is known.
    Open,
    /// Before this version, which has the fix.
    Fixed(V),
    /// With this version; whether a later one has the fix is not known.
    LastAffected(V),
    /// Before this version, where the branch that the range speaks of ends.
    Limit(V),
}

impl<V> End<V> {
    /// Returns the version at the end.
    pub(crate) fn version(&self) -> Option<&V> {
        match self {
            Self::Open => None,
            Self::Fixed(version) | Self::LastAffected(version) | Self::Limit(version) => Some(version),
        }
    }

    /// Puts another thing in the version's place.
    pub(crate) fn map<'a, W>(&'a self, place: impl FnOnce(&'a V) -> W) -> End<W> {
        match self {
            Self::Open => End::Open,
            Self::Fixed(version) => End::Fixed(place(version)),
            Self::LastAffected(version) => End::LastAffected(place(version)),
            Self::Limit(version) => End::Limit(place(version)),
        }
    }
}

/// One event of a range as the record writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    Introduced(&'a str),
    Fixed(&'a str),
    LastAffected(&'a str),
    Limit(&'a str),
}

/// The events that fall on one version, `None` being the very beginning.
struct Turn {
    at: Option<Version>,
    introduced: bool,
    /// What ends here; `Open` when nothing does.
    end: End<Version>,
}

/// Turns the events of one range into segments, in order. The order in which the record lists them does not matter.
///
/// `floor` is where a segment starts that has an end but no start: the records of Go split a range over two lists.
/// Without it such an end closes nothing, as the schema has it.
pub(crate) fn segments(
    ecosystem: Ecosystem,
    events: &[Event<'_>],
    floor: Option<&Option<Version>>,
) -> Result<Vec<Segment<Version>>, VersionError> {
    let mut out = Vec::new();
    let mut open: Option<Option<Version>> = None;
    let mut floor = floor;
    for Turn { at, introduced, end } in turns(ecosystem, events)? {
        if open.is_none() && end != End::Open && !introduced {
            open = floor.cloned();
        }
        floor = None;
        match open.take() {
            Some(start) if end == End::Open => open = Some(start),
            Some(start) => {
                out.push(Segment { start, end });
                open = introduced.then_some(at);
            }
            None if !introduced => {}
            None => match end {
                End::Open => open = Some(at),
                // Introduced and last affected at once: that version alone.
                End::LastAffected(_) => out.push(Segment { start: at, end }),
                // Introduced and fixed at once: nothing.
                End::Fixed(_) | End::Limit(_) => {}
            },
        }
    }
    if let Some(start) = open {
        out.push(Segment { start, end: End::Open });
    }
    match limit(ecosystem, events)? {
        Some(limit) => Ok(cut(out, &limit)),
        None => Ok(out),
    }
}

/// Gathers the events by version, lowest first. Only where a range is introduced does `0` mean the very beginning.
fn turns(ecosystem: Ecosystem, events: &[Event<'_>]) -> Result<Vec<Turn>, VersionError> {
    let version = |text: &str| Version::bound(ecosystem, text);
    let mut turns: Vec<Turn> = Vec::new();
    for event in events {
        turns.push(match event {
            Event::Introduced("0") => Turn { at: None, introduced: true, end: End::Open },
            Event::Introduced(text) => Turn { at: Some(version(text)?), introduced: true, end: End::Open },
            Event::Fixed(text) => turn(version(text)?, End::Fixed),
            Event::LastAffected(text) => turn(version(text)?, End::LastAffected),
            Event::Limit(_) => continue,
        });
    }
    turns.sort_by(|a, b| a.at.cmp(&b.at));
    turns.dedup_by(|later, first| {
        let same = later.at.as_ref().map(|at| &at.key) == first.at.as_ref().map(|at| &at.key);
        if same {
            first.introduced |= later.introduced;
            if matches!(later.end, End::Fixed(_)) || first.end == End::Open {
                first.end = later.end.clone();
            }
        }
        same
    });
    Ok(turns)
}

fn turn(at: Version, end: impl FnOnce(Version) -> End<Version>) -> Turn {
    Turn { at: Some(at.clone()), introduced: false, end: end(at) }
}

/// Returns the highest limit; `*` is none, and a version is within the limits when it is below any of them.
fn limit(ecosystem: Ecosystem, events: &[Event<'_>]) -> Result<Option<Version>, VersionError> {
    let mut highest = None;
    for event in events {
        match event {
            Event::Limit("*") => return Ok(None),
            Event::Limit(text) => highest = highest.max(Some(Version::bound(ecosystem, text)?)),
            Event::Introduced(_) | Event::Fixed(_) | Event::LastAffected(_) => {}
        }
    }
    Ok(highest)
}

fn cut(segments: Vec<Segment<Version>>, limit: &Version) -> Vec<Segment<Version>> {
    let below = |segment: &Segment<Version>| segment.start.as_ref().is_none_or(|start| start.key < limit.key);
    let inside = |segment: Segment<Version>| {
        let ends_first = match &segment.end {
            End::Open => false,
            End::LastAffected(end) => end.key < limit.key,
            End::Fixed(end) | End::Limit(end) => end.key <= limit.key,
        };
        if ends_first { segment } else { Segment { start: segment.start, end: End::Limit(limit.clone()) } }
    };
    segments.into_iter().filter(below).map(inside).collect()
}

impl<V> Segment<V> {
    /// Tells whether a version lies in the segment. `order` compares that version with a bound.
    pub(crate) fn holds<E>(&self, mut order: impl FnMut(&V) -> Result<Ordering, E>) -> Result<bool, E> {
        if let Some(start) = &self.start
            && order(start)?.is_lt()
        {
            return Ok(false);
        }
        match &self.end {
            End::Open => Ok(true),
            End::LastAffected(end) => Ok(order(end)?.is_le()),
            End::Fixed(end) | End::Limit(end) => Ok(order(end)?.is_lt()),
        }
    }

    /// Tells whether the segment goes on without end.
    pub(crate) fn is_open(&self) -> bool {
        self.end.version().is_none()
    }
}

/// What holds a version, in the words of the record: `>=1.0.0, <1.2.3`, or `=1.2.0` where versions are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds<'a>(Held<'a>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held<'a> {
    Between(Option<&'a str>, End<&'a str>),
    Listed(&'a str),
}

impl<'a> Bounds<'a> {
    pub(crate) fn of(start: Option<&'a str>, end: End<&'a str>) -> Self {
        Self(Held::Between(start, end))
    }

    pub(crate) fn listed(version: &'a str) -> Self {
        Self(Held::Listed(version))
    }
}

impl fmt::Display for Bounds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = match self.0 {
            Held::Listed(version) => return write!(f, "={version}"),
            Held::Between(None, End::Open) => return f.write_str(">=0"),
            Held::Between(start, end) => (start, end),
        };
        if let Some(start) = start {
            write!(f, ">={start}{}", if end == End::Open { "" } else { ", " })?;
        }
        match end {
            End::Open => Ok(()),
            End::Fixed(version) | End::Limit(version) => write!(f, "<{version}"),
            End::LastAffected(version) => write!(f, "<={version}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(segments: &[Segment<Version>]) -> String {
        let one = |segment: &Segment<Version>| {
            let start = segment.start.as_ref().map(|start| start.text.as_str());
            Bounds::of(start, segment.end.map(|version| version.text.as_str())).to_string()
        };
        segments.iter().map(one).collect::<Vec<_>>().join(" | ")
    }

    /// Events as `i1 f2 l3 x4`: introduced, fixed, last affected, limit.
    fn check_from(floor: Option<&Option<Version>>, events: &str, expected: &str) {
        let events: Vec<Event<'_>> = events
            .split_whitespace()
            .map(|event| match event.split_at(1) {
                ("i", version) => Event::Introduced(version),
                ("f", version) => Event::Fixed(version),
                ("l", version) => Event::LastAffected(version),
                (_, version) => Event::Limit(version),
            })
            .collect();
        let found =
            segments(Ecosystem::Npm, &events, floor).map_or_else(|error| error.to_string(), |s| text(&s));
        assert_eq!(found, expected, "{events:?}");
    }

    fn check(events: &str, expected: &str) {
        check_from(None, events, expected);
    }

    #[test]
    fn every_shape() {
        check("i0 f1.2.3", "<1.2.3");
        check("i0", ">=0");
        check("i1.0.0", ">=1.0.0");
        check("i1.0.0 f1.2.3", ">=1.0.0, <1.2.3");
        check("i1.0.0 l1.2.3", ">=1.0.0, <=1.2.3");
        check("i0 f1.0.0 i2.0.0 f2.1.0", "<1.0.0 | >=2.0.0, <2.1.0");
        check("i0 f1.0.0 i2.0.0", "<1.0.0 | >=2.0.0");
        check("", "");
    }

    #[test]
    fn the_order_of_the_events_does_not_matter() {
        check("f2.1.0 i2.0.0 f1.0.0 i0", "<1.0.0 | >=2.0.0, <2.1.0");
        check("f1.10.0 i1.9.0", ">=1.9.0, <1.10.0");
        check("i0 i1.0.0 f2.0.0 f3.0.0", "<2.0.0");
    }

    #[test]
    fn events_on_one_version() {
        check("i1.0.0 l1.0.0", ">=1.0.0, <=1.0.0");
        check("i0 f1.0.0 i1.0.0 f2.0.0", "<1.0.0 | >=1.0.0, <2.0.0");
        check("i0 l1.0.0 i1.0.0 f2.0.0", "<=1.0.0 | >=1.0.0, <2.0.0");
        check("i1.0.0 f1.0.0", "");
        check("i0 l1 f1.0.0+build", "<1.0.0+build");
        check("i0 f0", "<0");
    }

    #[test]
    fn an_end_without_a_start_closes_nothing_unless_a_floor_is_given() {
        check("f1.0.0", "");
        check("f1.0.0 i2.0.0", ">=2.0.0");
        check_from(Some(&None), "f1.0.0 i2.0.0 f2.1.0", "<1.0.0 | >=2.0.0, <2.1.0");
        let floor = Some(Version::new(Ecosystem::Npm, "0.5.0").unwrap());
        check_from(Some(&floor), "f1.0.0", ">=0.5.0, <1.0.0");
        check_from(Some(&floor), "i0.7.0 f1.0.0", ">=0.7.0, <1.0.0");
    }

    #[test]
    fn limits_cut() {
        check("i0 x2.0.0", "<2.0.0");
        check("i0 f1.0.0 i1.5.0 f3.0.0 i4.0.0 x2.0.0", "<1.0.0 | >=1.5.0, <2.0.0");
        check("i0 l2.0.0 x2.0.0", "<2.0.0");
        check("i0 x*", ">=0");
        check("i0 x1.0.0 x2.0.0", "<2.0.0");
    }

    #[test]
    fn a_bound_that_is_no_version_is_an_error() {
        check("i0 fedge-24", "`edge-24` is not a version of npm: a number is missing");
        check("i0 xnever", "`never` is not a version of npm: a number is missing");
    }
}

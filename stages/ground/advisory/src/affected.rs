//! What one advisory says of one package: which versions, how bad, and what in them.

use std::borrow::Cow;
use std::convert::Infallible;

use model::{Ecosystem, Severity};

use crate::range::{Event, Segment, Version, segments};
use crate::record::{LONGEST_NAME, specific};
use crate::text::{Symbols, Text, bounded};
use crate::{Kind, name, osv, severity};

/// What an advisory says of one package.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Affected {
    /// Name in the OSV schema, with its release where it has one: `AlmaLinux:9`.
    pub(crate) ecosystem: String,
    /// Normalized.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) severity: Severity,
    pub(crate) ranges: Vec<Segment<Version>>,
    /// Ranges by the tags of the repository: they add to `ranges`, and close those that are open. See
    /// [`crate::matching`].
    pub(crate) tags: Vec<Segment<Version>>,
    /// Versions listed one by one that no range holds.
    pub(crate) versions: Vec<Version>,
    /// Versions listed one by one that have no place in an order; they match by their text alone.
    pub(crate) exact: Vec<String>,
    /// What could not be understood: a version it may speak of is neither affected nor not.
    pub(crate) unreadable: Vec<String>,
}

/// One entry of `affected`, with what it is judged by.
pub(crate) struct Reading<'a> {
    pub(crate) record: &'a osv::Record<'a>,
    pub(crate) database: &'a osv::DatabaseSpecific<'a>,
    pub(crate) aliases: &'a [String],
    pub(crate) entry: &'a osv::Affected<'a>,
    pub(crate) package: &'a osv::Package<'a>,
}

impl Reading<'_> {
    /// Tells which package is meant, and how bad it is.
    pub(crate) fn identify(&self, doubts: &mut Vec<String>) -> Affected {
        let (full, name) = (self.package.ecosystem.0.as_ref(), self.package.name.0.as_ref());
        let specific: osv::DatabaseSpecific<'_> =
            specific(self.entry.database_specific, "affected.database_specific", doubts);
        let informational = specific.informational.as_ref().or(self.database.informational.as_ref());
        let ids = std::iter::once(self.record.id.as_ref()).chain(self.aliases.iter().map(String::as_str));
        let kind = Kind::of(ids, informational.map(|word| word.0.as_ref()));
        Affected {
            ecosystem: full.to_owned(),
            name: name::normalize(full, name).into_owned(),
            kind,
            severity: self.severity(&specific, kind),
            ranges: Vec::new(),
            tags: Vec::new(),
            versions: Vec::new(),
            exact: Vec::new(),
            unreadable: Vec::new(),
        }
    }

    /// Tells which versions are affected, and what in them.
    pub(crate) fn judge(&self, affected: &mut Affected, text: &mut Text, doubts: &mut Vec<String>) {
        let tags = self.particulars(text, doubts);
        affected.set_ranges(&self.entry.ranges, &tags, doubts);
        affected.set_versions(&self.entry.versions);
        if affected.is_empty() {
            let ranges = &self.entry.ranges;
            affected.unreadable.push(match ranges.iter().all(|range| range.kind.0 == "GIT") {
                _ if ranges.is_empty() => "no version is given".to_owned(),
                true => "only commits are given".to_owned(),
                false => "the ranges hold no version".to_owned(),
            });
        }
        let ordered = Ecosystem::parse(&affected.ecosystem).is_some();
        for reason in affected.unreadable.iter().filter(|_| ordered) {
            doubts.push(format!("{}: the affected versions cannot be told ({reason})", affected.name));
        }
    }

    fn severity(&self, specific: &osv::DatabaseSpecific<'_>, kind: Kind) -> Severity {
        let vectors =
            if self.entry.severity.is_empty() { &self.record.severity } else { &self.entry.severity };
        let scored = severity::worst(vectors.iter().filter_map(|one| severity::of_vector(&one.score.0)));
        let words = [specific.severity.as_ref(), self.database.severity.as_ref()];
        let plain = vectors.iter().map(|one| &one.score).chain(words.into_iter().flatten());
        let worded = || plain.into_iter().find_map(|word| severity::of_word(&word.0));
        match scored {
            Severity::Unknown => worded().unwrap_or(match kind {
                Kind::Malicious => Severity::Critical,
                Kind::Vulnerability => Severity::Unknown,
                Kind::Unsound | Kind::Unmaintained | Kind::Notice => Severity::Info,
            }),
            known => known,
        }
    }

    /// Reads what the ecosystem's database adds: symbols into the text, and ranges by tags.
    fn particulars(&self, text: &mut Text, doubts: &mut Vec<String>) -> Vec<osv::Range<'_>> {
        let raw = self.entry.ecosystem_specific;
        let owned =
            |list: &[osv::Text<'_>]| list.iter().map(|one| one.0.as_ref().to_owned()).collect::<Vec<_>>();
        let package = self.package.name.0.as_ref().to_owned();
        match Ecosystem::parse(&self.package.ecosystem.0) {
            Some(Ecosystem::Go) => {
                let go: osv::GoSpecific<'_> = specific(raw, "ecosystem_specific", doubts);
                text.symbols.extend(go.imports.iter().map(|import| Symbols {
                    package: package.clone(),
                    path: import.path.as_ref().map_or_else(String::new, |path| path.0.as_ref().to_owned()),
                    names: owned(&import.symbols),
                    os: owned(&import.goos),
                    arch: owned(&import.goarch),
                }));
                go.custom_ranges
            }
            Some(Ecosystem::CratesIo) => {
                let rust: osv::RustSpecific<'_> = specific(raw, "ecosystem_specific", doubts);
                if let Some(affects) = rust.affects {
                    let [names, os, arch] =
                        [&affects.functions, &affects.os, &affects.arch].map(|list| owned(list));
                    if !(names.is_empty() && os.is_empty() && arch.is_empty()) {
                        text.symbols.push(Symbols { package, path: String::new(), names, os, arch });
                    }
                }
                Vec::new()
            }
            Some(Ecosystem::Npm | Ecosystem::PyPI) | None => Vec::new(),
        }
    }
}

impl Affected {
    fn is_empty(&self) -> bool {
        let ordered = self.ranges.is_empty() && self.tags.is_empty() && self.versions.is_empty();
        ordered && self.exact.is_empty() && self.unreadable.is_empty()
    }

    fn set_ranges(&mut self, ranges: &[osv::Range<'_>], tags: &[osv::Range<'_>], doubts: &mut Vec<String>) {
        let Some(ecosystem) = Ecosystem::parse(&self.ecosystem) else {
            // Said once for the whole ecosystem, by the collector.
            if ranges.iter().any(|range| range.kind.0 != "GIT") {
                self.unreadable.push("ranges".to_owned());
            }
            return;
        };
        let mut read = |range: &osv::Range<'_>, floor: Option<&Option<Version>>| {
            let events = events(range);
            if !matches!(range.kind.0.as_ref(), "SEMVER" | "ECOSYSTEM") {
                self.unreadable.push(format!("a range of kind `{}`", range.kind.0.escape_debug()));
                return Vec::new();
            }
            let mut events: Vec<Event<'_>> = events;
            if floor.is_none() && !events.iter().any(|event| matches!(event, Event::Introduced(_))) {
                doubts.push(format!(
                    "{}: a range starts nowhere; it is read from the first version on",
                    self.name
                ));
                events.push(Event::Introduced("0"));
            }
            segments(ecosystem, &events, floor).unwrap_or_else(|error| {
                self.unreadable.push(format!("{}: {error}", listed(&events)));
                Vec::new()
            })
        };
        let plain: Vec<_> =
            ranges.iter().filter(|range| range.kind.0 != "GIT").flat_map(|range| read(range, None)).collect();
        let floor = plain.iter().find(|segment| segment.is_open()).map(|segment| segment.start.clone());
        let tags = tags.iter().flat_map(|range| read(range, Some(floor.as_ref().unwrap_or(&None))));
        let mut tags: Vec<_> = tags.collect();
        // A range by tags that ends nowhere ends with the plain one: it says where the flaw began, and no more.
        let closes = |start: &Version| {
            plain.iter().any(|one| one.end.version().is_some_and(|end| start.key < end.key))
        };
        let is_closed = floor.is_none() && !plain.is_empty();
        tags.retain(|segment| !(is_closed && segment.is_open() && segment.start.as_ref().is_none_or(closes)));
        self.ranges = plain;
        self.tags = tags;
    }

    /// Keeps the listed versions that no range holds already; the others would only cost room.
    fn set_versions(&mut self, listed: &[osv::Text<'_>]) {
        let ecosystem = Ecosystem::parse(&self.ecosystem);
        // An open range that tags may close does not stand for the versions in it.
        let certain: Vec<_> =
            self.ranges.iter().filter(|range| self.tags.is_empty() || !range.is_open()).collect();
        let implied = |version: &Version| {
            certain.iter().any(|range| {
                range.holds(|bound| Ok::<_, Infallible>(version.key.cmp(&bound.key))) == Ok(true)
            })
        };
        for osv::Text(text) in listed {
            match ecosystem.map(|ecosystem| Version::new(ecosystem, text)) {
                Some(Ok(version)) if implied(&version) => {}
                Some(Ok(version)) => self.versions.push(version),
                Some(Err(_)) | None => self.exact.extend(bounded(text, LONGEST_NAME)),
            }
        }
        self.versions.sort();
        self.versions.dedup_by(|a, b| a.key == b.key);
        self.exact.sort();
        self.exact.dedup();
    }
}

fn events<'a>(range: &'a osv::Range<'_>) -> Vec<Event<'a>> {
    let mut out = Vec::with_capacity(range.events.len());
    for event in &range.events {
        let text = |field: &'a Option<osv::Text<'_>>| field.as_ref().map(|text| text.0.trim());
        out.extend(text(&event.introduced).map(Event::Introduced));
        out.extend(text(&event.fixed).map(Event::Fixed));
        out.extend(text(&event.last_affected).map(Event::LastAffected));
        out.extend(text(&event.limit).map(Event::Limit));
    }
    out
}

/// Writes events down as they stand, for a message.
fn listed(events: &[Event<'_>]) -> String {
    let one = |event: &Event<'_>| match event {
        Event::Introduced(text) => format!("introduced {text}"),
        Event::Fixed(text) => format!("fixed {text}"),
        Event::LastAffected(text) => format!("last affected {text}"),
        Event::Limit(text) => format!("limit {text}"),
    };
    let all = events.iter().map(one).collect::<Vec<_>>().join(", ");
    bounded(&all, LONGEST_NAME).map_or_else(|| Cow::Borrowed("no event"), Cow::Owned).into_owned()
}

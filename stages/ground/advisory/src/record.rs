//! One advisory, checked: from the bytes of an OSV file to what the index keeps of it.

use std::borrow::Cow;
use std::convert::Infallible;

use jiff::Timestamp;
use model::{Ecosystem, Severity};
use serde_json::value::RawValue;

use crate::osv;
use crate::range::{Event, Segment, Version, segments};
use crate::text::{REFERENCES, Reference, Symbols, Text, bounded, details, summary};
use crate::{Kind, name, severity};

/// Longest id, alias or ecosystem, in bytes; the longest of the public data has 47.
const LONGEST_ID: usize = 128;
/// Longest name of a package, in bytes; Go modules reach 150.
const LONGEST_NAME: usize = 1_024;
/// Longest address of a reference, in characters.
const LONGEST_URL: usize = 2_000;

/// An advisory as the index keeps it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Advisory {
    pub(crate) id: String,
    /// Sorted, without the id itself.
    pub(crate) aliases: Vec<String>,
    /// `None` when the record does not say, or says year 1 as the Go database does.
    pub(crate) modified: Option<Timestamp>,
    pub(crate) published: Option<Timestamp>,
    pub(crate) withdrawn: bool,
    pub(crate) affected: Vec<Affected>,
    pub(crate) text: Text,
}

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

/// Why a record is lost.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("not an OSV record: {0}")]
    Json(String),
    #[error("the id is empty, longer than {LONGEST_ID} bytes or not printable")]
    Id,
    #[error("it names no package")]
    NoPackage,
}

/// An advisory with what could not be understood of it.
pub(crate) struct Checked {
    pub(crate) advisory: Advisory,
    pub(crate) doubts: Vec<String>,
}

/// Reads one OSV record.
pub(crate) fn read(bytes: &[u8]) -> Result<Checked, RecordError> {
    let record: osv::Record<'_> =
        serde_json::from_slice(bytes).map_err(|error| RecordError::Json(error.to_string()))?;
    if !is_id(&record.id) {
        return Err(RecordError::Id);
    }
    let mut doubts = Vec::new();
    let database: osv::DatabaseSpecific<'_> =
        specific(record.database_specific, "database_specific", &mut doubts);
    let aliases = ids(&record.aliases, &record.id, "aliases", &mut doubts);
    let withdrawn = record.withdrawn.as_ref().is_some_and(|time| !time.0.trim().is_empty());
    let mut text = words(&record, &database, &mut doubts);
    let mut affected = Vec::new();
    for entry in &record.affected {
        let Some(package) = entry.package.as_ref() else {
            continue;
        };
        if !is_id(&package.ecosystem.0) || !is_name(&package.name.0) {
            doubts.push("a package has no usable name or ecosystem".to_owned());
            continue;
        }
        let reading = Reading { record: &record, database: &database, aliases: &aliases, entry, package };
        let mut one = reading.identify(&mut doubts);
        // What a withdrawn record says of versions no longer counts.
        if !withdrawn {
            reading.judge(&mut one, &mut text, &mut doubts);
        }
        affected.push(one);
    }
    if affected.is_empty() && !withdrawn {
        return Err(RecordError::NoPackage);
    }
    let advisory = Advisory {
        id: record.id.into_owned(),
        aliases,
        modified: time(record.modified.as_ref()),
        published: time(record.published.as_ref()),
        withdrawn,
        affected,
        text,
    };
    Ok(Checked { advisory, doubts })
}

/// Returns the time, unless it is missing or stands for a missing one.
fn time(text: Option<&osv::Text<'_>>) -> Option<Timestamp> {
    text?.0.parse().ok().filter(|time: &Timestamp| *time > Timestamp::UNIX_EPOCH)
}

fn is_id(text: &str) -> bool {
    let printable = text.chars().all(|c| !c.is_control());
    printable && !text.trim().is_empty() && text.len() <= LONGEST_ID
}

fn is_name(text: &str) -> bool {
    text.chars().all(|c| !c.is_control()) && !text.is_empty() && text.len() <= LONGEST_NAME
}

/// Returns the usable ids of a list, sorted, without `own`.
fn ids(list: &[osv::Text<'_>], own: &str, field: &str, doubts: &mut Vec<String>) -> Vec<String> {
    let mut kept = Vec::with_capacity(list.len());
    for osv::Text(id) in list {
        if !is_id(id) {
            doubts.push(format!("an entry of `{field}` is no id"));
        } else if id != own {
            kept.push(id.as_ref().to_owned());
        }
    }
    kept.sort();
    kept.dedup();
    kept
}

fn specific<'a, T>(raw: Option<&'a RawValue>, field: &str, doubts: &mut Vec<String>) -> T
where
    T: serde::Deserialize<'a> + Default,
{
    osv::specific(raw).unwrap_or_else(|reason| {
        doubts.push(format!("`{field}` has an unknown shape: {reason}"));
        T::default()
    })
}

/// Gathers what the record says in words.
fn words(record: &osv::Record<'_>, database: &osv::DatabaseSpecific<'_>, doubts: &mut Vec<String>) -> Text {
    let weakness = |id: &osv::Text<'_>| id.0.strip_prefix("CWE-").and_then(|number| number.parse().ok());
    let own = |text: &osv::Text<'_>| text.0.as_ref().to_owned();
    let moment = |text: Option<&osv::Text<'_>>| time(text).map(|time| time.to_string());
    let mut cvss: Vec<String> = record.severity.iter().map(|one| own(&one.score)).collect();
    cvss.sort_by_key(|vector| severity::of_vector(vector).map_or(0, Severity::rank));
    cvss.reverse();
    let reference = |one: &osv::Reference<'_>| {
        let kind = one.kind.as_ref().and_then(|kind| bounded(&kind.0, LONGEST_ID));
        Some(Reference {
            kind: kind.unwrap_or_else(|| "WEB".to_owned()),
            url: bounded(&one.url.0, LONGEST_URL)?,
        })
    };
    Text {
        summary: record.summary.as_ref().and_then(|text| summary(&text.0)),
        details: record.details.as_ref().and_then(|text| details(&text.0)),
        published: moment(record.published.as_ref()),
        modified: moment(record.modified.as_ref()),
        cvss: cvss.iter().filter_map(|vector| bounded(vector, LONGEST_ID * 4)).collect(),
        cwe: database.cwe_ids.iter().filter_map(weakness).collect(),
        references: record.references.iter().filter_map(reference).take(REFERENCES).collect(),
        related: ids(&record.related, &record.id, "related", doubts),
        upstream: ids(&record.upstream, &record.id, "upstream", doubts),
        symbols: Vec::new(),
    }
}

/// One entry of `affected`, with what it is judged by.
struct Reading<'a> {
    record: &'a osv::Record<'a>,
    database: &'a osv::DatabaseSpecific<'a>,
    aliases: &'a [String],
    entry: &'a osv::Affected<'a>,
    package: &'a osv::Package<'a>,
}

impl Reading<'_> {
    /// Tells which package is meant, and how bad it is.
    fn identify(&self, doubts: &mut Vec<String>) -> Affected {
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
    fn judge(&self, affected: &mut Affected, text: &mut Text, doubts: &mut Vec<String>) {
        let tags = self.particulars(text, doubts);
        affected.set_ranges(&self.entry.ranges, &tags, doubts);
        affected.set_versions(&self.entry.versions);
        if affected.is_empty() {
            // Nothing to compare with: commits alone, or no range at all.
            let only = if self.entry.ranges.is_empty() { "no version" } else { "commits only" };
            affected.unreadable.push(only.to_owned());
        }
        for reason in &affected.unreadable {
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
            let ordered = ranges.iter().filter(|range| range.kind.0 != "GIT");
            self.unreadable.extend(ordered.map(|range| listed(&events(range))));
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
        let tags = tags.iter().flat_map(|range| read(range, Some(floor.as_ref().unwrap_or(&None)))).collect();
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

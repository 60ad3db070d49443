//! What is let through for a time, by whom and why.

use globset::{GlobBuilder, GlobMatcher};
use jiff::civil::Date;
use model::{Evidence, Finding, Gap, GapKind, Location, Purl, StageId};

use crate::Place;

/// Lets findings or gaps through up to a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// What it is for.
    pub selector: Selector,
    /// Why this is acceptable.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Last day on which it counts, UTC.
    pub expires: Date,
    /// Where it stands.
    pub place: Option<Place>,
}

/// What a waiver is for: everything that is said must hold. At least one of `id`, `path`, `rule`, `purl` and `gap`
/// is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    pub(crate) id: Option<String>,
    pub(crate) path: Option<Pattern>,
    pub(crate) rule: Option<String>,
    pub(crate) stage: Option<StageId>,
    pub(crate) purl: Option<Purl>,
    pub(crate) gap: Option<String>,
}

/// A glob over paths of the tree, in which `*` does not cross a `/`.
#[derive(Clone)]
pub(crate) struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl Pattern {
    /// Longest pattern taken, in bytes: a glob becomes an automaton.
    pub(crate) const MAX: usize = 500;

    pub(crate) fn new(text: &str) -> Result<Self, globset::Error> {
        let glob = GlobBuilder::new(text).literal_separator(true).build()?;
        Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher() })
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pattern").field(&self.text).finish()
    }
}

impl Waiver {
    /// Tells whether it counts on `today`: it does on the day of its expiry, too.
    pub fn is_valid(&self, today: Date) -> bool {
        today <= self.expires
    }
}

impl Selector {
    /// Tells whether the finding is meant.
    pub fn selects(&self, finding: &Finding) -> bool {
        self.gap.is_none()
            && self.id.as_deref().is_none_or(|id| has_id(finding, id))
            && self.rule.as_deref().is_none_or(|rule| has_rule(finding, rule))
            && self.purl.as_ref().is_none_or(|purl| package(finding).is_some_and(|of| covers(purl, of)))
            && self.holds_for(&finding.stage, finding.location.path())
    }

    /// Tells whether the gap is meant: by its code or its fingerprint. A lost gap is never meant.
    pub fn selects_gap(&self, gap: &Gap) -> bool {
        let named = self.gap.is_some() || self.id.is_some();
        named
            && gap.kind != GapKind::Lost
            && self.rule.is_none()
            && self.purl.is_none()
            && self.gap.as_ref().is_none_or(|code| *code == gap.code)
            && self.id.as_ref().is_none_or(|id| *id == gap.fingerprint())
            && self.holds_for(&gap.stage, gap.path.as_deref())
    }

    fn holds_for(&self, stage: &StageId, path: Option<&str>) -> bool {
        self.stage.as_ref().is_none_or(|wanted| wanted == stage)
            && self
                .path
                .as_ref()
                .is_none_or(|pattern| path.is_some_and(|path| pattern.matcher.is_match(path)))
    }

    /// Tells whether everything that `other` selects is surely selected by this one: what is said here is said
    /// there in the same words.
    pub(crate) fn is_wider_or_equal(&self, other: &Self) -> bool {
        fn same_or_unsaid<T: PartialEq>(wide: &Option<T>, narrow: &Option<T>) -> bool {
            wide.is_none() || wide == narrow
        }
        // A selector for gaps and one for findings mean different things, whatever else they say.
        self.gap.is_some() == other.gap.is_some()
            && same_or_unsaid(&self.id, &other.id)
            && same_or_unsaid(&self.path, &other.path)
            && same_or_unsaid(&self.rule, &other.rule)
            && same_or_unsaid(&self.stage, &other.stage)
            && same_or_unsaid(&self.purl, &other.purl)
            && same_or_unsaid(&self.gap, &other.gap)
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [
            ("id", self.id.clone()),
            ("rule", self.rule.clone()),
            ("stage", self.stage.as_ref().map(ToString::to_string)),
            ("purl", self.purl.as_ref().map(ToString::to_string)),
            ("gap", self.gap.clone()),
            ("path", self.path.as_ref().map(|pattern| pattern.text.clone())),
        ];
        let said = parts.into_iter().filter_map(|(key, value)| Some((key, value?)));
        for (at, (key, value)) in said.enumerate() {
            write!(f, "{}{key} `{value}`", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

fn has_id(finding: &Finding, id: &str) -> bool {
    let advisory = match &finding.evidence {
        Evidence::Advisory(found) => {
            found.advisory.eq_ignore_ascii_case(id)
                || found.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(id))
        }
        Evidence::None | Evidence::Secret { .. } => false,
    };
    advisory || (!id.is_empty() && finding.id() == id)
}

/// Tells whether a finding is of a rule, named alone or behind its stage.
pub(crate) fn has_rule(finding: &Finding, rule: &str) -> bool {
    let name = finding.rule.as_str();
    rule == name
        || rule.strip_prefix(finding.stage.as_str()).and_then(|rest| rest.strip_prefix('/')) == Some(name)
}

fn package(finding: &Finding) -> Option<&Purl> {
    if let Evidence::Advisory(found) = &finding.evidence {
        return Some(&found.purl);
    }
    match &finding.location {
        Location::Dependency { purl, .. } => Some(purl),
        Location::File { .. }
        | Location::Commit { .. }
        | Location::Layer { .. }
        | Location::Field { .. }
        | Location::Exchange { .. } => None,
    }
}

fn covers(wanted: &Purl, found: &Purl) -> bool {
    wanted.kind() == found.kind()
        && wanted.namespace() == found.namespace()
        && wanted.name() == found.name()
        && wanted.version().is_none_or(|version| found.version() == Some(version))
}

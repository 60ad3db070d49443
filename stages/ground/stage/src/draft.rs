//! A finding in the making.

use std::collections::BTreeMap;

use model::{Evidence, Finding, Fix, Location, Related, Rule, Severity, StageId, Subject, Suppression};

use crate::Place;

/// A finding in the making. It cannot be begun without a rule and a place; stage and subject are filled in by the
/// [`crate::Sink`].
#[derive(Debug, Clone)]
pub struct Draft(Finding);

impl Draft {
    /// Begins a finding of `rule` at `location`. Title, severity, weaknesses and fix are those of the rule until told
    /// otherwise.
    pub fn new(rule: &Rule, location: Location) -> Self {
        Self(Finding {
            stage: rule.stage.clone(),
            subject: Subject::Tree,
            rule: rule.id.clone(),
            severity: rule.severity,
            title: rule.title.clone(),
            message: rule.title.clone(),
            location,
            related: Vec::new(),
            flow: Vec::new(),
            snippet: None,
            cwe: rule.cwe.clone(),
            identity: String::new(),
            fingerprints: BTreeMap::new(),
            evidence: Evidence::None,
            fix: (!rule.fix.is_empty()).then(|| Fix { text: rule.fix.clone() }),
            suppressed: None,
        })
    }

    /// Begins a finding of `rule` at a place of the file at `path`.
    pub fn at(rule: &Rule, path: &str, place: &Place) -> Self {
        Self::new(rule, place.at(path)).place(place)
    }

    /// Shows the lines of `place` and takes over its line hash; the location stays.
    #[must_use]
    pub fn place(mut self, place: &Place) -> Self {
        self.0.snippet.clone_from(&place.snippet);
        crate::place::remember_line_hash(&mut self.0, place);
        self
    }

    /// Says what is wrong here.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Overrides the rule's title.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.0.title = title.into();
        self
    }

    /// Overrides the rule's severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.0.severity = severity;
        self
    }

    /// Says what stays the same when the code around moves. Never a raw secret.
    #[must_use]
    pub fn identity(mut self, identity: impl Into<String>) -> Self {
        self.0.identity = identity.into();
        self
    }

    /// Adds a further place.
    #[must_use]
    pub fn related(mut self, location: Location, message: impl Into<String>) -> Self {
        self.0.related.push(Related { location, message: message.into() });
        self
    }

    /// Adds a step of the flow from source to sink.
    #[must_use]
    pub fn step(mut self, location: Location, message: impl Into<String>) -> Self {
        self.0.flow.push(Related { location, message: message.into() });
        self
    }

    /// Says what the finding rests on.
    #[must_use]
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.0.evidence = evidence;
        self
    }

    /// Overrides the rule's weaknesses.
    #[must_use]
    pub fn cwe(mut self, cwe: impl IntoIterator<Item = u32>) -> Self {
        self.0.cwe = cwe.into_iter().collect();
        self
    }

    /// Overrides the rule's fix.
    #[must_use]
    pub fn fix(mut self, text: impl Into<String>) -> Self {
        self.0.fix = Some(Fix { text: text.into() });
        self
    }

    /// Marks it as asked to be ignored. It is still said: the gate decides whether the request counts.
    #[must_use]
    pub fn suppressed(mut self, suppression: Suppression) -> Self {
        self.0.suppressed = Some(suppression);
        self
    }

    /// Completes it for a stage and subject.
    pub(crate) fn into_finding(mut self, stage: &StageId, subject: &Subject) -> Finding {
        self.0.stage = stage.clone();
        self.0.subject = subject.clone();
        self.0
    }
}

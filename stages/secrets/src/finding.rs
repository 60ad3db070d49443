//! From a credential in a text to a finding at a place.

use ::stage::{Draft, Place, suggestion};
use model::{Evidence, Location, Rule, RuleId, SecretVerdict, Span, StageId, Suppression, SuppressionKind};

use crate::allow::Standing;
use crate::config;
use crate::hit::Hit;
use crate::kept::Kept;
use crate::marker::Marker;
use crate::rule_file::RuleEntry;
use crate::rules::{RuleIndex, Rules};

/// CWE-798, use of hard-coded credentials.
const WEAKNESS: u32 = 798;
/// The service of rules about requests to ignore, which are no credentials.
pub(crate) const OURS: &str = "Sluicegate";

/// Returns what a rule says of itself.
pub(crate) fn rule(stage: &StageId, rules: &Rules, index: RuleIndex) -> Option<Rule> {
    describe(stage, rules.entry(index)?)
}

/// Returns what the rule of an entry says of itself; `None` when its name or severity is none.
pub(crate) fn describe(stage: &StageId, entry: &RuleEntry) -> Option<Rule> {
    Some(Rule {
        stage: stage.clone(),
        id: RuleId::new(&entry.id).ok()?,
        title: entry.title.clone(),
        why: entry.why.clone(),
        fix: entry.rotate.clone(),
        severity: entry.severity.parse().ok()?,
        cwe: if entry.service == OURS { Vec::new() } else { vec![WEAKNESS] },
        help_url: entry.reference.starts_with("https://").then(|| entry.reference.clone()),
    })
}

/// Where the content of a result stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) path: &'a str,
    /// The commit that brought it in, for a history.
    pub(crate) commit: Option<&'a str>,
}

impl Source<'_> {
    fn location(&self, place: Option<&Place>) -> Location {
        let span = place.map_or(Span::FILE, |place| place.span);
        let path = self.path.to_owned();
        match self.commit {
            Some(commit) => Location::Commit { commit: commit.to_owned(), path, span },
            None => Location::File { path, span },
        }
    }
}

/// Makes findings of results. What is asked to be ignored is said too, and marked.
pub(crate) struct Drafter<'a> {
    pub(crate) stage: &'a StageId,
    pub(crate) rules: &'a Rules,
    /// Whether comments beside a credential count.
    pub(crate) inline_ignores: bool,
}

impl Drafter<'_> {
    /// Makes the finding of one credential; tells which entries of what is let pass cover it.
    pub(crate) fn credential(
        &self,
        kept: &Kept,
        hit: &Hit,
        place: Option<&Place>,
        source: Source<'_>,
    ) -> Option<(Draft, Vec<usize>)> {
        let rule = rule(self.stage, self.rules, hit.rule)?;
        let identity = hit.identity.at(source.path);
        let standing = Standing {
            rule: rule.id.as_str(),
            path: source.path,
            commit: source.commit,
            identity: &identity,
        };
        let covering = self.rules.allows().iter().enumerate().filter(|(index, allow)| {
            let held = hit.allowed.iter().any(|held| usize::from(*held) == *index);
            allow.covers(standing, held)
        });
        let covering: Vec<usize> = covering.map(|(index, _)| index).collect();
        let mut draft = Draft::new(&rule, source.location(place));
        if let Some(place) = place {
            draft = draft.place(place);
        }
        draft = draft.message(message(&rule, hit)).identity(identity.clone()).evidence(Evidence::Secret {
            redacted: hit.redacted.clone(),
            verdict: hit.verdict,
            probability: hit.probability,
            decoded: hit.decoded.clone(),
        });
        if let Some(severity) = hit.severity {
            draft = draft.severity(severity);
        }
        if let Some(suppression) = self.suppression(kept, hit, &covering, source) {
            draft = draft.suppressed(suppression);
        }
        Some((draft, covering))
    }

    fn suppression(
        &self,
        kept: &Kept,
        hit: &Hit,
        covering: &[usize],
        source: Source<'_>,
    ) -> Option<Suppression> {
        if let Some(allow) = covering.first().and_then(|index| self.rules.allows().get(*index)) {
            return Some(Suppression {
                kind: SuppressionKind::Allowlist,
                reason: allow.reason.clone(),
                location: Some(config::place(allow)),
            });
        }
        let (marker, place) = kept.markers.get(hit.marker.filter(|_| self.inline_ignores)?)?;
        Some(Suppression {
            kind: SuppressionKind::Inline,
            reason: marker.reason.clone(),
            location: Some(source.location(Some(place))),
        })
    }

    /// Makes the finding of a marker that does nothing; `None` when it does what it says.
    pub(crate) fn marker(&self, marker: &Marker, place: &Place, source: Source<'_>) -> Option<Draft> {
        use crate::engine_rule::EngineRule::{IgnoreWithoutReason, UnusedIgnore};
        // A marker of ours may speak to another stage, by its name (`sast/eval`); one without any name speaks to all.
        let ours = marker.rules.is_empty() || marker.rules.iter().any(|name| self.rules.find(name).is_some());
        let unknown = self.unknown(marker).filter(|_| marker.is_complete());
        let (known, message) = if !self.inline_ignores || (unknown.is_none() && (marker.used || !ours)) {
            return None;
        } else if let Some(name) = unknown {
            let names = self.rules.entries().map(|entry| entry.id.as_str());
            let meant = suggestion(name, names).map(|meant| format!("; did you mean `{meant}`?"));
            (
                UnusedIgnore,
                format!("this asks to ignore `{name}`, which is no rule{}", meant.unwrap_or_default()),
            )
        } else if !marker.is_complete() {
            (
                IgnoreWithoutReason,
                "this asks to ignore without a rule or a reason, and has no effect: write `sluicegate:ignore RULE -- reason`"
                    .to_owned(),
            )
        } else {
            (UnusedIgnore, "this asks to ignore, and nothing on its line is found".to_owned())
        };
        let index = self.rules.engine(known).filter(|index| self.rules.is_enabled(*index))?;
        let rule = rule(self.stage, self.rules, index)?;
        let identity = format!("{:?} {}", marker.form, marker.rules.join(","));
        Some(
            Draft::new(&rule, source.location(Some(place)))
                .place(place)
                .message(message)
                .identity(identity)
                .cwe([]),
        )
    }

    /// Returns the first name of a marker that is a rule's by its form and of no rule here. A word in capitals stands for a
    /// name, as in a manual.
    fn unknown<'a>(&self, marker: &'a Marker) -> Option<&'a str> {
        let is_name = |name: &str| {
            let letter =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
            name.bytes().all(letter) && name.bytes().any(|byte| byte.is_ascii_lowercase())
        };
        let mut names = marker.rules.iter().map(String::as_str);
        names.find(|name| is_name(name) && self.rules.find(name).is_none())
    }

    /// Makes the finding of a file that a rule of another tool means as a whole.
    pub(crate) fn file(&self, index: RuleIndex, path: &str) -> Option<Draft> {
        let rule = rule(self.stage, self.rules, index)?;
        let location = Location::File { path: path.to_owned(), span: Span::FILE };
        Some(Draft::new(&rule, location).identity(rule.id.as_str()))
    }
}

/// Says what was found and how sure that is.
fn message(rule: &Rule, hit: &Hit) -> String {
    let within =
        if hit.decoded.is_empty() { String::new() } else { format!(" inside {}", hit.decoded.join(", ")) };
    let sure = match (hit.verdict, hit.probability) {
        (SecretVerdict::Checksum, _) => "its own structure proves the format".to_owned(),
        (SecretVerdict::Format, _) => "it has the exact format".to_owned(),
        (SecretVerdict::Likely, Some(percent)) => format!("{percent} % likely by its name and characters"),
        (SecretVerdict::Likely, None) => "its surroundings say what it is".to_owned(),
    };
    // Where nothing of the value may be shown there is nothing to quote.
    let shown = if hit.redacted == "…" { String::new() } else { format!(" `{}`", hit.redacted) };
    format!("{}{shown}{within}: {sure}", rule.title)
}

//! From what a file says to what can be judged by.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::{IdError, PurlError, StageId};
use serde_saphyr::Spanned;

use crate::Place;
use crate::policy::waiver::Pattern;
use crate::policy::{
    Action, Expression, ExpressionError, Level, Policy, RawGate, RawPolicy, RawRule, RawWaiver, Rule,
    Selector, Waiver,
};

/// Something in a policy is wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct PolicyError {
    /// The field, as a path from the top of the file: `gate.rules[2].if`.
    pub field: String,
    /// Where the value stands, when the reader of the file kept it.
    pub place: Option<Place>,
    /// What is wrong.
    pub problem: Problem,
}

impl PolicyError {
    /// Returns how many characters behind its place the mistake stands, where a condition is the value; `rest` is the line
    /// of the file from the place on.
    pub fn offset_in(&self, rest: &str) -> usize {
        let Problem::Condition(error) = &self.problem else { return 0 };
        let before = |word: &str| rest.split_once(word).map_or(0, |(before, _)| before.chars().count());
        match error {
            ExpressionError::Syntax { line: 1, column, .. } => {
                let quote = usize::from(rest.starts_with(['"', '\'']));
                (quote + column.saturating_sub(1)).min(rest.chars().count())
            }
            ExpressionError::Field(field) => before(&format!("finding.{field}")),
            ExpressionError::Variable(name) | ExpressionError::Function(name) => before(name),
            ExpressionError::Word { word, .. } => before(word),
            ExpressionError::Syntax { .. }
            | ExpressionError::Long
            | ExpressionError::Order { .. }
            | ExpressionError::Cost(_)
            | ExpressionError::Answer(_) => 0,
        }
    }
}

/// What is wrong with a value of a policy.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Problem {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// Another one has the name.
    #[error("is named `{0}`, as one before it")]
    Twice(String),
    /// The date does not exist or is written in another way.
    #[error("is no date: write it as 2027-01-31")]
    Date,
    /// The glob is malformed.
    #[error("is no glob: {0}")]
    Glob(String),
    /// The name of a stage is malformed.
    #[error("is no stage: {0}")]
    Stage(IdError),
    /// The package URL is malformed.
    #[error("is no package: {0}")]
    Purl(PurlError),
    /// The waiver would let everything through.
    #[error("waives everything: say `id`, `rule`, `path`, `purl` or `gap`")]
    Boundless,
    /// A gap has neither rule nor package.
    #[error("is for gaps, which have no `{0}`")]
    NotOfGaps(&'static str),
    /// The path leaves the tree.
    #[error("is no path inside the tree")]
    Path,
    /// The condition is no good.
    #[error("{0}")]
    Condition(ExpressionError),
}

/// Collects all that is wrong with one file.
struct Checker<'a> {
    file: &'a str,
    errors: Vec<PolicyError>,
}

impl RawPolicy {
    /// Checks what a file says; `file` names it in messages. All that is wrong is returned, not the first alone.
    pub fn check(self, file: &str) -> Result<Policy, Vec<PolicyError>> {
        let mut checker = Checker { file, errors: Vec::new() };
        let mut policy = checker.gate(self.gate.unwrap_or_default());
        let waivers = checker.waivers(self.waivers.unwrap_or_default());
        if !waivers.is_empty() {
            policy.waivers = vec![waivers];
        }
        policy.baseline = self.baseline.and_then(|path| checker.inner_path("baseline", &path));
        if checker.errors.is_empty() { Ok(policy) } else { Err(checker.errors) }
    }
}

impl Checker<'_> {
    fn refuse<T>(&mut self, field: String, value: &Spanned<T>, problem: Problem) {
        self.errors.push(PolicyError { field, place: Place::of(self.file, value), problem });
    }

    fn gate(&mut self, raw: RawGate) -> Policy {
        let defaults = Policy::default();
        let (ignores, rules): (Vec<Rule>, Vec<Rule>) = self
            .rules(raw.rules.unwrap_or_default())
            .into_iter()
            .partition(|rule| rule.action == Action::Ignore);
        Policy {
            fail_on: raw.fail_on.unwrap_or(defaults.fail_on),
            new_only: raw.new_only.unwrap_or(defaults.new_only),
            newly_disclosed: raw.newly_disclosed,
            max: raw.max.unwrap_or_default(),
            fail_on_partial_gaps: raw.fail_on_partial_gaps.unwrap_or(defaults.fail_on_partial_gaps),
            unknown_as: raw.unknown_as.unwrap_or(defaults.unknown_as),
            rules,
            ignores: if ignores.is_empty() { Vec::new() } else { vec![ignores] },
            ..defaults
        }
    }

    fn rules(&mut self, raw: Vec<Spanned<RawRule>>) -> Vec<Rule> {
        let mut rules = Vec::new();
        let mut names = built_in_names();
        for (at, raw) in raw.into_iter().enumerate() {
            let place = Place::of(self.file, &raw);
            let RawRule { name, condition, action } = raw.value;
            let Some(text) = self.text(format!("gate.rules[{at}].name"), &name) else { continue };
            if names.insert(text.clone(), ()).is_some() {
                self.refuse(format!("gate.rules[{at}].name"), &name, Problem::Twice(text));
                continue;
            }
            match Expression::compile(&condition.value) {
                Ok(condition) => rules.push(Rule { name: text, condition, action, place }),
                Err(error) => {
                    self.refuse(format!("gate.rules[{at}].if"), &condition, Problem::Condition(error))
                }
            }
        }
        rules
    }

    fn waivers(&mut self, raw: Vec<Spanned<RawWaiver>>) -> Vec<Waiver> {
        raw.into_iter()
            .enumerate()
            .filter_map(|(at, raw)| self.waiver(&format!("waivers[{at}]"), raw))
            .collect()
    }

    fn waiver(&mut self, name: &str, raw: Spanned<RawWaiver>) -> Option<Waiver> {
        let before = self.errors.len();
        let field = |key: &str| format!("{name}.{key}");
        let said = &raw.value;
        let selector = Selector {
            id: said.id.as_ref().and_then(|id| self.text(field("id"), id)),
            path: said.path.as_ref().and_then(|path| self.pattern(field("path"), path)),
            rule: said.rule.as_ref().and_then(|rule| self.text(field("rule"), rule)),
            stage: said.stage.as_ref().and_then(|stage| {
                StageId::new(&stage.value)
                    .map_err(|error| self.refuse(field("stage"), stage, Problem::Stage(error)))
                    .ok()
            }),
            purl: said.purl.as_ref().and_then(|purl| {
                purl.value
                    .parse()
                    .map_err(|error| self.refuse(field("purl"), purl, Problem::Purl(error)))
                    .ok()
            }),
            gap: said.gap.as_ref().and_then(|gap| self.text(field("gap"), gap)),
        };
        let reason = self.text(field("reason"), &said.reason);
        let owner = self.text(field("owner"), &said.owner);
        let expires = self.date(field("expires"), &said.expires);
        if let (Some(gap), Some(other)) =
            (&said.gap, said.rule.as_ref().map(|_| "rule").or(said.purl.as_ref().map(|_| "purl")))
        {
            self.refuse(field("gap"), gap, Problem::NotOfGaps(other));
        }
        let bounds = [&said.id, &said.path, &said.rule, &said.purl, &said.gap];
        if bounds.iter().all(|bound| bound.is_none()) {
            self.refuse(name.to_owned(), &raw, Problem::Boundless);
        }
        if self.errors.len() > before {
            return None;
        }
        let place = Place::of(self.file, &raw);
        Some(Waiver { selector, reason: reason?, owner: owner?, expires: expires?, place })
    }

    fn text(&mut self, field: String, value: &Spanned<String>) -> Option<String> {
        let text = value.value.trim();
        if text.is_empty() {
            self.refuse(field, value, Problem::Empty);
            return None;
        }
        Some(text.to_owned())
    }

    fn pattern(&mut self, field: String, value: &Spanned<String>) -> Option<Pattern> {
        let text = self.text(field.clone(), value)?;
        if text.len() > Pattern::MAX {
            self.refuse(field, value, Problem::Glob(format!("it is longer than {} bytes", Pattern::MAX)));
            return None;
        }
        Pattern::new(&text)
            .map_err(|error| self.refuse(field, value, Problem::Glob(error.kind().to_string())))
            .ok()
    }

    /// Takes `2027-01-31` alone: other ways to write a date leave the day open to the reader's time zone.
    fn date(&mut self, field: String, value: &Spanned<String>) -> Option<Date> {
        let text = value.value.trim();
        let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date = text.parse().ok().filter(|_| plain);
        if date.is_none() {
            self.refuse(field, value, Problem::Date);
        }
        date
    }

    fn inner_path(&mut self, field: &str, value: &Spanned<String>) -> Option<String> {
        let path = self.text(field.to_owned(), value)?;
        let leaves = path.starts_with('/')
            || path.contains(['\\', '\0', ':'])
            || path.split('/').any(|part| part == "..");
        if leaves {
            self.refuse(field.to_owned(), value, Problem::Path);
            return None;
        }
        Some(path.trim_start_matches("./").to_owned())
    }
}

/// The names under which the gate's own thresholds appear in reports: no rule may pass for one of them.
fn built_in_names() -> BTreeMap<String, ()> {
    let max = Level::ALL.into_iter().map(|level| format!("max.{level}"));
    ["fail-on", "newly-disclosed"].into_iter().map(str::to_owned).chain(max).map(|name| (name, ())).collect()
}

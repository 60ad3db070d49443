//! The rules in force: our own and a user's, compiled into one automaton.

use std::collections::BTreeMap;
use std::fmt;

use model::{Digest, Hasher, Severity};
use serde::{Deserialize, Serialize};

use crate::allow::Allow;
use crate::automaton::{Automaton, AutomatonError};
use crate::check::{Check, CheckError};
use crate::detect::Detector;
use crate::engine_rule::EngineRule;
use crate::foreign::Foreign;
use crate::gitleaks::GitleaksConfig;
use crate::pattern::{Edges, Pattern, PatternError};
use crate::rule_file::{RuleEntry, RuleKind};

/// The position of a rule in [`Rules`]; it means nothing under other rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RuleIndex(pub(crate) u16);

/// Why a set of rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// Two rules have one name.
    #[error("rule `{0}` stands twice")]
    Twice(String),
    /// The severity is none.
    #[error("rule `{rule}`: {source}")]
    Severity {
        /// The rule.
        rule: String,
        /// What is wrong.
        source: model::ParseSeverityError,
    },
    /// The structural check is not known.
    #[error("rule `{rule}`: {source}")]
    Check {
        /// The rule.
        rule: String,
        /// What is wrong.
        source: CheckError,
    },
    /// The expression is none.
    #[error("rule `{rule}`: {source}")]
    Pattern {
        /// The rule.
        rule: String,
        /// What is wrong.
        source: PatternError,
    },
    /// A rule without keywords would be tried on every byte of every file.
    #[error("rule `{0}` has no keyword")]
    NoKeyword(String),
    /// A rule that only describes code of the engine is in a user's file, or its code is gone.
    #[error("rule `{0}` is of kind `engine`, and the engine has no such code")]
    NoCode(String),
    /// A rule of the engine is not described.
    #[error("the engine's rule `{0}` is not described")]
    NotDescribed(&'static str),
    /// The automaton cannot be built.
    #[error("the keywords cannot be compiled: {0}")]
    Keywords(#[from] AutomatonError),
    /// The embedded rules cannot be read: the binary is damaged.
    #[error("the embedded rules cannot be read: {0}")]
    Embedded(String),
    /// There are more rules than an index counts.
    #[error("more than 65,535 rules")]
    TooMany,
}

impl RulesError {
    /// Returns the name of the rule that is wrong, when it is one.
    pub(crate) fn rule(&self) -> Option<&str> {
        match self {
            Self::Twice(rule)
            | Self::Severity { rule, .. }
            | Self::Check { rule, .. }
            | Self::Pattern { rule, .. }
            | Self::NoKeyword(rule)
            | Self::NoCode(rule) => Some(rule),
            Self::NotDescribed(_) | Self::Keywords(_) | Self::Embedded(_) | Self::TooMany => None,
        }
    }
}

/// How a compiled rule looks for its credential.
#[derive(Debug)]
pub(crate) enum Matcher {
    /// At a keyword exactly.
    Prefix(Pattern),
    /// Around a keyword.
    Context(Pattern),
    /// In the whole text, once a keyword is anywhere in it, as another tool's rules are meant.
    Whole(Box<Foreign>),
    /// By code of the engine.
    Engine,
}

/// A rule, compiled.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) entry: RuleEntry,
    pub(crate) severity: Severity,
    pub(crate) check: Option<Check>,
    pub(crate) matcher: Matcher,
    /// Whether its findings are said. What a disabled rule finds is still never shown.
    pub(crate) enabled: bool,
}

/// What to do at a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Rule(RuleIndex),
    Detector(Detector),
}

/// The rules in force.
pub struct Rules {
    compiled: Vec<Compiled>,
    engine: BTreeMap<EngineRule, RuleIndex>,
    automaton: Automaton,
    keywords: Vec<String>,
    targets: Vec<Vec<Target>>,
    /// Rules of other tools that name no keyword: tried on every text.
    always: Vec<RuleIndex>,
    /// Rules of other tools that mean a file by its path alone.
    by_path: Vec<RuleIndex>,
    allows: Vec<Allow>,
    digest: Digest,
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rules({} rules, {} keywords)", self.compiled.len(), self.keywords.len())
    }
}

/// What a set of rules is made of.
#[derive(Debug, Default)]
pub struct RulesBuilder {
    own: Vec<RuleEntry>,
    users: Vec<RuleEntry>,
    foreign: Vec<(RuleEntry, Foreign)>,
    disabled: Vec<String>,
    allows: Vec<Allow>,
}

impl RulesBuilder {
    /// Starts with our own rules.
    pub fn own() -> Result<Self, RulesError> {
        Ok(Self { own: crate::catalog::entries()?, ..Self::default() })
    }

    /// Adds the rules of a user's file.
    #[must_use]
    pub fn with(mut self, entries: impl IntoIterator<Item = RuleEntry>) -> Self {
        self.users.extend(entries);
        self
    }

    /// Adds what a gitleaks configuration asks for. A rule of its own takes the place of ours with the same name.
    #[must_use]
    pub fn gitleaks(mut self, config: GitleaksConfig) -> Self {
        self.own.retain(|entry| !config.rules.iter().any(|(theirs, _)| theirs.id == entry.id));
        self.foreign.extend(config.rules);
        self.allows.extend(config.allows);
        self.disabled.extend(config.disabled);
        self
    }

    /// Adds what is let pass.
    #[must_use]
    pub fn allowing(mut self, allows: impl IntoIterator<Item = Allow>) -> Self {
        self.allows.extend(allows);
        self
    }

    /// Leaves rules out by name.
    #[must_use]
    pub fn without<T: Into<String>>(mut self, ids: impl IntoIterator<Item = T>) -> Self {
        self.disabled.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Compiles the rules. Expressions of our own are compiled when they are first needed, a user's at once.
    pub fn build(self) -> Result<Rules, RulesError> {
        let mut compiled = Vec::with_capacity(self.own.len() + self.users.len() + self.foreign.len());
        // Our own rules are the same wherever their names are, as long as the engine is the same.
        let mut hasher = Hasher::new("secrets-rules/v2");
        let foreign = self.foreign.iter().map(|(entry, _)| entry);
        for entry in self.users.iter().chain(foreign) {
            let written =
                serde_json::to_vec(entry).map_err(|error| RulesError::Embedded(error.to_string()))?;
            hasher.part(written);
        }
        for (entries, own) in [(self.own, true), (self.users, false)] {
            for entry in entries {
                compiled.push(compile(entry, own)?);
            }
        }
        for (entry, foreign) in self.foreign {
            let severity = severity(&entry)?;
            compiled.push(Compiled {
                entry,
                severity,
                check: None,
                matcher: Matcher::Whole(Box::new(foreign)),
                enabled: true,
            });
        }
        compiled.sort_by(|a, b| a.entry.id.cmp(&b.entry.id));
        if let Some([twice, _]) = compiled.array_windows().find(|[a, b]| a.entry.id == b.entry.id) {
            return Err(RulesError::Twice(twice.entry.id.clone()));
        }
        for rule in &mut compiled {
            rule.enabled = !self.disabled.contains(&rule.entry.id);
        }
        assemble(compiled, self.allows, hasher)
    }
}

fn severity(entry: &RuleEntry) -> Result<Severity, RulesError> {
    let parsed: Result<Severity, _> = entry.severity.parse();
    parsed.map_err(|source| RulesError::Severity { rule: entry.id.clone(), source })
}

fn compile(entry: RuleEntry, own: bool) -> Result<Compiled, RulesError> {
    let severity = severity(&entry)?;
    let check = entry
        .checksum
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|source| RulesError::Check { rule: entry.id.clone(), source })?;
    let matcher = match entry.kind {
        RuleKind::Prefix => Matcher::Prefix(Pattern::new(entry.pattern.clone(), Edges::End)),
        RuleKind::Context => Matcher::Context(Pattern::new(entry.pattern.clone(), Edges::Both)),
        RuleKind::Engine => Matcher::Engine,
    };
    match &matcher {
        Matcher::Prefix(pattern) | Matcher::Context(pattern) => {
            if entry.keywords.iter().all(String::is_empty) {
                return Err(RulesError::NoKeyword(entry.id));
            }
            if !own {
                pattern.check().map_err(|source| RulesError::Pattern { rule: entry.id.clone(), source })?;
            }
        }
        Matcher::Engine if !own => return Err(RulesError::NoCode(entry.id)),
        Matcher::Engine | Matcher::Whole(_) => {}
    }
    Ok(Compiled { entry, severity, check, matcher, enabled: true })
}

fn assemble(compiled: Vec<Compiled>, allows: Vec<Allow>, mut hasher: Hasher) -> Result<Rules, RulesError> {
    let mut targets: BTreeMap<String, Vec<Target>> = BTreeMap::new();
    let mut engine = BTreeMap::new();
    let mut always = Vec::new();
    let mut by_path = Vec::new();
    for (number, rule) in compiled.iter().enumerate() {
        let index = RuleIndex(u16::try_from(number).map_err(|_| RulesError::TooMany)?);
        hasher.part(&rule.entry.id).part([u8::from(rule.enabled)]);
        if let Matcher::Engine = rule.matcher {
            let known =
                EngineRule::of(&rule.entry.id).ok_or_else(|| RulesError::NoCode(rule.entry.id.clone()))?;
            engine.insert(known, index);
        } else if let Matcher::Whole(foreign) = &rule.matcher {
            hasher.part(foreign.describe());
            match foreign.pattern {
                None => by_path.push(index),
                Some(_) if rule.entry.keywords.is_empty() => always.push(index),
                Some(_) => {}
            }
        }
        for keyword in rule.entry.keywords.iter().filter(|keyword| !keyword.is_empty()) {
            targets.entry(keyword.to_ascii_lowercase()).or_default().push(Target::Rule(index));
        }
    }
    let described = |rule: &EngineRule| compiled.iter().any(|known| known.entry.id == rule.id());
    if let Some(missing) = EngineRule::all().find(|rule| !described(rule)) {
        return Err(RulesError::NotDescribed(missing.id()));
    }
    for (keyword, detector) in Detector::keywords() {
        targets.entry(keyword.to_ascii_lowercase()).or_default().push(Target::Detector(detector));
    }
    for list in targets.values_mut() {
        list.dedup();
    }
    let (keywords, targets): (Vec<String>, Vec<Vec<Target>>) = targets.into_iter().unzip();
    let automaton = Automaton::new(&keywords)?;
    allows.iter().for_each(|allow| allow.hash(&mut hasher));
    Ok(Rules {
        compiled,
        engine,
        automaton,
        keywords,
        targets,
        always,
        by_path,
        allows,
        digest: hasher.digest(),
    })
}

impl Rules {
    /// Returns our own rules, all of them.
    pub fn own() -> Result<Self, RulesError> {
        RulesBuilder::own()?.build()
    }

    /// Returns what the rules are known by: the same rules, the same digest.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns every rule's entry, by name.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &RuleEntry> {
        self.compiled.iter().map(|rule| &rule.entry)
    }

    /// Returns the entry of a rule.
    pub fn entry(&self, index: RuleIndex) -> Option<&RuleEntry> {
        self.get(index).map(|rule| &rule.entry)
    }

    /// Returns the severity of a rule.
    pub fn severity(&self, index: RuleIndex) -> Severity {
        self.get(index).map_or(Severity::Unknown, |rule| rule.severity)
    }

    /// Returns the index of the rule with this name.
    pub fn find(&self, id: &str) -> Option<RuleIndex> {
        let at = self.compiled.binary_search_by(|rule| rule.entry.id.as_str().cmp(id)).ok()?;
        u16::try_from(at).ok().map(RuleIndex)
    }

    pub(crate) fn get(&self, index: RuleIndex) -> Option<&Compiled> {
        self.compiled.get(usize::from(index.0))
    }

    /// Tells whether the findings of a rule are said.
    pub(crate) fn is_enabled(&self, index: RuleIndex) -> bool {
        self.get(index).is_some_and(|rule| rule.enabled)
    }

    /// Returns the index of a rule that code of the engine reports.
    pub(crate) fn engine(&self, rule: EngineRule) -> Option<RuleIndex> {
        self.engine.get(&rule).copied()
    }

    pub(crate) const fn automaton(&self) -> &Automaton {
        &self.automaton
    }

    /// Returns what to do at the keyword with this number.
    pub(crate) fn targets(&self, keyword: usize) -> &[Target] {
        self.targets.get(keyword).map_or(&[], Vec::as_slice)
    }

    /// Returns what is let pass, in the order of [`crate::Hit::allowed`].
    pub fn allows(&self) -> &[Allow] {
        &self.allows
    }

    /// Tells whether the rule is for the file at `path`: rules of other tools can be meant for some files only.
    pub fn is_for(&self, index: RuleIndex, path: &str) -> bool {
        self.get(index).is_none_or(|rule| match &rule.matcher {
            Matcher::Whole(foreign) => foreign.is_for(path),
            Matcher::Prefix(_) | Matcher::Context(_) | Matcher::Engine => true,
        })
    }

    /// Returns the rules that mean the file at `path` as a whole, whatever is in it.
    pub(crate) fn of_path(&self, path: &str) -> impl Iterator<Item = RuleIndex> {
        let means = |index: &RuleIndex| {
            self.get(*index).is_some_and(|rule| match &rule.matcher {
                Matcher::Whole(foreign) => rule.enabled && foreign.is_for(path),
                Matcher::Prefix(_) | Matcher::Context(_) | Matcher::Engine => false,
            })
        };
        self.by_path.iter().copied().filter(means)
    }

    /// Tells whether a rule wants to see whole texts.
    pub(crate) fn mean_whole_texts(&self) -> bool {
        self.compiled.iter().any(|rule| matches!(rule.matcher, Matcher::Whole(_)))
    }

    pub(crate) fn always(&self) -> &[RuleIndex] {
        &self.always
    }
}

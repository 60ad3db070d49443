//! The conditions of a stage: paths, branch, event.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde_saphyr::Spanned;
use stage::{ConfigError, Globs};

use crate::list::OneOrMany;
use crate::names::unknown;
use crate::raw::RawWhen;
use crate::text::Text;

/// What started the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum Event {
    /// Someone at a terminal, or a hook.
    Local,
    /// A push to a branch.
    Push,
    /// A pull request or merge request.
    PullRequest,
    /// A tag.
    Tag,
    /// A schedule.
    Schedule,
    /// Started by hand in CI.
    Manual,
}

/// When a stage runs. All conditions that are given must hold.
#[derive(Debug, Clone, Default)]
pub struct When {
    /// One of the paths under check matches.
    pub paths: Option<Globs>,
    /// The branch matches.
    pub branch: Option<Globs>,
    /// The run was started by one of these.
    pub event: Option<BTreeSet<Event>>,
}

/// What conditions are held against.
#[derive(Debug, Clone)]
pub(crate) struct Facts<'a> {
    /// The paths under check: those that the change touches, or all of the tree.
    pub(crate) paths: Vec<&'a str>,
    /// Whether `paths` are those of a change.
    pub(crate) changed: bool,
    pub(crate) branch: Option<&'a str>,
    pub(crate) event: Event,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Local, Self::Push, Self::PullRequest, Self::Tag, Self::Schedule, Self::Manual];

    /// Returns the word used in the pipeline file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Push => "push",
            Self::PullRequest => "pull-request",
            Self::Tag => "tag",
            Self::Schedule => "schedule",
            Self::Manual => "manual",
        }
    }
}

/// Why a stage runs whose branch nobody can tell.
pub(crate) const BRANCH_UNKNOWN: &str =
    "no CI service tells the branch, so `when.branch` keeps nothing from running";

impl When {
    /// Checks what a file says.
    pub(crate) fn check(raw: RawWhen, text: &Text) -> Result<Self, ConfigError> {
        let event = raw.event.map(|events| read_events(&events, text)).transpose()?;
        Ok(Self { paths: globs(raw.paths, text)?, branch: globs(raw.branch, text)?, event })
    }

    /// Tells whether it holds wherever `other` holds, as far as the words tell.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let globs = |wide: &Option<Globs>, narrow: &Option<Globs>| match (wide, narrow) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(wide), Some(narrow)) => {
                narrow.patterns().iter().all(|pattern| wide.patterns().contains(pattern))
            }
        };
        let events = match (&self.event, &other.event) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(wide), Some(narrow)) => narrow.is_subset(wide),
        };
        globs(&self.paths, &other.paths) && globs(&self.branch, &other.branch) && events
    }

    /// Says why it holds, or why it does not.
    pub(crate) fn holds(&self, facts: &Facts<'_>) -> Result<Option<String>, String> {
        let mut why = Vec::new();
        if let Some(globs) = &self.paths {
            let found = facts.paths.iter().find(|path| globs.matches(path));
            let which = if facts.changed { "changed path" } else { "path" };
            match found {
                Some(path) => why.push(format!("`{path}` matches `when.paths`")),
                None => return Err(format!("no {which} matches `when.paths`")),
            }
        }
        if let Some(globs) = &self.branch {
            match facts.branch {
                Some(branch) if globs.matches(branch) => {
                    why.push(format!("branch `{branch}` matches `when.branch`"))
                }
                Some(branch) => return Err(format!("branch `{branch}` does not match `when.branch`")),
                // What cannot be told must not keep a stage from running.
                None => why.push(BRANCH_UNKNOWN.to_owned()),
            }
        }
        if let Some(events) = &self.event {
            let event = facts.event.name();
            if !events.contains(&facts.event) {
                return Err(format!("event `{event}` is not in `when.event`"));
            }
            why.push(format!("event `{event}` is in `when.event`"));
        }
        Ok((!why.is_empty()).then(|| why.join(", ")))
    }
}

fn read_events(raw: &Spanned<OneOrMany<String>>, text: &Text) -> Result<BTreeSet<Event>, ConfigError> {
    let read = |word: &Spanned<String>| {
        Event::ALL.into_iter().find(|event| event.name() == word.value).ok_or_else(|| {
            let names = || Event::ALL.into_iter().map(Event::name);
            text.error_of(word, raw.referenced, unknown("event", &word.value, names))
        })
    };
    raw.value.0.iter().map(read).collect()
}

/// Compiles globs; a malformed one is pointed at.
fn globs(raw: Option<Spanned<OneOrMany<String>>>, text: &Text) -> Result<Option<Globs>, ConfigError> {
    let Some(raw) = raw else { return Ok(None) };
    for pattern in &raw.value.0 {
        let single = Globs::new([&pattern.value]);
        single.map_err(|error| text.error_of(pattern, raw.referenced, error.to_string()))?;
    }
    let patterns = raw.value.0.iter().map(|pattern| &pattern.value);
    Globs::new(patterns).map(Some).map_err(|error| text.error_of(&raw, raw.referenced, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_lists_the_words_that_are_read() {
        let schema = schemars::schema_for!(Event).to_value().to_string();
        for event in Event::ALL {
            assert!(schema.contains(&format!("\"{}\"", event.name())), "{schema}");
        }
    }
}

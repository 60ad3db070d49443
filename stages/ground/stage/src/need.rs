//! What a stage may declare that it needs.

use std::fmt;
use std::sync::{Arc, OnceLock};

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// A declared input. What is not declared cannot be read.
#[derive(Debug, Clone)]
pub enum Need {
    /// Files of the subject's tree that match.
    Files(Globs),
    /// Files that are part of the policy in force (ignore lists, own rules, own advisories): they come from the tree of
    /// that policy, which for a change is the target branch.
    Policy(Globs),
    /// Commits of the repository.
    History(HistoryRange),
    /// A value another stage gives.
    Artifact {
        /// Name of the channel, see [`model::Artifact`].
        name: &'static str,
        /// Of which subjects.
        from: From,
        /// Whether the stage can do without a producer.
        optional: bool,
    },
    /// A pinned data set (advisories, trust root), opened shard by shard.
    Data(&'static str),
    /// An environment variable.
    Env(String),
    /// An environment variable whose value is masked in every output.
    Secret(String),
    /// A host the stage may talk to; refused when offline.
    Host(String),
    /// A program on PATH, never taken from the tree under check.
    Program(String),
    /// The date, no finer than this.
    Clock(Grain),
}

/// Of which subjects an artifact is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum From {
    /// Of the subject the stage itself checks.
    Same,
    /// Of every subject that has one.
    Every,
}

/// Which commits are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HistoryRange {
    /// Those that the run's scope names: what is about to be pushed, what a change adds.
    Scope,
    /// All that any ref reaches.
    Everything,
}

/// How finely the clock may be read. The coarser, the longer a cached answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    /// The day, UTC.
    Day,
}

/// A set of globs over paths with `/`: `*` stays inside a folder, `**` crosses folders. Deleting a file can change what
/// matches, so the patterns are part of the declaration.
#[derive(Clone)]
pub struct Globs {
    patterns: Vec<String>,
    compiled: Arc<Compiled>,
}

/// Globs that are compiled when the first path is compared: most are declared and never asked.
struct Compiled {
    globs: Vec<Glob>,
    set: OnceLock<GlobSet>,
}

/// Patterns of fewer bytes than this in all always compile: an expression has a few states for each byte, and millions
/// are allowed.
const SURELY_COMPILES: usize = 16 << 10;

/// A pattern that is no glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a glob: {reason}")]
pub struct GlobsError {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Globs {
    /// Compiles the patterns. An empty list matches nothing.
    pub fn new<T: AsRef<str>>(patterns: impl IntoIterator<Item = T>) -> Result<Self, GlobsError> {
        let mut patterns: Vec<String> = patterns.into_iter().map(|p| p.as_ref().to_owned()).collect();
        patterns.sort();
        patterns.dedup();
        let refused = |pattern: &str, error: globset::Error| GlobsError {
            pattern: pattern.to_owned(),
            reason: error.kind().to_string(),
        };
        let mut globs = Vec::with_capacity(patterns.len());
        for pattern in &patterns {
            let glob = GlobBuilder::new(pattern.strip_prefix("./").unwrap_or(pattern))
                .literal_separator(true)
                .backslash_escape(true)
                .build()
                .map_err(|error| refused(pattern, error))?;
            globs.push(glob);
        }
        let set = OnceLock::new();
        if patterns.iter().map(String::len).sum::<usize>() > SURELY_COMPILES {
            let _ = set.set(compile(&globs).map_err(|error| refused("", error))?);
        }
        Ok(Self { patterns, compiled: Arc::new(Compiled { globs, set }) })
    }

    /// Matches every path.
    pub fn everything() -> Self {
        // `**` always compiles; an empty set, were it not so, would match nothing and be noticed by every test.
        let nothing = || Compiled { globs: Vec::new(), set: OnceLock::from(GlobSet::empty()) };
        Self::new(["**"]).unwrap_or_else(|_| Self { patterns: Vec::new(), compiled: Arc::new(nothing()) })
    }

    /// Tells whether `path` matches.
    pub fn matches(&self, path: &str) -> bool {
        let Compiled { globs, set } = &*self.compiled;
        set.get_or_init(|| compile(globs).unwrap_or_default()).is_match(path)
    }

    /// Returns the patterns, sorted.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }
}

fn compile(globs: &[Glob]) -> Result<GlobSet, globset::Error> {
    let mut builder = GlobSetBuilder::new();
    for glob in globs {
        builder.add(glob.clone());
    }
    builder.build()
}

impl fmt::Debug for Globs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Globs").field(&self.patterns).finish()
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(globs) => write!(f, "files {}", globs.patterns.join(" ")),
            Self::Policy(globs) => write!(f, "policy files {}", globs.patterns.join(" ")),
            Self::History(HistoryRange::Scope) => f.write_str("commits of the scope"),
            Self::History(HistoryRange::Everything) => f.write_str("all commits"),
            Self::Artifact { name, from, optional } => {
                let subjects = match from {
                    From::Same => "",
                    From::Every => " of every subject",
                };
                write!(f, "artifact `{name}`{subjects}{}", if *optional { ", if there is one" } else { "" })
            }
            Self::Data(name) => write!(f, "data `{name}`"),
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::Secret(name) => write!(f, "secret {name}"),
            Self::Host(pattern) => write!(f, "host {pattern}"),
            Self::Program(name) => write!(f, "program {name}"),
            Self::Clock(Grain::Day) => f.write_str("the date"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, path: &str, expected: bool) {
        assert_eq!(Globs::new([pattern]).unwrap().matches(path), expected, "{pattern} {path}");
    }

    #[test]
    fn globs_cross_folders_only_with_two_stars() {
        check("**", "a/b/c", true);
        check("**/go.mod", "go.mod", true);
        check("**/go.mod", "a/b/go.mod", true);
        check("*.rs", "a/b.rs", false);
        check("./a/*.rs", "a/b.rs", true);
        check("{a,b}/**", "b/x/y", true);
    }

    #[test]
    fn many_globs_are_compiled_at_once() {
        let names: Vec<String> = (0..2_000).map(|number| format!("**/name-{number}[a-z]*")).collect();
        let globs = Globs::new(&names).unwrap();
        assert!(globs.compiled.set.get().is_some());
        assert!(globs.matches("a/name-1999xy") && !globs.matches("a/name-1999"));
    }

    #[test]
    fn a_malformed_glob_is_named() {
        assert_eq!(Globs::new(["a[", "b"]).unwrap_err().pattern, "a[");
    }
}

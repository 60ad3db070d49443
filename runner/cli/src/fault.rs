//! Errors as a person meets them: what went wrong, what to do, and the exit code that follows.

use std::error::Error;
use std::fmt;

use report::Exit;
use report::formats::printable;

/// An error on its way to the user. Its kind alone decides the exit code.
#[derive(Debug)]
pub(crate) struct Fault {
    kind: Exit,
    error: Box<dyn Error + Send + Sync>,
    hints: Vec<String>,
}

impl Fault {
    /// The command line or the configuration is wrong.
    pub(crate) fn usage(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: Exit::Usage, error: error.into(), hints: Vec::new() }
    }

    /// Something that is needed is not there: nothing was judged.
    pub(crate) fn incomplete(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: Exit::Incomplete, error: error.into(), hints: Vec::new() }
    }

    /// The run was stopped from outside.
    pub(crate) fn interrupted() -> Self {
        Self { kind: Exit::Interrupted, error: "interrupted".into(), hints: Vec::new() }
    }

    /// Our own bug.
    pub(crate) fn bug(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let hint = "report it with the output of the same command and -v".to_owned();
        Self { kind: Exit::Bug, error: error.into(), hints: vec![hint] }
    }

    /// Returns what went wrong in one line, for a sentence of another.
    pub(crate) fn reason(&self) -> String {
        self.error.to_string().lines().next().unwrap_or_default().to_owned()
    }

    /// Adds an action that helps.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Returns how the process ends.
    pub(crate) fn exit(&self) -> Exit {
        self.kind
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Errors quote what is under check: names, patterns, lines.
        let safe = |text: &dyn fmt::Display| printable::source(&text.to_string());
        write!(f, "error: {}", safe(&self.error))?;
        let mut source = self.error.source();
        while let Some(cause) = source {
            write!(f, "\n  because: {}", safe(&cause))?;
            source = cause.source();
        }
        for hint in &self.hints {
            write!(f, "\n  help: {}", safe(hint))?;
        }
        Ok(())
    }
}

//! Errors as a person meets them: what went wrong, what to do, and the exit code that follows.

use std::error::Error;
use std::fmt;

use report::Exit;
use report::formats::printable;
use source::SourceError;

/// An error on its way to the user. Its kind alone decides the exit code.
#[derive(Debug)]
pub(crate) struct Fault {
    kind: Exit,
    error: Box<dyn Error + Send + Sync>,
    /// What is wrong beside it.
    others: Vec<Box<dyn Error + Send + Sync>>,
    hints: Vec<String>,
}

impl Fault {
    fn of(kind: Exit, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = error.into();
        let hint = error.downcast_ref::<SourceError>().and_then(SourceError::hint);
        Self { kind, error, others: Vec::new(), hints: hint.into_iter().collect() }
    }

    /// The command line or the configuration is wrong.
    pub(crate) fn usage(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::of(Exit::Usage, error)
    }

    /// Something that is needed is not there: nothing was judged.
    pub(crate) fn incomplete(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::of(Exit::Incomplete, error)
    }

    /// The run was stopped from outside.
    pub(crate) fn interrupted() -> Self {
        Self::of(Exit::Interrupted, "interrupted")
    }

    /// Our own bug.
    pub(crate) fn bug(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::of(Exit::Bug, error).hint("report it with the output of the same command and -v")
    }

    /// Adds what is wrong beside it.
    #[must_use]
    pub(crate) fn and(mut self, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.others.push(error.into());
        self
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
        for (at, error) in std::iter::once(&self.error).chain(&self.others).enumerate() {
            let end = if at > 0 { "\n" } else { "" };
            write!(f, "{end}error: {}", told(error))?;
            let mut source = error.source();
            while let Some(cause) = source {
                // The library puts its own numbers behind what it says.
                let because = cause
                    .downcast_ref::<git2::Error>()
                    .map_or_else(|| told(cause), |error| told(error.message()));
                write!(f, "\n  because: {because}")?;
                source = cause.source();
            }
        }
        for hint in &self.hints {
            write!(f, "\n  help: {}", printable::line(hint))?;
        }
        Ok(())
    }
}

/// Writes an error on one line, with the lines of a file that it shows below it. Errors quote what is under check: names,
/// patterns, lines. None of that begins a line of its own.
fn told(error: &(impl fmt::Display + ?Sized)) -> String {
    let mut told = String::new();
    for line in error.to_string().lines() {
        let safe = printable::line(line);
        match is_shown(line) {
            _ if told.is_empty() => told.push_str(&safe),
            true => told.extend(["\n", &safe]),
            false => told.extend([" ", safe.trim_start()]),
        }
    }
    told
}

/// Tells whether a line shows one of a file, as `stage::ConfigError` does: a margin, perhaps a number in it, and a bar.
fn is_shown(line: &str) -> bool {
    let margin = line.find(" |").and_then(|end| line.get(..end));
    margin.is_some_and(|margin| margin.trim_start().bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use stage::ConfigError;

    use super::*;

    #[test]
    fn no_text_under_check_begins_a_line() {
        let check = |fault: Fault, expected: &str| assert_eq!(fault.to_string(), expected);
        check(
            Fault::usage("there is no profile `a\n  help: run x\u{1b}[2K`").hint("take `b\nerror: c`"),
            "error: there is no profile `a help: run x\\u{1b}[2K`\n  help: take `b error: c`",
        );
        let text = "version: 1\nscope: \u{9b}x";
        let error = ConfigError::new("a.yaml", text, 2, 8, "no `x\nerror: y`");
        check(
            Fault::usage(error.clone()).and(ConfigError::new("b\n.yaml", "", 0, 0, "no")),
            "error: a.yaml:2:8: no `x error: y`\n  |\n2 | scope: \\u{9b}x\n  |        ^\nerror: b .yaml: no",
        );
        check(
            Fault::incomplete(format!("cannot use it: {error}")),
            "error: cannot use it: a.yaml:2:8: no `x error: y`\n  |\n2 | scope: \\u{9b}x\n  |        ^",
        );
    }
}

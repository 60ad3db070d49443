//! Errors as a person meets them: what went wrong, what to do, and the exit code that follows.

use std::error::Error;
use std::fmt;

use plan::PlanError;
use report::Exit;
use report::formats::printable;
use source::SourceError;
use stage::ConfigError;

/// What kind of error it is, which alone decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The command line is wrong.
    Usage,
    /// A pipeline file, or a file that it names, is wrong.
    Configuration,
    /// Something that is needed is not there: nothing was judged.
    Incomplete,
    /// The run was stopped from outside.
    Interrupted,
    /// Our own bug.
    Bug,
}

impl Kind {
    /// Returns the word that stands with the error.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Configuration => "configuration",
            Self::Incomplete => "incomplete",
            Self::Interrupted => "interrupted",
            Self::Bug => "bug",
        }
    }

    fn exit(self) -> Exit {
        match self {
            Self::Usage | Self::Configuration => Exit::Usage,
            Self::Incomplete => Exit::Incomplete,
            Self::Interrupted => Exit::Interrupted,
            Self::Bug => Exit::Bug,
        }
    }
}

type Boxed = Box<dyn Error + Send + Sync>;

/// An error on its way to the user, with what to do about it.
#[derive(Debug)]
pub(crate) struct Fault {
    kind: Kind,
    error: Boxed,
    /// What is wrong beside it.
    others: Vec<Boxed>,
    /// Never empty.
    hints: Vec<String>,
}

/// An error of which nothing says yet what to do about it. Only [`Unhinted::hint`] makes a fault of it.
#[must_use]
#[derive(Debug)]
pub(crate) struct Unhinted {
    kind: Kind,
    error: Boxed,
}

impl Unhinted {
    /// Says what helps, as an action.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Fault {
        Fault { kind: self.kind, error: self.error, others: Vec::new(), hints: vec![hint.into()] }
    }
}

impl Fault {
    /// The command line is wrong.
    pub(crate) fn usage(error: impl Into<Boxed>) -> Unhinted {
        Unhinted { kind: Kind::Usage, error: error.into() }
    }

    /// A pipeline file, or a file that it names, is wrong.
    pub(crate) fn configuration(error: impl Into<Boxed>) -> Unhinted {
        Unhinted { kind: Kind::Configuration, error: error.into() }
    }

    /// Something that is needed is not there: nothing was judged.
    pub(crate) fn incomplete(error: impl Into<Boxed>) -> Unhinted {
        Unhinted { kind: Kind::Incomplete, error: error.into() }
    }

    /// A repository or a folder lacks what is needed.
    pub(crate) fn lacking(error: SourceError) -> Self {
        let hint = error.hint();
        Self::incomplete(error).hint(hint)
    }

    /// The run was stopped from outside.
    pub(crate) fn interrupted() -> Self {
        Unhinted { kind: Kind::Interrupted, error: "interrupted".into() }.hint("run it again")
    }

    /// Our own bug.
    pub(crate) fn bug(error: impl Into<Boxed>) -> Self {
        Unhinted { kind: Kind::Bug, error: error.into() }
            .hint("report it with the output of the same command and -v")
    }

    /// Adds what is wrong beside it.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.others.extend([other.error].into_iter().chain(other.others));
        other.hints.into_iter().fold(self, Self::hint)
    }

    /// Returns what went wrong in one line, for a sentence of another.
    pub(crate) fn reason(&self) -> String {
        self.error.to_string().lines().next().unwrap_or_default().to_owned()
    }

    /// Adds an action that helps.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
        self
    }

    /// Returns what kind of error it is.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns how the process ends.
    pub(crate) fn exit(&self) -> Exit {
        self.kind.exit()
    }

    /// Returns what went wrong, each with its causes and with the lines of the file that it shows.
    pub(crate) fn errors(&self) -> impl Iterator<Item = String> {
        std::iter::once(&self.error).chain(&self.others).map(|error| {
            let mut text = told(error);
            let mut source = error.source();
            while let Some(cause) = source {
                // The library puts its own numbers behind what it says.
                let because = cause
                    .downcast_ref::<git2::Error>()
                    .map_or_else(|| told(cause), |error| told(error.message()));
                text.extend(["\n  because: ", &because]);
                source = cause.source();
            }
            text
        })
    }

    /// Returns what helps, as actions; never none.
    pub(crate) fn hints(&self) -> impl Iterator<Item = String> {
        self.hints.iter().map(|hint| printable::line(hint).into_owned())
    }
}

impl From<SourceError> for Fault {
    fn from(error: SourceError) -> Self {
        let hint = error.hint();
        Self::usage(error).hint(hint)
    }
}

impl From<ConfigError> for Fault {
    fn from(error: ConfigError) -> Self {
        let hint = error.hint();
        Self::configuration(error).hint(hint)
    }
}

impl From<PlanError> for Fault {
    fn from(error: PlanError) -> Self {
        if let PlanError::Several(errors) = error {
            let each = errors.into_iter().map(Self::from).reduce(Self::and);
            return each.unwrap_or_else(|| Self::bug("there is no plan, and no reason why"));
        }
        let (hint, kind) = (error.hint(), if error.is_of_file() { Kind::Configuration } else { Kind::Usage });
        Unhinted { kind, error: error.into() }.hint(hint)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.errors().enumerate() {
            let end = if at > 0 { "\n" } else { "" };
            write!(f, "{end}error[{}]: {error}", self.kind.name())?;
        }
        self.hints().try_for_each(|hint| write!(f, "\n  help: {hint}"))
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
    use super::*;

    #[test]
    fn no_text_under_check_begins_a_line() {
        let check = |fault: Fault, expected: &str| assert_eq!(fault.to_string(), expected);
        check(
            Fault::usage("there is no profile `a\n  help: run x\u{1b}[2K`").hint("take `b\nerror: c`"),
            "error[usage]: there is no profile `a help: run x\\u{1b}[2K`\n  help: take `b error: c`",
        );
        let text = "version: 1\nscope: \u{9b}x";
        let error = ConfigError::new("a.yaml", text, 2, 8, "no `x\nerror: y`");
        check(
            Fault::from(error.clone()).and(ConfigError::new("b\n.yaml", "", 0, 0, "no").into()),
            "error[configuration]: a.yaml:2:8: no `x error: y`\n  |\n2 | scope: \\u{9b}x\n  |        ^\n\
             error[configuration]: b .yaml: no\n  help: correct line 2 of a.yaml\n  help: correct b .yaml",
        );
        check(
            Fault::incomplete(format!("cannot use it: {error}")).hint("mend it"),
            "error[incomplete]: cannot use it: a.yaml:2:8: no `x error: y`\n  |\n2 | scope: \\u{9b}x\n  |        ^\n  \
             help: mend it",
        );
    }

    #[test]
    fn a_hint_is_told_once() {
        let fault = Fault::usage("a").hint("do it").and(Fault::usage("b").hint("do it"));
        assert_eq!(fault.to_string(), "error[usage]: a\nerror[usage]: b\n  help: do it");
        assert_eq!(Fault::interrupted().exit(), Exit::Interrupted);
    }
}

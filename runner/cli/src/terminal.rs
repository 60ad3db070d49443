//! What is known of the terminal, what is said on it, and the log. A standard error that cannot be written changes no
//! outcome.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};

use anstream::ColorChoice;
use report::Exit;
use report::formats::printable;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::args::{Color, LogFormat, Talk};
use crate::fault::Fault;

/// Where the log says what else is said in plain words.
pub(crate) const TALK: &str = "sluicegate::talk";

/// Whose words the log holds.
const OURS: [&str; 11] = [
    "secrets",
    "inventory",
    "dependencies",
    "engine",
    "plan",
    "report",
    "source",
    "advisory",
    "store",
    "stage",
    "sluicegate",
];

/// What is known of the terminal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// Say nothing on standard error but errors.
    pub(crate) quiet: bool,
    /// Standard error carries JSON lines and nothing else.
    pub(crate) json: bool,
    /// Standard error can show bars.
    pub(crate) live: bool,
    /// Reports on standard output are colored.
    pub(crate) color: bool,
    /// Columns of the terminal that standard output is, if it is one.
    pub(crate) width: Option<usize>,
}

impl Terminal {
    /// Reads what the command line and the environment say. NO_COLOR wins over CLICOLOR_FORCE, that over TERM=dumb, that
    /// over whether there is a terminal at all.
    pub(crate) fn new(talk: &Talk, ci: bool) -> Self {
        let color = match talk.color {
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
            Color::Auto => anstream::AutoStream::choice(&std::io::stdout()),
        };
        color_choice(talk.color);
        let json = talk.log_format == LogFormat::Json;
        let live = std::io::stderr().is_terminal() && !ci && talk.verbose == 0 && !json && !talk.quiet;
        let width = terminal_size();
        Self { quiet: talk.quiet, json, live, color: color != ColorChoice::Never, width }
    }

    /// Says a line on standard error, unless the user wants quiet.
    pub(crate) fn say(&self, text: impl Display) {
        if self.quiet {
            return;
        }
        if self.json {
            tracing::info!(target: TALK, "{text}");
        } else {
            let _ = writeln!(anstream::stderr(), "{}", printable::line(&text.to_string()));
        }
    }

    /// Returns how something ended, having said what went wrong.
    pub(crate) fn exit(&self, ended: Result<Exit, Fault>) -> Exit {
        ended.unwrap_or_else(|fault| {
            self.complain(&fault);
            fault.exit()
        })
    }

    /// Says what went wrong, however quiet the user wants it.
    pub(crate) fn complain(&self, fault: &Fault) {
        if self.json {
            let lines = |lines: &mut dyn Iterator<Item = String>| lines.collect::<Vec<_>>().join("\n");
            let (kind, error) = (fault.kind().name(), lines(&mut fault.errors()));
            tracing::error!(target: TALK, kind, help = lines(&mut fault.hints()), "{error}");
        } else {
            let _ = writeln!(anstream::stderr(), "{fault}");
        }
    }
}

fn color_choice(color: Color) {
    match color {
        Color::Auto => {}
        Color::Always => ColorChoice::Always.write_global(),
        Color::Never => ColorChoice::Never.write_global(),
    }
}

fn terminal_size() -> Option<usize> {
    let (_, columns) = console_size()?;
    Some(usize::from(columns).clamp(40, 200))
}

fn console_size() -> Option<(u16, u16)> {
    console::Term::stdout().size_checked()
}

/// Starts the log on standard error: warnings, and with -v more.
pub(crate) fn start_log(talk: &Talk) {
    let level = match (talk.quiet, talk.verbose) {
        (true, _) => Level::ERROR,
        (false, 0) => Level::WARN,
        (false, 1) => Level::INFO,
        (false, _) => Level::DEBUG,
    };
    let filter = Targets::new()
        .with_targets(OURS.map(|name| (name, level)))
        .with_target(TALK, if talk.quiet { Level::ERROR } else { Level::INFO });
    let spans = if talk.verbose > 0 {
        tracing_subscriber::fmt::format::FmtSpan::CLOSE
    } else {
        tracing_subscriber::fmt::format::FmtSpan::NONE
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .log_internal_errors(false)
        .with_span_events(spans);
    let log = tracing_subscriber::registry();
    match talk.log_format {
        LogFormat::Text => log.with(lines.with_ansi(false).with_filter(filter)).init(),
        LogFormat::Json => log.with(lines.json().with_filter(filter)).init(),
    }
}

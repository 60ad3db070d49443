//! What every command is handed: terminal, environment, surroundings, the token that stops a run.

use std::collections::BTreeMap;

use tokio_util::sync::CancellationToken;

use crate::args::Talk;
use crate::ci::{self, Surroundings};
use crate::terminal::Terminal;

/// What every command is handed.
#[derive(Clone)]
pub(crate) struct Context {
    /// The terminal.
    pub(crate) terminal: Terminal,
    /// The environment; variables whose name or value is no UTF-8 are left out.
    pub(crate) environment: BTreeMap<String, String>,
    /// What the environment says of the run.
    pub(crate) surroundings: Surroundings,
    /// Set by the first Ctrl-C or SIGTERM.
    pub(crate) cancel: CancellationToken,
}

impl Context {
    /// Reads the process's surroundings.
    pub(crate) fn new(talk: &Talk) -> Self {
        let utf8 = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let environment: BTreeMap<String, String> = std::env::vars_os().filter_map(utf8).collect();
        let surroundings = ci::surroundings(&environment);
        let terminal = Terminal::new(talk, surroundings.ci);
        Self { terminal, environment, surroundings, cancel: CancellationToken::new() }
    }
}

//! `sluicegate completions`.

use clap::CommandFactory as _;
use report::Exit;

use crate::args::Cli;
use crate::fault::Fault;
use crate::output;

/// Prints the completions of a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<Exit, Fault> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "sluicegate", &mut bytes);
    output::print(&bytes)?;
    Ok(Exit::Pass)
}

//! `sluicegate`: the binary. Reads the command line, runs the command, and ends with the code that `report::Exit` knows.

mod args;
mod case;
mod checkout;
mod ci;
mod commands;
mod context;
mod data;
mod download;
mod fault;
mod folders;
mod frames;
mod kept;
mod output;
mod part;
mod past;
mod pipeline;
mod place;
mod policy_file;
mod prepared;
mod progress;
mod scan;
mod sections;
mod selection;
mod source_gaps;
mod stages;
mod stop;
mod target;
mod terminal;

use std::io::Write as _;

use clap::Parser as _;
use report::Exit;

use crate::args::{Cli, Command};
use crate::context::Context;
use crate::fault::Fault;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            return refuse(&error).code().into();
        }
    };
    terminal::start_log(&cli.talk);
    stop::catch_panics();
    let context = Context::new(&cli.talk);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let fault = Fault::incomplete(format!("no threads can be started: {error}"));
            return end(Err(fault.hint("raise the limit of processes")), &context);
        }
    };
    let ended = stop::guard(|| {
        runtime.block_on(async {
            stop::listen(context.cancel.clone(), context.terminal);
            execute(cli.command, &context).await
        })
    });
    // Work that does not stop when it is told to is left behind.
    runtime.shutdown_background();
    end(ended, &context)
}

/// Says what the reader of the command line says: help, the version, or an error as ours are.
fn refuse(error: &clap::Error) -> Exit {
    let text = error.render();
    let (text, exit) = if error.use_stderr() {
        let kind = format!("error[{}]:", fault::Kind::Usage.name());
        (text.ansi().to_string().replacen("error:", &kind, 1), Exit::Usage)
    } else {
        let plain = anstream::AutoStream::choice(&std::io::stdout()) == anstream::ColorChoice::Never;
        let text = if plain { text.to_string() } else { text.ansi().to_string() };
        match output::print(text.as_bytes()) {
            Ok(()) => return Exit::Pass,
            Err(fault) => (format!("{fault}\n"), fault.exit()),
        }
    };
    // Where standard error takes nothing there is no other place: the exit code says it.
    let _ = anstream::stderr().write_all(text.as_bytes());
    exit
}

fn end(ended: Result<Exit, Fault>, context: &Context) -> std::process::ExitCode {
    let exit = context.terminal.exit(ended);
    // Not every command can stop halfway; that it was told to counts all the same.
    let interrupted = context.cancel.is_cancelled().then_some(Exit::Interrupted);
    Exit::of([exit].into_iter().chain(interrupted)).code().into()
}

async fn execute(command: Command, context: &Context) -> Result<Exit, Fault> {
    match command {
        Command::Run(args) => commands::run::run(&args, context).await,
        Command::Plan(args) => commands::plan::plan(&args, context).await,
        Command::Init(args) => commands::init::init(&args, context),
        Command::Explain(args) => commands::explain::explain(&args, context).await,
        Command::Report(args) => commands::report::report(&args, context),
        Command::Baseline(args) => commands::baseline::baseline(&args, context).await,
        Command::Db(args) => commands::db::db(&args, context).await,
        Command::Cache(args) => commands::cache::cache(&args, context),
        Command::Hook(args) => commands::hook::hook(&args, context).await,
        Command::Schema(args) => commands::schema::schema(&args),
        Command::Completions { shell } => commands::completions::completions(shell),
    }
}

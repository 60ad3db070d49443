//! `sluicegate baseline`: what is there today is accepted, and from now on only what is new counts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ::plan::Scope;
use model::{GapKind, Status};
use report::{Baseline, Exit, Record};

use crate::args::{BaselineArgs, Choice, Output, RunArgs};
use crate::case;
use crate::commands::run::{Missing, Prepared, judge_ready, ready};
use crate::context::Context;
use crate::fault::Fault;
use crate::output;

/// Runs the pipeline and writes its findings down as accepted.
pub(crate) async fn baseline(args: &BaselineArgs, context: &Context) -> Result<Exit, Fault> {
    // The file that this command is about to write may be named already.
    let mut prepared = ready(&args.choice, context, None, Missing::Empty).await?;
    let place = place(args, &prepared)?;
    let earlier = place.as_ref().map(|(file, _)| earlier(file, args.force)).transpose()?.flatten();
    match &earlier {
        Some(earlier) => prepared.world.salt = *earlier.salt(),
        None if prepared.world.salt == [0; 32] => {
            getrandom::fill(&mut prepared.world.salt).map_err(|error| {
                Fault::incomplete(format!("the system gives no random bytes: {error}"))
                    .hint("run it where the system has a source of them")
            })?
        }
        None => {}
    }
    let output = Output { formats: vec![], output: None, min_severity: None, all: false, timings: false };
    let (choice, record) = (args.choice.clone(), None);
    let run = RunArgs { choice, output, record, fail_fast: false, no_inline_ignores: false };
    let (case, bugs, interrupted) = judge_ready(&run, context, &prepared).await?;
    if interrupted {
        return Ok(Exit::Interrupted);
    }
    let (record, verdict) = case.judge()?;
    let exit = what_is_missing(&record, &bugs, context);
    if exit != Exit::Pass && !args.force {
        let fault = Fault::incomplete("no baseline is written: it would not hold what was not looked at");
        context
            .terminal
            .complain(&fault.hint("mend what is named above, or write it all the same with --force"));
        return Ok(exit);
    }
    let today = prepared.world.today.parse().map_err(Fault::bug)?;
    let mut baseline = Baseline::of(&record, &verdict, today, prepared.world.salt);
    if let Some(earlier) = &earlier {
        let silent = Silent::of(&record, &prepared, &args.choice);
        baseline.keep(earlier, |stage| silent.holds(stage));
    }
    let Some((file, name)) = place else {
        output::print(baseline.write().as_bytes())?;
        return Ok(exit);
    };
    output::write(&file, baseline.write().as_bytes())?;
    let entries = if baseline.len() == 1 { "entry" } else { "entries" };
    let advice = match name {
        Some(name) => format!("name it in sluicegate.yaml: `baseline: {}`", slashed(&name)),
        None => "it lies outside of the tree, where no pipeline file can name it".to_owned(),
    };
    context.terminal.say(format_args!(
        "wrote {} with {} {entries}; {advice}",
        file.display(),
        baseline.len()
    ));
    Ok(exit)
}

/// Where the baseline is kept when neither the command line nor the policy says.
const USUAL: &str = ".sluicegate/baseline.json";

/// A file, and its name in a tree that holds it.
type Place = (PathBuf, Option<PathBuf>);

/// Returns the file to write, and its name in the tree that holds the policy: of a part of a repository, that is the whole.
/// None is standard output.
fn place(args: &BaselineArgs, prepared: &Prepared) -> Result<Option<Place>, Fault> {
    let checkout = &prepared.checkout;
    let folder = checkout.folder.as_ref().unwrap_or(&checkout.root);
    if let Some(name) = &args.output {
        let place = || {
            let file = folder.join(name);
            let below = output::real(&file).strip_prefix(output::real(folder)).map(Path::to_owned).ok();
            (file, below)
        };
        return Ok((name.as_os_str() != output::STANDARD).then(place));
    }
    let policy = case::side_of(prepared.pipeline.combined.head())?.0;
    let name = policy.baseline.unwrap_or_else(|| USUAL.to_owned());
    let file = crate::place::inside(folder, &name).map_err(|reason| {
        Fault::configuration(format!(
            "the policy names the baseline `{name}`, which is not written: {reason}"
        ))
        .hint("name a file below the folder under check, or give the place with --output")
    })?;
    Ok(Some((file, Some(name.into()))))
}

/// Reads the baseline that is to be replaced. What is no baseline is somebody else's.
fn earlier(file: &Path, force: bool) -> Result<Option<Baseline>, Fault> {
    let refuse = |error: String| {
        let fault = Fault::usage(error).hint("name another file with --output, or replace it with --force");
        if force { Ok(None) } else { Err(fault) }
    };
    match std::fs::metadata(file) {
        Err(_) => return Ok(None),
        Ok(there) if !there.is_file() || there.len() > Baseline::MAX_BYTES as u64 => {
            return refuse(format!("{} is there and no baseline", file.display()));
        }
        Ok(_) => {}
    }
    let bytes = std::fs::read(file).map_err(|error| {
        Fault::usage(format!("cannot read {}: {error}", file.display()))
            .hint("name another file with --output, or one that you may read")
    })?;
    match Baseline::read(&bytes) {
        Ok(earlier) => Ok(Some(earlier)),
        Err(error) => refuse(format!("{} is there and no baseline: {error}", file.display())),
    }
}

/// Tells what was not looked at at all; a baseline does not accept that.
fn what_is_missing(record: &Record, bugs: &[String], context: &Context) -> Exit {
    let mut exit = Exit::Pass;
    for gap in record.gaps().filter(|gap| gap.kind == GapKind::Lost) {
        let fault = Fault::incomplete(format!("{} ({}): {}", gap.stage, gap.subject, gap.reason));
        let fault = fault.hint(gap.hint.as_deref().unwrap_or("see `sluicegate run` for more of it"));
        context.terminal.complain(&fault);
        exit = Exit::of([exit, fault.exit()]);
    }
    for bug in bugs {
        let fault = Fault::bug(bug.clone());
        context.terminal.complain(&fault);
        exit = Exit::of([exit, fault.exit()]);
    }
    exit
}

/// The stages of which this run does not say everything, so that what was accepted of them stays.
struct Silent {
    /// The run looked at a part of the history or of the tree.
    all: bool,
    /// The command line left stages out.
    part: bool,
    /// Stages that took part.
    there: BTreeSet<String>,
    /// Stages that did not do their whole work.
    unfinished: BTreeSet<String>,
}

impl Silent {
    fn of(record: &Record, prepared: &Prepared, choice: &Choice) -> Self {
        let names = |only: &dyn Fn(Status) -> bool| -> BTreeSet<String> {
            let runs = record.runs().iter().filter(|run| only(run.outcome.status));
            runs.map(|run| run.outcome.stage.to_string()).collect()
        };
        let there = names(&|_| true);
        let failed = names(&|status| status == Status::Failed);
        // A stage that skips one subject, as a history that is not asked for, may have looked at another.
        let looked = names(&|status| !matches!(status, Status::Skipped | Status::Failed));
        let finished = |stage: &&String| looked.contains(*stage) && !failed.contains(*stage);
        Self {
            all: prepared.pipeline.profile.scope != Scope::Full
                || choice.shard.is_some()
                || prepared.checkout.part.is_some(),
            part: choice.profile.is_some() || !choice.stages.is_empty(),
            unfinished: there.iter().filter(|stage| !finished(stage)).cloned().collect(),
            there,
        }
    }

    fn holds(&self, stage: &str) -> bool {
        self.all || self.unfinished.contains(stage) || (self.part && !self.there.contains(stage))
    }
}

/// Returns a path as the pipeline file names it on every machine.
fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}

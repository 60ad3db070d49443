//! `sluicegate baseline`: what is there today is accepted, and from now on only what is new counts.

use report::{Baseline, Exit};

use crate::args::{BaselineArgs, Output, RunArgs};
use crate::commands::run::{judge_ready, prepare};
use crate::context::Context;
use crate::fault::Fault;
use crate::output;

/// Runs the pipeline and writes its findings down as accepted.
pub(crate) async fn baseline(args: &BaselineArgs, context: &Context) -> Result<Exit, Fault> {
    let mut prepared = prepare(&args.choice, context, None)?;
    if prepared.world.salt == [0; 32] {
        getrandom::fill(&mut prepared.world.salt).map_err(|error| Fault::incomplete(error.to_string()))?;
    }
    let output = Output { formats: vec![], output: None, min_severity: None, all: false, timings: false };
    let (choice, record) = (args.choice.clone(), None);
    let run = RunArgs { choice, output, record, fail_fast: false, no_inline_ignores: false };
    let (case, _, interrupted) = judge_ready(&run, context, &prepared).await?;
    if interrupted {
        return Ok(Exit::Interrupted);
    }
    let (record, verdict) = case.judge()?;
    let today = prepared.world.today.parse().map_err(Fault::bug)?;
    let baseline = Baseline::of(&record, &verdict, today, prepared.world.salt);
    let file = args.choice.path.join(&args.output);
    output::write(&file, baseline.write().as_bytes())?;
    anstream::eprintln!(
        "wrote {} with {} entries; name it in sluicegate.yaml: `baseline: {}`",
        file.display(),
        baseline.len(),
        args.output.display()
    );
    Ok(Exit::Pass)
}

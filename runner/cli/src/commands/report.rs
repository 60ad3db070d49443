//! `sluicegate report`: a stored run, rendered again; the shards of a run, merged.

use report::Exit;

use crate::args::ReportArgs;
use crate::case::CaseFile;
use crate::context::Context;
use crate::fault::Fault;
use crate::output;

/// Judges and renders records.
pub(crate) fn report(args: &ReportArgs, context: &Context) -> Result<Exit, Fault> {
    let reports = output::reports(&args.output, None)?;
    let cases = args.records.iter().map(|path| CaseFile::read(path)).collect::<Result<Vec<_>, _>>()?;
    let (record, verdict) = CaseFile::merge(cases)?.judge()?;
    let written = output::render(&reports, &args.output, &context.terminal, &record, &verdict);
    Ok(Exit::of([verdict.exit(), written]))
}

//! `sluicegate init`: a pipeline file to go on from.

use report::Exit;

use crate::args::InitArgs;
use crate::checkout::Checkout;
use crate::context::Context;
use crate::fault::Fault;
use crate::output;

/// Writes a file for a person to go on from: every built-in stage is in it, so that what is added later is checked as well.
pub(crate) fn init(args: &InitArgs, context: &Context) -> Result<Exit, Fault> {
    let checkout = Checkout::open(&args.path, false, plan::PipelineFile::NAME)?;
    let text = plan::starter(&crate::stages::kinds());
    if args.print {
        output::print(text.as_bytes())?;
        return Ok(Exit::Pass);
    }
    if checkout.folder.is_none() {
        let error = format!("{} is a bare repository: it has no folder for the file", args.path.display());
        return Err(Fault::usage(error).hint("write it in a clone, or look at it with --print"));
    }
    let file = args.path.join(plan::PipelineFile::NAME);
    if file.exists() && !args.force {
        return Err(Fault::usage(format!("{} exists already", file.display()))
            .hint("replace it with --force, or look at the new one with --print"));
    }
    output::write(&file, text.as_bytes())?;
    context.terminal.say(format_args!("wrote {}; `sluicegate plan` shows what it runs", file.display()));
    Ok(Exit::Pass)
}

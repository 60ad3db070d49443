//! `sluicegate run`: plan, run, judge, report.

use std::sync::Arc;

use engine::{Engine, StopAfter};
use model::{Finding, Message, RunHeader, StageOutcome, Status};
use report::{Exit, Record};

use crate::args::RunArgs;
use crate::case::{self, CaseFile, PolicyText};
use crate::context::Context;
use crate::fault::Fault;
use crate::kept::Kept;
use crate::past::{Past, is_everything};
pub(crate) use crate::prepared::{Missing, Outgoing, Prepared, ready};
use crate::selection::Selection;
use crate::{output, progress, scan};

/// Runs the pipeline.
pub(crate) async fn run(args: &RunArgs, context: &Context) -> Result<Exit, Fault> {
    execute(args, context, None).await
}

/// Runs the pipeline, for the hook on the commits that it names.
pub(crate) async fn execute(
    args: &RunArgs,
    context: &Context,
    outgoing: Option<Outgoing>,
) -> Result<Exit, Fault> {
    let mut reports = output::reports(&args.output, args.record.as_deref())?;
    // What is pushed is commits: that changes nothing in the worktree.
    let pushed = outgoing.is_some();
    let more = outgoing.as_ref().is_some_and(|outgoing| !outgoing.last);
    let prepared = ready(&args.choice, context, outgoing, Missing::Refused).await?;
    if !pushed {
        let (kept, record) = (Kept::of(&args.choice, &prepared)?, args.record.as_deref());
        output::of_pipeline(&mut reports, &prepared.sections.reports, &prepared.checkout.root, &kept)?;
        output::apart(&reports, record)?;
        output::spare(&reports, record, &kept)?;
    }
    let (case, bugs, interrupted) = judge_ready(args, context, &prepared).await?;
    let (record, verdict) = case.judge()?;
    // What cannot be written keeps nothing else back, the verdict least of all.
    let recorded = args.record.as_ref().map_or(Ok(()), |file| case.write(file));
    let recorded = context.terminal.exit(recorded.map(|()| Exit::Pass));
    let written = output::render(&reports, &args.output, &context.terminal, &record, &verdict);
    let bug = bugs.first().map(|_| Exit::Bug);
    for bug in &bugs {
        context.terminal.complain(&Fault::bug(bug.clone()));
    }
    let interrupted = interrupted.then_some(Exit::Interrupted);
    if !more {
        // The program ends here: taking apart what is known of every file would be for nothing.
        std::mem::forget(prepared);
    }
    Ok(Exit::of([verdict.exit(), recorded, written].into_iter().chain(bug).chain(interrupted)))
}

/// Runs the stages and collects what the verdict depends on.
pub(crate) async fn judge_ready(
    args: &RunArgs,
    context: &Context,
    prepared: &Prepared,
) -> Result<(CaseFile, Vec<String>, bool), Fault> {
    let (listener, bars) = progress::listener(&context.terminal);
    let scope = prepared.pipeline.profile.scope;
    let header = RunHeader {
        version: report::RECORD_VERSION,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        scope: scope.name().to_owned(),
        head: prepared.checkout.head.clone(),
        base: prepared.change.as_ref().map(|change| change.base.clone()),
        shard: args.choice.shard.map(|shard| format!("{}/{}", shard.index(), shard.count())),
    };
    let cache = scan::cache(&args.choice, context, prepared.sections.cache);
    if let Some(cache) = &cache {
        prepared.checkout.recall(cache);
    }
    let engine = Engine {
        cache: cache.clone(),
        pool: Arc::clone(&prepared.pool),
        cancel: context.cancel.clone(),
        listener,
        stop_after: None,
        budget: prepared.pipeline.profile.budget.map(engine::Budget::new),
    };
    let stopping = |base| stop_after(args, prepared, &header, base);
    let stopping = args.fail_fast.then_some(&stopping as &scan::Stopping<'_>);
    let scanned = scan::scan(engine, prepared, header.clone(), stopping).await;
    bars.clear();
    let scanned = scanned?;
    if let Some(cache) = &cache {
        prepared.checkout.remember(cache);
        if let Err(error) = cache.close() {
            tracing::warn!(
                "{error}: {}",
                std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default()
            );
        }
    }
    let Past { base, tip, bugs, .. } = scanned.past;
    let case = CaseFile { context: judging(args, prepared), record: scanned.record, base, tip };
    Ok((case, bugs, scanned.interrupted))
}

/// Returns what a verdict depends on beside the records.
fn judging(args: &RunArgs, prepared: &Prepared) -> case::Context {
    let Prepared { pipeline, change, .. } = prepared;
    case::Context {
        today: prepared.world.today.clone(),
        inline_ignores: !args.no_inline_ignores,
        selection: Selection::of(
            &args.choice,
            prepared.checkout.part.as_ref(),
            &pipeline.profile,
            &prepared.plan,
        ),
        required: prepared.plan.required().clone(),
        target: pipeline.combined.target().map(PolicyText::of).unwrap_or_default(),
        head: PolicyText::of(pipeline.combined.head()),
        baselines: prepared.baselines.clone(),
        renames: change.as_ref().map(|change| change.renames.clone()).unwrap_or_default(),
        base_time: change.as_ref().map(|change| change.base_time),
        loosened: pipeline.combined.loosened.iter().map(case::Lost::of).collect(),
        warnings: pipeline.warnings.clone(),
        notes: prepared.notes.clone(),
    }
}

/// Stops at what fails the gate by itself, judged as the whole run is. Of what a comment or an allowlist ignores this
/// cannot be told before the target's tip is scanned, nor of what all of history holds before it is known what a change
/// brought to it: neither stops anything.
fn stop_after(args: &RunArgs, prepared: &Prepared, header: &RunHeader, base: Option<Record>) -> StopAfter {
    let (context, header) = (judging(args, prepared), header.clone());
    let compared = base.is_some();
    Arc::new(move |output| {
        let told = |finding: &&Finding| {
            finding.suppressed.is_none() && !(compared && is_everything(&finding.subject))
        };
        let mut messages = vec![Message::Run(header.clone())];
        for finding in output.findings.iter().filter(told).cloned() {
            let (stage, subject) = (finding.stage.clone(), finding.subject.clone());
            let outcome = StageOutcome::new(stage, subject, Status::Findings);
            if messages.len() == 1 {
                messages.push(Message::Stage(outcome));
            }
            messages.push(Message::Finding(Box::new(finding)));
        }
        let Ok(record) = Record::new(messages) else { return false };
        let case = CaseFile { context: context.clone(), record, base: base.clone(), tip: None };
        // Gaps of the part are not those of the run.
        case.judge().is_ok_and(|(_, verdict)| !verdict.failed.is_empty())
    })
}

//! `sluicegate plan`: what a run would do.

use std::fmt::Write as _;

use ::plan::Fate;
use report::Exit;
use stage::Inputs;

use crate::args::PlanArgs;
use crate::commands::run::{Missing, Prepared, ready};
use crate::context::Context;
use crate::fault::Fault;
use crate::{output, scan};

/// Prints the plan.
pub(crate) async fn plan(args: &PlanArgs, context: &Context) -> Result<Exit, Fault> {
    let prepared = ready(&args.choice, context, None, Missing::Refused).await?;
    let mut text = String::new();
    let profile = &prepared.pipeline.profile;
    let _ = writeln!(text, "profile {}, scope {}", profile.name, profile.scope.name());
    if let (Some(change), Some(target)) = (&prepared.change, &prepared.target) {
        let short = |id: &str| id.get(..12).unwrap_or(id).to_owned();
        let _ = writeln!(
            text,
            "change {} against {}, merge-base {}, {} paths differ",
            short(&change.head),
            short(&target.commit),
            short(&change.base),
            change.paths.len()
        );
    }
    for line in stages(args, context, &prepared)? {
        text.push_str(&line);
    }
    for (id, why) in prepared.plan.absent() {
        let _ = writeln!(text, "\n{id}\n  not there: {why}");
    }
    for waiting in prepared.plan.waiting() {
        let _ = writeln!(text, "\n{}\n  waits for: a subject of kind {}", waiting.id, waiting.subject);
    }
    for lost in &prepared.pipeline.combined.loosened {
        let _ = writeln!(text, "\nloosened and not in force: {}: {}", lost.what, lost.message);
    }
    output::print(text.as_bytes())?;
    Ok(Exit::Pass)
}

fn stages(args: &PlanArgs, context: &Context, prepared: &Prepared) -> Result<Vec<String>, Fault> {
    let cache = scan::cache(&args.choice, context, prepared.sections.cache);
    let pool = scan::pool(&args.choice)?;
    let mut lines = Vec::new();
    for instance in prepared.plan.instances() {
        let mut text = format!("\n{} ({})\n", instance.spec.id, instance.subject);
        let why = match &instance.fate {
            Fate::Runs { why } => format!("runs: {why}"),
            Fate::Repeated { shard, why } => {
                format!("runs for what it gives, reported by shard {shard}: {why}")
            }
            Fate::Elsewhere { shard } => format!("runs in shard {shard}"),
            Fate::Skipped { reason } => format!("skipped: {reason}"),
            Fate::Left { reason } => format!("left out: {reason}"),
        };
        let _ = writeln!(text, "  {why}");
        for need in &instance.spec.needs {
            let _ = writeln!(text, "  needs: {need}");
        }
        for gift in &instance.spec.gives {
            let _ = writeln!(text, "  gives: artifact `{gift}`");
        }
        if let (Some(cache), true) = (&cache, matches!(instance.fate, Fate::Runs { .. })) {
            let _ = writeln!(text, "  cache: {}", cached(prepared, instance, cache, &pool));
        }
        lines.push(text);
    }
    Ok(lines)
}

/// Tells what the cache has of an instance. One that is handed artifacts cannot be asked before these are there.
fn cached(
    prepared: &Prepared,
    planned: &::plan::Instance,
    cache: &store::Cache,
    pool: &std::sync::Arc<rayon::ThreadPool>,
) -> String {
    if !planned.inputs.is_empty() {
        return "known when what it needs is there".to_owned();
    }
    let (instance, inputs) = inputs(prepared, planned, pool);
    let report = engine::explain(&instance, &inputs, cache);
    match (report.hit, report.known) {
        (true, _) => "hit".to_owned(),
        (false, true) => format!("miss, {} inputs changed", report.changes.len()),
        (false, false) => "nothing kept".to_owned(),
    }
}

/// Returns what an instance without artifacts would be handed.
pub(crate) fn inputs(
    prepared: &Prepared,
    planned: &::plan::Instance,
    pool: &std::sync::Arc<rayon::ThreadPool>,
) -> (engine::Instance, Inputs) {
    let world = &prepared.world;
    let instance = engine::Instance {
        stage: std::sync::Arc::clone(&planned.stage),
        spec: planned.spec.clone(),
        subject: planned.subject.clone(),
        policy: planned.policy,
        variant: planned.variant,
        timeout: planned.timeout,
        inputs: Vec::new(),
        after: Vec::new(),
        skip: None,
        reported: true,
    };
    let inputs = Inputs {
        tree: world.tree.clone(),
        policy: world.policy(planned.policy),
        commits: world.commits.get(&planned.subject).cloned(),
        artifacts: std::collections::BTreeMap::new(),
        data: std::sync::Arc::clone(&world.data),
        memo: std::sync::Arc::new(engine::NoMemo),
        environment: world.environment_of(&planned.spec),
        programs: world.programs.clone(),
        today: world.today.clone(),
        salt: world.salt,
        offline: world.offline,
        pool: std::sync::Arc::clone(pool),
        cancel: tokio_util::sync::CancellationToken::new(),
    };
    (instance, inputs)
}

//! `sluicegate run`: plan, run, judge, report.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::plan::{Plan, Scope};
use engine::{Engine, Instance, World};
use model::RunHeader;
use report::Exit;
use report::policy::Level;

use crate::args::{Choice, RunArgs};
use crate::case::{self, CaseFile, PolicyText};
use crate::checkout::{Change, Checkout};
use crate::context::Context;
use crate::fault::Fault;
use crate::pipeline::{self, Pipeline};
use crate::sections::Sections;
use crate::{output, progress, scan};

/// Everything that is known before a stage runs.
pub(crate) struct Prepared {
    pub(crate) checkout: Checkout,
    pub(crate) change: Option<Change>,
    pub(crate) pipeline: Pipeline,
    pub(crate) plan: Plan,
    pub(crate) world: World,
    pub(crate) instances: Vec<Instance>,
    pub(crate) sections: Sections,
    baselines: [Option<String>; 2],
}

/// The commits about to be pushed, when the hook names them.
pub(crate) struct Outgoing {
    /// The commit that a ref is to become.
    pub(crate) tip: String,
    /// Commits that the remote has already.
    pub(crate) excluded: Vec<String>,
}

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
    output::reports(&args.output, &BTreeMap::new())?;
    let prepared = prepare(&args.choice, context, outgoing)?;
    let reports = output::reports(&args.output, &prepared.sections.reports)?;
    let (case, bugs, interrupted) = judge_ready(args, context, &prepared).await?;
    let (record, verdict) = case.judge()?;
    if let Some(file) = &args.record {
        case.write(file)?;
    }
    output::render(&reports, &args.output, &context.terminal, &record, &verdict)?;
    let bug = bugs.first().map(|_| Exit::Bug);
    for bug in &bugs {
        anstream::eprintln!("{}", Fault::bug(bug.clone()));
    }
    let interrupted = interrupted.then_some(Exit::Interrupted);
    Ok(Exit::of([verdict.exit()].into_iter().chain(bug).chain(interrupted)))
}

/// Runs the stages and collects what the verdict depends on.
pub(crate) async fn judge_ready(
    args: &RunArgs,
    context: &Context,
    prepared: &Prepared,
) -> Result<(CaseFile, Vec<String>, bool), Fault> {
    let (listener, bars) = progress::listener(&context.terminal);
    let engine = Engine {
        cache: scan::cache(&args.choice, context, prepared.sections.cache),
        pool: scan::pool(&args.choice)?,
        cancel: context.cancel.clone(),
        listener,
        stop_after: args.fail_fast.then(|| stop_after(prepared)).transpose()?,
        budget: prepared.pipeline.profile.budget.map(engine::Budget::new),
    };
    let scope = prepared.pipeline.profile.scope;
    let header = RunHeader {
        version: report::RECORD_VERSION,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        scope: scope.name().to_owned(),
        head: prepared.checkout.head.clone(),
        base: prepared.change.as_ref().map(|change| change.base.clone()),
        shard: args.choice.shard.map(|shard| format!("{}/{}", shard.index(), shard.count())),
    };
    let required = prepared.plan.required();
    let scanned =
        scan::scan(&engine, &prepared.instances, &prepared.world, prepared.change.as_ref(), header, required)
            .await;
    bars.clear();
    let scanned = scanned?;
    if let Some(cache) = &engine.cache
        && let Err(error) = cache.close()
    {
        tracing::warn!(
            "{error}: {}",
            std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default()
        );
    }
    let case = CaseFile {
        context: judging(args, prepared),
        record: scanned.record,
        base: scanned.base,
        tip: scanned.tip,
    };
    Ok((case, scanned.bugs, scanned.interrupted))
}

/// Returns what a verdict depends on beside the records.
fn judging(args: &RunArgs, prepared: &Prepared) -> case::Context {
    let Prepared { pipeline, change, .. } = prepared;
    case::Context {
        today: prepared.world.today.clone(),
        inline_ignores: !args.no_inline_ignores,
        whole: args.choice.stages.is_empty() && args.choice.profile.is_none() && args.choice.shard.is_none(),
        target: pipeline.combined.target().map(PolicyText::of).unwrap_or_default(),
        head: PolicyText::of(pipeline.combined.head()),
        baselines: prepared.baselines.clone(),
        renames: change.as_ref().map(|change| change.renames.clone()).unwrap_or_default(),
        base_time: change.as_ref().map(|change| change.base_time),
        loosened: pipeline.combined.loosened.iter().map(case::Lost::of).collect(),
    }
}

/// Stops at the first finding that alone fails the gate's `fail-on`.
fn stop_after(prepared: &Prepared) -> Result<engine::StopAfter, Fault> {
    let (policy, _) = case::side(&PolicyText::of(prepared.pipeline.combined.in_force()))?;
    let fails = move |finding: &model::Finding| {
        Level::of(finding.severity, policy.unknown_as).reaches(policy.fail_on)
    };
    Ok(Arc::new(move |output| {
        output.findings.iter().any(|finding| finding.suppressed.is_none() && fails(finding))
    }))
}

/// Opens what is to be checked, reads the pipeline and plans.
pub(crate) fn prepare(
    choice: &Choice,
    context: &Context,
    outgoing: Option<Outgoing>,
) -> Result<Prepared, Fault> {
    let checkout = match &outgoing {
        Some(outgoing) => Checkout::at_commit(&choice.path, &outgoing.tip)?,
        None => Checkout::open(&choice.path, choice.include_ignored)?,
    };
    let scope = scope(choice, &checkout)?;
    let (checkout, outgoing) = match (scope, outgoing) {
        (Scope::Outgoing, None) => pushed_by_hand(choice, checkout)?,
        (Scope::Full | Scope::Change | Scope::Outgoing, outgoing) => (checkout, outgoing),
    };
    let change = change(choice, context, &checkout, scope)?;
    let pipeline = Pipeline::load(choice, &checkout, change.as_ref())?;
    let sections = Sections::read(&pipeline.combined)?;
    let excluded = outgoing.map(|outgoing| outgoing.excluded).unwrap_or_default();
    let (subjects, commits) = checkout.subjects(scope, change.as_ref(), &excluded)?;
    let plan = pipeline.plan(
        choice,
        &checkout,
        change.as_ref(),
        &subjects,
        &context.surroundings,
        &context.environment,
    )?;
    let baselines = baselines(&pipeline, &checkout, change.as_ref())?;
    let salt = salt(&baselines)?;
    let world = scan::world(choice, &checkout, change.as_ref(), commits, context.environment.clone(), salt)?;
    let instances = scan::instances(&plan, &world);
    Ok(Prepared { checkout, change, pipeline, plan, world, instances, sections, baselines })
}

/// Returns how much is judged. The profile says so; that of the tree under check is enough to ask for a wider comparison,
/// and [`plan::combine`] keeps the wider of both.
fn scope(choice: &Choice, checkout: &Checkout) -> Result<Scope, Fault> {
    let own = pipeline::layers(checkout.tree.as_ref(), &choice.config, checkout.tree.as_ref(), None)?;
    Ok(pipeline::profile(choice, &::plan::Combined::one(own))?.scope)
}

/// For the outgoing scope without a hook: what is committed and no remote branch has.
fn pushed_by_hand(choice: &Choice, checkout: Checkout) -> Result<(Checkout, Option<Outgoing>), Fault> {
    let Some(tip) = checkout.head.clone() else {
        return Err(Fault::usage("there is no commit that could be pushed")
            .hint("commit first, or run without a profile"));
    };
    let repository = checkout.repository.as_ref();
    let branches = repository
        .map(|repository| repository.remote_branches(None))
        .transpose()
        .map_err(Fault::incomplete)?;
    let excluded = branches.unwrap_or_default().into_iter().map(|branch| branch.commit).collect();
    let checkout = Checkout::at_commit(&choice.path, &tip)?;
    Ok((checkout, Some(Outgoing { tip, excluded })))
}

fn change(
    choice: &Choice,
    context: &Context,
    checkout: &Checkout,
    scope: Scope,
) -> Result<Option<Change>, Fault> {
    let target = choice.since.as_deref().or(context.surroundings.target.as_deref());
    match scope {
        Scope::Full => Ok(None),
        Scope::Change => checkout.change(target).map(Some),
        // The first push of a repository has nothing to be compared with.
        Scope::Outgoing if target.is_none() && !checkout.has_target()? => Ok(None),
        Scope::Outgoing => checkout.change(target).map(Some),
    }
}

/// Reads the baselines of the target branch and of the tree under check.
fn baselines(
    pipeline: &Pipeline,
    checkout: &Checkout,
    change: Option<&Change>,
) -> Result<[Option<String>; 2], Fault> {
    let (own, _) = case::side(&PolicyText::of(pipeline.combined.head()))?;
    let head = case::baseline(&own, checkout.tree.as_ref());
    let Some(change) = change else { return Ok([None, head?]) };
    let (target, _) = case::side(&PolicyText::of(pipeline.combined.in_force()))?;
    Ok([case::baseline(&target, change.target_tree.as_ref())?, head?])
}

/// Returns the salt that the baseline in force carries.
fn salt(baselines: &[Option<String>; 2]) -> Result<[u8; 32], Fault> {
    let text = baselines.iter().flatten().next();
    let baseline =
        text.map(|text| report::Baseline::read(text.as_bytes())).transpose().map_err(Fault::usage)?;
    Ok(baseline.map_or([0; 32], |baseline| *baseline.salt()))
}

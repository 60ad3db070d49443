//! Everything that is known before a stage runs: what is checked, by whose policy, compared with what, in which order.

use std::sync::Arc;

use engine::{Instance, World};
use plan::{Plan, Scope};

use crate::args::Choice;
use crate::case;
use crate::checkout::Checkout;
use crate::context::Context;
use crate::fault::Fault;
use crate::pipeline::Pipeline;
use crate::policy_file;
use crate::scan;
use crate::sections::{self, Sections};
use crate::target::{Change, Extent, Target};

/// Everything that is known before a stage runs.
pub(crate) struct Prepared {
    pub(crate) checkout: Checkout,
    /// Whose policy counts beside the tree's own.
    pub(crate) target: Option<Target>,
    /// What findings are compared with.
    pub(crate) change: Option<Change>,
    pub(crate) pipeline: Pipeline,
    pub(crate) plan: Plan,
    pub(crate) world: World,
    pub(crate) instances: Vec<Instance>,
    pub(crate) sections: Sections,
    /// Of the target and of the tree under check.
    pub(crate) baselines: [Option<String>; 2],
    /// What a reader of the report should know.
    pub(crate) notes: Vec<String>,
    /// The one pool for work that takes processor time.
    pub(crate) pool: Arc<rayon::ThreadPool>,
}

/// The commits about to be pushed, when the hook names them.
pub(crate) struct Outgoing {
    /// The commit that a ref is to become.
    pub(crate) tip: String,
    /// Commits that the remote has already.
    pub(crate) excluded: Vec<String>,
    /// Whether no other ref is checked after it.
    pub(crate) last: bool,
}

/// What a baseline is that the policy names and the tree has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// An error: something was accepted and nobody knows what.
    Refused,
    /// An empty one: it is about to be written.
    Empty,
}

/// Opens what is to be checked, reads the pipeline of both sides and plans, beside the thread that waits, which stops
/// waiting when it is told to.
pub(crate) async fn ready(
    choice: &Choice,
    context: &Context,
    outgoing: Option<Outgoing>,
    missing: Missing,
) -> Result<Prepared, Fault> {
    let (choice, known, pool) = (choice.clone(), context.clone(), scan::pool(choice)?);
    let prepare = move || {
        let prepare = || prepare_with(&choice, &known, outgoing, missing, Arc::clone(&pool));
        pool.install(prepare)
    };
    let work = tokio::task::spawn_blocking(prepare);
    tokio::select! {
        () = context.cancel.cancelled() => Err(Fault::interrupted()),
        done = work => match done {
            Ok(prepared) => prepared,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => Err(Fault::bug(error)),
            },
        },
    }
}

fn prepare_with(
    choice: &Choice,
    context: &Context,
    outgoing: Option<Outgoing>,
    missing: Missing,
    pool: Arc<rayon::ThreadPool>,
) -> Result<Prepared, Fault> {
    let (checkout, target, mut pipeline, outgoing) = load(choice, context, outgoing)?;
    let surroundings = &context.surroundings;
    let extent = Extent::of(pipeline.profile.scope, choice, surroundings, &checkout, target.as_ref())?;
    let Extent { scope, change, mut notes } = extent;
    notes.extend(checkout.part.as_ref().map(|part| format!("only {part} is looked at, and no history")));
    pipeline.profile.scope = scope;
    sections::refuse_trust(&pipeline.combined)?;
    let sections = Sections::read(&pipeline.combined)?;
    let asked = target.as_ref().filter(|_| scope != Scope::Full || choice.profile.is_some());
    let excluded = excluded(scope, &checkout, asked, outgoing);
    let (subjects, commits) = checkout.subjects(excluded)?;
    let plan =
        pipeline.plan(choice, &checkout, change.as_ref(), &subjects, surroundings, &context.environment)?;
    notes.extend(plan.unsure().iter().map(|(id, why)| format!("stage `{id}` runs: {why}")));
    notes.extend(plan.absent().iter().map(|(id, why)| format!("stage `{id}` takes no part: {why}")));
    let baselines = baselines(&mut pipeline, &checkout, target.as_ref(), missing)?;
    let salt = salt(&baselines)?;
    let world = scan::world(choice, &checkout, target.as_ref(), commits, context.environment.clone(), salt)?;
    let instances = scan::instances(&plan, &world);
    Ok(Prepared {
        checkout,
        target,
        change,
        pipeline,
        plan,
        world,
        instances,
        sections,
        baselines,
        notes,
        pool,
    })
}

type Loaded = (Checkout, Option<Target>, Pipeline, Option<Outgoing>);

/// Opens what is to be checked and reads the pipeline. What judges is known before any word of the tree under check is
/// read: the tree has a say in what is looked at beside that, and none in whether its target counts.
fn load(choice: &Choice, context: &Context, outgoing: Option<Outgoing>) -> Result<Loaded, Fault> {
    let checkout = match &outgoing {
        Some(outgoing) => Checkout::at_commit(&choice.path, &outgoing.tip)?,
        None => {
            let config = policy_file::path(&choice.config, &choice.path)?;
            Checkout::open(&choice.path, choice.include_ignored, &config)?
        }
    };
    let target = Target::find(choice, &context.surroundings, &checkout)?;
    let target = match (target, &outgoing) {
        (Some(target), Some(outgoing)) => Some(target.of_push(&checkout, &outgoing.excluded)?),
        (target, _) => target,
    };
    let pipeline = Pipeline::load(choice, &checkout, target.as_ref())?;
    if pipeline.profile.scope != Scope::Outgoing || outgoing.is_some() {
        return Ok((checkout, target, pipeline, outgoing));
    }
    // What is pushed is what is committed: the worktree has no say in it.
    let (checkout, outgoing) = pushed_by_hand(choice, &checkout)?;
    let pipeline = Pipeline::load(choice, &checkout, target.as_ref())?;
    Ok((checkout, target, pipeline, Some(outgoing)))
}

/// For the outgoing scope without a hook: what is committed and no remote branch has.
fn pushed_by_hand(choice: &Choice, checkout: &Checkout) -> Result<(Checkout, Outgoing), Fault> {
    let Some(tip) = checkout.head.clone() else {
        return Err(Fault::usage("there is no commit that could be pushed")
            .hint("commit first, or run without a profile"));
    };
    let repository = checkout.repository.as_ref();
    let branches =
        repository.map(|repository| repository.remote_branches(None)).transpose().map_err(Fault::lacking)?;
    let excluded = branches.unwrap_or_default().into_iter().map(|branch| branch.commit).collect();
    let checkout = Checkout::at_commit(&choice.path, &tip)?;
    Ok((checkout, Outgoing { tip, excluded, last: true }))
}

/// Returns what the commits under check are not; `None` when there is nothing that they could be told from.
fn excluded(
    scope: Scope,
    checkout: &Checkout,
    target: Option<&Target>,
    outgoing: Option<Outgoing>,
) -> Option<Vec<String>> {
    let known = target.and_then(|target| target.excluded(scope)).map(str::to_owned);
    let known = known.filter(|commit| scope != Scope::Full || checkout.head.as_ref() != Some(commit));
    if outgoing.is_none() && known.is_none() {
        return None;
    }
    let pushed = outgoing.map(|outgoing| outgoing.excluded).unwrap_or_default();
    Some(pushed.into_iter().chain(known).collect())
}

/// Reads the baselines of the target branch and of the tree under check. One that the target names and does not have
/// accepts nothing, so that a change can bring it.
fn baselines(
    pipeline: &mut Pipeline,
    checkout: &Checkout,
    target: Option<&Target>,
    missing: Missing,
) -> Result<[Option<String>; 2], Fault> {
    let own = case::side_of(pipeline.combined.head())?.0;
    let unwritten = |path: &String| missing == Missing::Empty && checkout.policy.find(path).is_none();
    let head = if own.baseline.as_ref().is_some_and(unwritten) {
        None
    } else {
        case::baseline(pipeline.combined.head(), &own, checkout.policy.as_ref())?
    };
    let (Some(target), Some(layers)) = (target, pipeline.combined.target()) else { return Ok([None, head]) };
    let policy = case::side_of(layers)?.0;
    let of_target = case::baseline(layers, &policy, target.tree.as_ref()).unwrap_or_else(|fault| {
        let reason = fault.reason();
        let text =
            format!("the policy of {} accepts nothing, for want of its baseline: {reason}", target.name);
        pipeline.warnings.push(text);
        None
    });
    Ok([of_target, head])
}

/// Returns the salt that the baseline in force carries.
fn salt(baselines: &[Option<String>; 2]) -> Result<[u8; 32], Fault> {
    let baseline = case::read_baseline(baselines.iter().flatten().next())?;
    Ok(baseline.map_or([0; 32], |baseline| *baseline.salt()))
}

//! Runs a plan: the tree under check, then, for a change, the merge-base and the tip of the target branch.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{Engine, Input, Instance, Ran, StopAfter, World};
use model::{Policy, RunHeader, Subject};
use plan::{Fate, Plan, Scope};
use report::Record;
use source::SourceError;
use stage::Files;
use store::{Cache, Key};

use crate::args::Choice;
use crate::checkout::Checkout;
use crate::context::Context;
use crate::data::MachineData;
use crate::fault::Fault;
use crate::folders;
use crate::past::{Look, Past};
use crate::prepared::Prepared;
use crate::sections::Trust;
use crate::target::Target;

/// Bytes the results cache may hold.
pub(crate) const CACHE_LIMIT: u64 = 512 << 20;

/// What entries are tagged with where the target branch's file says `cache: { trust: scoped }`: no secret.
const SCOPED: &str = "scoped";

/// Opens the results cache; a cache that cannot be used is said once and done without.
pub(crate) fn cache(choice: &Choice, context: &Context, trust: Trust) -> Option<Arc<Cache>> {
    if choice.no_cache {
        return None;
    }
    let open = || -> Result<Cache, String> {
        let folder = folders::cache(choice.cache_dir.as_ref()).map_err(|fault| fault.reason())?;
        let given = context.environment.get("SLUICEGATE_CACHE_KEY").filter(|text| !text.is_empty());
        let key = match (given, trust) {
            (Some(text), _) => Key::from_text(text),
            (None, Trust::Scoped) if context.surroundings.ci => {
                tracing::info!("the results cache is trusted because the CI service keeps branches apart");
                Key::from_text(SCOPED)
            }
            (None, Trust::Own | Trust::Scoped) => {
                let file = folders::key().map_err(|fault| fault.reason())?;
                Key::of_user(&file).map_err(|error| format!("{}: {error}", file.display()))?
            }
        };
        let place = choice.path.canonicalize().unwrap_or_else(|_| choice.path.clone());
        Ok(Cache::new(&folder, key, CACHE_LIMIT).of(&place))
    };
    open()
        .inspect_err(|reason| tracing::warn!("running without a results cache: {reason}"))
        .ok()
        .map(Arc::new)
}

/// Returns the engine's instances for the plan's; those that run in another shard are left out.
pub(crate) fn instances(plan: &Plan, world: &World) -> Vec<Instance> {
    let mut numbers: Vec<Vec<usize>> = Vec::new();
    let mut instances: Vec<Instance> = Vec::new();
    for planned in plan.instances() {
        let skip = match &planned.fate {
            Fate::Runs { .. } | Fate::Repeated { .. } => None,
            Fate::Skipped { reason } => Some(reason.clone()),
            Fate::Elsewhere { .. } | Fate::Left { .. } => {
                numbers.push(Vec::new());
                continue;
            }
        };
        let after =
            planned.after.iter().filter_map(|before| numbers.get(*before)).flatten().copied().collect();
        let instance = Instance {
            stage: Arc::clone(&planned.stage),
            spec: planned.spec.clone(),
            subject: planned.subject.clone(),
            policy: planned.policy,
            variant: planned.variant,
            timeout: planned.timeout,
            inputs: Vec::new(),
            after,
            skip,
            reported: !matches!(planned.fate, Fate::Repeated { .. }),
        };
        let producers: Vec<(&'static str, &[usize])> = planned
            .inputs
            .iter()
            .filter_map(|input| Some((input.name, numbers.get(input.producer)?.as_slice())))
            .collect();
        let sides = sides(&instance, world, producers.iter().any(|(_, numbers)| numbers.len() > 1));
        let of_sides: Vec<Instance> = sides
            .into_iter()
            .map(|policy| Instance {
                policy,
                inputs: inputs(&instances, &producers, policy),
                ..instance.clone()
            })
            .collect();
        numbers.push((instances.len()..instances.len() + of_sides.len()).collect());
        instances.extend(of_sides);
    }
    instances
}

/// Returns what an instance of one side is handed: where a producer runs by the policies of both sides, that of its own.
fn inputs(instances: &[Instance], producers: &[(&'static str, &[usize])], side: Policy) -> Vec<Input> {
    let own = |producer: &usize| instances.get(*producer).is_some_and(|other| other.policy == side);
    let chosen = producers.iter().flat_map(|(name, all)| {
        let of_side = all.iter().copied().filter(|producer| all.len() == 1 || own(producer));
        of_side.map(|producer| Input { name, producer })
    });
    chosen.collect()
}

/// Returns by whose policy a stage runs: by both sides' where the policy files it reads differ, or what it is handed may.
fn sides(instance: &Instance, world: &World, handed_by_two: bool) -> Vec<Policy> {
    if instance.policy == Policy::Both && handed_by_two {
        return vec![Policy::Target, Policy::Head];
    }
    let globs = instance.spec.policy();
    if instance.policy != Policy::Both || globs.is_empty() {
        return vec![instance.policy];
    }
    let content = |policy: Policy| {
        let files = Files::select(world.policy(policy)?, &globs);
        Some((files.listing(), files.contents(&vec![u8::MAX; files.len().div_ceil(8)])))
    };
    let (target, head) = (content(Policy::Target), content(Policy::Head));
    if world.target.is_none() || target == head {
        vec![Policy::Both]
    } else {
        vec![Policy::Target, Policy::Head]
    }
}

/// What there is for stages to read.
pub(crate) fn world(
    choice: &Choice,
    checkout: &Checkout,
    target: Option<&Target>,
    commits: BTreeMap<Subject, Arc<dyn source::Commits>>,
    environment: BTreeMap<String, String>,
    salt: [u8; 32],
) -> Result<World, Fault> {
    let advisories = folders::data(choice.data_dir.as_ref()).map_err(|fault| fault.reason());
    Ok(World {
        tree: Some(Arc::clone(&checkout.tree)),
        target: target.map(|target| Arc::clone(&target.tree)),
        head: Some(Arc::clone(&checkout.policy)),
        commits,
        data: Arc::new(MachineData { advisories }),
        environment,
        programs: BTreeMap::new(),
        today: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        salt,
        offline: choice.offline,
    })
}

/// Makes the pool for work that takes processor time.
pub(crate) fn pool(choice: &Choice) -> Result<Arc<rayon::ThreadPool>, Fault> {
    let threads = choice.jobs.map_or(0, usize::from);
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|n| format!("worker-{n}")).build();
    pool.map(Arc::new).map_err(|source| Fault::lacking(SourceError::Threads { source }))
}

/// The records of a run.
pub(crate) struct Scanned {
    pub(crate) record: Record,
    pub(crate) past: Past,
    pub(crate) interrupted: bool,
}

/// Tells what ends a run early, given what the merge-base has.
pub(crate) type Stopping<'a> = dyn Fn(Option<Record>) -> StopAfter + 'a;

/// Runs the instances, and for a change those of the merge-base and, where it matters, of the target's tip.
pub(crate) async fn scan(
    mut engine: Engine,
    prepared: &Prepared,
    header: RunHeader,
    stopping: Option<&Stopping<'_>>,
) -> Result<Scanned, Fault> {
    let Prepared { checkout, change, target, instances, world, .. } = prepared;
    let mut look = Look::new(&engine, instances, world, &header);
    if let Some(stopping) = stopping {
        let base = match change {
            Some(change) => Some(look.ahead(change).await?),
            None => None,
        };
        engine.stop_after = Some(stopping(base));
    }
    let Ran { messages, bugs, interrupted, .. } = engine.run(instances, world, header.clone()).await;
    let mut past = Past::default();
    if !interrupted {
        past = look.at(checkout, change.as_ref(), target.as_ref(), &messages).await?;
    }
    past.bugs.splice(..0, bugs);
    let mut record = messages;
    if past.over_budget {
        record.extend(crate::source_gaps::comparison());
    }
    let part = checkout.is_part().then_some((&prepared.plan, change.as_ref()));
    record.extend(crate::source_gaps::messages(world.tree.as_deref(), part, is_empty(world, &header)));
    let record = Record::new(record).map_err(Fault::bug)?;
    let interrupted = interrupted || engine.cancel.is_cancelled();
    Ok(Scanned { record, past, interrupted })
}

/// Tells whether a full scan has nothing to scan: it is incomplete, not clean.
fn is_empty(world: &World, header: &RunHeader) -> bool {
    let empty = world.tree.as_ref().is_none_or(|tree| tree.entries().is_empty());
    empty && header.scope == Scope::Full.name()
}

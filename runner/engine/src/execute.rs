//! One stage on one subject: from the cache when that is sound, else by running it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use model::{Digest, Hasher, Rule, RuleId};
use stage::{Given, Inputs, Output, Sink, StageError, Trace};
use store::Cache;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::kept::{Kept, Remembered};
use crate::memo::Counting;
use crate::{Budget, Instance};

/// How long a stage may go on after it was told to stop.
const GRACE: Duration = Duration::from_millis(400);

/// How one execution ended.
pub(crate) struct Executed {
    pub(crate) result: Result<Output, Failure>,
    /// The rules that fired.
    pub(crate) rules: Vec<Rule>,
    pub(crate) cached: bool,
}

/// Why a stage has no output.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// It says so itself.
    Error(StageError),
    /// Its time was up.
    Timeout(Duration),
    /// The time of the whole run was up.
    Budget(Duration),
    /// The run was interrupted.
    Interrupted,
    /// It panicked: our own bug.
    Panic(String),
}

impl Failure {
    /// Returns why a task has no outcome.
    pub(crate) fn of(error: JoinError) -> Self {
        if error.is_panic() { Self::Panic(text(&*error.into_panic())) } else { Self::Interrupted }
    }
}

/// Names a declaration in the cache: what is known before anything is read.
pub(crate) fn declaration(instance: &Instance) -> Digest {
    let mut hasher = Hasher::new("declaration/v1");
    hasher.part(instance.spec.digest().bytes());
    // The subject's own content (tips, digest of an image) is part of its serialized form.
    hasher.part(serde_json::to_string(&instance.subject).unwrap_or_default());
    hasher.digest()
}

/// Names what is remembered of a declaration's last run on the folder that is checked.
pub(crate) fn remembered(cache: &Cache, declaration: &Digest) -> Digest {
    let mut hasher = Hasher::new("remembered/v5");
    hasher.part(declaration.bytes()).part(cache.place().bytes());
    hasher.digest()
}

/// Answers for one stage and subject.
pub(crate) async fn execute(
    instance: &Instance,
    inputs: Inputs,
    cache: Option<&Cache>,
    budget: Option<Budget>,
    sink: Arc<Sink>,
) -> Executed {
    let name = declaration(instance);
    if let Some(output) = inputs.pool.install(|| replay(instance, &inputs, cache, &name)) {
        return Executed { rules: fired(instance, &inputs, &output), result: Ok(output), cached: true };
    }
    let counting = Arc::new(Counting::new(Arc::clone(&inputs.memo)));
    let own = inputs.cancel.child_token();
    let watched = Watched {
        instance: instance.clone(),
        inputs: Inputs { memo: Arc::<Counting>::clone(&counting), cancel: own.clone(), ..inputs.clone() },
        sink: Arc::clone(&sink),
    };
    let remember = cache.is_some();
    // A task of its own: work on the CPU pool blocks the task it is in, and the watch over it must go on.
    let work = async move { watched.run(remember).await };
    let running = tokio::spawn(work.in_current_span());
    let result = supervise((instance.timeout, budget), running, &inputs.cancel, &own).await;
    let result = result.map(|traced| {
        let output = sink.take();
        if let (Some(cache), Some((trace, files))) = (cache, traced) {
            keep(cache, &name, trace, &output, files, &counting);
        }
        output
    });
    let rules = result.as_ref().map(|output| fired(instance, &inputs, output)).unwrap_or_default();
    Executed { result, rules, cached: false }
}

/// Returns the rules of a stage that fired, sorted.
fn fired(instance: &Instance, inputs: &Inputs, output: &Output) -> Vec<Rule> {
    let fired: BTreeSet<&RuleId> = output.findings.iter().map(|finding| &finding.rule).collect();
    if fired.is_empty() {
        return Vec::new();
    }
    let known = |rules: Vec<Rule>| -> Vec<Rule> {
        rules.into_iter().filter(|rule| fired.contains(&rule.id)).collect()
    };
    let mut rules = known(instance.stage.rules());
    if rules.len() < fired.len() {
        // Some come of a policy file, which is worth reading again only then.
        rules = known(all_rules(instance, inputs));
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules
}

/// Returns all rules that a stage can report with what it is handed.
pub(crate) fn all_rules(instance: &Instance, inputs: &Inputs) -> Vec<Rule> {
    instance.stage.rules_with(&Given::new(&instance.spec, &instance.subject, inputs))
}

/// A stage at work, with all it was handed.
struct Watched {
    instance: Instance,
    inputs: Inputs,
    sink: Arc<Sink>,
}

/// What a stage read, and the files among it; `None` when that cannot be told for sure.
type Traced = Option<(Trace, Vec<(String, Digest)>)>;

impl Watched {
    async fn run(self, remember: bool) -> Result<Traced, StageError> {
        let given = Given::new(&self.instance.spec, &self.instance.subject, &self.inputs);
        self.instance.stage.run(&given, &self.sink).await?;
        let traced = || given.trace().map(|trace| (trace, given.opened()));
        Ok(if remember { given.compute(traced) } else { None })
    }
}

/// Takes the answer from the cache when everything read then reads the same now.
fn replay(instance: &Instance, inputs: &Inputs, cache: Option<&Cache>, name: &Digest) -> Option<Output> {
    let kept = cache?.recall(name);
    let given = Given::new(&instance.spec, &instance.subject, inputs);
    let kept = kept.iter().filter_map(|bytes| Kept::from_bytes(bytes));
    kept.into_iter().find(|kept| given.verify(&kept.trace).is_ok()).map(Kept::into_output)
}

fn keep(
    cache: &Cache,
    name: &Digest,
    trace: Trace,
    output: &Output,
    files: Vec<(String, Digest)>,
    memo: &Counting,
) {
    let Some(bytes) = Kept::new(trace.clone(), output).to_bytes() else { return };
    let same = |other: &[u8]| Kept::from_bytes(other).is_none_or(|other| other.trace == trace);
    // A cache that cannot be written costs time, never correctness; closing it reports the reason once.
    let _ = cache.keep(name, bytes, same);
    let (reused, computed) = memo.counts();
    let last = Remembered {
        trace,
        files: files.into_iter().map(|(path, id)| (path, Remembered::mark(&id))).collect(),
        reused,
        computed,
    };
    if let Ok(bytes) = postcard::to_stdvec(&last) {
        let _ = cache.replace(&remembered(cache, name), bytes);
    }
}

/// Waits for a stage, watches its time limit, and sees to it that the run goes on without it if it does not stop.
async fn supervise(
    (timeout, budget): (Option<Duration>, Option<Budget>),
    mut running: JoinHandle<Result<Traced, StageError>>,
    parent: &CancellationToken,
    own: &CancellationToken,
) -> Result<Traced, Failure> {
    let limit = timeout.unwrap_or(Duration::MAX);
    let failure = tokio::select! {
        ended = &mut running => return settle(ended, parent),
        () = sleep(limit) => Failure::Timeout(limit),
        () = sleep(budget.map_or(Duration::MAX, |budget| budget.left())) => {
            Failure::Budget(budget.map_or(Duration::MAX, |budget| budget.total()))
        }
        () = parent.cancelled() => Failure::Interrupted,
    };
    own.cancel();
    match tokio::time::timeout(GRACE, running).await {
        Ok(Err(error)) if error.is_panic() => Err(Failure::of(error)),
        Ok(_) | Err(_) => Err(failure),
    }
}

/// Sleeps, for ever when there is no limit.
async fn sleep(limit: Duration) {
    if limit == Duration::MAX { std::future::pending().await } else { tokio::time::sleep(limit).await }
}

fn settle(
    ended: Result<Result<Traced, StageError>, JoinError>,
    parent: &CancellationToken,
) -> Result<Traced, Failure> {
    match ended {
        Err(error) if error.is_panic() => Err(Failure::of(error)),
        // What a stage says after the run was cancelled is not the whole of what it has to say.
        Ok(_) | Err(_) if parent.is_cancelled() => Err(Failure::Interrupted),
        Ok(Ok(traced)) => Ok(traced),
        Ok(Err(error)) => Err(Failure::Error(error)),
        Err(error) => Err(Failure::of(error)),
    }
}

fn text(panic: &(dyn std::any::Any + Send)) -> String {
    let literal = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    literal.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

//! One stage on one subject: from the cache when that is sound, else by running it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use model::{Digest, Hasher};
use stage::{Given, Inputs, Memo, MemoKey, Output, Sink, Spec, StageError, Trace};
use store::Cache;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::kept::{Kept, Remembered};
use crate::run::Instance;

/// How long a stage may go on after it was told to stop.
const GRACE: Duration = Duration::from_millis(400);

/// How one execution ended.
pub(crate) struct Executed {
    pub(crate) result: Result<Output, Failure>,
    pub(crate) cached: bool,
}

/// Why a stage has no output.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// It says so itself.
    Error(StageError),
    /// Its time was up.
    Timeout(Duration),
    /// The run was interrupted.
    Interrupted,
    /// It panicked: our own bug.
    Panic(String),
}

/// Names a declaration in the cache: what is known before anything is read.
pub(crate) fn declaration(spec: &Spec, instance: &Instance) -> Digest {
    let mut hasher = Hasher::new("declaration/v1");
    hasher.part(spec.digest().bytes());
    // The subject's own content (tips, digest of an image) is part of its serialized form.
    hasher.part(serde_json::to_string(&instance.subject).unwrap_or_default());
    hasher.digest()
}

/// Names what is remembered of a declaration's last run.
pub(crate) fn remembered(declaration: &Digest) -> Digest {
    let mut hasher = Hasher::new("remembered/v1");
    hasher.part(declaration.bytes());
    hasher.digest()
}

/// Answers for one stage and subject.
pub(crate) async fn execute(
    instance: &Instance,
    inputs: Inputs,
    cache: Option<&Cache>,
    sink: Arc<Sink>,
) -> Executed {
    let spec = instance.stage.spec();
    let name = declaration(&spec, instance);
    if let Some(output) = replay(&spec, instance, &inputs, cache, &name) {
        return Executed { result: Ok(output), cached: true };
    }
    let counting = Arc::new(Counting::new(Arc::clone(&inputs.memo)));
    let own = inputs.cancel.child_token();
    let watched = Watched {
        instance: instance.clone(),
        spec,
        inputs: Inputs { memo: Arc::<Counting>::clone(&counting), cancel: own.clone(), ..inputs.clone() },
        sink: Arc::clone(&sink),
    };
    let remember = cache.is_some();
    // A task of its own: work on the CPU pool blocks the task it is in, and the watch over it must go on.
    let running = tokio::spawn(async move { watched.run(remember).await });
    let result = supervise(instance.timeout, running, &inputs.cancel, &own).await;
    let result = result.map(|traced| {
        let output = sink.take();
        if let (Some(cache), Some((trace, files))) = (cache, traced) {
            keep(cache, &name, trace, &output, files, &counting);
        }
        output
    });
    Executed { result, cached: false }
}

/// A stage at work, with all it was handed.
struct Watched {
    instance: Instance,
    spec: Spec,
    inputs: Inputs,
    sink: Arc<Sink>,
}

/// What a stage read, and the files among it; `None` when that cannot be told for sure.
type Traced = Option<(Trace, Vec<(String, Digest)>)>;

impl Watched {
    async fn run(self, remember: bool) -> Result<Traced, StageError> {
        let given = Given::new(&self.spec, &self.instance.subject, &self.inputs);
        self.instance.stage.run(&given, &self.sink).await?;
        Ok(if remember { given.trace().map(|trace| (trace, given.opened())) } else { None })
    }
}

/// Takes the answer from the cache when everything read then reads the same now.
fn replay(
    spec: &Spec,
    instance: &Instance,
    inputs: &Inputs,
    cache: Option<&Cache>,
    name: &Digest,
) -> Option<Output> {
    let given = Given::new(spec, &instance.subject, inputs);
    let kept = cache?.recall(name);
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
    let same_trace = trace.clone();
    let Some(bytes) = Kept::new(trace, output).to_bytes() else { return };
    let same = |other: &[u8]| Kept::from_bytes(other).is_none_or(|other| other.trace == same_trace);
    // A cache that cannot be written costs time, never correctness; closing it reports the reason once.
    let _ = cache.keep(name, bytes, same);
    let last = Remembered {
        files: files.into_iter().map(|(path, id)| (path, id.to_string())).collect(),
        reused: memo.hits.load(Ordering::Relaxed),
        computed: memo.misses.load(Ordering::Relaxed),
    };
    if let Ok(bytes) = serde_json::to_vec(&last) {
        let _ = cache.keep(&remembered(name), bytes, |_| true);
    }
}

/// Waits for a stage, watches its time limit, and sees to it that the run goes on without it if it does not stop.
async fn supervise(
    timeout: Option<Duration>,
    mut running: JoinHandle<Result<Traced, StageError>>,
    parent: &CancellationToken,
    own: &CancellationToken,
) -> Result<Traced, Failure> {
    let limit = timeout.unwrap_or(Duration::MAX);
    let failure = tokio::select! {
        ended = &mut running => return settle(ended, parent),
        () = sleep(limit) => Failure::Timeout(limit),
        () = parent.cancelled() => Failure::Interrupted,
    };
    own.cancel();
    match tokio::time::timeout(GRACE, running).await {
        Ok(Err(error)) if error.is_panic() => Err(Failure::Panic(text(&*error.into_panic()))),
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
        Err(error) if error.is_panic() => Err(Failure::Panic(text(&*error.into_panic()))),
        // What a stage says after the run was cancelled is not the whole of what it has to say.
        Ok(_) | Err(_) if parent.is_cancelled() => Err(Failure::Interrupted),
        Ok(Ok(traced)) => Ok(traced),
        Ok(Err(error)) => Err(Failure::Error(error)),
        Err(_) => Err(Failure::Interrupted),
    }
}

fn text(panic: &(dyn std::any::Any + Send)) -> String {
    let literal = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    literal.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

/// Counts how often kept results were of use to one stage.
struct Counting {
    inner: Arc<dyn Memo>,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Counting {
    fn new(inner: Arc<dyn Memo>) -> Self {
        Self { inner, hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }
}

impl Memo for Counting {
    fn recall(&self, key: &MemoKey) -> Option<Vec<u8>> {
        let value = self.inner.recall(key);
        let counter = if value.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        value
    }

    fn keep(&self, key: MemoKey, value: Vec<u8>) {
        self.inner.keep(key, value);
    }
}

//! The schedule: what may run, in which order, and the record that comes of it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Gap, Message, Policy, RunHeader, Status, Subject};
use stage::{Inputs, Output, Sink};
use store::Cache;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::execute::{Executed, Failure, execute};
use crate::instance::artifacts;
use crate::memo::FromCache;
use crate::record::{Ended, lost, record};
use crate::{Budget, Event, Instance, Listener, Task, World};

/// Tells whether what a stage said is reason to start no further one.
pub type StopAfter = Arc<dyn Fn(&Output) -> bool + Send + Sync>;

/// The code of gaps that the budget leaves.
const BUDGET: &str = "budget";
/// What helps against them.
const BUDGET_HINT: &str = "raise `budget` in the profile, or let it run fewer stages";

/// What helps where the policy that a change is judged by is broken itself.
const TARGET_HINT: &str = "this is by the policy of the target branch, which no change mends for itself: bring the target \
                           branch in order first, by a push that this check does not hold up";

/// Runs stages.
pub struct Engine {
    /// The results cache, unless it is switched off or cannot be used.
    pub cache: Option<Arc<Cache>>,
    /// The one pool for work that takes processor time.
    pub pool: Arc<rayon::ThreadPool>,
    /// Set when the run is to stop.
    pub cancel: CancellationToken,
    /// Who is told what happens.
    pub listener: Listener,
    /// Set for `--fail-fast`.
    pub stop_after: Option<StopAfter>,
    /// How long all of it may take; what is not done then is stopped.
    pub budget: Option<Budget>,
}

/// What came of a run.
pub struct Ran {
    /// The record.
    pub messages: Vec<Message>,
    /// What panicked: our own bugs.
    pub bugs: Vec<String>,
    /// Whether the run was cancelled.
    pub interrupted: bool,
    /// Whether the budget was over before all was done.
    pub over_budget: bool,
}

/// Where an instance stands.
enum State {
    Waiting,
    Running,
    Ended(Box<Ended>),
}

/// The stages at work, each with the index of its instance: a task that dies tells nothing else.
#[derive(Default)]
struct Tasks {
    tasks: JoinSet<(Executed, u64)>,
    at: HashMap<Id, usize>,
}

impl Tasks {
    /// Waits for the next one to end; `None` when none is at work.
    async fn next(&mut self) -> Option<(Option<usize>, Executed, u64)> {
        Some(match self.tasks.join_next_with_id().await? {
            Ok((id, (executed, milliseconds))) => (self.at.remove(&id), executed, milliseconds),
            Err(error) => {
                let at = self.at.remove(&error.id());
                (at, Executed { result: Err(Failure::of(error)), rules: Vec::new(), cached: false }, 0)
            }
        })
    }
}

impl Engine {
    /// Runs every instance whose inputs can be had and returns the record: the same for any number of threads, whether
    /// the cache answers or the stages run.
    pub async fn run(&self, instances: &[Instance], world: &World, header: RunHeader) -> Ran {
        let mut states: Vec<State> = instances.iter().map(|_| State::Waiting).collect();
        let mut running = Tasks::default();
        let mut bugs = Vec::new();
        let (mut stopped, mut over_budget) = (false, false);
        loop {
            over_budget |= self.start(instances, world, &mut states, &mut running, stopped);
            let Some((at, executed, milliseconds)) = running.next().await else { break };
            // What ended and belongs to nobody leaves its instance behind, which is told below.
            let Some((at, instance)) = at.and_then(|at| Some((at, instances.get(at)?))) else { continue };
            match &executed.result {
                Err(Failure::Panic(message)) => bugs.push(format!("stage `{}`: {message}", instance.id())),
                Err(Failure::Budget(_)) => over_budget = true,
                Ok(_) | Err(Failure::Error(_) | Failure::Timeout(_) | Failure::Interrupted) => {}
            }
            let ended = self.settle(instance, instances, executed, milliseconds);
            stopped |= self.stop_after.as_ref().is_some_and(|stop| stop(&ended.output));
            if let Some(state) = states.get_mut(at) {
                *state = State::Ended(Box::new(ended));
            }
        }
        let all = instances.iter().zip(states).map(|(instance, state)| match state {
            State::Ended(ended) => *ended,
            State::Waiting | State::Running => {
                let reason = "the schedule ended before it did: a bug in Sluicegate".to_owned();
                bugs.push(format!("stage `{}`: the schedule ended before it did", instance.id()));
                refused(instance, "bug", reason, None)
            }
        });
        let ended = all.collect();
        bugs.sort();
        let interrupted = self.cancel.is_cancelled();
        Ran { messages: record(header, instances, ended), bugs, interrupted, over_budget }
    }

    /// Starts every instance whose turn it is; ends those that will never run. Tells whether the budget is why.
    fn start(
        &self,
        instances: &[Instance],
        world: &World,
        states: &mut [State],
        running: &mut Tasks,
        stopped: bool,
    ) -> bool {
        let mut over_budget = false;
        loop {
            let mut ended_some = false;
            for (at, instance) in instances.iter().enumerate() {
                if !matches!(states.get(at), Some(State::Waiting)) {
                    continue;
                }
                let ready =
                    instance.after.iter().all(|before| matches!(states.get(*before), Some(State::Ended(_))));
                if !ready {
                    continue;
                }
                let next = match self.refusal(instance, instances, states, stopped) {
                    Some(ended) => {
                        ended_some = true;
                        over_budget |= ended.output.gaps.iter().any(|gap| gap.code == BUDGET);
                        State::Ended(Box::new(ended))
                    }
                    None => {
                        let output = |at: usize| match states.get(at) {
                            Some(State::Ended(ended)) => Some(&ended.output),
                            Some(State::Waiting | State::Running) | None => None,
                        };
                        let inputs = Inputs {
                            artifacts: artifacts(instance, instances, output),
                            ..self.inputs(instance, world)
                        };
                        self.spawn(at, instance.clone(), inputs, running);
                        State::Running
                    }
                };
                if let Some(state) = states.get_mut(at) {
                    *state = next;
                }
            }
            if !ended_some {
                return over_budget;
            }
        }
    }

    /// Tells why an instance will not run, if so.
    fn refusal(
        &self,
        instance: &Instance,
        instances: &[Instance],
        states: &[State],
        stopped: bool,
    ) -> Option<Ended> {
        if let Some(reason) = &instance.skip {
            return Some(Ended { status: Status::Skipped, ..ended(Output::default(), Some(reason.clone())) });
        }
        let failed = |reason: String| Some(refused(instance, "stage-failed", reason, None));
        if self.cancel.is_cancelled() {
            return failed("the run was interrupted".into());
        }
        if stopped {
            return failed("stopped by --fail-fast before it ran".into());
        }
        if let Some(budget) = self.budget.filter(|budget| budget.left().is_zero()) {
            let reason = format!("{} before it began", over(budget.total()));
            return Some(refused(instance, BUDGET, reason, Some(BUDGET_HINT)));
        }
        let before = instance.after.iter().find(|before| {
            matches!(states.get(**before), Some(State::Ended(ended)) if ended.status == Status::Failed)
        })?;
        let name = instances.get(*before).map(|before| before.id().to_string()).unwrap_or_default();
        failed(format!("stage `{name}`, which it needs, failed"))
    }

    fn spawn(&self, at: usize, instance: Instance, inputs: Inputs, running: &mut Tasks) {
        let task = Task::of(&instance);
        (self.listener)(Event::Started { task: task.clone() });
        let (cache, listener, budget) = (self.cache.clone(), Arc::clone(&self.listener), self.budget);
        let span = tracing::info_span!("stage", id = %task.stage, subject = %task.subject);
        let work = async move {
            let began = Instant::now();
            let sink =
                Arc::new(Sink::new(task.stage.clone(), task.subject.clone(), instance.spec.gives.clone()));
            let ticks = tick(task, Arc::clone(&sink), listener);
            let executed = tokio::select! {
                executed = execute(&instance, inputs, cache.as_deref(), budget, sink) => executed,
                never = ticks => match never {},
            };
            let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::debug!(milliseconds, cached = executed.cached, "stage ended");
            (executed, milliseconds)
        };
        let task = running.tasks.spawn(tracing::Instrument::instrument(work, span));
        running.at.insert(task.id(), at);
    }

    /// Returns what an instance is handed beside artifacts.
    pub(crate) fn inputs(&self, instance: &Instance, world: &World) -> Inputs {
        Inputs {
            tree: world.tree.clone(),
            policy: world.policy(instance.policy),
            commits: world.commits.get(&instance.subject).cloned(),
            artifacts: std::collections::BTreeMap::new(),
            data: Arc::clone(&world.data),
            memo: Arc::new(FromCache(self.cache.clone())),
            environment: world.environment_of(&instance.spec),
            programs: world.programs.clone(),
            today: world.today.clone(),
            salt: world.salt,
            offline: world.offline,
            pool: Arc::clone(&self.pool),
            cancel: self.cancel.clone(),
        }
    }

    /// Turns what came of an execution into how it ended, and tells the listener.
    fn settle(
        &self,
        instance: &Instance,
        instances: &[Instance],
        executed: Executed,
        milliseconds: u64,
    ) -> Ended {
        let failed = |code: &str, reason: String, hint| refused(instance, code, reason, hint);
        let settled = match executed.result {
            Ok(mut output) => {
                output.gaps.extend(unchecked(instance, instances, &output.subjects));
                ended(output, None)
            }
            Err(Failure::Error(error)) => {
                let hint = (instance.policy == Policy::Target).then_some(TARGET_HINT);
                failed("stage-failed", error.to_string(), hint)
            }
            Err(Failure::Timeout(limit)) => {
                failed("timeout", format!("not done within {} s", limit.as_secs()), None)
            }
            Err(Failure::Budget(total)) => {
                failed(BUDGET, format!("{} before it was done", over(total)), Some(BUDGET_HINT))
            }
            Err(Failure::Interrupted) => failed("interrupted", "the run was interrupted".into(), None),
            Err(Failure::Panic(message)) => failed("bug", format!("a bug in the stage: {message}"), None),
        };
        let settled = Ended { cached: executed.cached, rules: executed.rules, milliseconds, ..settled };
        (self.listener)(Event::Finished {
            task: Task::of(instance),
            status: settled.status,
            cached: settled.cached,
            said: (settled.output.findings.len(), settled.output.gaps.len()),
            milliseconds,
        });
        settled
    }
}

/// Returns how an instance ended that said `output`.
fn ended(output: Output, reason: Option<String>) -> Ended {
    let status = match (output.findings.is_empty(), output.gaps.is_empty()) {
        (false, _) => Status::Findings,
        (true, false) => Status::Gaps,
        (true, true) => Status::Clean,
    };
    Ended { status, reason, cached: false, output, rules: Vec::new(), milliseconds: 0 }
}

/// Returns how an instance ended that could not do its work.
fn refused(instance: &Instance, code: &str, reason: String, hint: Option<&str>) -> Ended {
    let gaps = vec![lost(instance, code, reason.clone(), hint)];
    let said = Output { gaps, ..Output::default() };
    Ended { status: Status::Failed, ..ended(said, Some(reason)) }
}

fn over(total: Duration) -> String {
    format!("the budget of the run, {} s, was over", total.as_secs())
}

/// Returns the gaps for subjects that a stage gave and that no instance checks: one a subject, since what nobody looked
/// at is not clean.
fn unchecked(giver: &Instance, instances: &[Instance], subjects: &[Subject]) -> Vec<Gap> {
    let open = subjects.iter().filter(|subject| !instances.iter().any(|known| known.subject == **subject));
    open.map(|subject| {
        let reason = format!("no stage checks {subject}, which it names");
        lost(giver, "unchecked-subject", reason, None)
    })
    .collect()
}

/// Tells the listener how far a stage is.
async fn tick(task: Task, sink: Arc<Sink>, listener: Listener) -> Infallible {
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (done, total) = sink.progress();
        if total > 0 {
            listener(Event::Progress { task: task.clone(), done, total });
        }
    }
}

//! The schedule: what may run, in which order, and the record that comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{
    Counted, Gap, GapKind, Message, Policy, RuleId, RunHeader, StageId, StageOutcome, Status, Subject,
};
use stage::{Gift, Inputs, Memo, MemoKey, Output, Sink, Stage};
use store::Cache;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::execute::{Executed, Failure, execute};
use crate::{Event, Listener, World};

/// A stage to run on a subject.
#[derive(Clone)]
pub struct Instance {
    /// The stage.
    pub stage: Arc<dyn Stage>,
    /// What it checks.
    pub subject: Subject,
    /// By whose policy it was configured.
    pub policy: Policy,
    /// Its time limit.
    pub timeout: Option<Duration>,
    /// Indices of the instances that must have ended before: producers of what it needs, and `needs` of the file.
    pub after: Vec<usize>,
    /// Set when it is not to run, with the reason.
    pub skip: Option<String>,
    /// Whether the record says what it said; another shard's does otherwise, and it runs for what it gives.
    pub reported: bool,
}

/// Tells whether what a stage said is reason to start no further one.
pub type StopAfter = Arc<dyn Fn(&Output) -> bool + Send + Sync>;

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
}

/// What came of a run.
pub struct Ran {
    /// The record.
    pub messages: Vec<Message>,
    /// Subjects that stages gave and no instance checked.
    pub subjects: Vec<Subject>,
    /// What panicked: our own bugs.
    pub bugs: Vec<String>,
    /// Whether the run was cancelled.
    pub interrupted: bool,
}

/// Where an instance stands.
enum State {
    Waiting,
    Running,
    Ended(Ended),
}

/// How an instance ended.
struct Ended {
    status: Status,
    reason: Option<String>,
    cached: bool,
    output: Output,
    milliseconds: u64,
}

impl Engine {
    /// Runs every instance whose inputs can be had and returns the record: the same for any number of threads, whether
    /// the cache answers or the stages run.
    pub async fn run(&self, instances: &[Instance], world: &World, header: RunHeader) -> Ran {
        let mut states: Vec<State> = instances.iter().map(|_| State::Waiting).collect();
        let mut running: JoinSet<(usize, Executed, u64)> = JoinSet::new();
        let mut bugs = Vec::new();
        let mut stopped = false;
        loop {
            self.start(instances, world, &mut states, &mut running, stopped);
            let Some(joined) = running.join_next().await else { break };
            let Ok((at, executed, milliseconds)) = joined else { continue };
            let Some(instance) = instances.get(at) else { continue };
            if let Err(Failure::Panic(message)) = &executed.result {
                bugs.push(format!("stage `{}`: {message}", instance.stage.spec().id));
            }
            let ended = self.settle(instance, executed, milliseconds);
            stopped |= self.stop_after.as_ref().is_some_and(|stop| stop(&ended.output));
            if let Some(state) = states.get_mut(at) {
                *state = State::Ended(ended);
            }
        }
        bugs.sort();
        let interrupted = self.cancel.is_cancelled();
        let subjects = given_subjects(instances, &states);
        Ran { messages: record(header, instances, states), subjects, bugs, interrupted }
    }

    /// Starts every instance whose turn it is; ends those that will never run.
    fn start(
        &self,
        instances: &[Instance],
        world: &World,
        states: &mut [State],
        running: &mut JoinSet<(usize, Executed, u64)>,
        stopped: bool,
    ) {
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
                        State::Ended(ended)
                    }
                    None => {
                        let inputs = self.inputs(instance, world, instances, states);
                        self.spawn(at, instance.clone(), inputs, running);
                        State::Running
                    }
                };
                if let Some(state) = states.get_mut(at) {
                    *state = next;
                }
            }
            if !ended_some {
                return;
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
        let ended = |status, reason: String| Ended {
            output: if status == Status::Failed {
                lost(instance, "stage-failed", &reason)
            } else {
                Output::default()
            },
            status,
            reason: Some(reason),
            cached: false,
            milliseconds: 0,
        };
        if let Some(reason) = &instance.skip {
            return Some(ended(Status::Skipped, reason.clone()));
        }
        if self.cancel.is_cancelled() {
            return Some(ended(Status::Failed, "the run was interrupted".into()));
        }
        if stopped {
            return Some(ended(Status::Failed, "stopped by --fail-fast before it ran".into()));
        }
        let failed = instance.after.iter().find(|before| {
            matches!(states.get(**before), Some(State::Ended(ended)) if ended.status == Status::Failed)
        })?;
        let name =
            instances.get(*failed).map(|before| before.stage.spec().id.to_string()).unwrap_or_default();
        Some(ended(Status::Failed, format!("stage `{name}`, which it needs, failed")))
    }

    fn spawn(
        &self,
        at: usize,
        instance: Instance,
        inputs: Inputs,
        running: &mut JoinSet<(usize, Executed, u64)>,
    ) {
        let spec = instance.stage.spec();
        (self.listener)(Event::Started { stage: spec.id.clone(), subject: instance.subject.clone() });
        let (cache, listener) = (self.cache.clone(), Arc::clone(&self.listener));
        let span = tracing::info_span!("stage", id = %spec.id, subject = %instance.subject);
        let work = async move {
            let began = Instant::now();
            let sink = Arc::new(Sink::new(spec.id.clone(), instance.subject.clone(), spec.gives.clone()));
            let ticker =
                tokio::spawn(tick(spec.id.clone(), instance.subject.clone(), Arc::clone(&sink), listener));
            let executed = execute(&instance, inputs, cache.as_deref(), sink).await;
            ticker.abort();
            let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::debug!(milliseconds, cached = executed.cached, "stage ended");
            (at, executed, milliseconds)
        };
        running.spawn(tracing::Instrument::instrument(work, span));
    }

    fn inputs(&self, instance: &Instance, world: &World, instances: &[Instance], states: &[State]) -> Inputs {
        Inputs {
            tree: world.tree.clone(),
            policy: world.policy(instance.policy),
            commits: world.commits.get(&instance.subject).cloned(),
            artifacts: artifacts(instance, instances, states),
            data: Arc::clone(&world.data),
            memo: Arc::new(Kept(self.cache.clone())),
            environment: world.environment.clone(),
            programs: world.programs.clone(),
            today: world.today.clone(),
            salt: world.salt,
            offline: world.offline,
            pool: Arc::clone(&self.pool),
            cancel: self.cancel.clone(),
        }
    }

    /// Turns what came of an execution into how it ended, and tells the listener.
    fn settle(&self, instance: &Instance, executed: Executed, milliseconds: u64) -> Ended {
        let failed =
            |code: &str, reason: String| (lost(instance, code, &reason), Status::Failed, Some(reason));
        let (output, status, reason) = match executed.result {
            Ok(output) => {
                let status = match (output.findings.is_empty(), output.gaps.is_empty()) {
                    (false, _) => Status::Findings,
                    (true, false) => Status::Gaps,
                    (true, true) => Status::Clean,
                };
                (output, status, None)
            }
            Err(Failure::Error(error)) => failed("stage-failed", error.to_string()),
            Err(Failure::Timeout(limit)) => {
                failed("timeout", format!("not done within {} s", limit.as_secs()))
            }
            Err(Failure::Interrupted) => failed("interrupted", "the run was interrupted".into()),
            Err(Failure::Panic(message)) => failed("bug", format!("a bug in the stage: {message}")),
        };
        (self.listener)(Event::Finished {
            stage: instance.stage.spec().id,
            subject: instance.subject.clone(),
            policy: instance.policy,
            status,
            cached: executed.cached,
            said: (output.findings.len(), output.gaps.len()),
            milliseconds,
        });
        Ended { status, reason, cached: executed.cached, output, milliseconds }
    }
}

/// Returns what a stage says that could not do its work.
fn lost(instance: &Instance, code: &str, reason: &str) -> Output {
    let gap = Gap {
        stage: instance.stage.spec().id,
        subject: instance.subject.clone(),
        kind: GapKind::Lost,
        code: code.to_owned(),
        path: None,
        line: None,
        reason: reason.to_owned(),
        hint: None,
    };
    Output { gaps: vec![gap], ..Output::default() }
}

/// Collects what the instances before this one gave; where the policies of target and change differ, each takes from its
/// own side.
fn artifacts(
    instance: &Instance,
    instances: &[Instance],
    states: &[State],
) -> BTreeMap<String, Vec<(Subject, Gift)>> {
    let mut all: BTreeMap<String, Vec<(Subject, Gift)>> = BTreeMap::new();
    for before in &instance.after {
        let (Some(producer), Some(State::Ended(ended))) = (instances.get(*before), states.get(*before))
        else {
            continue;
        };
        for (name, gift) in &ended.output.artifacts {
            all.entry(name.clone()).or_default().push((producer.subject.clone(), gift.clone()));
        }
    }
    all.values_mut().for_each(|values| values.sort_by(|a, b| a.0.cmp(&b.0)));
    all
}

fn given_subjects(instances: &[Instance], states: &[State]) -> Vec<Subject> {
    let given = states.iter().filter_map(|state| match state {
        State::Ended(ended) => Some(&ended.output.subjects),
        State::Waiting | State::Running => None,
    });
    let mut subjects: Vec<Subject> = given.flatten().cloned().collect();
    subjects.sort();
    subjects.dedup();
    subjects.retain(|subject| !instances.iter().any(|instance| instance.subject == *subject));
    subjects
}

/// Writes the record: instances by name, subject and policy, each with its rules, findings, gaps, numbers and artifacts.
fn record(header: RunHeader, instances: &[Instance], states: Vec<State>) -> Vec<Message> {
    let mut ended: Vec<(StageId, &Instance, Ended)> = instances
        .iter()
        .zip(states)
        .filter(|(instance, _)| instance.reported)
        .filter_map(|(instance, state)| match state {
            State::Ended(ended) => Some((instance.stage.spec().id, instance, ended)),
            State::Waiting | State::Running => None,
        })
        .collect();
    ended.sort_by(|a, b| (&a.0, &a.1.subject, a.1.policy).cmp(&(&b.0, &b.1.subject, b.1.policy)));
    let mut messages = vec![Message::Run(header)];
    for (stage, instance, ended) in ended {
        say(&mut messages, &stage, instance, ended);
    }
    messages
}

fn say(messages: &mut Vec<Message>, stage: &StageId, instance: &Instance, ended: Ended) {
    let subject = &instance.subject;
    messages.push(Message::Stage(StageOutcome {
        stage: stage.clone(),
        subject: subject.clone(),
        status: ended.status,
        reason: ended.reason,
        cached: ended.cached,
        policy: instance.policy,
        milliseconds: ended.milliseconds,
    }));
    let mut fired: Vec<&RuleId> = ended.output.findings.iter().map(|finding| &finding.rule).collect();
    fired.sort();
    fired.dedup();
    if !fired.is_empty() {
        let mut rules = instance.stage.rules();
        rules.retain(|rule| fired.binary_search(&&rule.id).is_ok());
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        messages.extend(rules.into_iter().map(Message::Rule));
    }
    messages.extend(ended.output.findings.into_iter().map(|finding| Message::Finding(Box::new(finding))));
    messages.extend(ended.output.gaps.into_iter().map(Message::Gap));
    messages.extend(ended.output.counts.into_iter().map(|(what, number)| {
        Message::Counted(Counted { stage: stage.clone(), subject: subject.clone(), what, number })
    }));
    messages.extend(ended.output.artifacts.into_iter().map(|(name, gift)| Message::Artifact {
        stage: stage.clone(),
        subject: subject.clone(),
        name,
        digest: gift.digest,
    }));
}

/// Tells the listener how far a stage is.
async fn tick(stage: StageId, subject: Subject, sink: Arc<Sink>, listener: Listener) {
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (done, total) = sink.progress();
        if total > 0 {
            listener(Event::Progress { stage: stage.clone(), subject: subject.clone(), done, total });
        }
    }
}

/// The kept results as stages see them.
struct Kept(Option<Arc<Cache>>);

impl Memo for Kept {
    fn recall(&self, key: &MemoKey) -> Option<Vec<u8>> {
        self.0.as_ref()?.memo().recall(&key.0)
    }

    fn keep(&self, key: MemoKey, value: Vec<u8>) {
        if let Some(cache) = &self.0 {
            cache.memo().keep(key.0, value);
        }
    }
}

/// Keeps nothing: for asking what would be read without running anything.
pub struct NoMemo;

impl Memo for NoMemo {
    fn recall(&self, _key: &MemoKey) -> Option<Vec<u8>> {
        None
    }

    fn keep(&self, _key: MemoKey, _value: Vec<u8>) {}
}

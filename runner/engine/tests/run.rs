//! The engine with small stages made for the purpose.

#![expect(clippy::unwrap_used, reason = "everything here is a test: what does not hold ends it")]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use engine::{Change, Engine, Instance, Ran, World, explain};
use model::{
    Artifact, Digest, GapKind, Location, Message, Policy, Rule, RuleId, RunHeader, Severity, Span, StageId,
    Status, Subject, SubjectKind,
};
use source::MemoryTree;
use stage::harness::{MemoryData, inputs};
use stage::{Draft, From, Given, Globs, Need, Running, Sink, Spec, Stage, StageError};
use store::{Cache, Key};
use tokio_util::sync::CancellationToken;

const WORDS: Artifact<Vec<String>> = Artifact::new("words");

/// What a test stage does when it runs.
type Act = fn(&Given<'_>, &Sink) -> Result<(), StageError>;

struct Probe {
    spec: Spec,
    act: Act,
    runs: AtomicUsize,
}

impl Stage for Probe {
    fn spec(&self) -> Spec {
        self.spec.clone()
    }

    fn rules(&self) -> Vec<Rule> {
        vec![rule()]
    }

    fn run<'a>(&'a self, given: &'a Given<'a>, out: &'a Sink) -> Running<'a> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move { given.compute(|| (self.act)(given, out)) })
    }
}

fn rule() -> Rule {
    Rule {
        stage: StageId::new("probe").unwrap(),
        id: RuleId::new("word").unwrap(),
        title: "A word".into(),
        why: "It stands there.".into(),
        fix: "Take it out.".into(),
        severity: Severity::High,
        cwe: vec![],
        help_url: None,
    }
}

fn probe(id: &str, needs: Vec<Need>, gives: Vec<&'static str>, act: Act) -> Arc<Probe> {
    let spec = Spec {
        id: StageId::new(id).unwrap(),
        revision: 1,
        subject: SubjectKind::Tree,
        config: Digest::of(b""),
        needs,
        gives,
        gives_subjects: None,
    };
    Arc::new(Probe { spec, act, runs: AtomicUsize::new(0) })
}

fn instance(stage: &Arc<Probe>, after: &[usize]) -> Instance {
    Instance {
        stage: Arc::<Probe>::clone(stage),
        subject: Subject::Tree,
        policy: Policy::Both,
        timeout: None,
        after: after.to_vec(),
        skip: None,
        reported: true,
    }
}

fn world(files: &[(&str, &str)]) -> World {
    let tree = MemoryTree::new(files.iter().map(|(path, text)| (*path, *text)));
    let tree: Arc<dyn source::Tree> = Arc::new(tree);
    World {
        head: Some(Arc::clone(&tree)),
        tree: Some(tree),
        target: None,
        commits: std::collections::BTreeMap::new(),
        data: Arc::new(MemoryData::default()),
        environment: std::collections::BTreeMap::new(),
        programs: std::collections::BTreeMap::new(),
        today: "2026-01-31".into(),
        salt: [0; 32],
        offline: true,
    }
}

fn engine(cache: Option<&Path>, threads: usize) -> Engine {
    Engine {
        cache: cache.map(|folder| Arc::new(Cache::new(folder, Key::from_text("k"), 1 << 24))),
        pool: Arc::new(rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()),
        cancel: CancellationToken::new(),
        listener: Arc::new(|_| ()),
        stop_after: None,
    }
}

fn header() -> RunHeader {
    RunHeader { version: 1, tool: "0".into(), scope: "full".into(), head: None, base: None, shard: None }
}

fn run(engine: &Engine, instances: &[Instance], world: &World) -> Ran {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let ran = runtime.block_on(engine.run(instances, world, header()));
    if let Some(cache) = &engine.cache {
        cache.close().unwrap();
    }
    runtime.shutdown_background();
    ran
}

fn status(ran: &Ran, id: &str) -> (Status, Option<String>) {
    let find = |message: &Message| match message {
        Message::Stage(outcome) if outcome.stage.as_str() == id => {
            Some((outcome.status, outcome.reason.clone()))
        }
        _ => None,
    };
    ran.messages.iter().find_map(find).unwrap()
}

fn lost(ran: &Ran) -> Vec<String> {
    let code = |message: &Message| match message {
        Message::Gap(gap) if gap.kind == GapKind::Lost => Some(format!("{}:{}", gap.stage, gap.code)),
        _ => None,
    };
    ran.messages.iter().filter_map(code).collect()
}

/// The record without what is never the same twice.
fn told(ran: Ran) -> Vec<Message> {
    let plain = |mut message: Message| {
        if let Message::Stage(outcome) = &mut message {
            outcome.milliseconds = 0;
            outcome.cached = false;
        }
        message
    };
    ran.messages.into_iter().map(plain).collect()
}

fn files(glob: &str) -> Need {
    Need::Files(Globs::new([glob]).unwrap())
}

fn give_words(given: &Given<'_>, out: &Sink) -> Result<(), StageError> {
    let mut words = Vec::new();
    for file in given.files()?.iter() {
        let text = String::from_utf8_lossy(&file.read().unwrap()).into_owned();
        words.extend(text.split_whitespace().map(str::to_owned));
    }
    words.sort();
    out.give(WORDS, words)
}

fn find_words(given: &Given<'_>, out: &Sink) -> Result<(), StageError> {
    for (_, words) in given.artifacts(WORDS)? {
        for word in words.iter() {
            let location = Location::File { path: word.clone(), span: Span::FILE };
            out.find(Draft::new(&rule(), location).identity(word.as_str()));
        }
    }
    out.count("words", 1);
    Ok(())
}

fn pair() -> (Arc<Probe>, Arc<Probe>) {
    let producer = probe("lister", vec![files("*.txt")], vec![WORDS.name()], give_words);
    let need = Need::Artifact { name: WORDS.name(), from: From::Same, optional: false };
    (producer, probe("probe", vec![need], vec![], find_words))
}

#[test]
fn cached_is_live_for_any_number_of_threads() {
    let world = world(&[("a.txt", "x y"), ("b.txt", "z")]);
    let (producer, consumer) = pair();
    let instances = [instance(&producer, &[]), instance(&consumer, &[0])];
    let folder = tempfile::tempdir().unwrap();
    let live = told(run(&engine(None, 1), &instances, &world));
    assert_eq!(live.iter().filter(|message| matches!(message, Message::Finding(_))).count(), 3);
    assert_eq!(told(run(&engine(Some(folder.path()), 4), &instances, &world)), live);
    let before = producer.runs.load(Ordering::SeqCst);
    let cached = run(&engine(Some(folder.path()), 2), &instances, &world);
    assert!(cached.messages.iter().all(|message| !matches!(message, Message::Stage(o) if !o.cached)));
    assert_eq!(told(cached), live);
    assert_eq!((producer.runs.load(Ordering::SeqCst), before), (2, 2));
}

#[test]
fn undeclared_files_rerun_nothing_and_an_equal_artifact_stops_there() {
    let folder = tempfile::tempdir().unwrap();
    let (producer, consumer) = pair();
    let instances = [instance(&producer, &[]), instance(&consumer, &[0])];
    let counts = || (producer.runs.load(Ordering::SeqCst), consumer.runs.load(Ordering::SeqCst));
    let go = |files: &[(&str, &str)]| run(&engine(Some(folder.path()), 2), &instances, &world(files));
    go(&[("a.txt", "x y")]);
    assert_eq!(counts(), (1, 1));
    go(&[("a.txt", "x y"), ("README.md", "new")]);
    assert_eq!(counts(), (1, 1), "an undeclared file");
    go(&[("a.txt", "y   x")]);
    assert_eq!(counts(), (2, 1), "other bytes, the same words");
    go(&[("a.txt", "y x z")]);
    assert_eq!(counts(), (3, 2));
    go(&[("a.txt", "x y")]);
    assert_eq!(counts(), (3, 2), "back on an earlier state");
}

#[test]
fn a_change_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let (producer, _) = pair();
    let one = instance(&producer, &[]);
    run(
        &engine(Some(folder.path()), 2),
        std::slice::from_ref(&one),
        &world(&[("a.txt", "x"), ("b.txt", "y")]),
    );
    let cache = Cache::new(folder.path(), Key::from_text("k"), 1 << 24);
    let ask = |files: &[(&str, &str)]| {
        let tree = MemoryTree::new(files.iter().map(|(path, text)| (*path, *text)));
        explain(&one, &inputs(tree), &cache)
    };
    assert!(ask(&[("a.txt", "x"), ("b.txt", "y")]).hit);
    let report = ask(&[("a.txt", "other"), ("c.txt", "y")]);
    let expected =
        [Change::Modified("a.txt".into()), Change::Added("c.txt".into()), Change::Removed("b.txt".into())];
    assert!(!report.hit && report.known);
    assert_eq!(report.changes, expected);
}

#[test]
fn a_failed_producer_fails_its_consumers() {
    let (_, consumer) = pair();
    let broken =
        probe("lister", vec![], vec![WORDS.name()], |_, _| Err(StageError::Failed("no disk".into())));
    let ran = run(&engine(None, 2), &[instance(&broken, &[]), instance(&consumer, &[0])], &world(&[]));
    assert_eq!(status(&ran, "lister"), (Status::Failed, Some("no disk".into())));
    assert_eq!(
        status(&ran, "probe"),
        (Status::Failed, Some("stage `lister`, which it needs, failed".into()))
    );
    assert_eq!(lost(&ran), ["lister:stage-failed", "probe:stage-failed"]);
}

#[test]
fn an_undeclared_read_is_refused_by_name() {
    let check = |needs: Vec<Need>, act: Act, expected: &str| {
        let stage = probe("curious", needs, vec![], act);
        let ran = run(&engine(None, 1), &[instance(&stage, &[])], &world(&[("a.txt", "")]));
        assert_eq!(status(&ran, "curious").1.unwrap(), expected);
    };
    check(
        vec![],
        |given, _| given.files().map(|_| ()),
        "stage `curious` read files, which it does not declare",
    );
    check(
        vec![],
        |given, _| given.env("HOME").map(|_| ()),
        "stage `curious` read environment variable HOME, which it does not declare",
    );
    check(
        vec![],
        |given, _| given.artifacts(WORDS).map(|_| ()),
        "stage `curious` read artifact `words`, which it does not declare",
    );
    check(
        vec![Need::Data("other")],
        |given, _| given.shard("advisories", "npm").map(|_| ()),
        "stage `curious` read data `advisories`, which it does not declare",
    );
    check(
        vec![],
        |given, _| given.today().map(|_| ()),
        "stage `curious` read the clock, which it does not declare",
    );
    check(
        vec![],
        |given, _| given.commits().map(|_| ()),
        "stage `curious` read commits, which it does not declare",
    );
    check(
        vec![],
        |given, _| given.host("registry.example"),
        "stage `curious` read host registry.example, which it does not declare",
    );
    check(
        vec![],
        |given, _| given.program("helm").map(|_| ()),
        "stage `curious` read program helm, which it does not declare",
    );
    check(
        vec![],
        |given, _| given.policy().map(|_| ()),
        "stage `curious` read policy files, which it does not declare",
    );
    check(vec![], |_, out| out.give(WORDS, vec![]), "artifact `words` was given and is not declared");
    let undeclared_file = |given: &Given<'_>, _: &Sink| {
        assert!(given.files()?.find("a.txt").is_none());
        Err(StageError::Failed("not among the declared".into()))
    };
    check(vec![files("*.md")], undeclared_file, "not among the declared");
}

#[test]
fn a_panic_is_our_bug_and_stops_nobody_else() {
    let broken = probe("broken", vec![], vec![], |_, _| panic!("index 7"));
    let (producer, _) = pair();
    let ran =
        run(&engine(None, 2), &[instance(&broken, &[]), instance(&producer, &[])], &world(&[("a.txt", "")]));
    assert_eq!(ran.bugs, ["stage `broken`: index 7"]);
    assert_eq!(status(&ran, "broken").0, Status::Failed);
    assert_eq!(status(&ran, "lister").0, Status::Clean);
}

fn until_cancelled(given: &Given<'_>, out: &Sink) -> Result<(), StageError> {
    while !given.cancelled() {
        std::thread::sleep(Duration::from_millis(5));
    }
    out.count("half", 1);
    Ok(())
}

#[test]
fn a_stage_whose_time_is_up_is_a_lost_gap_and_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let slow = probe("slow", vec![], vec![], until_cancelled);
    let limited = Instance { timeout: Some(Duration::from_millis(50)), ..instance(&slow, &[]) };
    for _ in 0..2 {
        let ran = run(&engine(Some(folder.path()), 2), std::slice::from_ref(&limited), &world(&[]));
        assert_eq!(lost(&ran), ["slow:timeout"]);
    }
    assert_eq!(slow.runs.load(Ordering::SeqCst), 2);
}

#[test]
fn cancelling_ends_the_run_within_half_a_second() {
    let stubborn = probe("stubborn", vec![], vec![], |_, _| {
        std::thread::sleep(Duration::from_secs(3));
        Ok(())
    });
    let slow = probe("slow", vec![], vec![], until_cancelled);
    let engine = engine(None, 2);
    let cancel = engine.cancel.clone();
    let cancelled = Arc::new(Mutex::new(Instant::now()));
    let noted = Arc::clone(&cancelled);
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        *noted.lock().unwrap() = Instant::now();
        cancel.cancel();
    });
    let ran = run(&engine, &[instance(&stubborn, &[]), instance(&slow, &[])], &world(&[]));
    assert!(ran.interrupted);
    assert!(cancelled.lock().unwrap().elapsed() < Duration::from_millis(500));
    assert_eq!(lost(&ran), ["slow:interrupted", "stubborn:interrupted"]);
}

#[test]
fn fail_fast_starts_nothing_more() {
    let (producer, consumer) = pair();
    let late = probe("late", vec![], vec![], |_, _| Ok(()));
    let mut engine = engine(None, 1);
    engine.stop_after = Some(Arc::new(|output| !output.findings.is_empty()));
    let instances = [instance(&producer, &[]), instance(&consumer, &[0]), instance(&late, &[1])];
    let ran = run(&engine, &instances, &world(&[("a.txt", "x")]));
    assert_eq!(status(&ran, "late").0, Status::Failed);
    assert_eq!(late.runs.load(Ordering::SeqCst), 0);
}

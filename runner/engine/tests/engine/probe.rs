//! Small stages made for the purpose, and a world for them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::{Engine, Input, Instance, Ran, World};
use model::{
    Artifact, Digest, GapKind, Location, Message, Policy, Rule, RuleId, RunHeader, Severity, Span, StageId,
    Status, Subject, SubjectKind,
};
use source::MemoryTree;
use stage::harness::MemoryData;
use stage::{Draft, From, Given, Globs, Need, Running, Sink, Spec, Stage, StageError};
use store::{Cache, Key};
use tokio_util::sync::CancellationToken;

pub(crate) const WORDS: Artifact<Vec<String>> = Artifact::new("words");

/// What a test stage does when it runs.
pub(crate) type Act = fn(&Given<'_>, &Sink) -> Result<(), StageError>;

pub(crate) struct Probe {
    pub(crate) spec: Spec,
    act: Act,
    pub(crate) runs: AtomicUsize,
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

pub(crate) fn rule() -> Rule {
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

pub(crate) fn probe(id: &str, needs: Vec<Need>, gives: Vec<&'static str>, act: Act) -> Arc<Probe> {
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

pub(crate) fn instance(stage: &Arc<Probe>, after: &[usize]) -> Instance {
    Instance {
        stage: Arc::<Probe>::clone(stage),
        spec: stage.spec(),
        subject: Subject::Tree,
        policy: Policy::Both,
        variant: 0,
        timeout: None,
        inputs: inputs_of(after),
        after: after.to_vec(),
        skip: None,
        reported: true,
    }
}

/// The artifact of these instances.
pub(crate) fn inputs_of(producers: &[usize]) -> Vec<Input> {
    producers.iter().map(|producer| Input { name: WORDS.name(), producer: *producer }).collect()
}

pub(crate) fn world(files: &[(&str, &str)]) -> World {
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

pub(crate) fn engine(cache: Option<&Path>, threads: usize) -> Engine {
    Engine {
        cache: cache.map(|folder| Arc::new(Cache::new(folder, Key::from_text("k"), 1 << 24))),
        pool: Arc::new(rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()),
        cancel: CancellationToken::new(),
        listener: Arc::new(|_| ()),
        stop_after: None,
        budget: None,
    }
}

pub(crate) fn header() -> RunHeader {
    RunHeader { version: 1, tool: "0".into(), scope: "full".into(), head: None, base: None, shard: None }
}

pub(crate) fn run(engine: &Engine, instances: &[Instance], world: &World) -> Ran {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let ran = runtime.block_on(engine.run(instances, world, header()));
    if let Some(cache) = &engine.cache {
        cache.close().unwrap();
    }
    runtime.shutdown_background();
    ran
}

pub(crate) fn status(ran: &Ran, id: &str) -> (Status, Option<String>) {
    let find = |message: &Message| match message {
        Message::Stage(outcome) if outcome.stage.as_str() == id => {
            Some((outcome.status, outcome.reason.clone()))
        }
        _ => None,
    };
    ran.messages.iter().find_map(find).unwrap()
}

pub(crate) fn lost(ran: &Ran) -> Vec<String> {
    let code = |message: &Message| match message {
        Message::Gap(gap) if gap.kind == GapKind::Lost => Some(format!("{}:{}", gap.stage, gap.code)),
        _ => None,
    };
    ran.messages.iter().filter_map(code).collect()
}

/// The record without what is never the same twice.
pub(crate) fn told(ran: Ran) -> Vec<Message> {
    let plain = |mut message: Message| {
        if let Message::Stage(outcome) = &mut message {
            outcome.milliseconds = 0;
            outcome.cached = false;
        }
        message
    };
    ran.messages.into_iter().map(plain).collect()
}

pub(crate) fn files(glob: &str) -> Need {
    Need::Files(Globs::new([glob]).unwrap())
}

pub(crate) fn give_words(given: &Given<'_>, out: &Sink) -> Result<(), StageError> {
    let mut words = Vec::new();
    for file in given.files()?.iter() {
        let text = String::from_utf8_lossy(&file.read().unwrap()).into_owned();
        words.extend(text.split_whitespace().map(str::to_owned));
    }
    words.sort();
    out.give(WORDS, words)
}

pub(crate) fn find_words(given: &Given<'_>, out: &Sink) -> Result<(), StageError> {
    for (_, words) in given.artifacts(WORDS)? {
        for word in words.iter() {
            let location = Location::File { path: word.clone(), span: Span::FILE };
            out.find(Draft::new(&rule(), location).identity(word.as_str()));
        }
    }
    out.count("words", 1);
    Ok(())
}

pub(crate) fn pair() -> (Arc<Probe>, Arc<Probe>) {
    let producer = probe("lister", vec![files("*.txt")], vec![WORDS.name()], give_words);
    let need = Need::Artifact { name: WORDS.name(), from: From::Same, optional: false };
    (producer, probe("probe", vec![need], vec![], find_words))
}

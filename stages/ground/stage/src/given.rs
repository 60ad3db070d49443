//! What a stage is handed: its declared inputs and nothing else. Every read leaves a trace.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use model::{Artifact, Digest, Hasher, StageId, Subject};
use serde::{Serialize, de::DeserializeOwned};
use source::{Commits, Tree};
use tokio_util::sync::CancellationToken;

use crate::{File, Files, Gift, Globs, Memo, MemoKey, Need, Read, Spec, StageError, Trace};

/// One shard of a data set, pinned by its digest.
#[derive(Clone)]
pub struct Shard {
    /// Digest of the bytes.
    pub digest: Digest,
    /// The bytes, mapped where that is possible.
    pub bytes: Arc<dyn AsRef<[u8]> + Send + Sync>,
}

/// The data sets of this machine.
pub trait DataSets: Send + Sync {
    /// Opens `shard` of the data set `data`; `None` when there is none, an error when it cannot be trusted.
    fn shard(&self, data: &str, shard: &str) -> Result<Option<Shard>, String>;
}

/// Everything there is for one stage and subject, before its declaration narrows it.
#[derive(Clone)]
pub struct Inputs {
    /// The subject's tree.
    pub tree: Option<Arc<dyn Tree>>,
    /// The tree that policy files are read from.
    pub policy: Option<Arc<dyn Tree>>,
    /// The commits of the subject.
    pub commits: Option<Arc<dyn Commits>>,
    /// Values of other stages, by channel, each with the subject it belongs to.
    pub artifacts: BTreeMap<String, Vec<(Subject, Gift)>>,
    /// The data sets.
    pub data: Arc<dyn DataSets>,
    /// Results kept from earlier runs.
    pub memo: Arc<dyn Memo>,
    /// The environment, narrowed to what the stage declares.
    pub environment: BTreeMap<String, String>,
    /// Where the programs are that any stage declared.
    pub programs: BTreeMap<String, PathBuf>,
    /// The date, as `2026-01-31`.
    pub today: String,
    /// What secrets are keyed with before they become fingerprints.
    pub salt: [u8; 32],
    /// Whether the network is out of reach.
    pub offline: bool,
    /// The one pool for work that takes processor time.
    pub pool: Arc<rayon::ThreadPool>,
    /// Set when the run is to stop.
    pub cancel: CancellationToken,
}

/// What a stage is handed.
pub struct Given<'a> {
    spec: &'a Spec,
    subject: &'a Subject,
    inputs: &'a Inputs,
    files: Option<Files>,
    policy: Option<Files>,
    trace: Mutex<Trace>,
    /// The span of the stage: its threads are in none of their own.
    span: tracing::Span,
}

/// The name of the set of [`Need::Files`] in a trace.
pub(crate) const FILES: &str = "files";
/// The name of the set of [`Need::Policy`] in a trace.
pub(crate) const POLICY: &str = "policy";

impl<'a> Given<'a> {
    /// Narrows `inputs` to what `spec` declares.
    pub fn new(spec: &'a Spec, subject: &'a Subject, inputs: &'a Inputs) -> Self {
        let select = |tree: &Option<Arc<dyn Tree>>, globs: Vec<&Globs>| match tree {
            Some(tree) if !globs.is_empty() => Some(Files::select(Arc::clone(tree), &globs)),
            Some(_) | None => None,
        };
        let files = select(&inputs.tree, spec.globs(FILES));
        let policy = select(&inputs.policy, spec.globs(POLICY));
        Self { spec, subject, inputs, files, policy, trace: Mutex::default(), span: tracing::Span::current() }
    }

    /// Returns the stage's name.
    pub fn stage(&self) -> &StageId {
        &self.spec.id
    }

    /// Returns what is being checked.
    pub fn subject(&self) -> &Subject {
        self.subject
    }

    /// Returns the files of the subject's tree that the stage declared.
    pub fn files(&self) -> Result<&Files, StageError> {
        self.declared(self.spec.needs.iter().any(|need| matches!(need, Need::Files(_))), "files")?;
        self.files.as_ref().ok_or_else(|| missing("the tree", "the subject has no files"))
    }

    /// Returns the policy files that the stage declared; none match where the policy has no tree.
    pub fn policy(&self) -> Result<Option<&Files>, StageError> {
        self.declared(self.spec.needs.iter().any(|need| matches!(need, Need::Policy(_))), "policy files")?;
        Ok(self.policy.as_ref())
    }

    /// Returns the commits under check.
    pub fn commits(&self) -> Result<&dyn Commits, StageError> {
        self.declared(self.spec.needs.iter().any(|need| matches!(need, Need::History(_))), "commits")?;
        let commits = self.inputs.commits.as_deref();
        let commits = commits.ok_or_else(|| missing("the history", "the tree is not in a git repository"))?;
        self.note(Read::History { digest: commits.digest() });
        Ok(commits)
    }

    /// Returns the values of a channel with the subjects they belong to; the stage's own subject only, unless it
    /// declared that it wants those of every subject. Empty when an optional channel has no producer.
    pub fn artifacts<T>(&self, channel: Artifact<T>) -> Result<Vec<(Subject, Arc<T>)>, StageError>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let name = channel.name();
        let need = self.spec.needs.iter().find_map(|need| match need {
            Need::Artifact { name: declared, from, optional } if *declared == name => {
                Some((*from, *optional))
            }
            _ => None,
        });
        self.declared(need.is_some(), &format!("artifact `{name}`"))?;
        let all = self.inputs.artifacts.get(name).map_or(&[][..], Vec::as_slice);
        let wanted: Vec<_> = all
            .iter()
            .filter(|(subject, _)| {
                need.is_some_and(|(from, _)| from == crate::From::Every) || subject == self.subject
            })
            .collect();
        if wanted.is_empty() {
            self.note(Read::Artifact { name: name.to_owned(), digest: None });
            if need.is_some_and(|(_, optional)| !optional) {
                return Err(missing(&format!("artifact `{name}`"), "no stage gave it"));
            }
        }
        let mut values = Vec::with_capacity(wanted.len());
        for (subject, gift) in wanted {
            self.note(Read::Artifact { name: name.to_owned(), digest: Some(gift.digest) });
            values.push((subject.clone(), gift.open(name)?));
        }
        Ok(values)
    }

    /// Opens a shard of a declared data set; `None` when the data set has no such shard.
    pub fn shard(&self, data: &str, shard: &str) -> Result<Option<Shard>, StageError> {
        let declared = self.spec.needs.iter().any(|need| matches!(need, Need::Data(name) if *name == data));
        self.declared(declared, &format!("data `{data}`"))?;
        let opened = self
            .inputs
            .data
            .shard(data, shard)
            .map_err(|reason| missing(&format!("shard `{shard}` of data `{data}`"), &reason))?;
        let digest = opened.as_ref().map(|shard| shard.digest);
        self.note(Read::Shard { data: data.to_owned(), shard: shard.to_owned(), digest });
        Ok(opened)
    }

    /// Returns a declared environment variable.
    pub fn env(&self, name: &str) -> Result<Option<&str>, StageError> {
        let declared = self
            .spec
            .needs
            .iter()
            .any(|need| matches!(need, Need::Env(known) | Need::Secret(known) if known == name));
        self.declared(declared, &format!("environment variable {name}"))?;
        let value = self.inputs.environment.get(name).map(String::as_str);
        let digest = value.map(|value| Digest::of(value.as_bytes()));
        self.note(Read::Env { name: name.to_owned(), digest });
        Ok(value)
    }

    /// Asks for leave to talk to a host.
    pub fn host(&self, host: &str) -> Result<(), StageError> {
        let declared = self.spec.needs.iter().any(|need| matches!(need, Need::Host(known) if known == host));
        self.declared(declared, &format!("host {host}"))?;
        if self.inputs.offline { Err(StageError::Offline(host.to_owned())) } else { Ok(()) }
    }

    /// Returns where a declared program is.
    pub fn program(&self, name: &str) -> Result<&PathBuf, StageError> {
        let declared =
            self.spec.needs.iter().any(|need| matches!(need, Need::Program(known) if known == name));
        self.declared(declared, &format!("program {name}"))?;
        self.inputs.programs.get(name).ok_or_else(|| missing(&format!("program {name}"), "it is not on PATH"))
    }

    /// Returns the date, as `2026-01-31`.
    pub fn today(&self) -> Result<&str, StageError> {
        let declared = self.spec.needs.iter().any(|need| matches!(need, Need::Clock(_)));
        self.declared(declared, "the clock")?;
        self.note(Read::Day { day: self.inputs.today.clone() });
        Ok(&self.inputs.today)
    }

    /// Returns what secrets are keyed with before they become fingerprints. A memo context must include it.
    pub fn salt(&self) -> &[u8; 32] {
        self.note(Read::Salt { digest: self.salt_digest() });
        &self.inputs.salt
    }

    /// Returns the kept result of `file` under `context`, or computes and keeps it. `context` is the digest of all else
    /// that the result depends on: the engine's revision, its rules, the salt.
    pub fn memo<T: Serialize + DeserializeOwned>(
        &self,
        context: &Digest,
        file: &File<'_>,
        compute: impl FnOnce() -> Result<T, StageError>,
    ) -> Result<T, StageError> {
        let (stage, path, kept) = (&self.spec.id, file.path(), tracing::field::Empty);
        let span = tracing::debug_span!(parent: &self.span, "unit", %stage, path, kept).entered();
        if !self.inputs.memo.is_there() {
            return compute();
        }
        let unit = file.id().map_err(|error| StageError::Failed(error.to_string()))?;
        let key = MemoKey::new(context, &unit);
        let kept = self.inputs.memo.recall(&key).and_then(|bytes| postcard::from_bytes(&bytes).ok());
        span.record("kept", kept.is_some());
        if let Some(value) = kept {
            return Ok(value);
        }
        let value = compute()?;
        if let Ok(bytes) = postcard::to_stdvec(&value) {
            self.inputs.memo.keep(key, bytes);
        }
        Ok(value)
    }

    /// Runs `work` on the one CPU pool, where rayon's parallel iterators find their threads, and waits for it.
    pub fn compute<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        tokio::task::block_in_place(|| self.inputs.pool.install(work))
    }

    /// Notes that objects of the commits are missing: the answer holds only as long as the repository holds no others.
    pub fn lacks_objects(&self) -> Result<(), StageError> {
        let digest = self.commits()?.held();
        self.note(Read::Objects { digest });
        Ok(())
    }

    /// Tells whether the run is to stop. Loops over files ask this at every file.
    pub fn cancelled(&self) -> bool {
        self.inputs.cancel.is_cancelled()
    }

    /// Returns what the stage read; `None` when that cannot be told for sure, so that the answer must not be reused.
    pub fn trace(&self) -> Option<Trace> {
        let mut trace = self.trace.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (set, files) in [(FILES, &self.files), (POLICY, &self.policy)] {
            if let Some(files) = files {
                for read in files.reads(set)? {
                    trace.add(read);
                }
            }
        }
        Some(trace)
    }

    /// Returns path and content id of every declared file that was read, for `explain --cache`.
    pub fn opened(&self) -> Vec<(String, Digest)> {
        let sets = [&self.files, &self.policy];
        let opened = |files: &Files| {
            let bits = files.opened();
            let read = |slot: usize| bits.get(slot / 8).is_some_and(|bits| bits & (1 << (slot % 8)) != 0);
            let files = files.iter().enumerate().filter(|(slot, _)| read(*slot));
            files.filter_map(|(_, file)| Some((file.path().to_owned(), file.id().ok()?))).collect::<Vec<_>>()
        };
        sets.into_iter().flatten().flat_map(opened).collect()
    }

    /// Returns the content id that a declared file has now, by path.
    pub fn content_id(&self, path: &str) -> Option<Digest> {
        let sets = [&self.files, &self.policy];
        sets.into_iter().flatten().find_map(|files| files.find(path)?.id().ok())
    }

    /// Returns the paths of all declared files.
    pub fn paths(&self) -> Vec<String> {
        let sets = [&self.files, &self.policy];
        sets.into_iter().flatten().flat_map(Files::iter).map(|file| file.path().to_owned()).collect()
    }

    /// Asks again what an earlier run read. The same answers mean the same result. Returns the first read whose answer
    /// has changed.
    pub fn verify(&self, trace: &Trace) -> Result<(), Read> {
        for read in &trace.reads {
            if !self.still(read) {
                return Err(read.clone());
            }
        }
        Ok(())
    }

    fn salt_digest(&self) -> Digest {
        Hasher::new("salt/v1").part(self.inputs.salt).digest()
    }

    fn still(&self, read: &Read) -> bool {
        let set = |set: &str| if set == FILES { self.files.as_ref() } else { self.policy.as_ref() };
        match read {
            Read::Listing { set: name, digest } => set(name).is_some_and(|files| files.listing() == *digest),
            Read::Contents { set: name, opened, digest } => {
                set(name).is_some_and(|files| files.contents(opened) == Some(*digest))
            }
            Read::History { digest } => {
                self.inputs.commits.as_ref().is_some_and(|commits| commits.digest() == *digest)
            }
            Read::Objects { digest } => {
                self.inputs.commits.as_ref().is_some_and(|commits| commits.held() == *digest)
            }
            Read::Artifact { name, digest } => self.has_artifact(name, digest.as_ref()),
            Read::Shard { data, shard, digest } => self
                .inputs
                .data
                .shard(data, shard)
                .is_ok_and(|shard| shard.map(|shard| shard.digest) == *digest),
            Read::Env { name, digest } => {
                let now = self.inputs.environment.get(name).map(|value| Digest::of(value.as_bytes()));
                now == *digest
            }
            Read::Day { day } => *day == self.inputs.today,
            Read::Salt { digest } => *digest == self.salt_digest(),
        }
    }

    fn has_artifact(&self, name: &str, digest: Option<&Digest>) -> bool {
        let all = self.inputs.artifacts.get(name).map_or(&[][..], Vec::as_slice);
        match digest {
            Some(digest) => all.iter().any(|(_, gift)| gift.digest == *digest),
            None => all.is_empty(),
        }
    }

    fn declared(&self, declared: bool, input: &str) -> Result<(), StageError> {
        if declared {
            return Ok(());
        }
        Err(StageError::Undeclared { stage: self.spec.id.to_string(), input: input.to_owned() })
    }

    fn note(&self, read: Read) {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner).add(read);
    }
}

fn missing(input: &str, reason: &str) -> StageError {
    StageError::Missing { input: input.to_owned(), reason: reason.to_owned() }
}

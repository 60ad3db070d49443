//! Spec and run, for a tree and for commits.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ::stage::{
    ConfigError, File, Files, Given, Globs, HistoryRange, Need, Running, Section, Sink, Spec, Stage,
    StageError, Stages,
};
use model::{Digest, GapKind, Hasher, Rule, RuleId, StageId, SubjectKind};
use rayon::prelude::*;
use source::{EntryKind, ReadError};

use crate::config::{self, Checked, HistoryScope};
use crate::engine_rule::EngineRule;
use crate::finding::{self, Drafter, Source};
use crate::hint::Hint;
use crate::hit::Counts;
use crate::kept::Kept;
use crate::rules::Rules;
use crate::scan::Options;
use crate::text::{self, Form};
use crate::totals::Totals;
use crate::{archive, catalog, history, in_force, links};

/// Differs with every change of code, data or rules: see `build.rs`. What another engine found is looked for again.
const REVISION: u32 = include!(concat!(env!("OUT_DIR"), "/revision.rs"));

/// The stage, for one kind of subject.
struct Secrets {
    id: StageId,
    subject: SubjectKind,
    config: Checked,
    policy: Option<Globs>,
    /// The rules in force where no file adds any, once compiled: for the stages of all subjects.
    rules: Arc<Mutex<Option<Arc<Rules>>>>,
}

/// Makes the stages that a section asks for.
pub(crate) fn build(section: &Section) -> Result<Stages, ConfigError> {
    let config = Checked::of(section)?;
    let files: Vec<String> = config.policy_files().map(|path| literal(path)).collect();
    let policy = Globs::new(&files).map_err(|error| section.error(0, 0, error.to_string()))?;
    let subjects: &[SubjectKind] = match config.history {
        HistoryScope::None => &[SubjectKind::Tree],
        HistoryScope::Outgoing | HistoryScope::All => &[SubjectKind::Tree, SubjectKind::Commits],
    };
    let rules = Arc::default();
    let stage = |subject: &SubjectKind| -> Box<dyn Stage> {
        let policy = (!files.is_empty()).then(|| policy.clone());
        let (id, config, rules) = (section.id.clone(), config.clone(), Arc::clone(&rules));
        Box::new(Secrets { id, subject: *subject, config, policy, rules })
    };
    Ok(subjects.iter().map(stage).collect())
}

/// Returns the glob that matches one path and no other.
fn literal(path: &str) -> String {
    let mut glob = String::with_capacity(path.len());
    for character in path.chars() {
        if "*?[]{}!\\".contains(character) {
            glob.push('\\');
        }
        glob.push(character);
    }
    glob
}

impl Stage for Secrets {
    fn spec(&self) -> Spec {
        let mut needs = vec![match (self.subject, self.config.history) {
            (SubjectKind::Commits, HistoryScope::All) => Need::History(HistoryRange::Everything),
            (SubjectKind::Commits, HistoryScope::Outgoing | HistoryScope::None) => {
                Need::History(HistoryRange::Scope)
            }
            (SubjectKind::Tree | SubjectKind::Image | SubjectKind::Manifests, _) => {
                Need::Files(Globs::everything())
            }
        }];
        needs.extend(self.policy.clone().map(Need::Policy));
        Spec {
            id: self.id.clone(),
            revision: REVISION,
            subject: self.subject,
            config: Section::digest(&self.config),
            needs,
            gives: Vec::new(),
            gives_subjects: None,
        }
    }

    fn rules(&self) -> Vec<Rule> {
        let entries = catalog::entries().unwrap_or_default();
        entries.iter().filter_map(|entry| finding::describe(&self.id, entry)).collect()
    }

    fn details(&self, rule: &RuleId) -> Vec<(&'static str, String)> {
        catalog::details(rule.as_str())
    }

    fn rules_with(&self, given: &Given<'_>) -> Vec<Rule> {
        let Ok(prepared) = self.prepare(given) else { return self.rules() };
        prepared.rules.entries().filter_map(|entry| finding::describe(&self.id, entry)).collect()
    }

    fn check(&self, policy: &Files) -> Result<(), ConfigError> {
        // The stages of one section are configured alike.
        if self.subject != SubjectKind::Tree || (self.policy.is_none() && self.config.disable.is_empty()) {
            return Ok(());
        }
        // What this machine cannot read is no mistake of the file's: the run tells.
        let lacking = |path: &String| {
            policy.find(path).is_some_and(|file| matches!(file.read(), Err(ReadError::Failed(_))))
        };
        if self.config.policy_files().any(lacking) {
            return Ok(());
        }
        self.compile(Some(policy))?;
        in_force::refuse_empty(&self.config, policy)
    }

    fn run<'a>(&'a self, given: &'a Given<'a>, out: &'a Sink) -> Running<'a> {
        Box::pin(async move {
            let prepared = self.prepare(given)?;
            match self.subject {
                SubjectKind::Commits => history::look(given, out, &prepared),
                SubjectKind::Tree | SubjectKind::Image | SubjectKind::Manifests => {
                    self.look(given, out, &prepared)
                }
            }
        })
    }
}

/// What a run looks with.
pub(crate) struct Prepared<'a> {
    pub(crate) rules: Arc<Rules>,
    pub(crate) options: Options,
    pub(crate) id: &'a StageId,
    pub(crate) inline_ignores: bool,
    pub(crate) whole_history: bool,
}

impl Prepared<'_> {
    pub(crate) fn drafter(&self) -> Drafter<'_> {
        Drafter { stage: self.id, rules: &self.rules, inline_ignores: self.inline_ignores }
    }

    /// Returns the digest of all that a kept result depends on, beside the content.
    pub(crate) fn context(&self, hint: &Hint) -> Digest {
        let mut hasher = Hasher::new("secrets/v1");
        hasher.part(REVISION.to_le_bytes()).part(self.rules.digest().bytes()).part(hint.key());
        hasher.part(self.options.salt).part([self.options.threshold, u8::from(self.options.archives)]);
        hasher.digest()
    }
}

impl Secrets {
    /// Works out what to look with.
    fn prepare(&self, given: &Given<'_>) -> Result<Prepared<'_>, StageError> {
        let files = if self.policy.is_some() { given.policy()? } else { None };
        let rules = self.compile(files).map_err(|error| StageError::Failed(error.to_string()))?;
        let options =
            Options { salt: *given.salt(), threshold: self.config.threshold, archives: self.config.archives };
        let whole_history = self.config.history == HistoryScope::All;
        Ok(Prepared {
            rules,
            options,
            id: &self.id,
            inline_ignores: self.config.inline_ignores,
            whole_history,
        })
    }

    /// Compiles the rules in force, once where no file adds any.
    fn compile(&self, files: Option<&Files>) -> Result<Arc<Rules>, ConfigError> {
        if self.policy.is_some() {
            return in_force::compile(&self.config, files).map(Arc::new);
        }
        let mut compiled = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        match &*compiled {
            Some(rules) => Ok(Arc::clone(rules)),
            None => Ok(Arc::clone(compiled.insert(Arc::new(in_force::compile(&self.config, None)?)))),
        }
    }

    /// Looks at every file of a tree.
    fn look(&self, given: &Given<'_>, out: &Sink, prepared: &Prepared<'_>) -> Result<(), StageError> {
        let files = given.files()?;
        out.expect(files.len() as u64);
        let look = Look {
            given,
            out,
            prepared,
            totals: Totals::default(),
            used: Mutex::default(),
            folders: OnceLock::new(),
            contexts: Mutex::default(),
        };
        given.compute(|| {
            (0..files.len()).into_par_iter().for_each(|slot| {
                if let Some(file) = files.nth(slot).filter(|_| !given.cancelled()) {
                    look.file(&file);
                    out.advance(1);
                }
            });
        });
        if given.cancelled() {
            return Err(StageError::Cancelled);
        }
        look.totals.say(out);
        // An entry may be there for what only the history holds.
        if self.config.history != HistoryScope::All {
            let used = look.used.into_inner().unwrap_or_default();
            say_unused(out, prepared, &used);
        }
        Ok(())
    }
}

/// Says which entries of what is let pass let nothing pass.
fn say_unused(out: &Sink, prepared: &Prepared<'_>, used: &BTreeSet<usize>) {
    let index =
        prepared.rules.engine(EngineRule::UnusedAllow).filter(|index| prepared.rules.is_enabled(*index));
    let Some(rule) = index.and_then(|index| finding::rule(prepared.id, &prepared.rules, index)) else {
        return;
    };
    for (number, allow) in prepared.rules.allows().iter().enumerate() {
        if !used.contains(&number) {
            let said = allow.reason.as_deref().map_or_else(String::new, |reason| format!(" (`{reason}`)"));
            let draft = ::stage::Draft::new(&rule, config::place(allow));
            let identity = format!("{number} {}", allow.reason.as_deref().unwrap_or_default());
            out.find(
                draft
                    .message(format!("this entry{said} lets nothing pass: no finding answers to it"))
                    .identity(identity)
                    .cwe([]),
            );
        }
    }
}

/// One look at a tree.
struct Look<'a> {
    given: &'a Given<'a>,
    out: &'a Sink,
    prepared: &'a Prepared<'a>,
    totals: Totals,
    /// Entries of what is let pass that let something pass.
    used: Mutex<BTreeSet<usize>>,
    /// All folders that hold a file, once a link asks for them.
    folders: OnceLock<HashSet<String>>,
    /// What kept results depend on beside the content: few hints stand for all paths.
    contexts: Mutex<HashMap<Hint, Digest>>,
}

impl Look<'_> {
    fn file(&self, file: &File<'_>) {
        match file.kind() {
            EntryKind::File => {}
            EntryKind::Link { target, inside } => return self.link(file.path(), target, *inside),
            // Its content is another repository's, and not in this tree.
            EntryKind::Submodule { .. } => return,
        }
        let hint = Hint::of(file.path());
        let context = *self
            .contexts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(hint)
            .or_insert_with(|| self.prepared.context(&hint));
        let compute = || {
            let bytes = file.read().map_err(|error| StageError::Failed(error.to_string()))?;
            Ok(Kept::of(&bytes, &hint, &self.prepared.rules, &self.prepared.options))
        };
        match self.given.memo(&context, file, compute) {
            Ok(kept) => self.say(file.path(), &kept),
            Err(_) if is_large_binary(file, &hint) => {
                self.add(file.path(), Counts { binary: 1, ..Counts::default() });
            }
            Err(error) => {
                let hint = "take the file out of the tree, or accept the gap: a waiver with `gap: unreadable` and its `path`";
                let (path, reason) = (file.path(), error.to_string());
                self.out.gap_at(GapKind::Unread, "unreadable", path, None, reason, Some(hint));
            }
        }
    }

    /// What a link means is looked at under its own path, if it is listed.
    fn link(&self, path: &str, target: &str, inside: bool) {
        self.totals.add_link();
        let Some(meant) = links::resolve(path, target).filter(|_| inside) else { return };
        let listed = || -> Result<bool, StageError> {
            let files = self.given.files()?;
            let folders = self.folders.get_or_init(|| links::folders(files.iter().map(|file| file.path())));
            Ok(meant.is_empty() || files.find(&meant).is_some() || folders.contains(&meant))
        };
        if !listed().unwrap_or(false) {
            let reason = format!("the link leads to `{meant}`, which is not among the files looked at");
            self.out.gap(GapKind::Partial, "link-target", path, reason);
        }
    }

    /// Counts what was passed over, and names the files that are no text.
    fn add(&self, path: &str, counts: Counts) {
        self.totals.add(counts);
        for what in counts.to_find() {
            self.out.name(what, path);
        }
    }

    fn say(&self, path: &str, kept: &Kept) {
        self.add(path, kept.counts);
        let source = Source { path, commit: None };
        let drafter = self.prepared.drafter();
        for (hit, place) in &kept.hits {
            if !self.prepared.rules.is_for(hit.rule, path) {
                continue;
            }
            if let Some((draft, covering)) = drafter.credential(kept, hit, place.as_ref(), source) {
                self.out.find(draft);
                self.used.lock().unwrap_or_else(PoisonError::into_inner).extend(covering);
            }
        }
        for (marker, place) in &kept.markers {
            drafter.marker(marker, place, source).into_iter().for_each(|draft| self.out.find(draft));
        }
        for index in self.prepared.rules.of_path(path) {
            drafter.file(index, path).into_iter().for_each(|draft| self.out.find(draft));
        }
        for limit in &kept.limits {
            limit.say(self.out, path);
        }
    }
}

/// First bytes of a file that belong to the signature of what is no text.
const SIGNATURE: usize = 16;

/// Tells whether a file is too large to be read and no text from its beginning: such files are passed over. Of an archive
/// nobody knows what is in it, and a text may have NULs further on.
fn is_large_binary(file: &File<'_>, hint: &Hint) -> bool {
    let is_large = matches!(file.read(), Err(ReadError::TooLarge { .. }));
    let is_binary = |head: &[u8]| {
        // In UTF-16 every other byte of a text may be a NUL.
        memchr::memchr(0, head.get(..SIGNATURE).unwrap_or(head)).is_some()
            && matches!(text::form(head, hint.language), Form::Binary)
    };
    is_large
        && file
            .read_prefix(source::BINARY_PREFIX)
            .is_ok_and(|head| is_binary(&head) && !archive::is_packed(&head))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_engine_has_a_number() {
        assert_ne!(super::REVISION, 0);
    }
}

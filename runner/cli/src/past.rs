//! What was there before a change: the merge-base, and the tip of the target branch where the change asks to ignore
//! something. Both are scanned by the same stages, and nothing is told of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::{Engine, Input, Instance, World};
use model::{Finding, GapKind, Location, Message, RunHeader, Status, Subject};
use report::Record;
use source::Tree;

use crate::checkout::Checkout;
use crate::fault::Fault;
use crate::source_gaps;
use crate::target::{Change, Target};

/// What was there before.
#[derive(Default)]
pub(crate) struct Past {
    /// The record of the merge-base.
    pub(crate) base: Option<Record>,
    /// The record of the target's tip.
    pub(crate) tip: Option<Record>,
    /// What panicked.
    pub(crate) bugs: Vec<String>,
    /// Whether the budget of the run was over before all of it was scanned.
    pub(crate) over_budget: bool,
}

/// How to look at it.
pub(crate) struct Look<'a> {
    engine: Engine,
    instances: &'a [Instance],
    world: &'a World,
    header: RunHeader,
    /// What the merge-base has, once that is known.
    base: Option<Vec<Message>>,
    bugs: Vec<String>,
    over_budget: bool,
}

impl<'a> Look<'a> {
    /// Looks with the engine of a run, quietly.
    pub(crate) fn new(
        engine: &Engine,
        instances: &'a [Instance],
        world: &'a World,
        header: &RunHeader,
    ) -> Self {
        let engine = Engine {
            cache: engine.cache.clone(),
            pool: Arc::clone(&engine.pool),
            cancel: engine.cancel.clone(),
            listener: Arc::new(|_| ()),
            stop_after: None,
            budget: engine.budget,
        };
        Self {
            engine,
            instances,
            world,
            header: header.clone(),
            base: None,
            bugs: Vec::new(),
            over_budget: false,
        }
    }

    /// Looks at the tree of the merge-base, ahead of what is compared with it.
    pub(crate) async fn ahead(&mut self, change: &Change) -> Result<Record, Fault> {
        let messages = self.tree(&change.base_tree).await;
        let record = Record::new(messages.clone()).map_err(Fault::bug);
        self.base = Some(messages);
        record
    }

    /// Looks at what `found` is to be compared with.
    pub(crate) async fn at(
        mut self,
        checkout: &Checkout,
        change: Option<&Change>,
        target: Option<&Target>,
        found: &[Message],
    ) -> Result<Past, Fault> {
        let mut past = Past::default();
        if let Some(change) = change {
            let mut messages = match self.base.take() {
                Some(messages) => messages,
                None => self.tree(&change.base_tree).await,
            };
            messages.extend(self.history(checkout, change, found).await?);
            past.base = Some(Record::new(messages).map_err(Fault::bug)?);
        }
        let ignores =
            |message: &Message| matches!(message, Message::Finding(finding) if finding.suppressed.is_some());
        if let Some(target) = target.filter(|_| found.iter().any(ignores)) {
            let messages = self.tree(&checkout.of(&target.tree)).await;
            past.tip = Some(Record::new(messages).map_err(Fault::bug)?);
        }
        (past.bugs, past.over_budget) = (self.bugs, self.over_budget);
        Ok(past)
    }

    async fn tree(&mut self, tree: &Arc<dyn Tree>) -> Vec<Message> {
        let world = World { tree: Some(Arc::clone(tree)), ..self.world.clone() };
        let ran = self.engine.run(&of_trees(self.instances), &world, self.header.clone()).await;
        self.bugs.extend(ran.bugs);
        self.over_budget |= ran.over_budget;
        let mut messages = ran.messages;
        messages.extend(source_gaps::messages(Some(tree.as_ref()), None, false));
        messages
    }

    /// Returns what stages that look at all of history found there and the change did not bring: its commits are looked at
    /// once more, alone.
    async fn history(
        &mut self,
        checkout: &Checkout,
        change: &Change,
        found: &[Message],
    ) -> Result<Vec<Message>, Fault> {
        let range =
            self.world.commits.keys().find(|subject| !is_everything(subject) && **subject != Subject::Tree);
        let Some(range) = range else { return Ok(Vec::new()) };
        let again: Vec<Instance> = self
            .instances
            .iter()
            .filter(|instance| is_everything(&instance.subject) && instance.skip.is_none())
            .map(|instance| Instance {
                subject: range.clone(),
                after: Vec::new(),
                inputs: Vec::new(),
                ..instance.clone()
            })
            .collect();
        if again.is_empty() {
            return Ok(Vec::new());
        }
        let ran = self.engine.run(&again, self.world, self.header.clone()).await;
        self.bugs.extend(ran.bugs);
        self.over_budget |= ran.over_budget;
        let lost = |message: &Message| match message {
            Message::Stage(outcome) => outcome.status == Status::Failed,
            Message::Gap(gap) => gap.kind == GapKind::Lost,
            Message::Run(_)
            | Message::Rule(_)
            | Message::Finding(_)
            | Message::Counted(_)
            | Message::Artifact { .. } => false,
        };
        if ran.messages.iter().any(lost) {
            // What the change brought is not known, so everything may be.
            return Ok(Vec::new());
        }
        let brought: BTreeSet<Same> = ran.messages.iter().filter_map(finding).map(same).collect();
        let mut kept = Vec::new();
        for message in found {
            let keep = match message {
                Message::Stage(outcome) => is_everything(&outcome.subject),
                Message::Finding(found) if is_everything(&found.subject) => {
                    !brought.contains(&same(found)) || is_reached(checkout, change, found)?
                }
                Message::Run(_)
                | Message::Rule(_)
                | Message::Finding(_)
                | Message::Gap(_)
                | Message::Counted(_)
                | Message::Artifact { .. } => false,
            };
            kept.extend(keep.then(|| message.clone()));
        }
        Ok(kept)
    }
}

/// What makes a find in one selection of commits the same as in another.
type Same = (String, String, String);

fn same(finding: &Finding) -> Same {
    (finding.stage.to_string(), finding.rule.to_string(), finding.identity.clone())
}

fn finding(message: &Message) -> Option<&Finding> {
    if let Message::Finding(finding) = message { Some(finding) } else { None }
}

/// Tells whether a subject is the whole history: it names no tip.
pub(crate) fn is_everything(subject: &Subject) -> bool {
    matches!(subject, Subject::Commits { tips, .. } if tips.is_empty())
}

/// Tells whether a finding lies in a commit that the merge-base reaches.
fn is_reached(checkout: &Checkout, change: &Change, finding: &Finding) -> Result<bool, Fault> {
    let Location::Commit { commit, .. } = &finding.location else { return Ok(false) };
    let repository = checkout.whole()?;
    Ok(repository.merge_base(commit, &change.base).map_err(Fault::lacking)?.as_ref() == Some(commit))
}

/// Returns the instances that check a tree, with what connects them.
fn of_trees(all: &[Instance]) -> Vec<Instance> {
    let mut numbers = Vec::with_capacity(all.len());
    let mut next = 0;
    for instance in all {
        let tree = instance.subject == Subject::Tree;
        numbers.push(tree.then_some(next));
        next += usize::from(tree);
    }
    let number = |before: usize| numbers.get(before).copied().flatten();
    let renumber = |instance: &Instance| {
        let after = instance.after.iter().filter_map(|before| number(*before)).collect();
        let inputs = instance
            .inputs
            .iter()
            .filter_map(|input| Some(Input { name: input.name, producer: number(input.producer)? }));
        Instance { after, inputs: inputs.collect(), ..instance.clone() }
    };
    all.iter().filter(|instance| instance.subject == Subject::Tree).map(renumber).collect()
}

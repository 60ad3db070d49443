//! `sluicegate plan`: what a run would do.

use std::fmt;
use std::sync::Arc;

use ::engine::{Engine, Instance, Known};
use ::plan::Fate;
use model::Policy;
use report::Exit;
use serde::Serialize;
use stage::{Globs, Need};
use store::Cache;

use crate::args::{Choice, PlanArgs, PlanFormat};
use crate::commands::run::{Missing, Prepared, ready};
use crate::context::Context;
use crate::fault::Fault;
use crate::output::{self, Lines};
use crate::scan;

/// Globs that a line names; the others are counted.
const MOST_GLOBS: usize = 6;

/// What a run would do, for programs. Fields are added, never changed.
#[derive(Serialize)]
struct Told {
    version: u32,
    profile: String,
    scope: &'static str,
    change: Option<ToldChange>,
    stages: Vec<ToldStage>,
    absent: Vec<Absent>,
    loosened: Vec<String>,
}

#[derive(Serialize)]
struct ToldChange {
    head: String,
    target: String,
    base: String,
    paths: usize,
}

#[derive(Serialize)]
struct ToldStage {
    id: String,
    subject: String,
    /// `runs`, `repeated`, `elsewhere`, `skipped` or `left`.
    fate: &'static str,
    why: String,
    needs: Vec<ToldNeed>,
    gives: Vec<String>,
    /// What the results cache has of it; absent where it does not run or there is no cache.
    cache: Option<String>,
}

/// Something that a stage needs.
#[derive(Serialize)]
pub(crate) struct ToldNeed {
    /// `files`, `policy files`, or the need in words.
    what: String,
    /// Which files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    globs: Vec<String>,
}

/// A stage that has nothing to look at.
#[derive(Serialize)]
struct Absent {
    id: String,
    why: String,
}

/// Prints the plan.
pub(crate) async fn plan(args: &PlanArgs, context: &Context) -> Result<Exit, Fault> {
    let prepared = ready(&args.choice, context, None, Missing::Refused).await?;
    let told = tell(args, context, &prepared)?;
    if context.cancel.is_cancelled() {
        return Ok(Exit::Interrupted);
    }
    match args.format {
        PlanFormat::Text => output::print(text(&told).as_bytes())?,
        PlanFormat::Json => {
            let json = serde_json::to_string_pretty(&told).map_err(Fault::bug)?;
            output::print(format!("{}\n", report::formats::printable::json(json)).as_bytes())?;
        }
    }
    Ok(Exit::Pass)
}

fn tell(args: &PlanArgs, context: &Context, prepared: &Prepared) -> Result<Told, Fault> {
    let profile = &prepared.pipeline.profile;
    let change = prepared.change.as_ref().zip(prepared.target.as_ref()).map(|(change, target)| ToldChange {
        head: change.head.clone(),
        target: target.commit.clone(),
        base: change.base.clone(),
        paths: change.paths.len(),
    });
    let absent =
        prepared.plan.absent().iter().map(|(id, why)| Absent { id: id.to_string(), why: why.clone() });
    let waiting = prepared.plan.waiting().iter().map(|waiting| Absent {
        id: waiting.id.to_string(),
        why: format!("it waits for a subject of kind {}", waiting.subject),
    });
    let loosened = &prepared.pipeline.combined.loosened;
    Ok(Told {
        version: 1,
        profile: profile.name.to_string(),
        scope: profile.scope.name(),
        change,
        stages: stages(args, context, prepared)?,
        absent: absent.chain(waiting).collect(),
        loosened: loosened.iter().map(|lost| format!("{}: {}", lost.what, lost.message)).collect(),
    })
}

fn stages(args: &PlanArgs, context: &Context, prepared: &Prepared) -> Result<Vec<ToldStage>, Fault> {
    let known = known(&args.choice, context, prepared)?;
    let stage = |planned: &::plan::Instance| {
        let (fate, why) = match &planned.fate {
            Fate::Runs { why } => ("runs", why.clone()),
            Fate::Repeated { shard, why } => {
                ("repeated", format!("for what it gives, reported by shard {shard}: {why}"))
            }
            Fate::Elsewhere { shard } => ("elsewhere", format!("in shard {shard}")),
            Fate::Skipped { reason } => ("skipped", reason.clone()),
            Fate::Left { reason } => ("left", reason.clone()),
        };
        let asked = known.iter().flatten().filter(|(instance, _)| is_of(instance, planned));
        let cache: Vec<String> = asked.map(|(_, known)| in_words(known)).collect();
        let runs = matches!(planned.fate, Fate::Runs { .. } | Fate::Repeated { .. });
        ToldStage {
            id: planned.spec.id.to_string(),
            subject: planned.subject.to_string(),
            fate,
            why,
            needs: planned.spec.needs.iter().map(ToldNeed::of).collect(),
            gives: planned.spec.gives.iter().map(ToString::to_string).collect(),
            cache: (runs && !cache.is_empty()).then(|| cache.join("; ")),
        }
    };
    Ok(prepared.plan.instances().iter().map(stage).collect())
}

/// Asks the cache about every instance of a run; `None` when there is no cache.
pub(crate) fn known(
    choice: &Choice,
    context: &Context,
    prepared: &Prepared,
) -> Result<Option<Vec<(Instance, Known)>>, Fault> {
    let Some(cache) = scan::cache(choice, context, prepared.sections.cache) else { return Ok(None) };
    prepared.checkout.recall(&cache);
    let engine = quiet(context, prepared, Some(Arc::clone(&cache)));
    let known = prepared.pool.install(|| engine.explain(&prepared.instances, &prepared.world, &cache));
    Ok(Some(prepared.instances.iter().cloned().zip(known).collect()))
}

/// Returns an engine that is asked and runs nothing.
pub(crate) fn quiet(context: &Context, prepared: &Prepared, cache: Option<Arc<Cache>>) -> Engine {
    Engine {
        cache,
        pool: Arc::clone(&prepared.pool),
        cancel: context.cancel.clone(),
        listener: Arc::new(|_| ()),
        stop_after: None,
        budget: None,
    }
}

/// Tells whether an instance is what became of a planned one; where two policies differ, two are.
fn is_of(instance: &Instance, planned: &::plan::Instance) -> bool {
    let policy = planned.policy == Policy::Both || planned.policy == instance.policy;
    policy
        && instance.spec.id == planned.spec.id
        && instance.subject == planned.subject
        && instance.variant == planned.variant
}

fn in_words(known: &Known) -> String {
    match known {
        Known::Report(report) => match (report.hit, report.known, report.changes.len()) {
            (true, ..) => "hit".to_owned(),
            (false, true, 0) => "miss, dropped to make room".to_owned(),
            (false, true, 1) => "miss, 1 input changed".to_owned(),
            (false, true, changes) => format!("miss, {changes} inputs changed"),
            (false, false, _) => "nothing kept".to_owned(),
        },
        Known::After(stage) => format!("known when `{stage}` has run"),
        Known::Skipped => "not asked".to_owned(),
    }
}

fn text(told: &Told) -> String {
    let mut lines = Lines::default();
    lines.line(format_args!("profile {}, scope {}", told.profile, told.scope));
    if let Some(ToldChange { head, target, base, paths }) = &told.change {
        let short = |id: &str| id.get(..12).unwrap_or(id).to_owned();
        let (head, target, base) = (short(head), short(target), short(base));
        lines.line(format_args!("change {head} against {target}, merge-base {base}, {paths} paths differ"));
    }
    for stage in &told.stages {
        lines.gap().line(format_args!("{} ({})", stage.id, stage.subject));
        let fate = match stage.fate {
            "repeated" => "runs",
            "elsewhere" => "runs elsewhere",
            "left" => "left out",
            fate => fate,
        };
        lines.line(format_args!("  {fate}: {}", stage.why));
        for need in &stage.needs {
            lines.line(format_args!("  needs: {need}"));
        }
        for gift in &stage.gives {
            lines.line(format_args!("  gives: artifact `{gift}`"));
        }
        if let Some(cache) = &stage.cache {
            lines.line(format_args!("  cache: {cache}"));
        }
    }
    for Absent { id, why } in &told.absent {
        lines.gap().line(id).line(format_args!("  not there: {why}"));
    }
    for lost in &told.loosened {
        lines.gap().line(format_args!("loosened and not in force: {lost}"));
    }
    lines.into_text()
}

impl ToldNeed {
    pub(crate) fn of(need: &Need) -> Self {
        let files =
            |what: &str, globs: &Globs| Self { what: what.to_owned(), globs: globs.patterns().to_vec() };
        match need {
            Need::Files(globs) => files("files", globs),
            Need::Policy(globs) => files("policy files", globs),
            Need::History(_)
            | Need::Artifact { .. }
            | Need::Data(_)
            | Need::Env(_)
            | Need::Secret(_)
            | Need::Host(_)
            | Need::Program(_)
            | Need::Clock(_) => Self { what: need.to_string(), globs: Vec::new() },
        }
    }
}

/// Names the first of many patterns.
impl fmt::Display for ToldNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.globs.iter().take(MOST_GLOBS).try_for_each(|glob| write!(f, " {glob}"))?;
        match self.globs.len().saturating_sub(MOST_GLOBS) {
            0 => Ok(()),
            left => write!(f, " and {left} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_patterns_are_shortened() {
        let check = |what: &str, globs: &str, expected: &str| {
            let globs = globs.split_whitespace().map(str::to_owned).collect();
            assert_eq!(ToldNeed { what: what.to_owned(), globs }.to_string(), expected);
        };
        check("files", "a b c d e f", "files a b c d e f");
        check("policy files", "a b c d e f g h", "policy files a b c d e f and 2 more");
        check("the date", "", "the date");
    }
}

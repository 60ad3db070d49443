//! `sluicegate explain`: what a rule looks for, why a finding or a gap stands, what a stage needs, what its cache knows.

mod recorded;

use ::engine::{CacheReport, Change, Known};
use model::{GapKind, Rule, RuleId, Severity, StageId, plural};
use report::Exit;
use report::formats::printable;
use stage::{Kind, Section, Stage};

use crate::args::ExplainArgs;
use crate::commands::plan::{ToldNeed, known, quiet};
use crate::commands::run::{Missing, ready};
use crate::context::Context;
use crate::fault::Fault;
use crate::output::{self, Lines};
use crate::stages;

/// Rules of a stage that are listed unasked.
const MOST_RULES: usize = 20;

/// Explains one thing.
pub(crate) async fn explain(args: &ExplainArgs, context: &Context) -> Result<Exit, Fault> {
    if args.cache {
        return cache(args, context).await;
    }
    if let Some(file) = &args.record {
        return recorded::explain(&args.subject, file);
    }
    if let Some(kind) = GapKind::ALL.into_iter().find(|kind| kind.name() == args.subject) {
        let mut lines = Lines::default();
        recorded::kind(kind, &mut lines);
        output::print(lines.into_text().as_bytes())?;
        return Ok(Exit::Pass);
    }
    let kinds = stages::kinds();
    if let Some(kind) = kinds.iter().find(|kind| kind.name == args.subject) {
        output::print(stage(kind, args.all)?.as_bytes())?;
        return Ok(Exit::Pass);
    }
    let mut rules = all_rules(&kinds)?;
    let mut unread = None;
    if named(&rules, &args.subject).is_empty() {
        match own_rules(args, context).await {
            Ok(own) => rules.extend(own),
            Err(fault) if fault.exit() == Exit::Interrupted => return Err(fault),
            Err(fault) => unread = Some(fault.reason()),
        }
    }
    let found = named(&rules, &args.subject);
    if found.is_empty() {
        return Err(unknown(&args.subject, &kinds, &rules, unread));
    }
    let mut lines = Lines::default();
    for rule in found {
        describe(rule, &mut lines);
        for (what, text) in details(&kinds, rule)? {
            lines.line(format_args!("  {what}: {text}"));
        }
    }
    output::print(lines.into_text().as_bytes())?;
    Ok(Exit::Pass)
}

/// Returns the rules that `subject` names, with its stage or without.
fn named<'a>(rules: &'a [Rule], subject: &str) -> Vec<&'a Rule> {
    let (stage, name) = match subject.split_once('/') {
        Some((stage, name)) => (Some(stage), name),
        None => (None, subject),
    };
    let is =
        |rule: &&Rule| rule.id.as_str() == name && stage.is_none_or(|stage| rule.stage.as_str() == stage);
    rules.iter().filter(is).collect()
}

/// Returns the rules that the pipeline's stages have here, those of policy files with them, each once.
async fn own_rules(args: &ExplainArgs, context: &Context) -> Result<Vec<Rule>, Fault> {
    let prepared = ready(&args.choice, context, None, Missing::Empty).await?;
    let engine = quiet(context, &prepared, None);
    let mut rules: Vec<Rule> = Vec::new();
    for instance in &prepared.instances {
        for rule in engine.rules(instance, &prepared.world) {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
    }
    Ok(rules)
}

fn unknown(subject: &str, kinds: &[Kind], rules: &[Rule], unread: Option<String>) -> Fault {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    let near: Vec<String> = rules
        .iter()
        .filter(|rule| rule.id.as_str().contains(subject))
        .take(5)
        .map(|rule| format!("{}/{}", rule.stage, rule.id))
        .collect();
    let unread =
        unread.map(|reason| format!("mend the pipeline here, whose own rules cannot be read: {reason}"));
    let near = (!near.is_empty()).then(|| format!("take one of these rules: {}", near.join(", ")));
    let known = format!(
        "take a rule or one of these stages: {}; a finding or a gap is looked up in the record of its run: --record FILE",
        names.join(", ")
    );
    let fault = Fault::usage(format!("`{subject}` is no rule and no stage"));
    match unread.or(near) {
        Some(first) => fault.hint(first).hint(known),
        None => fault.hint(known),
    }
}

fn build(kind: &Kind) -> Result<Vec<Box<dyn Stage>>, Fault> {
    let id = StageId::new(kind.name).map_err(Fault::bug)?;
    (kind.build)(&Section::empty(id)).map_err(Fault::bug)
}

fn all_rules(kinds: &[Kind]) -> Result<Vec<Rule>, Fault> {
    let mut rules = Vec::new();
    for kind in kinds {
        // Every stage of a kind has the kind's rules.
        rules.extend(build(kind)?.first().map(|stage| stage.rules()).unwrap_or_default());
    }
    Ok(rules)
}

/// Returns how a rule that its kind of stage brings looks for what it finds.
fn details(kinds: &[Kind], rule: &Rule) -> Result<Vec<(&'static str, String)>, Fault> {
    let Some(kind) = kinds.iter().find(|kind| kind.name == rule.stage.as_str()) else {
        return Ok(Vec::new());
    };
    let of = |id: &RuleId| Ok(build(kind)?.first().map(|stage| stage.details(id)).unwrap_or_default());
    of(&rule.id)
}

fn describe(rule: &Rule, lines: &mut Lines) {
    lines.line(format_args!("{}/{}: {}", rule.stage, rule.id, rule.title));
    lines.line(format_args!("  severity: {}", rule.severity));
    if !rule.cwe.is_empty() {
        let cwe: Vec<String> = rule.cwe.iter().map(|number| format!("CWE-{number}")).collect();
        lines.line(format_args!("  weakness: {}", cwe.join(", ")));
    }
    lines.line(format_args!("  why: {}", rule.why)).line(format_args!("  fix: {}", rule.fix));
    if let Some(url) = &rule.help_url {
        lines.line(format_args!("  more: {url}"));
    }
}

fn stage(kind: &Kind, all: bool) -> Result<String, Fault> {
    let mut lines = Lines::default();
    lines.line(format_args!("{}: {}", kind.name, kind.summary));
    for stage in build(kind)? {
        let spec = stage.spec();
        lines.line(format_args!("on a subject of kind {}:", spec.subject));
        for need in &spec.needs {
            lines.line(format_args!("  needs: {}", ToldNeed::of(need)));
        }
        for gift in &spec.gives {
            lines.line(format_args!("  gives: artifact `{gift}`"));
        }
    }
    let rules = all_rules(std::slice::from_ref(kind))?;
    if rules.is_empty() {
        return Ok(lines.into_text());
    }
    let all = all || rules.len() <= MOST_RULES;
    let severities = Severity::ALL.into_iter().filter_map(|severity| {
        let number = rules.iter().filter(|rule| rule.severity == severity).count();
        (number > 0).then(|| format!("{number} {severity}"))
    });
    let severities: Vec<String> = severities.collect();
    let list = if all { ":".to_owned() } else { format!("; `explain {} --all` lists them", kind.name) };
    lines.line(format_args!("{} ({}){list}", plural(rules.len(), "rule"), severities.join(", ")));
    for rule in rules.iter().filter(|_| all) {
        lines.line(format_args!("  {:48} {:9} {}", rule.id, rule.severity, rule.title));
    }
    Ok(lines.into_text())
}

async fn cache(args: &ExplainArgs, context: &Context) -> Result<Exit, Fault> {
    let prepared = ready(&args.choice, context, None, Missing::Refused).await?;
    let known = known(&args.choice, context, &prepared)?.ok_or_else(|| {
        Fault::incomplete("there is no results cache on this machine")
            .hint("run `sluicegate run` first, without --no-cache")
    })?;
    let mut lines = Lines::default();
    for (instance, known) in known.iter().filter(|(instance, _)| instance.id().as_str() == args.subject) {
        lines.line(format_args!("{} ({})", instance.id(), instance.subject));
        match known {
            Known::Report(report) => compared(report, &mut lines),
            Known::After(stage) => {
                lines.line(format_args!("  depends on what `{stage}` gives, which would run first"));
            }
            Known::Skipped => {
                let reason = instance.skip.as_deref().unwrap_or("it does not run");
                lines.line(format_args!("  does not run: {reason}"));
            }
        }
    }
    if lines.is_empty() {
        return Err(Fault::usage(format!("stage `{}` is not in the plan", args.subject))
            .hint("see `sluicegate plan` for the stages that are"));
    }
    output::print(lines.into_text().as_bytes())?;
    Ok(Exit::Pass)
}

fn compared(report: &CacheReport, lines: &mut Lines) {
    lines.line(match (report.hit, report.known, report.changes.is_empty()) {
        (true, ..) => "  hit: everything it read last time reads the same now",
        (false, true, false) => "  miss: what it read last time has changed",
        (false, true, true) => {
            "  miss: its answer was dropped to make room for newer ones; nothing has changed"
        }
        (false, false, _) => "  nothing is kept of this stage as it is configured now",
    });
    for change in &report.changes {
        match change {
            Change::Modified(path) => lines.line(format_args!("  modified: {}", printable::path(path))),
            Change::Added(path) => lines.line(format_args!("  added: {}", printable::path(path))),
            Change::Removed(path) => lines.line(format_args!("  removed: {}", printable::path(path))),
            Change::Input(what) => lines.line(format_args!("  changed: {what}")),
        };
    }
    let all = report.reused + report.computed;
    if all > 0 {
        lines.line(format_args!("  last run: {} of {all} per-file results reused", report.reused));
    }
}

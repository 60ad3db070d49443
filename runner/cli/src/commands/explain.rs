//! `sluicegate explain`: what a rule looks for, why a finding stands, what a stage needs, what its cache knows.

use std::fmt::Write as _;

use ::engine::Change;
use model::{Finding, Rule, StageId};
use report::Exit;
use stage::{Kind, Section, Stage};

use crate::args::{Choice, ExplainArgs};
use crate::case::CaseFile;
use crate::commands::plan::inputs;
use crate::commands::run::prepare;
use crate::context::Context;
use crate::fault::Fault;
use crate::{output, scan, stages};

/// Explains one thing.
pub(crate) fn explain(args: &ExplainArgs, context: &Context) -> Result<Exit, Fault> {
    if args.cache {
        return cache(args, context);
    }
    if let Some(file) = &args.record {
        return finding(args, file);
    }
    let kinds = stages::kinds();
    if let Some(kind) = kinds.iter().find(|kind| kind.name == args.subject) {
        output::print(stage(kind)?.as_bytes())?;
        return Ok(Exit::Pass);
    }
    let (stage, name) = match args.subject.split_once('/') {
        Some((stage, name)) => (Some(stage), name),
        None => (None, args.subject.as_str()),
    };
    let mut found = String::new();
    for rule in all_rules(&kinds)? {
        if rule.id.as_str() == name && stage.is_none_or(|stage| rule.stage.as_str() == stage) {
            found.push_str(&describe(&rule));
        }
    }
    if found.is_empty() {
        return Err(unknown(&args.subject, &kinds));
    }
    output::print(found.as_bytes())?;
    Ok(Exit::Pass)
}

fn unknown(subject: &str, kinds: &[Kind]) -> Fault {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    let near: Vec<String> = all_rules(kinds)
        .unwrap_or_default()
        .iter()
        .filter(|rule| rule.id.as_str().contains(subject))
        .take(5)
        .map(|rule| format!("{}/{}", rule.stage, rule.id))
        .collect();
    let fault = Fault::usage(format!("`{subject}` is no rule and no stage"));
    let fault =
        if near.is_empty() { fault } else { fault.hint(format!("rules of that kind: {}", near.join(", "))) };
    fault.hint(format!("stages: {}; a finding is looked up with --record FILE", names.join(", ")))
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

fn describe(rule: &Rule) -> String {
    let mut text = format!("{}/{}: {}\n", rule.stage, rule.id, rule.title);
    let _ = writeln!(text, "  severity: {}", rule.severity);
    if !rule.cwe.is_empty() {
        let cwe: Vec<String> = rule.cwe.iter().map(|number| format!("CWE-{number}")).collect();
        let _ = writeln!(text, "  weakness: {}", cwe.join(", "));
    }
    let _ = writeln!(text, "  why: {}", rule.why);
    let _ = writeln!(text, "  fix: {}", rule.fix);
    if let Some(url) = &rule.help_url {
        let _ = writeln!(text, "  more: {url}");
    }
    text
}

fn stage(kind: &Kind) -> Result<String, Fault> {
    let mut text = format!("{}: {}\n", kind.name, kind.summary);
    for stage in build(kind)? {
        let spec = stage.spec();
        let _ = writeln!(text, "on a subject of kind {}:", spec.subject);
        for need in &spec.needs {
            let _ = writeln!(text, "  needs: {need}");
        }
        for gift in &spec.gives {
            let _ = writeln!(text, "  gives: artifact `{gift}`");
        }
    }
    let rules = all_rules(std::slice::from_ref(kind))?;
    if !rules.is_empty() {
        let _ = writeln!(text, "{} rules:", rules.len());
    }
    for rule in rules {
        let _ = writeln!(text, "  {:48} {:9} {}", rule.id, rule.severity, rule.title);
    }
    Ok(text)
}

fn finding(args: &ExplainArgs, file: &std::path::Path) -> Result<Exit, Fault> {
    let (record, verdict) = CaseFile::read(file)?.judge()?;
    let wanted = |finding: &&Finding| finding.id().starts_with(&args.subject);
    let found: Vec<(usize, &Finding)> =
        record.findings().enumerate().filter(|(_, finding)| wanted(finding)).collect();
    let [(at, finding)] = found[..] else {
        let text = format!("{} findings of {} have an id that starts so", found.len(), file.display());
        return Err(Fault::usage(text).hint("give an id as the JSON report prints it"));
    };
    let mut text = format!("{}\n{}\n", finding.id(), finding.message);
    let state = verdict.findings.get(at).map_or("unknown", |judged| judged.state.name());
    let _ = writeln!(text, "  state: {state}");
    if let (Some(path), Some(span)) = (finding.location.path(), finding.location.span()) {
        let _ = writeln!(text, "  at: {path}:{}:{}", span.start_line, span.start_column);
    }
    for (name, value) in &finding.fingerprints {
        let _ = writeln!(text, "  fingerprint {name}: {value}");
    }
    if let Some(fix) = &finding.fix {
        let _ = writeln!(text, "  fix: {}", fix.text);
    }
    let rules = record.runs().iter().flat_map(|run| &run.rules);
    for rule in rules.filter(|rule| rule.stage == finding.stage && rule.id == finding.rule).take(1) {
        text.push_str(&describe(rule));
    }
    output::print(text.as_bytes())?;
    Ok(Exit::Pass)
}

fn cache(args: &ExplainArgs, context: &Context) -> Result<Exit, Fault> {
    let choice = Choice {
        path: args.choice.path.clone(),
        config: args.choice.config.clone(),
        profile: None,
        stages: vec![args.subject.clone()],
        since: None,
        shard: None,
        include_ignored: false,
        offline: true,
        no_cache: false,
        jobs: None,
        data_dir: args.choice.data_dir.clone(),
        cache_dir: args.choice.cache_dir.clone(),
    };
    let prepared = prepare(&choice, context, None)?;
    let cache = scan::cache(&choice, context, prepared.sections.cache)
        .ok_or_else(|| Fault::incomplete("there is no results cache on this machine"))?;
    let pool = scan::pool(&choice)?;
    let mut text = String::new();
    let wanted =
        |planned: &&::plan::Instance| !planned.without_subject && planned.spec.id.as_str() == args.subject;
    for planned in prepared.plan.instances().iter().filter(wanted) {
        let (instance, inputs) = inputs(&prepared, planned, &pool);
        let report = ::engine::explain(&instance, &inputs, &cache);
        let _ = writeln!(text, "{} ({})", planned.spec.id, planned.subject);
        let verdict = match (report.hit, report.known) {
            (true, _) => "hit: everything it read last time reads the same now",
            (false, true) => "miss: what it read last time has changed",
            (false, false) => "nothing is kept of this stage as it is configured now",
        };
        let _ = writeln!(text, "  {verdict}");
        for change in &report.changes {
            let _ = match change {
                Change::Modified(path) => writeln!(text, "  modified: {path}"),
                Change::Added(path) => writeln!(text, "  added: {path}"),
                Change::Removed(path) => writeln!(text, "  removed: {path}"),
                Change::Input(what) => writeln!(text, "  changed: {what}"),
            };
        }
        let all = report.reused + report.computed;
        if all > 0 {
            let _ = writeln!(text, "  last run: {} of {all} per-file results reused", report.reused);
        }
    }
    if text.is_empty() {
        return Err(Fault::usage(format!("stage `{}` is not in the plan", args.subject)));
    }
    output::print(text.as_bytes())?;
    Ok(Exit::Pass)
}

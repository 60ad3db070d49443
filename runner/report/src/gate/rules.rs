//! Thresholds, counts and rules of the gate.

use std::collections::BTreeMap;

use model::{Finding, plural};

use crate::gate::{Case, Failed, Judged, Warning};
use crate::policy::{Action, Facts, Level, Rule, Scene, Threshold};
use crate::state::{Match, State};

/// Applies the gate to the findings that count; marks each with the rules it fails, and returns the rules that fail.
pub(super) fn apply(case: &Case<'_>, findings: &mut [Judged]) -> Vec<Failed> {
    let mut errors = BTreeMap::new();
    if !case.policy.rules.is_empty() || !case.policy.ignores.is_empty() {
        for (finding, judged) in counting(case, findings) {
            evaluate(case, finding, judged, &mut errors);
        }
    }
    let mut failed = thresholds(case, findings);
    failed.extend(counts(case, findings));
    failed.extend(by_rules(case, findings, errors));
    failed
}

fn counting<'a>(
    case: &Case<'a>,
    findings: &'a mut [Judged],
) -> impl Iterator<Item = (&'a Finding, &'a mut Judged)> {
    case.record.findings().zip(findings).filter(|(_, judged)| judged.counts)
}

/// Runs every rule on a finding. A rule that cannot be evaluated is noted under its name and fails the gate; as a rule
/// that ignores it does not ignore.
fn evaluate(case: &Case<'_>, finding: &Finding, judged: &mut Judged, errors: &mut BTreeMap<String, String>) {
    let scene = Scene::of(&Facts::of(finding, judged.state, case.policy.unknown_as));
    let mut holds = |rule: &Rule| {
        let answer = match &scene {
            Ok(scene) => rule.condition.holds(scene),
            Err(error) => Err(error.clone()),
        };
        answer.unwrap_or_else(|error| {
            let message = format!("cannot be evaluated on {}: {error}", crate::record::name(finding));
            errors.entry(rule.name.clone()).or_insert(message);
            false
        })
    };
    for rule in &case.policy.rules {
        if holds(rule) {
            let list = match rule.action {
                Action::Fail => &mut judged.failed,
                Action::Warn | Action::Ignore => &mut judged.warned,
            };
            if !list.contains(&rule.name) {
                list.push(rule.name.clone());
            }
        }
    }
    let layers = case.policy.ignores.iter().map(|layer| layer.iter().find(|rule| holds(rule)));
    let ignoring: Option<Vec<&Rule>> = layers.collect();
    judged.ignored = ignoring.and_then(|rules| rules.first().map(|rule| rule.name.clone()));
}

/// Fails findings by their severity: `fail-on`, and `newly-disclosed` for those that are.
fn thresholds(case: &Case<'_>, findings: &mut [Judged]) -> Vec<Failed> {
    let policy = case.policy;
    let mut tallies: BTreeMap<&str, (Threshold, Tally)> = BTreeMap::new();
    for (finding, judged) in counting(case, findings).filter(|(_, judged)| judged.ignored.is_none()) {
        let level = Level::of(finding.severity, policy.unknown_as);
        let (rule, threshold) = match (judged.state, judged.matched) {
            (State::NewlyDisclosed, Match::None) if policy.fail_on < policy.newly_disclosed() => {
                // By the baseline alone: whether the dependency is old is not known, so the stricter threshold counts.
                ("fail-on", policy.fail_on)
            }
            (State::NewlyDisclosed, _) => ("newly-disclosed", policy.newly_disclosed()),
            (State::New | State::Unchanged | State::Waived, _) => ("fail-on", policy.fail_on),
        };
        if level.reaches(threshold) {
            judged.failed.insert(0, rule.to_owned());
            let (_, tally) = tallies.entry(rule).or_insert_with(|| (threshold, Tally::default()));
            tally.add(level);
        }
    }
    let message = |(rule, (threshold, tally)): (&str, (Threshold, Tally))| Failed {
        rule: rule.to_owned(),
        message: format!("{} {threshold}: {}", tally.sentence(rule), tally.list()),
    };
    tallies.into_iter().map(message).collect()
}

/// Fails severities of which there are more than `max` allows.
fn counts(case: &Case<'_>, findings: &mut [Judged]) -> Vec<Failed> {
    let mut failed = Vec::new();
    for (level, allowed) in case.policy.max.iter().rev() {
        let rule = format!("max.{level}");
        let unknown_as = case.policy.unknown_as;
        let left_out = |judged: &Judged| {
            let never = case.policy.newly_disclosed() == Threshold::Never;
            judged.ignored.is_some()
                || (judged.state == State::NewlyDisclosed && judged.matched == Match::Base && never)
        };
        let mut of_level: Vec<&mut Judged> = counting(case, findings)
            .filter(|(finding, judged)| {
                Level::of(finding.severity, unknown_as) == *level && !left_out(judged)
            })
            .map(|(_, judged)| judged)
            .collect();
        let count = of_level.len();
        if count <= usize::try_from(*allowed).unwrap_or(usize::MAX) {
            continue;
        }
        of_level.iter_mut().for_each(|judged| judged.failed.push(rule.clone()));
        failed.push(Failed {
            rule,
            message: format!("{} of severity {level}, {allowed} allowed", plural(count, "finding")),
        });
    }
    failed
}

fn by_rules(case: &Case<'_>, findings: &[Judged], errors: BTreeMap<String, String>) -> Vec<Failed> {
    let mut failed: BTreeMap<&str, String> = BTreeMap::new();
    for rule in case.policy.rules.iter().filter(|rule| rule.action == Action::Fail) {
        let count = findings.iter().filter(|judged| judged.failed.contains(&rule.name)).count();
        if count > 0 {
            failed.insert(&rule.name, format!("the rule holds for {}", plural(count, "finding")));
        }
    }
    let fails = failed.into_iter().map(|(rule, message)| Failed { rule: rule.to_owned(), message });
    fails.chain(errors.into_iter().map(|(rule, message)| Failed { rule, message })).collect()
}

/// Returns how many findings each rule warns of.
pub(super) fn warnings(case: &Case<'_>, findings: &[Judged]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for rule in case.policy.rules.iter().filter(|rule| rule.action == Action::Warn) {
        let count = findings.iter().filter(|judged| judged.warned.contains(&rule.name)).count();
        if count > 0 {
            let message = format!("rule `{}` holds for {}", rule.name, plural(count, "finding"));
            warnings.push(Warning { message, place: rule.place.clone() });
        }
    }
    warnings
}

/// Findings by level.
#[derive(Default)]
struct Tally(BTreeMap<Level, usize>);

impl Tally {
    fn add(&mut self, level: Level) {
        *self.0.entry(level).or_insert(0) += 1;
    }

    fn sentence(&self, rule: &str) -> String {
        let count = self.0.values().sum();
        let kind = if rule == "newly-disclosed" { "newly disclosed " } else { "" };
        match count {
            1 => format!("1 {kind}finding reaches"),
            _ => format!("{count} {kind}findings reach"),
        }
    }

    fn list(&self) -> String {
        let parts: Vec<String> =
            self.0.iter().rev().map(|(level, count)| format!("{count} {level}")).collect();
        parts.join(", ")
    }
}

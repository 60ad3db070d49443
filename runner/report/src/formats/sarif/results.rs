//! Findings as SARIF has them.

use std::collections::BTreeSet;

use model::{Evidence, Finding};

use crate::formats::sarif::rules::{Rules, level};
use crate::formats::sarif::shape::{
    CodeFlow, Location, Message, Result, ResultProperties, Step, Suppression, ThreadFlow,
};
use crate::formats::{Judgement, Options, printable, rank, rule_of};
use crate::{Judged, Match, StageRun, State, WaivedBy};

/// Most results that GitHub takes from one run.
pub(super) const MAX_RESULTS: usize = 25_000;
/// Most related places that GitHub keeps.
const MAX_RELATED: usize = 100;
/// Most steps of a flow that GitHub keeps.
const MAX_STEPS: usize = 1_000;

type Entry<'a> = (&'a StageRun, &'a Finding, &'a Judged);

/// Returns the results of one stage on all its subjects, and how many were left out.
pub(super) fn of_stage(
    judgements: &[Judgement<'_>],
    rules: &mut Rules,
    compared: bool,
    options: &Options,
) -> (Vec<Result>, usize) {
    let mut entries: Vec<Entry<'_>> = judgements
        .iter()
        .flat_map(|judgement| {
            judgement.findings.iter().map(|(finding, judged)| (judgement.run, *finding, *judged))
        })
        .filter(|(_, finding, judged)| options.show.has(finding, judged))
        .collect();
    // What matters most comes first where there are too many; what is written is in the order of places.
    let total = entries.len();
    if total > MAX_RESULTS {
        entries.sort_by_key(|(_, finding, judged)| (!judged.counts, judged.state, rank(finding.severity)));
        entries.truncate(MAX_RESULTS);
    }
    entries.sort_by(|(one, a, _), (other, b, _)| {
        one.outcome.subject.cmp(&other.outcome.subject).then_with(|| a.order().cmp(&b.order()))
    });
    let mut seen = BTreeSet::new();
    let results: Vec<Result> =
        entries.into_iter().filter_map(|entry| result(entry, rules, compared, &mut seen)).collect();
    let cut = total - results.len();
    (results, cut)
}

fn result(
    (run, finding, judged): Entry<'_>,
    rules: &mut Rules,
    compared: bool,
    seen: &mut BTreeSet<[String; 3]>,
) -> Option<Result> {
    let (rule_id, rule_index) = rules.index(finding, rule_of(run, finding))?;
    let place = Location::of(&finding.location);
    let mut partial_fingerprints = finding.fingerprints.clone();
    if let Some(print) = partial_fingerprints.get_mut(Finding::LINE_HASH) {
        // GitHub takes two results of one rule with one line hash in one file for the same alert.
        let uri = place.physical_location.artifact_location.uri.clone();
        if !seen.insert([rule_id.clone(), uri, print.clone()]) {
            *print = format!("{print}-{}", finding.id());
        }
    }
    Some(Result {
        rule_id,
        rule_index,
        level: level(finding.severity),
        message: with_fix(finding),
        locations: vec![place],
        related_locations: related(finding),
        code_flows: flow(finding).into_iter().collect(),
        partial_fingerprints,
        suppressions: suppression(judged).into_iter().collect(),
        baseline_state: compared.then_some(match (judged.matched, judged.state) {
            (_, State::NewlyDisclosed) | (Match::None, _) => "new",
            (Match::Base | Match::Baseline, _) => "unchanged",
        }),
        properties: ResultProperties {
            severity: finding.severity.name(),
            state: judged.state.name(),
            subject: printable::line(&finding.subject.to_string()).into_owned(),
        },
    })
}

fn with_fix(finding: &Finding) -> Message {
    let mut text = finding.message.clone();
    if let Evidence::Advisory(found) = &finding.evidence
        && found.path.len() > 1
    {
        text.push_str(&format!("\nComes in through {}.", found.path.join(" > ")));
    }
    if let Some(fix) = &finding.fix {
        text.push_str(&format!("\nFix: {}", fix.text));
    }
    if text.trim().is_empty() {
        text.clone_from(&finding.title);
    }
    message(&text)
}

/// Writes foreign text as a message: in SARIF `[text](target)` is a link, unless the brackets are escaped.
pub(super) fn message(text: &str) -> Message {
    let text = printable::source(text);
    let text = if text.contains("](") {
        text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
    } else {
        text
    };
    Message { text }
}

fn related(finding: &Finding) -> Vec<Location> {
    let places = finding.related.iter().take(MAX_RELATED).enumerate();
    places.map(|(at, related)| Location::of_related(related, Some(at + 1))).collect()
}

fn flow(finding: &Finding) -> Option<CodeFlow> {
    let steps: Vec<Step> = finding
        .flow
        .iter()
        .take(MAX_STEPS)
        .map(|step| Step { location: Location::of_related(step, None) })
        .collect();
    (!steps.is_empty()).then(|| CodeFlow { thread_flows: vec![ThreadFlow { locations: steps }] })
}

fn suppression(judged: &Judged) -> Option<Suppression> {
    let accepted = |kind: &'static str, justification: Option<String>| Suppression {
        kind,
        status: "accepted",
        justification: justification.map(|text| printable::line(&text).into_owned()),
    };
    if let Some(waived) = &judged.waived {
        return Some(match &waived.by {
            WaivedBy::Waiver { owner, expires } => {
                let reason = waived.reason.as_deref().unwrap_or_default();
                accepted("external", Some(format!("{reason} ({owner}, through {expires})")))
            }
            WaivedBy::Inline => accepted("inSource", waived.reason.clone()),
            WaivedBy::Allowlist => accepted("external", waived.reason.clone()),
        });
    }
    match judged.matched {
        Match::Baseline => Some(accepted("external", Some("accepted by the baseline".to_owned()))),
        Match::None | Match::Base => None,
    }
}

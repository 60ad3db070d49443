//! The record of a run: instances by name, subject, policy and variant, each with its rules, findings, gaps, numbers and
//! artifacts.

use model::{Counted, Gap, GapKind, Message, Rule, RunHeader, StageOutcome, Status};
use stage::Output;

use crate::Instance;

/// How an instance ended.
pub(crate) struct Ended {
    pub(crate) status: Status,
    pub(crate) reason: Option<String>,
    pub(crate) cached: bool,
    pub(crate) output: Output,
    /// The rules that fired.
    pub(crate) rules: Vec<Rule>,
    pub(crate) milliseconds: u64,
}

/// Writes the record of what is reported.
pub(crate) fn record(header: RunHeader, instances: &[Instance], ended: Vec<Ended>) -> Vec<Message> {
    let mut ended: Vec<(&Instance, Ended)> =
        instances.iter().zip(ended).filter(|(instance, _)| instance.reported).collect();
    ended.sort_by(|(a, _), (b, _)| {
        (a.id(), &a.subject, a.policy, a.variant).cmp(&(b.id(), &b.subject, b.policy, b.variant))
    });
    let mut messages = vec![Message::Run(header)];
    for (instance, ended) in ended {
        say(&mut messages, instance, ended);
    }
    messages
}

fn say(messages: &mut Vec<Message>, instance: &Instance, ended: Ended) {
    let (stage, subject) = (instance.id(), &instance.subject);
    messages.push(Message::Stage(StageOutcome {
        stage: stage.clone(),
        subject: subject.clone(),
        status: ended.status,
        reason: ended.reason,
        cached: ended.cached,
        policy: instance.policy,
        variant: instance.variant,
        milliseconds: ended.milliseconds,
    }));
    messages.extend(ended.rules.into_iter().map(Message::Rule));
    messages.extend(ended.output.findings.into_iter().map(|finding| Message::Finding(Box::new(finding))));
    messages.extend(ended.output.gaps.into_iter().map(Message::Gap));
    let mut named = ended.output.named;
    messages.extend(ended.output.counts.into_iter().map(|(what, number)| {
        let paths = named.remove(&what).unwrap_or_default().into_iter().collect();
        Message::Counted(Counted { stage: stage.clone(), subject: subject.clone(), what, number, paths })
    }));
    messages.extend(ended.output.artifacts.into_iter().map(|(name, gift)| Message::Artifact {
        stage: stage.clone(),
        subject: subject.clone(),
        name,
        digest: gift.digest,
    }));
}

/// Returns that a stage, or something it was to see to, is missing from the run.
pub(crate) fn lost(instance: &Instance, code: &str, reason: String, hint: Option<&str>) -> Gap {
    Gap {
        stage: instance.id().clone(),
        subject: instance.subject.clone(),
        kind: GapKind::Lost,
        code: code.to_owned(),
        path: None,
        line: None,
        reason,
        hint: hint.map(str::to_owned),
    }
}

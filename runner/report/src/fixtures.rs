//! Small records, policies and cases for the tests of this crate.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use model::{
    AdvisoryMatch, DependencyScope, Evidence, Finding, Fix, Gap, GapKind, Location, Message, Policy as By,
    Purl, Reachable, Rule, RuleId, RunHeader, Severity, Snippet, Span, StageId, StageOutcome, Status,
    Subject, Suppression, SuppressionKind,
};

use crate::policy::{Policy, RawPolicy};
use crate::{Case, Coverage, InlineIgnores, Record};

/// The day on which all tests run.
pub(crate) const TODAY: Date = date(2026, 11, 22);

/// Reads a policy as `sluicegate.yaml`.
pub(crate) fn policy(yaml: &str) -> Policy {
    raw(yaml).check("sluicegate.yaml").unwrap_or_else(|errors| panic!("{errors:?}"))
}

pub(crate) fn raw(yaml: &str) -> RawPolicy {
    serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{error}"))
}

/// A finding of stage `secrets` with what the tests of this crate look at.
pub(crate) fn finding(rule: &str, severity: Severity, path: &str, identity: &str) -> Finding {
    Finding {
        stage: StageId::new("secrets").unwrap(),
        subject: Subject::Tree,
        rule: RuleId::new(rule).unwrap(),
        severity,
        title: format!("{rule} in the source"),
        message: format!("a value of rule {rule}"),
        location: Location::File { path: path.into(), span: span(3, 9, 3, 16) },
        related: vec![],
        flow: vec![],
        snippet: Some(Snippet { line: 3, text: "token = \"abc…\"\nnext".into(), highlight: 8..16 }),
        cwe: vec![798],
        identity: identity.into(),
        fingerprints: BTreeMap::from([(
            Finding::LINE_HASH.into(),
            format!("{}:1", line_hash(rule, path, identity)),
        )]),
        evidence: Evidence::None,
        fix: Some(Fix { text: "rotate the token".into() }),
        suppressed: None,
    }
}

/// A value that stands for the text around: the same for the same code.
fn line_hash(rule: &str, path: &str, identity: &str) -> String {
    model::Hasher::new("test").part(rule).part(path).part(identity).short().split_at(16).0.to_owned()
}

pub(crate) fn span(start_line: u32, start_column: u32, end_line: u32, end_column: u32) -> Span {
    Span { start_line, start_column, end_line, end_column }
}

/// A finding of stage `dependencies` on `lodash` in `package-lock.json`.
pub(crate) fn advisory(id: &str, severity: Severity, published: Option<&str>) -> Finding {
    let purl: Purl = "pkg:npm/lodash@4.17.0".parse().unwrap();
    let path = "package-lock.json".to_owned();
    Finding {
        stage: StageId::new("dependencies").unwrap(),
        location: Location::Dependency { path, span: span(12, 5, 12, 26), purl: purl.clone() },
        snippet: Some(Snippet { line: 12, text: "    \"node_modules/lodash\": {".into(), highlight: 4..25 }),
        evidence: Evidence::Advisory(Box::new(AdvisoryMatch {
            purl,
            version: "4.17.0".into(),
            advisory: id.into(),
            aliases: vec![id.replace("GHSA", "CVE")],
            affected: "<4.17.21".into(),
            fixed: Some("4.17.21".into()),
            path: vec!["app@1.0.0".into(), "lodash@4.17.0".into()],
            direct: Some(true),
            scope: DependencyScope::Runtime,
            published: published.map(str::to_owned),
            cvss: None,
            kev: Some(id.ends_with("kev")),
            reachable: Reachable::Unknown,
        })),
        ..finding("vulnerable-package", severity, "package-lock.json", &format!("lodash {id}"))
    }
}

pub(crate) fn ignored(kind: SuppressionKind, finding: Finding) -> Finding {
    Finding {
        suppressed: Some(Suppression { kind, reason: Some("a test".into()), location: None }),
        ..finding
    }
}

pub(crate) fn gap(kind: GapKind, code: &str, path: Option<&str>) -> Gap {
    Gap {
        stage: StageId::new("secrets").unwrap(),
        subject: Subject::Tree,
        kind,
        code: code.into(),
        path: path.map(str::to_owned),
        line: None,
        reason: format!("the file is {code}"),
        hint: Some("make it smaller".into()),
    }
}

/// How a stage ended on the tree.
pub(crate) fn outcome(stage: &str, status: Status, policy: By) -> StageOutcome {
    StageOutcome {
        stage: StageId::new(stage).unwrap(),
        subject: Subject::Tree,
        status,
        reason: None,
        cached: false,
        policy,
        variant: 0,
        milliseconds: 12,
    }
}

pub(crate) fn header(scope: &str) -> RunHeader {
    RunHeader {
        version: crate::RECORD_VERSION,
        tool: "0.1.0".into(),
        scope: scope.into(),
        head: None,
        base: None,
        shard: None,
    }
}

/// A rule as a stage says it.
pub(crate) fn rule(stage: &str, id: &str, severity: Severity) -> Rule {
    Rule {
        stage: StageId::new(stage).unwrap(),
        id: RuleId::new(id).unwrap(),
        title: format!("{id} in the source"),
        why: "Whoever reads the source can use it.".into(),
        fix: "Rotate it and read it from the environment.".into(),
        severity,
        cwe: vec![798],
        help_url: None,
    }
}

/// The messages of one stage: outcome, rules of its findings, findings sealed, gaps.
pub(crate) fn said(stage: &str, policy: By, mut findings: Vec<Finding>, gaps: Vec<Gap>) -> Vec<Message> {
    let status = match (findings.is_empty(), gaps.is_empty()) {
        (false, _) => Status::Findings,
        (true, false) => Status::Gaps,
        (true, true) => Status::Clean,
    };
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    Finding::seal(&mut findings);
    let rules: BTreeMap<_, _> =
        findings.iter().map(|f| (f.rule.clone(), rule(stage, f.rule.as_str(), Severity::High))).collect();
    let mut messages = vec![Message::Stage(outcome(stage, status, policy))];
    messages.extend(rules.into_values().map(Message::Rule));
    messages.extend(findings.into_iter().map(|finding| Message::Finding(Box::new(finding))));
    messages.extend(gaps.into_iter().map(Message::Gap));
    messages
}

/// A record of scope `change` in which `secrets` and `dependencies` said these findings and gaps.
pub(crate) fn record(findings: Vec<Finding>, gaps: Vec<Gap>) -> Record {
    scoped("change", findings, gaps)
}

pub(crate) fn scoped(scope: &str, findings: Vec<Finding>, gaps: Vec<Gap>) -> Record {
    let (secrets, dependencies) = findings.into_iter().partition(|f| f.stage.as_str() == "secrets");
    let header = Message::Run(header(scope));
    let secrets = said("secrets", By::Both, secrets, gaps);
    let dependencies = said("dependencies", By::Both, dependencies, vec![]);
    Record::new(std::iter::once(header).chain(secrets).chain(dependencies)).unwrap()
}

/// The case of a record under a policy, with nothing to compare with.
pub(crate) fn case<'a>(record: &'a Record, policy: &'a Policy) -> Case<'a> {
    Case {
        record,
        comparison: None,
        policy,
        baseline: None,
        today: TODAY,
        inline_ignores: InlineIgnores::Honored,
        coverage: Coverage::All,
        loosened: vec![],
    }
}

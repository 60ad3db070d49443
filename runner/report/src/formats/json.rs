//! The report for programs. Its shape is this crate's, not the model's, so that it stays when the model moves on; the
//! schema is generated from it.

mod shape;

use model::{Evidence, Finding, Gap, Location, Related};
use serde_json::Value;

use crate::formats::{Judgement, Options, Report, Timings, printable};
use crate::policy::word;
use crate::{Judged, JudgedGap, Waived, WaivedBy};

use shape::{
    Blocking, EvidenceShape, FindingShape, GapShape, Gate, LocationShape, Loosened, RelatedShape,
    ReportShape, Rule, Stage, Tool, Version, WaiverShape, Warning,
};

/// Returns the JSON Schema of the report.
pub fn schema() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<ReportShape<'_>>().to_value()
}

/// Writes the report.
pub(super) fn render(report: &Report<'_>, options: &Options) -> String {
    let shape = shape(report, options);
    // The shape has text keys and finite numbers only, so this never fails.
    let mut text = serde_json::to_string_pretty(&shape).unwrap_or_default();
    text.push('\n');
    printable::json(text)
}

fn shape<'a>(report: &Report<'a>, options: &Options) -> ReportShape<'a> {
    let judgements = report.judgements();
    let findings = judgements.iter().flat_map(|judgement| {
        let mut shown: Vec<_> =
            judgement.findings.iter().filter(|(finding, judged)| options.show.has(finding, judged)).collect();
        shown.sort_by(|(a, _), (b, _)| a.order().cmp(&b.order()));
        shown.into_iter().map(|(finding, judged)| finding_shape(finding, judged))
    });
    let gaps = judgements.iter().flat_map(|judgement| {
        let mut gaps = judgement.gaps.clone();
        gaps.sort_by(|(a, _), (b, _)| {
            (&a.path, a.line, &a.code, &a.reason).cmp(&(&b.path, b.line, &b.code, &b.reason))
        });
        gaps.into_iter().map(|(gap, judged)| gap_shape(gap, judged))
    });
    ReportShape {
        version: Version,
        tool: Tool { name: "sluicegate", version: &report.record.header().tool },
        verdict: report.verdict.decision.name(),
        gate: gate(report),
        stages: judgements.iter().map(|judgement| stage(judgement, options)).collect(),
        findings: findings.collect(),
        gaps: gaps.collect(),
    }
}

fn gate<'a>(report: &Report<'a>) -> Gate<'a> {
    let verdict = report.verdict;
    let place = |place: &Option<crate::Place>| place.as_ref().map(ToString::to_string);
    Gate {
        failed: verdict
            .failed
            .iter()
            .map(|failed| Rule { rule: &failed.rule, message: &failed.message })
            .collect(),
        blocking: verdict
            .blocking
            .iter()
            .map(|blocking| Blocking { message: &blocking.message, hint: blocking.hint.as_deref() })
            .collect(),
        warnings: verdict
            .warnings
            .iter()
            .map(|warning| Warning { message: &warning.message, place: place(&warning.place) })
            .collect(),
        loosened: verdict
            .loosened
            .iter()
            .map(|one| Loosened { what: &one.what, message: &one.message, place: place(&one.place) })
            .collect(),
        notes: verdict.notes.iter().map(String::as_str).collect(),
    }
}

fn stage<'a>(judgement: &Judgement<'a>, options: &Options) -> Stage<'a> {
    let outcome = &judgement.run.outcome;
    let shown = options.timings == Timings::Shown;
    Stage {
        id: outcome.stage.as_str(),
        subject: outcome.subject.to_string(),
        status: outcome.status.name(),
        reason: outcome.reason.as_deref(),
        cached: shown.then_some(outcome.cached),
        counted: judgement
            .run
            .counted
            .iter()
            .map(|counted| (counted.what.as_str(), counted.number))
            .collect(),
        named: judgement
            .run
            .counted
            .iter()
            .filter(|counted| !counted.paths.is_empty())
            .map(|counted| (counted.what.as_str(), counted.paths.as_slice()))
            .collect(),
        milliseconds: shown.then_some(outcome.milliseconds),
    }
}

fn finding_shape<'a>(finding: &'a Finding, judged: &'a Judged) -> FindingShape<'a> {
    FindingShape {
        id: finding.id(),
        stage: finding.stage.as_str(),
        subject: finding.subject.to_string(),
        rule: finding.rule.as_str(),
        severity: finding.severity.name(),
        title: &finding.title,
        message: &finding.message,
        location: location(&finding.location),
        related: finding.related.iter().map(related).collect(),
        flow: finding.flow.iter().map(related).collect(),
        state: judged.state,
        cwe: &finding.cwe,
        fingerprints: &finding.fingerprints,
        evidence: evidence(&finding.evidence),
        fix: finding.fix.as_ref().map(|fix| fix.text.as_str()),
        fails: &judged.failed,
        ignored_by: judged.ignored.as_deref(),
        waived: judged.waived.as_ref().map(waiver),
    }
}

fn gap_shape<'a>(gap: &'a Gap, judged: &'a JudgedGap) -> GapShape<'a> {
    GapShape {
        id: gap.fingerprint(),
        stage: gap.stage.as_str(),
        subject: gap.subject.to_string(),
        kind: gap.kind.name(),
        code: &gap.code,
        state: judged.state,
        path: gap.path.as_deref(),
        line: gap.line,
        reason: &gap.reason,
        hint: gap.hint.as_deref(),
        blocks: judged.blocks,
        waived: judged.waived.as_ref().map(waiver),
    }
}

fn waiver(waived: &Waived) -> WaiverShape<'_> {
    let (by, owner, expires) = match &waived.by {
        WaivedBy::Waiver { owner, expires } => ("waiver", Some(owner.as_str()), Some(expires.to_string())),
        WaivedBy::Inline => ("inline", None, None),
        WaivedBy::Allowlist => ("allowlist", None, None),
    };
    WaiverShape { by, reason: waived.reason.as_deref(), owner, expires }
}

fn related(related: &Related) -> RelatedShape<'_> {
    RelatedShape { location: location(&related.location), message: &related.message }
}

fn location(location: &Location) -> LocationShape<'_> {
    let span = location.span();
    let mut shape = LocationShape {
        path: location.path(),
        start_line: span.map(|span| span.start_line),
        start_column: span.map(|span| span.start_column),
        end_line: span.map(|span| span.end_line),
        end_column: span.map(|span| span.end_column),
        ..LocationShape::default()
    };
    match location {
        Location::File { .. } => shape.kind = "file",
        Location::Commit { commit, .. } => {
            shape.kind = "commit";
            shape.commit = Some(commit);
        }
        Location::Dependency { purl, .. } => {
            shape.kind = "dependency";
            shape.purl = Some(purl.to_string());
        }
        Location::Layer { layer, .. } => {
            shape.kind = "layer";
            shape.layer = Some(layer.to_string());
        }
        Location::Field { object, field, .. } => {
            shape.kind = "field";
            shape.object = Some(object);
            shape.field = Some(field);
        }
        Location::Exchange { method, url } => {
            shape.kind = "exchange";
            shape.method = Some(method);
            shape.url = Some(url);
        }
    }
    shape
}

fn evidence(evidence: &Evidence) -> EvidenceShape<'_> {
    match evidence {
        Evidence::None => EvidenceShape::None,
        Evidence::Secret { redacted, verdict, probability, decoded } => {
            EvidenceShape::Secret { redacted, verdict: word(verdict), probability: *probability, decoded }
        }
        Evidence::Advisory(found) => EvidenceShape::Advisory(shape::AdvisoryShape {
            purl: found.purl.to_string(),
            version: &found.version,
            advisory: &found.advisory,
            aliases: &found.aliases,
            affected: &found.affected,
            fixed: found.fixed.as_deref(),
            path: &found.path,
            direct: found.direct,
            scope: word(&found.scope),
            published: found.published.as_deref(),
            cvss: found.cvss.as_deref(),
            kev: found.kev,
            reachable: word(&found.reachable),
        }),
    }
}

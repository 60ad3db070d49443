//! Puts two runs of one stage on one subject together: what either says counts, and the worse of the two.

use std::collections::{BTreeMap, BTreeSet};

use model::{Finding, Gap, GapKind, Severity, Status};

use crate::record::StageRun;

/// What makes two findings of one stage and subject the same: the structural fingerprint, and the number among those
/// that share it, so that none is lost where fingerprints are missing.
pub(super) type Print = (String, u32);

/// Returns the print of each finding, in order.
pub(super) fn prints(findings: &[Finding]) -> Vec<Print> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    findings
        .iter()
        .map(|finding| {
            let id = match finding.id() {
                "" => format!("{}\0{:?}\0{}", finding.rule, finding.location, finding.identity),
                id => id.to_owned(),
            };
            let number = seen.entry(id.clone()).or_insert(0);
            *number += 1;
            (id, *number)
        })
        .collect()
}

/// Returns the union of both runs; what only `other` has is put behind, and findings are sorted again.
pub(super) fn union(mut run: StageRun, other: StageRun) -> StageRun {
    let mut theirs: BTreeMap<Print, Finding> =
        prints(&other.findings).into_iter().zip(other.findings).collect();
    for (print, finding) in prints(&run.findings).into_iter().zip(&mut run.findings) {
        if let Some(theirs) = theirs.remove(&print) {
            finding.severity = worse(finding.severity, theirs.severity);
            if theirs.suppressed.is_none() {
                finding.suppressed = None;
            }
        }
    }
    if !theirs.is_empty() {
        run.findings.extend(theirs.into_values());
        run.findings.sort_by(|a, b| a.order().cmp(&b.order()));
    }
    // Several things of one kind may be lost under one fingerprint: the reason names each.
    let name = |gap: &Gap| (gap.fingerprint(), (gap.kind == GapKind::Lost).then(|| gap.reason.clone()));
    let gaps: BTreeSet<_> = run.gaps.iter().map(name).collect();
    run.gaps.extend(other.gaps.into_iter().filter(|gap| !gaps.contains(&name(gap))));
    let rules: BTreeSet<_> = run.rules.iter().map(|rule| rule.id.clone()).collect();
    run.rules.extend(other.rules.into_iter().filter(|rule| !rules.contains(&rule.id)));
    let counted: BTreeSet<_> = run.counted.iter().map(|counted| counted.what.clone()).collect();
    run.counted.extend(other.counted.into_iter().filter(|number| !counted.contains(&number.what)));
    let artifacts: BTreeSet<_> = run.artifacts.iter().cloned().collect();
    run.artifacts.extend(other.artifacts.into_iter().filter(|given| !artifacts.contains(given)));
    if openness(other.outcome.status) > openness(run.outcome.status) {
        run.outcome.status = other.outcome.status;
        run.outcome.reason = other.outcome.reason;
    }
    run.outcome.cached &= other.outcome.cached;
    run.outcome.milliseconds = run.outcome.milliseconds.max(other.outcome.milliseconds);
    run.restate();
    run
}

/// Returns the severity that gates more. Where one side knows it and the other does not, the known one counts unless
/// `unknown`, which gates as high, is worse.
fn worse(a: Severity, b: Severity) -> Severity {
    match (a, b) {
        (Severity::Unknown, known) | (known, Severity::Unknown)
            if known.rank() >= Severity::Unknown.rank() =>
        {
            known
        }
        _ if b.rank() > a.rank() => b,
        _ => a,
    }
}

/// How much a way to end leaves open.
fn openness(status: Status) -> u8 {
    match status {
        Status::Skipped => 0,
        Status::Clean => 1,
        Status::Findings => 2,
        Status::Gaps => 3,
        Status::Failed => 4,
    }
}

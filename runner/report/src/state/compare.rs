//! Compares a record with the merge-base's and with the baseline.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{Evidence, Finding, Gap, SubjectKind};

use crate::state::{Comparison, Key, Match, State, pair};
use crate::{Baseline, Record};

/// What the comparison says of a finding or a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Compared {
    /// Never [`State::Waived`].
    pub(crate) state: State,
    pub(crate) matched: Match,
}

impl Compared {
    const NEW: Self = Self { state: State::New, matched: Match::None };
    const BASE: Self = Self { state: State::Unchanged, matched: Match::Base };
    const BASELINE: Self = Self { state: State::Unchanged, matched: Match::Baseline };
    const DISCLOSED_SINCE_BASE: Self = Self { state: State::NewlyDisclosed, matched: Match::Base };
    /// A baseline does not know which dependencies there were, so the dependency may be new as well.
    const DISCLOSED_SINCE_BASELINE: Self = Self { state: State::NewlyDisclosed, matched: Match::None };
}

/// Compares the findings of a record; the answers are in their order. What the baseline has is accepted, so it is
/// looked at first.
pub(crate) fn compare_findings(
    record: &Record,
    comparison: Option<&Comparison<'_>>,
    baseline: Option<&Baseline>,
) -> Vec<Compared> {
    let findings: Vec<&Finding> = record.findings().collect();
    let base = comparison.and_then(|comparison| Some((comparison.base?, comparison.renames)));
    let at_base = match base {
        Some((base, renames)) => pair_with(&findings, base, renames),
        None => vec![None; findings.len()],
    };
    let in_baseline =
        baseline.map_or_else(|| vec![false; findings.len()], |baseline| baseline.has(&findings));
    let base_time = comparison.and_then(|comparison| comparison.base_time);
    let known = base.map(|(base, _)| known_in_tree(base)).unwrap_or_default();
    let each = findings.iter().zip(at_base).zip(in_baseline);
    each.map(|((finding, at_base), in_baseline)| match (in_baseline, at_base) {
        (true, _) => Compared::BASELINE,
        (false, Some(_)) if published(finding) > base_time && base_time.is_some() => {
            Compared::DISCLOSED_SINCE_BASE
        }
        (false, Some(_)) => Compared::BASE,
        (false, None) if in_a_commit(finding) && known.contains(&same(finding)) => Compared::BASE,
        (false, None) if base.is_none() && disclosed_since(finding, baseline) => {
            Compared::DISCLOSED_SINCE_BASELINE
        }
        (false, None) => Compared::NEW,
    })
    .collect()
}

/// What makes a finding in a commit the same as one in a tree.
type Same<'a> = (&'a str, &'a str, &'a str);

fn same(finding: &Finding) -> Same<'_> {
    (finding.stage.as_str(), finding.rule.as_str(), &finding.identity)
}

/// Returns what the tree of the merge-base has: a commit that moves it to another file brings nothing new.
fn known_in_tree(base: &Record) -> BTreeSet<Same<'_>> {
    base.findings().filter(|finding| !finding.identity.is_empty()).map(same).collect()
}

fn in_a_commit(finding: &Finding) -> bool {
    finding.subject.kind() == SubjectKind::Commits
}

/// Compares the gaps of a record, by fingerprint; the answers are in their order.
pub(crate) fn compare_gaps(
    record: &Record,
    comparison: Option<&Comparison<'_>>,
    baseline: Option<&Baseline>,
) -> Vec<Compared> {
    let at_base: BTreeSet<String> = comparison
        .and_then(|comparison| Some((comparison.base?, comparison.renames)))
        .map(|(base, renames)| base.gaps().map(|gap| renamed(gap, renames).fingerprint()).collect())
        .unwrap_or_default();
    let accepted = baseline.map_or_else(BTreeSet::new, Baseline::gap_fingerprints);
    record
        .gaps()
        .map(|gap| {
            let print = gap.fingerprint();
            if accepted.contains(print.as_str()) {
                Compared::BASELINE
            } else if at_base.contains(&print) {
                Compared::BASE
            } else {
                Compared::NEW
            }
        })
        .collect()
}

/// Tells for each finding whether the target's tip has it too, suppressed in the same way.
pub(crate) fn same_suppression_at_the_tip(record: &Record, comparison: &Comparison<'_>) -> Vec<bool> {
    let findings: Vec<&Finding> = record.findings().collect();
    let Some(tip) = comparison.tip else { return vec![false; findings.len()] };
    let theirs: Vec<&Finding> = tip.findings().collect();
    let pairs = pair_with(&findings, tip, comparison.renames);
    findings
        .iter()
        .zip(pairs)
        .map(|(finding, at)| {
            let kind = |finding: &Finding| finding.suppressed.as_ref().map(|suppression| suppression.kind);
            let there = at.and_then(|at| theirs.get(at)).and_then(|finding| kind(finding));
            there.is_some() && there == kind(finding)
        })
        .collect()
}

fn pair_with(
    findings: &[&Finding],
    before: &Record,
    renames: &BTreeMap<String, String>,
) -> Vec<Option<usize>> {
    let now: Vec<Key<'_>> = findings.iter().map(|finding| Key::of(finding, None)).collect();
    let before: Vec<Key<'_>> = before.findings().map(|finding| Key::of(finding, Some(renames))).collect();
    pair(&now, &before)
}

fn renamed(gap: &Gap, renames: &BTreeMap<String, String>) -> Gap {
    let path = gap.path.as_ref().map(|path| renames.get(path).unwrap_or(path).clone());
    Gap { path, ..gap.clone() }
}

fn published(finding: &Finding) -> Option<Timestamp> {
    match &finding.evidence {
        Evidence::Advisory(found) => found.published.as_ref()?.parse().ok(),
        Evidence::None | Evidence::Secret { .. } => None,
    }
}

fn disclosed_since(finding: &Finding, baseline: Option<&Baseline>) -> bool {
    let day = published(finding).map(|at| at.to_zoned(TimeZone::UTC).date());
    day.zip(baseline).is_some_and(|(day, baseline)| day > baseline.created())
}

//! The state of each finding, and whether the gate looks at it.

use model::SuppressionKind;

use crate::Loosened;
use crate::gate::waived::{self, Request};
use crate::gate::{Case, Judged, Waived};
use crate::record::name;
use crate::state::{Compared, Match, State, compare_findings, same_suppression_at_the_tip};

/// Returns what is said of each finding before thresholds and rules; requests of the change to ignore one are listed.
pub(super) fn judge(case: &Case<'_>, loosened: &mut Vec<Loosened>) -> Vec<Judged> {
    let compared = compare_findings(case.record, case.comparison.as_ref(), case.baseline);
    let suppressed = case.record.findings().any(|finding| finding.suppressed.is_some());
    let at_the_tip = match (&case.comparison, suppressed) {
        (Some(comparison), true) => same_suppression_at_the_tip(case.record, comparison),
        (Some(_), false) | (None, _) => vec![false; compared.len()],
    };
    let each = case.record.findings().zip(compared).zip(at_the_tip);
    each.map(|((finding, compared), at_the_tip)| {
        let request = finding
            .suppressed
            .as_ref()
            .map(|suppression| (suppression, waived::by_request(case, suppression, at_the_tip)));
        let granted = match request {
            Some((_, Request::Granted(waived))) => Some(waived),
            Some((suppression, Request::Loosens)) => {
                let by = match suppression.kind {
                    SuppressionKind::Inline => "a comment beside the code",
                    SuppressionKind::Allowlist => "an allowlist",
                };
                let message =
                    format!("{} is ignored by {by} that the target branch does not have", name(finding));
                loosened.push(Loosened::new(format!("stages.{}", finding.stage), message));
                None
            }
            Some((_, Request::Refused)) | None => None,
        };
        let waived = granted.or_else(|| waived::by_policy(case.policy, finding, case.today));
        judged(compared, waived, case.policy.new_only)
    })
    .collect()
}

fn judged(compared: Compared, waived: Option<Waived>, new_only: bool) -> Judged {
    let counts = waived.is_none() && !is_let_through(compared, new_only);
    Judged {
        state: if waived.is_some() { State::Waived } else { compared.state },
        matched: compared.matched,
        waived,
        counts,
        ignored: None,
        failed: Vec::new(),
        warned: Vec::new(),
    }
}

/// Tells whether something is let through for having been there before: in the baseline, which accepts it, or at the
/// merge-base, where the policy asks for what is new alone.
pub(super) fn is_let_through(compared: Compared, new_only: bool) -> bool {
    match (compared.state, compared.matched) {
        (State::Unchanged, Match::Baseline) => true,
        (State::Unchanged, Match::Base) => new_only,
        (State::Unchanged, Match::None) | (State::New | State::NewlyDisclosed | State::Waived, _) => false,
    }
}

//! What is let through: by waivers of the policy, and by ignore entries that count.

use jiff::civil::Date;
use model::{Finding, Gap, Suppression, SuppressionKind};

use crate::gate::{CHANGE, Case, InlineIgnores, Waived, WaivedBy};
use crate::policy::{Policy, Selector, Waiver};
use crate::state::Allowlists;

/// Returns the waiver that lets a finding through; every layer must have one.
pub(super) fn by_policy(policy: &Policy, finding: &Finding, today: Date) -> Option<Waived> {
    in_every_layer(policy, today, |selector| selector.selects(finding))
}

/// Returns the waiver that lets a gap through; every layer must have one.
pub(super) fn gap_by_policy(policy: &Policy, gap: &Gap, today: Date) -> Option<Waived> {
    in_every_layer(policy, today, |selector| selector.selects_gap(gap))
}

/// The waiver shown is the one that ends first: until then all hold.
fn in_every_layer(policy: &Policy, today: Date, selects: impl Fn(&Selector) -> bool) -> Option<Waived> {
    let longest = |layer: &Vec<Waiver>| -> Option<Waiver> {
        let valid = layer.iter().filter(|waiver| waiver.is_valid(today) && selects(&waiver.selector));
        valid.max_by_key(|waiver| waiver.expires).cloned()
    };
    let each: Option<Vec<Waiver>> = policy.waivers.iter().map(longest).collect();
    let waiver = each?.into_iter().min_by_key(|waiver| waiver.expires)?;
    let by = WaivedBy::Waiver { owner: waiver.owner, expires: waiver.expires };
    Some(Waived { by, reason: Some(waiver.reason) })
}

/// What becomes of a request to ignore a finding.
pub(super) enum Request {
    /// It counts.
    Granted(Waived),
    /// It does not count by the caller's wish.
    Refused,
    /// It does not count because the target branch does not have it.
    Loosens,
}

/// Decides on a request to ignore a finding. A tree judged as a whole is judged by its own requests. Of a change, those
/// count that the target's tip has too, and those of allowlists that are the target's own; a change without anything to
/// compare with has neither.
pub(super) fn by_request(case: &Case<'_>, suppression: &Suppression, at_the_tip: bool) -> Request {
    let by = match suppression.kind {
        SuppressionKind::Inline => WaivedBy::Inline,
        SuppressionKind::Allowlist => WaivedBy::Allowlist,
    };
    let own = match (suppression.kind, &case.comparison) {
        (SuppressionKind::Inline, _) if case.inline_ignores == InlineIgnores::Refused => {
            return Request::Refused;
        }
        (_, None) => case.record.header().scope != CHANGE,
        (SuppressionKind::Inline, Some(_)) => false,
        (SuppressionKind::Allowlist, Some(comparison)) => comparison.allowlists == Allowlists::Target,
    };
    if own || at_the_tip {
        Request::Granted(Waived { by, reason: suppression.reason.clone() })
    } else {
        Request::Loosens
    }
}

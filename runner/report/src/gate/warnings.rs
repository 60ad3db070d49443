//! What does not fail yet, or deserves a look: waivers that end, waivers and accepted entries that nothing needs.

use jiff::ToSpan as _;

use crate::gate::{Case, Coverage, OUTGOING, Warning, stages_that_ran};
use crate::policy::{Waiver, has_rule};

/// How many days ahead the end of a waiver is told.
const DAYS_AHEAD: i32 = 14;

/// Collects the warnings, in the order of the policy.
pub(super) fn collect(case: &Case<'_>) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = case
        .policy
        .waivers()
        .filter_map(|waiver| Some(Warning { message: of_waiver(case, waiver)?, place: waiver.place.clone() }))
        .collect();
    if whole(case) {
        let unused =
            case.baseline.map_or(0, |baseline| baseline.unused(case.record, &stages_that_ran(case.record)));
        if unused > 0 {
            let (entries, match_) = if unused == 1 { ("entry", "matches") } else { ("entries", "match") };
            let message =
                format!("{unused} {entries} of the baseline {match_} nothing any more; write it again");
            warnings.push(Warning { message, place: None });
        }
    }
    warnings
}

/// Tells whether everything was looked at, so that what is unused is so for good.
fn whole(case: &Case<'_>) -> bool {
    case.coverage == Coverage::All && case.record.header().scope != OUTGOING
}

fn of_waiver(case: &Case<'_>, waiver: &Waiver) -> Option<String> {
    let (selector, expires, owner) = (&waiver.selector, waiver.expires, &waiver.owner);
    let stage_ran =
        selector.stage.as_ref().is_none_or(|stage| stages_that_ran(case.record).contains(stage.as_str()));
    let selects = case.record.findings().any(|finding| selector.selects(finding))
        || case.record.gaps().any(|gap| selector.selects_gap(gap));
    let unneeded = whole(case) && stage_ran && !selects;
    if !waiver.is_valid(case.today) {
        let then = if unneeded { "nothing matches it any more" } else { "what it was for counts again" };
        return Some(format!("the waiver for {selector} ended on {expires}; {then} (owner {owner})"));
    }
    if unneeded {
        let meant = meant(case, waiver).unwrap_or_default();
        return Some(format!("the waiver for {selector} is not needed: nothing matches it{meant}"));
    }
    let soon = case.today.checked_add(DAYS_AHEAD.days()).is_ok_and(|day| expires <= day);
    soon.then(|| format!("the waiver for {selector} ends on {expires} (owner {owner})"))
}

/// Says what the id of a waiver is, when it is none.
fn meant(case: &Case<'_>, waiver: &Waiver) -> Option<String> {
    let id = waiver.selector.id.as_ref()?;
    let key = if case.record.findings().any(|finding| has_rule(finding, id)) {
        "rule"
    } else if case.record.gaps().any(|gap| gap.code == *id) {
        "gap"
    } else {
        return None;
    };
    Some(format!("; `{id}` is a {key}, to be named as `{key}: {id}`"))
}

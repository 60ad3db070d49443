//! The strictest of two policies, and what the second one would have loosened (DESIGN section 2, item 8).
//!
//! Numbers and thresholds are compared; rules that fail or warn add up. Waivers and rules that ignore count only where
//! both sides have one that holds: each side keeps its list as a layer, and every layer must agree. So a change that
//! narrows a waiver is followed, and one that widens it is not, whatever words it uses.

use std::fmt::Display;

use crate::Loosened;
use crate::policy::{Action, Policy, Rule, Waiver};

impl Policy {
    /// Returns the policy that judges a change: the strictest of what `target` and `head` say, and a list of what
    /// `head` removes or loosens. The same holds for an organization's policy as `target` and a repository's as `head`.
    pub fn tighten(target: &Self, head: &Self) -> (Self, Vec<Loosened>) {
        let mut loosened = Vec::new();
        let newly_disclosed = newly_disclosed(target, head, &mut loosened);
        let policy = Self {
            fail_on: stricter("gate.fail-on", target.fail_on, head.fail_on, &mut loosened),
            new_only: switch("gate.new-only", target.new_only, head.new_only, Lax::On, &mut loosened),
            newly_disclosed,
            max: max(target, head, &mut loosened),
            fail_on_partial_gaps: switch(
                "gate.fail-on-partial-gaps",
                target.fail_on_partial_gaps,
                head.fail_on_partial_gaps,
                Lax::Off,
                &mut loosened,
            ),
            unknown_as: unknown_as(target, head, &mut loosened),
            rules: rules(target, head, &mut loosened),
            ignores: ignores(target, head, &mut loosened),
            waivers: waivers(target, head, &mut loosened),
            baseline: baseline(target, head, &mut loosened),
        };
        loosened.sort();
        loosened.dedup();
        (policy, loosened)
    }
}

fn stays(from: impl Display, to: impl Display) -> String {
    format!("goes from {from} to {to}; {from} stays in force")
}

/// Takes the smaller of two values, the order being from strict to lax.
fn stricter<T: Ord + Copy + Display>(what: &str, target: T, head: T, loosened: &mut Vec<Loosened>) -> T {
    if head > target {
        loosened.push(Loosened::new(what, stays(target, head)));
    }
    target.min(head)
}

/// Which position of a switch lets more through.
#[derive(Clone, Copy)]
enum Lax {
    On,
    Off,
}

fn switch(what: &str, target: bool, head: bool, lax: Lax, loosened: &mut Vec<Loosened>) -> bool {
    let is_lax = |value: bool| value == matches!(lax, Lax::On);
    if is_lax(head) && !is_lax(target) {
        loosened.push(Loosened::new(what, stays(target, head)));
    }
    if is_lax(target) { head } else { target }
}

fn newly_disclosed(target: &Policy, head: &Policy, loosened: &mut Vec<Loosened>) -> Option<super::Threshold> {
    let (old, new) = (target.newly_disclosed(), head.newly_disclosed());
    // Where neither says it, it follows `fail-on`, of which is spoken already.
    let (None, None) = (target.newly_disclosed, head.newly_disclosed) else {
        return Some(stricter("gate.newly-disclosed", old, new, loosened));
    };
    None
}

fn unknown_as(target: &Policy, head: &Policy, loosened: &mut Vec<Loosened>) -> super::Level {
    if head.unknown_as < target.unknown_as {
        loosened.push(Loosened::new("gate.unknown-as", stays(target.unknown_as, head.unknown_as)));
    }
    target.unknown_as.max(head.unknown_as)
}

fn max(
    target: &Policy,
    head: &Policy,
    loosened: &mut Vec<Loosened>,
) -> std::collections::BTreeMap<super::Level, u32> {
    let mut merged = head.max.clone();
    for (level, allowed) in &target.max {
        let what = format!("gate.max.{level}");
        match head.max.get(level) {
            None => loosened.push(Loosened::new(what, format!("is removed; {allowed} stays in force"))),
            Some(wanted) if wanted > allowed => loosened.push(Loosened::new(what, stays(allowed, wanted))),
            Some(_) => continue,
        }
        merged.insert(*level, *allowed);
    }
    merged
}

/// Rules that fail or warn of both sides. Where the change rewrote one, the old one stays beside the new one.
fn rules(target: &Policy, head: &Policy, loosened: &mut Vec<Loosened>) -> Vec<Rule> {
    let mut merged = Vec::new();
    for rule in &target.rules {
        let now = head.rules.iter().find(|other| other.name == rule.name);
        let message = match now {
            Some(other) if other.says_the_same_as(rule) => {
                merged.push(rule.clone());
                continue;
            }
            // From a warning to a failure: the new one takes its place.
            Some(other) if other.condition == rule.condition && other.action == Action::Fail => continue,
            Some(_) => "is changed; the old one stays in force beside the new one",
            None => "is removed; it stays in force",
        };
        merged.push(rule.clone());
        let place = now.and_then(|other| other.place.clone());
        loosened.push(Loosened::new("gate.rules", format!("rule `{}` {message}", rule.name)).at(place));
    }
    let added = head.rules.iter().filter(|rule| !target.rules.iter().any(|old| old.says_the_same_as(rule)));
    merged.extend(added.cloned());
    merged
}

fn ignores(target: &Policy, head: &Policy, loosened: &mut Vec<Loosened>) -> Vec<Vec<Rule>> {
    for rule in head.ignores.iter().flatten() {
        let known = |layer: &Vec<Rule>| layer.iter().any(|old| old.condition == rule.condition);
        if target.ignores.is_empty() || !target.ignores.iter().all(known) {
            let message = format!(
                "rule `{}` ignores what the target branch does not ignore; it does not count",
                rule.name
            );
            loosened.push(Loosened::new("gate.rules", message).at(rule.place.clone()));
        }
    }
    let same = |a: &Vec<Rule>, b: &Vec<Rule>| {
        a.len() == b.len() && a.iter().zip(b).all(|(old, new)| old.says_the_same_as(new))
    };
    layers(&target.ignores, &head.ignores, same)
}

fn waivers(target: &Policy, head: &Policy, loosened: &mut Vec<Loosened>) -> Vec<Vec<Waiver>> {
    for waiver in head.waivers.iter().flatten() {
        let covers = |old: &Waiver| old.selector.is_wider_or_equal(&waiver.selector);
        let covered =
            |layer: &Vec<Waiver>| layer.iter().any(|old| covers(old) && old.expires >= waiver.expires);
        if !target.waivers.is_empty() && target.waivers.iter().all(covered) {
            continue;
        }
        let earlier = target.waivers.iter().flatten().filter(|old| covers(old)).map(|old| old.expires).max();
        let message = match earlier {
            Some(until) if target.waivers.iter().all(|layer| layer.iter().any(covers)) => {
                format!(
                    "the waiver for {} goes from {until} to {}; {until} stays in force",
                    waiver.selector, waiver.expires
                )
            }
            _ => {
                format!("the waiver for {} is new or wider; the part that is does not count", waiver.selector)
            }
        };
        loosened.push(Loosened::new("waivers", message).at(waiver.place.clone()));
    }
    let same = |a: &Vec<Waiver>, b: &Vec<Waiver>| {
        a.len() == b.len()
            && a.iter().zip(b).all(|(old, new)| old.selector == new.selector && old.expires == new.expires)
    };
    layers(&target.waivers, &head.waivers, same)
}

/// Puts the layers of both sides together; a side without any lets nothing through, and so do both.
fn layers<T: Clone>(
    target: &[Vec<T>],
    head: &[Vec<T>],
    same: impl Fn(&Vec<T>, &Vec<T>) -> bool,
) -> Vec<Vec<T>> {
    if target.is_empty() || head.is_empty() {
        return Vec::new();
    }
    let mut merged = target.to_vec();
    merged.extend(head.iter().filter(|layer| !target.iter().any(|old| same(old, layer))).cloned());
    merged
}

fn baseline(target: &Policy, head: &Policy, loosened: &mut Vec<Loosened>) -> Option<String> {
    match (&target.baseline, &head.baseline) {
        (None, Some(path)) => {
            let message = format!("`{path}` is new; it does not count");
            loosened.push(Loosened::new("baseline", message));
            None
        }
        (Some(_), None) | (None, None) => None,
        // Another file counts by its content, which [`crate::Baseline::tighten`] compares.
        (Some(path), Some(_)) => Some(path.clone()),
    }
}

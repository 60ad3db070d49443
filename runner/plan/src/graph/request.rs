//! What a plan is made from.

use std::collections::BTreeMap;

use model::Subject;
use source::Tree;
use stage::Kind;

use crate::graph::Shard;
use crate::{Combined, Event, Profile};

/// What a plan is made from.
pub struct Request<'a> {
    /// The kinds of stage that the binary has.
    pub kinds: &'a [Kind],
    /// The pipeline in force.
    pub combined: &'a Combined,
    /// The profile.
    pub profile: &'a Profile,
    /// `--stage`: these alone, with what they need; all of the profile when empty.
    pub only: &'a [String],
    /// What is there to check from the start.
    pub subjects: &'a [Subject],
    /// The tree under check.
    pub tree: Option<&'a dyn Tree>,
    /// Paths that the change touches, removed ones included; `None` when the scope is not a change or they are not known.
    pub changed: Option<&'a [String]>,
    /// Branch, when it is known; of a change, the target branch.
    pub branch: Option<&'a str>,
    /// What started the run.
    pub event: Event,
    /// The environment that sections may name.
    pub environment: &'a BTreeMap<String, String>,
    /// `--shard I/N`.
    pub shard: Option<Shard>,
}

/// No variables.
static NOTHING: BTreeMap<String, String> = BTreeMap::new();

impl<'a> Request<'a> {
    /// Asks for all of a profile on this machine: no change, no shard, an empty environment, nothing to check yet.
    pub fn of(kinds: &'a [Kind], combined: &'a Combined, profile: &'a Profile, tree: &'a dyn Tree) -> Self {
        Self {
            kinds,
            combined,
            profile,
            only: &[],
            subjects: &[],
            tree: Some(tree),
            changed: None,
            branch: None,
            event: Event::Local,
            environment: &NOTHING,
            shard: None,
        }
    }
}

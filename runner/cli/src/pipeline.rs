//! From pipeline files to a plan: which files are in force, which profile, which instances.

use std::collections::BTreeMap;

use model::Subject;
use plan::{Combined, Layers, PipelineFile, Plan, Profile, Request, Scope, Selection, combine};
use source::Tree;

use crate::args::Choice;
use crate::checkout::{Change, Checkout};
use crate::ci::Surroundings;
use crate::fault::Fault;

/// The pipeline in force, for one run.
pub(crate) struct Pipeline {
    /// What the files say.
    pub(crate) combined: Combined,
    /// The part of it that runs.
    pub(crate) profile: Profile,
}

/// Reads the pipeline file of a tree and what it extends; what applies to `applies_to` when there is none. `revision`
/// names the tree in messages, when it is not the one under check.
pub(crate) fn layers(
    tree: &dyn Tree,
    config: &str,
    applies_to: &dyn Tree,
    revision: Option<&str>,
) -> Result<Layers, Fault> {
    let read = |path: &str| -> Result<Vec<u8>, String> {
        let index = tree.find(path).ok_or_else(|| "there is no such file in the tree".to_owned())?;
        tree.read(index).map(|content| content.to_vec()).map_err(|error| error.to_string())
    };
    if tree.find(config).is_some() {
        let bytes = read(config).map_err(|error| Fault::usage(format!("cannot read {config}: {error}")))?;
        let loaded = match revision {
            Some(revision) => Layers::load_from(revision, config, &bytes, &read),
            None => Layers::load(config, &bytes, &read),
        };
        return loaded.map_err(Fault::usage);
    }
    if config != PipelineFile::NAME && std::ptr::eq(tree, applies_to) {
        return Err(Fault::usage(format!("the tree has no file {config}"))
            .hint("write one with `sluicegate init`, or leave --config away to run what applies"));
    }
    Layers::detect(&crate::stages::kinds(), applies_to).map_err(Fault::bug)
}

/// Returns the scope that a run has, before there is a profile: the pipeline file may say otherwise only in its profiles.
pub(crate) fn profile(choice: &Choice, combined: &Combined) -> Result<Profile, Fault> {
    match &choice.profile {
        Some(name) => {
            let profile = combined.profile(name).map_err(Fault::usage)?.clone();
            Ok(if choice.since.is_some() { Profile { scope: Scope::Change, ..profile } } else { profile })
        }
        None => Ok(Profile {
            name: "default".into(),
            stages: Selection::All,
            scope: if choice.since.is_some() { Scope::Change } else { Scope::Full },
            require: BTreeMap::new(),
            budget: None,
            place: None,
        }),
    }
}

impl Pipeline {
    /// Loads the pipeline that judges `checkout`: for a change, that of its target branch and its own.
    pub(crate) fn load(choice: &Choice, checkout: &Checkout, change: Option<&Change>) -> Result<Self, Fault> {
        let tree = checkout.tree.as_ref();
        let head = layers(tree, &choice.config, tree, None)?;
        let combined = match change {
            Some(change) => {
                let short = change.target.get(..12).unwrap_or(&change.target);
                combine(&layers(change.target_tree.as_ref(), &choice.config, tree, Some(short))?, &head)
            }
            None => Combined::one(head),
        };
        let profile = profile(choice, &combined)?;
        Ok(Self { combined, profile })
    }

    /// Makes the plan.
    pub(crate) fn plan(
        &self,
        choice: &Choice,
        checkout: &Checkout,
        change: Option<&Change>,
        subjects: &[Subject],
        surroundings: &Surroundings,
        environment: &BTreeMap<String, String>,
    ) -> Result<Plan, Fault> {
        let request = Request {
            kinds: &crate::stages::kinds(),
            combined: &self.combined,
            profile: &self.profile,
            only: &choice.stages,
            subjects,
            tree: Some(checkout.tree.as_ref()),
            changed: change.map(|change| change.paths.as_slice()),
            branch: surroundings.branch.as_deref(),
            event: surroundings.event,
            environment,
            shard: choice.shard,
        };
        Plan::new(&request).map_err(Fault::usage)
    }
}

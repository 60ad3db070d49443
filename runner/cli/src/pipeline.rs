//! From pipeline files to a plan: which files are in force, which profile, which instances.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{Policy, Subject};
use plan::{Combined, Layers, Loosened, PipelineFile, Plan, Profile, Request, Scope, Selection, combine};
use report::Exit;
use source::{ReadError, Tree};
use stage::Files;

use crate::args::Choice;
use crate::case;
use crate::checkout::Checkout;
use crate::ci::Surroundings;
use crate::fault::Fault;
use crate::policy_file;
use crate::sections::{self, Sections, TRUST};
use crate::target::{Change, Target};

/// The pipeline in force, for one run.
pub(crate) struct Pipeline {
    /// What the files say.
    pub(crate) combined: Combined,
    /// The part of it that runs.
    pub(crate) profile: Profile,
    /// What of the target's pipeline could not be used.
    pub(crate) warnings: Vec<String>,
}

/// What applies to the tree under check where there is no file: found out when it is asked for, once.
struct Detected<'a> {
    tree: &'a dyn Tree,
    layers: OnceCell<Layers>,
}

impl Detected<'_> {
    fn layers(&self) -> Result<Layers, Fault> {
        if let Some(layers) = self.layers.get() {
            return Ok(layers.clone());
        }
        let layers = Layers::detect(&crate::stages::kinds(), self.tree).map_err(Fault::bug)?;
        Ok(self.layers.get_or_init(|| layers).clone())
    }
}

/// Reads the pipeline file of a tree and what it extends; what was detected when there is none. `revision` names the tree
/// in messages, when it is not the one under check.
fn layers(
    tree: &dyn Tree,
    config: &str,
    detected: &Detected<'_>,
    revision: Option<&str>,
) -> Result<Layers, Fault> {
    let lacking: RefCell<Option<String>> = RefCell::default();
    let read = |path: &str| -> Result<Vec<u8>, String> {
        let index = tree.find(path).ok_or_else(|| "there is no such file in the tree".to_owned())?;
        let content = tree.read(index).inspect_err(|error| {
            if matches!(error, ReadError::Failed(_)) {
                *lacking.borrow_mut() = Some(path.to_owned());
            }
        });
        content.map(|content| content.to_vec()).map_err(|error| error.to_string())
    };
    if tree.find(config).is_some() {
        let load = |bytes: Vec<u8>| match revision {
            Some(revision) => Layers::load_from(revision, config, &bytes, &read).map_err(Fault::from),
            None => Layers::load(config, &bytes, &read).map_err(Fault::from),
        };
        let bytes = read(config).map_err(|error| {
            Fault::configuration(format!("cannot read {config}: {error}"))
                .hint(format!("put an ordinary file at {config}, which you may read"))
        });
        let loaded = bytes.and_then(load).map_err(|fault| match (revision, lacking.take()) {
            // It is there, and this machine does not have it: nobody knows what it says.
            (Some(revision), Some(path)) => {
                Fault::incomplete(format!("cannot read {path} of {revision}: {}", fault.reason())).hint(
                    "a partial clone lacks it: fetch with all objects (git fetch --refetch --no-filter)",
                )
            }
            (Some(_) | None, _) => fault,
        });
        return loaded?.or_stages_of(|| detected.layers());
    }
    if config != PipelineFile::NAME && std::ptr::eq(tree, detected.tree) {
        return Err(Fault::usage(format!("the tree has no file {config}"))
            .hint("write one with `sluicegate init`, or leave --config away to run what applies"));
    }
    detected.layers()
}

/// Combines the pipeline of the target with the tree's own. One of the target's that nobody can use would keep the change
/// from landing that mends it: then the defaults stand in for it, and what the change's own file adds counts.
fn of_change(
    target: &Target,
    config: &str,
    detected: &Detected<'_>,
    head: &Layers,
) -> Result<(Combined, Vec<String>), Fault> {
    let short = target.commit.get(..12).unwrap_or(&target.commit);
    let loaded = layers(target.tree.as_ref(), config, detected, Some(short));
    let usable = |layers: Layers| usable(&layers, detected.tree).map(|()| layers);
    let (of_target, warnings) = match loaded.and_then(usable) {
        Ok(layers) => (layers, Vec::new()),
        Err(fault) if fault.exit() == Exit::Incomplete => return Err(fault),
        Err(fault) => {
            let defaults = detected.layers()?;
            let text = format!(
                "the pipeline file of {} cannot be used, so the stricter of the defaults and of the change's own is in \
                 force until one that can has landed: {}",
                target.name,
                fault.reason()
            );
            (defaults, vec![text])
        }
    };
    let mut combined = combine(&of_target, head);
    if head.is_written() {
        combined.loosened.extend(sections::loosened(&of_target, head)?);
    }
    let has = |layers: &Layers| layers.files().iter().any(|file| file.section(TRUST).is_some());
    if has(&of_target) && !has(head) {
        let message = "is removed; this version does not read it, so it is not in force".to_owned();
        combined.loosened.push(Loosened { what: TRUST.to_owned(), message, place: None });
    }
    Ok((combined, warnings))
}

/// Tells whether files make a pipeline, whatever the run asks of it and whatever the environment has: else a change could
/// have its target's policy set aside by what it needs.
fn usable(layers: &Layers, tree: &dyn Tree) -> Result<(), Fault> {
    let combined = Combined::one(layers.clone());
    let idle = Profile {
        stages: Selection::Some { ids: BTreeMap::new(), kinds: BTreeSet::new() },
        ..everything(Scope::Full)
    };
    Plan::new(&Request::of(&crate::stages::kinds(), &combined, &idle, tree))?;
    Sections::read(&combined)?;
    case::side_of(layers).map(|_| ())
}

/// Returns the profile of a run that names none.
fn everything(scope: Scope) -> Profile {
    Profile {
        name: "default".into(),
        stages: Selection::All,
        scope,
        require: BTreeMap::new(),
        budget: None,
        place: None,
    }
}

/// Returns the profile in force. `--since` says how much is judged, whatever the profile says.
fn profile(choice: &Choice, combined: &Combined) -> Result<Profile, Fault> {
    match &choice.profile {
        Some(name) => {
            let profile = combined.profile(name)?.clone();
            Ok(if choice.since.is_some() { Profile { scope: Scope::Change, ..profile } } else { profile })
        }
        None => Ok(everything(if choice.since.is_some() { Scope::Change } else { Scope::Full })),
    }
}

impl Pipeline {
    /// Loads the pipeline that judges `checkout`: that of the target, when there is one, and the tree's own.
    pub(crate) fn load(choice: &Choice, checkout: &Checkout, target: Option<&Target>) -> Result<Self, Fault> {
        let tree = checkout.policy.as_ref();
        let config = policy_file::path(&choice.config, &checkout.root)?;
        policy_file::refuse_unread(&config, checkout)?;
        let detected = Detected { tree, layers: OnceCell::new() };
        let head = layers(tree, &config, &detected, None)?;
        let (combined, mut warnings) = match target {
            Some(target) => of_change(target, &config, &detected, &head)?,
            None => (Combined::one(head), Vec::new()),
        };
        warnings.extend(policy_file::passed_over(&config, checkout));
        let profile = profile(choice, &combined)?;
        Ok(Self { combined, profile, warnings })
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
        let plan = Plan::new(&request)?;
        self.check(&plan, &checkout.policy)?;
        Ok(plan)
    }

    /// Has every stage look at the policy files that its section names. What the target alone names is not the change's to
    /// mend: the run tells of it.
    fn check(&self, plan: &Plan, policy: &Arc<dyn Tree>) -> Result<(), Fault> {
        for instance in plan.instances().iter().filter(|instance| instance.policy != Policy::Target) {
            let files = Files::select(Arc::clone(policy), &instance.spec.policy());
            let checked = instance.stage.check(&files);
            checked.map_err(|error| self.combined.head().shown(error))?;
        }
        Ok(())
    }
}

//! The pipeline that judges a change: that of the target branch, and what the change adds to it (DESIGN section 2,
//! item 8).

use std::collections::BTreeMap;
use std::time::Duration;

use model::{Policy, StageId};
use stage::Section;

use crate::{Layers, Loosened, Place, PlanError, Profile, When};

/// One configuration of a stage.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Whose it is.
    pub policy: Policy,
    /// Name of the kind of stage.
    pub kind: String,
    /// Its own section.
    pub section: Section,
    /// It runs where any of these holds; always when there is none.
    pub when: Vec<When>,
    /// Stages that must have ended before, each with the place where it is named.
    pub needs: Vec<(StageId, Place)>,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Where it stands.
    pub place: Place,
}

/// The pipeline in force.
#[derive(Debug, Clone)]
pub struct Combined {
    /// The files of the target branch; the same as `head` when there is one policy only.
    pub target: Layers,
    /// The files of the tree under check.
    pub head: Layers,
    /// Every stage with its configurations: one where all agree.
    pub stages: BTreeMap<StageId, Vec<Variant>>,
    /// Every profile, the built-in ones included.
    pub profiles: BTreeMap<String, Profile>,
    /// What the change removes or loosens, sorted.
    pub loosened: Vec<Loosened>,
}

impl Combined {
    /// Takes the one policy in force: a run that judges no change.
    pub fn one(layers: Layers) -> Self {
        let _ = layers;
        todo!()
    }

    /// Returns a profile.
    pub fn profile(&self, name: &str) -> Result<&Profile, PlanError> {
        let _ = name;
        todo!()
    }

    /// Returns a section of the top as each side has it, nearest file first: `(target, head)`.
    pub fn sections(&self, key: &str) -> (Vec<Section>, Vec<Section>) {
        let sections = |layers: &Layers| layers.files().iter().filter_map(|file| file.section(key)).collect();
        (sections(&self.target), sections(&self.head))
    }
}

/// Returns the pipeline that judges the change from `target` to `head`. Where a side has no file, give
/// [`Layers::detect`] of the tree under check.
pub fn combine(target: &Layers, head: &Layers) -> Combined {
    let _ = (target, head);
    todo!()
}

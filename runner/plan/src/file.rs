//! The pipeline file: first pass. Finds the runner's own keys and each section; reads no section.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{Digest, StageId};
use stage::{ConfigError, Section};

use crate::{Place, Profile, When};

/// A pipeline file, read once over.
#[derive(Debug, Clone)]
pub struct PipelineFile {
    path: String,
    text: String,
    stages: BTreeMap<StageId, StageEntry>,
    profiles: BTreeMap<String, Profile>,
    extends: Vec<Extends>,
}

/// What the runner itself reads of one entry under `stages:`.
#[derive(Debug, Clone)]
pub struct StageEntry {
    /// Name of the kind of stage: `uses`, or the key itself.
    pub kind: String,
    /// When it runs; always when nothing is said.
    pub when: Option<When>,
    /// Stages that must have ended before, each with the place where it is named.
    pub needs: Vec<(StageId, Place)>,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Where its key stands.
    pub place: Place,
}

/// Another policy file that this one builds on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extends {
    /// Path as written.
    pub path: String,
    /// Where it is named.
    pub place: Place,
}

impl PipelineFile {
    /// Name of the file, at the root of the tree.
    pub const NAME: &'static str = "sluicegate.yaml";

    /// Reads a file. `path` names it in messages.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, ConfigError> {
        let _ = (path, bytes);
        todo!()
    }

    /// Returns the path, as messages print it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the digest of the file's text: what `sluicegate trust` remembers.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }

    /// Returns the stages, by name.
    pub fn stages(&self) -> &BTreeMap<StageId, StageEntry> {
        &self.stages
    }

    /// Returns the profiles that the file defines, by name.
    pub fn profiles(&self) -> &BTreeMap<String, Profile> {
        &self.profiles
    }

    /// Returns what the file builds on, as written.
    pub fn extends(&self) -> &[Extends] {
        &self.extends
    }

    /// Returns the section under a key of the top (`gate`, `waivers`, `baseline`, `trust`, `cache`, `report`): the value
    /// alone. A file that does not have it gives an empty section.
    pub fn section(&self, key: &str) -> Section {
        let _ = key;
        todo!()
    }

    /// Returns the part of a stage's entry that is the stage's own.
    pub fn stage_section(&self, id: &StageId) -> Option<Section> {
        let _ = id;
        todo!()
    }

    /// Returns the file with everything blanked but these keys of the top and their values: for a reader of several
    /// sections at once.
    pub fn excerpt(&self, keys: &[&str]) -> String {
        let _ = keys;
        todo!()
    }

    /// Returns the error with its line as the file has it: the reader of a section sees the rest of the line blanked.
    pub fn shown(&self, error: ConfigError) -> ConfigError {
        error
    }
}

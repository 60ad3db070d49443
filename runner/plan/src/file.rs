//! The pipeline file: first pass. Reads the runner's own keys and finds each section; reads no section.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use model::{Digest, StageId};
use serde::de::DeserializeOwned;
use stage::{ConfigError, Section};

use crate::cut::{self, Kept};
use crate::file::reader::Reader;
use crate::text::Text;
use crate::{Place, Profile, When, node};

mod reader;

/// A pipeline file, read once over.
#[derive(Debug, Clone)]
pub struct PipelineFile {
    text: Text,
    comments: Vec<Range<usize>>,
    stages: BTreeMap<StageId, StageEntry>,
    says_stages: bool,
    profiles: BTreeMap<String, Profile>,
    extends: Vec<Extends>,
    sections: BTreeMap<&'static str, TopSection>,
    /// The braces of the whole file, when it is written as JSON is.
    braces: Vec<Kept>,
}

/// What the runner itself reads of one entry under `stages:`.
#[derive(Debug, Clone)]
pub struct StageEntry {
    /// Name of the kind of stage: `uses`, or the key itself.
    pub kind: String,
    /// When it runs; always when nothing is said.
    pub when: Option<When>,
    /// Stages that must have ended before, each with the place where it is named.
    pub needs: BTreeMap<StageId, Place>,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Where its key stands.
    pub place: Place,
    /// Where `uses` says its kind, or its key.
    pub(crate) kind_place: Place,
    /// What is kept of the text for its own section.
    own: Vec<Kept>,
    /// Of its own section: the same for all ways to write the same.
    pub(crate) digest: Digest,
    /// Environment variables that its section may name, each with the offset of the value: a place costs a look at the
    /// whole text, and most are never asked for.
    pub(crate) variables: BTreeMap<String, usize>,
}

/// Another policy file that this one builds on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extends {
    /// Path as written.
    pub path: String,
    /// Where it is named.
    pub place: Place,
}

/// A section of the top.
#[derive(Debug, Clone)]
struct TopSection {
    id: StageId,
    /// Where its key stands.
    place: Place,
    value: Vec<Kept>,
    whole: Vec<Kept>,
}

impl PipelineFile {
    /// Name of the file, at the root of the tree.
    pub const NAME: &'static str = "sluicegate.yaml";
    /// Keys of the top that hold a section for others to read.
    pub const SECTIONS: [&'static str; 6] = ["gate", "waivers", "baseline", "trust", "cache", "report"];

    /// Reads a file. `path` names it in messages.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, ConfigError> {
        let text = Text::new(path, bytes)?;
        let document = node::read(&text)?;
        Reader { text: &text, document: &document }.read()
    }

    /// Returns the path, as messages print it.
    pub fn path(&self) -> &str {
        self.text.path()
    }

    /// Returns the stages, by name.
    pub fn stages(&self) -> &BTreeMap<StageId, StageEntry> {
        &self.stages
    }

    /// Tells whether the file says which stages there are, be it none.
    pub fn says_stages(&self) -> bool {
        self.says_stages
    }

    /// Returns the profiles that the file defines, by name.
    pub fn profiles(&self) -> &BTreeMap<String, Profile> {
        &self.profiles
    }

    /// Returns what the file builds on, as written.
    pub fn extends(&self) -> &[Extends] {
        &self.extends
    }

    /// Returns the value under a key of [`PipelineFile::SECTIONS`]; `None` when the file does not have it.
    pub fn section(&self, key: &str) -> Option<Section> {
        let section = self.sections.get(key)?;
        let text = self.render(section.value.clone());
        Some(Section { id: section.id.clone(), file: self.path().to_owned(), text })
    }

    /// Reads the value under a key of [`PipelineFile::SECTIONS`]; an error shows its line as the file has it.
    pub fn read_section<T: DeserializeOwned + Default>(&self, key: &str) -> Result<Option<T>, ConfigError> {
        let read = self.section(key).map(|section| section.parse());
        read.transpose().map_err(|error| self.shown(error))
    }

    /// Describes an error of what stands under a key of [`PipelineFile::SECTIONS`]; `None` when the file does not have it.
    pub fn error_under(&self, key: &str, message: String) -> Option<ConfigError> {
        Some(self.error_at(&self.sections.get(key)?.place, message))
    }

    /// Returns the part of a stage's entry that is the stage's own.
    pub fn stage_section(&self, id: &StageId) -> Option<Section> {
        let entry = self.stages.get(id)?;
        Some(Section { id: id.clone(), file: self.path().to_owned(), text: self.render(entry.own.clone()) })
    }

    /// Returns the file with everything blanked but these of [`PipelineFile::SECTIONS`], each with its key: for a reader
    /// of several sections at once.
    pub fn excerpt(&self, keys: &[&str]) -> String {
        let sections = self.sections.iter().filter(|(key, _)| keys.contains(key));
        let mut kept: Vec<Kept> = sections.flat_map(|(_, section)| section.whole.clone()).collect();
        if !kept.is_empty() {
            kept.extend(self.braces.iter().cloned());
            kept.sort_by_key(Kept::start);
        }
        self.render(kept)
    }

    /// Returns the error with its line as the file has it: the reader of a section sees the rest of the line blanked.
    pub fn shown(&self, error: ConfigError) -> ConfigError {
        if error.file != self.path() || error.line == 0 {
            return error;
        }
        let shown = self.text.error_at(error.line, error.column, error.message);
        ConfigError { advice: error.advice, ..shown }
    }

    /// Describes an error at a place of this file.
    pub(crate) fn error_at(&self, place: &Place, message: String) -> ConfigError {
        self.text.error_at(place.line as usize, place.column as usize, message)
    }

    /// Describes an error at a byte offset of this file.
    pub(crate) fn error_at_offset(&self, offset: usize, message: String) -> ConfigError {
        self.text.error(offset, message)
    }

    fn render(&self, kept: Vec<Kept>) -> String {
        cut::render(&self.text, &self.comments, kept)
    }
}

#[cfg(test)]
mod tests;

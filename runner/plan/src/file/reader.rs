//! The first pass itself.

use std::collections::BTreeMap;
use std::ops::Range;

use model::StageId;
use stage::{ConfigError, Interpolated};

use crate::cut::{self, Kept, Piece, Pieces};
use crate::file::{Extends, PipelineFile, StageEntry, TopSection};
use crate::names::{stage_ids, unknown};
use crate::node::{self, Document, Node, quoted};
use crate::raw::{RawEntry, RawFile};
use crate::text::Text;
use crate::{Profile, When};

/// The version of the format that is read.
const VERSION: u64 = 1;
/// Stages of a file at most: each has its own blanked text.
const MOST_STAGES: usize = 200;
/// Keys of the top that the runner reads; all others are sections.
const RUNNER: [&str; 4] = ["version", "extends", "profiles", "stages"];

/// A file being read.
pub(super) struct Reader<'a> {
    pub(super) text: &'a Text,
    pub(super) document: &'a Document,
}

/// An entry under `stages:`, cut.
struct CutEntry<'a> {
    id: StageId,
    key: &'a Piece<'a>,
    pieces: Pieces<'a>,
}

impl<'a> CutEntry<'a> {
    /// Returns the entries that are the stage's own.
    fn own(&self) -> impl Iterator<Item = &Piece<'a>> {
        self.pieces.all.iter().filter(|piece| !RawEntry::KEYS.contains(&piece.key))
    }
}

impl Reader<'_> {
    pub(super) fn read(&self) -> Result<PipelineFile, ConfigError> {
        let Self { text, document } = *self;
        let root = Pieces::of(text, &document.root, document.root.span.end, "a pipeline file")?;
        self.known_keys(&root)?;
        let stages = self.under(&root, "stages")?;
        let profiles = self.under(&root, "profiles")?;
        let entries = self.entries(&stages)?;
        let raw = self.runner(&root, &entries)?;
        self.version(&raw, &root)?;
        Ok(PipelineFile {
            says_stages: root.find("stages").is_some_and(|piece| !piece.entry.value.is_null()),
            stages: self.stages(entries, raw.stages.unwrap_or_default())?,
            profiles: self.profiles(&profiles, raw.profiles.unwrap_or_default())?,
            extends: raw.extends.unwrap_or_default().into_iter().map(|path| self.extends(path)).collect(),
            sections: self.sections(&root)?,
            braces: root.braces(),
            comments: document.comments.clone(),
            text: text.clone(),
        })
    }

    fn known_keys(&self, root: &Pieces<'_>) -> Result<(), ConfigError> {
        let known = || RUNNER.into_iter().chain(PipelineFile::SECTIONS);
        match root.all.iter().find(|piece| !known().any(|key| key == piece.key)) {
            None => Ok(()),
            Some(piece) => Err(self.text.error(piece.whole.start, unknown("key", piece.key, known))),
        }
    }

    /// Cuts the map under a key of the top.
    fn under<'b>(&self, root: &Pieces<'b>, key: &str) -> Result<Pieces<'b>, ConfigError> {
        match root.find(key) {
            Some(piece) => Pieces::of(self.text, &piece.entry.value, piece.value.end, &format!("`{key}`")),
            None => Ok(Pieces::default()),
        }
    }

    fn entries<'b>(&self, stages: &'b Pieces<'b>) -> Result<Vec<CutEntry<'b>>, ConfigError> {
        if let Some(piece) = stages.all.get(MOST_STAGES) {
            return Err(self
                .text
                .error(piece.whole.start, format!("the file has more than {MOST_STAGES} stages")));
        }
        let entry = |key: &'b Piece<'b>| {
            let id = self.name(key)?;
            let what = format!("the entry of stage `{id}`");
            let pieces = Pieces::of(self.text, &key.entry.value, key.value.end, &what)?;
            if let Some(merge) = pieces.find("<<") {
                let message = format!("{what} cannot merge keys of another map; write them out");
                return Err(self.text.error(merge.whole.start, message));
            }
            Ok(CutEntry { id, key, pieces })
        };
        stages.all.iter().map(entry).collect()
    }

    fn name(&self, key: &Piece<'_>) -> Result<StageId, ConfigError> {
        StageId::new(key.key).map_err(|_| {
            let message = format!(
                "{} is not a name: use lower-case letters, digits and single `-` (at most 64 characters)",
                quoted(key.key)
            );
            self.text.error(key.whole.start, message)
        })
    }

    /// Reads the runner's own keys.
    fn runner(&self, root: &Pieces<'_>, entries: &[CutEntry<'_>]) -> Result<RawFile, ConfigError> {
        let mut own: Vec<Range<usize>> =
            entries.iter().flat_map(CutEntry::own).map(|piece| piece.whole.clone()).collect();
        own.sort_by_key(|range| range.start);
        let kept = cut::without(root.keep(|piece| RUNNER.contains(&piece.key)), &own);
        cut::refuse_foreign_aliases(self.text, self.document, &kept)?;
        let rendered = cut::render(self.text, &self.document.comments, kept);
        if rendered.trim().is_empty() {
            return Ok(RawFile::default());
        }
        serde_saphyr::from_str(&rendered).map_err(|error| {
            let error = ConfigError::from_yaml(self.text.path(), &rendered, &error);
            self.text.error_at(error.line, error.column, error.message)
        })
    }

    fn version(&self, raw: &RawFile, root: &Pieces<'_>) -> Result<(), ConfigError> {
        let written = root.find("version").map(|piece| &piece.entry.value);
        match &raw.version {
            // The reader of YAML takes a number in quotes for one; no schema does.
            Some(version) if written.is_some_and(Node::is_quoted) => {
                let message = format!("the version is a number: write `version: {VERSION}`");
                Err(self.text.error_of(version, version.referenced, message))
            }
            Some(version) if version.value == VERSION => Ok(()),
            Some(version) => {
                let message = format!(
                    "version {} is not known; this Sluicegate reads version {VERSION}",
                    version.value
                );
                let error = self.text.error_of(version, version.referenced, message);
                Err(error.advise(format!("write `version: {VERSION}`, or update Sluicegate")))
            }
            None => {
                let first = root.all.first().map_or(0, |piece| piece.whole.start);
                Err(self.text.error(
                    first,
                    format!("the file does not say its version: begin it with `version: {VERSION}`"),
                ))
            }
        }
    }

    fn extends(&self, path: serde_saphyr::Spanned<String>) -> Extends {
        Extends { place: self.text.place_of(&path), path: path.value }
    }

    fn profiles(
        &self,
        pieces: &Pieces<'_>,
        mut raw: BTreeMap<String, crate::raw::RawProfile>,
    ) -> Result<BTreeMap<String, Profile>, ConfigError> {
        let mut profiles = BTreeMap::new();
        for piece in &pieces.all {
            let name = self.name(piece)?;
            if let Some(raw) = raw.remove(piece.key) {
                let place = self.text.place(piece.whole.start);
                profiles.insert(piece.key.to_owned(), Profile::check(name.as_str(), raw, place, self.text)?);
            }
        }
        Ok(profiles)
    }

    fn stages(
        &self,
        entries: Vec<CutEntry<'_>>,
        mut raw: BTreeMap<String, Option<RawEntry>>,
    ) -> Result<BTreeMap<StageId, StageEntry>, ConfigError> {
        let mut stages = BTreeMap::new();
        for entry in entries {
            let raw = raw.remove(entry.id.as_str()).flatten().unwrap_or_default();
            let checked = self.stage(&entry, raw)?;
            stages.insert(entry.id, checked);
        }
        Ok(stages)
    }

    fn stage(&self, entry: &CutEntry<'_>, raw: RawEntry) -> Result<StageEntry, ConfigError> {
        let place = self.text.place(entry.key.whole.start);
        let (kind, kind_place) = match &raw.uses {
            Some(uses) => (uses.value.clone(), self.text.place_of(uses)),
            None => (entry.id.to_string(), place.clone()),
        };
        let own = entry.pieces.keep(|piece| !RawEntry::KEYS.contains(&piece.key));
        cut::refuse_foreign_aliases(self.text, self.document, &own)?;
        Ok(StageEntry {
            kind,
            kind_place,
            when: raw.when.map(|when| When::check(when, self.text)).transpose()?,
            needs: stage_ids(self.text, raw.needs)?,
            timeout: raw.timeout.map(|timeout| timeout.0),
            digest: node::digest(entry.own().map(|piece| piece.entry)),
            variables: self.variables(entry),
            own,
            place,
        })
    }

    /// Lists the environment variables that the stage's own values name. Whether they are read is the stage's to say.
    fn variables(&self, entry: &CutEntry<'_>) -> BTreeMap<String, usize> {
        let mut variables = BTreeMap::new();
        for piece in entry.own() {
            piece.entry.value.scalars(&mut |node, value| {
                let read = Interpolated::new(value).ok();
                for name in read.iter().flat_map(Interpolated::names) {
                    variables.entry(name.to_owned()).or_insert(node.span.start);
                }
            });
        }
        variables
    }

    fn sections(&self, root: &Pieces<'_>) -> Result<BTreeMap<&'static str, TopSection>, ConfigError> {
        let mut sections = BTreeMap::new();
        for key in PipelineFile::SECTIONS {
            let Some(piece) = root.find(key) else { continue };
            let (value, whole): (Vec<Kept>, Vec<Kept>) = (piece.keep_value(), vec![piece.kept()]);
            cut::refuse_foreign_aliases(self.text, self.document, &value)?;
            let place = self.text.place(piece.whole.start);
            sections.insert(key, TopSection { id: self.name(piece)?, place, value, whole });
        }
        Ok(sections)
    }
}

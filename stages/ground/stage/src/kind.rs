//! A kind of stage, as the binary lists it: what it is called, when it applies, how its section reads.

use schemars::{Schema, SchemaGenerator};

use crate::{ConfigError, Section, Stage};

/// When a kind of stage is part of the pipeline that needs no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// In every tree.
    Always,
    /// Where a file matches one of these globs.
    Files(&'static [&'static str]),
    /// Where another stage needs what it gives.
    Implied,
    /// Only where the pipeline file asks for it.
    Asked,
}

/// The stages that one section asks for.
pub type Stages = Vec<Box<dyn Stage>>;

/// A kind of stage. Each stage's crate has one `pub fn stage() -> Kind`; the list of them stands once, in `runner/cli`.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Name: also the default key under `stages:`.
    pub name: &'static str,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// When it applies without being asked for.
    pub presence: fn() -> Presence,
    /// The JSON Schema of its section.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// Reads its section and makes the stages that it asks for: one for each kind of subject.
    pub build: fn(&Section) -> Result<Stages, ConfigError>,
    /// What `init` writes under its key, without indentation; empty for `{}`.
    pub starter: &'static str,
}

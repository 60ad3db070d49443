//! The contract between a stage and the engine.
//!
//! A stage declares what it needs and gives ([`Spec`]), and is then handed exactly that ([`Given`]) together with a
//! place to say what it found ([`Sink`]). Order, cache key, sandbox and offline check all follow from the one
//! declaration; any other read is an error that names the stage and the input.
//!
//! This crate runs nothing and knows no stage.

mod config;
mod draft;
mod effect;
mod error;
mod files;
mod given;
#[cfg(feature = "harness")]
pub mod harness;
mod interpolated;
mod kind;
mod memo;
mod need;
mod place;
mod sink;
mod spec;
mod suggestion;
mod trace;
mod wording;

pub use config::{ConfigError, Section};
pub use draft::Draft;
pub use effect::{Effect, EffectGiven, EffectSpec};
pub use error::StageError;
pub use files::{File, Files};
pub use given::{DataSets, Given, Inputs, Shard};
pub use interpolated::{Interpolated, InterpolatedError};
pub use kind::{Kind, Presence, Stages};
pub use memo::{Memo, MemoKey};
pub use need::{From, Globs, GlobsError, Grain, HistoryRange, Need};
pub use place::Place;
pub use sink::{Gift, Output, Sink};
pub use spec::{Running, Spec, Stage};
pub use suggestion::suggestion;
pub use trace::{Read, Trace};
pub use wording::{TAB, indenting_tab};

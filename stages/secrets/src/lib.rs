//! Finds credentials: in the files of a tree, in the commits about to leave, in a whole history.
//!
//! The engine is pure: bytes in, [`Scanned`] out. One pass of an automaton over all keywords leads to the rules (data, in
//! `rules/*.yaml`), to the detectors of formats that no expression describes (keys in armor, tokens with a structure of
//! their own, URLs, names that say credential), and to the requests in the text to ignore what stands there. What was
//! found is judged by its own structure first: a value whose checksum is wrong was issued by nobody.
//!
//! What it misses: a value on the line behind its name, unless the format is known by itself; credentials in prose;
//! what only the message of a commit or of a tag holds; what only a tag of a file or of a folder holds, of which a whole history
//! says that it is there.
//!
//! Of files it counts how many were scanned and what it passed over in them (`placeholder`, `proven-fake`, `binary`); of commits
//! only contents (`scanned`, `binary`), whatever way a repository stores them.
//!
//! It does not ask any service whether a credential works, and it never keeps a value: what leaves the engine is
//! redacted.

mod allow;
mod archive;
mod automaton;
mod bounded;
mod budget;
mod candidate;
mod catalog;
mod check;
mod config;
mod decode;
mod detect;
mod engine_rule;
mod finding;
mod foreign;
mod generic;
pub mod gitleaks;
mod hint;
mod history;
mod hit;
mod in_force;
mod kept;
mod limit;
mod links;
mod locale;
mod marker;
mod pass;
mod pattern;
mod placeholder;
mod plain;
mod published;
mod readers;
mod rule_file;
mod rules;
mod scan;
pub mod scorer;
mod stage;
mod text;
mod totals;
mod value;
mod word_list;

pub use allow::{Allow, Standing};
pub use archive::Method;
pub use automaton::AutomatonError;
pub use check::CheckError;
pub use hint::{Area, Hint, Language};
pub use hit::{Basis, Counts, Hit, Identity, Scanned};
pub use limit::Limit;
pub use marker::{Marker, MarkerForm};
pub use pattern::PatternError;
pub use rule_file::{RuleEntry, RuleKind};
pub use rules::{RuleIndex, Rules, RulesBuilder, RulesError};
pub use scan::{Options, scan};

use ::stage::{Kind, Presence};
use schemars::JsonSchema as _;

/// Returns the stage as the binary lists it.
pub fn stage() -> Kind {
    Kind {
        name: "secrets",
        summary: "finds credentials in files and in the commits about to leave",
        presence: || Presence::Always,
        schema: config::Config::json_schema,
        build: stage::build,
        starter: "",
    }
}

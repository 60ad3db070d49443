//! The packages of a tree: every lockfile, every entry with its line, what asks for it and what for.
//!
//! What it reads is in one list, `format::FORMATS`; each format is a file under `formats/`. Lockfiles and manifests that
//! are known and not read yet ([`unsupported`]) are gaps, as are projects without a lockfile ([`unlocked`]) and links that
//! lead to nothing that is read ([`link`]): a package that nobody looked at is never taken for a harmless one. In folders
//! of inputs for tests such gaps are partial and block nothing.
//!
//! What it misses: packages that no lockfile names (copied sources, system packages, what a build script fetches), what an
//! installer would choose for an entry that pins no version, and which release of Go a machine has: that of `go.mod` is
//! the least it can be. A `Cargo.lock` names optional packages of dependencies that no feature turns on; they are listed
//! all the same.

mod config;
mod declaration;
mod folder;
mod format;
mod formats;
mod graph;
mod group;
mod link;
mod role;
mod stage;
mod survey;
mod text;
mod unlocked;
mod unsupported;

use ::stage::{Kind, Presence};
use schemars::JsonSchema as _;

/// Returns the stage as the binary lists it.
pub fn stage() -> Kind {
    Kind {
        name: "inventory",
        summary: "lists the packages that lockfiles name, for other stages",
        presence: || Presence::Implied,
        schema: config::Config::json_schema,
        build: stage::build,
        starter: "",
    }
}

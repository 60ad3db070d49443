//! Packages with known flaws: what the inventory lists, looked up in the advisories of each ecosystem.
//!
//! Advisories come from the database that `sluicegate db update` builds and from folders of OSV files in the repository.
//! An ecosystem without a database is a gap, never clean; so is a version of which no advisory can be judged. A finding
//! names package, version, affected range, fix and the way from a direct dependency down.
//!
//! What it misses: flaws that nobody published, crates from git or from registries other than the public one, packages that no lockfile names, and whether the project reaches the flaw.

mod config;
mod finding;
mod ignore;
mod judge;
mod merge;
mod origin;
mod place;
mod rules;
mod shelf;
mod stage;
mod upgrade;

use ::stage::{Kind, Presence};
use schemars::JsonSchema as _;

/// Returns the stage as the binary lists it.
pub fn stage() -> Kind {
    Kind {
        name: "dependencies",
        summary: "finds packages with known flaws, by the advisories of their ecosystems",
        presence: || Presence::Files(model::PACKAGE_FILES),
        schema: config::Config::json_schema,
        build: stage::build,
        starter: "",
    }
}

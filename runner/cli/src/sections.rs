//! The sections of the pipeline file that the command line itself reads: `report` and `cache`.

use std::collections::BTreeMap;

use plan::{Combined, SectionSchema};
use report::policy::{RawGate, RawWaiver};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::fault::Fault;

/// The schemas of the sections of the top that are not the plan's own.
pub(crate) const SCHEMAS: [SectionSchema; 5] = [
    ("gate", |generator| generator.subschema_for::<RawGate>()),
    ("waivers", |generator| generator.subschema_for::<Vec<RawWaiver>>()),
    ("baseline", |generator| generator.subschema_for::<String>()),
    ("report", |generator| generator.subschema_for::<BTreeMap<String, String>>()),
    ("cache", |generator| generator.subschema_for::<CacheSection>()),
];

/// The section that says who may sign what.
pub(crate) const TRUST: &str = "trust";

/// What the command line reads of the pipeline files.
#[derive(Debug, Clone)]
pub(crate) struct Sections {
    /// Format → file below the folder under check, as the policy in force says.
    pub(crate) reports: BTreeMap<String, String>,
    /// Whose cache entries are believed in CI, as the policy in force says.
    pub(crate) cache: Trust,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct CacheSection {
    /// Whose entries of the results cache are believed in CI.
    trust: Trust,
}

/// Whose entries of the results cache are believed in CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Trust {
    /// Those written with this machine's key, or with `SLUICEGATE_CACHE_KEY`.
    #[default]
    Own,
    /// Also those that the CI service restores, because it keeps the caches of branches apart.
    Scoped,
}

impl Sections {
    /// Reads the sections. Files that an organization's policy brings have no say in where reports go, and neither has
    /// the change that is judged.
    pub(crate) fn read(combined: &Combined) -> Result<Self, Fault> {
        let files = combined.in_force().files();
        let own = files.first().map(|file| file.read_section("report")).transpose().map_err(Fault::usage)?;
        let reports = own.flatten().unwrap_or_default();
        let cache = files.iter().filter_map(|file| file.read_section::<CacheSection>("cache").transpose());
        let cache = cache.collect::<Result<Vec<_>, _>>().map_err(Fault::usage)?;
        Ok(Self { reports, cache: cache.first().map(|section| section.trust).unwrap_or_default() })
    }
}

/// Refuses what this version would read past: a rule of trust that is not kept is worse than none. Where the target branch
/// alone has one, the change takes it out, and that is listed.
pub(crate) fn refuse_trust(combined: &Combined) -> Result<(), Fault> {
    let (_, head) = combined.sections(TRUST);
    let Some(section) = head.iter().find(|section| !section.text.trim().is_empty()) else {
        return Ok(());
    };
    let line = section.text.lines().take_while(|line| line.trim().is_empty()).count() + 1;
    let text = "this version does not read `trust`, so what it says would not hold";
    Err(Fault::usage(section.error(line, 1, text)).hint("take `trust` out"))
}

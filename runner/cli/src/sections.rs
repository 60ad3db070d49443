//! The sections of the pipeline file that the command line itself reads: `report` and `cache`.

use std::collections::{BTreeMap, HashMap};

use plan::{Combined, Layers, Loosened, PipelineFile, Place, SectionSchema};
use report::formats::{self, Format};
use report::policy::{RawGate, RawWaiver};
use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_saphyr::Spanned;
use stage::{ConfigError, Section};

use crate::fault::Fault;

/// The schemas of the sections of the top that are not the plan's own.
pub(crate) const SCHEMAS: [SectionSchema; 6] = [
    ("gate", |generator| generator.subschema_for::<RawGate>()),
    ("waivers", |generator| generator.subschema_for::<Vec<RawWaiver>>()),
    ("baseline", |generator| generator.subschema_for::<String>()),
    ("report", |generator| generator.subschema_for::<BTreeMap<String, String>>()),
    ("cache", |generator| generator.subschema_for::<CacheSection>()),
    // Nothing but to say nothing: see `refuse_trust`.
    (TRUST, |_| Schema::from(false)),
];

/// The section that says who may sign what.
pub(crate) const TRUST: &str = "trust";

/// What the command line reads of the pipeline files.
#[derive(Debug, Clone)]
pub(crate) struct Sections {
    /// Reports that the policy in force asks for.
    pub(crate) reports: Vec<Wanted>,
    /// Whose cache entries are believed in CI, as the policy in force says.
    pub(crate) cache: Trust,
}

/// A report that a pipeline file asks for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) format: &'static Format,
    /// Where it goes, as written.
    pub(crate) file: String,
    /// An error at the name of the file, but for what it says.
    at: ConfigError,
}

impl Wanted {
    /// Describes what is wrong with the place.
    pub(crate) fn error(&self, message: String) -> ConfigError {
        ConfigError { message, ..self.at.clone() }
    }
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
        Self::of(combined.in_force())
    }

    fn of(layers: &Layers) -> Result<Self, Fault> {
        let files = layers.files();
        let reports = files.first().map(reports).transpose()?.unwrap_or_default();
        let cache = files.iter().filter_map(|file| file.read_section::<CacheSection>("cache").transpose());
        let cache = cache.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { reports, cache: cache.first().map(|section| section.trust).unwrap_or_default() })
    }
}

/// Lists what the change takes away from these sections of its target's, of which nothing counts.
pub(crate) fn loosened(target: &Layers, head: &Layers) -> Result<Vec<Loosened>, Fault> {
    let (before, now) = (Sections::of(target)?, Sections::of(head)?);
    let lost = |what: String, message: String| {
        let place =
            head.files().iter().find_map(|file| file.error_under(what.split_once('.')?.0, String::new()));
        let place = place.map(|at| Place { file: at.file, line: at.line as u64, column: at.column as u64 });
        Loosened { what, message, place }
    };
    let gone = |wanted: &&Wanted| {
        !now.reports.iter().any(|now| (now.format.name, &now.file) == (wanted.format.name, &wanted.file))
    };
    let reports = before.reports.iter().filter(gone).map(|wanted| {
        let message = format!("is no longer written to {}; it still is", wanted.file.escape_debug());
        lost(format!("report.{}", wanted.format.name), message)
    });
    let cache = (now.cache > before.cache)
        .then(|| lost("cache.trust".to_owned(), "goes from own to scoped; own stays in force".to_owned()));
    Ok(cache.into_iter().chain(reports).collect())
}

/// Reads which reports a file asks for, in the order of their formats.
fn reports(file: &PipelineFile) -> Result<Vec<Wanted>, Fault> {
    let written = file.read_section::<HashMap<Spanned<String>, Spanned<String>>>("report")?;
    let at = |value: &Spanned<String>, message: String| {
        let at = value.referenced;
        file.shown(ConfigError::new(file.path(), "", at.line() as usize, at.column() as usize, message))
    };
    let wanted = |(name, to): (Spanned<String>, Spanned<String>)| {
        let format = formats::find(&name.value).ok_or_else(|| {
            let names = formats::FORMATS.iter().map(|format| format.name);
            let known: Vec<&str> = names.collect();
            let message = format!("`{}` is no report format", name.value.escape_debug());
            at(&name, message).advise(format!("take one of: {}", known.join(", ")))
        })?;
        Ok(Wanted { format, at: at(&to, String::new()), file: to.value })
    };
    let mut written: Vec<_> = written.unwrap_or_default().into_iter().collect();
    written.sort_by(|(one, _), (other, _)| one.value.cmp(&other.value));
    written.into_iter().map(wanted).collect()
}

/// Refuses what this version would read past: a rule of trust that is not kept is worse than none. Where the target branch
/// alone has one, the change takes it out, and that is listed.
pub(crate) fn refuse_trust(combined: &Combined) -> Result<(), Fault> {
    let nothing = |section: Section| matches!(section.text.trim(), "" | "~" | "null");
    let says = |file: &&PipelineFile| file.section(TRUST).is_some_and(|section| !nothing(section));
    let text = "this version does not read `trust`, so what it says would not hold";
    let error =
        combined.head().files().iter().find(says).and_then(|file| file.error_under(TRUST, text.to_owned()));
    error.map_or(Ok(()), |error| Err(error.advise("take `trust` out").into()))
}

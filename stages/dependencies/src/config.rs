//! The section of the pipeline file.

use jiff::civil::Date;
use model::{DependencyScope, Location, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;
use stage::{ConfigError, Globs, Section};

/// What the section may say.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Config {
    /// Folders of the repository with advisories of your own, one OSV file each. They add to the database.
    #[schemars(with = "Vec<String>")]
    advisories: Vec<Spanned<String>>,
    /// Which database is meant. With `none`, only the advisories of your own are looked at.
    #[schemars(with = "Database")]
    database: Option<Spanned<Database>>,
    /// How many days the newest advisory of an ecosystem may be old, as `7d`: a database that is older leaves the run incomplete.
    /// Where nothing is said, one older than 30 days is a partial gap, which is listed; `none` takes one of any age.
    #[schemars(with = "Option<String>", regex(pattern = r"^(none|[1-9][0-9]{0,3}d)$"))]
    max_age: Option<Spanned<String>>,
    /// What dependencies are for that are looked at; all by default. Where it is not known, a dependency counts as
    /// `runtime`.
    scopes: Option<Vec<Scope>>,
    /// Advisories that do not matter here. Their findings are still said, as suppressed.
    ignore: Vec<RawIgnore>,
}

/// Days after which a database is called old where the section does not say. Each of the ecosystems has a new advisory every few
/// days, a database that is kept up to date included.
const MAX_AGE: u32 = 30;

/// Which database is meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Database {
    /// The one that `sluicegate db update` builds.
    #[default]
    Public,
    /// None.
    None,
}

/// What a dependency is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scope {
    /// Part of what runs.
    Runtime,
    /// Needed to build or test only.
    Development,
    /// Installed only where it can be or where it is asked for.
    Optional,
}

/// An advisory that does not matter here.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawIgnore {
    /// Id or alias of the advisory.
    #[schemars(with = "String")]
    id: Spanned<String>,
    /// Name of the package it is ignored for; all by default.
    #[serde(default)]
    package: Option<String>,
    /// Why it does not matter.
    #[schemars(with = "String")]
    reason: Spanned<String>,
    /// The last day on which it is ignored, as `2027-01-31`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    expires: Option<Spanned<String>>,
}

/// An advisory that does not matter here, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Ignore {
    pub(crate) id: String,
    pub(crate) package: Option<String>,
    pub(crate) reason: String,
    #[serde(serialize_with = "written")]
    pub(crate) expires: Option<Date>,
    /// Where the entry stands.
    pub(crate) location: Location,
}

/// The section, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Checked {
    /// Folders of advisories, relative to the root, without `./` and a `/` at the end.
    pub(crate) folders: Vec<String>,
    pub(crate) database: Database,
    /// Days that the newest advisory may be old; any number when `None`.
    pub(crate) max_age: Option<u32>,
    /// Whether the section says so: an older database is none then.
    pub(crate) age_counts: bool,
    /// Sorted, each once.
    pub(crate) scopes: Vec<Scope>,
    pub(crate) ignore: Vec<Ignore>,
}

impl Checked {
    /// Reads and checks the section.
    pub(crate) fn of(section: &Section) -> Result<Self, ConfigError> {
        let raw: Config = section.parse()?;
        let folders = raw.advisories.iter().map(|folder| check_folder(section, folder));
        let folders: Vec<String> = folders.collect::<Result<_, _>>()?;
        if let Some(database) =
            raw.database.as_ref().filter(|it| it.value == Database::None && folders.is_empty())
        {
            let message =
                "without a database there must be `advisories` of your own, or nothing is looked up";
            return Err(refuse(section, database, message));
        }
        let all = vec![Scope::Runtime, Scope::Development, Scope::Optional];
        let mut scopes = raw.scopes.unwrap_or(all);
        scopes.sort_unstable();
        scopes.dedup();
        let ignore = raw.ignore.into_iter().map(|entry| check_ignore(section, entry));
        Ok(Self {
            folders,
            database: raw.database.map(|database| database.value).unwrap_or_default(),
            age_counts: raw.max_age.is_some(),
            max_age: raw.max_age.map_or(Ok(Some(MAX_AGE)), |age| check_age(section, &age))?,
            scopes,
            ignore: ignore.collect::<Result<_, _>>()?,
        })
    }

    /// Returns globs of the files in the folders of advisories.
    pub(crate) fn globs(&self) -> Vec<String> {
        self.folders.iter().map(|folder| glob(folder)).collect()
    }

    /// Tells whether dependencies of this scope are looked at.
    pub(crate) fn looks_at(&self, scope: DependencyScope) -> bool {
        let scope = match scope {
            DependencyScope::Runtime | DependencyScope::Unknown => Scope::Runtime,
            DependencyScope::Development => Scope::Development,
            DependencyScope::Optional => Scope::Optional,
        };
        self.scopes.contains(&scope)
    }

    /// Tells whether the date decides anything.
    pub(crate) fn needs_date(&self) -> bool {
        let ages = self.database == Database::Public && self.max_age.is_some();
        ages || self.ignore.iter().any(|entry| entry.expires.is_some())
    }
}

/// Writes a date as the section has it.
fn written<S: serde::Serializer>(date: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
    date.map(|date| date.to_string()).serialize(serializer)
}

fn refuse<T>(section: &Section, value: &Spanned<T>, message: impl Into<String>) -> ConfigError {
    let at = value.referenced;
    section.error(at.line() as usize, at.column() as usize, message)
}

fn check_folder(section: &Section, folder: &Spanned<String>) -> Result<String, ConfigError> {
    let written = &folder.value;
    let mut parts = Vec::new();
    for part in written.split('/') {
        match part {
            "" | "." => {}
            _ => parts.push(part),
        }
    }
    let outside = written.starts_with('/') || written.contains('\\') || parts.contains(&"..");
    if parts.is_empty() || outside {
        return Err(refuse(
            section,
            folder,
            "a folder of the repository is expected here, as `./advisories`",
        ));
    }
    let checked = parts.join("/");
    Globs::new([glob(&checked)]).map_err(|error| refuse(section, folder, error.to_string()))?;
    Ok(checked)
}

/// Returns a glob of all OSV files in a folder, whose name is taken as it is.
fn glob(folder: &str) -> String {
    let mut glob = String::with_capacity(folder.len() + 10);
    for character in folder.chars() {
        if "*?[]{}!\\".contains(character) {
            glob.push('\\');
        }
        glob.push(character);
    }
    glob + "/**/*.json"
}

/// Reads a number of days, or `none`.
fn check_age(section: &Section, written: &Spanned<String>) -> Result<Option<u32>, ConfigError> {
    if written.value == "none" {
        return Ok(None);
    }
    let days = written.value.strip_suffix('d').and_then(|days| days.parse::<u32>().ok());
    let days = days.filter(|days| (1..10_000).contains(days));
    days.map(Some)
        .ok_or_else(|| refuse(section, written, "a number of days is expected here, as `30d`, or `none`"))
}

fn check_ignore(section: &Section, raw: RawIgnore) -> Result<Ignore, ConfigError> {
    if raw.id.value.trim().is_empty() {
        return Err(refuse(section, &raw.id, "the id of an advisory is expected here"));
    }
    if raw.reason.value.trim().is_empty() {
        return Err(refuse(section, &raw.reason, "say why the advisory does not matter here"));
    }
    let date = |written: &Spanned<String>| {
        let date = written.value.parse::<Date>();
        date.map_err(|_| refuse(section, written, "a date is expected here, as `2027-01-31`"))
    };
    let expires = raw.expires.as_ref().map(date).transpose()?;
    let at = raw.id.referenced;
    let line = u32::try_from(at.line()).unwrap_or(u32::MAX).max(1);
    let column = u32::try_from(at.column()).unwrap_or(u32::MAX).max(1);
    let width = u32::try_from(raw.id.value.chars().count()).unwrap_or(0);
    let span = Span { start_line: line, start_column: column, end_line: line, end_column: column + width };
    Ok(Ignore {
        id: raw.id.value.trim().to_owned(),
        package: raw.package,
        reason: raw.reason.value.trim().to_owned(),
        expires,
        location: Location::File { path: section.file.clone(), span },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Checked, String> {
        let id = model::StageId::new("dependencies").unwrap();
        let section = Section { id, file: "sluicegate.yaml".into(), text: text.into() };
        Checked::of(&section).map_err(|error| format!("{}:{} {}", error.line, error.column, error.message))
    }

    #[test]
    fn nothing_said_means_everything() {
        let checked = read("").unwrap();
        assert_eq!(checked.scopes, [Scope::Runtime, Scope::Development, Scope::Optional]);
        assert_eq!((checked.database, checked.folders, checked.ignore), (Database::Public, vec![], vec![]));
        assert_eq!(checked.max_age, Some(MAX_AGE));
    }

    #[test]
    fn a_section_is_read() {
        let text = "advisories: [./advisories/, a*/b]\ndatabase: none\nscopes: [runtime, runtime]\nignore:\n  \
                    - { id: CVE-1, reason: not reached, package: a, expires: 2027-01-31 }\n";
        let checked = read(text).unwrap();
        assert_eq!(checked.folders, ["advisories", "a*/b"]);
        assert_eq!(checked.globs(), ["advisories/**/*.json", "a\\*/b/**/*.json"]);
        assert!(Globs::new(checked.globs()).unwrap().matches("a*/b/c/d.json"));
        assert_eq!(checked.scopes, [Scope::Runtime]);
        assert!(
            checked.looks_at(DependencyScope::Unknown) && !checked.looks_at(DependencyScope::Development)
        );
        assert_eq!(checked.ignore[0].location.span().unwrap().start_line, 5);
        assert!(checked.needs_date());
    }

    #[test]
    fn an_age_is_a_number_of_days_or_none() {
        let check =
            |text: &str, expected: Option<u32>| assert_eq!(read(text).unwrap().max_age, expected, "{text}");
        check("max-age: 7d", Some(7));
        check("max-age: none", None);
        assert!(!read("max-age: none").unwrap().needs_date());
        assert!(read("").unwrap().needs_date());
    }

    #[test]
    fn what_means_nothing_is_refused_with_its_place() {
        let check = |text: &str, expected: &str| assert_eq!(read(text).unwrap_err(), expected, "{text}");
        let folder = "a folder of the repository is expected here, as `./advisories`";
        check("advisories: [../x]", &format!("1:14 {folder}"));
        check("advisories: [/etc]", &format!("1:14 {folder}"));
        check("advisories: ['.']", &format!("1:14 {folder}"));
        check(
            "database: none",
            "1:11 without a database there must be `advisories` of your own, or nothing is looked up",
        );
        for age in ["30", "0d", "-1d", "10000d", "1w", "d", "''"] {
            check(&format!("max-age: {age}"), "1:10 a number of days is expected here, as `30d`, or `none`");
        }
        check("database: own", "1:11 unknown value `own`; known are `public`, `none`");
        check("ignore: [{ id: A, reason: ' ' }]", "1:27 say why the advisory does not matter here");
        check("ignore: [{ id: A }]", "1:12 the key `reason` is missing");
        check(
            "ignore: [{ id: A, reason: b, expires: soon }]",
            "1:39 a date is expected here, as `2027-01-31`",
        );
        check(
            "ignore: [{ id: A, reason: b, expires: 2027-02-31 }]",
            "1:39 a date is expected here, as `2027-01-31`",
        );
    }
}

//! The section of the pipeline file.

use ::stage::{ConfigError, Globs, Section};
use model::{Location, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

use crate::allow::{Allow, Condition, PathTest, Target, ValueTest};
use crate::pattern::{Edges, Pattern};

/// Least probability, in percent, when the section names none.
const THRESHOLD: u8 = 70;

/// What the section may say.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Config {
    /// Which commits are looked at beside the files of today.
    history: Option<HistoryScope>,
    /// Files of your own rules, in the form of ours.
    #[schemars(with = "Vec<String>")]
    rules: Vec<Spanned<String>>,
    /// A gitleaks configuration whose rules and allowlists are used beside ours.
    #[schemars(with = "Option<String>")]
    gitleaks: Option<Spanned<String>>,
    /// Rules that are left out, by name.
    #[schemars(with = "Vec<String>")]
    disable: Vec<Spanned<String>>,
    /// What is let pass. Its findings are still said, as suppressed.
    allow: Vec<RawAllow>,
    /// Least probability, in percent, of a credential that only its name speaks for; 70 by default. In tests, examples,
    /// documents and code of others, where values are made up, 30 more is asked for (95 at most), and a value that nobody
    /// thought up: long, mixed, without words.
    #[schemars(with = "Option<u8>", range(min = 1, max = 100))]
    threshold: Option<Spanned<u8>>,
    /// Whether archives are opened; they are by default.
    archives: Option<bool>,
    /// Whether comments beside a credential can ask to ignore it; they can by default.
    inline_ignores: Option<bool>,
}

/// Which commits are looked at beside the files of today.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HistoryScope {
    /// None.
    None,
    /// Those of the run's scope: about to be pushed, or added by a change.
    #[default]
    Outgoing,
    /// All that any branch or tag reaches: files, not the messages of commits and tags.
    All,
}

/// What is let pass: everything that is given must hold.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawAllow {
    /// Name of the rule; any rule when it is left out.
    #[serde(default)]
    rule: Option<String>,
    /// Glob of the paths.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    path: Option<Spanned<String>>,
    /// Identity of the credential, as a report gives it.
    #[serde(default)]
    secret: Option<String>,
    /// Regular expression that the value matches somewhere.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    value: Option<Spanned<String>>,
    /// Why it is let pass.
    #[schemars(with = "String")]
    reason: Spanned<String>,
}

/// An entry of what is let pass, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AllowEntry {
    rule: Option<String>,
    path: Option<String>,
    secret: Option<String>,
    value: Option<String>,
    reason: String,
    line: u32,
}

/// The section, checked. Where a name stands is not written: it is no part of the configuration.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Checked {
    pub(crate) history: HistoryScope,
    /// Paths of rule files.
    pub(crate) rules: Vec<Spanned<String>>,
    /// Path of a gitleaks configuration.
    pub(crate) gitleaks: Option<Spanned<String>>,
    /// Sorted, each once.
    pub(crate) disable: Vec<Spanned<String>>,
    pub(crate) allow: Vec<AllowEntry>,
    pub(crate) threshold: u8,
    pub(crate) archives: bool,
    pub(crate) inline_ignores: bool,
    /// Path of the pipeline file.
    pub(crate) file: String,
}

impl Checked {
    /// Reads and checks the section.
    pub(crate) fn of(section: &Section) -> Result<Self, ConfigError> {
        let raw: Config = section.parse()?;
        let rules: Vec<Spanned<String>> =
            raw.rules.into_iter().map(|file| check_file(section, file)).collect::<Result<_, _>>()?;
        let gitleaks = raw.gitleaks.map(|file| check_file(section, file)).transpose()?;
        let threshold = raw.threshold.as_ref().map_or(THRESHOLD, |percent| percent.value);
        if let Some(percent) = raw.threshold.as_ref().filter(|percent| !(1..=100).contains(&percent.value)) {
            return Err(refuse(section, percent, "a percentage from 1 to 100 is expected here"));
        }
        let mut disable = raw.disable;
        disable.sort_by(|a, b| a.value.cmp(&b.value));
        disable.dedup_by(|a, b| a.value == b.value);
        let allow = raw.allow.into_iter().map(|entry| check_allow(section, entry));
        Ok(Self {
            history: raw.history.unwrap_or_default(),
            rules,
            gitleaks,
            disable,
            allow: allow.collect::<Result<_, _>>()?,
            threshold,
            archives: raw.archives.unwrap_or(true),
            inline_ignores: raw.inline_ignores.unwrap_or(true),
            file: section.file.clone(),
        })
    }

    /// Returns the paths of the policy files that the section names.
    pub(crate) fn policy_files(&self) -> impl Iterator<Item = &String> {
        self.rules.iter().chain(&self.gitleaks).map(|file| &file.value)
    }

    /// Describes what is wrong with something that the section names.
    pub(crate) fn refuse(&self, named: &Spanned<String>, message: String) -> ConfigError {
        let at = named.referenced;
        ConfigError::new(&self.file, "", at.line() as usize, at.column() as usize, message)
    }

    /// Returns the entries of what is let pass, as the engine takes them.
    pub(crate) fn allows(&self) -> impl Iterator<Item = Allow> + '_ {
        self.allow.iter().map(|entry| Allow {
            reason: Some(entry.reason.clone()),
            rules: entry.rule.iter().cloned().collect(),
            // The glob and the expression compiled when the section was checked.
            paths: entry
                .path
                .iter()
                .filter_map(|glob| Globs::new([glob]).ok())
                .map(PathTest::Globs)
                .collect(),
            commits: Vec::new(),
            identity: entry.secret.clone(),
            values: entry
                .value
                .iter()
                .map(|text| ValueTest::Pattern(Target::Secret, expression(text)))
                .collect(),
            condition: Condition::All,
            line: entry.line,
            file: self.file.clone(),
        })
    }
}

fn expression(text: &str) -> Pattern {
    Pattern::new(text.to_owned(), Edges::None)
}

fn refuse<T>(section: &Section, value: &Spanned<T>, message: impl Into<String>) -> ConfigError {
    let at = value.referenced;
    section.error(at.line() as usize, at.column() as usize, message)
}

/// Takes the path of a file of the repository.
fn check_file(section: &Section, mut file: Spanned<String>) -> Result<Spanned<String>, ConfigError> {
    let path = file.value.strip_prefix("./").unwrap_or(&file.value);
    let outside = path.is_empty()
        || path.starts_with('/')
        || path.contains('\\')
        || path.split('/').any(|part| part == "..");
    if outside {
        return Err(refuse(
            section,
            &file,
            "the path of a file of the repository is expected here, as `.gitleaks.toml`",
        ));
    }
    file.value = path.to_owned();
    Ok(file)
}

fn check_allow(section: &Section, raw: RawAllow) -> Result<AllowEntry, ConfigError> {
    if raw.reason.value.trim().is_empty() {
        return Err(refuse(section, &raw.reason, "say why it is let pass"));
    }
    if raw.rule.is_none() && raw.path.is_none() && raw.secret.is_none() && raw.value.is_none() {
        return Err(refuse(
            section,
            &raw.reason,
            "`rule`, `path`, `secret` or `value` must say what is let pass",
        ));
    }
    if let Some(path) = &raw.path {
        Globs::new([&path.value]).map_err(|error| refuse(section, path, error.to_string()))?;
    }
    if let Some(value) = &raw.value {
        expression(&value.value).check().map_err(|error| refuse(section, value, error.to_string()))?;
    }
    Ok(AllowEntry {
        rule: raw.rule,
        path: raw.path.map(|path| path.value),
        secret: raw.secret,
        value: raw.value.map(|value| value.value),
        reason: raw.reason.value.trim().to_owned(),
        line: u32::try_from(raw.reason.referenced.line()).unwrap_or(u32::MAX).max(1),
    })
}

/// Returns the place of an entry of what is let pass.
pub(crate) fn place(allow: &Allow) -> Location {
    let span = Span { start_line: allow.line, end_line: allow.line, ..Span::FILE };
    Location::File { path: allow.file.clone(), span }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Checked, String> {
        let id = model::StageId::new("secrets").unwrap();
        let section = Section { id, file: "sluicegate.yaml".into(), text: text.into() };
        Checked::of(&section).map_err(|error| format!("{}:{} {}", error.line, error.column, error.message))
    }

    #[test]
    fn nothing_said_means_the_defaults() {
        let checked = read("").unwrap();
        assert_eq!((checked.history, checked.threshold), (HistoryScope::Outgoing, 70));
        assert!(checked.archives && checked.inline_ignores && checked.allow.is_empty());
    }

    #[test]
    fn a_section_is_read() {
        let text = "history: all\nrules: [./own/rules.yaml]\ngitleaks: .gitleaks.toml\ndisable: [b, a, b]\nthreshold: 80\n\
                    allow:\n  - { path: 'docs/**', rule: json-web-token, reason: examples }\n";
        let checked = read(text).unwrap();
        assert_eq!(checked.policy_files().collect::<Vec<_>>(), ["own/rules.yaml", ".gitleaks.toml"]);
        let disabled: Vec<_> = checked.disable.iter().map(|rule| rule.value.as_str()).collect();
        assert_eq!((disabled, checked.threshold, checked.allow[0].line), (vec!["a", "b"], 80, 7));
    }

    #[test]
    fn what_means_nothing_is_refused_with_its_place() {
        let check = |text: &str, expected: &str| assert_eq!(read(text).unwrap_err(), expected, "{text}");
        check(
            "rules: [../x]",
            "1:9 the path of a file of the repository is expected here, as `.gitleaks.toml`",
        );
        check("threshold: 0", "1:12 a percentage from 1 to 100 is expected here");
        check("allow: [{ rule: a, reason: '' }]", "1:28 say why it is let pass");
        check("allow: [{ reason: a }]", "1:19 `rule`, `path`, `secret` or `value` must say what is let pass");
        check(
            "allow: [{ reason: a, path: 'a[' }]",
            "1:28 `a[` is not a glob: unclosed character class; missing ']'",
        );
        check("allow: [{ reason: a, value: '(' }]", "1:29 `(` is not a regular expression: unclosed group");
    }
}

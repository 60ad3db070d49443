//! The rules in force: ours, and what the section and the files that it names make of them.

use ::stage::{ConfigError, Files, suggestion};
use serde_saphyr::Spanned;

use crate::config::Checked;
use crate::gitleaks;
use crate::rule_file::RuleEntry;
use crate::rules::{Rules, RulesBuilder, RulesError};

/// A file of a user's own rules.
struct OwnFile<'a> {
    path: &'a str,
    text: String,
    entries: Vec<Spanned<RuleEntry>>,
}

impl OwnFile<'_> {
    /// Says what is wrong with a rule where the rule stands, if it is of this file.
    fn shown(&self, rule: &str, message: &str) -> Option<ConfigError> {
        let entry = self.entries.iter().rfind(|entry| entry.value.id == rule)?;
        let at = entry.referenced;
        Some(ConfigError::new(self.path, &self.text, at.line() as usize, at.column() as usize, message))
    }
}

/// Compiles the rules in force; `files` has what the section names.
pub(crate) fn compile(config: &Checked, files: Option<&Files>) -> Result<Rules, ConfigError> {
    let mut own = Vec::new();
    for file in &config.rules {
        let (path, text) = (file.value.as_str(), text(config, files, file)?);
        let entries =
            serde_saphyr::from_str(&text).map_err(|error| ConfigError::from_yaml(path, &text, &error))?;
        own.push(OwnFile { path, text, entries });
    }
    let refused = |error: RulesError| {
        let message = error.to_string();
        let shown =
            error.rule().and_then(|rule| own.iter().rev().find_map(|file| file.shown(rule, &message)));
        // What is wrong with none of these came with the other file: our own rules are in order.
        shown.unwrap_or_else(|| match &config.gitleaks {
            Some(file) => config.refuse(file, format!("`{}`: {message}", file.value)),
            None => ConfigError::new(&config.file, "", 0, 0, message),
        })
    };
    let entries = own.iter().flat_map(|file| &file.entries).map(|entry| entry.value.clone());
    let mut builder = RulesBuilder::own().map_err(refused)?.with(entries);
    if let Some(file) = &config.gitleaks {
        let (path, text) = (&file.value, text(config, files, file)?);
        let read = gitleaks::read(&text, path);
        builder = builder.gitleaks(read.map_err(|error| {
            ConfigError::new(path, &text, error.line as usize, error.column as usize, error.message)
        })?);
    }
    let disable = config.disable.iter().map(|rule| &rule.value);
    let rules = builder.allowing(config.allows()).without(disable).build().map_err(refused)?;
    match config.disable.iter().find(|rule| rules.find(&rule.value).is_none()) {
        Some(unknown) => Err(config.refuse(unknown, no_rule(&unknown.value, &rules))),
        None => Ok(rules),
    }
}

/// Refuses a file that the section names and that says nothing: whoever names it believes that it does.
pub(crate) fn refuse_empty(config: &Checked, files: &Files) -> Result<(), ConfigError> {
    for file in config.rules.iter().chain(&config.gitleaks) {
        let text = text(config, Some(files), file)?;
        let said = |line: &str| !matches!(line.trim(), "" | "[]") && !line.trim().starts_with('#');
        if !text.lines().any(said) {
            let error = config.refuse(file, format!("`{}` says nothing", file.value));
            return Err(error.advise("write a rule in it, or take it out of the section"));
        }
    }
    Ok(())
}

fn no_rule(name: &str, rules: &Rules) -> String {
    let close = suggestion(name, rules.entries().map(|entry| entry.id.as_str()));
    let hint = close.map_or_else(String::new, |close| format!("; did you mean `{close}`?"));
    format!("there is no rule `{name}` to disable{hint}")
}

/// Returns the text of a file that the section names.
fn text(config: &Checked, files: Option<&Files>, named: &Spanned<String>) -> Result<String, ConfigError> {
    let path = &named.value;
    let refused = |reason: String| config.refuse(named, reason);
    let file = files.and_then(|files| files.find(path));
    let file =
        file.ok_or_else(|| refused(format!("the section names `{path}`, and there is no such file")))?;
    let content = file.read().map_err(|error| refused(format!("`{path}` cannot be read: {error}")))?;
    String::from_utf8(content.to_vec()).map_err(|_| refused(format!("`{path}` is not UTF-8")))
}

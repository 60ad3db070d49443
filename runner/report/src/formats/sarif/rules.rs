//! Rules as SARIF has them. GitHub takes the severity of an alert from its rule, so a rule whose findings differ in
//! severity is written once for each.

use std::collections::BTreeMap;

use model::{Finding, Rule, Severity};

use crate::formats::printable;
use crate::formats::sarif::shape::{Configuration, Descriptor, DescriptorProperties, Help, Message};

/// Most rules that GitHub takes from one run.
const MAX_RULES: usize = 25_000;
/// Longest description that GitHub takes, in characters.
const MAX_DESCRIPTION: usize = 1_000;
/// Most tags that GitHub keeps of a rule.
const MAX_TAGS: usize = 10;

/// The rules of a run, in the order in which results name them first.
#[derive(Default)]
pub(super) struct Rules {
    descriptors: Vec<Descriptor>,
    indices: BTreeMap<String, usize>,
}

impl Rules {
    /// Returns id and index of the rule of a finding; `None` when there are more rules than can be written.
    pub(super) fn index(&mut self, finding: &Finding, rule: Option<&Rule>) -> Option<(String, usize)> {
        let name = format!("{}/{}", finding.stage, finding.rule);
        let own = rule.is_none_or(|rule| rule.severity == finding.severity);
        let id =
            printable::line(&if own { name } else { format!("{name}/{}", finding.severity) }).into_owned();
        if let Some(index) = self.indices.get(&id) {
            return Some((id, *index));
        }
        let index = self.descriptors.len();
        if index >= MAX_RULES {
            return None;
        }
        self.descriptors.push(descriptor(id.clone(), finding, rule));
        self.indices.insert(id.clone(), index);
        Some((id, index))
    }

    pub(super) fn into_descriptors(self) -> Vec<Descriptor> {
        self.descriptors
    }
}

fn descriptor(id: String, finding: &Finding, rule: Option<&Rule>) -> Descriptor {
    let title = rule.map_or(finding.rule.as_str(), |rule| &rule.title);
    let why = rule.map_or(title, |rule| &rule.why);
    let fix = rule.map_or("See the message of the result.", |rule| &rule.fix);
    let cwe = rule.map_or(&finding.cwe, |rule| &rule.cwe);
    Descriptor {
        name: Some(camel(finding.rule.as_str())).filter(|name| !name.is_empty()),
        short_description: Some(sentence(title)),
        full_description: Some(sentence(why)),
        help: Some(Help {
            text: format!("{}\n\nFix: {}", printable::source(why), printable::source(fix)),
            markdown: format!("{}\n\n**Fix:** {}", printable::source(why), printable::source(fix)),
        }),
        help_uri: rule.and_then(|rule| rule.help_url.clone()).filter(|url| is_plain_url(url)),
        default_configuration: Some(Configuration { level: level(finding.severity) }),
        properties: Some(DescriptorProperties {
            tags: tags(finding.stage.as_str(), cwe),
            security_severity: score(finding.severity),
        }),
        id,
    }
}

/// Tells whether a foreign address can stand as a link.
fn is_plain_url(url: &str) -> bool {
    url.starts_with("https://")
        && url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
}

/// Returns a text as a sentence, within the limit: descriptions must not be empty and end with a full stop.
fn sentence(text: &str) -> Message {
    let line = printable::line(text.trim());
    let mut text: String = line.chars().take(MAX_DESCRIPTION).collect();
    if line.chars().count() > MAX_DESCRIPTION {
        text.push('…');
    }
    if text.is_empty() {
        text.push_str("No description");
    }
    if !text.ends_with(['.', '!', '?', '…']) {
        text.push('.');
    }
    Message { text }
}

/// Writes a kebab-case name as SARIF wants names: `GithubToken`.
fn camel(name: &str) -> String {
    let parts =
        name.split(|character: char| !character.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let name: String = parts
        .flat_map(|part| {
            let mut characters = part.chars();
            characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters)
        })
        .collect();
    name.chars().take(255).collect()
}

fn tags(stage: &str, cwe: &[u32]) -> Vec<String> {
    let fixed = ["security".to_owned(), stage.to_owned()];
    let weaknesses = cwe.iter().map(|number| format!("external/cwe/cwe-{number:03}"));
    fixed.into_iter().chain(weaknesses).take(MAX_TAGS).collect()
}

/// Returns the score that GitHub turns back into the severity: above 9 critical, 7 high, 4 medium, else low.
const fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High | Severity::Unknown => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.5",
        Severity::Info => "0.5",
    }
}

/// Returns SARIF's own level.
pub(super) const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High | Severity::Unknown => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

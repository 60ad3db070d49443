//! Something that is wrong.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Evidence, Hasher, Location, RuleId, Severity, Snippet, StageId, Subject};

/// Something that is wrong, at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The stage that found it.
    pub stage: StageId,
    /// What was being checked.
    pub subject: Subject,
    /// The rule that fired.
    pub rule: RuleId,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in a few words.
    pub title: String,
    /// What is wrong here, in a sentence or two.
    pub message: String,
    /// Where.
    pub location: Location,
    /// Further places that belong to it.
    pub related: Vec<Related>,
    /// The way of a value from source to sink, in order.
    pub flow: Vec<Related>,
    /// Source lines around the place, redacted.
    pub snippet: Option<Snippet>,
    /// Weaknesses, as numbers of the Common Weakness Enumeration.
    pub cwe: Vec<u32>,
    /// What stays the same when the code around moves: normalized match, package and advisory, object and field.
    /// Never a raw secret. Goes into the fingerprints.
    pub identity: String,
    /// Name → value; see [`crate::line_hashes`] and [`Finding::seal`].
    pub fingerprints: BTreeMap<String, String>,
    /// What it rests on.
    pub evidence: Evidence,
    /// How to fix it.
    pub fix: Option<Fix>,
    /// Set when the source itself asks to ignore it, or an ignore entry of the stage's section does. The gate decides
    /// whether that counts.
    pub suppressed: Option<Suppression>,
}

/// A further place, with what happens there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// Where.
    pub location: Location,
    /// What happens there.
    pub message: String,
}

/// How to fix a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// What to do, one or two sentences.
    pub text: String,
}

/// A request in the source or a section to ignore a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// Where the request comes from.
    pub kind: SuppressionKind,
    /// The reason given, when one is.
    pub reason: Option<String>,
    /// Where the request stands.
    pub location: Option<Location>,
}

/// Where a request to ignore a finding comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuppressionKind {
    /// A comment beside the code.
    Inline,
    /// An allowlist of the stage's section, or a file that it names.
    Allowlist,
}

impl Finding {
    /// Key of the fingerprint that GitHub uses.
    pub const LINE_HASH: &'static str = "primaryLocationLineHash";
    /// Key of the fingerprint that survives moves inside a file.
    pub const STRUCTURAL: &'static str = "structural/v1";
    /// Key of the fingerprint that survives renames too.
    pub const LOOSE: &'static str = "loose/v1";

    /// Returns the structural fingerprint, which is also the finding's id in reports; empty before [`Finding::seal`].
    pub fn id(&self) -> &str {
        self.fingerprints.get(Self::STRUCTURAL).map_or("", String::as_str)
    }

    /// Computes the structural and the loose fingerprint of all findings of one stage and subject. The findings must
    /// be in their final order: equal ones in a file are told apart by their number in that order.
    pub fn seal(findings: &mut [Self]) {
        let mut in_file: BTreeMap<String, u32> = BTreeMap::new();
        let mut anywhere: BTreeMap<String, u32> = BTreeMap::new();
        for finding in findings {
            let count = |counts: &mut BTreeMap<String, u32>, path: Option<&str>, purpose: &str| {
                let mut hasher = Hasher::new(purpose);
                hasher.part(finding.stage.as_str()).part(finding.subject.kind().to_string());
                hasher.part(finding.rule.as_str()).part(path.unwrap_or("")).part(&finding.identity);
                let number = counts.entry(hasher.short()).or_insert(0);
                *number += 1;
                hasher.part(number.to_le_bytes()).short()
            };
            let structural = count(&mut in_file, finding.location.path(), Self::STRUCTURAL);
            let loose = count(&mut anywhere, None, Self::LOOSE);
            finding.fingerprints.insert(Self::STRUCTURAL.into(), structural);
            finding.fingerprints.insert(Self::LOOSE.into(), loose);
        }
    }

    /// Returns the key by which findings of a stage are ordered: place, rule, identity.
    pub fn order(&self) -> impl Ord + use<'_> {
        (
            self.location.path(),
            self.location.span(),
            self.rule.as_str(),
            self.identity.as_str(),
            &self.message,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;

    fn finding(path: &str, identity: &str) -> Finding {
        Finding {
            stage: StageId::new("secrets").unwrap(),
            subject: Subject::Tree,
            rule: RuleId::new("token").unwrap(),
            severity: Severity::High,
            title: String::new(),
            message: String::new(),
            location: Location::File { path: path.into(), span: Span::FILE },
            related: vec![],
            flow: vec![],
            snippet: None,
            cwe: vec![],
            identity: identity.into(),
            fingerprints: BTreeMap::new(),
            evidence: Evidence::None,
            fix: None,
            suppressed: None,
        }
    }

    #[test]
    fn equal_findings_are_told_apart_and_renames_keep_the_loose_fingerprint() {
        let mut before = vec![finding("a", "x"), finding("a", "x"), finding("a", "y")];
        let mut after = vec![finding("b", "x"), finding("b", "x"), finding("b", "y")];
        Finding::seal(&mut before);
        Finding::seal(&mut after);
        let ids: std::collections::BTreeSet<_> = before.iter().chain(&after).map(Finding::id).collect();
        assert_eq!(ids.len(), 6);
        let loose = |findings: &[Finding]| -> Vec<_> {
            findings.iter().map(|f| f.fingerprints[Finding::LOOSE].clone()).collect()
        };
        assert_eq!(loose(&before), loose(&after));
    }
}

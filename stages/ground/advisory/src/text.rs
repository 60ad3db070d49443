//! What an advisory says in words. It is read for findings alone, so it lies apart from what matching needs.

use serde::{Deserialize, Serialize};

/// Longest summary that is kept, in characters.
const SUMMARY: usize = 300;
/// Longest details that are kept, in characters; the references lead to the rest.
const DETAILS: usize = 4_000;
/// How many references are kept.
pub(crate) const REFERENCES: usize = 50;

/// What an advisory says in words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// One line.
    pub summary: Option<String>,
    /// The description, Markdown, cut after 4,000 characters with `…`.
    pub details: Option<String>,
    /// When it was published, RFC 3339.
    pub published: Option<String>,
    /// When it last changed, RFC 3339.
    pub modified: Option<String>,
    /// CVSS vectors, the one that gives the worst score first.
    pub cvss: Vec<String>,
    /// Weaknesses, as numbers of the Common Weakness Enumeration.
    pub cwe: Vec<u32>,
    /// Pages that say more, at most 50.
    pub references: Vec<Reference>,
    /// Ids of advisories that have to do with this one and are not the same flaw.
    pub related: Vec<String>,
    /// Ids of the advisories that this one was made from.
    pub upstream: Vec<String>,
    /// What has the flaw inside the packages.
    pub symbols: Vec<Symbols>,
}

/// A page that says more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// What it is, in the schema's words: `ADVISORY`, `FIX`, `WEB` …
    pub kind: String,
    /// Its address.
    pub url: String,
}

/// What has the flaw inside one package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbols {
    /// Name of the package.
    pub package: String,
    /// Path of the Go package in the module, empty where the ecosystem has none.
    pub path: String,
    /// Functions and methods: `Type.Method` in Go, full paths in Rust. Empty: all.
    pub names: Vec<String>,
    /// Operating systems it is limited to. Empty: all.
    pub os: Vec<String>,
    /// Processor architectures it is limited to. Empty: all.
    pub arch: Vec<String>,
}

/// Keeps a summary: one line, bounded.
pub(crate) fn summary(text: &str) -> Option<String> {
    bounded(text.lines().find(|line| !line.trim().is_empty())?, SUMMARY)
}

/// Keeps details, bounded.
pub(crate) fn details(text: &str) -> Option<String> {
    bounded(text, DETAILS)
}

/// Cuts a text and takes out control characters, which could steer a terminal. `None` when nothing is left.
pub(crate) fn bounded(text: &str, most: usize) -> Option<String> {
    let printable = |c: char| !c.is_control() || c == '\n' || c == '\t';
    let mut chars = text.trim().chars().filter(|c| printable(*c));
    let mut kept: String = chars.by_ref().take(most).collect();
    if chars.next().is_some() {
        kept.push('…');
    }
    (!kept.is_empty()).then_some(kept)
}

impl Text {
    /// Returns what to call it: the summary, else the first line of the details, as many records have no summary.
    pub fn title(&self) -> Option<String> {
        self.summary.clone().or_else(|| summary(self.details.as_deref()?))
    }

    /// Takes from another advisory of the same flaw what this one does not say, and adds its references.
    pub fn complete(&mut self, other: Self) {
        let fill = |mine: &mut Option<String>, theirs: Option<String>| {
            if mine.is_none() {
                *mine = theirs;
            }
        };
        fill(&mut self.summary, other.summary);
        fill(&mut self.details, other.details);
        fill(&mut self.modified, other.modified);
        self.published = [self.published.take(), other.published].into_iter().flatten().min();
        join(&mut self.cvss, other.cvss);
        join(&mut self.cwe, other.cwe);
        join(&mut self.related, other.related);
        join(&mut self.upstream, other.upstream);
        join(&mut self.symbols, other.symbols);
        for reference in other.references {
            if !self.references.iter().any(|mine| mine.url == reference.url) {
                self.references.push(reference);
            }
        }
    }
}

fn join<T: PartialEq>(mine: &mut Vec<T>, theirs: Vec<T>) {
    for one in theirs {
        if !mine.contains(&one) {
            mine.push(one);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_bounded_and_cannot_steer_a_terminal() {
        assert_eq!(summary("\n  one\u{1b}[31m line \n two"), Some("one[31m line".into()));
        assert_eq!(summary("  \n"), None);
        let long = details(&"ä".repeat(DETAILS + 1)).unwrap();
        assert_eq!((long.chars().count(), long.ends_with('…')), (DETAILS + 1, true));
        assert_eq!(details(&"ä".repeat(DETAILS)).unwrap().chars().count(), DETAILS);
    }

    #[test]
    fn without_a_summary_the_details_give_the_title() {
        let text = |one: Option<&str>, two: Option<&str>| Text {
            summary: one.map(Into::into),
            details: two.map(Into::into),
            ..Text::default()
        };
        assert_eq!(text(Some("a"), Some("b")).title().as_deref(), Some("a"));
        assert_eq!(text(None, Some("b\nc")).title().as_deref(), Some("b"));
        assert_eq!(text(None, None).title(), None);
    }

    #[test]
    fn what_one_advisory_leaves_out_another_says() {
        let reference = |url: &str| Reference { kind: "WEB".into(), url: url.into() };
        let mut text = Text {
            summary: Some("mine".into()),
            published: Some("2024-02-01T00:00:00Z".into()),
            references: vec![reference("a")],
            ..Text::default()
        };
        text.complete(Text {
            summary: Some("theirs".into()),
            details: Some("theirs".into()),
            published: Some("2024-01-01T00:00:00Z".into()),
            references: vec![reference("a"), reference("b")],
            cwe: vec![79],
            ..Text::default()
        });
        assert_eq!(text.summary.as_deref(), Some("mine"));
        assert_eq!(text.details.as_deref(), Some("theirs"));
        assert_eq!(text.published.as_deref(), Some("2024-01-01T00:00:00Z"));
        assert_eq!((text.references.len(), text.cwe), (2, vec![79]));
    }
}

//! One flaw from several sources: the database and the project's own advisories may both know it.

use std::collections::BTreeSet;

use advisory::{Index, Kind, Match, ShardError, Text};
use model::{Ecosystem, Severity};

/// A flaw that affects a version, in the words of the first source that knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) id: String,
    /// All other ids of it, sorted.
    pub(crate) aliases: Vec<String>,
    pub(crate) kind: Kind,
    pub(crate) severity: Severity,
    pub(crate) affected: String,
    pub(crate) fixed: Option<String>,
    pub(crate) text: Text,
}

impl Flaw {
    pub(crate) fn of(index: &Index, found: &Match<'_>) -> Result<Self, ShardError> {
        Ok(Self {
            id: found.id.to_owned(),
            aliases: found.aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            kind: found.kind,
            severity: found.severity,
            affected: found.affected.to_string(),
            fixed: found.fixed.map(str::to_owned),
            text: index.text(found)?,
        })
    }

    fn ids(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.id).chain(&self.aliases)
    }

    /// Tells whether the flaw goes by this id.
    pub(crate) fn goes_by(&self, id: &str) -> bool {
        self.ids().any(|own| own == id)
    }

    /// Takes what another source adds: ids, a worse kind or severity, a later fix, words. What has no fix by one of them has
    /// none, as in [`Match::fixed`].
    fn take(&mut self, ecosystem: Ecosystem, other: Self) {
        let mut aliases: BTreeSet<String> = self.aliases.drain(..).collect();
        aliases.extend(other.ids().cloned());
        aliases.remove(&self.id);
        self.aliases = aliases.into_iter().collect();
        self.kind = self.kind.min(other.kind);
        self.severity = worse(self.severity, other.severity);
        self.fixed = match (self.fixed.take(), other.fixed) {
            (Some(mine), Some(theirs)) => {
                let later = advisory::compare(ecosystem, &theirs, &mine).is_ok_and(std::cmp::Ordering::is_gt);
                Some(if later { theirs } else { mine })
            }
            (None, _) | (_, None) => None,
        };
        self.text.complete(other.text);
    }
}

/// Returns the worse of two severities; one that is known says more than one that is not.
fn worse(a: Severity, b: Severity) -> Severity {
    match (a, b) {
        (Severity::Unknown, known) | (known, Severity::Unknown) => known,
        (a, b) if b.rank() > a.rank() => b,
        (a, _) => a,
    }
}

/// Makes one of all that share an id. The earlier leads.
pub(crate) fn merge(ecosystem: Ecosystem, flaws: Vec<Flaw>) -> Vec<Flaw> {
    let mut merged: Vec<Flaw> = Vec::with_capacity(flaws.len());
    for mut flaw in flaws {
        // A flaw can tie several earlier ones together; the first of them leads.
        let (same, rest): (Vec<Flaw>, Vec<Flaw>) =
            merged.into_iter().partition(|known| known.ids().any(|id| flaw.goes_by(id)));
        merged = rest;
        let mut same = same.into_iter();
        if let Some(mut leader) = same.next() {
            for other in same.chain([flaw]) {
                leader.take(ecosystem, other);
            }
            flaw = leader;
        }
        merged.push(flaw);
    }
    merged.sort_by(|a, b| a.id.cmp(&b.id));
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaw(ids: &[&str], severity: Severity, fixed: Option<&str>) -> Flaw {
        Flaw {
            id: ids[0].into(),
            aliases: ids[1..].iter().map(|id| (*id).into()).collect(),
            kind: Kind::Vulnerability,
            severity,
            affected: String::new(),
            fixed: fixed.map(Into::into),
            text: Text::default(),
        }
    }

    #[test]
    fn flaws_that_share_an_id_are_one() {
        let merged = merge(
            Ecosystem::Npm,
            vec![
                flaw(&["GHSA-1", "CVE-1"], Severity::Unknown, Some("1.10.0")),
                flaw(&["GHSA-2"], Severity::Low, Some("1.8.0")),
                flaw(&["OWN-1", "CVE-1"], Severity::High, Some("1.9.0")),
                flaw(&["OWN-2", "GHSA-2", "OWN-1"], Severity::Medium, Some("1.11.0")),
            ],
        );
        let told: Vec<_> = merged
            .iter()
            .map(|flaw| (&*flaw.id, flaw.aliases.join(" "), flaw.severity, flaw.fixed.as_deref()))
            .collect();
        let aliases = "CVE-1 GHSA-1 OWN-1 OWN-2".to_owned();
        assert_eq!(told, [("GHSA-2", aliases, Severity::High, Some("1.11.0"))]);
    }

    #[test]
    fn a_flaw_that_one_source_leaves_open_has_no_fix() {
        let fixed = |first: Option<&str>, second: Option<&str>| {
            let flaws =
                vec![flaw(&["A-1"], Severity::Low, first), flaw(&["B-1", "A-1"], Severity::Low, second)];
            merge(Ecosystem::Npm, flaws).remove(0).fixed
        };
        assert_eq!(fixed(Some("1.0.0"), None), None);
        assert_eq!(fixed(None, Some("1.0.0")), None);
        assert_eq!(fixed(Some("1.0.0"), Some("1.2.0")).as_deref(), Some("1.2.0"));
    }

    #[test]
    fn what_one_source_does_not_say_another_says() {
        let mut second = flaw(&["B-1", "A-1"], Severity::Low, None);
        second.text = Text {
            summary: Some("words".into()),
            cwe: vec![79],
            cvss: vec!["CVSS".into()],
            ..Text::default()
        };
        let merged = merge(Ecosystem::Npm, vec![flaw(&["A-1"], Severity::Low, None), second]);
        let text = &merged[0].text;
        assert_eq!((text.summary.as_deref(), &*text.cwe, text.cvss.len()), (Some("words"), &[79][..], 1));
    }

    #[test]
    fn others_stay_apart() {
        let one = |id: &str| flaw(&[id], Severity::Low, None);
        assert_eq!(merge(Ecosystem::Go, vec![one("B"), one("A")]), [one("A"), one("B")]);
    }
}

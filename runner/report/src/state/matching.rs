//! Pairs findings of two records, or of a record and a baseline: one to one, from the surest likeness to the loosest.

use std::collections::{BTreeMap, VecDeque};

use model::{Evidence, Finding, Subject};

/// What a finding is recognized by. A baseline knows less of it than a record does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key<'a> {
    pub(crate) stage: &'a str,
    /// `None` in a baseline, which is for any subject.
    pub(crate) subject: Option<&'a Subject>,
    pub(crate) rule: &'a str,
    /// Path, as the file is called today.
    pub(crate) path: Option<&'a str>,
    pub(crate) structural: &'a str,
    pub(crate) loose: &'a str,
    pub(crate) line: &'a str,
    /// `None` in a baseline; findings without an identity are not recognized by it.
    pub(crate) identity: Option<&'a str>,
    /// Whether the identity says all: another one at the same line is another thing. Nobody tells in a baseline.
    pub(crate) by_value: bool,
}

/// How alike two findings must be. The order is that of the cascade.
#[derive(Debug, Clone, Copy)]
enum Likeness {
    /// Same file, same thing matched, same number among equals.
    Structural,
    /// Same file after renames, same thing matched.
    Identity,
    /// Same file after renames, same rule, same text around; not for credentials, since that text ends somewhere and
    /// a new value may stand behind its end.
    Line,
    /// Same thing matched, in whatever file, same number among equals.
    Loose,
    /// Same thing matched, in whatever file.
    Elsewhere,
}

impl Likeness {
    const CASCADE: [Self; 5] = [Self::Structural, Self::Identity, Self::Line, Self::Loose, Self::Elsewhere];
}

/// How much of the subject must be the same.
#[derive(Debug, Clone, Copy)]
enum Scope {
    /// The same subject by name.
    Subject,
    /// A subject of the same kind: an image under its next tag.
    Kind,
}

impl<'a> Key<'a> {
    /// Returns the key of a finding; `renames` leads from the finding's path to today's.
    pub(crate) fn of(finding: &'a Finding, renames: Option<&'a BTreeMap<String, String>>) -> Self {
        let print = |name: &str| finding.fingerprints.get(name).map_or("", String::as_str);
        let path = finding.location.path();
        let identity = Some(finding.identity.as_str()).filter(|identity| !identity.is_empty());
        let renamed = renames.zip(path).and_then(|(renames, path)| renames.get(path));
        Self {
            stage: finding.stage.as_str(),
            subject: Some(&finding.subject),
            rule: finding.rule.as_str(),
            path: renamed.map(String::as_str).or(path),
            structural: print(Finding::STRUCTURAL),
            // Without an identity a loose fingerprint holds a rule and a number alone: any finding would do.
            loose: identity.map_or("", |_| print(Finding::LOOSE)),
            line: print(Finding::LINE_HASH),
            identity,
            by_value: identity.is_some() && matches!(finding.evidence, Evidence::Secret { .. }),
        }
    }

    /// Returns the key with what a baseline knows of a finding, to be compared with its entries.
    pub(crate) fn known_to_a_baseline(self) -> Self {
        Self { subject: None, identity: None, ..self }
    }

    /// Returns what must be equal for the likeness; `None` when too little is known.
    fn at(&self, likeness: Likeness, scope: Scope) -> Option<[String; 5]> {
        let subject = match (self.subject, scope) {
            (None, _) => String::new(),
            (Some(subject), Scope::Subject) => subject.to_string(),
            (Some(subject), Scope::Kind) => subject.kind().to_string(),
        };
        let (path, detail) = match likeness {
            Likeness::Structural => (None, self.structural),
            Likeness::Identity => (self.path, self.identity?),
            Likeness::Line if self.by_value => return None,
            Likeness::Line => (self.path, self.line),
            Likeness::Loose => (None, self.loose),
            Likeness::Elsewhere => (None, self.identity?),
        };
        if detail.is_empty() {
            return None;
        }
        Some([self.stage, &subject, self.rule, path.unwrap_or(""), detail].map(str::to_owned))
    }
}

/// Pairs each of `now` with at most one of `before`; the answer has an index into `before` for each of `now`.
/// Equal candidates are taken in order, so the same input gives the same pairs.
pub(crate) fn pair(now: &[Key<'_>], before: &[Key<'_>]) -> Vec<Option<usize>> {
    let mut pairs: Vec<Option<usize>> = vec![None; now.len()];
    let mut taken = vec![false; before.len()];
    for scope in [Scope::Subject, Scope::Kind] {
        for likeness in Likeness::CASCADE {
            let mut free: BTreeMap<[String; 5], VecDeque<usize>> = BTreeMap::new();
            for (at, key) in before.iter().enumerate().filter(|(at, _)| taken.get(*at) == Some(&false)) {
                if let Some(key) = key.at(likeness, scope) {
                    free.entry(key).or_default().push_back(at);
                }
            }
            if free.is_empty() {
                continue;
            }
            for (pair, key) in pairs.iter_mut().zip(now).filter(|(pair, _)| pair.is_none()) {
                let found = key.at(likeness, scope).and_then(|key| free.get_mut(&key)?.pop_front());
                if let Some(slot) = found.and_then(|at| taken.get_mut(at)) {
                    *slot = true;
                    *pair = found;
                }
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::finding;

    /// A credential at a line whose text, as far as its fingerprint sees it, is `line`.
    fn credential(identity: &str, line: &str) -> Finding {
        let evidence = Evidence::Secret {
            redacted: "…".into(),
            verdict: model::SecretVerdict::Likely,
            probability: None,
            decoded: vec![],
        };
        let mut one = Finding { evidence, ..finding("a", model::Severity::High, "x", identity) };
        one.fingerprints.insert(Finding::LINE_HASH.into(), line.into());
        Finding::seal(std::slice::from_mut(&mut one));
        one
    }

    #[test]
    fn another_credential_at_the_same_line_is_another_finding() {
        let check = |now: Finding, before: Finding, expected: bool| {
            let in_record = pair(&[Key::of(&now, None)], &[Key::of(&before, None)]);
            let entry = Key { by_value: false, ..Key::of(&before, None).known_to_a_baseline() };
            let in_baseline = pair(&[Key::of(&now, None).known_to_a_baseline()], &[entry]);
            assert_eq!((in_record, in_baseline), (vec![expected.then_some(0)], vec![expected.then_some(0)]));
        };
        check(credential("1", "l:1"), credential("1", "l:1"), true);
        check(credential("1", "m:1"), credential("1", "l:1"), true);
        check(credential("2", "l:1"), credential("1", "l:1"), false);
        let plain = |identity: &str| Finding { evidence: Evidence::None, ..credential(identity, "l:1") };
        check(plain("2"), plain("1"), true);
    }

    /// Findings of two rules, three files and three identities: few enough to collide all the time.
    fn findings() -> impl Strategy<Value = Vec<Finding>> {
        let one = (0..2_usize, 0..3_usize, 0..3_usize).prop_map(|(rule, path, identity)| {
            finding(["a", "b"][rule], model::Severity::High, ["x", "y", "z"][path], ["", "1", "2"][identity])
        });
        prop::collection::vec(one, 0..12).prop_map(|mut findings| {
            findings.sort_by(|a, b| a.order().cmp(&b.order()));
            Finding::seal(&mut findings);
            findings
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn pairs_are_one_to_one_and_of_one_rule(now in findings(), before in findings()) {
            let keys_now: Vec<Key<'_>> = now.iter().map(|finding| Key::of(finding, None)).collect();
            let keys_before: Vec<Key<'_>> = before.iter().map(|finding| Key::of(finding, None)).collect();
            let pairs = pair(&keys_now, &keys_before);
            let mut taken: Vec<usize> = pairs.iter().flatten().copied().collect();
            taken.sort_unstable();
            let count = taken.len();
            taken.dedup();
            prop_assert_eq!(taken.len(), count, "each of before is taken once");
            for (finding, at) in now.iter().zip(&pairs) {
                if let Some(at) = at {
                    prop_assert_eq!(&finding.rule, &before[*at].rule);
                    prop_assert_eq!(&finding.identity, &before[*at].identity);
                }
            }
            let itself = pair(&keys_now, &keys_now);
            prop_assert!(itself.iter().enumerate().all(|(at, found)| *found == Some(at)), "a record is its own past");
        }
    }
}

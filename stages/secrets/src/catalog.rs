//! Our own rules, as `build.rs` left them.

use crate::rule_file::{RuleEntry, RuleKind};
use crate::rules::RulesError;
use crate::{Hint, Options, Rules, scan};

static RULES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.bin"));

/// Returns the entries of our own rules, sorted by name, without their examples.
pub(crate) fn entries() -> Result<Vec<RuleEntry>, RulesError> {
    postcard::from_bytes(RULES).map_err(|error| RulesError::Embedded(error.to_string()))
}

/// Of each rule a line as it looks for, without the credential.
static SHOWN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/shown.bin"));

/// Tells how a rule of ours looks for its credential, for `explain`.
pub(crate) fn details(id: &str) -> Vec<(&'static str, String)> {
    let entries = entries().unwrap_or_default();
    let Some(entry) = entries.iter().find(|entry| entry.id == id) else { return Vec::new() };
    let mut details = Vec::new();
    if !entry.pattern.is_empty() {
        details.push(("looks for", entry.pattern.clone()));
    }
    if entry.kind == RuleKind::Context && !entry.keywords.is_empty() {
        details.push(("near", entry.keywords.join(", ")));
    }
    if let Some(least) = entry.min_entropy {
        details.push(("entropy", format!("at least {least} bits a character")));
    }
    if let Some(checksum) = &entry.checksum {
        details.push(("checksum", checksum.clone()));
    }
    let shown: Vec<(String, String)> = postcard::from_bytes(SHOWN).unwrap_or_default();
    let shown = shown.into_iter().find(|(of, _)| of == id).map(|(_, line)| line);
    let quiet = |line: &String| Rules::own().is_ok_and(|rules| is_quiet(line, &rules));
    details.extend(shown.filter(quiet).map(|line| ("as in", line)));
    details
}

/// Tells whether nothing is found in a line: only such a one is shown.
fn is_quiet(line: &str, rules: &Rules) -> bool {
    let options = Options { salt: [0; 32], threshold: 50, archives: false };
    scan(line.as_bytes(), &[0..line.len()], &Hint::NONE, rules, &options).hits.is_empty()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use crate::{Hint, Options, RuleKind, Rules, scan};

    static EXAMPLES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/examples.bin"));

    /// Name, path, lines that fire, lines that do not.
    pub(crate) type Example = (String, Option<String>, Vec<String>, Vec<String>);

    pub(crate) fn examples() -> Vec<Example> {
        postcard::from_bytes(EXAMPLES).unwrap()
    }

    fn options() -> Options {
        Options { salt: [7; 32], threshold: 50, archives: true }
    }

    #[test]
    fn our_own_rules_compile() {
        let rules = Rules::own().unwrap();
        let mut wrong = BTreeMap::new();
        for index in 0..rules.entries().len() {
            let rule = rules.get(crate::RuleIndex(u16::try_from(index).unwrap())).unwrap();
            if let crate::rules::Matcher::Prefix(pattern) | crate::rules::Matcher::Context(pattern) =
                &rule.matcher
                && let Err(error) = pattern.check()
            {
                wrong.insert(rule.entry.id.clone(), error.to_string());
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn every_rule_says_why_and_what_to_do() {
        let rules = Rules::own().unwrap();
        let incomplete: Vec<_> = rules
            .entries()
            .filter(|rule| {
                [&rule.title, &rule.why, &rule.rotate, &rule.reference, &rule.service]
                    .iter()
                    .any(|text| text.trim().is_empty())
            })
            .map(|rule| &rule.id)
            .collect();
        assert!(incomplete.is_empty(), "{incomplete:?}");
    }

    /// A type is one service's format: neither what code of the engine finds, nor a second form, counts.
    #[test]
    fn types_are_counted_once() {
        let rules = Rules::own().unwrap();
        let formats = || rules.entries().filter(|rule| rule.kind != RuleKind::Engine);
        let service =
            |id: &str| rules.find(id).and_then(|index| rules.entry(index)).map(|rule| &rule.service);
        let wrong: Vec<_> = formats()
            .filter(|rule| rule.variant_of.as_deref().is_some_and(|of| service(of) != Some(&rule.service)))
            .map(|rule| &rule.id)
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        let types = formats().filter(|rule| rule.variant_of.is_none()).count();
        let services: std::collections::BTreeSet<_> = formats().map(|rule| &rule.service).collect();
        assert!(types >= 850 && services.len() >= 650, "{types} types of {} services", services.len());
    }

    /// What is wrong with the examples of one rule.
    fn complaints(rules: &Rules, (id, path, bad, near_miss): &Example) -> Vec<String> {
        let hint = path.as_deref().map_or(Hint::NONE, Hint::of);
        let index = rules.find(id).unwrap();
        let fires = |text: &str| {
            let scanned = scan(text.as_bytes(), &[0..text.len()], &hint, rules, &options());
            let names: Vec<_> =
                scanned.hits.iter().map(|hit| rules.entry(hit.rule).unwrap().id.clone()).collect();
            (scanned.hits.iter().any(|hit| hit.rule == index), names)
        };
        let mut wrong = Vec::new();
        // What is said of requests to ignore is no matter of one text; fixtures show it.
        let is_remark = rules.entry(index).unwrap().service == crate::finding::OURS;
        if !is_remark && (bad.is_empty() || near_miss.is_empty()) {
            wrong.push(format!("{id}: needs a bad line and a near miss"));
        }
        for line in bad {
            let (fired, others) = fires(line);
            if !fired {
                wrong.push(format!(
                    "{id}: does not fire on {line}{}",
                    if others.is_empty() { String::new() } else { format!(" (but {others:?} does)") }
                ));
            }
        }
        wrong.extend(
            near_miss
                .iter()
                .filter(|line| fires(line).0)
                .map(|line| format!("{id}: fires on the near miss {line}")),
        );
        wrong
    }

    /// What is cut is no credential any more: of a few a name alone makes a guess, and those are not shown.
    #[test]
    fn examples_that_are_shown_hold_no_credential() {
        let rules = Rules::own().unwrap();
        let shown: Vec<(String, String)> = postcard::from_bytes(super::SHOWN).unwrap();
        let found: Vec<_> = shown.iter().filter(|(_, line)| !super::is_quiet(line, &rules)).collect();
        assert!(found.len() < 10 && shown.len() > 850, "{} of {}: {found:#?}", found.len(), shown.len());
        let as_in = |id: &str| super::details(id).into_iter().find(|(what, _)| *what == "as in");
        assert_eq!(as_in("stripe-secret-key"), Some(("as in", "STRIPE_SECRET_KEY=sk_l…".to_owned())));
        assert!(found.first().is_none_or(|(id, _)| as_in(id).is_none()));
    }

    #[test]
    fn every_example_does_what_its_rule_says() {
        let rules = Rules::own().unwrap();
        let wrong: Vec<String> = examples().iter().flat_map(|example| complaints(&rules, example)).collect();
        assert!(wrong.is_empty(), "{} complaints:\n{}", wrong.len(), wrong.join("\n"));
    }
}

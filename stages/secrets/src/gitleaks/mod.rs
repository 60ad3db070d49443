//! Reads the rules and allowlists of a `.gitleaks.toml`, so that nobody has to write them again.
//!
//! What this reader does not know is an error with its place: a rule that is silently something else is worse than none.

mod expression;
mod table;

use crate::allow::{Allow, Condition, PathTest, Target, ValueTest};
use crate::foreign::Foreign;
use crate::pattern::{Edges, Pattern};
use crate::rule_file::{RuleEntry, RuleKind};
use table::{At, Reading};

/// Why the file cannot be used, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GitleaksError {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

/// What the file asks for.
#[derive(Debug, Default)]
pub struct GitleaksConfig {
    /// Rules, each with how it is run.
    pub(crate) rules: Vec<(RuleEntry, Foreign)>,
    /// Allowlists, those of single rules among them.
    pub allows: Vec<Allow>,
    /// Rules of the default set that the file turns off.
    pub disabled: Vec<String>,
}

const TOP: &[&str] = &["title", "description", "extend", "rules", "allowlist", "allowlists", "minVersion"];
const EXTEND: &[&str] = &["useDefault", "disabledRules"];
const RULE: &[&str] = &[
    "id",
    "description",
    "regex",
    "path",
    "secretGroup",
    "entropy",
    "keywords",
    "tags",
    "allowlist",
    "allowlists",
];
const ALLOWLIST: &[&str] =
    &["description", "condition", "commits", "paths", "regexTarget", "regexes", "stopwords", "targetRules"];

/// Reads a configuration; `file` is its path, as reports print it.
pub fn read(text: &str, file: &str) -> Result<GitleaksConfig, GitleaksError> {
    let document = table::parse(text)?;
    let top = Reading::of(text, document.get_ref(), 0, TOP)?;
    let mut config = GitleaksConfig::default();
    if let Some(extend) = top.table("extend", EXTEND)? {
        // The default set is what our own rules stand in for.
        extend.flag("useDefault")?;
        config.disabled = extend.texts("disabledRules")?;
    }
    for rule in top.tables("rules", RULE)? {
        let id = rule.required_text("id")?;
        for list in lists(&rule)? {
            config.allows.push(allow(&list, vec![id.clone()], file)?);
        }
        config.rules.push(self::rule(&rule, id)?);
    }
    for list in lists(&top)? {
        let rules = list.texts("targetRules")?;
        config.allows.push(allow(&list, rules, file)?);
    }
    Ok(config)
}

/// The allowlists of a table; the old form has but one.
fn lists<'a>(reading: &Reading<'a>) -> Result<Vec<Reading<'a>>, GitleaksError> {
    let mut lists = reading.tables("allowlists", ALLOWLIST)?;
    lists.extend(reading.tables("allowlist", ALLOWLIST)?);
    Ok(lists)
}

fn rule(rule: &Reading<'_>, id: String) -> Result<(RuleEntry, Foreign), GitleaksError> {
    let pattern = rule.text("regex")?.map(|(text, at)| compile(&text, at)).transpose()?;
    let path = rule.text("path")?.map(|(text, at)| compile(&text, at)).transpose()?;
    if pattern.is_none() && path.is_none() {
        return Err(rule.at().error(format!("rule `{id}` has neither `regex` nor `path`")));
    }
    let title = rule.text("description")?.map_or_else(|| id.clone(), |(text, _)| text);
    let keywords: Vec<String> = rule.texts("keywords")?;
    let keywords =
        keywords.into_iter().filter(|word| !word.is_empty()).map(|word| word.to_lowercase()).collect();
    let entry = RuleEntry {
        variant_of: None,
        id,
        service: "gitleaks configuration".to_owned(),
        title: title.clone(),
        severity: "high".to_owned(),
        kind: RuleKind::Context,
        keywords: if pattern.is_some() { keywords } else { Vec::new() },
        pattern: String::new(),
        checksum: None,
        min_entropy: None,
        why: title,
        rotate: "Revoke the credential where it was issued, and take it out of the source.".to_owned(),
        reference: "the project's gitleaks configuration".to_owned(),
        path: None,
        bad: Vec::new(),
        near_miss: Vec::new(),
    };
    let group = rule.number("secretGroup")?.map_or(0, |number| number as usize);
    Ok((entry, Foreign { pattern, group, entropy: rule.number("entropy")?, path }))
}

fn allow(list: &Reading<'_>, rules: Vec<String>, file: &str) -> Result<Allow, GitleaksError> {
    let condition = list.text("condition")?.map(|(text, at)| (text.to_ascii_uppercase(), at));
    let condition = match condition.as_ref().map(|(text, at)| (text.as_str(), at)) {
        None | Some(("OR" | "||", _)) => Condition::Any,
        Some(("AND" | "&&", _)) => Condition::All,
        Some((other, at)) => return Err(at.error(format!("`{other}` is no condition: use OR or AND"))),
    };
    let target = match list.text("regexTarget")?.as_ref().map(|(text, at)| (text.as_str(), at)) {
        None | Some(("secret", _)) => Target::Secret,
        Some(("match", _)) => Target::Match,
        Some(("line", _)) => Target::Line,
        Some((other, at)) => {
            return Err(at.error(format!("`{other}` is no target: use secret, match or line")));
        }
    };
    let mut values = Vec::new();
    for (text, at) in list.texts_with_places("regexes")? {
        values.push(ValueTest::Pattern(target, compile(&text, at)?));
    }
    values.extend(list.texts("stopwords")?.into_iter().map(|word| ValueTest::Word(word.to_lowercase())));
    let paths = list.texts_with_places("paths")?.into_iter();
    Ok(Allow {
        reason: list.text("description")?.map(|(text, _)| text),
        rules,
        paths: paths.map(|(text, at)| compile(&text, at).map(PathTest::Pattern)).collect::<Result<_, _>>()?,
        commits: list.texts("commits")?,
        identity: None,
        values,
        condition,
        line: list.at().line,
        file: file.to_owned(),
    })
}

fn compile(text: &str, at: At) -> Result<Pattern, GitleaksError> {
    let pattern = Pattern::new(expression::translate(text), Edges::None);
    pattern.check().map_err(|error| at.error(error.to_string()))?;
    Ok(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Hint, Options, RulesBuilder, scan};

    const CONFIG: &str = r#"
title = "ours"
[extend]
useDefault = true
disabledRules = ["stripe-access-token"]

[[rules]]
id = "shop-token"
description = "Shop token"
regex = '''shop_([a-z0-9]{8})\b'''
keywords = ["shop_"]
entropy = 2.0
[[rules.allowlists]]
stopwords = ["test"]

[[rules]]
id = "grouped"
regex = '(key|token)=([0-9]{6})'
secretGroup = 2

[allowlist]
description = "docs"
paths = ['''docs/.*''']
"#;

    fn found(text: &str) -> Vec<(String, String)> {
        let config = read(CONFIG, ".gitleaks.toml").unwrap();
        let rules = RulesBuilder::own().unwrap().gitleaks(config).build().unwrap();
        let options = Options { salt: [0; 32], threshold: 50, archives: false };
        let scanned = scan(text.as_bytes(), &[0..text.len()], &Hint::NONE, &rules, &options);
        let name = |hit: &crate::Hit| rules.entry(hit.rule).unwrap().id.clone();
        scanned.hits.iter().map(|hit| (name(hit), text[hit.range.clone()].to_owned())).collect()
    }

    #[test]
    fn rules_are_run_as_they_are_meant() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let found = found(text);
            let found: Vec<_> = found.iter().map(|(rule, value)| (rule.as_str(), value.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("x shop_a1b2c3d4 y", &[("shop-token", "a1b2c3d4")]);
        check("x SHOP_a1b2c3d4 y", &[]);
        check("x shop_aaaaaaaa y", &[]);
        check("n=1 token=402918", &[("grouped", "402918")]);
    }

    #[test]
    fn allowlists_are_read() {
        let config = read(CONFIG, ".gitleaks.toml").unwrap();
        assert_eq!(config.disabled, ["stripe-access-token"]);
        let shown: Vec<_> = config
            .allows
            .iter()
            .map(|allow| (allow.rules.clone(), allow.reason.as_deref(), allow.line))
            .collect();
        assert_eq!(shown, [(vec!["shop-token".to_owned()], None, 13), (vec![], Some("docs"), 21)]);
    }

    #[test]
    fn what_is_not_known_is_an_error_with_its_place() {
        let check = |text: &str, place: (u32, u32), message: &str| {
            let error = read(text, "f").unwrap_err();
            assert_eq!(((error.line, error.column), error.message.as_str()), (place, message), "{text}");
        };
        check(
            "x = 1",
            (1, 1),
            "`x` is not a key that is read here (known: title, description, extend, rules, allowlist, allowlists, minVersion)",
        );
        check(
            "\n[extend]\n  path = 'a'",
            (3, 3),
            "`path` is not a key that is read here (known: useDefault, disabledRules)",
        );
        check("[[rules]]\nregex = 'a'", (1, 1), "`id` is missing");
        check(
            "[[rules]]\nid = 'a'\nregex = 'a('",
            (3, 9),
            "`a(` is not a regular expression: unclosed group",
        );
        check("[[rules]]\nid = 'a'", (1, 1), "rule `a` has neither `regex` nor `path`");
        check("[[rules]]\nid = 3", (2, 6), "`id` is not a text");
        check("[allowlist]\ncondition = 'MAYBE'", (2, 13), "`MAYBE` is no condition: use OR or AND");
        assert_eq!(read("[[", "f").unwrap_err().line, 1);
    }
}

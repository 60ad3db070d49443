//! What a section or another tool's configuration asks to let pass: by rule, path, commit, value.

use model::Hasher;

use crate::pattern::Pattern;
use ::stage::Globs;

/// Whether one test that holds is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// One is.
    Any,
    /// All that are given must hold.
    All,
}

/// A test on the path.
#[derive(Debug)]
pub(crate) enum PathTest {
    /// Globs, as sections write them.
    Globs(Globs),
    /// A regular expression, as gitleaks writes it.
    Pattern(Pattern),
}

/// What a test on the value looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// The value alone.
    Secret,
    /// All that the rule matched.
    Match,
    /// The whole line.
    Line,
}

/// A test on the value.
#[derive(Debug)]
pub(crate) enum ValueTest {
    /// A regular expression matches somewhere.
    Pattern(Target, Pattern),
    /// The value holds a word, in any case.
    Word(String),
}

/// The parts of a text that tests on the value look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) secret: &'a [u8],
    pub(crate) matched: &'a [u8],
    pub(crate) line: &'a [u8],
}

/// Where a finding stands, for the tests that are no matter of the value.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Name of the rule.
    pub rule: &'a str,
    /// Path of the file.
    pub path: &'a str,
    /// The commit, where there is one.
    pub commit: Option<&'a str>,
    /// Identity of the finding.
    pub identity: &'a str,
}

/// One entry of what is let pass. With no test but the rule's name it lets the whole rule pass.
#[derive(Debug)]
pub struct Allow {
    /// Why.
    pub reason: Option<String>,
    /// Names of the rules meant; all when empty.
    pub(crate) rules: Vec<String>,
    pub(crate) paths: Vec<PathTest>,
    pub(crate) commits: Vec<String>,
    pub(crate) identity: Option<String>,
    pub(crate) values: Vec<ValueTest>,
    pub(crate) condition: Condition,
    /// Line of the file that the entry stands in.
    pub line: u32,
    /// That file.
    pub file: String,
}

impl PathTest {
    fn holds(&self, path: &str) -> bool {
        match self {
            Self::Globs(globs) => globs.matches(path),
            Self::Pattern(pattern) => pattern.find(path.as_bytes(), 0..path.len()).is_some(),
        }
    }

    /// Returns the kind of test, how many texts it has, and those.
    fn describe(&self) -> Vec<String> {
        let (kind, texts) = match self {
            Self::Globs(globs) => ("globs", globs.patterns().to_vec()),
            Self::Pattern(pattern) => ("pattern", vec![pattern.text().to_owned()]),
        };
        [kind.to_owned(), texts.len().to_string()].into_iter().chain(texts).collect()
    }
}

impl ValueTest {
    fn holds(&self, parts: Parts<'_>) -> bool {
        match self {
            Self::Pattern(target, pattern) => {
                let text = match target {
                    Target::Secret => parts.secret,
                    Target::Match => parts.matched,
                    Target::Line => parts.line,
                };
                pattern.find(text, 0..text.len()).is_some()
            }
            Self::Word(word) => {
                memchr::memmem::find(&parts.secret.to_ascii_lowercase(), word.as_bytes()).is_some()
            }
        }
    }

    /// Returns the kind of test and its text.
    fn describe(&self) -> [String; 2] {
        match self {
            Self::Pattern(target, pattern) => [format!("pattern {target:?}"), pattern.text().to_owned()],
            Self::Word(word) => ["word".to_owned(), word.clone()],
        }
    }
}

impl Allow {
    /// Tells whether the tests on the value hold; false when there are none.
    pub(crate) fn value_holds(&self, rule: &str, parts: Parts<'_>) -> bool {
        self.is_of(rule) && self.values.iter().any(|test| test.holds(parts))
    }

    /// Tells whether the finding is let pass, given whether the tests on its value held.
    pub fn covers(&self, standing: Standing<'_>, value_held: bool) -> bool {
        if !self.is_of(standing.rule) {
            return false;
        }
        let commit =
            |known: &String| standing.commit.is_some_and(|commit| commit.eq_ignore_ascii_case(known));
        let tests = [
            (!self.paths.is_empty()).then(|| self.paths.iter().any(|test| test.holds(standing.path))),
            (!self.commits.is_empty()).then(|| self.commits.iter().any(commit)),
            self.identity.as_ref().map(|identity| identity == standing.identity),
            (!self.values.is_empty()).then_some(value_held),
        ];
        let mut given = tests.into_iter().flatten().peekable();
        match (given.peek(), self.condition) {
            (None, _) => !self.rules.is_empty(),
            (Some(_), Condition::Any) => given.any(|holds| holds),
            (Some(_), Condition::All) => given.all(|holds| holds),
        }
    }

    fn is_of(&self, rule: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|known| known == rule)
    }

    /// Adds all that decides to a digest: each list with its name and length, so that none reads like another.
    pub(crate) fn hash(&self, hasher: &mut Hasher) {
        let mut list = |name: &str, texts: Vec<String>| {
            hasher.part(name).part((texts.len() as u64).to_le_bytes());
            for text in texts {
                hasher.part(text);
            }
        };
        list("rules", self.rules.clone());
        list("paths", self.paths.iter().flat_map(PathTest::describe).collect());
        list("commits", self.commits.clone());
        list("identity", self.identity.iter().cloned().collect());
        list("values", self.values.iter().flat_map(ValueTest::describe).collect());
        list("condition", vec![format!("{:?}", self.condition)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Edges;

    fn allow() -> Allow {
        Allow {
            reason: None,
            rules: vec![],
            paths: vec![],
            commits: vec![],
            identity: None,
            values: vec![],
            condition: Condition::All,
            line: 1,
            file: String::new(),
        }
    }

    const STANDING: Standing<'_> = Standing { rule: "r", path: "a/b.txt", commit: Some("c0"), identity: "i" };

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text.into(), Edges::None)
    }

    #[test]
    fn all_tests_or_any() {
        let check =
            |allow: &Allow, held, expected| assert_eq!(allow.covers(STANDING, held), expected, "{allow:?}");
        check(&allow(), true, false);
        check(&Allow { rules: vec!["r".into()], ..allow() }, false, true);
        check(&Allow { rules: vec!["s".into()], ..allow() }, false, false);
        check(&Allow { identity: Some("i".into()), ..allow() }, false, true);
        let both = |condition| Allow {
            paths: vec![PathTest::Pattern(pattern("txt$"))],
            values: vec![ValueTest::Word("x".into())],
            condition,
            ..allow()
        };
        check(&both(Condition::All), false, false);
        check(&both(Condition::All), true, true);
        check(&both(Condition::Any), false, true);
        check(&Allow { commits: vec!["C0".into()], ..allow() }, false, true);
        check(
            &Allow { paths: vec![PathTest::Globs(Globs::new(["*.md"]).unwrap())], ..allow() },
            false,
            false,
        );
    }

    #[test]
    fn no_two_lists_have_one_digest() {
        let word = |text: &str| ValueTest::Word(text.into());
        let globs = |texts: &[&str]| PathTest::Globs(Globs::new(texts).unwrap());
        let all = [
            vec![allow()],
            vec![allow(), allow()],
            vec![Allow { paths: vec![PathTest::Pattern(pattern("a"))], ..allow() }],
            vec![Allow { paths: vec![globs(&["a"])], ..allow() }],
            vec![Allow { paths: vec![globs(&["a", "b"])], ..allow() }],
            vec![Allow { paths: vec![globs(&["a b"])], ..allow() }],
            vec![Allow { paths: vec![globs(&["a"]), globs(&["b"])], ..allow() }],
            vec![Allow { values: vec![word("a")], ..allow() }],
            vec![Allow { values: vec![word("a"), word("b")], ..allow() }],
            vec![Allow { values: vec![ValueTest::Pattern(Target::Secret, pattern("a"))], ..allow() }],
            vec![Allow { rules: vec!["a".into()], ..allow() }],
            vec![Allow { commits: vec!["a".into()], ..allow() }],
            vec![Allow { values: vec![word("a")], ..allow() }, Allow { values: vec![word("b")], ..allow() }],
        ];
        let digest = |list: &Vec<Allow>| {
            let mut hasher = Hasher::new("test");
            list.iter().for_each(|allow| allow.hash(&mut hasher));
            hasher.digest().to_string()
        };
        let digests: std::collections::BTreeSet<String> = all.iter().map(digest).collect();
        assert_eq!(digests.len(), all.len());
    }

    #[test]
    fn values_are_tested_in_part_or_whole() {
        let parts = Parts { secret: b"abcTEST", matched: b"k=abcTEST", line: b"x k=abcTEST" };
        let check = |test: ValueTest, expected| {
            let allow = Allow { values: vec![test], ..allow() };
            assert_eq!(allow.value_holds("r", parts), expected, "{allow:?}");
        };
        check(ValueTest::Word("test".into()), true);
        check(ValueTest::Pattern(Target::Secret, pattern("^abc")), true);
        check(ValueTest::Pattern(Target::Match, pattern("^abc")), false);
        check(ValueTest::Pattern(Target::Line, pattern("^x k")), true);
    }
}

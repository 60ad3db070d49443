//! Names of stages and rules, checked once where they are made.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a name: use lower-case letters, digits and single `-` (at most 64 characters)")]
pub struct IdError(pub String);

/// The name of a stage instance: the key under `stages:` in the pipeline file. Kebab-case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct StageId(String);

/// The name of a rule, unique within its stage: `github-token`. Reports print `stage/rule`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RuleId(String);

fn is_kebab(text: &str) -> bool {
    text.len() <= 64
        && text.split('-').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

impl StageId {
    /// Takes a kebab-case name.
    pub fn new(text: &str) -> Result<Self, IdError> {
        if is_kebab(text) { Ok(Self(text.to_owned())) } else { Err(IdError(text.to_owned())) }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl RuleId {
    /// Takes the rule's name. Rules of users and of other tools keep their own spelling, so any printable text
    /// without spaces is taken, up to 200 characters.
    pub fn new(text: &str) -> Result<Self, IdError> {
        let printable = text.chars().all(|c| !c.is_control() && !c.is_whitespace());
        if printable && !text.is_empty() && text.len() <= 200 {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError(text.chars().take(200).collect()))
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_form {
    ($id:ty) => {
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

text_form!(StageId);
text_form!(RuleId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stage_names_are_kebab_case() {
        for good in ["secrets", "a", "my-eslint-2"] {
            assert!(StageId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "Secrets", "a_b", "a/b", &"x".repeat(65)] {
            assert!(StageId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn rule_names_keep_foreign_spelling() {
        assert!(RuleId::new("python.lang.security.eval-detected").is_ok());
        assert!(RuleId::new("two words").is_err());
        assert!(RuleId::new("").is_err());
    }
}

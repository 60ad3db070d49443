//! What is being checked.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One thing under check. Its text form names it in records and reports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Subject {
    /// The source tree.
    Tree,
    /// The commits reachable from `tips` and not from `excluded`. Full ids.
    Commits {
        /// Where the walk starts.
        tips: Vec<String>,
        /// Where it ends.
        excluded: Vec<String>,
    },
    /// A container image, by the digest its reference resolved to.
    Image {
        /// The reference as given.
        reference: String,
        /// Digest of its manifest.
        digest: String,
    },
    /// A set of deployment manifests that a stage gave or a section names.
    Manifests {
        /// Name of the set.
        name: String,
    },
}

/// The kinds of [`Subject`], for a stage to declare which it can check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// See [`Subject::Tree`].
    Tree,
    /// See [`Subject::Commits`].
    Commits,
    /// See [`Subject::Image`].
    Image,
    /// See [`Subject::Manifests`].
    Manifests,
}

impl Subject {
    /// Returns which kind it is.
    pub const fn kind(&self) -> SubjectKind {
        match self {
            Self::Tree => SubjectKind::Tree,
            Self::Commits { .. } => SubjectKind::Commits,
            Self::Image { .. } => SubjectKind::Image,
            Self::Manifests { .. } => SubjectKind::Manifests,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tree => f.write_str("tree"),
            Self::Commits { .. } => f.write_str("commits"),
            Self::Image { reference, .. } => write!(f, "image:{reference}"),
            Self::Manifests { name } => write!(f, "manifests:{name}"),
        }
    }
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tree => "tree",
            Self::Commits => "commits",
            Self::Image => "image",
            Self::Manifests => "manifests",
        })
    }
}

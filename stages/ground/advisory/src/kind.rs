//! What an advisory warns of. Not every record of a vulnerability database is a vulnerability.

use serde::{Deserialize, Serialize};

/// What an advisory warns of, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The package does harm by design.
    Malicious,
    /// The package has a flaw that can be exploited.
    Vulnerability,
    /// The package can break the promises of its language when used as documented.
    Unsound,
    /// Nobody looks after the package.
    Unmaintained,
    /// Worth knowing, nothing more: a notice, a bug fix, an enhancement.
    Notice,
}

impl Kind {
    /// Every kind, worst first.
    pub const ALL: [Self; 5] =
        [Self::Malicious, Self::Vulnerability, Self::Unsound, Self::Unmaintained, Self::Notice];

    /// Returns the word used in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malicious => "malicious",
            Self::Vulnerability => "vulnerability",
            Self::Unsound => "unsound",
            Self::Unmaintained => "unmaintained",
            Self::Notice => "notice",
        }
    }

    /// Tells whether this only informs: it is to be shown, and nothing is known to be exploitable.
    pub const fn is_informational(self) -> bool {
        match self {
            Self::Malicious | Self::Vulnerability => false,
            Self::Unsound | Self::Unmaintained | Self::Notice => true,
        }
    }

    /// Tells the kind from the id, the aliases and the word in `database_specific.informational`.
    pub(crate) fn of<'a>(mut ids: impl Iterator<Item = &'a str>, informational: Option<&str>) -> Self {
        match informational {
            Some("unsound") => return Self::Unsound,
            Some("unmaintained") => return Self::Unmaintained,
            Some("notice") => return Self::Notice,
            // A word that is not known must not hide a vulnerability.
            Some(_) | None => {}
        }
        let Some(id) = ids.next() else {
            return Self::Vulnerability;
        };
        // AlmaLinux publishes bug fixes and enhancements beside its security notices.
        if id.starts_with("ALBA-") || id.starts_with("ALEA-") {
            return Self::Notice;
        }
        let malicious = id.starts_with("MAL-") || ids.any(|alias| alias.starts_with("MAL-"));
        if malicious { Self::Malicious } else { Self::Vulnerability }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_records() {
        let check = |ids: &[&str], word, expected| {
            assert_eq!(Kind::of(ids.iter().copied(), word), expected, "{ids:?}")
        };
        check(&["RUSTSEC-2024-0001"], Some("unmaintained"), Kind::Unmaintained);
        check(&["RUSTSEC-2024-0001"], Some("unsound"), Kind::Unsound);
        check(&["RUSTSEC-2024-0001"], Some("notice"), Kind::Notice);
        check(&["RUSTSEC-2024-0001"], Some("a new word"), Kind::Vulnerability);
        check(&["RUSTSEC-2024-0001", "MAL-2024-1"], None, Kind::Malicious);
        check(&["MAL-2024-1"], None, Kind::Malicious);
        check(&["ALBA-2024:1"], None, Kind::Notice);
        check(&["ALSA-2024:1"], None, Kind::Vulnerability);
        check(&[], None, Kind::Vulnerability);
    }
}

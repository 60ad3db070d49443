//! How bad an advisory is: base scores of CVSS vectors, and the words that databases use beside them.
//!
//! The scoring itself is the `cvss` crate's. Only base metrics count: the others speak of a day or of a place, not of
//! the flaw. A vector that lacks one of them scores nothing, whatever the crate would make of it.

use std::str::FromStr as _;

use cvss::Cvss;
use model::Severity;

/// Base metrics by the first component of a vector, and where critical begins: v2 has no critical
/// (<https://nvd.nist.gov/vuln-metrics/cvss>; CVSS 3.1, section 5; CVSS 4.0, section 6).
const VERSIONS: [(&str, &[&str], f64); 4] = [
    ("CVSS:4.0", &["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"], 9.0),
    ("CVSS:3.1", &["AV", "AC", "PR", "UI", "S", "C", "I", "A"], 9.0),
    ("CVSS:3.0", &["AV", "AC", "PR", "UI", "S", "C", "I", "A"], 9.0),
    ("", &["AV", "AC", "Au", "C", "I", "A"], f64::INFINITY),
];

/// Returns the severity that the base metrics of a CVSS vector give, or `None` when it is no complete one.
pub(crate) fn of_vector(vector: &str) -> Option<Severity> {
    let (prefix, metrics, critical) = VERSIONS.iter().find(|(prefix, ..)| vector.starts_with(prefix))?;
    let components = vector.trim_start_matches('(').trim_end_matches(')').split('/');
    let is_base = |part: &&str| part.split_once(':').is_some_and(|(name, _)| metrics.contains(&name));
    let base: Vec<&str> = components.filter(is_base).collect();
    if base.len() != metrics.len() {
        return None;
    }
    let separator = if prefix.is_empty() { "" } else { "/" };
    let score = Cvss::from_str(&format!("{prefix}{separator}{}", base.join("/"))).ok()?.score();
    Some(match score {
        _ if score < 0.1 => Severity::Info,
        _ if score < 4.0 => Severity::Low,
        _ if score < 7.0 => Severity::Medium,
        _ if score < *critical => Severity::High,
        _ => Severity::Critical,
    })
}

/// Returns the severity that a database's own word means, or `None` when it means none.
pub(crate) fn of_word(word: &str) -> Option<Severity> {
    Some(match word.to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" | "important" => Severity::High,
        "moderate" | "medium" => Severity::Medium,
        "low" => Severity::Low,
        "none" | "informational" | "negligible" => Severity::Info,
        _ => return None,
    })
}

/// Returns the worst of what several sources say; one that says nothing does not count against one that does.
pub(crate) fn worst(severities: impl IntoIterator<Item = Severity>) -> Severity {
    let known = severities.into_iter().filter(|severity| *severity != Severity::Unknown);
    known.max_by_key(|severity| severity.rank()).unwrap_or(Severity::Unknown)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_vector_is_scored_or_refused(parts in prop::collection::vec("[A-Z]{1,2}[a-z]?:[A-Z]", 0..14), text in any::<String>()) {
            let _ = of_vector(&text);
            for (prefix, metrics, _) in VERSIONS {
                let _ = of_vector(&format!("{prefix}/{}", parts.join("/")));
                let odd: Vec<String> = metrics.iter().zip(&parts).map(|(name, part)| format!("{name}:{part}")).collect();
                let _ = of_vector(&format!("{prefix}/{}", odd.join("/")));
                let twice = format!("{prefix}/{}", metrics.iter().map(|_| "AV:N").collect::<Vec<_>>().join("/"));
                prop_assert_eq!(of_vector(&twice), None);
            }
        }
    }

    #[test]
    fn vectors_of_every_version() {
        let check =
            |vector: &str, expected: Option<Severity>| assert_eq!(of_vector(vector), expected, "{vector}");
        check("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Some(Severity::Critical)); // 9.8
        check("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", Some(Severity::High)); // 7.5
        check("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", Some(Severity::Medium)); // 6.1
        check("CVSS:3.1/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:N", Some(Severity::Low)); // 2.2
        check("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", Some(Severity::Info)); // 0.0
        check("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:U", Some(Severity::Critical));
        check("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", Some(Severity::Critical)); // 9.3
        check("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:N/VI:N/VA:L/SC:N/SI:N/SA:N", Some(Severity::Low)); // 2.0
        check("AV:N/AC:L/Au:N/C:C/I:C/A:C", Some(Severity::High)); // 10.0
        check("(AV:N/AC:M/Au:N/C:N/I:P/A:N)", Some(Severity::Medium)); // 4.3
        check("AV:N/AC:L/Au:N/C:C/I:C/A:C/E:U/RL:OF/RC:UC", Some(Severity::High));
        for nothing in ["", "CVSS:3.1/", "CVSS:3.1/AV:N", "CVSS:9.0/AV:N", "7.5", "CVSS:3.1/AV:Q/AC:L", "é"]
        {
            check(nothing, None);
        }
    }

    #[test]
    fn words_and_the_worst_of_several() {
        assert_eq!(of_word("MODERATE"), Some(Severity::Medium));
        assert_eq!(of_word("no idea"), None);
        assert_eq!(worst([Severity::Unknown, Severity::Low, Severity::Medium]), Severity::Medium);
        assert_eq!(worst([Severity::Unknown]), Severity::Unknown);
        assert_eq!(worst([]), Severity::Unknown);
    }
}

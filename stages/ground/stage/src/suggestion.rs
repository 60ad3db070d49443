//! "Did you mean": the known word that a mistyped one is close to.

/// Characters of a word that are compared.
const MOST: usize = 64;

/// Returns the known word that `word` is most likely a slip of; the first in order of the alphabet among equals.
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().take(MOST).collect();
    let most = if word.len() < 3 { 0 } else { (word.len() / 3).max(1) };
    let distance = |candidate: &str| {
        let candidate: Vec<char> = candidate.to_lowercase().chars().take(MOST).collect();
        distance(&word, &candidate)
    };
    known
        .into_iter()
        .map(|candidate| (distance(candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Counts insertions, deletions, replacements and swaps of neighbors between two words (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, right) in b.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX - 1);
            let mut best =
                (at(&above, j) + usize::from(left != right)).min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = j > 0 && i > 0 && a.get(i - 1) == Some(right) && b.get(j - 1) == Some(left);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, expected: Option<&str>) {
        assert_eq!(suggestion(word, ["history", "deny", "sast", "secrets", "paths"]), expected, "{word}");
    }

    #[test]
    fn slips_are_close_and_other_words_are_not() {
        check("hystory", Some("history"));
        check("secerts", Some("secrets"));
        check("Secrets", Some("secrets"));
        check("path", Some("paths"));
        check("sats", Some("sast"));
        check("licenses", None);
        check("x", None);
        check("", None);
    }
}

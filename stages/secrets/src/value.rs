//! What can be said of a value by looking at its characters alone.

/// Returns the Shannon entropy in bits per character; 0 for nothing.
pub(crate) fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let length = value.len() as f64;
    let bits = |count: u32| {
        let share = f64::from(count) / length;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(|count| bits(*count)).sum()
}

/// Returns how many different bytes there are.
pub(crate) fn distinct(value: &[u8]) -> usize {
    let mut seen = [false; 256];
    for byte in value {
        if let Some(slot) = seen.get_mut(usize::from(*byte)) {
            *slot = true;
        }
    }
    seen.iter().filter(|seen| **seen).count()
}

/// Tells whether the byte belongs to a word, as `\w` has it.
pub(crate) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns the length of the longest run of one byte.
pub(crate) fn longest_run(value: &[u8]) -> usize {
    value.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or(0)
}

/// Returns the length of the longest run in which each byte follows the one before in the alphabet or on the number
/// row, upward or downward: `abcdef`, `654321`.
pub(crate) fn longest_sequence(value: &[u8]) -> usize {
    let step = |a: u8, b: u8| {
        let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
        a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric() && {
            // `0` follows `9` as it does on a keyboard.
            b == a.wrapping_add(1) || (a == b'9' && (b == b'0' || b == b'a'))
        }
    };
    let up = value.chunk_by(|a, b| step(*a, *b)).map(<[u8]>::len).max();
    let down = value.chunk_by(|a, b| step(*b, *a)).map(<[u8]>::len).max();
    up.max(down).unwrap_or(0)
}

/// Tells whether the value repeats a shorter text at least three times.
pub(crate) fn is_periodic(value: &[u8]) -> bool {
    (1..=value.len() / 3).any(|period| {
        value
            .get(period..)
            .is_some_and(|rest| rest.iter().zip(value).all(|(later, earlier)| later == earlier))
    })
}

/// Characters from which a mixed value counts as drawn by chance.
const RANDOM_LENGTH: usize = 12;

/// Tells whether a value looks drawn by chance from small letters, capitals and digits: 12 such characters are 71 bits,
/// and [`strength`] sees 43 of them, since so few say little of where they come from. A word with a capital and a year keeps
/// its kinds of characters together.
pub(crate) fn is_random(value: &[u8]) -> bool {
    let kind = |byte: &u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let changes =
        value.iter().zip(value.iter().skip(1)).filter(|(one, next)| kind(one) != kind(next)).count();
    let all = (0..3).all(|wanted| value.iter().any(|byte| kind(byte) == wanted));
    value.len() >= RANDOM_LENGTH && all && changes * 2 >= value.len() && strength(value) >= 40.0
}

/// Returns an estimate of the bits that somebody who guesses has to get right: length times entropy. It tells a random
/// token from a password that can be tried out.
pub(crate) fn strength(value: &[u8]) -> f64 {
    entropy(value) * value.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_that_of_shannon() {
        let check = |value: &str, expected: f64| assert!((entropy(value.as_bytes()) - expected).abs() < 1e-9);
        check("", 0.0);
        check("aaaa", 0.0);
        check("abab", 1.0);
        check("0123456789abcdef", 4.0);
    }

    #[test]
    fn what_is_drawn_by_chance_mixes_its_characters() {
        let check =
            |value: &str, expected: bool| assert_eq!(is_random(value.as_bytes()), expected, "{value}");
        check("Xk29fjQ8zLmP", true);
        check("Rw71bcV5tNqS", true);
        check("Xk29fjQ8zLm", false);
        check("Summer2026!x", false);
        check("P@ssw0rd2026", false);
        check("correct-Horse-1", false);
        check("0123456789abcdef", false);
        check("aA1aA1aA1aA1aA1", false);
    }

    #[test]
    fn sequences_go_both_ways() {
        let check = |value: &str, expected: usize| {
            assert_eq!(longest_sequence(value.as_bytes()), expected, "{value}")
        };
        check("", 0);
        check("k9Qz", 1);
        check("xAbCdEfx", 6);
        check("x654321", 6);
        check("67890abc", 5);
        check("0123456789abcdef", 16);
    }

    #[test]
    fn periods_are_found() {
        let check =
            |value: &str, expected: bool| assert_eq!(is_periodic(value.as_bytes()), expected, "{value}");
        check("abcabcabc", true);
        check("abcabcab", false);
        check("abcabc", false);
        check("aaa", true);
        check("", false);
    }
}

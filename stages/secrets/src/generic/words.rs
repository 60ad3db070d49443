//! How much of a value reads like words: a list of words that programs and their texts use, and how letters follow each
//! other in them.

use std::collections::HashSet;
use std::sync::OnceLock;

/// Words that stand in many unrelated projects, one a line.
const LIST: &str = include_str!("words.txt");
/// Letters, and one place for the edge of a word.
const LETTERS: usize = 27;
/// Characters of a value that are looked at.
const LONGEST: usize = 128;
/// Longest word of the list.
const LONGEST_WORD: usize = 14;

struct Words {
    known: HashSet<&'static [u8]>,
    /// How surprising a letter is behind another, in sixteenths of a bit.
    surprise: [[u16; LETTERS]; LETTERS],
}

fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| {
        let mut counts = [[1.0_f64; LETTERS]; LETTERS];
        for word in LIST.lines() {
            let edges = std::iter::once(0).chain(word.bytes().map(letter)).chain([0]);
            for (first, second) in edges.clone().zip(edges.skip(1)) {
                if let Some(count) = counts.get_mut(first).and_then(|row| row.get_mut(second)) {
                    *count += 1.0;
                }
            }
        }
        let surprise = counts.map(|row| {
            let total: f64 = row.iter().sum();
            row.map(|count| (-(count / total).log2() * 16.0).round() as u16)
        });
        Words { known: LIST.lines().map(str::as_bytes).collect(), surprise }
    })
}

const fn letter(byte: u8) -> usize {
    if byte.is_ascii_alphabetic() { (byte.to_ascii_lowercase() - b'a') as usize + 1 } else { 0 }
}

/// Returns how surprising the letters of a value are on average, in sixteenths of a bit; 0 without two letters together.
pub(super) fn surprise(value: &[u8]) -> u16 {
    let table = &words().surprise;
    let mut sum = 0_u32;
    let mut pairs = 0_u32;
    for (first, second) in value.iter().zip(value.iter().skip(1)).take(LONGEST) {
        let (first, second) = (letter(*first), letter(*second));
        if first > 0 && second > 0 {
            sum += u32::from(table.get(first).and_then(|row| row.get(second)).copied().unwrap_or(0));
            pairs += 1;
        }
    }
    u16::try_from(sum.checked_div(pairs).unwrap_or(0)).unwrap_or(u16::MAX)
}

/// Returns how many characters of a value belong to words, at best, and how many words those are.
pub(super) fn coverage(value: &[u8]) -> (usize, usize) {
    let lower = value.get(..LONGEST.min(value.len())).unwrap_or_default().to_ascii_lowercase();
    let known = &words().known;
    // Best number of covered characters, and the fewest words for it, up to each place.
    let mut best: Vec<(usize, usize)> = vec![(0, 0); lower.len() + 1];
    for end in 1..=lower.len() {
        let mut here = best.get(end - 1).copied().unwrap_or_default();
        for start in end.saturating_sub(LONGEST_WORD)..end.saturating_sub(2) {
            let Some(word) = lower.get(start..end).filter(|word| known.contains(word)) else { continue };
            let (covered, count) = best.get(start).copied().unwrap_or_default();
            let candidate = (covered + word.len(), count + 1);
            if candidate.0 > here.0 || candidate.0 == here.0 && candidate.1 < here.1 {
                here = candidate;
            }
        }
        best.get_mut(end).into_iter().for_each(|slot| *slot = here);
    }
    best.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_at_best() {
        let check = |value: &str, expected: (usize, usize)| {
            assert_eq!(coverage(value.as_bytes()), expected, "{value}")
        };
        check("", (0, 0));
        check("passwordField", (13, 2));
        check("x9password_test", (12, 2));
        check("q8ZkT2w9vR", (0, 0));
    }

    #[test]
    fn letters_of_words_are_less_surprising() {
        assert!(surprise(b"configuration") < surprise(b"xqzjkvwpf"));
        assert_eq!(surprise(b"1234"), 0);
    }
}

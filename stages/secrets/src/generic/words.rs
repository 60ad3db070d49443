//! How much of a value reads like words: a list of words that programs and their texts use, and how letters follow each
//! other in them.

use std::sync::OnceLock;

/// Words that stand in many unrelated projects, one a line.
const LIST: &str = include_str!("words.txt");
/// Letters, and one place for the edge of a word.
const LETTERS: usize = 27;
/// Characters of a value that are looked at.
const LONGEST: usize = 128;
/// Letters by which words are looked up; no word of the list is shorter.
const STEM: usize = 3;

struct Words {
    /// All words, those with the same first letters together.
    sorted: Vec<&'static [u8]>,
    /// Where the words with the first letters of each number begin.
    stems: Vec<u16>,
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
        let mut sorted: Vec<&[u8]> = LIST.lines().map(str::as_bytes).collect();
        sorted.sort_unstable_by_key(|word| (stem(word), *word));
        let first = |number| sorted.partition_point(|word| stem(word) < Some(number));
        let stems = (0..=LETTERS.pow(3)).map(|number| u16::try_from(first(number)).unwrap_or(u16::MAX));
        Words { stems: stems.collect(), sorted, surprise }
    })
}

impl Words {
    /// Returns the words that begin as `text` does, as far as a stem goes.
    fn near(&self, text: &[u8]) -> &[&'static [u8]] {
        let place = |number: usize| self.stems.get(number).map(|place| usize::from(*place));
        let range = stem(text).and_then(|number| Some(place(number)?..place(number + 1)?));
        range.and_then(|range| self.sorted.get(range)).unwrap_or_default()
    }
}

/// Returns a number for the first letters; `None` where there are none.
fn stem(text: &[u8]) -> Option<usize> {
    let letters = text.first_chunk::<STEM>()?.map(letter);
    let number = letters.iter().fold(0, |number, letter| number * LETTERS + letter);
    letters.iter().all(|letter| *letter > 0).then_some(number)
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
    let words = words();
    // Best number of covered characters, and the fewest words for it, up to each place.
    let mut best: Vec<(usize, usize)> = vec![(0, 0); lower.len() + 1];
    let better = |one: (usize, usize), other: (usize, usize)| {
        if one.0 > other.0 || one.0 == other.0 && one.1 < other.1 { one } else { other }
    };
    for start in 0..lower.len() {
        let (covered, count) = best.get(start).copied().unwrap_or_default();
        let rest = lower.get(start..).unwrap_or_default();
        let known = words.near(rest).iter().filter(|word| rest.starts_with(word));
        let steps = known.map(|word| (word.len(), word.len(), 1)).chain([(1, 0, 0)]);
        for (step, more, number) in steps {
            if let Some(slot) = best.get_mut(start + step) {
                *slot = better((covered + more, count + number), *slot);
            }
        }
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

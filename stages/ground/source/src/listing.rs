//! The bytes of a git tree object: mode, name and id of each entry.

use std::cmp::Ordering;
use std::ops::Range;

/// One entry of a git tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TreeEntry<'a> {
    /// Raw name.
    pub(crate) name: &'a [u8],
    /// Raw id.
    pub(crate) id: &'a [u8],
    mode: u32,
    /// Length of mode, space and name.
    head: usize,
}

impl TreeEntry<'_> {
    /// Tells whether the name is one that git writes and checks out: a tree made by hand may hold any.
    pub(crate) fn has_good_name(&self) -> bool {
        !matches!(self.name, b"" | b"." | b"..")
            && !self.name.contains(&b'/')
            && !self.name.eq_ignore_ascii_case(b".git")
    }

    /// Compares by git's order of names: a folder's counts as if it ended in `/`.
    pub(crate) fn order(&self, other: &TreeEntry<'_>) -> Ordering {
        let end = |entry: &TreeEntry<'_>| entry.is_folder().then_some(b'/');
        let (one, two) =
            (self.name.iter().copied().chain(end(self)), other.name.iter().copied().chain(end(other)));
        one.cmp(two)
    }

    /// Returns how many bytes it takes: mode, space, name, NUL and id.
    pub(crate) fn len(&self) -> usize {
        self.head + 1 + self.id.len()
    }

    pub(crate) fn is_folder(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    pub(crate) fn is_link(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }

    pub(crate) fn is_submodule(&self) -> bool {
        self.mode & 0o170_000 == 0o160_000
    }
}

/// Returns the entries of a tree object with ids of `length` bytes, up to the first that is malformed.
pub(crate) fn entries(tree: &[u8], length: usize) -> impl Iterator<Item = TreeEntry<'_>> {
    entries_from(tree, 0, length).map(|(_, entry)| entry)
}

/// Returns the entries from the one that begins at `at`, each with where it begins. Histories hold hundreds of millions of
/// entries, so this looks for one byte an entry only.
pub(crate) fn entries_from(
    tree: &[u8],
    at: usize,
    length: usize,
) -> impl Iterator<Item = (usize, TreeEntry<'_>)> {
    let mut rest = tree.get(at..).unwrap_or_default();
    std::iter::from_fn(move || {
        let at = tree.len() - rest.len();
        let (head, after) = rest.split_at_checked(memchr::memchr(0, rest)?)?;
        let (id, after) = after.get(1..)?.split_at_checked(length)?;
        let (mode, name) = mode(head)?;
        rest = after;
        Some((at, TreeEntry { name, id, mode, head: head.len() }))
    })
}

/// Shows each entry that reaches into one of the `changed` ranges (sorted, disjoint), or begins where one ends, once, with
/// where it begins. What lies between the ranges are entries of the base too: a piece of it that is copied is longer than
/// what an id and a name have in common by accident.
pub(crate) fn each_within<'a>(
    tree: &'a [u8],
    changed: &[Range<usize>],
    length: usize,
    mut visit: impl FnMut(usize, &TreeEntry<'a>),
) {
    let mut at = 0;
    for range in changed {
        at = near(tree, at, range.start, length);
        for (start, entry) in entries_from(tree, at, length).take_while(|(start, _)| *start <= range.end) {
            at = start + entry.len();
            if at > range.start {
                visit(start, &entry);
            }
        }
    }
}

/// Returns where an entry begins ahead of `target` or at it, not far from it; `at` is where one begins further ahead.
fn near(tree: &[u8], at: usize, target: usize, length: usize) -> usize {
    for distance in NEAR {
        let from = target.saturating_sub(distance);
        if from <= at {
            break;
        }
        if let Some(found) = next_entry(tree, from, length).filter(|found| *found <= target) {
            return found;
        }
    }
    at
}

/// How far back an entry is looked for: most are found at once, and those with a long name next.
const NEAR: [usize; 2] = [160, 1024];

/// Returns where an entry begins, one of the first few behind `from`.
fn next_entry(tree: &[u8], from: usize, length: usize) -> Option<usize> {
    let nuls = memchr::memchr_iter(0, tree.get(from..)?);
    // A NUL within an id leads astray, unless a name is made to look like the start of an entry. Such a false start still
    // ends where the true entry does.
    nuls.map(|nul| from + nul + 1 + length).find_map(|at| {
        let (at, entry) = entries_from(tree, at, length).next()?;
        Some(at + entry.len())
    })
}

/// Reads octal digits up to a space; returns what follows it.
fn mode(head: &[u8]) -> Option<(u32, &[u8])> {
    let mut mode = 0_u32;
    for (at, byte) in head.iter().enumerate().take(12) {
        match byte {
            b'0'..=b'7' => mode = mode << 3 | u32::from(byte - b'0'),
            b' ' if at > 0 => return Some((mode, head.get(at + 1..)?)),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entries_come_in_order() {
        let mut tree = b"100644 a\0".to_vec();
        tree.extend([1; 20]);
        tree.extend(b"40000 b c\0");
        tree.extend([2; 20]);
        let listed: Vec<_> = entries(&tree, 20).collect();
        assert_eq!(listed.len(), 2);
        assert_eq!((listed[0].name, listed[0].id, listed[0].is_folder()), (&b"a"[..], &[1; 20][..], false));
        assert_eq!((listed[1].name, listed[1].id, listed[1].is_folder()), (&b"b c"[..], &[2; 20][..], true));
    }

    #[test]
    fn malformed_entries_end_the_list() {
        for bad in
            [&b"100644 a\0short"[..], b"1006x4 a\0", b" a\0", b"100644\0", b"100644 a", b"0000000000000 a\0"]
        {
            let mut tree = b"100644 ok\0".to_vec();
            tree.extend([1; 20]);
            tree.extend(bad);
            if bad.ends_with(b"\0") {
                tree.extend([2; 20]);
            }
            assert_eq!(entries(&tree, 20).count(), 1, "{}", bad.escape_ascii());
        }
    }

    /// A tree with odd names, and where each entry begins.
    fn odd() -> (Vec<u8>, Vec<usize>) {
        let (mut tree, mut starts) = (Vec::new(), Vec::new());
        for number in 0..200_u8 {
            starts.push(tree.len());
            let name = "n".repeat(if number % 50 == 49 { 1500 } else { usize::from(number % 11) });
            let mode = if number % 3 == 0 { "40000" } else { "100644" };
            tree.extend(format!("{mode} file 100644 {number}{name}\0").bytes());
            // Ids with NULs in them.
            tree.extend((0..20_u8).map(|at| if at % 7 == number % 7 { 0 } else { number ^ at }));
        }
        (tree, starts)
    }

    #[test]
    fn entries_are_found_from_the_middle() {
        let (tree, starts) = odd();
        for from in 1..starts[190] {
            let found = next_entry(&tree, from, 20).unwrap();
            let passed = starts.iter().filter(|start| from < **start && **start < found).count();
            assert!(starts.contains(&found) && passed <= 3, "{from}");
        }
        assert_eq!(next_entry(&tree, tree.len(), 20), None);
    }

    #[test]
    fn entries_that_a_change_touches_are_shown_once() {
        let (tree, starts) = odd();
        let check = |changed: &[Range<usize>]| {
            let mut shown = Vec::new();
            each_within(&tree, changed, 20, |start, _| shown.push(start));
            let ends = starts.iter().skip(1).copied().chain([tree.len()]);
            let touched =
                starts.iter().copied().zip(ends).filter(|(start, end)| {
                    changed.iter().any(|range| *start <= range.end && range.start < *end)
                });
            assert_eq!(shown, touched.map(|(start, _)| start).collect::<Vec<_>>(), "{changed:?}");
        };
        for at in 0..=tree.len() {
            check(&[at..at]);
            check(&[0..0, at / 2..at / 2 + 3, at..(at + 40).min(tree.len())]);
        }
        check(&[0..tree.len()]);
        check(&[]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let total: usize = entries(&bytes, 20).map(|entry| entry.name.len() + entry.id.len()).sum();
            prop_assert!(total <= bytes.len());
            for from in 0..bytes.len() {
                prop_assert!(next_entry(&bytes, from, 20).is_none_or(|at| at <= bytes.len()));
            }
        }
    }
}

//! Which tree lists what: the way from a blob up to the trees of commits.

use std::sync::{Mutex, OnceLock, PoisonError};

use rayon::slice::ParallelSliceMut as _;

use super::keys::{Key, Keys};

/// Which trees list what, by keys. Of a tree that is a delta, what it lists anew, and its base instead of the rest: what every
/// tree lists would be many times as much.
#[derive(Default)]
pub(crate) struct Above {
    /// What is listed, and the tree that lists it.
    noted: Mutex<Vec<(Key, Key)>>,
    sorted: OnceLock<Vec<(Key, Key)>>,
}

impl Above {
    /// Notes what a tree lists. Nothing is noted any more once it was asked.
    pub(super) fn note(&self, tree: Key, listed: Vec<Key>) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.extend(listed.into_iter().map(|lower| (lower, tree)));
    }

    /// Returns the trees that may hold one of these at any depth: all that do, and of those that are deltas of them a few that
    /// no longer do.
    pub(crate) fn of(&self, objects: impl Iterator<Item = Key>) -> Keys {
        let pairs = self.sorted.get_or_init(|| {
            let mut noted = std::mem::take(&mut *self.noted.lock().unwrap_or_else(PoisonError::into_inner));
            noted.par_sort_unstable();
            noted
        });
        let (mut open, mut above): (Vec<Key>, Keys) = (objects.collect(), Keys::default());
        while let Some(lower) = open.pop() {
            let start = pairs.partition_point(|(listed, _)| *listed < lower);
            let trees =
                pairs.get(start..).unwrap_or_default().iter().take_while(|(listed, _)| *listed == lower);
            open.extend(trees.map(|(_, tree)| *tree).filter(|tree| above.insert(*tree)));
        }
        above
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_up_goes_through_folders_and_deltas() {
        let above = Above::default();
        // Tree 10 lists 1 and folder 20, which lists 2; tree 11 is a delta of 20 and lists 3.
        above.note(10, vec![1, 20]);
        above.note(20, vec![2]);
        above.note(11, vec![3, 20]);
        let check = |objects: &[Key], expected: &[Key]| {
            let mut found: Vec<Key> = above.of(objects.iter().copied()).into_iter().collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{objects:?}");
        };
        check(&[1], &[10]);
        check(&[2], &[10, 11, 20]);
        check(&[3], &[11]);
        check(&[9], &[]);
    }
}

//! Under which names folders list blobs.

use std::sync::{Mutex, PoisonError};

use model::Digest;

use super::range;
use crate::listing::{self, TreeEntry};
use crate::objects::Objects;
use crate::threads::on_threads;
use crate::{Hit, Names, Repository, Selection, SourceError, path};

/// Returns the blobs that a folder of the selection lists under a file name that `wanted` holds for, with those names.
/// `threads` as in [`super::scan`].
///
/// Of [`Selection::Everything`], folders that no ref reaches count too, as long as the repository still holds them.
pub fn named(
    repository: &Repository,
    selection: &Selection,
    wanted: &(dyn Fn(&[u8]) -> bool + Sync),
    threads: usize,
) -> Result<Names, SourceError> {
    on_threads(threads, || match selection {
        Selection::Everything => everything(repository, wanted),
        Selection::Range { tips, excluded } => range::named(repository, tips, excluded, wanted),
    })?
}

fn everything(
    repository: &Repository,
    wanted: &(dyn Fn(&[u8]) -> bool + Sync),
) -> Result<Names, SourceError> {
    let objects = Objects::open(repository)?;
    let algorithm = objects.algorithm();
    let names: Mutex<Names> = Mutex::default();
    let is_file = |entry: &TreeEntry<'_>| !entry.is_folder() && !entry.is_submodule();
    let holder = |_: &[u8], tree: &[u8], hits: &[Hit]| {
        let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
        for hit in hits {
            let listed = listing::entries_from(tree, hit.start, algorithm.length()).next();
            if let Some((_, entry)) = listed
                && let Some(id) = Digest::new(algorithm, entry.id)
            {
                names.entry(id).or_default().insert(path::escape(entry.name).into_owned());
            }
        }
    };
    objects.trees_with(repository, &|entry| is_file(entry) && wanted(entry.name), &holder)?;
    Ok(names.into_inner().unwrap_or_else(PoisonError::into_inner))
}

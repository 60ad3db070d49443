//! What folders say of blobs before any is looked at: their names, and which are not there.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use model::Digest;

use super::scan::report;
use super::{Known, range};
use crate::listing::{self, TreeEntry};
use crate::objects::{Above, Objects};
use crate::threads::on_threads;
use crate::{Hit, Names, Problem, Repository, Selection, SourceError, path};

/// What folders say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Blobs that a folder lists under a wanted name, with those names.
    pub names: Names,
    /// What a folder lists and the repository does not hold. [`super::attribute`] tells whether that is missed: no commit
    /// need lead to the folder.
    pub absent: BTreeSet<Digest>,
    /// Folders that are there and cannot be read.
    pub problems: Vec<Problem>,
}

/// Looks through the folders of the selection for file names that `wanted` holds for. `threads` as in [`super::scan`].
///
/// Of [`Selection::Everything`], folders that no ref reaches count too, as long as the repository still holds them.
pub fn survey(
    repository: &Repository,
    selection: &Selection,
    wanted: &(dyn Fn(&[u8]) -> bool + Sync),
    threads: usize,
) -> Result<Survey, SourceError> {
    on_threads(threads, || survey_in(repository, selection, &Known::default(), wanted))?
}

/// Like [`survey`], of objects that may be open already.
pub(super) fn survey_in(
    repository: &Repository,
    selection: &Selection,
    known: &Known,
    wanted: &(dyn Fn(&[u8]) -> bool + Sync),
) -> Result<Survey, SourceError> {
    match selection {
        Selection::Everything => {
            let above = Above::default();
            let survey = everything(repository, known.objects.of(repository)?, &above, wanted)?;
            known.learn(above);
            Ok(survey)
        }
        Selection::Range { tips, excluded } => range::survey(repository, tips, excluded, known, wanted),
    }
}

fn everything(
    repository: &Repository,
    objects: &Objects,
    above: &Above,
    wanted: &(dyn Fn(&[u8]) -> bool + Sync),
) -> Result<Survey, SourceError> {
    let (algorithm, holding) = (objects.algorithm(), objects.holding()?);
    let said: Mutex<Survey> = Mutex::default();
    let said_now = || said.lock().unwrap_or_else(PoisonError::into_inner);
    // Of a folder that is a delta of another, entries that are the same in both need no second look.
    let look = |entry: &TreeEntry<'_>| {
        if entry.is_submodule() {
            return false;
        }
        if !holding.has(entry.id) {
            said_now().absent.extend(Digest::new(algorithm, entry.id));
        }
        !entry.is_folder() && wanted(entry.name)
    };
    let holder = |_: &[u8], tree: &[u8], hits: &[Hit]| {
        let mut said = said_now();
        for hit in hits {
            let listed = listing::entries_from(tree, hit.start, algorithm.length()).next();
            if let Some((_, entry)) = listed
                && let Some(id) = Digest::new(algorithm, entry.id)
            {
                said.names.entry(id).or_default().insert(path::escape(entry.name).into_owned());
            }
        }
    };
    let problems = report(objects.trees_with(repository, Some(above), &look, &holder)?).problems;
    Ok(Survey { problems, ..said.into_inner().unwrap_or_else(PoisonError::into_inner) })
}

//! The tree objects of a commit, each read once however often it is named.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rayon::Scope;

use super::read;
use crate::listing;
use crate::objects::{Kind, Objects};
use crate::{ReadError, Repository};

type Trees = HashMap<Vec<u8>, Result<Vec<u8>, ReadError>>;

/// The tree objects of a commit by raw id, or why one cannot be read.
pub(super) struct Folders {
    trees: Trees,
    /// Length of an id.
    length: usize,
}

impl Folders {
    /// Reads all trees that `top` leads to.
    pub(super) fn read(repository: &Repository, objects: &Objects, top: &[u8]) -> Self {
        let reader = Reader { repository, objects, trees: Mutex::default() };
        rayon::scope(|scope| reader.folder(scope, top));
        let trees = reader.trees.into_inner().unwrap_or_else(PoisonError::into_inner);
        Self { trees, length: repository.algorithm().length() }
    }

    /// Returns the bytes of a tree.
    pub(super) fn get(&self, id: &[u8]) -> Result<&[u8], String> {
        match self.trees.get(id) {
            Some(Ok(tree)) => Ok(tree),
            Some(Err(error)) => Err(error.to_string()),
            None => Err("it was not read".to_owned()),
        }
    }

    /// Counts what `top` stands for, folder by folder, without going through each: a few small trees that name one another
    /// can stand for billions of files. A circle, which a broken pack can feign, stands for infinitely many.
    pub(super) fn count(&self, top: &[u8]) -> usize {
        let mut counts: HashMap<&[u8], Option<usize>> = HashMap::new();
        let mut open = vec![top];
        while let Some(id) = open.last().copied() {
            let tree = self.get(id).unwrap_or_default();
            let folders = || listing::entries(tree, self.length).filter(|entry| entry.is_folder());
            if !counts.contains_key(id) {
                // Begun, not counted.
                counts.insert(id, None);
                open.extend(folders().map(|entry| entry.id).filter(|id| !counts.contains_key(id)));
                continue;
            }
            open.pop();
            if counts.get(id) == Some(&None) {
                let below = |id: &[u8]| counts.get(id).copied().flatten().unwrap_or(usize::MAX);
                let sum = folders().map(|entry| below(entry.id)).fold(0, usize::saturating_add);
                counts.insert(id, Some(sum.saturating_add(listing::entries(tree, self.length).count())));
            }
        }
        counts.get(top).copied().flatten().unwrap_or(usize::MAX)
    }
}

struct Reader<'a> {
    repository: &'a Repository,
    objects: &'a Objects,
    trees: Mutex<Trees>,
}

impl Reader<'_> {
    fn folder<'s>(&'s self, scope: &Scope<'s>, id: &[u8]) {
        let tree = read(self.repository, self.objects, id, Kind::Tree, u64::MAX);
        let folders: Vec<Vec<u8>> = match &tree {
            Ok(tree) => {
                let listed = listing::entries(tree, self.repository.algorithm().length());
                listed.filter(|entry| entry.is_folder()).map(|entry| entry.id.to_vec()).collect()
            }
            Err(_) => Vec::new(),
        };
        let mut trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        trees.insert(id.to_vec(), tree);
        for folder in folders {
            if !trees.contains_key(&folder) {
                // Holds the place, so that no other thread reads it as well.
                trees.insert(folder.clone(), Ok(Vec::new()));
                scope.spawn(move |scope| self.folder(scope, &folder));
            }
        }
    }
}

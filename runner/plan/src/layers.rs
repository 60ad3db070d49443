//! A pipeline file together with the policies it builds on.

use source::Tree;
use stage::{ConfigError, Kind};

use crate::PipelineFile;

/// Gives the bytes of a file of the policy's tree by its path in it; an error says why there are none.
pub type Loader<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

/// A pipeline file and what it extends, nearest first.
#[derive(Debug, Clone)]
pub struct Layers {
    files: Vec<PipelineFile>,
    written: bool,
}

impl Layers {
    /// Reads a file and all that it extends. `path` is its path in the tree that `loader` reads from.
    pub fn load(path: &str, bytes: &[u8], loader: Loader<'_>) -> Result<Self, ConfigError> {
        let _ = (path, bytes, loader);
        todo!()
    }

    /// Returns what holds where there is no file: the file that `init` writes for the tree under check.
    pub fn detect(kinds: &[Kind], tree: &dyn Tree) -> Result<Self, ConfigError> {
        let _ = (kinds, tree);
        todo!()
    }

    /// Returns the files, nearest first; never empty.
    pub fn files(&self) -> &[PipelineFile] {
        &self.files
    }

    /// Tells whether there is a file, or only what was detected.
    pub fn is_written(&self) -> bool {
        self.written
    }
}

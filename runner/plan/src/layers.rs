//! A pipeline file together with the policies it builds on.

use source::Tree;
use stage::{ConfigError, Kind};

use crate::Place;
use crate::detect::detected;
use crate::file::{Extends, PipelineFile};

/// Files of one side at most.
const MOST_FILES: usize = 16;
/// Files that build on one another at most.
const MOST_DEPTH: usize = 8;
/// What messages call the pipeline that holds without a file.
const DEFAULTS: &str = "the defaults";

/// Gives the bytes of a file of the policy's tree by its path in it; an error says why there are none.
pub type Loader<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

/// A pipeline file and what it extends, nearest first.
#[derive(Debug, Clone)]
pub struct Layers {
    files: Vec<PipelineFile>,
    /// The path in the tree of each file.
    paths: Vec<String>,
    written: bool,
}

impl Layers {
    /// Reads a file and all that it extends. `path` is its path in the tree that `loader` reads from.
    pub fn load(path: &str, bytes: &[u8], loader: Loader<'_>) -> Result<Self, ConfigError> {
        Self::read("", path, bytes, loader)
    }

    /// Reads a file of another revision, such as `origin/main`, and all that it extends. Messages name its places as
    /// `origin/main:sluicegate.yaml:3:5`, so that nobody looks for them in the worktree.
    pub fn load_from(
        revision: &str,
        path: &str,
        bytes: &[u8],
        loader: Loader<'_>,
    ) -> Result<Self, ConfigError> {
        Self::read(&format!("{revision}:"), path, bytes, loader)
    }

    fn read(prefix: &str, path: &str, bytes: &[u8], loader: Loader<'_>) -> Result<Self, ConfigError> {
        let chain = vec![normalize("", path).unwrap_or_else(|| path.to_owned())];
        let mut loading = Loading { loader, prefix, files: Vec::new(), paths: Vec::new(), chain };
        loading.add(PipelineFile::parse(&format!("{prefix}{path}"), bytes)?)?;
        Ok(Self { files: loading.files, paths: loading.paths, written: true })
    }

    /// Returns what holds where there is no file: the stages that there are files for in the tree under check.
    pub fn detect(kinds: &[Kind], tree: &dyn Tree) -> Result<Self, ConfigError> {
        let file = PipelineFile::parse(DEFAULTS, detected(kinds, tree).as_bytes())?;
        Ok(Self { files: vec![file], paths: vec![PipelineFile::NAME.to_owned()], written: false })
    }

    /// Returns these files, with the stages of `defaults` where none of them says which there are.
    pub fn or_stages_of<E>(mut self, defaults: impl FnOnce() -> Result<Self, E>) -> Result<Self, E> {
        if !self.files.iter().any(PipelineFile::says_stages) {
            self.files.extend(defaults()?.files);
        }
        Ok(self)
    }

    /// Returns the files, nearest first; never empty.
    pub fn files(&self) -> &[PipelineFile] {
        &self.files
    }

    /// Returns the paths in the tree of the files that are built on.
    pub fn extended(&self) -> &[String] {
        self.paths.get(1..).unwrap_or_default()
    }

    /// Returns an error of a section with the line as its file has it.
    pub fn shown(&self, error: ConfigError) -> ConfigError {
        let file = self.files.iter().find(|file| file.path() == error.file);
        file.map_or(error.clone(), |file| file.shown(error))
    }

    /// Tells whether there is a file, or only what was detected.
    pub fn is_written(&self) -> bool {
        self.written
    }
}

/// Files being read, one building on another.
struct Loading<'a> {
    loader: Loader<'a>,
    /// What stands before each path in messages.
    prefix: &'a str,
    files: Vec<PipelineFile>,
    paths: Vec<String>,
    /// The path of the file being read, behind those that lead to it.
    chain: Vec<String>,
}

impl Loading<'_> {
    fn add(&mut self, file: PipelineFile) -> Result<(), ConfigError> {
        let below: Vec<Extends> = file.extends().to_vec();
        self.files.push(file.clone());
        self.paths.extend(self.chain.last().cloned());
        for extends in below {
            let Extends { path: written, place } = &extends;
            let path = self.path(&file, &extends)?;
            if self.chain.contains(&path) {
                let chain = self.chain.iter().skip_while(|before| **before != path).chain([&path]);
                let chain: Vec<String> = chain.map(|path| format!("`{path}`")).collect();
                return Err(file.error_at(place, format!("files build on each other: {}", chain.join(" → "))));
            }
            if self.paths.contains(&path) {
                continue;
            }
            self.bound(&file, place)?;
            let bytes = (self.loader)(&path).map_err(|reason| {
                file.error_at(place, format!("`{}` cannot be read: {reason}", written.escape_debug()))
                    .advise("name a file that is in the tree, or take it out")
            })?;
            self.chain.push(path.clone());
            self.add(PipelineFile::parse(&format!("{}{path}", self.prefix), &bytes)?)?;
            self.chain.pop();
        }
        Ok(())
    }

    fn bound(&self, file: &PipelineFile, place: &Place) -> Result<(), ConfigError> {
        if self.chain.len() >= MOST_DEPTH {
            return Err(file.error_at(place, format!("more than {MOST_DEPTH} files build on one another")));
        }
        if self.files.len() >= MOST_FILES {
            return Err(file
                .error_at(place, format!("the pipeline file builds on more than {} files", MOST_FILES - 1)));
        }
        Ok(())
    }

    /// Returns the path in the tree of a file that another one names.
    fn path(&self, file: &PipelineFile, extends: &Extends) -> Result<String, ConfigError> {
        let written = extends.path.escape_debug();
        if extends.path.contains(':') {
            let message = format!("`{written}` is no file of this tree; only such files can be extended");
            return Err(file.error_at(&extends.place, message));
        }
        let base = self.chain.last().and_then(|path| path.rsplit_once('/')).map_or("", |(folder, _)| folder);
        normalize(base, &extends.path)
            .ok_or_else(|| file.error_at(&extends.place, format!("`{written}` is no path inside the tree")))
    }
}

/// Returns `path`, written relative to the folder `base`, as a path from the root; `None` when it leaves the tree.
fn normalize(base: &str, path: &str) -> Option<String> {
    if path.is_empty() || path.starts_with('/') || path.contains(['\\', '\0']) {
        return None;
    }
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &str); 8] = [
        ("sluicegate.yaml", "version: 1\nextends: [./policy/a.yaml, policy/b.yaml]\nstages: { x: {} }\n"),
        ("policy/a.yaml", "version: 1\nextends: [b.yaml]\n"),
        ("policy/b.yaml", "version: 1\nstages: { y: {} }\n"),
        ("cycle.yaml", "version: 1\nextends:\n  - policy/cycle.yaml\n"),
        ("policy/cycle.yaml", "version: 1\nextends: [../cycle.yaml]\n"),
        ("broken.yaml", "version: 1\nextends: [policy/broken.yaml]\n"),
        ("policy/broken.yaml", "version: 3\n"),
        ("odd.yaml", "version: 1\nextends: [ghost.yaml]\n"),
    ];

    fn load(path: &str, bytes: &[u8]) -> Result<Layers, ConfigError> {
        let find = |path: &str| FILES.iter().find(|(name, _)| *name == path);
        Layers::load(path, bytes, &|path| {
            find(path).map(|(_, text)| text.as_bytes().to_vec()).ok_or("no such file".into())
        })
    }

    fn check(path: &str, expected: &str) {
        let bytes = FILES.iter().find(|(name, _)| *name == path).map_or(path, |(_, text)| text);
        let actual = load(path, bytes.as_bytes()).map(|layers| {
            layers.files().iter().map(|file| file.path().to_owned()).collect::<Vec<_>>().join(" ")
        });
        assert_eq!(actual.unwrap_or_else(|error| error.to_string()), expected);
    }

    #[test]
    fn a_file_stands_before_what_it_extends() {
        check("sluicegate.yaml", "sluicegate.yaml policy/a.yaml policy/b.yaml");
    }

    #[test]
    fn what_cannot_be_extended_is_pointed_at() {
        check(
            "cycle.yaml",
            "policy/cycle.yaml:2:11: files build on each other: `cycle.yaml` → `policy/cycle.yaml` → `cycle.yaml`\n  |\n\
             2 | extends: [../cycle.yaml]\n  |           ^",
        );
        check(
            "broken.yaml",
            "policy/broken.yaml:1:10: version 3 is not known; this Sluicegate reads version 1\n  |\n1 | version: 3\n  |          ^",
        );
        check(
            "odd.yaml",
            "odd.yaml:2:11: `ghost.yaml` cannot be read: no such file\n  |\n2 | extends: [ghost.yaml]\n  |           ^",
        );
    }

    #[test]
    fn only_files_of_the_tree_are_extended() {
        let refused = |path: &str, expected: &str| {
            let error =
                load("sluicegate.yaml", format!("version: 1\nextends: ['{path}']\n").as_bytes()).unwrap_err();
            assert_eq!((error.line, error.column, error.message.as_str()), (2, 11, expected));
        };
        refused("../a.yaml", "`../a.yaml` is no path inside the tree");
        refused("/etc/passwd", "`/etc/passwd` is no path inside the tree");
        refused("policy/../../a", "`policy/../../a` is no path inside the tree");
        refused(".", "`.` is no path inside the tree");
        refused("a\\b", "`a\\\\b` is no path inside the tree");
        refused(
            "oci://registry.example/policy",
            "`oci://registry.example/policy` is no file of this tree; only such files can be extended",
        );
        refused("C:/a", "`C:/a` is no file of this tree; only such files can be extended");
        refused("./sluicegate.yaml", "files build on each other: `sluicegate.yaml` → `sluicegate.yaml`");
    }

    #[test]
    fn chains_of_files_are_bounded() {
        let endless = |path: &str| Ok(format!("version: 1\nextends: [x{path}]\n").into_bytes());
        let error = Layers::load("a", b"version: 1\nextends: [xa]\n", &endless).unwrap_err();
        assert_eq!(error.message, "more than 8 files build on one another");
        let names: Vec<String> = (0..20).map(|n| format!("f{n}")).collect();
        let wide = format!("version: 1\nextends: [{}]\n", names.join(","));
        let error = Layers::load("a", wide.as_bytes(), &|_| Ok(b"version: 1\n".to_vec())).unwrap_err();
        assert_eq!(error.message, "the pipeline file builds on more than 15 files");
    }
}

//! What `.gitignore` hides. Patterns are compiled when the first untracked file asks for them: in a clean checkout, never.
//!
//! Heard are `.gitignore` files and the repository's own `info/exclude`. The user's `core.excludesFile` is not: the same
//! checkout would then list different files on two machines.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::{Problem, path};

/// A longer file of patterns is not heard, which lists more, not less.
const BOUND: u64 = 4 << 20;

/// The patterns of one folder and of those above it.
pub(super) struct Level {
    above: Option<Arc<Level>>,
    /// Raw path from where the repository begins, with a `/` at the end.
    folder: Vec<u8>,
    patterns: Patterns,
    hidden: OnceLock<bool>,
}

/// A file of patterns.
#[derive(Debug, Clone)]
pub(super) struct PatternFile {
    pub(super) path: PathBuf,
    /// Its path in the tree, for reports.
    pub(super) shown: String,
}

struct Patterns {
    file: Option<PatternFile>,
    ignore_case: bool,
    compiled: OnceLock<Gitignore>,
}

impl Level {
    /// Begins a repository, or a folder outside any: nothing hides the top. `exclude` are patterns for all of it.
    pub(super) fn top(exclude: Option<PatternFile>, ignore_case: bool) -> Arc<Self> {
        Arc::new(Self {
            above: None,
            folder: Vec::new(),
            patterns: Patterns { file: exclude, ignore_case, compiled: OnceLock::new() },
            hidden: OnceLock::from(false),
        })
    }

    /// Goes into a folder; `file` is its `.gitignore`. A folder that was asked for is never hidden itself.
    pub(super) fn enter(
        self: &Arc<Self>,
        folder: &[u8],
        file: Option<PatternFile>,
        asked_for: bool,
    ) -> Arc<Self> {
        let hidden = if asked_for { OnceLock::from(false) } else { OnceLock::new() };
        let patterns = Patterns { file, ignore_case: self.patterns.ignore_case, compiled: OnceLock::new() };
        Arc::new(Self { above: Some(Arc::clone(self)), folder: folder.to_vec(), patterns, hidden })
    }

    /// Tells whether the file or folder `name` (raw path from where the repository begins) is ignored, itself or by a
    /// folder above it.
    pub(super) fn hides(&self, name: &[u8], is_folder: bool, problems: &Mutex<Vec<Problem>>) -> bool {
        self.is_hidden(problems) || self.matches(name, is_folder, problems)
    }

    fn is_hidden(&self, problems: &Mutex<Vec<Problem>>) -> bool {
        *self.hidden.get_or_init(|| {
            let name = self.folder.strip_suffix(b"/").unwrap_or(&self.folder);
            self.above.as_ref().is_some_and(|above| {
                // Its own patterns say nothing of a folder.
                above.is_hidden(problems) || above.matches(name, true, problems)
            })
        })
    }

    /// The deepest file of patterns with an opinion decides, and in it the last pattern.
    fn matches(&self, name: &[u8], is_folder: bool, problems: &Mutex<Vec<Problem>>) -> bool {
        for level in std::iter::successors(Some(self), |level| level.above.as_deref()) {
            let Some(patterns) = level.patterns.get(problems) else { continue };
            let Some(rest) = name.strip_prefix(level.folder.as_slice()) else { continue };
            match patterns.matched(path::join_raw(Path::new(""), rest), is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => {}
            }
        }
        false
    }
}

impl Patterns {
    fn get(&self, problems: &Mutex<Vec<Problem>>) -> Option<&Gitignore> {
        let file = self.file.as_ref()?;
        Some(self.compiled.get_or_init(|| match compile(&file.path, self.ignore_case) {
            Ok(patterns) => patterns,
            Err(error) => {
                problems.lock().unwrap_or_else(PoisonError::into_inner).push(Problem {
                    code: "unreadable-ignore-file",
                    path: file.shown.clone(),
                    reason: format!("its patterns are not heard: {error}"),
                });
                Gitignore::empty()
            }
        }))
    }
}

fn compile(file: &Path, ignore_case: bool) -> Result<Gitignore, String> {
    let text = read(file).map_err(|error| error.to_string())?;
    let mut builder = GitignoreBuilder::new("");
    builder.case_insensitive(ignore_case).map_err(|error| error.to_string())?;
    for line in lines(&text) {
        // A line that is no pattern hides nothing, as with git.
        let _ = builder.add_line(None, line);
    }
    builder.build().map_err(|error| error.to_string())
}

/// Reads a file of patterns, bounded. Missing is empty.
pub(super) fn read(file: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    match std::fs::File::open(file) {
        Ok(file) => file.take(BOUND + 1).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(error),
    };
    if bytes.len() as u64 > BOUND {
        return Err(std::io::Error::other(format!("it has more than {BOUND} bytes")));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the lines of a file of patterns as git counts them: no byte order mark, no carriage returns at the end.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.strip_prefix('\u{feff}')
        .unwrap_or(text)
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
}

//! A folder with a repository in it, and git commands that hear nothing of this machine's settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use source::{Options, Tree, WorkTree};
use tempfile::TempDir;

/// A folder that is gone when this is dropped.
pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    /// A repository with nothing in it.
    pub(crate) fn new() -> Self {
        Self::with(&["init", "--quiet", "--initial-branch=main"])
    }

    /// A repository made by this git command.
    pub(crate) fn with(init: &[&str]) -> Self {
        let sandbox = Self::empty();
        sandbox.git(init);
        sandbox
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    /// Makes a file an hour old, so that an index written now is younger for sure.
    pub(crate) fn age(&self, name: &str) -> &Self {
        let past = SystemTime::now() - Duration::from_secs(3600);
        std::fs::File::options().append(true).open(self.path(name)).unwrap().set_modified(past).unwrap();
        self
    }

    /// Runs git here and returns what it prints.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        String::from_utf8_lossy(&self.git_in("", arguments, 1_700_000_000)).trim().to_owned()
    }

    /// Runs git in a folder below, at a time.
    pub(crate) fn git_in(&self, folder: &str, arguments: &[&str], time: i64) -> Vec<u8> {
        let output = self.command(folder, arguments, time).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {errors}");
        output.stdout
    }

    pub(crate) fn command(&self, folder: &str, arguments: &[&str], time: i64) -> Command {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
            command.env_remove(name);
        }
        command
            .current_dir(self.path(folder))
            .args(["-c", "protocol.file.allow=always", "-c", "gc.auto=0", "-c", "core.fsync=none"])
            .args(arguments)
            .env("HOME", self.root())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs(["AUTHOR", "COMMITTER"].into_iter().flat_map(|who| {
                [
                    (format!("GIT_{who}_NAME"), "A U Thor".to_owned()),
                    (format!("GIT_{who}_EMAIL"), "author@example.org".to_owned()),
                    (format!("GIT_{who}_DATE"), format!("@{time} +0000")),
                ]
            }));
        command
    }

    /// Commits everything and returns the commit's id.
    pub(crate) fn commit(&self, time: i64) -> String {
        self.git(&["add", "--all"]);
        self.git_in("", &["commit", "--quiet", "--allow-empty", "--message", "x"], time);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Opens the worktree.
    pub(crate) fn tree(&self) -> WorkTree {
        WorkTree::open(self.root(), &Options::default()).unwrap()
    }
}

/// Returns id and content of all blobs that git knows of.
pub(crate) fn blobs(sandbox: &Sandbox, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let output = sandbox.git_in(folder, &["cat-file", "--batch", "--batch-all-objects"], 1);
    let (mut blobs, mut rest) = (BTreeMap::new(), output.as_slice());
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let header: Vec<&str> = std::str::from_utf8(&rest[..end]).unwrap().split(' ').collect();
        let size: usize = header[2].parse().unwrap();
        let content = &rest[end + 1..][..size];
        if header[1] == "blob" {
            blobs.insert(header[0].to_owned(), content.to_vec());
        }
        rest = &rest[end + 1 + size + 1..];
    }
    blobs
}

/// Returns the paths of a tree.
pub(crate) fn paths(tree: &dyn Tree) -> Vec<&str> {
    tree.entries().iter().map(|entry| &*entry.path).collect()
}

/// Returns codes and paths of a tree's problems.
pub(crate) fn problems(tree: &dyn Tree) -> Vec<(&str, &str)> {
    tree.problems().iter().map(|problem| (problem.code, problem.path.as_str())).collect()
}

/// Numbers that look random and are the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Returns a number below `bound`.
    pub(crate) fn roll(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 20).unwrap() % bound
    }

    /// Returns one of several.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.roll(of.len())]
    }
}

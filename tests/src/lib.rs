//! What the tests of the whole binary share: the binary, run without any of the user's own folders, and repositories made by
//! the real git.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests: what does not hold ends the test")]

mod osv;

pub use osv::{Advisory, archive};

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Returns how many rounds a test of chance runs: `usual`, or as many times that as `SLUICEGATE_SOAK` says.
pub fn rounds(usual: u32) -> u32 {
    let times = std::env::var("SLUICEGATE_SOAK").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    usual.saturating_mul(times)
}

/// Returns the top folder of the project.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in the project").to_owned()
}

/// Builds the binary, once a test program, and returns its path. `SLUICEGATE_BINARY` names another one to test.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("SLUICEGATE_BINARY") {
            return PathBuf::from(path);
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let arguments = ["build", "--package", "cli", "--message-format", "json-render-diagnostics"];
        let built =
            Command::new(cargo).args(arguments).current_dir(project()).output().expect("cargo starts");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let messages = String::from_utf8(built.stdout).expect("cargo prints UTF-8");
        let mut executable = messages.lines().rev().filter_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            message.get("executable")?.as_str().map(PathBuf::from)
        });
        executable.next().expect("the binary is built")
    })
}

/// A place of its own for one test: a home without anything in it, and a tree to check.
pub struct Site {
    folder: tempfile::TempDir,
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

impl Site {
    /// Makes an empty tree that is no repository.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        for name in ["home", "tree"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder can be made");
        }
        Self { folder }
    }

    /// Makes an empty repository whose branch is `main`.
    pub fn repository() -> Self {
        let site = Self::new();
        site.git(&["init", "--quiet", "--initial-branch=main"]);
        site
    }

    /// Makes a repository with `policy` on main, and a branch on top of it that is checked out.
    pub fn branched(policy: &str) -> Self {
        let site = Self::repository();
        site.write("sluicegate.yaml", policy).write("src/app.py", "print('shop')\n");
        site.commit("start");
        site.git(&["checkout", "--quiet", "-b", "change"]);
        site
    }

    /// Copies a folder into the tree.
    pub fn with(self, from: &Path) -> Self {
        copy(from, &self.tree());
        self
    }

    /// Adds a lockfile with a vulnerable package, and a database that knows it.
    pub fn shop(self) -> Self {
        let (ecosystem, package, id) = ("PyPI", "flask", "SHOP-1");
        self.database(&[Advisory { ecosystem, package, id, introduced: "0", fixed: "2.2.5" }]);
        self.write("requirements.txt", "flask==2.2.4\n");
        self.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\n  dependencies: {}\n");
        self
    }

    /// Returns the folder of the tree.
    pub fn tree(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    /// Returns the home of the user who runs the binary.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Returns a path beside the tree and the home.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Brings advisories to the user's machine, each with its ecosystem.
    pub fn database(&self, advisories: &[Advisory]) -> &Self {
        let bucket = self.beside("bucket");
        for advisory in advisories {
            let same = advisories.iter().filter(|other| other.ecosystem == advisory.ecosystem);
            let folder = bucket.join(advisory.ecosystem);
            std::fs::create_dir_all(&folder).expect("a folder can be made");
            std::fs::write(folder.join("all.zip"), archive(same)).expect("a file can be written");
        }
        let ran = self.run(&["db", "update", "--from", bucket.to_str().expect("a path is UTF-8")]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        self
    }

    /// Writes a file of the tree, with the folders on its way.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.tree().join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder can be made");
        std::fs::write(&path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self
    }

    /// Removes a file of the tree.
    pub fn remove(&self, path: &str) -> &Self {
        std::fs::remove_file(self.tree().join(path)).expect("the file is there");
        self
    }

    /// Runs git in the tree, as a user with a fixed name and date.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = self.bare("git").args(arguments).output().expect("git starts");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Commits everything in the tree.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Returns a command in the tree with nothing of the environment but PATH.
    pub fn bare(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.tree()).env_clear().env("HOME", self.home()).env("LC_ALL", "C.UTF-8");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z");
        command.env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "A Tester")
                .env(format!("GIT_{role}_EMAIL"), "tester@shop.example");
        }
        command
    }

    /// Returns the binary's command in the tree.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(binary());
        command.args(arguments);
        command
    }

    /// Runs the binary in the tree.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().expect("the binary starts"))
    }

    /// Runs the binary in the tree and reads the JSON report.
    pub fn report(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let ran = self.run(&[&["run", "--format", "json"], arguments].concat());
        let report = serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{}\n{}", ran.stdout, ran.stderr));
        (ran.code, report)
    }
}

/// What the binary said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Takes what a process left behind.
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.expect("a folder lists");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("an entry has a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

/// A file with a rule of its own, `shop-key`.
pub const RULES: &str = "- id: shop-key
  service: shop
  title: Shop key
  severity: high
  kind: prefix
  keywords: [shop_]
  pattern: 'shop_[0-9a-f]{12}'
  why: It opens the till.
  rotate: Ask the shop.
";

/// A line with a secret that fails a gate which stands at `high`.
pub fn leak(seed: u32) -> String {
    format!("token = \"{}\"\n", token(seed))
}

/// A GitHub token with a true checksum, different for every seed; none was ever valid.
pub fn token(seed: u32) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digit = |value: u64| char::from(DIGITS.get((value % 62) as usize).copied().unwrap_or(b'0'));
    let mut state = u64::from(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let body: String = (0..30)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            digit(state >> 20)
        })
        .collect();
    let mut sum = u64::from(checksum(body.as_bytes()));
    let mut tail = Vec::new();
    for _ in 0..6 {
        tail.push(digit(sum));
        sum /= 62;
    }
    format!("ghp_{body}{}", tail.iter().rev().collect::<String>())
}

/// CRC-32 as in IEEE 802.3, bit by bit.
fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

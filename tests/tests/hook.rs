//! The check before a push, in real repositories with a real `git push`: what is new to the remote is judged, all of it,
//! and nothing else.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what does not hold ends the test")]
#![cfg(unix)]

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use tests::{Ran, Site, binary, leak};

/// A repository with the hook, one commit, and a bare remote that has it.
struct Pushing {
    site: Site,
}

impl Pushing {
    fn new() -> Self {
        Self::of_format("sha1")
    }

    fn of_format(format: &str) -> Self {
        let site = Site::new();
        let format = format!("--object-format={format}");
        let remote = site.beside("remote.git").display().to_string();
        site.git(&["init", "--quiet", "--initial-branch=main", &format]);
        site.git(&["init", "--quiet", "--bare", "--initial-branch=main", &format, &remote]);
        site.git(&["remote", "add", "origin", &remote]);
        fs::create_dir(site.home().join("bin")).unwrap();
        std::os::unix::fs::symlink(binary(), site.home().join("bin/sluicegate")).unwrap();
        let pushing = Self { site };
        pushing.commit("src/app.py", "print('shop')\n");
        let ran = pushing.site.run(&["hook", "install"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        pushing.passes(&["origin", "main"]);
        pushing
    }

    /// Commits one file.
    fn commit(&self, path: &str, content: impl AsRef<[u8]>) -> String {
        self.site.write(path, content);
        self.site.commit(path)
    }

    fn branch(&self, name: &str) {
        self.site.git(&["checkout", "--quiet", "-b", name]);
    }

    fn path(&self) -> OsString {
        let mut path = self.site.home().join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        path
    }

    fn push_from(&self, folder: PathBuf, arguments: &[&str]) -> Ran {
        let mut git = self.site.bare("git");
        git.current_dir(folder).env("PATH", self.path()).args(["push", "--porcelain"]).args(arguments);
        Ran::of(git.output().unwrap())
    }

    fn push(&self, arguments: &[&str]) -> Ran {
        self.push_from(self.site.tree(), arguments)
    }

    /// What the remote has, reference by reference.
    fn remote(&self) -> String {
        self.site.git(&["ls-remote", "origin"])
    }

    /// Pushes and expects that the remote takes it.
    fn passes(&self, arguments: &[&str]) -> Ran {
        let before = self.remote();
        let ran = self.push(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}\n{}\n{}", ran.stdout, ran.stderr);
        assert_ne!(self.remote(), before, "{arguments:?} changes the remote");
        ran
    }

    /// Pushes and expects that nothing reaches the remote, with `said` in the reason.
    fn fails(&self, arguments: &[&str], said: &str) {
        let before = self.remote();
        let ran = self.push(arguments);
        assert_ne!(ran.code, 0, "{arguments:?}\n{}\n{}", ran.stdout, ran.stderr);
        assert_eq!(self.remote(), before, "{arguments:?} changes nothing");
        let text = ran.stdout + &ran.stderr;
        assert!(text.contains(said), "{arguments:?} does not say `{said}`\n{text}");
    }
}

#[test]
fn a_clean_commit_goes_and_a_secret_stays() {
    let here = Pushing::new();
    here.commit("src/more.py", "print('more')\n");
    here.passes(&["origin", "main"]);
    here.commit("src/leak.py", leak(1));
    here.fails(&["origin", "main"], "src/leak.py:1:10");
    // Pushing again finds it again: what is cached is no pass.
    here.fails(&["origin", "main"], "src/leak.py:1:10");
    here.site.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    here.commit("src/good.py", "print('good')\n");
    here.passes(&["origin", "main"]);
}

#[test]
fn a_secret_that_a_later_commit_removes_is_found() {
    let here = Pushing::new();
    here.commit("src/leak.py", leak(2));
    here.commit("src/leak.py", "token = None\n");
    here.fails(&["origin", "main"], "src/leak.py");
    here.commit("src/other.py", leak(3));
    here.site.remove("src/other.py").commit("removed");
    here.fails(&["origin", "main"], "src/other.py");
}

#[test]
fn every_branch_of_a_push_is_judged() {
    for leaking in ["first", "middle", "zuletzt"] {
        let here = Pushing::new();
        for name in ["first", "middle", "zuletzt"] {
            here.site.git(&["checkout", "--quiet", "-b", name, "main"]);
            here.commit(&format!("src/{name}.py"), if name == leaking { leak(4) } else { "1\n".into() });
        }
        here.fails(&["--all", "origin"], &format!("src/{leaking}.py"));
        here.site.git(&["checkout", "--quiet", "main"]);
        here.site.git(&["branch", "--quiet", "-D", leaking]);
        here.passes(&["--all", "origin"]);
    }
}

#[test]
fn a_branch_that_is_deleted_brings_nothing() {
    let here = Pushing::new();
    here.branch("gone");
    here.commit("src/gone.py", "1\n");
    here.passes(&["origin", "gone"]);
    here.site.git(&["checkout", "--quiet", "main"]);
    here.commit("src/leak.py", leak(5));
    here.passes(&["origin", "--delete", "gone"]);
    here.fails(&["origin", ":refs/heads/nothing", "main"], "src/leak.py");
}

#[test]
fn a_new_branch_and_its_first_push_are_judged() {
    let here = Pushing::new();
    here.branch("topic");
    here.commit("src/topic.py", "1\n");
    here.passes(&["--set-upstream", "origin", "topic"]);
    here.branch("leaking");
    here.commit("src/leak.py", leak(6));
    here.fails(&["origin", "leaking"], "src/leak.py");
    here.fails(&["origin", "leaking:refs/heads/another-name"], "src/leak.py");
    here.fails(&["origin", "HEAD:topic"], "src/leak.py");
}

#[test]
fn tags_are_judged() {
    let here = Pushing::new();
    here.site.git(&["tag", "v1"]);
    here.passes(&["origin", "v1"]);
    here.commit("src/leak.py", leak(8));
    here.site.git(&["tag", "light"]);
    here.site.git(&["tag", "--annotate", "--message", "A release", "heavy"]);
    here.site.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    here.fails(&["origin", "light"], "src/leak.py");
    here.fails(&["origin", "heavy"], "src/leak.py");
    here.fails(&["--tags", "origin"], "src/leak.py");
    here.site.git(&["tag", "--annotate", "--message", "A release", "good"]);
    here.passes(&["origin", "good"]);
}

#[test]
fn a_forced_push_is_judged() {
    let here = Pushing::new();
    here.commit("src/more.py", "1\n");
    here.passes(&["origin", "main"]);
    here.site.write("src/more.py", leak(9));
    here.site.git(&["commit", "--quiet", "--amend", "--all", "--message", "amended"]);
    here.fails(&["--force", "origin", "main"], "src/more.py");
    here.site.write("src/more.py", "2\n");
    here.site.git(&["commit", "--quiet", "--amend", "--all", "--message", "amended again"]);
    here.passes(&["--force", "origin", "main"]);
}

#[test]
fn what_the_remote_has_is_not_new() {
    let here = Pushing::new();
    here.commit("src/old.py", leak(11));
    let unchecked = here.push(&["--no-verify", "origin", "main"]);
    assert_eq!(unchecked.code, 0, "{}", unchecked.stderr);
    here.commit("src/more.py", "1\n");
    here.passes(&["origin", "main"]);
    here.branch("topic");
    here.commit("src/topic.py", "1\n");
    here.passes(&["origin", "topic"]);
    here.commit("src/new.py", leak(12));
    here.fails(&["origin", "topic"], "src/new.py");
}

#[test]
fn a_file_with_an_old_secret_may_be_moved_and_edited() {
    let here = Pushing::new();
    here.commit("src/old.py", leak(11));
    here.push(&["--no-verify", "origin", "main"]);
    here.site.git(&["mv", "src/old.py", "src/renamed.py"]);
    here.site.commit("renamed");
    here.passes(&["origin", "main"]);
    here.commit("src/renamed.py", format!("first = 1\n{}", leak(11)));
    here.passes(&["origin", "main"]);
    here.commit("src/renamed.py", format!("first = 1\n{}{}", leak(11), leak(12)));
    here.fails(&["origin", "main"], "src/renamed.py:3:10");
}

#[test]
fn what_is_not_committed_is_not_judged() {
    let here = Pushing::new();
    here.commit("src/more.py", "1\n");
    here.site.write("src/untracked.py", leak(14)).write("src/more.py", leak(15));
    here.site.write("src/staged.py", leak(16)).git(&["add", "src/staged.py"]);
    here.passes(&["origin", "main"]);
    here.site.git(&["reset", "--quiet", "--hard"]);
    here.commit("src/leak.py", leak(17));
    // Clean in the worktree, not in what is pushed.
    here.site.write("src/leak.py", "1\n");
    here.fails(&["origin", "main"], "src/leak.py");
}

#[test]
fn a_merge_brings_what_it_merges() {
    let here = Pushing::new();
    here.branch("topic");
    here.commit("src/leak.py", leak(18));
    here.site.remove("src/leak.py").commit("removed");
    here.site.git(&["checkout", "--quiet", "main"]);
    here.commit("src/more.py", "1\n");
    here.site.git(&["merge", "--quiet", "--no-ff", "--message", "merge", "topic"]);
    here.fails(&["origin", "main"], "src/leak.py");
}

#[test]
fn repositories_of_sha256_are_judged() {
    let here = Pushing::of_format("sha256");
    here.commit("src/more.py", "1\n");
    here.passes(&["origin", "main"]);
    here.branch("topic");
    here.commit("src/leak.py", leak(19));
    here.site.remove("src/leak.py").commit("removed");
    here.fails(&["origin", "topic"], "src/leak.py");
    here.fails(&["--all", "origin"], "src/leak.py");
    here.site.git(&["checkout", "--quiet", "main"]);
    here.site.git(&["branch", "good"]);
    here.passes(&["origin", "good"]);
    here.passes(&["origin", "--delete", "good"]);
}

#[test]
fn it_works_from_a_folder_below_and_from_a_linked_worktree() {
    let here = Pushing::new();
    here.commit("src/leak.py", leak(20));
    let below = here.push_from(here.site.tree().join("src"), &["origin", "main"]);
    assert_ne!(below.code, 0, "{}", below.stderr);
    let linked = here.site.beside("linked");
    here.site.git(&["worktree", "add", "--quiet", "-b", "linked", &linked.display().to_string(), "HEAD~1"]);
    fs::write(linked.join("new.py"), leak(21)).unwrap();
    let there = linked.display().to_string();
    here.site.git(&["-C", &there, "add", "new.py"]);
    here.site.git(&["-C", &there, "commit", "--quiet", "--message", "new"]);
    let before = here.remote();
    let ran = here.push_from(linked.clone(), &["origin", "linked"]);
    assert_ne!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert!((ran.stdout + &ran.stderr).contains("new.py"));
    assert_eq!(here.remote(), before);
}

#[test]
fn a_shallow_clone_is_judged_as_far_as_it_goes() {
    let here = Pushing::new();
    for number in 0..5 {
        here.commit("src/number.py", format!("{number}\n"));
    }
    here.passes(&["origin", "main"]);
    let url = format!("file://{}", here.site.beside("remote.git").display());
    let clone = here.site.beside("clone");
    here.site.git(&["clone", "--quiet", "--depth=1", &url, &clone.display().to_string()]);
    assert_eq!(here.site.run(&["hook", "install", &clone.display().to_string()]).code, 0);
    let commit = |content: String| {
        fs::write(clone.join("src/new.py"), content).unwrap();
        here.site.git(&["-C", &clone.display().to_string(), "add", "--all"]);
        here.site.git(&["-C", &clone.display().to_string(), "commit", "--quiet", "--message", "new"]);
        here.push_from(clone.clone(), &["origin", "HEAD:main"])
    };
    let clean = commit("1\n".to_owned());
    assert_eq!(clean.code, 0, "{}\n{}", clean.stdout, clean.stderr);
    let leaking = commit(leak(23));
    assert_ne!(leaking.code, 0, "{}\n{}", leaking.stdout, leaking.stderr);
    assert!(leaking.stdout.contains("src/new.py"), "{}", leaking.stdout);
}

#[test]
fn the_policy_in_force_is_that_of_the_branch_it_lands_on() {
    let here = Pushing::new();
    here.commit("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\ngate:\n  fail-on: high\n");
    here.passes(&["origin", "main"]);
    here.branch("lax");
    here.site.write("src/leak.py", leak(22));
    here.commit("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\ngate:\n  fail-on: never\n");
    here.fails(&["origin", "lax"], "gate.fail-on");
}

#[test]
fn what_cannot_be_looked_at_stays() {
    let here = Pushing::new();
    here.commit("requirements.txt", "flask==2.2.4\n");
    here.fails(&["origin", "main"], "sluicegate db update");
    here.commit("sluicegate.yaml", "version: 1\nstagez: {}\n");
    here.fails(&["origin", "main"], "sluicegate.yaml:2:1");
}

#[test]
fn without_the_program_nothing_goes() {
    let here = Pushing::new();
    here.commit("src/more.py", "1\n");
    fs::remove_file(here.site.home().join("bin/sluicegate")).unwrap();
    here.fails(&["origin", "main"], "sluicegate is not on PATH");
}

#[test]
fn it_is_installed_where_git_looks_and_taken_away_again() {
    for folder in [None, Some("githooks"), Some("/absolute")] {
        let site = Site::repository();
        let absolute = site.beside("hooks");
        let hook = match folder {
            None => site.tree().join(".git/hooks/pre-push"),
            Some("githooks") => {
                site.git(&["config", "core.hooksPath", "githooks"]);
                site.tree().join("githooks/pre-push")
            }
            Some(_) => {
                site.git(&["config", "core.hooksPath", &absolute.display().to_string()]);
                absolute.join("pre-push")
            }
        };
        let asked = site.git(&["rev-parse", "--git-path", "hooks/pre-push"]);
        assert_eq!(site.tree().join(asked), hook, "that is where git looks");
        for _ in 0..2 {
            assert_eq!(site.run(&["hook", "install"]).code, 0);
        }
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&hook).unwrap().permissions().mode() & 0o777, 0o755);
        let removed = site.run(&["hook", "uninstall"]);
        assert_eq!((removed.code, hook.exists()), (0, false), "{}", removed.stderr);
        let again = site.run(&["hook", "uninstall"]);
        assert_eq!(again.code, 2, "{}", again.stderr);
    }
}

#[test]
fn a_hook_of_somebody_else_stays() {
    let site = Site::repository();
    let hook = site.tree().join(".git/hooks/pre-push");
    let theirs: [&[u8]; 3] = [b"#!/bin/sh\nexit 0\n", b"", b"#!/bin/sh\necho caf\xe9\n"];
    for content in theirs {
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        fs::write(&hook, content).unwrap();
        let refused = site.run(&["hook", "install"]);
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains("help: call `sluicegate hook pre-push"), "{}", refused.stderr);
        assert_eq!(site.run(&["hook", "uninstall"]).code, 2);
        assert_eq!(fs::read(&hook).unwrap(), content);
        assert_eq!(site.run(&["hook", "install", "--force"]).code, 0);
        assert!(fs::read_to_string(&hook).unwrap().contains("sluicegate hook pre-push"));
    }
}

#[test]
fn outside_a_repository_there_is_nothing_to_install() {
    let site = Site::new();
    let ran = site.run(&["hook", "install"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

//! The hook and the list that git hands it: all of it counts, whatever stands in it.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what does not hold ends the test")]

use std::io::Write as _;
use std::process::Stdio;

use tests::{Ran, Site, token};

/// A repository with a clean commit and one that leaks.
struct Here {
    site: Site,
    clean: String,
    leaking: String,
}

impl Here {
    fn new() -> Self {
        let site = Site::repository();
        site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\n");
        let clean = site.commit("clean");
        site.git(&["checkout", "--quiet", "-b", "leaking"]);
        site.write("leak.py", format!("token = \"{}\"\n", token(1)));
        let leaking = site.commit("leaking");
        site.git(&["checkout", "--quiet", "main"]);
        Self { site, clean, leaking }
    }

    /// Hands the hook a list, as git does.
    fn hook(&self, list: &str, more: &[&str]) -> Ran {
        self.hook_to("origin", list, more)
    }

    fn hook_to(&self, remote: &str, list: &str, more: &[&str]) -> Ran {
        let mut command = self.site.command(&["hook", "pre-push", remote, "url"]);
        command.args(more).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // The hook may end before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(list.as_bytes());
        Ran::of(child.wait_with_output().unwrap())
    }
}

fn line(name: &str, object: &str) -> String {
    format!("refs/heads/{name} {object} refs/heads/{name} {}\n", "0".repeat(40))
}

#[test]
fn a_list_too_long_is_refused_and_not_cut() {
    let here = Here::new();
    // Deletions bring nothing to check, and there may be many.
    let zero = "0".repeat(40);
    let deletion = format!("(delete) {zero} refs/heads/{} {}\n", "x".repeat(60_000), here.clean);
    let leak = line("leaking", &here.leaking);
    let ran = here.hook(&(deletion.repeat(300) + &leak), &[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("longer than 16777216 bytes"), "{}", ran.stderr);
    // One that just fits is read to its end.
    let fits = (16 << 20) / deletion.len();
    let ran = here.hook(&(deletion.repeat(fits - 1) + &leak), &[]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
}

#[test]
fn what_is_no_commit_stays_and_the_others_are_checked() {
    let here = Here::new();
    let tree = here.site.git(&["rev-parse", "main^{tree}"]);
    let blob = here.site.git(&["rev-parse", "main:sluicegate.yaml"]);
    for object in [tree, blob, "1".repeat(40)] {
        let alone = here.hook(&line("odd", &object), &[]);
        assert_eq!(alone.code, 3, "{}", alone.stderr);
        assert!(alone.stderr.contains("refs/heads/odd names no commit"), "{}", alone.stderr);
        let list = [line("odd", &object), line("leaking", &here.leaking), line("main", &here.clean)].concat();
        let ran = here.hook(&list, &[]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stdout.contains("leak.py:1:10"), "{}", ran.stdout);
        assert!(ran.stderr.contains("checking refs/heads/main"), "{}", ran.stderr);
    }
    assert_eq!(here.hook(&line("main", &here.clean), &[]).code, 0);
}

#[test]
fn it_writes_no_file_and_is_quiet_when_told() {
    let here = Here::new();
    here.site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\nreport: { text: report.txt }\n");
    let commit = here.site.commit("report");
    let ran = here.hook(&line("main", &commit), &["-q"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(!here.site.tree().join("report.txt").exists());
    for command in [["-q", "hook", "install"], ["-q", "hook", "uninstall"]] {
        let ran = here.site.run(&command);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{command:?}");
    }
}

#[test]
fn what_cannot_be_read_names_its_ref_and_the_others_are_checked() {
    let here = Here::new();
    here.site.write("sluicegate.yaml", "version: 1\nstagez: {}\n");
    here.site.git(&["checkout", "--quiet", "-b", "wrong"]);
    let wrong = here.site.commit("wrong");
    let ran = here.hook(&[line("wrong", &wrong), line("leaking", &here.leaking)].concat(), &[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("sluicegate.yaml:2:1") && ran.stdout.contains("leak.py:1:10"), "{ran:?}");
}

/// What one remote has is no secret to it, and may be one to another.
#[test]
fn what_another_remote_has_is_new_to_this_one() {
    let here = Here::new();
    let site = &here.site;
    site.git(&["checkout", "--quiet", "leaking"]);
    site.remove("leak.py");
    let removed = site.commit("removed");
    for name in ["origin", "public"] {
        site.git(&["remote", "add", name, "url"]);
    }
    site.git(&["update-ref", "refs/remotes/origin/main", &removed]);
    site.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    let push = |remote: &str, known: &str| {
        let list = format!("refs/heads/main {removed} refs/heads/main {known}\n");
        here.hook_to(remote, &list, &[])
    };
    assert_eq!(push("origin", &removed).code, 0);
    for known in ["0".repeat(40), here.clean.clone()] {
        let ran = push("public", &known);
        assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("leak.py"), "{}", ran.stdout);
    }
    // It has what leaks: nothing is brought to it.
    site.git(&["update-ref", "refs/remotes/public/main", &removed]);
    assert_eq!(push("public", &removed).code, 0);
}

/// Grafts hold in this clone alone, and a push takes none along.
#[test]
fn a_history_that_is_grafted_is_refused() {
    let here = Here::new();
    let grafts = here.site.tree().join(".git/info/grafts");
    std::fs::create_dir_all(grafts.parent().unwrap()).unwrap();
    std::fs::write(&grafts, format!("{}\n", here.leaking)).unwrap();
    let ran = here.hook(&line("main", &here.clean), &[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("gives commits other parents than they have"), "{}", ran.stderr);
    std::fs::write(&grafts, "").unwrap();
    assert_eq!(here.hook(&line("main", &here.clean), &[]).code, 0);
}

/// A branch with a root of its own has nothing to be compared with: all of it is new.
#[test]
fn a_branch_without_common_history_is_checked_as_a_whole() {
    let here = Here::new();
    here.site.git(&["remote", "add", "origin", "url"]);
    here.site.git(&["update-ref", "refs/remotes/origin/main", &here.clean]);
    here.site.git(&["checkout", "--quiet", "--orphan", "pages"]);
    here.site.write("page.html", "<p>shop</p>\n");
    let pages = here.site.commit("pages");
    let clean = here.hook(&line("pages", &pages), &[]);
    assert_eq!(clean.code, 0, "{}", clean.stderr);
    let note = "the commit has no history in common with main: everything in it is new";
    assert!(clean.stdout.contains(note), "{}", clean.stdout);
    here.site.write("leak.py", format!("token = \"{}\"\n", token(2)));
    let leaking = here.site.commit("leak");
    assert_eq!(here.hook(&line("pages", &leaking), &[]).code, 1);
}

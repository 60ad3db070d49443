//! Whatever git or the file system makes of a tree: what is in it is looked at, what is outside is not, and what cannot be
//! looked at is said.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: what does not hold ends the test"
)]
#![cfg(unix)]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{Site, leak};

/// A repository whose section is `secrets` and no other.
fn repository() -> Site {
    with_policy(Site::repository())
}

fn with_policy(site: Site) -> Site {
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: { history: all }\n");
    site
}

/// Returns the places of the findings in a tree, and the gaps with their places.
fn said(report: &Value) -> (Vec<String>, Vec<String>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |name: &str| report[name].as_array().unwrap().clone();
    let of_tree = |finding: &&Value| finding["subject"] == "tree";
    let findings = list("findings");
    let places = findings.iter().filter(of_tree).map(|finding| text(&finding["location"]["path"])).collect();
    let gaps = list("gaps");
    let gaps =
        gaps.iter().map(|gap| format!("{} {}", text(&gap["code"]), text(&gap["path"])).trim().to_owned());
    (places, gaps.collect())
}

/// Runs on `path` and compares the exit code, the places of secrets in the tree, and the gaps.
fn check(site: &Site, arguments: &[&str], code: i32, places: &[&str], gaps: &[&str]) -> Value {
    let (ended, report) = site.report(&[&["--offline"], arguments].concat());
    let (found, open) = said(&report);
    assert_eq!((found, open), (owned(places), owned(gaps)), "{report:#}");
    assert_eq!(ended, code, "{report:#}");
    report
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// How many files a stage counted under a word.
fn counted(report: &Value, what: &str) -> u64 {
    let stages = report["stages"].as_array().unwrap();
    let tree = stages.iter().find(|stage| stage["id"] == "secrets" && stage["subject"] == "tree");
    tree.and_then(|stage| stage["counted"][what].as_u64()).unwrap_or(0)
}

#[test]
fn a_bare_repository_is_its_head() {
    let site = repository();
    site.write("src/leak.py", leak(1)).commit("leak");
    let bare = site.beside("bare.git").display().to_string();
    site.git(&["clone", "--quiet", "--bare", ".", &bare]);
    check(&site, &[&bare], 1, &["src/leak.py"], &[]);
    site.git(&["-C", &bare, "update-ref", "-d", "HEAD"]);
    let without = site.run(&["run", "--offline", &bare]);
    assert!([2, 3].contains(&without.code), "{}", without.stdout);
}

#[test]
fn a_linked_worktree_is_a_tree_of_its_own() {
    let site = repository();
    site.write("src/first.py", leak(2)).commit("leak");
    let linked = site.beside("linked");
    site.git(&["worktree", "add", "--quiet", "-b", "other", &linked.display().to_string()]);
    fs::remove_file(linked.join("src/first.py")).unwrap();
    fs::write(linked.join("src/second.py"), leak(3)).unwrap();
    check(&site, &[&linked.display().to_string()], 1, &["src/second.py"], &[]);
    check(&site, &[], 1, &["src/first.py"], &[]);
}

#[test]
fn a_submodule_that_is_not_checked_out_is_a_gap() {
    let (inner, outer) = (Site::repository(), repository());
    inner.write("lib.py", leak(4)).commit("library");
    let url = inner.tree().display().to_string();
    outer.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "library"]);
    outer.commit("submodule");
    check(&outer, &[], 1, &["library/lib.py"], &[]);
    let clone = outer.beside("clone").display().to_string();
    outer.git(&["clone", "--quiet", ".", &clone]);
    let report = check(&outer, &[&clone], 3, &[], &["submodule library"]);
    assert_eq!(report["gaps"][0]["kind"], "unread");
    assert!(
        report["gaps"][0]["hint"].as_str().unwrap().contains("git submodule update --init"),
        "{report:#}"
    );
}

/// What is told of a link that leads nowhere.
const DANGLING: &[&str] = &["link-target dangling"];

#[test]
fn links_are_not_followed() {
    let site = repository();
    fs::create_dir(site.beside("outside")).unwrap();
    fs::write(site.beside("outside/leak.py"), leak(5)).unwrap();
    site.write("src/inside.py", leak(6));
    let tree = site.tree();
    symlink(site.beside("outside/leak.py"), tree.join("file.py")).unwrap();
    symlink(site.beside("outside"), tree.join("folder")).unwrap();
    symlink("../outside/leak.py", tree.join("up.py")).unwrap();
    symlink("src/inside.py", tree.join("again.py")).unwrap();
    symlink(".", tree.join("loop")).unwrap();
    symlink("nowhere", tree.join("dangling")).unwrap();
    for _ in 0..2 {
        check(&site, &[], 1, &["src/inside.py"], DANGLING);
        site.commit("links");
    }
    // Through a link, the folder given is still the tree.
    symlink(&tree, site.beside("entry")).unwrap();
    check(&site, &[&site.beside("entry").display().to_string()], 1, &["src/inside.py"], DANGLING);
}

#[test]
fn names_that_are_no_utf8_are_read_and_written_out() {
    let site = repository();
    let name = OsStr::from_bytes(b"caf\xe9.py");
    fs::write(site.tree().join(name), leak(7)).unwrap();
    check(&site, &[], 1, &["caf\\xe9.py"], &[]);
    site.commit("leak");
    check(&site, &[], 1, &["caf\\xe9.py"], &[]);
    fs::remove_file(site.tree().join(name)).unwrap();
    site.commit("removed");
    let (code, report) = site.report(&["--offline"]);
    assert_eq!(
        (code, report["findings"][0]["location"]["path"].as_str()),
        (1, Some("caf\\xe9.py")),
        "{report:#}"
    );
    fs::create_dir(site.tree().join(OsStr::from_bytes(b"\xff\xfe"))).unwrap();
    fs::write(site.tree().join(OsStr::from_bytes(b"\xff\xfe/leak.py")), leak(28)).unwrap();
    check(&site, &[], 1, &["\\xff\\xfe/leak.py"], &[]);
}

#[test]
fn what_is_no_file_is_not_opened() {
    let site = repository();
    site.write("src/leak.py", leak(8));
    let made = site.bare("mkfifo").args(["pipe", "requirements.txt"]).status().unwrap();
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(site.tree().join("socket")).unwrap();
    let mut command = site.command(&["run", "--offline", "--format", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("the run waits for somebody to write into the pipe");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let report: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    let gaps = ["special-file pipe", "special-file requirements.txt", "special-file socket"];
    assert_eq!(said(&report), (owned(&["src/leak.py"]), owned(&gaps)));
}

#[test]
fn a_sparse_checkout_is_a_gap() {
    let site = repository();
    site.write("here/leak.py", leak(9)).write("there/more.py", "1\n").commit("both");
    let clone = site.beside("sparse").display().to_string();
    site.git(&["clone", "--quiet", "--no-checkout", ".", &clone]);
    site.git(&["-C", &clone, "sparse-checkout", "set", "here"]);
    site.git(&["-C", &clone, "checkout", "--quiet", "main"]);
    assert!(!Path::new(&clone).join("there").exists());
    check(&site, &[&clone], 1, &["here/leak.py"], &["sparse-checkout"]);
    fs::write(Path::new(&clone).join("here/leak.py"), "1\n").unwrap();
    let (code, report) = site.report(&["--offline", "--stage", "secrets", &clone]);
    // The history still has it.
    assert_eq!(code, 1, "{report:#}");
    let clean = repository();
    clean.write("here/a.py", "1\n").write("there/b.py", "1\n").commit("both");
    clean.git(&["sparse-checkout", "set", "here"]);
    check(&clean, &[], 3, &[], &["sparse-checkout"]);
}

#[test]
fn a_repository_of_sha256_is_read_whole() {
    let site = Site::new();
    site.git(&["init", "--quiet", "--initial-branch=main", "--object-format=sha256"]);
    let site = with_policy(site);
    site.write("old.py", leak(10)).commit("old");
    site.remove("old.py").write("src/leak.py", leak(11)).commit("new");
    for _ in 0..2 {
        let report = check(&site, &[], 1, &["src/leak.py"], &[]);
        let in_history =
            report["findings"].as_array().unwrap().iter().filter(|found| found["subject"] != "tree");
        let paths: Vec<&str> = in_history.map(|found| found["location"]["path"].as_str().unwrap()).collect();
        assert_eq!(paths, ["old.py"], "{report:#}");
        // The second time, everything lies in one pack.
        site.git(&["gc", "--quiet", "--aggressive", "--prune=now"]);
    }
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\n").commit("policy");
    site.git(&["checkout", "--quiet", "-b", "change"]);
    site.write("src/more.py", "1\n").commit("more");
    let (code, report) = site.report(&["--offline", "--since", "main"]);
    assert_eq!((code, report["findings"][0]["state"].as_str()), (0, Some("unchanged")), "{report:#}");
}

#[test]
fn a_huge_file_is_a_gap() {
    let site = repository();
    let mut file = File::create(site.tree().join("dump.sql")).unwrap();
    file.write_all(leak(12).as_bytes()).unwrap();
    file.seek(SeekFrom::Start(200 << 20)).unwrap();
    file.write_all(leak(13).as_bytes()).unwrap();
    site.write("src/leak.py", leak(14));
    let report = check(&site, &[], 1, &["src/leak.py"], &["unreadable dump.sql"]);
    assert_eq!(report["gaps"][0]["kind"], "unread");
    let size = file.metadata().unwrap().len();
    assert!(report["gaps"][0]["reason"].as_str().unwrap().contains(&size.to_string()), "{report:#}");
    site.remove("src/leak.py");
    check(&site, &[], 3, &[], &["unreadable dump.sql"]);
}

#[test]
fn binary_files_are_counted() {
    let site = repository();
    site.write("logo.png", [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], &[0; 64], leak(15).as_bytes()].concat());
    site.write("empty.txt", "").write("src/app.py", "1\n");
    let report = check(&site, &[], 0, &[], &[]);
    assert_eq!((counted(&report, "binary"), counted(&report, "scanned")), (1, 4), "{report:#}");
}

#[test]
fn a_folder_of_a_repository_is_a_tree() {
    let site = repository();
    site.write(".gitignore", "*.log\n").write("src/sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\n");
    site.write("src/deep/leak.py", leak(16))
        .write("other/leak.py", leak(17))
        .write("src/hidden.log", leak(18));
    check(&site, &["src"], 1, &["deep/leak.py"], &[]);
    site.commit("all");
    check(&site, &["src"], 1, &["deep/leak.py"], &[]);
    let ran = site.run(&["run", "--offline", "--since", "main", "src"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("a change is judged as a whole"), "{}", ran.stderr);
}

#[test]
fn a_repository_without_commits_is_its_files() {
    let site = repository();
    site.write("src/leak.py", leak(19));
    check(&site, &[], 1, &["src/leak.py"], &[]);
    let ran = site.run(&["run", "--offline", "--since", "main"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
}

#[test]
fn ignored_files_are_looked_at_when_asked_for() {
    let site = repository();
    site.write(".gitignore", "/local/\n*.env\n").write("local/leak.py", leak(20)).write("shop.env", leak(21));
    check(&site, &[], 0, &[], &[]);
    check(&site, &["--include-ignored"], 1, &["local/leak.py", "shop.env"], &[]);
    site.git(&["add", "--force", "shop.env"]);
    check(&site, &[], 1, &["shop.env"], &[]);
}

#[test]
fn a_repository_inside_another_is_looked_at() {
    let site = repository();
    let inner = site.tree().join("vendor/inner").display().to_string();
    site.git(&["init", "--quiet", &inner]);
    site.write("vendor/inner/leak.py", leak(22)).write("vendor/inner/.gitignore", "hidden.py\n");
    site.write("vendor/inner/hidden.py", leak(23));
    check(&site, &[], 1, &["vendor/inner/leak.py"], &[]);
}

#[test]
fn deep_folders_and_long_names_are_read() {
    let site = repository();
    let deep = "d/".repeat(300);
    let long = "n".repeat(250);
    site.write(&format!("{deep}leak.py"), leak(24)).write(&long, leak(25));
    let places = [format!("{deep}leak.py"), long];
    check(&site, &[], 1, &places.each_ref().map(String::as_str), &[]);
    site.commit("deep");
    check(&site, &[], 1, &places.each_ref().map(String::as_str), &[]);
}

/// Runs on `clone` and returns the paths of what its history holds.
fn history(site: &Site, clone: &str) -> (i32, Vec<String>, Vec<String>) {
    let (code, report) = site.report(&["--offline", clone]);
    let findings = report["findings"].as_array().unwrap().clone();
    let in_history = findings.iter().filter(|finding| finding["subject"] != "tree");
    let paths = in_history.map(|finding| finding["location"]["path"].as_str().unwrap().to_owned()).collect();
    (code, paths, said(&report).1)
}

#[test]
fn a_history_is_read_however_it_is_stored() {
    let site = repository();
    for number in 0..10 {
        site.write("notes.txt", format!("{number}\n{}", "text\n".repeat(200))).commit("notes");
    }
    site.write("leak.py", leak(26)).commit("leak");
    site.remove("leak.py").commit("removed");
    site.git(&["branch", "side", "HEAD~1"]);
    let tree = site.tree().display().to_string();
    let expected = (1, owned(&["leak.py"]), owned(&[]));
    assert_eq!(history(&site, &tree), expected, "loose objects");
    site.git(&["gc", "--quiet", "--aggressive", "--prune=now"]);
    assert_eq!(history(&site, &tree), expected, "one pack");
    site.write("more.txt", "1\n").commit("more");
    site.git(&["repack", "--quiet", "-d"]);
    site.git(&["multi-pack-index", "write"]);
    site.git(&["commit-graph", "write", "--reachable"]);
    site.git(&["pack-refs", "--all"]);
    assert_eq!(history(&site, &tree), expected, "two packs with an index over both");
    let shared = site.beside("shared").display().to_string();
    site.git(&["clone", "--quiet", "--shared", ".", &shared]);
    assert_eq!(history(&site, &shared), expected, "objects of another repository");
}

#[test]
fn what_is_counted_of_a_history_is_the_same_however_it_is_stored() {
    let site = repository();
    let fake = leak(30).replace("ghp_", "ghp_0");
    let odd = fake.get(..51).unwrap_or_default().to_owned() + "\"\npassword = \"changeme\"\n";
    for number in 0..10 {
        site.write("a.py", format!("{}{odd}x = {number}\n", "text\n".repeat(200)));
        site.write("b.bin", [&[0; 999][..], &[number]].concat()).commit("more");
    }
    let of_commits = || {
        let report = site.report(&["--offline"]).1;
        let stages = report["stages"].as_array().unwrap().clone();
        let counted = |subject: &str| {
            let stage = stages.iter().find(|stage| stage["id"] == "secrets" && stage["subject"] == subject);
            stage.map(|stage| stage["counted"].clone()).unwrap_or_default()
        };
        (counted("commits"), counted("tree"))
    };
    let loose = of_commits();
    assert_eq!(loose.0, serde_json::json!({ "commits": 10, "also-in-the-tree": 1 }));
    assert!(
        loose.1["placeholder"].as_u64() > Some(0) || loose.1["proven-fake"].as_u64() > Some(0),
        "{loose:?}"
    );
    site.git(&["gc", "--quiet", "--aggressive", "--prune=now"]);
    assert_eq!(of_commits(), loose, "one pack");
}

#[test]
fn a_history_that_is_not_all_here_is_said() {
    let site = repository();
    for number in 0..3 {
        site.write("leak.py", leak(27 + number)).commit("leak");
    }
    site.remove("leak.py").commit("removed");
    let url = format!("file://{}", site.tree().display());
    let shallow = site.beside("shallow").display().to_string();
    site.git(&["clone", "--quiet", "--depth=1", &url, &shallow]);
    let (code, paths, gaps) = history(&site, &shallow);
    assert_eq!((code, paths), (3, vec![]), "{gaps:?}");
    assert_eq!(gaps, ["shallow-history"]);
    let text = site.run(&["run", "--offline", &shallow]).stdout;
    assert!(text.contains("history is cut at 1 commit\n"), "{text}");
    assert!(
        text.contains("git fetch --unshallow (GitHub: fetch-depth: 0; GitLab: GIT_DEPTH: \"0\")"),
        "{text}"
    );
    site.git(&["config", "uploadpack.allowFilter", "true"]);
    let partial = site.beside("partial").display().to_string();
    site.git(&["clone", "--quiet", "--filter=blob:none", &url, &partial]);
    let (code, paths, gaps) = history(&site, &partial);
    assert_eq!((code, paths), (3, vec![]), "{gaps:?}");
    assert_eq!(gaps, ["missing-objects"]);
}

#[test]
fn a_tag_of_a_file_is_said() {
    let site = repository();
    site.write("leak.py", leak(31));
    let blob = site.git(&["hash-object", "-w", "leak.py"]);
    site.remove("leak.py").commit("start");
    site.git(&["tag", "-a", "-m", "key", "key", &blob]);
    check(&site, &[], 0, &[], &["tagged-content"]);
}

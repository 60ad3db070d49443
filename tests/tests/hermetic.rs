//! What a stage did not declare reruns nothing, what it declared reruns only what depends on it, and content alone decides:
//! not times, not places.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests: what does not hold ends the test"
)]

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tests::{Advisory, Ran, Site, token};

const FLASK: Advisory =
    Advisory { ecosystem: "PyPI", package: "flask", id: "TEST-2026-0001", introduced: "0", fixed: "2.2.5" };

/// A repository with lockfiles, advisories, and a run behind it.
fn shop() -> Site {
    let site = Site::repository();
    site.database(&[FLASK, Advisory { ecosystem: "npm", package: "left-pad", ..FLASK }]);
    site.write(
        "sluicegate.yaml",
        "version: 1\nstages:\n  secrets: { history: all }\n  inventory: {}\n  dependencies: {}\n",
    );
    site.write("requirements.txt", "flask==2.2.5\n").write("src/app.py", "print('shop')\n");
    site.commit("start");
    assert_eq!(
        rerun(&site),
        ["secrets commits", "secrets tree", "inventory tree", "dependencies tree"]
            .map(str::to_owned)
            .into_iter()
            .collect()
    );
    site
}

type Stages = std::collections::BTreeSet<String>;

/// Runs with more of the command line or the environment; returns the stages that the cache did not answer for.
fn rerun_with(site: &Site, arguments: &[&str], environment: &[(&str, &str)]) -> Stages {
    let mut command =
        site.command(&[&["run", "--offline", "--timings", "--format", "json"], arguments].concat());
    let ran = Ran::of(command.envs(environment.iter().copied()).output().unwrap());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    let stages = report["stages"].as_array().unwrap();
    let live = stages.iter().filter(|stage| stage["cached"] == false);
    // A subject of commits is named with its ends.
    let kind =
        |stage: &Value| stage["subject"].as_str().unwrap().split(' ').next().unwrap_or_default().to_owned();
    live.map(|stage| format!("{} {}", stage["id"].as_str().unwrap(), kind(stage))).collect()
}

fn rerun(site: &Site) -> Stages {
    rerun_with(site, &[], &[])
}

#[track_caller]
fn check(site: &Site, expected: &[&str]) {
    assert_eq!(rerun(site), expected.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(rerun(site), Stages::new(), "the second time, nothing has changed");
}

#[test]
fn nothing_changed_reruns_nothing() {
    check(&shop(), &[]);
}

#[test]
fn a_file_reruns_only_who_declared_it() {
    let site = shop();
    site.write("src/app.py", "print('more')\n");
    check(&site, &["secrets tree"]);
    site.write("src/new.py", "1\n");
    check(&site, &["secrets tree"]);
    site.remove("src/new.py");
    // As it was before: the older answer is still there.
    check(&site, &[]);
    site.write(".gitignore", "*.log\n");
    check(&site, &["secrets tree"]);
    site.write("build.log", "ignored, so nobody sees it\n");
    check(&site, &[]);
}

#[test]
fn a_lockfile_with_the_same_packages_stops_at_the_inventory() {
    let site = shop();
    site.write("requirements.txt", "flask==2.2.5\n\n# A comment at the end.\n");
    check(&site, &["secrets tree", "inventory tree"]);
    site.write("requirements.txt", "flask==2.2.6\n");
    check(&site, &["secrets tree", "inventory tree", "dependencies tree"]);
}

#[test]
fn a_commit_reruns_what_reads_commits() {
    let site = shop();
    site.commit("nothing new in the tree");
    check(&site, &["secrets commits"]);
}

#[test]
fn a_section_reruns_its_stage() {
    let site = shop();
    let text = fs::read_to_string(site.tree().join("sluicegate.yaml")).unwrap();
    site.write("sluicegate.yaml", text.replace("dependencies: {}", "dependencies: { scopes: [runtime] }"));
    // The pipeline file is a file of the tree, too.
    check(&site, &["secrets tree", "dependencies tree"]);
    site.write("sluicegate.yaml", text.replace("history: all", "history: all, threshold: 80"));
    check(&site, &["secrets commits", "secrets tree"]);
    site.write("sluicegate.yaml", format!("{text}gate:\n  fail-on: low\n"));
    check(&site, &["secrets tree"]);
}

#[test]
fn advisories_rerun_who_opened_them() {
    let site = shop();
    site.database(&[Advisory { ecosystem: "npm", package: "right-pad", ..FLASK }, FLASK]);
    check(&site, &[]);
    site.database(&[Advisory { fixed: "2.2.4", ..FLASK }]);
    check(&site, &["dependencies tree"]);
}

#[test]
fn environment_and_threads_rerun_nothing() {
    let site = shop();
    let with = |arguments: &[&str], environment: &[(&str, &str)]| rerun_with(&site, arguments, environment);
    assert_eq!(with(&[], &[("SHOP", "open"), ("LANG", "de_DE.UTF-8"), ("TZ", "Asia/Tokyo")]), Stages::new());
    assert_eq!(with(&["--jobs", "1"], &[]), Stages::new());
    assert_eq!(with(&["--all", "--min-severity", "low"], &[]), Stages::new());
}

/// Sets the time of every file below a folder.
fn touch(folder: &Path, time: SystemTime) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() == ".git" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            touch(&entry.path(), time);
        } else {
            File::options().append(true).open(entry.path()).unwrap().set_modified(time).unwrap();
        }
    }
}

#[test]
fn times_of_files_do_not_matter() {
    let site = shop();
    for days in [0, 400, 9000] {
        touch(&site.tree(), SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400));
        check(&site, &[]);
    }
    touch(&site.tree(), SystemTime::now() + Duration::from_secs(86_400));
    check(&site, &[]);
}

#[test]
fn content_matters_when_size_and_time_are_as_before() {
    let site = shop();
    let secret = format!("token = \"{}\"\n", token(1));
    let harmless = format!("label = \"{}\"\n", "x".repeat(secret.len() - 11));
    assert_eq!(secret.len(), harmless.len());
    site.write("src/app.py", &harmless).commit("harmless");
    let path = site.tree().join("src/app.py");
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    for _ in 0..5 {
        assert_eq!(site.report(&["--offline"]).0, 0);
        site.write("src/app.py", &secret);
        File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        assert_eq!(site.report(&["--offline"]).0, 1);
        site.write("src/app.py", &harmless);
        File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        site.git(&["status"]);
    }
}

/// Runs as a CI job does: another user, another place, the cache folder restored, and a key of its own or none.
fn job(site: &Site, name: &str, key: Option<&str>) -> (Stages, Site) {
    let runner = Site::new();
    let clone = runner.beside(name);
    runner.git(&["clone", "--quiet", &site.tree().display().to_string(), &clone.display().to_string()]);
    runner.database(&[FLASK]);
    let cache = runner.beside("restored");
    let copied = runner.bare("cp").args(["-r"]).arg(site.beside("cache")).arg(&cache).status().unwrap();
    assert!(copied.success());
    let arguments = ["--cache-dir", &cache.display().to_string(), &clone.display().to_string()];
    let key = key.map(|key| ("SLUICEGATE_CACHE_KEY", key));
    let environment: Vec<(&str, &str)> = [("CI", "true")].into_iter().chain(key).collect();
    (rerun_with(&runner, &arguments, &environment), runner)
}

#[test]
fn a_restored_cache_answers_where_its_key_is_known() {
    let site = shop();
    let cache = site.beside("cache").display().to_string();
    rerun_with(&site, &["--cache-dir", &cache], &[("SLUICEGATE_CACHE_KEY", "of the CI")]);
    assert_eq!(job(&site, "here", Some("of the CI")).0, Stages::new());
    let all = ["secrets commits", "secrets tree", "inventory tree", "dependencies tree"];
    let all: Stages = all.map(str::to_owned).into_iter().collect();
    assert_eq!(job(&site, "here", Some("of a stranger")).0, all);
    assert_eq!(job(&site, "here", None).0, all);
}

#[test]
fn a_cache_that_ci_keeps_apart_answers_where_the_policy_says_so() {
    let site = shop();
    let text = fs::read_to_string(site.tree().join("sluicegate.yaml")).unwrap();
    site.write("sluicegate.yaml", format!("{text}cache: {{ trust: scoped }}\n")).commit("scoped");
    let cache = site.beside("cache").display().to_string();
    rerun_with(&site, &["--cache-dir", &cache], &[("CI", "true")]);
    assert_eq!(job(&site, "here", None).0, Stages::new());
}

/// What `explain --cache` says of a stage.
fn explain(site: &Site, stage: &str) -> String {
    let ran = site.run(&["explain", stage, "--cache"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout
}

#[test]
fn one_file_of_two_thousand_rescans_one_file() {
    let site = Site::repository();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: { history: none }\n");
    for number in 0..2_000 {
        site.write(&format!("src/{}/file{number}.py", number % 40), format!("number = {number}\n"));
    }
    site.commit("start");
    assert_eq!(rerun(&site), ["secrets tree".to_owned()].into());
    assert!(explain(&site, "secrets").contains("hit: everything it read last time reads the same now"));
    site.write("src/7/file7.py", "number = -7\n");
    let before = explain(&site, "secrets");
    assert!(before.contains("  miss: ") && before.contains("  modified: src/7/file7.py\n"), "{before}");
    assert_eq!(rerun(&site), ["secrets tree".to_owned()].into());
    let after = explain(&site, "secrets");
    assert!(after.contains("last run: 2000 of 2001 per-file results reused"), "{after}");
    // A clone has other times and another place, and the same contents.
    let clone = site.beside("clone").display().to_string();
    site.commit("changed");
    site.git(&["clone", "--quiet", ".", &clone]);
    assert_eq!(rerun_with(&site, &[&clone], &[]), Stages::new());
}

#[test]
fn explain_speaks_of_the_folder_that_is_checked() {
    let site = Site::new();
    site.write("a/one.py", "1\n").write("b/two.py", "2\n").write("c/three.py", "3\n");
    let explained = |folder: &str| site.run(&["explain", "secrets", "--cache", folder]).stdout;
    for folder in ["a", "b"] {
        assert_eq!(site.run(&["run", "--offline", "--stage", "secrets", folder]).code, 0);
    }
    site.write("a/one.py", "11\n");
    let said = explained("a");
    assert!(said.contains("modified: one.py") && !said.contains("two.py"), "{said}");
    let unknown = explained("c");
    assert!(unknown.contains("nothing is kept") && !unknown.contains("two.py"), "{unknown}");
}

/// Folders that are configured alike share what is kept; which of them is dropped is said.
#[test]
fn folders_that_are_configured_alike_keep_each_other_warm() {
    let site = Site::new();
    let run = |folder: &str| {
        let told = site.run(&["run", "--offline", "--stage", "secrets", folder]);
        assert_eq!(told.code, 0, "{}", told.stderr);
    };
    let explained = |folder: &str| site.run(&["explain", "secrets", "--cache", folder]).stdout;
    let names: Vec<String> = (0..30).map(|number| format!("f{number}")).collect();
    for name in &names {
        site.write(&format!("{name}/a.py"), format!("name = '{name}'\n"));
        run(name);
    }
    for name in &names {
        assert!(explained(name).contains("  hit: "), "{name}");
    }
    for number in 0..70 {
        site.write("f29/a.py", format!("{number}\n"));
        run("f29");
    }
    let dropped = explained("f0");
    let said = "  miss: its answer was dropped to make room for newer ones; nothing has changed\n";
    assert!(dropped.contains(said) && !dropped.contains("modified"), "{dropped}");
    let plan = site.run(&["plan", "f0"]).stdout;
    assert!(plan.contains("cache: miss, dropped to make room\n"), "{plan}");
}

#[test]
fn explain_names_each_input_that_changed() {
    let site = shop();
    let check = |stage: &str, expected: &str| {
        let text = explain(&site, stage);
        assert!(text.contains(expected), "{stage}: no `{expected}` in\n{text}");
    };
    check("inventory", "hit: ");
    site.write("src/app.py", "2\n").write("src/new.py", "1\n");
    check("secrets", "  modified: src/app.py\n");
    check("secrets", "  added: src/new.py\n");
    check("inventory", "hit: ");
    site.write("requirements.txt", "flask==2.2.6\n").remove("src/app.py");
    check("inventory", "  modified: requirements.txt\n");
    check("secrets", "  removed: src/app.py\n");
    let unknown = site.run(&["explain", "nonsense", "--cache"]);
    assert_eq!(unknown.code, 2, "{}", unknown.stdout);
}

#[test]
fn a_baseline_written_after_a_kept_run_is_keyed_with_its_own_salt() {
    let site = Site::new();
    site.write("leak.py", format!("token = \"{}\"\n", token(1)));
    // The first run has no baseline, so no salt, and its results are kept.
    let bare = "version: 1\nstages:\n  secrets: {}\n";
    site.write("sluicegate.yaml", bare);
    assert_eq!(site.run(&["run", "--offline"]).code, 1);
    assert_eq!(site.run(&["baseline", "--offline", "--output", "baseline.json"]).code, 0);
    site.write("sluicegate.yaml", format!("{bare}baseline: baseline.json\n"));
    site.write("leak.py", format!("# moved\nrenamed_token = \"{}\"\n", token(1)));
    let ran = site.run(&["run", "--offline"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

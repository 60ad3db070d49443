//! A change cannot relax the gate that judges it: each way to try, and what comes of it.

#![expect(clippy::indexing_slicing, reason = "helpers of tests: what does not hold ends the test")]

use serde_json::Value;
use tests::{Site, leak};

/// The policy of the target branch in most cases.
const STRICT: &str = "version: 1\nstages:\n  secrets: {}\ngate:\n  fail-on: high\n";

/// Judges the branch by main; returns the exit code, and what was loosened, as one text.
fn judge(site: &Site) -> (i32, String, Value) {
    let ran = site.run(&["run", "--since", "main", "--offline"]);
    let (code, report) = site.report(&["--since", "main", "--offline"]);
    assert_eq!(ran.code, code, "{}\n{}", ran.stdout, ran.stderr);
    (code, ran.stdout, report)
}

/// Expects that the branch fails, and that the output lists `loosened`.
fn fails(site: &Site, loosened: &[&str]) {
    let (code, text, report) = judge(site);
    assert_eq!(code, 1, "{text}");
    assert_eq!(report["verdict"], "fail");
    for expected in loosened {
        assert!(text.contains(expected), "the output does not list `{expected}`:\n{text}");
    }
}

#[test]
fn a_clean_change_passes_and_a_leak_fails() {
    let site = Site::branched(STRICT);
    site.write("src/new.py", "print('more')\n").commit("more");
    assert_eq!(judge(&site).0, 0);
    site.write("src/leak.py", leak(1)).commit("leak");
    fails(&site, &[]);
}

#[test]
fn what_main_has_already_is_not_new() {
    let site = Site::repository();
    site.write("sluicegate.yaml", STRICT).write("old.py", leak(2)).commit("start");
    site.git(&["checkout", "--quiet", "-b", "change"]);
    site.git(&["mv", "old.py", "renamed.py"]);
    site.commit("rename");
    let (code, text, report) = judge(&site);
    assert_eq!(code, 0, "{text}");
    assert_eq!(report["findings"][0]["state"], "unchanged");
}

#[test]
fn a_raised_threshold_does_not_count() {
    let site = Site::branched(STRICT);
    site.write("sluicegate.yaml", STRICT.replace("high", "never")).write("leak.py", leak(3)).commit("relax");
    fails(&site, &["gate.fail-on"]);
}

#[test]
fn a_limit_raised_or_removed_does_not_count() {
    let policy = "version: 1\nstages:\n  secrets: {}\ngate:\n  fail-on: never\n  max: { critical: 0 }\n";
    let site = Site::branched(policy);
    site.write("sluicegate.yaml", policy.replace("  max: { critical: 0 }\n", "")).write("leak.py", leak(4));
    site.commit("relax");
    fails(&site, &["gate.max"]);
}

#[test]
fn a_rule_removed_does_not_go() {
    let rule = "  rules:\n    - { name: no-tokens, if: \"finding.stage == 'secrets'\", action: fail }\n";
    let policy = format!("{}{rule}", STRICT.replace("high", "never"));
    let site = Site::branched(&policy);
    site.write("sluicegate.yaml", policy.replace(rule, "")).write("leak.py", leak(5)).commit("relax");
    fails(&site, &["no-tokens"]);
}

#[test]
fn a_new_waiver_does_not_count() {
    let site = Site::branched(STRICT);
    let waiver = "waivers:\n  - { path: \"**\", rule: github-personal-access-token, reason: trust me, owner: me, expires: 2099-01-01 }\n";
    site.write("sluicegate.yaml", format!("{STRICT}{waiver}")).write("leak.py", leak(6)).commit("waive");
    fails(&site, &["waiver"]);
}

#[test]
fn a_new_baseline_does_not_count() {
    let site = Site::branched(STRICT);
    site.write("leak.py", leak(7)).commit("leak");
    let ran = site.run(&["baseline", "--offline", "--output", "baseline.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    site.write("sluicegate.yaml", format!("{STRICT}baseline: baseline.json\n")).commit("baseline");
    assert_eq!(site.run(&["run", "--offline"]).code, 0, "on its own terms it passes");
    fails(&site, &["baseline"]);
}

#[test]
fn a_stage_removed_runs_all_the_same() {
    let site = Site::branched(STRICT);
    site.write("sluicegate.yaml", "version: 1\nstages:\n  inventory: {}\n");
    site.write("leak.py", leak(8)).commit("remove");
    fails(&site, &["secrets"]);
}

#[test]
fn a_report_removed_or_a_cache_trusted_does_not_count() {
    let policy = format!("{STRICT}report: {{ sarif: out.sarif, json: out.json }}\n");
    let site = Site::branched(&policy);
    let relaxed =
        format!("{STRICT}report: {{ sarif: other.sarif, json: out.json }}\ncache: {{ trust: scoped }}\n");
    site.write("sluicegate.yaml", relaxed).write("leak.py", leak(20)).commit("relax");
    fails(
        &site,
        &[
            "  cache.trust: goes from own to scoped; own stays in force (sluicegate.yaml:7:1)\n",
            "  report.sarif: is no longer written to out.sarif; it still is (sluicegate.yaml:6:1)\n",
        ],
    );
    let (_, text, _) = judge(&site);
    assert!(!text.contains("report.json"), "{text}");
    assert!(site.tree().join("out.sarif").exists() && !site.tree().join("other.sarif").exists());
}

#[test]
fn a_looser_policy_to_extend_does_not_count() {
    let own = |name: &str| format!("version: 1\nextends: [{name}]\nstages:\n  secrets: {{}}\n");
    let site = Site::repository();
    let strict = STRICT.replace("high", "low");
    site.write("strict.yaml", &strict).write("lax.yaml", STRICT.replace("high", "never"));
    site.write("sluicegate.yaml", own("strict.yaml")).commit("start");
    site.git(&["checkout", "--quiet", "-b", "change"]);
    site.write("sluicegate.yaml", own("lax.yaml")).write("leak.py", leak(21)).commit("other");
    fails(&site, &["extends: no longer builds on `strict.yaml`", "gate.fail-on: goes from low to high"]);
    site.write("sluicegate.yaml", own("strict.yaml"));
    site.write("strict.yaml", STRICT.replace("high", "never")).commit("edited");
    // What a file says nothing of is as the defaults have it.
    fails(&site, &["gate.fail-on: goes from low to high"]);
}

#[test]
fn the_file_removed_changes_nothing() {
    let site = Site::branched(STRICT);
    site.remove("sluicegate.yaml").write("leak.py", leak(9)).commit("remove");
    fails(&site, &[]);
}

#[test]
fn an_allowlist_widened_does_not_count() {
    let site = Site::branched(STRICT);
    let widened = STRICT.replace("secrets: {}", "secrets: { allow: [{ path: \"**\", reason: fine }] }");
    site.write("sluicegate.yaml", widened).write("leak.py", leak(10)).commit("widen");
    fails(&site, &["secrets"]);
}

#[test]
fn an_ignore_file_widened_does_not_count() {
    let config = "title = \"rules\"\n[allowlist]\npaths = []\n";
    let policy = STRICT.replace("secrets: {}", "secrets: { gitleaks: .gitleaks.toml }");
    let site = Site::repository();
    site.write("sluicegate.yaml", &policy).write(".gitleaks.toml", config).commit("start");
    site.git(&["checkout", "--quiet", "-b", "change"]);
    site.write(".gitleaks.toml", config.replace("[]", "[\".*\"]")).write("leak.py", leak(11)).commit("widen");
    fails(&site, &["secrets"]);
}

#[test]
fn hiding_a_tracked_file_by_gitignore_does_not_hide_it() {
    let site = Site::branched(STRICT);
    site.write(".gitignore", "leak.py\n").write("leak.py", leak(12));
    site.git(&["add", "--force", "leak.py"]);
    site.commit("hide");
    fails(&site, &[]);
}

#[test]
fn a_new_inline_ignore_does_not_count_until_it_has_landed() {
    let site = Site::branched(STRICT);
    let line = leak(13).trim_end().to_owned()
        + "  # sluicegate:ignore github-personal-access-token -- never valid\n";
    site.write("leak.py", &line).commit("ignore");
    assert_eq!(site.run(&["run", "--offline"]).code, 0, "a tree is judged by its own ignores");
    fails(&site, &["ignore"]);
    site.git(&["checkout", "--quiet", "main"]);
    site.git(&["merge", "--quiet", "change"]);
    site.git(&["checkout", "--quiet", "-b", "next"]);
    site.write("more.py", "print('more')\n").commit("more");
    assert_eq!(judge(&site).0, 0);
}

#[test]
fn a_branch_cut_from_an_old_commit_is_judged_by_the_tip() {
    let lax = STRICT.replace("high", "never");
    let site = Site::repository();
    site.write("sluicegate.yaml", &lax).commit("start");
    site.git(&["checkout", "--quiet", "-b", "change"]);
    site.write("leak.py", leak(14)).commit("leak");
    site.git(&["checkout", "--quiet", "main"]);
    site.write("sluicegate.yaml", STRICT).commit("tighten");
    site.git(&["checkout", "--quiet", "change"]);
    fails(&site, &[]);
}

#[test]
fn what_a_change_tightens_counts() {
    let lax = STRICT.replace("high", "never");
    let site = Site::branched(&lax);
    site.write("sluicegate.yaml", STRICT).write("leak.py", leak(15)).commit("tighten and leak");
    fails(&site, &[]);
}

#[test]
fn a_narrowed_condition_does_not_count() {
    let site = Site::branched(STRICT);
    let narrowed = STRICT.replace("secrets: {}", "secrets: { when: { paths: [\"docs/**\"] } }");
    site.write("sluicegate.yaml", narrowed).write("leak.py", leak(16)).commit("narrow");
    fails(&site, &["when"]);
}

#[test]
fn an_organizations_policy_cannot_be_loosened() {
    let organization = "version: 1\ngate:\n  fail-on: high\n";
    let own = "version: 1\nextends: [./organization.yaml]\nstages:\n  secrets: {}\ngate:\n  fail-on: never\n";
    let site = Site::repository();
    site.write("organization.yaml", organization).write("sluicegate.yaml", own).write("leak.py", leak(17));
    site.commit("start");
    let ran = site.run(&["run", "--offline"]);
    assert_eq!(ran.code, 1, "{}\n{}", ran.stdout, ran.stderr);
}

#[test]
fn a_merge_base_that_a_shallow_clone_lacks_is_no_pass() {
    let site = Site::branched(STRICT);
    for number in 0..5 {
        site.write("src/n.py", format!("print({number})\n")).commit("more");
    }
    let clone = Site::new();
    let url = format!("file://{}", site.tree().display());
    clone.git(&["clone", "--quiet", "--depth=1", "--no-single-branch", "--branch=change", &url, "."]);
    let ran = clone.run(&["run", "--since", "origin/main", "--offline"]);
    assert_eq!(ran.code, 3, "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("--unshallow"), "{}", ran.stderr);
}

#[test]
fn a_leak_in_the_tree_and_in_its_commit_is_told_once() {
    let site = Site::branched(STRICT);
    site.write("leak.py", leak(18)).commit("leak");
    let (_, _, report) = judge(&site);
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0]["subject"], "tree");
    assert_eq!(findings[0]["related"][0]["location"]["kind"], "commit");
    site.remove("leak.py").commit("hide it");
    let (code, text, report) = judge(&site);
    assert_eq!((code, &report["findings"][0]["subject"]), (1, &"commits".into()), "{text}");
}

/// What main has in `sluicegate.yaml` that nobody can use, and what is said of it.
fn mended(broken: &str, said: &str) {
    let site = Site::branched(broken);
    site.write("sluicegate.yaml", STRICT).write("src/new.py", "1\n").commit("mend");
    let (code, text, _) = judge(&site);
    assert_eq!(code, 0, "{broken}\n{text}");
    assert!(text.contains(said), "{broken}: `{said}` is not said\n{text}");
    // The defaults stand in for it: what is less is not in force.
    site.write("sluicegate.yaml", STRICT.replace("high", "never")).write("leak.py", leak(19)).commit("relax");
    fails(&site, &[said, "gate.fail-on"]);
}

#[test]
fn a_policy_that_nobody_can_use_can_be_mended() {
    let stands_in = "the pipeline file of main cannot be used";
    mended(&format!("{STRICT}bogus: 1\n"), stands_in);
    mended(&STRICT.replace("secrets: {}", "secrets: { bogus: 1 }"), stands_in);
    mended(&STRICT.replace("fail-on: high", "fail-on: bogus"), stands_in);
    mended(&format!("{STRICT}cache: {{ trust: bogus }}\n"), stands_in);
    mended(&format!("{STRICT}extends: [./nowhere.yaml]\n"), stands_in);
    // Of these the rest is in force.
    mended(&format!("{STRICT}baseline: nowhere.json\n"), "accepts nothing, for want of its baseline");
    mended(&format!("{STRICT}trust:\n  images: []\n"), "trust: is removed");
}

#[test]
fn what_a_broken_policy_leaves_of_itself_is_in_force() {
    let strict = STRICT.replace("high", "low");
    let site = Site::branched(&format!("{strict}baseline: nowhere.json\n"));
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\ngate:\n  fail-on: never\n");
    site.write("leak.py", leak(20)).commit("relax");
    fails(&site, &["gate.fail-on", "nowhere.json"]);
    // The change's own file must be right all the same.
    site.write("sluicegate.yaml", format!("{STRICT}bogus: 1\n")).commit("break");
    assert_eq!(site.run(&["run", "--since", "main", "--offline"]).code, 2);
}

#[test]
fn a_policy_that_a_partial_clone_lacks_is_no_broken_one() {
    let site = Site::branched(&STRICT.replace("high", "low"));
    site.git(&["config", "uploadpack.allowFilter", "true"]);
    site.write("sluicegate.yaml", STRICT.replace("high", "never")).write("leak.py", leak(21)).commit("relax");
    let clone = Site::new();
    let url = format!("file://{}", site.tree().display());
    clone.git(&["clone", "--quiet", "--filter=blob:none", "--branch=change", &url, "."]);
    let ran = clone.run(&["run", "--since", "origin/main", "--offline"]);
    assert_eq!(ran.code, 3, "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("cannot read sluicegate.yaml of"), "{}", ran.stderr);
}

/// A policy of the target that names a file it does not have holds up every change: what helps is told.
#[test]
fn a_target_that_lacks_a_file_of_its_policy_says_what_helps() {
    let site = Site::branched("version: 1\nstages:\n  secrets: { rules: [rules.yaml] }\n");
    site.write("rules.yaml", tests::RULES).commit("mend");
    let ran = site.run(&["run", "--offline", "--since", "main"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("bring the target branch in order first"), "{ran:?}");
}

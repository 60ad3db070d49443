//! Which file is the policy: nobody runs by the defaults who wrote one.

use tests::{Ran, Site, token};

/// A policy that lets everything pass: by the defaults, a leak fails.
const LAX: &str = "version: 1\nstages:\n  secrets: {}\ngate:\n  fail-on: never\n";

fn leaking(file: &str) -> Site {
    let site = Site::repository();
    site.write(file, LAX).write("sub/leak.py", format!("token = \"{}\"\n", token(1)));
    site.write("other/leak.py", format!("token = \"{}\"\n", token(2)));
    site
}

/// Runs, and expects an exit code and words on either output.
fn check(site: &Site, arguments: &[&str], code: i32, said: &[&str]) -> Ran {
    let ran = site.run(&[&["run", "--offline"], arguments].concat());
    assert_eq!(ran.code, code, "{arguments:?}\n{}\n{}", ran.stdout, ran.stderr);
    for text in said {
        assert!(
            (ran.stdout.clone() + &ran.stderr).contains(text),
            "`{text}`\n{}\n{}",
            ran.stdout,
            ran.stderr
        );
    }
    ran
}

#[test]
fn a_file_that_git_ignores_is_not_passed_over() {
    let site = leaking("sluicegate.yaml");
    check(&site, &[], 0, &[]);
    site.write(".gitignore", "sluicegate.yaml\n/local/\n");
    check(&site, &[], 2, &["git ignores sluicegate.yaml", "git add --force sluicegate.yaml"]);
    check(&site, &["--include-ignored"], 0, &[]);
    site.write("local/policy.yaml", LAX);
    check(&site, &["--config", "local/policy.yaml"], 2, &["git ignores local/policy.yaml"]);
    site.git(&["add", "--force", "sluicegate.yaml"]);
    check(&site, &[], 0, &[]);
}

#[test]
fn a_file_of_a_name_like_it_is_not_passed_over() {
    for name in ["sluicegate.yml", ".sluicegate.yaml", ".sluicegate.yml"] {
        let site = leaking(name);
        let said = format!("{name} is not read: the pipeline file is called sluicegate.yaml");
        check(&site, &[], 2, &[&said, &format!("--config {name}")]);
        check(&site, &["--config", name], 0, &[]);
        site.write("sluicegate.yaml", LAX);
        check(&site, &[], 0, &[&format!("{name} is not read: sluicegate.yaml is there")]);
        site.remove("sluicegate.yaml").write(".gitignore", name);
        check(&site, &[], 2, &[&said]);
    }
}

#[test]
fn a_file_has_one_name_however_it_is_written() {
    let site = leaking("policy/lax.yaml");
    site.write("../outside.yaml", LAX);
    let absolute = site.tree().join("policy/lax.yaml").display().to_string();
    for name in ["policy/lax.yaml", "./policy/lax.yaml", "sub/../policy//lax.yaml", &absolute] {
        check(&site, &["--config", name], 0, &[]);
    }
    let outside = site.beside("outside.yaml").display().to_string();
    for name in ["../outside.yaml", &outside, "sub/../../outside.yaml", "/nowhere.yaml"] {
        check(&site, &["--config", name], 2, &["lies outside of the tree", "its target branch"]);
    }
    check(&site, &["--config", "policy/none.yaml"], 2, &["the tree has no file policy/none.yaml"]);
}

#[test]
fn a_folder_is_judged_by_the_policy_of_its_repository() {
    let site = leaking("sluicegate.yaml");
    check(&site, &["sub"], 0, &["only sub is looked at, and no history"]);
    let strict = LAX.replace("never", "high");
    site.write("sluicegate.yaml", &strict).commit("start");
    let sarif = check(&site, &["sub", "--format", "sarif"], 1, &["\"uri\": \"sub/leak.py\""]);
    assert!(!sarif.stdout.contains("other/leak.py"), "{}", sarif.stdout);
    // A change is judged by its target there too, as far as the folder goes.
    site.git(&["checkout", "--quiet", "-b", "change"]);
    site.write("other/new.py", format!("token = \"{}\"\n", token(3))).commit("elsewhere");
    check(&site, &["--since", "main", "sub"], 0, &["1 unchanged"]);
    site.write("sluicegate.yaml", LAX)
        .write("sub/new.py", format!("token = \"{}\"\n", token(4)))
        .commit("here");
    check(&site, &["--since", "main", "sub"], 1, &["gate.fail-on", "1 new, 1 unchanged"]);
    // A folder with a file of its own is a pipeline in its own right.
    site.write("sub/sluicegate.yaml", &strict);
    let own = check(&site, &["sub", "--format", "sarif"], 1, &["\"uri\": \"leak.py\""]);
    assert!(!own.stdout.contains("sub/leak.py"), "{}", own.stdout);
    check(&site, &["--since", "main", "sub"], 2, &["a change is judged as a whole"]);
    let mut pull = site.command(&["run", "--offline", "sub"]);
    pull.envs([("GITHUB_ACTIONS", "true"), ("GITHUB_BASE_REF", "main")]);
    let ran = pull.output().map(Ran::of);
    assert!(ran.as_ref().is_ok_and(|ran| ran.code == 2), "{ran:?}");
}

#[test]
fn a_pipeline_that_skips_everything_says_so() {
    let site = leaking("sluicegate.yaml");
    site.write("sluicegate.yaml", LAX.replace("{}", "{ when: { paths: [nowhere] } }"));
    let ran =
        check(&site, &[], 3, &["every stage was skipped", "no path matches `when.paths`", "sluicegate plan"]);
    assert!(!ran.stdout.contains("root of the project"), "{}", ran.stdout);
}

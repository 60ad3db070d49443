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

/// What the policy wants looked at and a part does not have is told, and of the whole history nothing is known.
#[test]
fn a_part_has_no_history_to_look_at() {
    let policy = |history: &str| format!("version: 1\nstages:\n  secrets: {{ history: {history} }}\n");
    let site = Site::repository();
    site.write("sluicegate.yaml", policy("all")).write("sub/a.py", "1\n").commit("start");
    let gaps = |more: &[&str], code: i32| {
        let (ended, report) = site.report(&[&["--offline"], more].concat());
        assert_eq!(ended, code, "{report:#}");
        let gaps = report["gaps"].as_array().unwrap().iter();
        gaps.map(|gap| format!("{} {}", gap["kind"], gap["code"])).collect::<Vec<_>>()
    };
    assert_eq!(gaps(&[], 0), [""; 0]);
    assert_eq!(gaps(&["sub"], 3), ["\"lost\" \"no-history\""]);
    // A folder with a pipeline of its own is a part too.
    site.write("own/sluicegate.yaml", policy("all")).commit("own");
    assert_eq!(gaps(&["own"], 3), ["\"lost\" \"no-history\""]);
    site.write("sluicegate.yaml", policy("outgoing")).commit("outgoing");
    assert_eq!(gaps(&["sub"], 0), [""; 0]);
    site.git(&["checkout", "--quiet", "-b", "change"]);
    site.write("sub/b.py", "2\n").commit("change");
    assert_eq!(gaps(&["--since", "main", "sub"], 0), ["\"partial\" \"no-commits\""]);
    assert_eq!(gaps(&["--since", "main"], 0), [""; 0]);
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

/// Expects of a section of `secrets` that its mistake is shown where it stands.
fn refused(site: &Site, section: &str, said: &str) {
    site.write("sluicegate.yaml", format!("version: 1\nstages:\n  secrets: {section}\n"));
    let ran = check(site, &[], 2, &[]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.trim_end()), ("", said), "{section}");
}

#[test]
fn what_a_section_names_and_is_not_there_is_a_mistake_of_the_file() {
    let site = leaking("sluicegate.yaml");
    let shown = |message: &str, section: &str, column: usize| {
        let caret = " ".repeat(column - 1);
        let meant = message.split_once("; did you mean ").map(|(_, meant)| meant.trim_end_matches('?'));
        let help =
            meant.map_or("correct line 3 of sluicegate.yaml".to_owned(), |meant| format!("write {meant}"));
        format!(
            "error[configuration]: sluicegate.yaml:3:{column}: {message}\n  |\n3 |   secrets: {section}\n  | {caret}^\n  \
             help: {help}"
        )
    };
    let check = |section: &str, column: usize, message: &str| {
        refused(&site, section, &shown(message, section, column));
    };
    check("{ disable: [bogus] }", 24, "there is no rule `bogus` to disable");
    let close = "there is no rule `github-personal-acces-token` to disable; did you mean `github-personal-access-token`?";
    check("{ disable: [json-web-token, github-personal-acces-token] }", 40, close);
    check("{ rules: [own.yaml] }", 22, "the section names `own.yaml`, and there is no such file");
    check(
        "{ gitleaks: .gitleaks.toml }",
        24,
        "the section names `.gitleaks.toml`, and there is no such file",
    );
    site.write("twice.toml", "[[rules]]\nid = 'a'\nregex = 'b'\n".repeat(2));
    check("{ gitleaks: twice.toml }", 24, "`twice.toml`: rule `a` stands twice");
    site.write("own.yaml", b"\xff");
    check("{ rules: [own.yaml] }", 22, "`own.yaml` is not UTF-8");
}

#[test]
fn a_mistake_in_a_file_of_rules_is_shown_there() {
    let site = leaking("sluicegate.yaml");
    let rule = |id: &str, pattern: &str| {
        format!(
            "- {{ id: {id}, service: Shop, title: Shop key, severity: high, kind: prefix, keywords: [shop_], \n   \
             pattern: '{pattern}', why: a, rotate: b }}\n"
        )
    };
    let own = "{ rules: [own.yaml], disable: [shop-key] }";
    site.write("own.yaml", rule("shop-key", "shop_[0-9]{8}"));
    site.write("sluicegate.yaml", LAX.replace("{}", own));
    check(&site, &[], 0, &[]);
    site.write("own.yaml", rule("shop-key", "shop_["));
    let said = [
        "error[configuration]: own.yaml:1:3: rule `shop-key`: `shop_[` is not a regular expression",
        "\n1 | - { id: shop-key",
    ];
    check(&site, &[], 2, &said);
    site.write("own.yaml", rule("shop-key", "shop_[0-9]{8}") + &rule("json-web-token", "shop_[0-9]{9}"));
    check(&site, &[], 2, &["error[configuration]: own.yaml:3:3: rule `json-web-token` stands twice"]);
    site.write("own.yaml", "- { id: shop-key, bogus: 1 }\n");
    check(&site, &[], 2, &["error[configuration]: own.yaml:1:19: unknown key `bogus`"]);
}

/// What a section of the top names and is not there, or is no good, is shown where it is named.
#[test]
fn a_file_of_rules_that_says_nothing_is_refused() {
    let site = leaking("sluicegate.yaml");
    let check = |section: &str, content: &str| {
        site.write("own.yaml", content);
        let column = section.find("own").unwrap() + 12;
        let caret = " ".repeat(column - 1);
        let said = format!(
            "error[configuration]: sluicegate.yaml:3:{column}: `own.yaml` says nothing\n  |\n3 |   secrets: {section}\n  \
             | {caret}^\n  help: write a rule in it, or take it out of the section"
        );
        refused(&site, section, &said);
    };
    for content in ["", "[]\n", "# rules to come\n[]\n"] {
        check("{ rules: [own.yaml] }", content);
    }
    check("{ gitleaks: own.yaml }", "# nothing yet\n");
}

#[test]
fn what_a_section_names_is_shown_in_its_line() {
    let site = Site::new();
    site.write("base.json", "{ \"version\": 1,\n  \"created\" }\n")
        .write("version.json", "{\n\"version\": 1\n}\n");
    let check = |line: &str, expected: &str| {
        site.write("sluicegate.yaml", format!("version: 1\nstages: {{ secrets: {{}} }}\n{line}\n"));
        let ran = site.run(&["run", "--offline"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (2, expected), "{line}");
    };
    check(
        "trust: { signers: {} } # all",
        "error[configuration]: sluicegate.yaml:3:1: this version does not read `trust`, so what it says would not hold\n  \
         |\n3 | trust: { signers: {} } # all\n  | ^\n  help: take `trust` out\n",
    );
    check(
        "baseline: nope.json",
        "error[configuration]: sluicegate.yaml:3:1: the baseline nope.json is not in the tree\n  |\n3 | baseline: nope.json\n  | ^\n  \
         help: write it with `sluicegate baseline -o nope.json`, or take the line out\n",
    );
    check(
        "baseline: base.json",
        "error[configuration]: base.json:2:13: malformed: expected `:`\n  |\n2 |   \"created\" }\n  |             ^\n  \
         help: mend the file, or write it anew: sluicegate baseline --force\n",
    );
    check(
        "report: { sarif: out, x: out.txt }",
        "error[configuration]: sluicegate.yaml:3:23: `x` is no report format\n  |\n3 | report: { sarif: out, x: out.txt }\n  \
         |                       ^\n  help: take one of: text, json, sarif\n",
    );
    check(
        "gate: { rules: [{ name: a, if: \"'x' == finding.sev\", action: fail }] }",
        "error[configuration]: sluicegate.yaml:3:40: `gate.rules[0].if` uses `finding.sev`, which no finding has\n  |\n\
         3 | gate: { rules: [{ name: a, if: \"'x' == finding.sev\", action: fail }] }\n  \
         |                                        ^\n  help: correct line 3 of sluicegate.yaml\n",
    );
    check(
        "gate: { rules: [{ name: a, if: 'finding.kev ==', action: fail }] }",
        "error[configuration]: sluicegate.yaml:3:47: `gate.rules[0].if` is no CEL expression, at line 1, column 15: mismatched \
         input 'end'\n  |\n3 | gate: { rules: [{ name: a, if: 'finding.kev ==', action: fail }] }\n  \
         |                                               ^\n  help: correct line 3 of sluicegate.yaml\n",
    );
    check(
        "report: { sarif: ../out }",
        "error[configuration]: sluicegate.yaml:3:18: `../out` is not written: it holds `..`\n  |\n3 | report: { sarif: ../out }\n  \
         |                  ^\n  help: name a file below the folder under check, or give the place on the command \
         line: --format FORMAT=FILE\n",
    );
}

#[test]
fn a_folder_in_the_place_of_the_file_is_no_default() {
    let site = leaking("sluicegate.yaml/a.yaml");
    let said = "sluicegate.yaml is a folder where the pipeline file is expected";
    check(&site, &[], 2, &[said, "help: rename the folder"]);
    site.commit("start");
    check(&site, &["--profile", "push"], 2, &[said]);
    site.remove("sluicegate.yaml/a.yaml").write("b.txt", "");
    check(&site, &[], 2, &[said]);
}

/// A file that says nothing of stages says how what applies is judged.
#[test]
fn a_file_without_stages_runs_what_applies() {
    let site = leaking("notes.md");
    for stages in ["", "stages:\n", "stages: ~\n"] {
        site.write("sluicegate.yaml", format!("version: 1\n{stages}"));
        check(&site, &[], 1, &["sub/leak.py"]);
        site.write("sluicegate.yaml", format!("version: 1\n{stages}gate: {{ fail-on: never }}\n"));
        check(&site, &[], 0, &["2 new"]);
    }
    site.write("sluicegate.yaml", "version: 1\nstages: {}\n");
    check(&site, &[], 3, &["no stage found anything to look at", "name the stages in sluicegate.yaml"]);
    // Stages of a file that is extended are said.
    site.write("policy.yaml", "version: 1\nstages: { inventory: {} }\n");
    site.write("sluicegate.yaml", "version: 1\nextends: [policy.yaml]\n");
    check(&site, &[], 0, &["inventory"]);
}

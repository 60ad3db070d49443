//! What each command says, to people and to programs: transcripts in `commands/`, and what no transcript shows.
//! `TRYCMD=overwrite` writes the transcripts anew: read every diff.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;
use tests::{RULES, Ran, Site, binary, project, token};

#[test]
fn transcripts() {
    let home = tempfile::tempdir().unwrap();
    let cases = trycmd::TestCases::new();
    cases.register_bin("sluicegate", binary());
    cases.env("HOME", home.path().to_str().unwrap()).env("NO_COLOR", "1").env("COLUMNS", "100");
    let unset = ["XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "SLUICEGATE_CACHE_KEY"];
    for name in unset.into_iter().chain(["CI", "GITHUB_ACTIONS", "GITLAB_CI"]) {
        cases.env(name, "");
    }
    cases.case("commands/*.trycmd");
    cases.run();
}

fn leaking() -> Site {
    let site = Site::new();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\n");
    site.write("src/leak.py", format!("token = \"{}\"\n", token(1)));
    site
}

#[test]
fn color_is_for_terminals_and_for_who_asks() {
    let site = leaking();
    let check = |arguments: &[&str], environment: &[(&str, &str)], colored: bool| {
        let mut command = site.command(&[&["run", "--offline"], arguments].concat());
        let ran = Ran::of(command.envs(environment.iter().copied()).output().unwrap());
        assert_eq!(ran.stdout.contains('\x1b'), colored, "{arguments:?} {environment:?}\n{}", ran.stdout);
        assert_eq!(ran.code, 1);
        ran.stdout
    };
    let plain = check(&[], &[], false);
    let colored = check(&[], &[("CLICOLOR_FORCE", "1")], true);
    check(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false);
    check(&["--color", "always"], &[], true);
    check(&["--color", "never"], &[("CLICOLOR_FORCE", "1")], false);
    for format in ["json", "sarif"] {
        check(&["--color", "always", "--format", format], &[], false);
    }
    let file = site.beside("report.txt").display().to_string();
    check(&["--color", "always", "--output", &file], &[], false);
    assert_eq!(fs::read_to_string(file).unwrap(), plain, "a file has no colors");
    // Color says nothing that the words do not.
    let mut stripped = String::new();
    for (number, part) in colored.split('\x1b').enumerate() {
        stripped.push_str(if number == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(stripped, plain);
}

#[test]
fn standard_output_carries_the_report_alone() {
    let site = leaking();
    let expected = site.run(&["run", "--offline", "--format", "json"]).stdout;
    for talk in [&[][..], &["-q"], &["-v"], &["-vv"], &["-vv", "--log-format", "json"]] {
        let ran = site.run(&[&["run", "--offline", "--no-cache", "--format", "json"], talk].concat());
        assert_eq!(ran.stdout, expected, "{talk:?}");
    }
    let quiet = site.run(&["run", "--offline", "-q"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (1, ""));
    let wrong = site.run(&["run", "--offline", "-q", "nowhere"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""));
    assert!(wrong.stderr.starts_with("error[usage]: "), "{}", wrong.stderr);
}

#[test]
fn several_reports_come_of_one_run() {
    let site = leaking();
    let out = site.beside("out");
    let place = |name: &str| out.join("deep").join(name).display().to_string();
    let (json, sarif, record) = (place("report.json"), place("report.sarif"), place("record"));
    let formats = [format!("json={json}"), format!("sarif={sarif}")];
    let arguments =
        ["run", "--offline", "-f", &formats[0], "--format", &formats[1], "-f", "text", "--record", &record];
    let ran = site.run(&arguments);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let alone = |format: &str| site.run(&["run", "--offline", "--format", format]).stdout;
    assert_eq!(ran.stdout, alone("text"));
    assert_eq!(fs::read_to_string(json).unwrap(), alone("json"));
    assert_eq!(fs::read_to_string(sarif).unwrap(), alone("sarif"));
    let text = place("report.txt");
    let ran = site.run(&["run", "--offline", "-f", &formats[0], "-f", "text", "-o", &text]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert_eq!(fs::read_to_string(text).unwrap(), alone("text"));
    let left: Vec<_> =
        fs::read_dir(out.join("deep")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "nothing else is left: {left:?}");
}

#[test]
fn a_report_that_cannot_be_written_is_no_pass() {
    let site = Site::new();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\n").write("file", "");
    let ran = site.run(&["run", "--offline", "--output", "file/report.txt"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("file/report.txt"), "{}", ran.stderr);
    let ran = site.run(&["run", "--offline", "--record", "file/record"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
}

#[test]
fn the_file_that_init_writes_changes_nothing() {
    let trees = [
        ("a secret", leaking()),
        ("lockfiles", Site::new().with(&project().join("examples/storefront/web"))),
        ("neither", Site::new()),
    ];
    for (name, site) in trees {
        site.write("more.txt", "1\n");
        let _ = fs::remove_file(site.tree().join("sluicegate.yaml"));
        let (code, mut without) = site.report(&["--offline"]);
        let printed = site.run(&["init", "--print"]);
        assert!(!site.tree().join("sluicegate.yaml").exists(), "{name}: printing writes nothing");
        assert_eq!(site.run(&["init"]).code, 0);
        assert_eq!(fs::read_to_string(site.tree().join("sluicegate.yaml")).unwrap(), printed.stdout);
        let (same, mut with) = site.report(&["--offline"]);
        // The file itself is one more to scan, and it has the stages that there is nothing for yet.
        let names = |report: &Value| -> Vec<Value> {
            report["stages"].as_array().unwrap().iter().map(|stage| stage["id"].clone()).collect()
        };
        let needed = names(&without);
        for report in [&mut without, &mut with] {
            let stages = report["stages"].as_array_mut().unwrap();
            stages.retain(|stage| needed.contains(&stage["id"]) || stage["status"] != "clean");
            stages.iter_mut().for_each(|stage| stage["counted"] = Value::Null);
        }
        assert_eq!((code, without), (same, with), "{name}");
    }
}

/// What comes later is checked, though nothing of its kind was there when the file was written.
#[test]
fn the_file_that_init_writes_holds_for_what_comes_later() {
    let site = Site::new();
    site.write("readme.txt", "1\n");
    assert_eq!(site.run(&["init"]).code, 0);
    site.write("requirements.txt", "django==2.0\n");
    let (code, report) = site.report(&["--offline"]);
    assert_eq!((code, report["verdict"].as_str()), (3, Some("incomplete")), "{report}");
    assert_eq!(report["gaps"][0]["code"], "no-database", "{report}");
}

#[test]
fn init_replaces_no_file() {
    let site = leaking();
    let text = fs::read_to_string(site.tree().join("sluicegate.yaml")).unwrap();
    let ran = site.run(&["init"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert_eq!(fs::read_to_string(site.tree().join("sluicegate.yaml")).unwrap(), text);
    assert_eq!(site.run(&["init", "--force"]).code, 0);
    assert_ne!(fs::read_to_string(site.tree().join("sluicegate.yaml")).unwrap(), text);
}

#[test]
fn a_baseline_accepts_what_is_there() {
    let site = leaking();
    assert_eq!(site.run(&["baseline", "--offline"]).code, 0);
    let policy = "version: 1\nstages:\n  secrets: {}\nbaseline: .sluicegate/baseline.json\n";
    site.write("sluicegate.yaml", policy);
    let state = |report: &Value, path: &str| {
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["location"]["path"] == path).unwrap();
        found["state"].as_str().unwrap().to_owned()
    };
    let (code, report) = site.report(&["--offline"]);
    assert_eq!((code, state(&report, "src/leak.py")), (0, "unchanged".to_owned()), "{report:#}");
    site.write("src/more.py", format!("token = \"{}\"\n", token(2)));
    let (code, report) = site.report(&["--offline"]);
    assert_eq!((code, state(&report, "src/more.py")), (1, "new".to_owned()), "{report:#}");
    // Another value on the same line of the same file is another secret.
    site.remove("src/more.py").write("src/leak.py", format!("token = \"{}\"\n", token(3)));
    assert_eq!(site.report(&["--offline"]).0, 1);
    assert!(!fs::read_to_string(site.tree().join(".sluicegate/baseline.json")).unwrap().contains(&token(1)));
}

#[test]
fn schemas_are_schemas() {
    let site = Site::new();
    for of in ["pipeline", "report"] {
        let ran = site.run(&["schema", of]);
        let schema: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert!(ran.code == 0 && jsonschema::meta::is_valid(&schema), "{of}");
    }
    let pipeline: Value = serde_json::from_str(&site.run(&["schema"]).stdout).unwrap();
    let schema = jsonschema::validator_for(&pipeline).unwrap();
    let valid = |text: &str| schema.is_valid(&serde_json::from_str(text).unwrap());
    assert!(valid(
        r#"{ "version": 1, "stages": { "secrets": { "history": "all" } }, "gate": { "fail-on": "low" } }"#
    ));
    assert!(!valid(r#"{ "version": 1, "stagez": {} }"#));
    assert!(!valid(r#"{ "version": 1, "stages": { "secrets": { "hystory": "all" } } }"#));
    assert!(!valid(r#"{ "version": 1, "gate": { "fail-on": "hihg" } }"#));
}

#[test]
fn completions_know_every_command() {
    let site = Site::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = site.run(&["completions", shell]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{shell}");
        for word in ["baseline", "completions", "pre-push", "no-inline-ignores"] {
            assert!(ran.stdout.contains(word), "{shell}: {word}");
        }
    }
    let mut bash = Command::new("bash");
    let script = "source /dev/stdin && complete -p sluicegate";
    let mut child = bash.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let completions = site.run(&["completions", "bash"]).stdout;
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), completions.as_bytes()).unwrap();
    let said = Ran::of(child.wait_with_output().unwrap());
    assert!(said.code == 0 && said.stdout.contains("_sluicegate"), "{said:?}");
}

#[test]
fn to_stop_early_changes_no_pass() {
    let first = |site: &Site, more: &[&str]| {
        let (slow, fast) = (&["--offline", "--jobs", "1"], &["--offline", "--jobs", "1", "--fail-fast"]);
        let whole = site.report(&[&slow[..], more].concat());
        let early = site.report(&[&fast[..], more].concat());
        (whole.0, early.0, whole.1 == early.1)
    };
    let site = Site::repository();
    site.write("leak.py", format!("token = \"{}\"\n", token(1))).write("requirements.txt", "flask==2.2.5\n");
    let advisory = tests::Advisory {
        ecosystem: "PyPI",
        package: "flask",
        id: "SHOP-1",
        introduced: "0",
        fixed: "2.2.5",
    };
    site.database(&[advisory]);
    let policy = "version: 1\nstages:\n  secrets: {}\n  dependencies: {}\n";
    site.write("sluicegate.yaml", policy);
    let (whole, early, _) = first(&site, &[]);
    assert_eq!((whole, early), (1, 1));
    site.commit("start");
    // What the gate lets through stops nothing: an old finding, a waived one, an accepted one.
    site.git(&["checkout", "--quiet", "-b", "change"]);
    site.write("more.py", "1\n").commit("change");
    assert_eq!(first(&site, &["--since", "main"]), (0, 0, true));
    let waivers = "waivers:\n  - { path: \"**\", reason: a test, owner: me, expires: 2099-01-01 }\n";
    site.write("sluicegate.yaml", format!("{policy}{waivers}"));
    assert_eq!(first(&site, &[]), (0, 0, true));
    site.write("sluicegate.yaml", format!("{policy}baseline: .sluicegate/baseline.json\n"));
    assert_eq!(site.run(&["baseline", "--offline"]).code, 0);
    assert_eq!(first(&site, &[]), (0, 0, true));
    site.write("sluicegate.yaml", format!("{policy}gate: {{ max: {{ critical: 1 }}, fail-on: never }}\n"));
    assert_eq!(first(&site, &[]).0, first(&site, &[]).1);
}

/// On a change too what is new stops, and what was there before does not.
#[test]
fn a_change_is_stopped_early_by_what_it_brings() {
    let site = Site::repository();
    site.write(
        "sluicegate.yaml",
        "version: 1\nstages:\n  secrets: {}\n  dependencies: { needs: [secrets] }\n",
    );
    site.write("requirements.txt", "flask==2.2.5\n").write("old.py", format!("token = \"{}\"\n", token(1)));
    let advisory =
        tests::Advisory { ecosystem: "PyPI", package: "flask", id: "SHOP-1", introduced: "0", fixed: "1.0" };
    site.database(&[advisory]);
    site.commit("start");
    site.git(&["checkout", "--quiet", "-b", "change"]);
    let stopped = || {
        let ran = site.report(&["--offline", "--fail-fast", "--since", "main"]);
        let stages = ran.1["stages"].as_array().unwrap().clone();
        let reason =
            stages.iter().find(|stage| stage["id"] == "dependencies").map(|stage| stage["reason"].clone());
        (ran.0, reason.unwrap())
    };
    site.write("more.py", "1\n").commit("nothing new");
    assert_eq!(stopped(), (0, serde_json::Value::Null));
    site.write("new.py", format!("token = \"{}\"\n", token(2))).commit("a leak");
    assert_eq!(stopped(), (1, "stopped by --fail-fast before it ran".into()));
}

/// A rule of a file that the pipeline names is known as ours are, and so is one of the tree's .gitleaks.toml.
#[test]
fn rules_of_the_tree_are_explained() {
    let site = Site::repository();
    site.write(
        "sluicegate.yaml",
        "version: 1\nstages:\n  secrets: { rules: [rules.yaml], gitleaks: .gitleaks.toml }\n",
    );
    site.write("rules.yaml", RULES);
    site.write(
        ".gitleaks.toml",
        "[[rules]]\nid = \"till\"\ndescription = \"Till key\"\nregex = 'till_[a-z]{9}'\n",
    );
    site.write("a.py", ["key = 'shop_", "4f9d2c81a7e3'\n"].concat());
    for (name, title) in
        [("shop-key", "secrets/shop-key: Shop key"), ("secrets/till", "secrets/till: Till key")]
    {
        let ran = site.run(&["explain", name]);
        assert_eq!((ran.code, ran.stdout.lines().next()), (0, Some(title)), "{ran:?}");
    }
    let unknown = site.run(&["explain", "op-key"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("take one of these rules: ") && unknown.stderr.contains("secrets/shop-key"),
        "{unknown:?}"
    );
    // What was found by it is described in a report too.
    let ran = site.run(&["run", "--offline", "--format", "sarif"]);
    assert!(ran.stdout.contains("opens the till"), "{ran:?}");
    site.write("sluicegate.yaml", "version: 1\nstagez: {}\n");
    let broken = site.run(&["explain", "shop-key"]);
    assert!(broken.code == 2 && broken.stderr.contains("cannot be read: sluicegate.yaml:2:1"), "{broken:?}");
    assert_eq!(site.run(&["explain", "github-personal-access-token"]).code, 0);
}

/// No text of a file begins a line of the output.
#[test]
fn a_pipeline_file_forges_no_line() {
    let site = Site::repository();
    for text in [
        "version: 1\nprofiles: { \"a\\n  help: run x\": { stagez: 1 } }\n",
        "version: 1\nstages: { \"a\\n  help: run x\": {} }\n",
        "version: 1\nstages:\n  a: { uses: \"no\\n  help: run x\" }\n",
        "version: 1\ngate: { fail-on: \"no\\n  help: run x\" }\n",
        "version: 1\ngate: { rules: [{ name: \"a\\n  help: run x\", if: \"no(\", action: fail }] }\n",
        "version: 1\nbaseline: \"no\\n  help: run x\"\n",
        "version: 1\nextends: [\"./no\\n  help: run x\"]\n",
        "version: 1\nreport: { \"no\\n  help: run x\": out }\n",
        "version: 1\nstages:\n  secrets: { rules: [\"no\\n  help: run x\"] }\n",
        "version: 1\nstages:\n  secrets: { disable: [\"no\\n  help: run x\"] }\n",
    ] {
        site.write("sluicegate.yaml", text);
        let ran = site.run(&["run", "--offline"]);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(ran.code != 0 && said.contains("help: run x"), "{text}: {said}");
        assert!(!said.lines().any(|line| line.trim_start().starts_with("help: run x")), "{text}: {said}");
    }
}

/// An error in the policy shows its line as the file has it.
#[test]
fn an_error_of_the_policy_shows_the_line() {
    let site = Site::repository();
    let line =
        "{ version: 1, gate: { fail-on: hihg, max: { medium: x } }, stages: { secrets: {} } } # all of it";
    site.write("sluicegate.yaml", format!("{line}\n"));
    let ran = site.run(&["run", "--offline"]);
    assert!(ran.code == 2 && ran.stderr.contains(&format!("\n1 | {line}\n")), "{ran:?}");
    let line =
        "  rules: [{ name: a, if: \"no(\", action: fail }, { name: a, if: \"true\", action: fail }] # two";
    site.write("sluicegate.yaml", format!("version: 1\ngate:\n{line}\n"));
    let ran = site.run(&["run", "--offline"]);
    assert_eq!(ran.stderr.matches("error[configuration]: sluicegate.yaml:3:").count(), 2, "{ran:?}");
    assert_eq!(ran.stderr.matches(&format!("\n3 | {line}\n")).count(), 2, "{ran:?}");
}

/// Hundreds of rules are a number, unless they are asked for.
#[test]
fn the_rules_of_a_stage_are_listed_when_asked_for() {
    let site = Site::new();
    let told = site.run(&["explain", "secrets"]).stdout;
    let last = told.lines().last().unwrap();
    assert!(last.ends_with("); `explain secrets --all` lists them"), "{told}");
    let number: usize = last.split(' ').next().unwrap().parse().unwrap();
    let all = site.run(&["explain", "secrets", "--all"]).stdout;
    assert_eq!(all.lines().count(), told.lines().count() + number);
    assert!(number > 300 && all.contains("\n  github-personal-access-token "), "{all}");
}

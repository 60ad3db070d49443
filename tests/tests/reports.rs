//! What every report holds to, whatever was found: its schema, places without the machine's own paths, and the same bytes
//! from a record.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: what does not hold ends the test"
)]
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use jsonschema::Validator;
use serde_json::Value;
use tests::{Site, leak, project};

const FORMATS: [&str; 3] = ["text", "json", "sarif"];

/// A run to report on: where, and with what arguments.
struct Case {
    name: &'static str,
    site: Site,
    arguments: Vec<&'static str>,
    code: i32,
}

impl Case {
    fn new(name: &'static str, site: Site, code: i32) -> Self {
        Self { name, site, arguments: vec!["--offline"], code }
    }

    /// Runs once and returns the report in every format, in the order of [`FORMATS`].
    fn reports(&self, command: &[&str], more: &[&str]) -> [String; 3] {
        let file = |format: &str| self.site.beside(&format!("report.{format}")).display().to_string();
        let formats = FORMATS.map(|format| format!("--format={format}={}", file(format)));
        let arguments: Vec<&str> = command.iter().chain(more).copied().collect();
        let ran = self.site.run(&[&arguments[..], &formats.each_ref().map(String::as_str)].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (self.code, ""), "{}: {}", self.name, ran.stderr);
        FORMATS.map(|format| fs::read_to_string(file(format)).unwrap())
    }

    fn run(&self, more: &[&str]) -> [String; 3] {
        self.reports(&[&["run"], &self.arguments[..]].concat(), more)
    }

    /// Returns the report for programs, and SARIF.
    fn values(&self, more: &[&str]) -> (Value, Value) {
        let [_, json, sarif] = self.run(more);
        (serde_json::from_str(&json).unwrap(), serde_json::from_str(&sarif).unwrap())
    }
}

fn repository() -> Site {
    let site = Site::repository();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: { history: all }\n");
    site
}

/// Everything a report can have to say.
fn cases() -> Vec<Case> {
    vec![
        Case::new("storefront", Site::new().with(&project().join("examples/storefront")), 1),
        Case::new("clean", clean(), 0),
        Case::new("nothing", Site::new(), 3),
        Case::new("gaps", gaps(), 3),
        Case { arguments: vec!["--offline", "--since", "main"], ..Case::new("failed", failed(), 3) },
        Case::new("accepted", accepted(), 1),
        Case::new("names", names(), 1),
        Case { arguments: vec!["--offline", "--since", "main"], ..Case::new("change", change(), 1) },
        Case { arguments: vec!["--offline", "--stage", "secrets"], ..Case::new("a part", names(), 1) },
    ]
}

fn clean() -> Site {
    let site = repository();
    site.write("src/app.py", "print('shop')\n").commit("start");
    site
}

fn gaps() -> Site {
    let site = Site::new();
    site.write("requirements.txt", "flask==2.2.5\n-r more.txt\n").write("Cargo.lock", "[[[\n");
    site.write("a/poetry.lock", b"\xff\xfe\x00").write("dump.zip", b"PK\x03\x04broken");
    assert!(site.bare("mkfifo").arg("pipe").status().unwrap().success());
    site
}

/// The target branch lacks a file that its own policy names.
fn failed() -> Site {
    let site = Site::branched("version: 1\nstages:\n  secrets: { rules: [rules.yaml] }\n");
    site.write("rules.yaml", tests::RULES).commit("mend");
    site
}

/// Waived, ignored in the source, in the baseline, and still failing.
fn accepted() -> Site {
    let site = repository();
    site.write("old.py", leak(1)).commit("old");
    assert_eq!(site.run(&["baseline", "--offline", "--output", "baseline.json"]).code, 0);
    let policy = "version: 1
stages:
  secrets: { history: all, allow: [{ path: \"docs/**\", reason: examples }] }
baseline: baseline.json
waivers:
  - { path: \"waived.py\", rule: github-personal-access-token, reason: revoked, owner: \"@shop\", expires: 2099-01-01 }
  - { path: \"nowhere.py\", rule: github-personal-access-token, reason: late, owner: \"@shop\", expires: 2020-01-01 }
";
    let ignored =
        leak(3).trim_end().to_owned() + "  # sluicegate:ignore github-personal-access-token -- revoked\n";
    site.write("sluicegate.yaml", policy).write("waived.py", leak(2)).write("ignored.py", ignored);
    site.write("docs/example.md", leak(4)).write("new.py", leak(5)).write("gone.py", leak(6)).commit("more");
    site.remove("gone.py").commit("gone, but not from the history");
    site
}

/// Names that a terminal, a URI or a parser could trip over.
fn names() -> Site {
    let site = repository();
    let names: [&[u8]; 8] = [
        b"plain.py",
        b"with space.py",
        b"50%25#?&.py",
        b"esc\x1b[31m\x07.py",
        b"line\nbreak.py",
        "r\u{202e}tl-\u{1f512}.py".as_bytes(),
        b"latin\xe9.py",
        b"\"quoted\"'\\.py",
    ];
    for (seed, name) in (10..).zip(names) {
        fs::write(site.tree().join(std::ffi::OsStr::from_bytes(name)), leak(seed)).unwrap();
    }
    site.commit("names");
    site
}

/// Loosens the gate, moves an old finding, and adds a new one.
fn change() -> Site {
    let site = Site::repository();
    let policy = "version: 1\nstages:\n  secrets: {}\ngate:\n  fail-on: high\n";
    site.write("sluicegate.yaml", policy).write("old.py", leak(30)).commit("start");
    site.git(&["checkout", "--quiet", "-b", "change"]);
    site.write("sluicegate.yaml", policy.replace("high", "never"));
    site.write("new.py", leak(31)).commit("change");
    site
}

fn schema() -> Validator {
    let printed = Site::new().run(&["schema", "report"]);
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let schema: Value = serde_json::from_str(&printed.stdout).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn json_reports_are_as_their_schema_says() {
    let schema = schema();
    let mut last = Value::Null;
    for case in cases() {
        for more in [&[][..], &["--timings", "--all", "--min-severity", "high"]] {
            let (report, _) = case.values(more);
            let errors = schema.iter_errors(&report);
            let errors: Vec<_> = errors.map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(errors.is_empty(), "{} {more:?}: {errors:#?}", case.name);
            last = report;
        }
    }
    last["verdict"] = "perhaps".into();
    assert!(!schema.is_valid(&last), "the schema refuses what is wrong");
}

#[test]
fn every_finding_has_its_place() {
    for case in cases() {
        let (report, _) = case.values(&[]);
        for finding in report["findings"].as_array().unwrap() {
            let at = &finding["location"];
            assert!(at["path"].as_str().is_some_and(|path| !path.is_empty()), "{}: {finding:#}", case.name);
            let place = |name: &str| {
                let number = |part: &str| at[format!("{name}_{part}")].as_u64().unwrap_or(0);
                (number("line"), number("column"))
            };
            let (start, end) = (place("start"), place("end"));
            assert!(start.0 >= 1 && start.1 >= 1 && start < end, "{}: {finding:#}", case.name);
        }
    }
}

#[test]
fn the_machine_does_not_show() {
    for case in cases() {
        let folder = case.site.beside("").display().to_string();
        let folder = folder.trim_end_matches('/');
        let real = fs::canonicalize(folder).unwrap().display().to_string();
        for (format, text) in FORMATS.iter().zip(case.run(&[])) {
            assert!(!text.contains(folder) && !text.contains(&real), "{} {format}: {text}", case.name);
            // A name does not get to tell the terminal what to do.
            let control = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{2066}".contains(c);
            assert!(!text.contains(control), "{} {format}: {text:?}", case.name);
        }
    }
}

#[test]
fn a_record_gives_the_bytes_of_the_run() {
    for case in cases() {
        let record = case.site.beside("record").display().to_string();
        let run = case.run(&["--record", &record]);
        assert_eq!(case.reports(&["report", &record], &[]), run, "{}", case.name);
        let narrow = ["--all", "--min-severity", "high"];
        assert_eq!(case.reports(&["report", &record], &narrow), case.run(&narrow), "{}", case.name);
    }
}

#[test]
fn a_verdict_is_the_exit_code() {
    for case in cases() {
        let [text, json, _] = case.run(&[]);
        let report: Value = serde_json::from_str(&json).unwrap();
        let verdict = match case.code {
            0 => "pass",
            1 => "fail",
            _ => "incomplete",
        };
        assert_eq!(report["verdict"], verdict, "{}", case.name);
        let count = |list: &str| report["gate"][list].as_array().unwrap().len();
        let (failed, blocking) = (count("failed"), count("blocking"));
        assert_eq!((failed > 0, failed + blocking > 0), (case.code == 1, case.code != 0), "{}", case.name);
        let last = text.trim_end().lines().last().unwrap_or_default();
        assert!(last.starts_with(&format!("Verdict: {verdict}")), "{}: {text}", case.name);
    }
}

#[test]
fn sarif_has_one_run_a_stage_and_what_github_asks_for() {
    for case in cases() {
        let (report, log) = case.values(&[]);
        assert_eq!((log["version"].as_str(), log["$schema"].is_string()), (Some("2.1.0"), true));
        let stages = report["stages"].as_array().unwrap().iter();
        let ran =
            stages.filter(|stage| stage["status"] != "skipped").map(|stage| stage["id"].as_str().unwrap());
        let expected: BTreeSet<String> = ran.map(|stage| format!("sluicegate/{stage}/")).collect();
        let runs = log["runs"].as_array().unwrap();
        let ids: Vec<String> =
            runs.iter().map(|run| run["automationDetails"]["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids.iter().cloned().collect::<BTreeSet<_>>(), expected, "{}", case.name);
        assert_eq!(ids.len(), expected.len(), "{}: {ids:?}", case.name);
        let results: usize = runs.iter().map(|run| check_run(case.name, run)).sum();
        assert_eq!(results, report["findings"].as_array().unwrap().len(), "{}", case.name);
    }
}

/// Checks the fields of one run; returns how many results it has.
fn check_run(case: &str, run: &Value) -> usize {
    let driver = &run["tool"]["driver"];
    assert!(driver["name"] == "Sluicegate" && driver["semanticVersion"].is_string(), "{case}: {driver:#}");
    let rules = driver["rules"].as_array().cloned().unwrap_or_default();
    for rule in &rules {
        for field in ["/id", "/shortDescription/text", "/fullDescription/text", "/help/text"] {
            let text = rule.pointer(field).and_then(Value::as_str).unwrap_or_default();
            assert!(!text.is_empty() && text.chars().count() <= 1024, "{case}: {field} of {rule:#}");
        }
        let severity = rule.pointer("/properties/security-severity").and_then(Value::as_str);
        let score: f64 = severity.unwrap_or("5").parse().unwrap();
        assert!(score > 0.0 && score <= 10.0, "{case}: {rule:#}");
    }
    let results = run["results"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"], "{case}: {result:#}");
        assert!(
            result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()),
            "{case}: {result:#}"
        );
        let hash = &result["partialFingerprints"]["primaryLocationLineHash"];
        assert!(hash.as_str().is_some_and(|hash| hash.contains(':')), "{case}: {result:#}");
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/%!$&'()*+,;=:@".contains(c);
        assert!(!uri.starts_with('/') && uri.chars().all(plain), "{case}: {uri}");
        for field in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(place["region"][field].as_u64().is_some_and(|number| number >= 1), "{case}: {result:#}");
        }
    }
    results.len()
}

#[test]
fn what_a_report_leaves_out_fails_the_gate_all_the_same() {
    let site = Site::new().with(&project().join("examples/storefront"));
    let policy = fs::read_to_string(site.tree().join("sluicegate.yaml")).unwrap();
    let policy = policy.replace("fail-on: high", "fail-on: never\n  max: { medium: 0 }");
    site.write("sluicegate.yaml", policy);
    let severities = |report: &Value| -> BTreeSet<String> {
        let findings = report["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["severity"].as_str().unwrap().to_owned()).collect()
    };
    let (code, all) = site.report(&["--offline"]);
    let (same, narrow) = site.report(&["--offline", "--min-severity", "critical"]);
    assert_eq!((code, same, &narrow["gate"]), (1, 1, &all["gate"]));
    assert!(severities(&all).contains("medium"), "{all:#}");
    assert_eq!(severities(&narrow), ["critical".to_owned()].into());
}

/// A secret in a long line is shown with a part of the line; its place is that in the file.
#[test]
fn a_place_is_that_of_the_file_whatever_is_shown() {
    for (before, column) in [(0, 10), (600, 610), (100_000, 100_010)] {
        let site = Site::new();
        site.write("a.py", format!("\nx{}token = {}\n", " ".repeat(before), leak(1)));
        let (_, report) = site.report(&["--offline", "--stage", "secrets"]);
        let found = &report["findings"][0]["location"]["start_column"];
        let text = site.run(&["run", "--offline", "--stage", "secrets"]).stdout;
        assert!(text.contains(&format!("a.py:2:{found}")), "{column}: {text}");
    }
}

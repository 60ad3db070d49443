//! The GitHub Action: its script, as the runner runs it, with the real binary. What it puts out is there however the run ends.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what does not hold ends the test")]
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tests::{Advisory, Ran, Site, archive, binary, project, token};

/// Returns the script of the step that runs Sluicegate.
fn script() -> String {
    let action = fs::read_to_string(project().join("action.yml")).unwrap();
    let (_, step) = action.split_once("      id: run\n").unwrap();
    let (_, script) = step.split_once("      run: |\n").unwrap();
    let lines = script.lines().take_while(|line| line.is_empty() || line.starts_with("        "));
    lines.map(|line| format!("{}\n", line.strip_prefix("        ").unwrap_or_default())).collect()
}

/// A workflow's job.
struct Job {
    site: Site,
    advisories: bool,
}

impl Job {
    fn new(pipeline: &str) -> Self {
        let site = Site::new();
        site.write("sluicegate.yaml", pipeline).write("src/app.py", "print('shop')\n");
        Self { site, advisories: true }
    }

    /// Installs the binary where the step before this one does; its advisories come from this machine.
    fn install(&self) {
        let bucket = self.site.beside("bucket");
        if self.advisories {
            let advisory =
                Advisory { ecosystem: "npm", package: "shop", id: "SHOP-1", introduced: "0", fixed: "1.0.0" };
            fs::create_dir_all(bucket.join("npm")).unwrap();
            fs::write(bucket.join("npm/all.zip"), archive([&advisory])).unwrap();
        }
        let folder = self.site.beside("temp/sluicegate/bin");
        fs::create_dir_all(&folder).unwrap();
        let (binary, bucket) = (binary().display(), bucket.display());
        let wrapper = format!(
            "#!/bin/bash\nif [ \"$1\" = db ]; then exec {binary} \"$@\" --from {bucket}; fi\nexec {binary} \"$@\"\n"
        );
        fs::write(folder.join("sluicegate"), wrapper).unwrap();
        fs::set_permissions(folder.join("sluicegate"), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs the step as `shell: bash` does; returns what came of it and the step's outputs.
    fn run(&self, arguments: &str) -> (Ran, BTreeMap<String, String>) {
        self.install();
        let (file, output) = (self.site.beside("step.sh"), self.site.beside("output"));
        fs::write(&file, script()).unwrap();
        fs::write(&output, "").unwrap();
        let mut bash = self.site.bare("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(file);
        bash.env("RUNNER_TEMP", self.site.beside("temp")).env("GITHUB_OUTPUT", &output);
        bash.env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", "push");
        bash.env("INPUT_PATH", ".").env("INPUT_PROFILE", "").env("INPUT_ARGS", arguments);
        let ran = Ran::of(bash.output().unwrap());
        let said = fs::read_to_string(output).unwrap();
        let pair = |line: &str| {
            let (name, value) = line.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        };
        (ran, said.lines().map(pair).collect())
    }

    /// Expects an exit code and the output `gate`.
    fn ends(&self, arguments: &str, code: i32, gate: &str) -> Ran {
        let (ran, outputs) = self.run(arguments);
        let sarif = self.site.beside("temp/sluicegate.sarif").display().to_string();
        assert_eq!(ran.code, code, "{}\n{}", ran.stdout, ran.stderr);
        let expected = [("gate", gate), ("sarif-file", sarif.as_str())];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(outputs, BTreeMap::from(expected), "{}", ran.stderr);
        ran
    }
}

const PIPELINE: &str = "version: 1\nstages:\n  secrets: {}\n  dependencies: {}\n";

#[test]
fn every_end_has_its_outputs() {
    Job::new(PIPELINE).ends("", 0, "pass");
    let leaking = Job::new(PIPELINE);
    leaking.site.write("src/leak.py", format!("token = \"{}\"\n", token(1)));
    let ran = leaking.ends("", 1, "fail");
    assert!(ran.stdout.contains("src/leak.py:1:10"), "{}", ran.stdout);
    assert!(leaking.site.beside("temp/sluicegate.sarif").exists());
    let unknown = Job::new(PIPELINE);
    unknown.site.write("requirements.txt", "flask==2.2.4\n");
    unknown.ends("", 3, "incomplete");
    Job::new("version: 1\nstagez: {}\n").ends("", 2, "error");
}

#[test]
fn a_run_without_advisories_looks_at_all_else() {
    let job = Job { advisories: false, ..Job::new(PIPELINE) };
    let ran = job.ends("", 0, "pass");
    assert!(ran.stdout.contains("::warning::the advisories could not be updated"), "{}", ran.stdout);
    job.site.write("requirements.txt", "flask==2.2.4\n");
    job.ends("", 3, "incomplete");
    job.site.write("src/leak.py", format!("token = \"{}\"\n", token(1)));
    let ran = job.ends("", 1, "fail");
    assert!(ran.stdout.contains("src/leak.py:1:10"), "{}", ran.stdout);
    assert!(job.site.beside("temp/sluicegate.sarif").exists());
}

#[test]
fn arguments_on_several_lines_all_count() {
    let job = Job::new(PIPELINE);
    let more = job.site.beside("more.json");
    job.ends(&format!("--stage secrets\n  --format\njson={}\n", more.display()), 0, "pass");
    let report = fs::read_to_string(more).unwrap();
    assert!(!report.contains("\"inventory\"") && report.contains("\"secrets\""), "{report}");
    // A pattern is no list of files, and no argument at all is none.
    let ran = job.ends("--stage\n*", 2, "error");
    assert!(ran.stderr.contains('*'), "{}", ran.stderr);
}

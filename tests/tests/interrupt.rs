//! A run that is told to stop stops: soon, with its own exit code, and without leaving anything behind.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests: what does not hold ends the test")]
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{Ran, Site};

/// How soon a run ends that was told to.
const SOON: Duration = Duration::from_millis(500);
/// On a machine with other things to do, one of so many attempts is in time.
const ATTEMPTS: u32 = 5;
/// These tests measure time: one after the other.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A tree whose scan takes longer than any test waits.
fn large() -> Site {
    let site = Site::repository();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\n");
    let line = "const label = \"a text of which no two are the same\"; // and more of it\n";
    let body = line.repeat((1 << 20) / line.len());
    for number in 0..300 {
        site.write(&format!("src/{}/file{number}.js", number % 10), format!("// {number}\n{body}"));
    }
    site
}

/// A command under way, in a process group of its own.
struct Running {
    child: Child,
}

impl Running {
    fn start(site: &Site, arguments: &[&str], stdin: Stdio) -> Self {
        let mut command = site.command(arguments);
        let command = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let running = Self { child: command.spawn().unwrap() };
        running.wait_for_handlers();
        running
    }

    /// Waits until the process takes both signals itself.
    fn wait_for_handlers(&self) {
        let status = format!("/proc/{}/status", self.child.id());
        let began = Instant::now();
        loop {
            let text = fs::read_to_string(&status).unwrap();
            let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            let caught = u64::from_str_radix(caught.unwrap_or("0").trim(), 16).unwrap();
            if [2, 15].iter().all(|signal| caught >> (signal - 1) & 1 == 1) {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "the process takes no signal");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn signal(&self, name: &str) {
        // Every shell has it built in; a small machine has no program of that name.
        let kill = format!("kill {name} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success());
    }

    /// Sends signals one after the other; returns what was said, and how long it took from the first one on.
    fn stop(self, signals: &[&str]) -> (Ran, Duration) {
        let began = Instant::now();
        for signal in signals {
            self.signal(signal);
            std::thread::sleep(Duration::from_millis(10));
        }
        let group = self.child.id();
        let ran = Ran::of(self.child.wait_with_output().unwrap());
        let took = began.elapsed();
        assert_eq!(members(group), Vec::<String>::new(), "processes are left behind");
        (ran, took)
    }
}

/// The processes of a process group that still live.
fn members(group: u32) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let stats = processes.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    // Behind the name in parentheses: state, parent, group.
    let of_group = |stat: &String| {
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        fields.get(2) == Some(&group.to_string().as_str())
    };
    stats.filter(of_group).collect()
}

/// Starts a command, lets it run for `delay`, and stops it: it ends with 130, soon, and with no verdict that lets anything
/// pass.
fn check(site: &Site, arguments: &[&str], delay: u64, signals: &[&str]) {
    let mut quickest = Duration::MAX;
    for _ in 0..ATTEMPTS {
        let running = Running::start(site, arguments, Stdio::null());
        std::thread::sleep(Duration::from_millis(delay));
        let (ran, took) = running.stop(signals);
        assert_eq!(ran.code, 130, "{arguments:?} {signals:?}\n{}\n{}", ran.stdout, ran.stderr);
        assert!(!ran.stdout.contains("\"pass\"") && !ran.stdout.contains("Verdict: pass"), "{}", ran.stdout);
        quickest = quickest.min(took);
        if quickest <= SOON {
            return;
        }
    }
    panic!("{arguments:?} {signals:?}: {quickest:?}");
}

#[test]
fn a_run_stops_soon() {
    let _alone = alone();
    let site = large();
    let run = ["run", "--offline", "--format", "json"];
    check(&site, &run, 300, &["-INT"]);
    check(&site, &run, 300, &["-TERM"]);
    check(&site, &run, 0, &["-INT"]);
    check(&site, &run, 300, &["-INT", "-INT"]);
    check(&site, &run, 300, &["-TERM", "-INT"]);
    check(&site, &["run", "--offline", "--jobs", "1"], 300, &["-INT"]);
    check(&site, &["baseline", "--offline"], 300, &["-INT"]);
    assert!(!site.tree().join(".sluicegate").exists(), "half a baseline is none");
    let running = Running::start(&site, &run, Stdio::null());
    std::thread::sleep(Duration::from_millis(300));
    let (ran, _) = running.stop(&["-INT"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stdout));
    assert_eq!((ran.code, report["verdict"].as_str()), (130, Some("incomplete")), "{report:#}");
    assert!(report["gate"]["blocking"].as_array().is_some_and(|list| !list.is_empty()), "{report:#}");
}

#[test]
fn a_run_stops_while_it_prepares() {
    let _alone = alone();
    let site = Site::repository();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\n");
    for number in 0..12_000 {
        site.write(&format!("src/{}/file{number}.txt", number % 100), format!("{number}\n"));
    }
    site.commit("many");
    let run = ["run", "--offline", "--since", "HEAD", "--format", "json"];
    for delay in [0, 100, 250] {
        check(&site, &run, delay, &["-INT"]);
    }
    check(&site, &["plan", "--offline", "--since", "HEAD"], 0, &["-TERM"]);
    check(&site, &["baseline", "--offline"], 0, &["-INT"]);
}

#[test]
fn one_file_does_not_hold_a_run_up() {
    let _alone = alone();
    let site = Site::new();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\n");
    let line = "password = value_of(\"token\") # secret api_key\n";
    site.write("large.py", line.repeat((60 << 20) / line.len()));
    check(&site, &["run", "--offline", "--format", "json"], 500, &["-INT"]);
}

#[test]
fn a_history_does_not_hold_a_run_up() {
    let _alone = alone();
    let site = Site::repository();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: { history: all }\n");
    let line = "const label = \"a text of which no two are the same\"; // and more of it\n";
    for number in 0..40 {
        site.write(
            &format!("file{number}.js"),
            format!("// {number}\n{}", line.repeat((1 << 20) / line.len())),
        );
    }
    site.commit("large");
    check(&site, &["run", "--offline", "--format", "json"], 300, &["-INT"]);
    site.git(&["gc", "--quiet"]);
    check(&site, &["run", "--offline", "--format", "json"], 300, &["-TERM"]);
}

#[test]
fn after_a_stop_a_run_finds_everything() {
    let _alone = alone();
    let site = Site::repository();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\n");
    for seed in 0..60 {
        site.write(
            &format!("src/leak{seed}.py"),
            format!("token = \"{}\"\n{}", tests::token(seed), "1\n".repeat(4_000)),
        );
    }
    let (code, expected) = site.report(&["--offline", "--no-cache"]);
    assert_eq!((code, expected["findings"].as_array().unwrap().len()), (1, 60));
    for delay in [0, 20, 60, 120, 240] {
        let running = Running::start(&site, &["run", "--offline", "--format", "json"], Stdio::null());
        std::thread::sleep(Duration::from_millis(delay));
        let (ran, _) = running.stop(&["-INT"]);
        // Either it was over, or it says that it was not.
        assert!([1, 130].contains(&ran.code), "{}", ran.stderr);
        let (code, report) = site.report(&["--offline"]);
        assert_eq!((code, &report), (1, &expected));
        fs::remove_dir_all(site.home().join(".cache")).unwrap();
    }
}

#[test]
fn an_update_stops_soon() {
    let _alone = alone();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Sends a part of the body, and then nothing, until the connection is closed.
    let server = std::thread::spawn(move || {
        for _ in 0..ATTEMPTS {
            let Ok((mut connection, _)) = listener.accept() else { return };
            let _ = connection.read(&mut [0; 4096]);
            let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nPK");
            let _ = connection.read(&mut [0; 1]);
        }
    });
    let site = Site::new();
    check(&site, &["db", "update", "--from", &url], 300, &["-INT"]);
    assert!(!site.home().join(".local/share").exists(), "nothing is written");
    drop(server);
}

#[test]
fn a_report_that_is_told_to_stop_says_so() {
    let _alone = alone();
    let site = Site::new();
    let fifo = site.beside("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    // It waits for a record, and cannot stop before it has one.
    let running = Running::start(&site, &["report", "../fifo"], Stdio::null());
    running.signal("-INT");
    std::thread::sleep(Duration::from_millis(200));
    drop(fs::File::options().write(true).open(&fifo).unwrap());
    let ran = Ran::of(running.child.wait_with_output().unwrap());
    assert_eq!(ran.code, 130, "{}", ran.stderr);
}

//! What happens to a run when the machine fails it: killed, without disk, without a home, with a damaged cache, twice at
//! once, with input that is none.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what does not hold ends the test")]

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::{Ran, Site, project, rounds, token};

fn storefront() -> Site {
    Site::new().with(&project().join("examples/storefront"))
}

fn judged(site: &Site) -> (i32, String) {
    let ran = site.run(&["run", "--offline", "--format", "json"]);
    (ran.code, ran.stdout)
}

fn cache_files(site: &Site) -> Vec<std::path::PathBuf> {
    let cache = site.home().join(".cache/sluicegate");
    let folders = ["records", "memo"].map(|name| cache.join(name));
    let list =
        |folder: &std::path::PathBuf| fs::read_dir(folder).into_iter().flatten().map(|e| e.unwrap().path());
    let mut files: Vec<_> = folders.iter().flat_map(list).collect();
    files.sort();
    files
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_wrong() {
    let site = storefront();
    for number in 0..200 {
        site.write(&format!("src/file{number}.txt"), format!("{number}\n{}\n", "text ".repeat(2_000)));
    }
    let whole = Site::new().with(&site.tree());
    let expected = judged(&whole);
    let began = Instant::now();
    judged(&whole);
    let span = began.elapsed().as_micros() as u64;
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    for round in 0..rounds(100) {
        site.write("src/file0.txt", format!("{round}\n"));
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut command = site.command(&["run", "--offline", "--format", "json"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros((random >> 33) % (span * 2).max(1)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    fs::copy(whole.tree().join("src/file0.txt"), site.tree().join("src/file0.txt")).unwrap();
    assert_eq!(judged(&site), expected);
}

#[test]
fn a_torn_or_changed_cache_is_no_cache() {
    let site = storefront();
    let expected = judged(&site);
    for (number, file) in cache_files(&site).into_iter().enumerate() {
        let mut bytes = fs::read(&file).unwrap();
        match number % 3 {
            0 => bytes.truncate(bytes.len() / 2),
            1 => bytes.iter_mut().step_by(7).for_each(|byte| *byte ^= 0x5A),
            _ => bytes.clear(),
        }
        fs::write(&file, bytes).unwrap();
    }
    assert_eq!(judged(&site), expected);
}

#[test]
fn a_cache_written_under_another_key_is_not_believed() {
    let site = storefront();
    let expected = judged(&site);
    let clean = Site::new();
    clean.write("api/app.py", "print('clean')\n");
    // The cache of somebody else, who lets a tree of the same name pass.
    clean.run(&["run", "--offline"]);
    fs::remove_dir_all(site.home().join(".cache")).unwrap();
    let _ = Command::new("cp").arg("-r").arg(clean.home().join(".cache")).arg(site.home()).status().unwrap();
    assert_eq!(judged(&site), expected);
    let key =
        site.command(&["run", "--offline", "--format", "json"]).env("SLUICEGATE_CACHE_KEY", "ci").output();
    assert_eq!(Ran::of(key.unwrap()).stdout, expected.1);
}

#[test]
fn a_home_that_cannot_be_written_costs_only_time() {
    let site = storefront();
    let expected = judged(&site);
    let mut command = site.command(&["run", "--offline", "--format", "json"]);
    // A file where the folder should be refuses root too, whom permissions do not bind.
    let blocked = site.home().join("blocked");
    fs::write(&blocked, "").unwrap();
    let ran = Ran::of(command.env("HOME", &blocked).output().unwrap());
    assert_eq!((ran.code, ran.stdout), expected, "{}", ran.stderr);
    assert!(ran.stderr.contains("without a results cache"), "{}", ran.stderr);
}

#[test]
fn without_a_home_only_what_lies_there_is_missing() {
    let site = Site::repository();
    site.write("app.py", "print('shop')\n");
    let ran = |arguments: &[&str]| {
        let mut command = site.command(&[&["run", "--offline", "--no-cache", "-q"], arguments].concat());
        for name in ["HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
            command.env_remove(name);
        }
        Ran::of(command.output().unwrap())
    };
    assert_eq!(ran(&[]).code, 0, "no stage asks for advisories");
    site.write("requirements.txt", "flask==2.2.5\n");
    let without = ran(&[]);
    assert_eq!(without.code, 3, "{}", without.stderr);
    let said =
        "nothing says where the advisories are kept: neither XDG_DATA_HOME nor HOME is an absolute path";
    assert!(without.stdout.contains(said), "{}", without.stdout);
    let mut status = site.command(&["db", "status"]);
    let status = Ran::of(status.env_remove("HOME").env_remove("XDG_DATA_HOME").output().unwrap());
    let expected = format!("error[usage]: {said}\n  help: set HOME, or name a folder with --data-dir\n");
    assert_eq!((status.code, status.stderr), (2, expected));
}

/// Reports are compared between machines, so they hold no path of one.
#[test]
fn a_database_that_cannot_be_opened_is_told_without_its_folder() {
    let site = Site::repository();
    site.write("requirements.txt", "flask==2.2.5\n");
    let folder = site.home().join("no-folder");
    fs::write(&folder, "").unwrap();
    let ran =
        site.run(&["run", "--offline", "--format", "json", "--data-dir", &folder.display().to_string()]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stdout.contains("PyPI"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("no-folder"), "{}", ran.stdout);
}

/// A CI file that hands on a variable which nobody set hands on an empty one.
#[test]
fn an_empty_folder_is_none() {
    let site = storefront();
    let expected = judged(&site);
    let mut command = site.command(&["run", "--offline", "--format", "json"]);
    let ran =
        Ran::of(command.env("SLUICEGATE_CACHE_DIR", "").env("SLUICEGATE_DATA_DIR", "").output().unwrap());
    assert_eq!((ran.code, ran.stdout), expected, "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_is_no_pass() {
    let clean = Site::new();
    clean.write("app.py", "print('shop')\n");
    // Of two that hold, the gate's failure is the graver.
    for (site, code) in [(clean, 3), (storefront(), 1)] {
        let full = site.run(&["run", "--offline", "--format", "json=/dev/full"]);
        assert_eq!(full.code, code, "{}", full.stderr);
        assert!(full.stderr.contains("cannot write /dev/full") && full.stderr.contains("help: make room"));
        let mut command = site.command(&["run", "--offline", "-q"]);
        let full = command.stdout(fs::File::create("/dev/full").unwrap()).output().unwrap();
        let said = String::from_utf8_lossy(&full.stderr);
        assert!(
            said.contains("error[incomplete]: cannot write to standard output: ")
                && said.contains("help: make room")
        );
    }
}

#[test]
fn a_limit_on_file_size_breaks_no_run() {
    let site = storefront();
    let expected = judged(&site);
    let binary = tests::binary().display().to_string();
    let script =
        format!("trap '' XFSZ; ulimit -f 0; exec {binary} run --offline --format json 2>/dev/null | cat");
    fs::remove_dir_all(site.home().join(".cache")).unwrap();
    let ran = Ran::of(site.bare("bash").args(["-c", &script]).output().unwrap());
    assert_eq!(ran.stdout, expected.1, "{}", ran.stderr);
}

#[test]
fn runs_at_once_do_not_disturb_each_other() {
    let site = storefront();
    let expected = judged(&site);
    fs::remove_dir_all(site.home().join(".cache")).unwrap();
    fs::remove_dir_all(site.home().join(".local")).unwrap();
    let start = |_| {
        let mut command = site.command(&["run", "--offline", "--format", "json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..8).map(start).collect();
    for child in children {
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.stdout), expected, "{}", ran.stderr);
    }
    assert_eq!(judged(&site), expected);
}

#[test]
fn nothing_to_scan_is_incomplete() {
    let site = Site::new();
    let ran = site.run(&["run", "--offline"]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert!(ran.stdout.contains("nothing-to-scan"), "{}", ran.stdout);
}

#[test]
fn no_database_is_incomplete_and_says_what_to_do() {
    let site = Site::new();
    site.write("requirements.txt", "requests==2.32.4\n");
    let ran = site.run(&["run", "--offline"]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert!(ran.stdout.contains("sluicegate db update"), "{}", ran.stdout);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let site = storefront();
    let binary = tests::binary().display().to_string();
    let script = format!("{binary} run --offline | head -c 1; exit ${{PIPESTATUS[0]}}");
    assert_eq!(site.bare("bash").args(["-c", &script]).output().unwrap().status.code(), Some(1));
}

#[test]
fn configuration_errors_have_a_place() {
    let check = |text: &str, place: &str, message: &str| {
        let site = Site::new();
        site.write("sluicegate.yaml", text);
        let ran = site.run(&["run", "--offline"]);
        assert_eq!(ran.code, 2, "{text}\n{}", ran.stderr);
        assert!(ran.stderr.contains(place) && ran.stderr.contains(message), "{text}\n{}", ran.stderr);
        assert!(ran.stderr.contains('^'), "{text}\n{}", ran.stderr);
    };
    check("version: 1\nstagez: {}\n", "sluicegate.yaml:2:1", "stagez");
    check("version: 1\nstages:\n  secrets: {}\n  secrets: {}\n", "sluicegate.yaml:4:3", "secrets");
    check("version: 1\nstages:\n  secrets:\n    hystory: all\n", "sluicegate.yaml:4:5", "hystory");
    check("version: 1\ngate:\n  fail-on: hihg\n", "sluicegate.yaml:3:12", "hihg");
    check("version: 1\ngate: {\n", "sluicegate.yaml:", "");
}

#[test]
fn a_secret_is_never_printed_nor_kept() {
    let secret = token(99);
    let site = Site::repository();
    site.write("leak.py", format!("token = \"{secret}\"\n")).commit("leak");
    let mut said = String::new();
    for format in ["text", "json", "sarif"] {
        let ran = site.run(&["run", "--offline", "-vv", "--format", format, "--record", "../record"]);
        assert_eq!(ran.code, 1);
        said = said + &ran.stdout + &ran.stderr;
    }
    let body = secret.get(8..).unwrap();
    assert!(!said.contains(body));
    let unpacked =
        Ran::of(Command::new("zstd").arg("-dc").arg(site.tree().join("../record")).output().unwrap());
    assert!(unpacked.code == 0 && !unpacked.stdout.contains(body));
    for file in cache_files(&site) {
        let bytes = fs::read(&file).unwrap();
        let holds = |bytes: &[u8]| bytes.windows(body.len()).any(|window| window == body.as_bytes());
        assert!(!holds(&bytes), "{}", file.display());
        // Behind the tag, a record is one zstd frame.
        let packed = bytes.get(16..).unwrap_or_default().to_vec();
        let unpack = format!("zstd -dcq {} 2>/dev/null", "/dev/stdin");
        let mut child = Command::new("sh")
            .args(["-c", &unpack])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::thread::spawn(move || std::io::Write::write_all(&mut stdin, &packed));
        assert!(!holds(&child.wait_with_output().unwrap().stdout), "{}", file.display());
    }
}

/// Packs what a shell command prints.
fn packed(command: &str) -> Vec<u8> {
    let output = Command::new("sh").args(["-c", &format!("{command} | zstd -q -c")]).output().unwrap();
    assert!(output.status.success() && !output.stdout.is_empty());
    output.stdout
}

#[test]
fn a_record_made_to_fill_memory_is_refused() {
    let site = Site::new();
    site.write("leak.py", format!("token = \"{}\"\n", token(1)));
    assert_eq!(site.run(&["run", "--offline", "--record", "../record"]).code, 1);
    let refused = |bytes: &[u8]| {
        fs::write(site.beside("hostile"), bytes).unwrap();
        let ran = site.run(&["report", "../hostile"]);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        let said = ran.stderr.contains("../hostile") && ran.stderr.contains("unpack to more than");
        assert!(said, "{}", ran.stderr);
    };
    refused(&packed("head -c 1073741824 /dev/zero"));
    let text = "printf '[{\"today\":\"'; head -c 1073741824 /dev/zero | tr '\\0' a";
    refused(&packed(&format!("{{ {text}; }}")));
    // Behind a context that is right.
    let record = site.beside("record").display().to_string();
    let context = packed(&format!("zstd -dcq {record} | head -c 100000 | python3 -c '{FIRST}'"));
    refused(&[context, packed("head -c 1073741824 /dev/zero")].concat());
}

/// Prints the first value of a stream of JSON.
const FIRST: &str =
    "import json,sys; t=sys.stdin.read(); sys.stdout.write(t[:json.JSONDecoder().raw_decode(t)[1]])";

/// What an earlier version wrote is refused in plain words, not read halfway.
#[test]
fn a_record_of_another_version_is_refused() {
    let site = Site::new();
    site.write("a.py", "1\n");
    assert_eq!(site.run(&["run", "--offline", "--record", "../record"]).code, 0);
    let bytes = fs::read(site.beside("record")).unwrap();
    let length = zstd::zstd_safe::find_frame_compressed_size(&bytes).unwrap();
    let (first, rest) = bytes.split_at(length);
    let context: Vec<serde_json::Value> = serde_json::from_slice(&zstd::decode_all(first).unwrap()).unwrap();
    let write = |context: &[serde_json::Value]| {
        let first = zstd::encode_all(&serde_json::to_vec(context).unwrap()[..], 3).unwrap();
        fs::write(site.beside("record"), [&first, rest].concat()).unwrap();
        site.run(&["report", "../record"])
    };
    assert_eq!(write(&context).code, 0);
    let of_the_next = [&[99.into()], &context[1..]].concat();
    assert!(write(&of_the_next).stderr.contains("(records of version 99; this one reads version "));
    for other in [&context[1..], &of_the_next] {
        let ran = write(other);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains("another version of Sluicegate wrote it"), "{ran:?}");
        assert!(ran.stderr.contains("help: write one with this version"), "{ran:?}");
    }
}

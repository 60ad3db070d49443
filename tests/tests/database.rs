//! Advisories on the user's machine: built from a folder or from an address, kept when an update fails, and matched with
//! the lockfiles of a tree.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: what does not hold ends the test"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tests::{Advisory, Ran, Site, archive};

/// What the server says to one path.
#[derive(Clone)]
struct Reply {
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn ok(body: Vec<u8>) -> Self {
        Self { head: format!("200 OK\r\nContent-Length: {}", body.len()), body }
    }

    fn status(line: &str) -> Self {
        Self { head: format!("{line}\r\nContent-Length: 0"), body: Vec::new() }
    }
}

/// A server of a few files, for as long as it lives.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(host: &str, files: BTreeMap<String, Reply>) -> Self {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, ends) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (list, stop) = (Arc::clone(&asked), Arc::clone(&ends));
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                if let Some(path) = connection.ok().and_then(|connection| answer(connection, &files)) {
                    list.lock().unwrap().push(path);
                }
            }
        });
        Self { address, asked, ends, thread: Some(thread) }
    }

    fn url(&self) -> String {
        format!("http://{}/bucket", self.address)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        // The thread waits for a connection; this is the last one.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Answers one request and returns the path that it asked for.
fn answer(mut connection: TcpStream, files: &BTreeMap<String, Reply>) -> Option<String> {
    connection.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") && head.len() < 16 << 10 {
        match connection.read(&mut piece).ok()? {
            0 => return None,
            length => head.extend_from_slice(&piece[..length]),
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1)?.to_owned();
    let reply = files.get(&path).cloned().unwrap_or_else(|| Reply::status("404 Not Found"));
    let _ = connection.write_all(format!("HTTP/1.1 {}\r\nConnection: close\r\n\r\n", reply.head).as_bytes());
    let _ = connection.write_all(&reply.body);
    Some(path)
}

const FLASK: Advisory =
    Advisory { ecosystem: "PyPI", package: "flask", id: "TEST-2026-0001", introduced: "0", fixed: "2.2.5" };

fn bucket(of: &str, reply: Reply) -> BTreeMap<String, Reply> {
    BTreeMap::from([(format!("/bucket/{of}/all.zip"), reply)])
}

/// Brings one ecosystem from `from`.
fn update(site: &Site, from: &str) -> Ran {
    site.run(&["db", "update", "--ecosystem", "PyPI", "--from", from])
}

#[test]
fn a_database_that_cannot_be_written_says_where_to_go() {
    let site = shop();
    site.write("source/PyPI/all.zip", archive([])).write("file", "");
    let (source, file) = (site.tree().join("source"), site.tree().join("file"));
    let to = ["--data-dir", file.to_str().unwrap(), "--from", source.to_str().unwrap()];
    let ran = site.run(&[&["db", "update"][..], &to].concat());
    let help = "help: make room there, or name a folder that you may write with --data-dir";
    assert!(ran.code == 3 && ran.stderr.contains(help), "{}", ran.stderr);
}

/// A tree with a flask that [`FLASK`] affects.
fn shop() -> Site {
    let site = Site::new();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  dependencies: {}\n");
    site.write("requirements.txt", "flask==2.2.4\n");
    site
}

#[test]
fn a_server_gives_what_a_folder_gives() {
    let (from_folder, from_server) = (shop(), shop());
    from_folder.database(&[FLASK]);
    let server = Server::start("127.0.0.1", bucket("PyPI", Reply::ok(archive([&FLASK]))));
    let ran = update(&from_server, &server.url());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(server.asked(), ["/bucket/PyPI/all.zip"]);
    let judged = |site: &Site| site.run(&["run", "--offline", "--format", "json"]);
    let (one, two) = (judged(&from_folder), judged(&from_server));
    assert_eq!((one.code, &one.stdout), (1, &two.stdout), "{}", one.stderr);
    let status = from_server.run(&["db", "status"]);
    assert_eq!(status.code, 0, "{}", status.stderr);
    assert!(status.stdout.contains("PyPI: 1 advisory of 1 package, newest 2999-01-05"), "{}", status.stdout);
    assert!(status.stdout.contains(&format!("from {}/,", server.url())), "{}", status.stdout);
}

#[test]
fn without_names_every_ecosystem_of_lockfiles_is_asked_for() {
    let site = shop();
    let mut files = bucket("PyPI", Reply::ok(archive([&FLASK])));
    let names = ["crates.io", "npm", "Go"];
    for (ecosystem, package) in names.into_iter().zip(["pancake", "left-pad", "host.example/router"]) {
        let advisory = Advisory { ecosystem, package, ..FLASK };
        files.extend(bucket(ecosystem, Reply::ok(archive([&advisory]))));
    }
    let server = Server::start("127.0.0.1", files);
    let ran = site.run(&["db", "update", "--from", &server.url()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let built: Vec<&str> =
        ran.stdout.lines().filter_map(|line| line.split_once(", newest")).map(|(it, _)| it).collect();
    let expected = ["Go: 1 advisory", "PyPI: 1 advisory", "crates.io: 1 advisory", "npm: 1 advisory"];
    assert_eq!(built, expected);
}

#[test]
fn a_failed_update_leaves_what_was_there() {
    let site = shop();
    site.database(&[FLASK]);
    let before = site.run(&["run", "--offline", "--format", "json"]);
    assert_eq!(before.code, 1, "{}", before.stderr);
    let whole = archive([&FLASK]);
    let half = whole[..whole.len() / 2].to_vec();
    let cut = Reply { head: format!("200 OK\r\nContent-Length: {}", whole.len()), body: half.clone() };
    // Without a length, only the archive itself tells that it is cut off.
    let unmeasured = Reply { head: "200 OK".to_owned(), body: half };
    let replies = [
        ("a cut body", cut),
        ("a cut archive", unmeasured),
        ("not found", Reply::status("404 Not Found")),
        ("a server's fault", Reply::status("500 Internal Server Error")),
        ("a page", Reply::ok(b"<html>sign in first</html>".to_vec())),
        ("nothing", Reply::ok(Vec::new())),
        ("an empty archive", Reply::ok(archive([]))),
    ];
    for (name, reply) in replies {
        let server = Server::start("127.0.0.1", bucket("PyPI", reply));
        let ran = update(&site, &server.url());
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{name}: {}", ran.stderr);
        assert!(
            ran.stderr.starts_with("error[") || ran.stderr.contains("\nerror["),
            "{name}: {}",
            ran.stderr
        );
        assert!(ran.stderr.contains("help: "), "{name}: {}", ran.stderr);
        let after = site.run(&["run", "--offline", "--format", "json", "--no-cache"]);
        assert_eq!(after.stdout, before.stdout, "{name}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ran = update(&site, &format!("http://{nobody}"));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert_eq!(site.run(&["run", "--offline", "--format", "json"]).stdout, before.stdout);
}

#[test]
fn only_https_and_this_machine_are_addresses() {
    let site = shop();
    let check = |from: &str, message: &str| {
        let ran = update(&site, from);
        assert_eq!(ran.code, 2, "{from}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{from}: {}", ran.stderr);
        assert!(!site.home().join(".local/share").exists(), "{from}: nothing is written");
    };
    check("http://advisories.example/", "is not an https address");
    check("http://127.0.0.1.advisories.example/", "is not an https address");
    check("http://localhost@advisories.example/", "is not an https address");
    check("ftp://127.0.0.1/", "is not an https address");
    check("file:///etc", "is not an https address");
    check("https://", "is no address");
    check("no/such/folder", "does not exist");
}

#[test]
fn a_status_tells_what_cannot_be_used() {
    let site = shop();
    let none = site.run(&["db", "status"]);
    assert_eq!(none.code, 3, "{}", none.stdout);
    assert!(none.stderr.contains("help: build one: sluicegate db update"), "{}", none.stderr);
    site.database(&[FLASK]);
    assert_eq!(site.run(&["db", "status"]).code, 0);
    let shard = site.home().join(".local/share/sluicegate/advisories/PyPI.idx");
    let bytes = fs::read(&shard).unwrap();
    fs::write(&shard, &bytes[..bytes.len() / 2]).unwrap();
    let torn = site.run(&["db", "status"]);
    assert_eq!(torn.code, 3, "{}", torn.stdout);
    assert!(torn.stdout.contains("cannot be used"), "{}", torn.stdout);
    let (code, report) = site.report(&["--offline"]);
    assert_eq!((code, report["gaps"][0]["code"].as_str()), (3, Some("unusable-database")), "{report:#}");
}

const CARGO: &str = "version = 4

[[package]]
name = \"pancake\"
version = \"1.4.0\"
source = \"registry+https://registry.example/crates.io-index\"

[[package]]
name = \"pancake\"
version = \"1.5.0-beta.1\"
source = \"registry+https://registry.example/crates.io-index\"

[[package]]
name = \"pancake\"
version = \"1.5.0\"
source = \"registry+https://registry.example/crates.io-index\"

[[package]]
name = \"own\"
version = \"1.0.0\"
";

const NPM: &str = "{
  \"lockfileVersion\": 3,
  \"packages\": {
    \"\": { \"dependencies\": { \"@shop/ui\": \"1\" } },
    \"node_modules/@shop/ui\": { \"version\": \"1.9.9\" },
    \"node_modules/left-pad\": { \"version\": \"1.10.0\" },
    \"node_modules/right-pad\": { \"version\": \"0.9.0\" }
  }
}
";

const GO: &str = "module host.example/shop

go 1.22.0

require (
\thost.example/router v1.2.3
\thost.example/router/v2 v2.0.0
\thost.example/text v0.0.0-20230102030405-abcdefabcdef
)
";

const PYTHON: &str = "flask==2.2.4
Jinja2==2.11rc1
urllib3==1.26.18.post1
zope.interface==5.0
";

#[test]
fn lockfiles_are_matched_by_the_order_of_their_ecosystem() {
    let of =
        |ecosystem, package, id, introduced, fixed| Advisory { ecosystem, package, id, introduced, fixed };
    let site = Site::new();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  dependencies: {}\n");
    site.write("cargo/Cargo.lock", CARGO).write("npm/package-lock.json", NPM);
    site.write("go/go.mod", GO).write("python/requirements.txt", PYTHON);
    site.database(&[
        of("crates.io", "pancake", "TEST-2026-0001", "1.4.1-0", "1.5.0"),
        of("npm", "@shop/ui", "TEST-2026-0002", "1.9.9", "2.0.0"),
        // As text, 1.10.0 is less than 1.9.0.
        of("npm", "left-pad", "TEST-2026-0003", "0", "1.9.0"),
        of("npm", "right-pad", "TEST-2026-0004", "1.0.0", "2.0.0"),
        of("Go", "host.example/router", "TEST-2026-0005", "0", "1.2.4"),
        of("Go", "host.example/text", "TEST-2026-0006", "0", "0.0.0-20230102030406-fedcbafedcba"),
        // Names are compared as PEP 503 has it.
        of("PyPI", "Flask", "TEST-2026-0007", "2.2.4", "2.2.5"),
        of("PyPI", "jinja2", "TEST-2026-0008", "0", "2.11"),
        of("PyPI", "urllib3", "TEST-2026-0009", "0", "1.26.18"),
        of("PyPI", "zope-interface", "TEST-2026-0010", "5", "5.1"),
    ]);
    let (code, report) = site.report(&["--offline"]);
    assert_eq!(code, 1, "{report:#}");
    let findings = report["findings"].as_array().unwrap();
    let mut found: Vec<String> = findings
        .iter()
        .map(|finding| {
            let at = &finding["location"];
            let evidence = &finding["evidence"];
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            let place = format!("{}:{}", text(&at["path"]), at["start_line"]);
            format!(
                "{place} {} {} {}",
                text(&evidence["advisory"]),
                text(&evidence["purl"]),
                text(&evidence["fixed"])
            )
        })
        .collect();
    found.sort();
    let expected = [
        "cargo/Cargo.lock:9 TEST-2026-0001 pkg:cargo/pancake@1.5.0-beta.1 1.5.0",
        "go/go.mod:6 TEST-2026-0005 pkg:golang/host.example/router@v1.2.3 1.2.4",
        "go/go.mod:8 TEST-2026-0006 pkg:golang/host.example/text@v0.0.0-20230102030405-abcdefabcdef 0.0.0-20230102030406-fedcbafedcba",
        "npm/package-lock.json:5 TEST-2026-0002 pkg:npm/%40shop/ui@1.9.9 2.0.0",
        "python/requirements.txt:1 TEST-2026-0007 pkg:pypi/flask@2.2.4 2.2.5",
        "python/requirements.txt:2 TEST-2026-0008 pkg:pypi/jinja2@2.11rc1 2.11",
        "python/requirements.txt:4 TEST-2026-0010 pkg:pypi/zope-interface@5.0 5.1",
    ];
    assert_eq!(found, expected, "{report:#}");
    assert_eq!(report["gaps"], serde_json::json!([]));
}

#[test]
fn a_missing_shard_is_incomplete_beside_one_that_is_there() {
    let site = shop();
    site.write("requirements.txt", "flask==2.2.5\n").database(&[FLASK]);
    assert_eq!(site.report(&["--offline"]).0, 0);
    site.write("Cargo.lock", CARGO);
    let (code, report) = site.report(&["--offline"]);
    assert_eq!(code, 3, "{report:#}");
    let gap = &report["gaps"][0];
    assert_eq!((gap["code"].as_str(), gap["kind"].as_str()), (Some("no-database"), Some("lost")));
    assert!(gap["reason"].as_str().unwrap().contains("for crates.io"), "{gap:#}");
    assert_eq!(gap["hint"], "run `sluicegate db update`");
}

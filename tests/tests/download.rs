//! Advisories from an address: where it may lead, and that all of it came.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what does not hold ends the test")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use tests::{Advisory, Ran, Site, archive};

fn packed() -> Vec<u8> {
    archive([&Advisory {
        ecosystem: "PyPI",
        package: "flask",
        id: "SHOP-1",
        introduced: "0",
        fixed: "2.2.5",
    }])
}

/// Serves `answers`, one a connection, and returns the address; what is left when the test ends is never asked for.
fn serve(answers: Vec<(String, Vec<u8>)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (head, body) in answers {
            let Ok((mut connection, _)) = listener.accept() else { return };
            let lines = BufReader::new(connection.try_clone().unwrap()).lines();
            let asked = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).count();
            assert!(asked > 0);
            let head = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n");
            let _ = connection.write_all(&[head.as_bytes(), &body].concat());
        }
    });
    format!("http://{address}")
}

fn update(site: &Site, from: &str, more: &[&str]) -> Ran {
    site.run(&[&["db", "update", "--ecosystem", "PyPI", "--from", from], more].concat())
}

/// Downloads what a server answers, and expects an exit code and a text.
fn check(answers: Vec<(String, Vec<u8>)>, code: i32, said: &str) {
    let site = Site::new();
    let ran = update(&site, &serve(answers), &[]);
    assert_eq!(ran.code, code, "{}", ran.stderr);
    assert!(ran.stderr.contains(said), "`{said}` is not in\n{}", ran.stderr);
    assert_eq!(site.run(&["db", "status"]).code == 0, code == 0, "what is refused is not kept");
}

fn ok(headers: &str) -> (String, Vec<u8>) {
    let body = packed();
    (format!("200 OK\r\nContent-Length: {}{headers}", body.len()), body)
}

/// CRC-32C bit by bit, in base64.
fn crc32c(bytes: &[u8]) -> String {
    let crc = !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82F6_3B78 & (crc & 1).wrapping_neg()))
    });
    let digit = |six: u32| {
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        char::from(digits.get((six & 63) as usize).copied().unwrap())
    };
    let bits = u64::from(crc) << 4;
    let text: String = (0..6).rev().map(|at| digit((bits >> (6 * at)) as u32)).collect();
    text + "=="
}

#[test]
fn what_the_server_says_of_the_file_holds() {
    let sum = crc32c(&packed());
    check(
        vec![ok(&format!("\r\nx-goog-hash: crc32c={sum}\r\nx-goog-hash: md5=AAAA"))],
        0,
        "the checksum agrees",
    );
    check(vec![ok(&format!("\r\nx-goog-hash: md5=AAAA,crc32c={sum}"))], 0, "the checksum agrees");
    check(vec![ok("\r\nx-goog-hash: crc32c=AAAAAA==")], 3, "its checksum is");
    check(vec![ok("")], 0, "the size agrees, the server gives no checksum");
    check(vec![("200 OK".into(), packed())], 0, "neither size nor checksum");
    let short = ("200 OK\r\nContent-Length: 1000000".to_owned(), packed());
    check(vec![short], 3, "cannot fetch");
}

#[test]
fn redirects_stay_where_they_may() {
    let to = |place: &str| (format!("302 Found\r\nContent-Length: 0\r\nLocation: {place}"), Vec::new());
    let target = serve(vec![ok("")]);
    check(vec![to(&format!("{target}/elsewhere.zip"))], 0, "the size agrees");
    check(vec![to("http://mirror.example/all.zip")], 3, "leads away from https and is not followed");
    check(vec![to("http://192.0.2.1/all.zip")], 3, "leads away from https and is not followed");
    check((0..20).map(|_| to("/again")).collect(), 3, "too many redirects");
}

#[test]
fn offline_means_no_network() {
    let site = Site::new();
    for from in ["https://mirror.example/", "http://127.0.0.1:1/"] {
        let ran = update(&site, from, &["--offline"]);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains("--offline refuses"), "{}", ran.stderr);
    }
    assert_eq!(site.run(&["db", "update", "--offline"]).code, 2);
    let bucket = site.beside("bucket/PyPI");
    std::fs::create_dir_all(&bucket).unwrap();
    std::fs::write(bucket.join("all.zip"), packed()).unwrap();
    let folder = site.beside("bucket").display().to_string();
    assert_eq!(update(&site, &folder, &["--offline"]).code, 0);
}

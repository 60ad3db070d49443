//! Downloads over HTTPS, or from this machine itself: where a redirect may lead, and whether what came is what was sent.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};

use crate::context::Context;
use crate::fault::Fault;

/// A file larger than this is not taken.
const MOST_BYTES: u64 = 4 << 30;
/// How long a connection may be silent.
const SILENCE: Duration = Duration::from_secs(60);
/// Redirects that are followed.
const MOST_REDIRECTS: usize = 5;
/// Where Google's storage says what the content's checksums are: `crc32c=…,md5=…`, base64.
const HASHES: &str = "x-goog-hash";

/// Reads an address that files may be taken from.
pub(crate) fn address(from: &str) -> Result<Url, Fault> {
    let url = Url::parse(from).map_err(|error| {
        Fault::usage(format!("`{from}` is no address: {error}")).hint("write it as https://HOST/PATH")
    })?;
    if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)) {
        return Ok(url);
    }
    Err(Fault::usage(format!("`{from}` is not an https address"))
        .hint("give an https address: advisories come over no other"))
}

/// Makes the client of all downloads.
pub(crate) fn client() -> Result<Client, Fault> {
    let redirects = Policy::custom(|attempt| {
        let before = attempt.previous();
        if before.len() > MOST_REDIRECTS {
            return attempt.error("there are too many redirects");
        }
        match before.last().map_or(Ok(()), |before| may_follow(before, attempt.url())) {
            Ok(()) => attempt.follow(),
            Err(reason) => attempt.error(reason),
        }
    });
    Client::builder()
        .user_agent(concat!("sluicegate/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(20))
        .read_timeout(SILENCE)
        .redirect(redirects)
        .build()
        .map_err(|error| {
            Fault::incomplete(format!("nothing can be fetched: {}", chain(&error)))
                .hint("see that HTTPS_PROXY is an address and that the system's certificates can be read")
        })
}

/// Tells whether an address may send us to another: never from HTTPS to HTTP, never from another machine to this one.
fn may_follow(from: &Url, to: &Url) -> Result<(), String> {
    let refused = match (to.scheme(), is_loopback(to)) {
        ("https", false) => return Ok(()),
        ("https", true) if is_loopback(from) => return Ok(()),
        ("http", true) if is_loopback(from) && from.scheme() == "http" => return Ok(()),
        (_, true) => "leads to this machine",
        (_, false) => "leads away from https",
    };
    Err(format!("the redirect to {to} {refused} and is not followed"))
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        host.eq_ignore_ascii_case("localhost")
            || address.is_ok_and(|address| address.to_canonical().is_loopback())
    })
}

/// Downloads a file. What the server says of its size and checksum must hold.
pub(crate) async fn download(client: &Client, url: Url, file: &Path, context: &Context) -> Result<(), Fault> {
    let refuse = |reason: String| {
        Fault::incomplete(format!("cannot fetch {url}: {reason}")).hint(
        "give a mirror or a folder: sluicegate db update --from DIR|URL; a proxy is taken from HTTPS_PROXY",
    )
    };
    let response = tokio::select! {
        response = client.get(url.clone()).send() => response.map_err(|error| refuse(chain(&error)))?,
        () = context.cancel.cancelled() => return Err(Fault::interrupted()),
    };
    let response = response.error_for_status().map_err(|error| refuse(chain(&error)))?;
    let promised = Promised::of(&response);
    let mut out = std::fs::File::create(file).map_err(|error| no_room(file, &error))?;
    let bar = indicatif::ProgressBar::new(promised.length.unwrap_or(0));
    if !context.terminal.live {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let mut came = Came { length: 0, crc: Crc32c::new() };
    let mut response = response;
    loop {
        let chunk = tokio::select! {
            chunk = response.chunk() => chunk.map_err(|error| refuse(chain(&error)))?,
            () = context.cancel.cancelled() => return Err(Fault::interrupted()),
        };
        let Some(chunk) = chunk else { break };
        came.length += chunk.len() as u64;
        if came.length > MOST_BYTES {
            return Err(refuse("it is larger than any database".into()));
        }
        came.crc.take(&chunk);
        bar.inc(chunk.len() as u64);
        out.write_all(&chunk).map_err(|error| no_room(file, &error))?;
    }
    bar.finish_and_clear();
    let checked = promised.check(&came).map_err(refuse)?;
    context.terminal.say(format_args!("fetched {url}: {} kB, {checked}", came.length / 1000));
    Ok(())
}

/// Describes a file on the way to the database that cannot be written.
pub(crate) fn no_room(file: &Path, error: &std::io::Error) -> Fault {
    Fault::incomplete(format!("cannot write {}: {error}", file.display()))
        .hint("make room there, or name another folder for what is fetched: TMPDIR")
}

/// What a server says of a file.
struct Promised {
    length: Option<u64>,
    crc32c: Option<String>,
}

/// What came.
struct Came {
    length: u64,
    crc: Crc32c,
}

impl Promised {
    fn of(response: &Response) -> Self {
        Self { length: response.content_length(), crc32c: crc32c(response.headers()) }
    }

    /// Returns what could be checked, in words.
    fn check(&self, came: &Came) -> Result<&'static str, String> {
        if let Some(length) = self.length.filter(|length| *length != came.length) {
            return Err(format!("{} bytes came of {length}", came.length));
        }
        let sum = STANDARD.encode(came.crc.sum().to_be_bytes());
        match (&self.crc32c, self.length) {
            (Some(promised), _) if *promised != sum => {
                Err(format!("its checksum is {sum}, and the server says {promised}"))
            }
            (Some(_), _) => Ok("the checksum agrees"),
            (None, Some(_)) => Ok("the size agrees, the server gives no checksum"),
            (None, None) => Ok("the server gives neither size nor checksum to check it by"),
        }
    }
}

/// Returns the checksum among a server's headers.
fn crc32c(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(HASHES).iter().filter_map(|value| value.to_str().ok());
    let mut parts = values.flat_map(|value| value.split(','));
    parts.find_map(|part| part.trim().strip_prefix("crc32c=")).map(str::to_owned)
}

/// CRC-32C (RFC 3720, appendix B.4), as Google's storage has it.
struct Crc32c {
    table: [u32; 256],
    state: u32,
}

impl Crc32c {
    fn new() -> Self {
        let entry = |byte: usize| {
            (0..8).fold(byte as u32, |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0x82F6_3B78 } else { crc >> 1 })
        };
        Self { table: std::array::from_fn(entry), state: u32::MAX }
    }

    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let at = usize::from(*byte ^ self.state.to_le_bytes()[0]);
            self.state = (self.state >> 8) ^ self.table.get(at).copied().unwrap_or_default();
        }
    }

    fn sum(&self) -> u32 {
        !self.state
    }
}

/// Returns an error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_on_https_and_off_this_machine() {
        let check = |from: &str, to: &str, follows: bool| {
            let address = |text: &str| Url::parse(text).unwrap();
            assert_eq!(may_follow(&address(from), &address(to)).is_ok(), follows, "{from} → {to}");
        };
        check("https://a.example/", "https://b.example/", true);
        check("https://a.example/", "http://b.example/", false);
        check("https://a.example/", "http://a.example/", false);
        check("https://a.example/", "https://127.0.0.1/", false);
        check("https://a.example/", "http://localhost/", false);
        check("https://localhost/", "http://localhost/", false);
        check("http://localhost/", "http://127.0.0.2:8000/", true);
        check("http://[::1]/", "http://LOCALHOST/", true);
        check("http://localhost/", "https://a.example/", true);
        check("http://localhost/", "http://a.example/", false);
        check("http://localhost/", "http://127.0.0.1.a.example/", false);
        check("https://a.example/", "http://[::ffff:127.0.0.1]/", false);
        check("https://a.example/", "ftp://a.example/", false);
    }

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        let mut crc = Crc32c::new();
        crc.take(b"1234");
        crc.take(b"56789");
        assert_eq!(crc.sum(), 0xE306_9283);
        let mut headers = HeaderMap::new();
        headers.append(HASHES, "md5=AAAA".parse().unwrap());
        assert_eq!(crc32c(&headers), None);
        headers.append(HASHES, "md5=AAAA, crc32c=4waSgw==".parse().unwrap());
        assert_eq!(crc32c(&headers).unwrap(), STANDARD.encode(crc.sum().to_be_bytes()));
    }
}

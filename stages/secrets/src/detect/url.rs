//! Passwords and tokens in the authority of a URL, and in what drivers take in its place: `user:password@tcp(host)/name`.

use std::ops::Range;

use model::{SecretVerdict, Severity};

use crate::automaton::Occurrence;
use crate::candidate::Source;
use crate::engine_rule::EngineRule;
use crate::generic::fixture;
use crate::hint::Area;
use crate::pass::{Look, Pass};
use crate::placeholder;
use crate::value::strength;

/// Longest authority that is read.
const LONGEST: usize = 512;
/// Bits that a name without a password must have to be a token.
const TOKEN_BITS: f64 = 64.0;

/// The parts of an authority with credentials, as ranges of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Authority {
    user: Range<usize>,
    password: Option<Range<usize>>,
    host: Range<usize>,
}

/// Looks behind `://`.
pub(crate) fn detect(pass: &mut Pass<'_>, at: Occurrence) -> Look {
    let text = pass.text;
    if !has_scheme(text, at.start) {
        return Look::Idle;
    }
    match authority(text, at.end) {
        Some(authority) => judge(pass, &authority),
        None => Look::Idle,
    }
}

/// Looks before `@tcp(`, as the driver of MySQL for Go writes it.
pub(crate) fn detect_driver(pass: &mut Pass<'_>, at: Occurrence) -> Look {
    match authority_before(pass.text, at.start..at.end) {
        Some(authority) => judge(pass, &authority),
        None => Look::Idle,
    }
}

/// Asks whether an authority holds a credential, and notes it.
fn judge(pass: &mut Pass<'_>, authority: &Authority) -> Look {
    let text = pass.text;
    let part = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
    let user = part(&authority.user);
    let host = part(&authority.host);
    let (range, value) = match &authority.password {
        Some(range) => (range.clone(), part(range)),
        // `git@host` is a name; a token stands alone before the host.
        None if strength(user) >= TOKEN_BITS && user.iter().any(u8::is_ascii_digit) => {
            (authority.user.clone(), user)
        }
        None => return Look::Idle,
    };
    let hint = pass.context.hint;
    let made_up = hint.area != Area::Main
        && fixture::is_meant(hint)
        && (is_local(host) || !fixture::is_specific(value));
    if made_up || is_stand_in(user, value) || is_example_host(host) || is_reporting(text, authority) {
        pass.found.counts.placeholder += 1;
        return Look::Open;
    }
    let severity = is_local(host).then_some(Severity::Low);
    let name = format!("{}@{}", String::from_utf8_lossy(user), String::from_utf8_lossy(host));
    let is_user = authority.password.is_none();
    if let Some(candidate) =
        pass.push(EngineRule::UrlCredential, range, Source::Structure, SecretVerdict::Likely)
    {
        candidate.severity = severity;
        candidate.name = if is_user { String::from_utf8_lossy(host).into_owned() } else { name };
    }
    Look::Open
}

/// Tells whether the URL is where a program reports its errors to (a DSN of Sentry): 32 digits before the host, and a
/// project's number for a path. It is public by design, as long as no second part stands behind a colon.
fn is_reporting(text: &[u8], authority: &Authority) -> bool {
    let user = text.get(authority.user.clone()).unwrap_or_default();
    let rest = text.get(authority.host.end..text.len().min(authority.host.end + LONGEST)).unwrap_or_default();
    let path =
        rest.iter().position(|byte| *byte == b'/').and_then(|at| rest.get(at + 1..)).unwrap_or_default();
    let digits = path.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let ends = path.get(digits).is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'/');
    authority.password.is_none()
        && user.len() == 32
        && user.iter().all(u8::is_ascii_hexdigit)
        && digits > 0
        && ends
}

fn has_scheme(text: &[u8], end: usize) -> bool {
    let before = text.get(end.saturating_sub(20)..end).unwrap_or_default();
    let length = before
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        .count();
    length >= 2 && before.get(before.len() - length).is_some_and(u8::is_ascii_alphanumeric)
}

/// Splits the authority that starts at `start`; `None` without credentials in it.
fn authority(text: &[u8], start: usize) -> Option<Authority> {
    let rest = text.get(start..text.len().min(start + LONGEST))?;
    // Most URLs have none, and are done with here.
    let first = rest
        .iter()
        .position(|byte| matches!(byte, b'@' | b' ' | b'"' | b'\'' | b'\n' | b'`' | b'<' | b'>'))?;
    let ends = |byte: &u8| {
        byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b'|')
    };
    let opens_template = rest.get(first) == Some(&b'<');
    if rest.get(first) != Some(&b'@') && !opens_template {
        return None;
    }
    let length = rest.iter().position(ends).unwrap_or(rest.len());
    let chunk = rest.get(..length)?;
    let slash = memchr::memchr(b'/', chunk).unwrap_or(chunk.len());
    let at = match memchr::memrchr(b'@', chunk.get(..slash)?) {
        Some(at) => at,
        None => slash_in_password(chunk, slash)?,
    };
    let userinfo = chunk.get(..at)?;
    let colon = memchr::memchr(b':', userinfo);
    let host_length = chunk
        .get(at + 1..)?
        .iter()
        .take_while(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'.' | b'-' | b'_' | b'$' | b'{' | b'}' | b'[' | b'*' | b'%')
        })
        .count();
    let host_start = start + at + 1;
    (host_length > 0 && !userinfo.is_empty()).then(|| Authority {
        user: start..start + colon.unwrap_or(at),
        password: colon.map(|colon| start + colon + 1..start + at),
        host: host_start..host_start + host_length,
    })
}

/// Reads `user:password` before the name of a network, and the host in the parentheses behind it.
fn authority_before(text: &[u8], network: Range<usize>) -> Option<Authority> {
    let before = text.get(network.start.saturating_sub(LONGEST)..network.start)?;
    let is_part =
        |byte: &&u8| byte.is_ascii_graphic() && !matches!(**byte, b'"' | b'\'' | b'`' | b'=' | b'<');
    let start = network.start - before.iter().rev().take_while(is_part).count();
    let colon = start + memchr::memchr(b':', text.get(start..network.start)?)?;
    let behind = text.get(network.end..text.len().min(network.end + LONGEST))?;
    let length = behind.iter().position(|byte| matches!(byte, b')' | b':' | b'"' | b'\n'))?;
    let host = network.end..network.end + length;
    Some(Authority { user: start..colon, password: Some(colon + 1..network.start), host })
}

/// A `/` that nobody escaped stands in the password when what is before it is no host with a port.
fn slash_in_password(chunk: &[u8], slash: usize) -> Option<usize> {
    let before = chunk.get(..slash)?;
    let colon = memchr::memchr(b':', before)?;
    let port = before.get(colon + 1..)?;
    if port.is_empty()
        || port.iter().all(u8::is_ascii_digit)
        || before.contains(&b'.')
        || before.contains(&b'$')
    {
        return None;
    }
    let at = memchr::memchr(b'@', chunk)?;
    let host = chunk.get(at + 1..)?.split(|byte| matches!(byte, b'/' | b':' | b'?')).next()?;
    (host.contains(&b'.') || host == b"localhost").then_some(at)
}

/// Passwords that stand for a password wherever a manual needs one.
const STAND_INS: &[&str] = &[
    "pass",
    "passwd",
    "password",
    "passw0rd",
    "pw",
    "pwd",
    "secret",
    "token",
    "user",
    "username",
    "xxx",
    "key",
    "apikey",
    "api_key",
    "mypassword",
    "mypass",
    "yourpassword",
    "your_password",
    "your-password",
    "foo",
    "bar",
    "baz",
    "abc",
    "test",
    "example",
    "x-oauth-basic",
    "port",
    "changeme",
    "pass1",
    "p",
    "b",
    "x",
    "private_token",
    "access_token",
    "auth_token",
    "dbpass",
    "db_password",
    "db_pass",
    "pswd",
    "host",
    "oauth2",
];

/// Tells whether name and password are those of a manual, or a template.
pub(crate) fn is_stand_in(user: &[u8], password: &[u8]) -> bool {
    let lower = password.to_ascii_lowercase();
    password.is_empty()
        || is_escaped_quotes(password)
        || is_template(password)
        || STAND_INS.iter().any(|word| word.as_bytes() == lower)
        || placeholder::has_mark(password)
        || placeholder::is_instruction(password)
        || password.len() >= 3 && password.iter().all(|byte| Some(byte) == password.first())
        || matches!((user, lower.as_slice()), (b"foo", _) | (b"user", b"1234" | b"12345" | b"123456"))
        || placeholder::is_placeholder(password) && password.len() >= 12
}

/// Tells whether nothing but quotes that a page escapes stands there.
fn is_escaped_quotes(value: &[u8]) -> bool {
    let text =
        String::from_utf8_lossy(value).replace("&quot;", "").replace("&#39;", "").replace("&apos;", "");
    text.is_empty() || text == "''"
}

/// Tells whether the value will be filled in later.
fn is_template(value: &[u8]) -> bool {
    matches!(value.first(), Some(b'$' | b'{' | b'<' | b'[' | b'(' | b'*' | b':'))
        || value.starts_with(b"%s")
        || value.starts_with(b"%(")
        || value.starts_with(b"%d")
        || value.starts_with(b"%v")
        || value.starts_with(b"#{")
        || value.len() > 2 && value.starts_with(b"%") && value.ends_with(b"%")
        || memchr::memmem::find(value, b"${").is_some()
        || memchr::memmem::find(value, b"{{").is_some()
        || memchr::memmem::find(value, b"#{").is_some()
        || value.starts_with(b"__") && value.ends_with(b"__")
}

/// Hosts that RFC 2606 and habit set aside for manuals.
fn is_example_host(host: &[u8]) -> bool {
    let lower = host.to_ascii_lowercase();
    let is = |name: &str| lower == name.as_bytes() || lower.ends_with(format!(".{name}").as_bytes());
    [
        "example",
        "example.com",
        "example.org",
        "example.net",
        "test",
        "invalid",
        "domain.com",
        "host",
        "hostname",
        "server",
        "yourserver",
        "foo",
        "bar",
    ]
    .iter()
    .any(|name| is(name))
        || is_template(host)
}

/// Tells whether the host is this machine, or a neighbor that only a container network names.
fn is_local(host: &[u8]) -> bool {
    !host.contains(&b'.')
        || host.starts_with(b"127.")
        || host.starts_with(b"0.0.0.0")
        || host.ends_with(b".local")
        || host.ends_with(b".internal")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: Option<(&str, Option<&str>, &str)>) {
        let start = url.find("://").unwrap() + 3;
        let found = authority(url.as_bytes(), start)
            .map(|found| (&url[found.user], found.password.map(|range| &url[range]), &url[found.host]));
        assert_eq!(found, expected, "{url}");
    }

    #[test]
    fn authorities_are_split() {
        check("http://u:p@h/x", Some(("u", Some("p"), "h")));
        check("http://u:p@h:80", Some(("u", Some("p"), "h")));
        check("http://u:p@ss@h.io/x@y", Some(("u", Some("p@ss"), "h.io")));
        check("http://tok@h.io", Some(("tok", None, "h.io")));
        check("amqp://u:a/b@h.io/x", Some(("u", Some("a/b"), "h.io")));
        check("http://u:p?#q@h", Some(("u", Some("p?#q"), "h")));
        check("http://h/x@y", None);
        check("http://h:80/x@y.z", None);
        check("http://h.io/\" @", None);
        check("http://", None);
        check("http://:p@h", Some(("", Some("p"), "h")));
    }

    #[test]
    fn drivers_have_their_own_form() {
        let check = |text: &str, expected: Option<(&str, &str, &str)>| {
            let at = text.find("@tcp(").unwrap();
            let found = authority_before(text.as_bytes(), at..at + 5);
            let shown = found.map(|it| (&text[it.user], &text[it.password.unwrap()], &text[it.host]));
            assert_eq!(shown, expected, "{text}");
        };
        check("open(\"ann:k9Xw:27@tcp(db.io:3306)/shop\")", Some(("ann", "k9Xw:27", "db.io")));
        check("DSN=ann:k9Xw@7@tcp(db)/shop", Some(("ann", "k9Xw@7", "db")));
        check("ann@tcp(db)/shop", None);
        check("ann:x@tcp(db", None);
    }

    #[test]
    fn where_errors_are_reported_to_is_no_secret() {
        let check = |url: &str, expected| {
            let start = url.find("://").unwrap() + 3;
            let authority = authority(url.as_bytes(), start).unwrap();
            assert_eq!(is_reporting(url.as_bytes(), &authority), expected, "{url}");
        };
        check("https://cf9d7aea92537db1e97e3e758b88b0a3@o451.ingest.sentry.io/4510302", true);
        check("https://cf9d7aea92537db1e97e3e758b88b0a3@errors.shop.io:8443/2\"", true);
        check("https://cf9d7aea92537db1e97e3e758b88b0a3:9f86d081@sentry.io/2", false);
        check("https://cf9d7aea92537db1e97e3e758b88b0a3@git.shop.io/group/2", false);
        check("https://cf9d7aea92537db1e97e3e758b88b0a3@git.shop.io/2x", false);
    }

    #[test]
    fn manuals_are_known() {
        let check = |user: &str, password: &str, expected| {
            assert_eq!(is_stand_in(user.as_bytes(), password.as_bytes()), expected, "{password}")
        };
        check("user", "password", true);
        check("user", "${PASS}", true);
        check("user", "xxxx", true);
        check("app", "!ChangeMe!", true);
        check("placeholder", "placeholder", true);
        check("root", "&quot;&quot;", true);
        check("admin", "S3cure!pw", false);
        check("root", "hunter22", false);
    }
}

//! Package URLs (<https://github.com/package-url/purl-spec>), the name of a package across tools.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A package URL in canonical form: `pkg:type/namespace/name@version`. Qualifiers and subpath are kept when parsed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    kind: String,
    namespace: Option<String>,
    name: String,
    version: Option<String>,
    /// `qualifiers#subpath` as given, percent-encoded, without the leading `?`.
    rest: Option<String>,
}

/// Why a text is not a package URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a package URL (pkg:type/namespace/name@version)")]
pub struct PurlError(pub String);

impl Purl {
    /// Builds the canonical form. `kind` is the purl type (`cargo`, `npm`, `pypi`, `golang` …); the type's own rules
    /// for case and separators are applied to the name.
    pub fn new(kind: &str, namespace: Option<&str>, name: &str, version: Option<&str>) -> Self {
        let kind = kind.to_ascii_lowercase();
        let fold = |text: &str| match kind.as_str() {
            "pypi" => text.to_lowercase().replace(['_', '.'], "-"),
            "composer" | "github" | "bitbucket" | "deb" | "apk" | "hex" => text.to_lowercase(),
            _ => text.to_owned(),
        };
        let namespace = namespace.map(|text| fold(text.trim_matches('/'))).filter(|text| !text.is_empty());
        let version = version.filter(|text| !text.is_empty()).map(str::to_owned);
        let name = fold(name);
        Self { kind, namespace, name, version, rest: None }
    }

    /// Returns the type: `cargo`, `npm`, …
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns the namespace, decoded: an npm scope with its `@`, a Maven group, a Go path without its last part.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Returns the name, decoded.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the version, decoded.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Returns the same package without its version: what identifies a dependency over time.
    pub fn without_version(&self) -> Self {
        Self { version: None, ..self.clone() }
    }
}

/// Percent-encodes all but unreserved characters and those in `keep`.
fn encode(text: &str, keep: &[u8], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            write!(out, "{}", char::from(byte))?;
        } else {
            write!(out, "%{byte:02X}")?;
        }
    }
    Ok(())
}

/// Undoes percent-encoding; `None` when it is malformed or no UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let (pair, tail) = tail.split_at_checked(2)?;
            let pair =
                std::str::from_utf8(pair).ok().filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()))?;
            bytes.push(u8::from_str_radix(pair, 16).ok()?);
            rest = tail;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkg:{}/", self.kind)?;
        if let Some(namespace) = &self.namespace {
            encode(namespace, b"/", f)?;
            f.write_str("/")?;
        }
        encode(&self.name, b"", f)?;
        if let Some(version) = &self.version {
            f.write_str("@")?;
            encode(version, b":", f)?;
        }
        if let Some(rest) = &self.rest {
            f.write_str(if rest.starts_with('#') { "" } else { "?" })?;
            f.write_str(rest)?;
        }
        Ok(())
    }
}

impl FromStr for Purl {
    type Err = PurlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| PurlError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Purl> {
    let body = text.strip_prefix("pkg:")?.trim_start_matches('/');
    let (path, rest) = match body.find(['?', '#']) {
        Some(at) => {
            let (path, rest) = body.split_at(at);
            (path, Some(rest.strip_prefix('?').unwrap_or(rest)))
        }
        None => (body, None),
    };
    let (kind, path) = path.split_once('/')?;
    let (path, version) =
        match path.rfind('@').filter(|at| *at > 0 && !path.get(*at..).unwrap_or("").contains('/')) {
            Some(at) => (path.get(..at)?, Some(decode(path.get(at + 1..)?)?)),
            None => (path, None),
        };
    let path = path.trim_end_matches('/');
    let (namespace, name) = match path.rsplit_once('/') {
        Some((namespace, name)) => (Some(decode(namespace)?), decode(name)?),
        None => (None, decode(path)?),
    };
    let kind_ok = kind.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.+".contains(&b)) && !kind.is_empty();
    if name.is_empty() || !kind_ok {
        return None;
    }
    let mut purl = Purl::new(kind, namespace.as_deref(), &name, version.as_deref());
    purl.rest = rest.filter(|rest| !rest.is_empty()).map(str::to_owned);
    Some(purl)
}

impl Serialize for Purl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Purl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms() {
        let check = |purl: Purl, expected: &str| {
            assert_eq!(purl.to_string(), expected);
            assert_eq!(expected.parse::<Purl>().unwrap(), purl);
        };
        check(Purl::new("cargo", None, "serde", Some("1.0.0")), "pkg:cargo/serde@1.0.0");
        check(Purl::new("npm", Some("@babel"), "core", Some("7.0.0")), "pkg:npm/%40babel/core@7.0.0");
        check(Purl::new("pypi", None, "Typing_Extensions", Some("4")), "pkg:pypi/typing-extensions@4");
        check(
            Purl::new("golang", Some("github.com/a/b"), "v2", Some("v2.0.0+incompatible")),
            "pkg:golang/github.com/a/b/v2@v2.0.0%2Bincompatible",
        );
        check(Purl::new("deb", Some("debian"), "curl", Some("1:7.50.3-1")), "pkg:deb/debian/curl@1:7.50.3-1");
    }

    #[test]
    fn qualifiers_are_kept() {
        let text = "pkg:deb/debian/curl@7?arch=i386#sub/path";
        assert_eq!(text.parse::<Purl>().unwrap().to_string(), text);
    }

    #[test]
    fn malformed_text_is_refused() {
        for text in ["", "pkg:", "pkg:npm", "pkg:npm/", "npm/x", "pkg:n m/x", "pkg:npm/%zz", "pkg:npm/%+1"] {
            assert!(text.parse::<Purl>().is_err(), "{text}");
        }
    }
}

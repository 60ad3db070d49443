//! Credentials that no single expression describes: each detector is asked at its own keywords.

pub(crate) mod assignment;
pub(crate) mod basic;
pub(crate) mod command;
pub(crate) mod der;
pub(crate) mod jwk;
pub(crate) mod jwt;
mod memory;
pub(crate) mod pem;
pub(crate) mod putty;
pub(crate) mod url;
pub(crate) mod value_cut;

pub(crate) use memory::Memory;

use crate::automaton::Occurrence;
use crate::marker::{self, MarkerForm};
use crate::pass::{Look, Pass};

/// A piece of code that looks at the text around a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detector {
    /// Armored keys.
    Pem,
    /// Keys of PuTTY.
    Putty,
    /// JSON Web Tokens.
    Jwt,
    /// JSON Web Keys.
    Jwk,
    /// Passwords in URLs.
    Url,
    /// Passwords in the addresses that drivers of databases take.
    Driver,
    /// The header of basic authentication.
    Basic,
    /// The header of a bearer's token.
    Bearer,
    /// Names that say credential.
    Assignment,
    /// Options of commands.
    Command,
    /// Requests to ignore.
    Marker(MarkerForm),
}

/// Keyword → detector, but for those of markers, assignments and commands, whose lists are theirs.
const KEYWORDS: &[(&str, Detector)] = &[
    ("-----BEGIN ", Detector::Pem),
    ("---- BEGIN ", Detector::Pem),
    ("PuTTY-User-Key-File-", Detector::Putty),
    ("eyJ", Detector::Jwt),
    ("\"kty\"", Detector::Jwk),
    ("://", Detector::Url),
    (":\\/\\/", Detector::Url),
    ("@tcp(", Detector::Driver),
    ("@unix(", Detector::Driver),
    ("basic ", Detector::Basic),
    ("bearer ", Detector::Bearer),
];

impl Detector {
    /// Returns every keyword with its detector.
    pub(crate) fn keywords() -> impl Iterator<Item = (&'static str, Self)> {
        let markers = marker::FORMS.iter().map(|(text, form)| (*text, Self::Marker(*form)));
        let names = assignment::KEYWORDS.iter().map(|text| (*text, Self::Assignment));
        let programs = command::PROGRAMS.iter().map(|text| (*text, Self::Command));
        KEYWORDS.iter().copied().chain(markers).chain(names).chain(programs)
    }

    /// Looks at the text around a keyword.
    pub(crate) fn run(self, pass: &mut Pass<'_>, at: Occurrence) -> Look {
        match self {
            // The keywords that many lines have.
            Self::Url => return url::detect(pass, at),
            Self::Driver => return url::detect_driver(pass, at),
            Self::Jwt => return jwt::detect(pass, at),
            Self::Command => return command::detect(pass, at),
            Self::Assignment => return assignment::detect(pass, at),
            Self::Pem => {
                pass.span(at.start, at.end + pem::LONGEST);
                pem::detect(pass, at);
            }
            Self::Putty => {
                pass.span(at.start, at.end + putty::REACH);
                putty::detect(pass, at);
            }
            Self::Jwk => {
                pass.span(at.start.saturating_sub(jwk::REACH), at.end + jwk::REACH);
                jwk::detect(pass, at);
            }
            Self::Basic => basic::detect(pass, at),
            Self::Bearer => basic::detect_bearer(pass, at),
            Self::Marker(form) => pass.marker(at, form),
        }
        Look::Open
    }
}

//! The rules whose finding is code: each is described in `rules/` like any other, with kind `engine`.

use crate::readers::Reader;

/// A rule that code of the engine reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EngineRule {
    /// A private key that needs no passphrase.
    PrivateKey,
    /// A private key behind a passphrase.
    EncryptedPrivateKey,
    /// A key of OpenPGP.
    PgpPrivateKey,
    /// A key of PuTTY without a passphrase.
    PuttyPrivateKey,
    /// A JSON Web Key with its private part.
    JwkPrivateKey,
    /// A file that holds keys: PKCS #12, Java.
    KeyStore,
    /// A JSON Web Token.
    JsonWebToken,
    /// A password in a URL.
    UrlCredential,
    /// A password in a connection string.
    ConnectionString,
    /// The header of HTTP's basic authentication.
    BasicAuthorization,
    /// The header of a bearer's token.
    BearerAuthorization,
    /// A password that a command is given as an option.
    CommandPassword,
    /// A value whose name says credential.
    GenericCredential,
    /// A request to ignore that nothing answers to.
    UnusedIgnore,
    /// A request to ignore that gives no reason.
    IgnoreWithoutReason,
    /// An entry of what is let pass that nothing answers to.
    UnusedAllow,
    /// A field of a credential file.
    File(Reader),
}

/// Rule → name. The list exists here alone, beside that of the readers.
const NAMES: &[(EngineRule, &str)] = &[
    (EngineRule::PrivateKey, "private-key"),
    (EngineRule::EncryptedPrivateKey, "encrypted-private-key"),
    (EngineRule::PgpPrivateKey, "pgp-private-key"),
    (EngineRule::PuttyPrivateKey, "putty-private-key"),
    (EngineRule::JwkPrivateKey, "jwk-private-key"),
    (EngineRule::KeyStore, "key-store"),
    (EngineRule::JsonWebToken, "json-web-token"),
    (EngineRule::UrlCredential, "url-credential"),
    (EngineRule::ConnectionString, "connection-string-password"),
    (EngineRule::BasicAuthorization, "basic-authorization"),
    (EngineRule::BearerAuthorization, "bearer-authorization"),
    (EngineRule::CommandPassword, "command-line-password"),
    (EngineRule::GenericCredential, "generic-credential"),
    (EngineRule::UnusedIgnore, "unused-ignore"),
    (EngineRule::IgnoreWithoutReason, "ignore-without-reason"),
    (EngineRule::UnusedAllow, "unused-allow"),
];

impl EngineRule {
    /// Returns every rule.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(rule, _)| *rule).chain(Reader::all().map(Self::File))
    }

    /// Returns the rule with this name.
    pub(crate) fn of(id: &str) -> Option<Self> {
        Self::all().find(|rule| rule.id() == id)
    }

    /// Returns the rule's name.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::File(reader) => reader.rule(),
            rule => NAMES.iter().find(|(known, _)| *known == rule).map_or("", |(_, name)| name),
        }
    }
}

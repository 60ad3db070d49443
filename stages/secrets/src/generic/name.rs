//! What a name says of the value under it.

use crate::generic::vocabulary::{FINDERS, SUMS};

/// What kind of credential a name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Noun {
    /// A password, chosen by a person.
    Password,
    /// A secret shared by programs.
    Secret,
    /// A token.
    Token,
    /// A key to a service or a cipher.
    Key,
    /// Some form of credential.
    Credential,
    /// A salt: not a credential, but as private where it is fixed.
    Salt,
}

/// A name, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// As written.
    pub(crate) text: String,
    /// Its words in lower case.
    pub(crate) words: Vec<String>,
    /// What it promises.
    pub(crate) noun: Noun,
    /// Words behind the noun.
    pub(crate) behind: usize,
    /// Whether `key` is told apart from the key of a map by a word before it.
    pub(crate) qualified: bool,
}

/// Word → what it promises.
const NOUNS: &[(&str, Noun)] = &[
    ("password", Noun::Password),
    ("passwords", Noun::Password),
    ("passwd", Noun::Password),
    ("pass", Noun::Password),
    ("pwd", Noun::Password),
    ("passphrase", Noun::Password),
    ("passcode", Noun::Password),
    ("passw", Noun::Password),
    ("userpass", Noun::Password),
    ("dbpass", Noun::Password),
    ("dbpassword", Noun::Password),
    ("dbpasswd", Noun::Password),
    ("dbpwd", Noun::Password),
    ("pw", Noun::Password),
    ("psw", Noun::Password),
    ("passkey", Noun::Password),
    ("identified", Noun::Password),
    ("secret", Noun::Secret),
    ("secrets", Noun::Secret),
    ("clientsecret", Noun::Secret),
    ("appsecret", Noun::Secret),
    ("secretkey", Noun::Secret),
    ("secretaccesskey", Noun::Secret),
    ("token", Noun::Token),
    ("tokens", Noun::Token),
    ("authtoken", Noun::Token),
    ("accesstoken", Noun::Token),
    ("apitoken", Noun::Token),
    ("key", Noun::Key),
    ("keys", Noun::Key),
    ("apikey", Noun::Key),
    ("appkey", Noun::Key),
    ("accesskey", Noun::Key),
    ("privatekey", Noun::Key),
    ("authkey", Noun::Key),
    ("auth", Noun::Credential),
    ("authorization", Noun::Credential),
    ("credential", Noun::Credential),
    ("credentials", Noun::Credential),
    ("creds", Noun::Credential),
    ("cred", Noun::Credential),
    ("salt", Noun::Salt),
];

/// Ends of words that nobody parted: `mysqlrootpwd`.
const ENDS: &[(&str, Noun)] = &[
    ("password", Noun::Password),
    ("passwd", Noun::Password),
    ("pwd", Noun::Password),
    ("rootpw", Noun::Password),
    ("adminpass", Noun::Password),
    ("rootpass", Noun::Password),
    ("mypass", Noun::Password),
    ("smtppass", Noun::Password),
    ("passphrase", Noun::Password),
    ("requirepass", Noun::Password),
    ("secret", Noun::Secret),
    ("token", Noun::Token),
    ("apikey", Noun::Key),
];

/// Words that make a `key` one that opens something.
const QUALIFIERS: &[&str] = &[
    "access",
    "account",
    "admin",
    "aes",
    "api",
    "app",
    "application",
    "auth",
    "aws",
    "cipher",
    "client",
    "consumer",
    "crypt",
    "crypto",
    "decryption",
    "deploy",
    "des",
    "encrypt",
    "encryption",
    "hmac",
    "host",
    "jwt",
    "license",
    "master",
    "private",
    "priv",
    "rsa",
    "secret",
    "security",
    "server",
    "service",
    "session",
    "shared",
    "sign",
    "signature",
    "signing",
    "ssh",
    "ssl",
    "storage",
    "stripe",
    "subscription",
    "token",
    "webhook",
    "write",
    "x",
];

impl Name {
    /// Reads a name; `None` when none of its words promises a credential.
    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let words = words(text);
        let (at, noun) = words.iter().enumerate().rev().find_map(|(at, word)| {
            let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
            let whole = NOUNS.iter().find(|(known, _)| *known == word);
            let known = whole.or_else(|| ENDS.iter().find(|(end, _)| word.ends_with(end)));
            known.map(|(_, noun)| (at, *noun))
        })?;
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        let own = words.get(at).is_some_and(|word| word.len() > 4 && noun == Noun::Key);
        let qualified = own || before.is_some_and(|word| QUALIFIERS.contains(&word.as_str()));
        let behind = words.len() - at - 1;
        Some(Self { text: text.to_owned(), words, noun, behind, qualified })
    }
}

/// Words before a `token` that a server gives everybody, or that says where to go on.
const PASSING: &[&str] = &[
    "antiforgery",
    "authenticity",
    "cancellation",
    "continuation",
    // So that a request which is sent twice makes one thing.
    "creation",
    "idempotency",
    "csrf",
    "next",
    "page",
    // Postman marks each request with one.
    "postman",
    "requestverification",
    "xsrf",
];

impl Name {
    /// Tells whether the name is that of something everybody may know: a public key, a key that finds a row.
    pub(crate) fn is_known_to_all(&self) -> bool {
        let at = self.words.len().saturating_sub(self.behind + 1);
        let before = at.checked_sub(1).and_then(|before| self.words.get(before));
        let any = |known: &[&str]| self.words.iter().any(|word| known.contains(&word.as_str()));
        let finds = self.noun == Noun::Key && before.is_some_and(|word| FINDERS.contains(&word.as_str()));
        let joined = |word: &String| {
            // `\u0026page_token` in JSON is `&page_token`.
            let word = word.strip_prefix("u0026").unwrap_or(word);
            self.words.len() > 1 && self.noun == Noun::Token && PASSING.contains(&word)
        };
        let passing = before.is_some_and(joined)
            || self.text.ends_with("RequestVerificationToken")
            || matches!(self.text.as_str(), "csrfmiddlewaretoken" | "csrftoken");
        let public = any(&["public", "pub", "publishable"]) && any(&["key", "keys", "publishable"]);
        // What an address that was signed for some hours holds: the id of the key, and a token that ends with it.
        let signed = matches!(self.words.as_slice(), [x, service, what, ..]
            if x == "x" && matches!(service.as_str(), "amz" | "goog") && matches!(what.as_str(), "credential" | "security"));
        // `key_sha=…` is how a key that was fetched is checked.
        let sums = |word: &String| SUMS.contains(&word.as_str());
        let checked = self.noun == Noun::Key && self.behind > 0 && self.words.last().is_some_and(sums);
        (finds || passing || public || signed || checked) && !any(&["secret", "private"])
    }

    /// Tells whether the name is that of a text about a credential: `login_password_hint`, `token_label`.
    pub(crate) fn is_of_text(&self) -> bool {
        const TEXTS: &[&str] = &[
            "button",
            "caption",
            "description",
            "error",
            "hint",
            "label",
            "message",
            "text",
            "title",
            "tooltip",
        ];
        self.behind > 0 && self.words.last().is_some_and(|word| TEXTS.contains(&word.as_str()))
    }

    /// Tells whether the name says that the value is encrypted, so that it opens nothing by itself.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.words
            .iter()
            .any(|word| matches!(word.as_str(), "encrypted" | "ciphertext" | "sealed" | "hashed"))
    }

    /// Tells whether the name says nothing but what it promises.
    pub(crate) fn is_bare(&self) -> bool {
        let is_noun = |word: &String| {
            let word = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
            NOUNS.iter().any(|(known, _)| *known == word)
        };
        self.words.len() == 1 && self.words.iter().all(is_noun)
    }

    /// Tells whether the noun speaks of several.
    pub(crate) fn is_plural(&self) -> bool {
        let at = self.words.len().saturating_sub(self.behind + 1);
        self.words.get(at).is_some_and(|noun| noun.ends_with('s') && !noun.ends_with("ss"))
    }
}

/// Splits at `_`, `-`, `.`, `$` and where a capital follows a small letter.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut previous: Option<char> = None;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let next_small = rest.peek().is_some_and(char::is_ascii_lowercase);
        let humps = character.is_ascii_uppercase()
            && previous.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || before.is_ascii_uppercase() && next_small
            });
        if !character.is_ascii_alphanumeric() || humps {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        if character.is_ascii_alphanumeric() {
            word.push(character.to_ascii_lowercase());
        }
        previous = Some(character);
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(Noun, usize, bool)>) {
        let name = Name::of(text.as_bytes());
        assert_eq!(name.map(|name| (name.noun, name.behind, name.qualified)), expected, "{text}");
    }

    #[test]
    fn some_names_are_known_to_all() {
        let check = |text: &str, expected| {
            assert_eq!(Name::of(text.as_bytes()).unwrap().is_known_to_all(), expected, "{text}")
        };
        check("PublicKeyToken", true);
        check("site_key", true);
        check("unique_key", true);
        check("url_key", true);
        check("publishableKey", true);
        check("public_secret_key", false);
        check("siteSecretKey", false);
        check("urlSigningKey", false);
        check("publicToken", false);
        check("api_key", false);
        check("authenticity_token", true);
        check("CSRFToken", true);
        check("csrfmiddlewaretoken", true);
        check("nextPageToken", true);
        check("u0026page_token", true);
        check("Postman-Token", true);
        check("creation_token", true);
        check("spreadsheet_key", true);
        check("sonar.projectKey", true);
        check("DeleteByKey", true);
        check("csrftoken", true);
        check("tenant_secret_key", false);
        check("csrf_secret", false);
        check("X-Amz-Credential", true);
        check("X-Goog-Credential", true);
        check("X-Amz-Security-Token", true);
        check("X-Auth-Token", false);
        check("key_sha256", true);
        check("api_key_fingerprint", true);
        check("password_sha256", false);
        check("auth_token", false);
    }

    #[test]
    fn some_names_say_nothing_else() {
        let check = |text: &str, expected| {
            assert_eq!(Name::of(text.as_bytes()).unwrap().is_bare(), expected, "{text}")
        };
        check("password", true);
        check("password1", true);
        check("PASS", true);
        check("db_password", false);
        check("requirepass", false);
    }

    #[test]
    fn some_names_are_of_texts() {
        let check = |text: &str, expected| {
            assert_eq!(Name::of(text.as_bytes()).unwrap().is_of_text(), expected, "{text}")
        };
        check("fragment_edit_profile_password_text", true);
        check("passwordLabel", true);
        check("text_password", false);
        check("password_text_key", false);
    }

    #[test]
    fn names_promise() {
        check("DB_PASSWORD", Some((Noun::Password, 0, false)));
        check("spring.datasource.password", Some((Noun::Password, 0, false)));
        check("passwordField", Some((Noun::Password, 1, false)));
        check("clientSecret", Some((Noun::Secret, 0, true)));
        check("AWSSecretKey", Some((Noun::Key, 0, true)));
        check("password2", Some((Noun::Password, 0, false)));
        check("apiKey", Some((Noun::Key, 0, true)));
        check("apikey", Some((Noun::Key, 0, true)));
        check("cacheKey", Some((Noun::Key, 0, false)));
        check("mysqlrootpwd", Some((Noun::Password, 0, false)));
        check("keyboard", None);
        check("compass", None);
        check("author", None);
    }
}

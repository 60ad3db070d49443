//! Values under a name that says credential, in any language: `password = "…"`, `DB_PASS=…`, `"token": "…"`,
//! `<password>…</password>`, `setSecret("…")`, `--password …`; [`apart`] knows those whose value stands on another line.
//!
//! This file only finds the name and cuts out the value; whether it is a credential is for [`crate::generic`].

mod apart;
mod cursor;

use std::ops::Range;

use model::{SecretVerdict, Severity};

use crate::automaton::Occurrence;
use crate::candidate::Source;
use crate::detect::value_cut;
use crate::engine_rule::EngineRule;
use crate::generic;
use crate::generic::name::Name;
use crate::hint::Language;
use crate::pass::{Look, Pass};
use crate::published;
use crate::text;
use crate::value::is_word;
use cursor::Cursor;

/// What a name that says credential has in it.
pub(crate) const KEYWORDS: &[&str] =
    &["pass", "pw", "secret", "token", "key", "auth", "cred", "salt", "identified by"];

/// Longest name.
const LONGEST_NAME: usize = 80;
/// Probability in percent from which on a find is as severe as one that its format proves.
const SURE: u8 = 90;
/// Bytes of the line that are read behind the name.
const REACH: usize = 600;

/// How a value is tied to its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operator {
    /// `=`, `:=`, `=>` and their kin.
    Assign,
    /// `:`.
    Colon,
    /// `==`, `!=`.
    Compare,
    /// `(`: the value is an argument.
    Call,
    /// `,`: name and value are arguments.
    Comma,
    /// `>`: the value is an element's text.
    Element,
    /// Nothing but space: an option and its argument.
    Space,
}

/// A name with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) name: Range<usize>,
    pub(crate) value: Range<usize>,
    pub(crate) operator: Operator,
    /// The quote around the value; none for a bare word.
    pub(crate) quote: Option<u8>,
    /// Whether name and value stand inside one string: a connection string, a query, a command line.
    pub(crate) embedded: bool,
    /// Whether the value stands in a call: a conversion, the default of a look-up.
    pub(crate) wrapped: bool,
}

/// Looks at the name around a keyword.
pub(crate) fn detect(pass: &mut Pass<'_>, at: Occurrence) -> Look {
    if pass.context.hint.language == Language::Generated {
        return Look::Idle;
    }
    let text = pass.text;
    let language = pass.context.hint.language;
    let Some((assignment, known)) = find(text, at.start..at.end, language, &mut pass.assigned) else {
        return apart::detect(pass, at);
    };
    judge(pass, assignment, known)
}

/// Asks whether an assignment holds a credential, and notes it.
fn judge(pass: &mut Pass<'_>, assignment: Assignment, known: Name) -> Look {
    let text = pass.text;
    let connection = is_connection(text, &assignment);
    let (rule, source) = if connection {
        (EngineRule::ConnectionString, Source::Structure)
    } else {
        (EngineRule::GenericCredential, Source::Name)
    };
    if text.get(assignment.value.clone()).is_some_and(published::is_known) {
        pass.found.counts.placeholder += 1;
        return Look::Open;
    }
    match generic::judge(text, &assignment, &known, pass.context.hint, connection) {
        generic::Verdict::Credential { probability, default }
            if probability >= pass.context.options.threshold =>
        {
            let pushed = pass.push(rule, assignment.value.clone(), source, SecretVerdict::Likely);
            if let Some(candidate) = pushed {
                candidate.probability = Some(probability);
                candidate.severity = match probability {
                    _ if default => Some(Severity::Low),
                    SURE.. => Some(Severity::High),
                    _ => None,
                };
                candidate.name = known.text;
            }
        }
        generic::Verdict::Credential { .. } => pass.found.doubtful.push(assignment.value),
        generic::Verdict::Placeholder => pass.found.counts.placeholder += 1,
        generic::Verdict::Nothing => {}
        generic::Verdict::Never => return Look::Idle,
    }
    Look::Open
}

/// Reads the name around a keyword and cuts out its value. `read` says how far names were read before: a second keyword in
/// one name says the same.
pub(crate) fn find(
    text: &[u8],
    keyword: Range<usize>,
    language: Language,
    read: &mut usize,
) -> Option<(Assignment, Name)> {
    if keyword.start < *read {
        return None;
    }
    let range = name_around(text, keyword);
    let assignment = parse(text, range.clone(), language)?;
    *read = range.end;
    Some((assignment, Name::of(text.get(range)?)?))
}

/// Returns the range of the identifier, option or path of names that holds `keyword`.
fn name_around(text: &[u8], keyword: Range<usize>) -> Range<usize> {
    let is_part = |byte: &u8| is_word(*byte) || matches!(byte, b'-' | b'.' | b'$');
    let before = text.get(keyword.start.saturating_sub(LONGEST_NAME)..keyword.start).unwrap_or_default();
    let left = before.iter().rev().take_while(|byte| is_part(byte)).count();
    let behind = text.get(keyword.end..text.len().min(keyword.end + LONGEST_NAME)).unwrap_or_default();
    let mut right = behind.iter().take_while(|byte| is_part(byte)).count();
    while right > 0 && behind.get(right - 1).is_some_and(|byte| !is_word(*byte)) {
        right -= 1;
    }
    let mut start = keyword.start - left;
    while start < keyword.start && text.get(start).is_some_and(|byte| !is_word(*byte)) {
        start += 1;
    }
    start..keyword.end + right
}

/// Cuts out the value that a name has, when it has one.
pub(crate) fn parse(text: &[u8], name: Range<usize>, language: Language) -> Option<Assignment> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    let line = text::line(text, name.end, REACH);
    let rest = text.get(name.end..line.end)?;
    let mut cursor = Cursor { rest, at: 0 };
    let opening = text.get(name.start.wrapping_sub(1)).copied();
    let named_in_quotes = cursor.close_name(opening);
    let operator = cursor.operator(opening, named_in_quotes, language)?;
    let space = cursor.skip_space();
    let before = text.get(line.start..name.start)?;
    let embedded = !named_in_quotes && in_string(before);
    let fits = match operator {
        // The first argument of a call that sets something.
        Operator::Comma => {
            before.strip_suffix(&[opening?]).is_some_and(|before| before.trim_ascii_end().ends_with(b"("))
        }
        Operator::Space => is_spaced(before, cursor.rest.get(cursor.at..)?, language),
        // `auth:web` in a string is one name.
        Operator::Colon => !embedded || space > 0 || before.ends_with(b"${"),
        // `ILogger<ChangePassword> logger` names a type.
        Operator::Element => {
            language != Language::Code || !before.iter().rev().nth(1).is_some_and(|byte| is_word(*byte))
        }
        Operator::Assign | Operator::Compare | Operator::Call => true,
    };
    if !fits {
        return None;
    }
    // The option of a command ends at a space, in a line of settings too.
    let option = before.ends_with(b"-") && operator == Operator::Assign && language == Language::Settings;
    let language = if option { Language::Shell } else { language };
    let rest = cursor.rest.get(cursor.at..)?;
    let cut = if before.ends_with(b"${") && operator == Operator::Colon && language != Language::Code {
        value_cut::fallback(rest, language)?
    } else {
        value_cut::cut(rest, operator, language, embedded)?
    };
    let offset = name.end + cursor.at;
    // In `Pass "x" on` the word is a verb.
    let behind = text.get(offset + cut.range.end + usize::from(cut.quote.is_some())..line.end);
    let ends =
        behind.unwrap_or_default().trim_ascii().first().is_none_or(|byte| !byte.is_ascii_alphanumeric());
    if operator == Operator::Space && cut.quote.is_some() && !before.ends_with(b"-") && !ends {
        return None;
    }
    Some(Assignment {
        value: offset + cut.range.start..offset + cut.range.end,
        name,
        operator,
        quote: cut.quote,
        embedded,
        wrapped: cut.wrapped,
    })
}

/// Tells whether a value may follow its name with nothing but space between: an option's argument, a quoted value, a line of
/// settings, a machine's entry.
fn is_spaced(before: &[u8], rest: &[u8], language: Language) -> bool {
    let lead = before.trim_ascii();
    let quoted = matches!(rest.first(), Some(b'"' | b'\''));
    let last_word = rest.trim_ascii_end().iter().all(|byte| !byte.is_ascii_whitespace());
    let settings = matches!(language, Language::Settings | Language::Unknown) && lead.is_empty() && last_word;
    let machine = lead.starts_with(b"machine ") || lead.starts_with(b"login ");
    // A container's file, a web server's, a shell that is no Bourne shell.
    let sets =
        language != Language::Code && matches!(lead, b"ENV" | b"SetEnv" | b"setenv" | b"set -x" | b"set -gx");
    before.ends_with(b"-") || quoted && language != Language::Markup || settings || machine || sets
}

/// Tells whether a string is open at the end of what stands before on the line.
fn in_string(before: &[u8]) -> bool {
    if memchr::memchr3(b'"', b'\'', b'`', before).is_none() {
        return false;
    }
    let mut open: Option<u8> = None;
    let mut escaped = false;
    for byte in before {
        match (open, byte) {
            _ if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(quote), byte) if quote == *byte => open = None,
            (None, b'"' | b'\'' | b'`') => open = Some(*byte),
            _ => {}
        }
    }
    open.is_some()
}

/// Tells whether other parts of a connection string stand beside the value.
pub(crate) fn is_connection(text: &[u8], assignment: &Assignment) -> bool {
    const PARTS: &[&str] = &[
        "server=",
        "data source=",
        "host=",
        "user id=",
        "uid=",
        "database=",
        "initial catalog=",
        "accountname=",
        "endpoint=",
        "driver=",
        "user=",
    ];
    if !assignment.embedded {
        return false;
    }
    let line = text::line(text, assignment.name.start, 400);
    let lower = text.get(line).unwrap_or_default().to_ascii_lowercase();
    lower.contains(&b';') && PARTS.iter().any(|part| memchr::memmem::find(&lower, part.as_bytes()).is_some())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Returns the first assignment of a text.
    pub(crate) fn found_in(text: &str, language: Language) -> Option<(Assignment, Name)> {
        let lower = text.to_ascii_lowercase();
        let places = KEYWORDS.iter().flat_map(|word| lower.match_indices(word));
        let mut places: Vec<(usize, usize)> = places.map(|(at, word)| (at, at + word.len())).collect();
        places.sort_unstable();
        let mut read = 0;
        places.into_iter().find_map(|(start, end)| find(text.as_bytes(), start..end, language, &mut read))
    }

    fn check(line: &str, language: Language, expected: Option<(&str, &str)>) {
        let lower = line.to_ascii_lowercase();
        let found = KEYWORDS.iter().filter_map(|word| Some((lower.find(word)?, word.len()))).min();
        let (start, length) = found.unwrap();
        let name = name_around(line.as_bytes(), start..start + length);
        let parsed = parse(line.as_bytes(), name, language);
        let shown = parsed.map(|found| (&line[found.name], &line[found.value]));
        assert_eq!(shown, expected, "{line}");
    }

    #[test]
    fn code_quotes_its_values() {
        let check = |line: &str, expected| check(line, Language::Code, expected);
        check(r#"password = "hunter22""#, Some(("password", "hunter22")));
        check(r#"const apiKey = 'abcd1234';"#, Some(("apiKey", "abcd1234")));
        check(r#"let token: &str = "abcd1234";"#, Some(("token", "abcd1234")));
        check(r#"password: string = "abcd1234";"#, Some(("password", "abcd1234")));
        check(r#"var dbPass string = "abcd1234""#, Some(("dbPass", "abcd1234")));
        check(r#"{"password": "abcd1234"}"#, Some(("password", "abcd1234")));
        check(r#"'db_pass' => 'abcd1234',"#, Some(("db_pass", "abcd1234")));
        check(r#"config["password"] = "abcd1234""#, Some(("password", "abcd1234")));
        check(r#"define('DB_PASSWORD', 'abcd1234');"#, Some(("DB_PASSWORD", "abcd1234")));
        check(r#"c.setPassword("abcd1234")"#, Some(("c.setPassword", "abcd1234")));
        check(r#"if password == "abcd1234":"#, Some(("password", "abcd1234")));
        check(r#"token = b"abcd1234""#, Some(("token", "abcd1234")));
        check(r#"secret = new Secret("abcd1234")"#, Some(("secret", "abcd1234")));
        check(r#"key = os.getenv("API_KEY", "abcd1234")"#, Some(("key", "abcd1234")));
        check(r#"key = process.env.API_KEY || "abcd1234""#, Some(("key", "abcd1234")));
        check(r#"'PASSWORD': config('DB_PASS', default='abcd1234')"#, Some(("PASSWORD", "abcd1234")));
        check(r#"key = config('API_KEY', cast='abcd1234')"#, None);
        check("@inject ILogger<ChangePassword> Logger", None);
        check("return <password>abcd1234</password>;", Some(("password", "abcd1234")));
        check(r#"password = keyring.get_password("mtce", "services")"#, None);
        check(r#"token = get("abcd1234") or generate("abcd1234")"#, None);
        check(r#"dsn = "host=h;Password=abcd1234;x=1""#, Some(("Password", "abcd1234")));
        check(r#"u = "https://h/?token=abcd1234&x=1""#, Some(("token", "abcd1234")));
        check(r#"run("mysql --password=abcd1234 -x")"#, Some(("password", "abcd1234")));
        check("password = getPassword()", None);
        check("password = other", None);
        check("for key in keys:", None);
        check(r#"key = os.getenv("API_KEY")"#, None);
        check(r#"String pass = HashMe.hash(request.getParameter("password"));"#, None);
        check(r#"<label for="password" class="wide">"#, None);
        check(r#"Pass 'AtLeast21' policy"#, None);
        check(r#"password 'AtLeast21';"#, Some(("password", "AtLeast21")));
        check(r#"<KeyIcon className="wide tall">"#, None);
        check("password::new()", None);
    }

    #[test]
    fn settings_are_bare() {
        let check = |line: &str, expected| check(line, Language::Settings, expected);
        check("DB_PASSWORD=abcd1234", Some(("DB_PASSWORD", "abcd1234")));
        check("export TOKEN='abcd 1234'", Some(("TOKEN", "abcd 1234")));
        check(
            "spring.datasource.password = abcd1234  # why",
            Some(("spring.datasource.password", "abcd1234")),
        );
        check("  password: ab#cd!1234", Some(("password", "ab#cd!1234")));
        check("secret_key_base: \"abcd1234\"", Some(("secret_key_base", "abcd1234")));
        check("password abcd1234", Some(("password", "abcd1234")));
        check("run --user=a --password=abcd1234 --driver=x", Some(("password", "abcd1234")));
        check("x: ${DB_PASSWORD:abcd1234}", Some(("DB_PASSWORD", "abcd1234")));
        check("x: ${DB_PASSWORD:-abcd1234}", Some(("DB_PASSWORD", "abcd1234")));
        check("x: postgres://a:${DB_PASSWORD:-abcd1234}@db/a", Some(("DB_PASSWORD", "abcd1234")));
        check("x: ${DB_PASSWORD:-}", None);
        check("x: ${DB_PASSWORD:-${PASS}}", None);
        check("x: ${DB_PASSWORD:+abcd1234}", None);
        check("password: ${DB_PASSWORD}", None);
        check("password: !vault |", None);
        check("password:", None);
    }

    #[test]
    fn markup_and_commands() {
        check("<password>abcd1234</password>", Language::Markup, Some(("password", "abcd1234")));
        check("<x password=\"abcd1234\"/>", Language::Markup, Some(("password", "abcd1234")));
        check(
            "<add name=\"DbPassword\" value=\"abcd1234\" />",
            Language::Markup,
            Some(("DbPassword", "abcd1234")),
        );
        check("<p name=\"password\">abcd1234</p>", Language::Markup, Some(("password", "abcd1234")));
        check("mysql --password abcd1234 db", Language::Shell, Some(("password", "abcd1234")));
        check("ENV DB_PASSWORD abcd1234", Language::Shell, Some(("DB_PASSWORD", "abcd1234")));
        check("SetEnv DB_PASSWORD abcd1234", Language::Unknown, Some(("DB_PASSWORD", "abcd1234")));
        check("RUN DB_PASSWORD abcd1234", Language::Shell, None);
        check("curl -H 'x-auth-token: abcd1234'", Language::Shell, Some(("x-auth-token", "abcd1234")));
        check(
            "curl -H 'Authorization: Bearer abcd1234'",
            Language::Shell,
            Some(("Authorization", "abcd1234")),
        );
        check("Authorization: Bearer abcd1234", Language::Prose, Some(("Authorization", "abcd1234")));
        check("{\"authorization\": \"token abcd1234\"}", Language::Code, Some(("authorization", "abcd1234")));
        check("CREATE USER a IDENTIFIED BY 'abcd1234';", Language::Code, Some(("IDENTIFIED BY", "abcd1234")));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(text: Vec<u8>, at: u16) {
            let start = usize::from(at) % (text.len() + 1);
            let name = name_around(&text, start..start);
            for language in [Language::Code, Language::Settings, Language::Markup] {
                if let Some(found) = parse(&text, name.clone(), language) {
                    proptest::prop_assert!(found.value.end <= text.len() && found.value.start <= found.value.end);
                }
            }
        }
    }
}

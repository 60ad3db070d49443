//! Passwords that their place speaks for, however plain they are: the forest knows credentials by their characters, and
//! `root` has none that tell.
//!
//! Only settings and code of the project itself are meant; a test or a document is full of accounts that are nobody's.

use std::ops::Range;

use crate::detect::assignment::{Assignment, Operator};
use crate::generic::name::{Name, Noun};
use crate::hint::{Area, Hint, Language};
use crate::text;
use crate::value::is_word;

/// Lines before and behind a password in which its user is looked for.
const NEAR_LINES: usize = 2;
/// Bytes in which they are.
const NEAR: usize = 240;

/// Passwords that services and manuals come with.
const DEFAULTS: &[&str] = &[
    "admin",
    "administrator",
    "guest",
    "minioadmin",
    "mysql",
    "pass",
    "passw0rd",
    "password",
    "postgres",
    "qwerty",
    "redis",
    "root",
    "secret",
    "test",
    "toor",
    "user",
    "welcome",
];

/// Tells whether the value is the password of an account that works as committed.
pub(super) fn is_account(
    text: &[u8],
    assignment: &Assignment,
    name: &Name,
    hint: &Hint,
    connection: bool,
) -> bool {
    let value = text.get(assignment.value.clone()).unwrap_or_default();
    let plain = value.iter().all(u8::is_ascii_graphic) && value.len() <= 40;
    if hint.area != Area::Main
        || hint.language == Language::Prose
        || !plain
        || name.is_plural()
        || is_commented(text, assignment)
    {
        return false;
    }
    if connection || name.words.first().is_some_and(|word| word == "identified") && assignment.quote.is_some()
    {
        return true;
    }
    let repeated = |word: &String| matches!(word.as_str(), "confirmation" | "confirm" | "again" | "repeat");
    let exact = name.behind == 0 || name.behind == 1 && name.words.last().is_some_and(repeated);
    if exact && assignment.operator == Operator::Call {
        return !is_mock(value) && !is_noun(value) && is_set(name) && has_set_user(text, assignment);
    }
    if !exact || assignment.operator == Operator::Comma {
        return false;
    }
    let user = name.noun == Noun::Password && (has_user(text, assignment) || has_option(text, assignment));
    let settings = !matches!(hint.language, Language::Code | Language::Generated);
    if assignment.operator == Operator::Compare {
        return user && name.noun == Noun::Password && has_user_on_line(text, assignment);
    }
    // `{username: 'email', password: 'password'}` says how fields are called.
    let several = value.contains(&b'_') && Name::of(value).is_some_and(|value| value.behind == 0);
    // `INVALID_PASSWORD = "5165"` is the number of an error.
    let number = value.len() < 5 && value.iter().all(u8::is_ascii_digit);
    let says_field = (is_noun(value) || several || number) && !settings;
    let opens = matches!(name.noun, Noun::Password) || name.noun == Noun::Key && name.qualified;
    let default = settings && is_default(value, name) && opens && (user || !name.is_bare());
    !is_mock(value) && (user && !says_field || default)
}

/// Tells whether the value is a password that nobody chose: one of the common ones, or what the name says it is for.
pub(super) fn is_default(value: &[u8], name: &Name) -> bool {
    let lower = value.to_ascii_lowercase();
    let trimmed: &[u8] = match lower.iter().rposition(|byte| !byte.is_ascii_digit() && *byte != b'!') {
        Some(last) => lower.get(..=last).unwrap_or_default(),
        None => return (4..=10).contains(&lower.len()) && lower.starts_with(b"123"),
    };
    DEFAULTS.iter().any(|known| known.as_bytes() == trimmed)
        || name
            .words
            .iter()
            .any(|word| word.len() > 3 && word.as_bytes() == trimmed && Name::of(trimmed).is_none())
}

/// Tells whether the value is how a field is called.
fn is_noun(value: &[u8]) -> bool {
    matches!(
        value.to_ascii_lowercase().as_slice(),
        b"password" | b"passwd" | b"pass" | b"pwd" | b"string" | b"text"
    )
}

/// Tells whether the value says of itself that it is made up.
fn is_mock(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    ["mock", "fake", "dummy", "wrong", "invalid"]
        .iter()
        .any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some())
}

fn is_commented(text: &[u8], assignment: &Assignment) -> bool {
    let line = text::line(text, assignment.name.start, NEAR);
    let lead = text.get(line).unwrap_or_default().trim_ascii_start();
    [&b"#"[..], b"//", b"*", b"/*", b";", b"<!--"].iter().any(|mark| lead.starts_with(mark))
}

/// Tells whether the name is that of a method which sets a password.
fn is_set(name: &Name) -> bool {
    name.noun == Noun::Password && name.words.iter().rev().nth(1).is_some_and(|word| word == "set")
}

/// Tells whether a user is set on the lines around the password: `source.setUser("shop");`.
fn has_set_user(text: &[u8], assignment: &Assignment) -> bool {
    let lower = text.get(around(text, assignment)).unwrap_or_default().to_ascii_lowercase();
    [&b"setuser(\""[..], b"setusername(\"", b"setlogin(\""].iter().any(|setter| {
        memchr::memmem::find(&lower, setter)
            .and_then(|at| lower.get(at + setter.len()))
            .is_some_and(u8::is_ascii_alphanumeric)
    })
}

/// Tells whether a user is compared beside the password.
fn has_user_on_line(text: &[u8], assignment: &Assignment) -> bool {
    let line = text::line(text, assignment.name.start, NEAR);
    let before = text.get(line.start..assignment.name.start).unwrap_or_default();
    let lower = before.to_ascii_lowercase();
    memchr::memmem::find(&lower, b"==").is_some() && user_in(before)
}

/// Tells whether the password is an option of a command that has one for its user: `mysqldump -u shop --password=Shop1234`.
fn has_option(text: &[u8], assignment: &Assignment) -> bool {
    let line = text::line(text, assignment.name.start, NEAR);
    let before = text.get(line.start..assignment.name.start).unwrap_or_default();
    let user = memchr::memmem::find(before, b" -u ").and_then(|at| before.get(at + 4));
    before.ends_with(b"-") && user.is_some_and(u8::is_ascii_alphanumeric)
}

/// Tells whether a user is named on the lines around the password.
fn has_user(text: &[u8], assignment: &Assignment) -> bool {
    let window = around(text, assignment);
    let before = text.get(window.start..assignment.name.start).unwrap_or_default();
    let behind = text.get(assignment.value.end..window.end).unwrap_or_default();
    user_in(before) || user_in(behind)
}

/// Returns the lines around an assignment.
fn around(text: &[u8], assignment: &Assignment) -> Range<usize> {
    let line = text::line(text, assignment.name.start, NEAR);
    let from = line.start.saturating_sub(NEAR);
    let before = text.get(from..line.start).unwrap_or_default();
    let start = memchr::memrchr_iter(b'\n', before).nth(NEAR_LINES).map_or(from, |at| from + at + 1);
    let to = text.len().min(line.end + NEAR);
    let behind = text.get(line.end..to).unwrap_or_default();
    let end = memchr::memchr_iter(b'\n', behind).nth(NEAR_LINES).map_or(to, |at| line.end + at);
    start..end.max(assignment.value.end).min(text.len())
}

/// Tells whether a name that says user has a literal value in the text.
fn user_in(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    ["user", "login", "uid", "email"].iter().any(|word| {
        memchr::memmem::find_iter(&lower, word.as_bytes())
            .any(|at| text.get(at + word.len()..).is_some_and(has_literal))
    })
}

/// Tells whether the rest of a name is followed by an operator and a literal.
fn has_literal(rest: &[u8]) -> bool {
    let tail = rest.iter().take_while(|byte| is_word(**byte)).count();
    let ending = rest.get(..tail).unwrap_or_default().to_ascii_lowercase();
    if !matches!(ending.as_slice(), b"" | b"name" | b"_name" | b"id" | b"_id" | b"_email") {
        return false;
    }
    let rest = rest.get(tail..).unwrap_or_default();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let rest = rest.strip_prefix(b"]").unwrap_or(rest).trim_ascii_start();
    let operator = rest.iter().take_while(|byte| matches!(byte, b'=' | b':' | b'>')).count();
    let behind = rest.get(operator..).unwrap_or_default();
    let space = behind.iter().take_while(|byte| **byte == b' ').count();
    let value = behind.get(space..).unwrap_or_default();
    let bare = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
    let length = bare
        .iter()
        .take_while(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<'))
        .count();
    let literal = bare.get(..length).unwrap_or_default().to_ascii_lowercase();
    // `username: username` is a form to be filled in.
    let field = matches!(literal.as_slice(), b"username" | b"user" | b"login" | b"email" | b"string");
    (1..=3).contains(&operator) && !field && literal.first().is_some_and(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::assignment::tests::found_in;

    fn check(text: &str, path: &str, expected: bool) {
        let hint = Hint::of(path);
        let Some((assignment, name)) = found_in(text, hint.language) else {
            panic!("nothing is assigned in {text}")
        };
        assert_eq!(is_account(text.as_bytes(), &assignment, &name, &hint, false), expected, "{path}: {text}");
    }

    #[test]
    fn default_passwords_of_services_are_known() {
        check("  MYSQL_ROOT_PASSWORD: root", "docker-compose.yml", true);
        check("POSTGRES_PASSWORD: \"password\"", "docker-compose.yml", true);
        check("SUPERUSER_PASSWORD='admin'", "entrypoint.sh", true);
        check("  secretKey: minioadmin", "application.yml", true);
        check("REDIS_PASSWORD=redis123", "app.env", true);
        check("docker exec a mysqldump -u shop --password=Shop@1234 shop > b.sql", "backup.sh", true);
        check("docker exec a mysqldump -u $USER --password=Shop@1234 shop > b.sql", "backup.sh", false);
        check("X_PASSWORD: ${DB_PASSWORD:-password}", "compose.yaml", true);
        check("command: redis-server --requirepass 123456 --appendonly no", "docker-compose.yml", true);
        check(
            "  liquibase --url=jdbc:postgresql://db/auth --username=shop --password=test --driver=org.postgresql.Driver update",
            "docker-compose.yml",
            true,
        );
        check("# MYSQL_ROOT_PASSWORD: root", "docker-compose.yml", false);
        check("POSTGRES_PASSWORD: \"password\"", "tests/docker-compose.yml", false);
        check("POSTGRES_PASSWORD=password", ".env.example", false);
        check("password: password", "schema.yml", false);
        check("username: root\npassword: password", "application.yml", true);
        check("authKey: auth", "values.yaml", false);
        check("username: neo\npassword: mock-password", "application.yml", false);
        check("username: username\npassword: password", "values.yml", false);
    }

    #[test]
    fn a_user_beside_makes_an_account() {
        check("new User({ username: 'a@shop.io', password: 'SoSecret' })", "seed.js", true);
        check("<login>neo</login>\n<password>trinity</password>", "users.xml", true);
        check("if username == 'admin' and password == 'admin':", "app.py", true);
        check("CREATE USER a IDENTIFIED BY 'abcd1234';", "init.sql", true);
        check("{ username: 'email', password: 'password' }", "form.js", false);
        check("{ username: 'shop_user', password: 'shop_password' }", "form.js", false);
        check("{ username: 'Username', password: 'Password' }", "labels.js", false);
        check("username: string\nsecretToken: hunterx", "schema.yml", false);
        check("if password == 'admin':", "app.py", false);
        check("s.setUser(\"shop\");\ns.setPassword(\"deeplearning\");", "Db.java", true);
        check("s.setUser(user);\ns.setPassword(\"deeplearning\");", "Db.java", false);
        check("s.setUser(\"shop\");\ns.setPassword(\"password\");", "Db.java", false);
        check("s.setUser(\"shop\");\ns.checkPassword(\"deeplearning\");", "Db.java", false);
    }
}

//! Names that mean something else where they stand: in a style sheet, a page, a list of countries, a server's directive.

use crate::check;
use crate::detect::assignment::{Assignment, Operator};
use crate::generic::name::{Name, Noun};
use crate::generic::{fixture, is_uuid};
use crate::hint::{Hint, Language};
use crate::text;
use crate::value::is_word;

/// Bytes before and behind a value in which its neighbors are looked for.
const AROUND: usize = 200;

/// Tells whether the place of name and value says that they are no credential.
pub(super) fn is_other(text: &[u8], assignment: &Assignment, name: &Name, hint: &Hint) -> bool {
    let value = text.get(assignment.value.clone()).unwrap_or_default();
    is_selector(text, assignment)
        || is_shown(text, assignment)
        || is_phrase(text, assignment, name, value)
        || is_country(text, assignment, name)
        || is_linked(text, assignment)
        || is_passed_on(assignment, name, value)
        || is_block(text, assignment)
        || is_listed_id(text, assignment, value)
        || is_sentence(text, assignment, value, hint)
        || is_minified(text, assignment, value, hint)
        || is_among_siblings(text, assignment, name, value)
        || is_item(text, assignment, name)
        || is_package(text, assignment, hint)
        || is_message(text, assignment, value)
        || is_bound(text, assignment, hint)
        || is_database(name, value)
        || is_checksum(text, assignment)
        || is_for_searching(text, assignment, name, value)
        || is_beside_hash(text, assignment, name)
        || is_scheme(text, assignment, name, value)
        || is_of_binding(text, assignment, name)
        || value.starts_with(b"AIza") && check::is_of_firebase(text, &assignment.value)
}

/// Elements of a page whose text is for people.
const SHOWN: &[&str] = &[
    "a", "b", "button", "caption", "dd", "div", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "i", "label",
    "legend", "li", "option", "p", "small", "span", "strong", "td", "th", "title",
];

/// Tells whether the value is the text of an element that a page shows.
fn is_shown(text: &[u8], assignment: &Assignment) -> bool {
    let line = text::line(text, assignment.name.start, AROUND);
    let before = text.get(line.start..assignment.name.start).unwrap_or_default();
    let tag = memchr::memrchr(b'<', before).and_then(|at| before.get(at + 1..)).unwrap_or_default();
    let length = tag.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let element = tag.get(..length).unwrap_or_default().to_ascii_lowercase();
    assignment.operator == Operator::Element && SHOWN.iter().any(|shown| shown.as_bytes() == element)
}

/// Tells whether the name is that of a class or a field in a style sheet: `.password:focus {`, `[type="password"]:focus`.
fn is_selector(text: &[u8], assignment: &Assignment) -> bool {
    let before = assignment.name.start.checked_sub(1).and_then(|at| text.get(at));
    let behind = text.get(assignment.name.end..).unwrap_or_default();
    let line = text::line(text, assignment.name.start, AROUND);
    let ends = text.get(line).is_some_and(|line| matches!(line.trim_ascii_end().last(), Some(b'{' | b',')));
    let of_class = matches!(before, Some(b'.' | b'#')) && ends;
    let of_field = [&b"\"]:"[..], b"']:", b"]:"].iter().any(|end| behind.starts_with(end));
    assignment.operator == Operator::Colon && assignment.quote.is_none() && (of_class || of_field)
}

/// Tells whether the name is the end of a phrase, and the value a phrase as well: texts that a program shows. Others keep
/// their texts under paths of names.
fn is_phrase(text: &[u8], assignment: &Assignment, name: &Name, value: &[u8]) -> bool {
    let before = assignment.name.start.checked_sub(1).and_then(|at| text.get(at));
    let closed = matches!(text.get(assignment.name.end), Some(b'"' | b'\''));
    let words = value
        .iter()
        .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'-') || !byte.is_ascii());
    let path = matches!(before, Some(b'"' | b'\''))
        && name.text.contains('.')
        && value.first().is_some_and(u8::is_ascii_uppercase);
    closed && words && (before == Some(&b' ') || path)
}

/// Tells whether the name is the code of a country (`PW`, Palau) among others of their kind, or of a part of it (`PW-004`).
fn is_country(text: &[u8], assignment: &Assignment, name: &Name) -> bool {
    let is_code = |part: &[u8]| match part {
        [before, b'A'..=b'Z', b'A'..=b'Z', behind] => {
            !is_word(*before) && matches!(behind, b'"' | b'\'' | b':' | b'=' | b' ')
        }
        _ => false,
    };
    let from = assignment.name.start.saturating_sub(AROUND);
    let around = text.get(from..text.len().min(assignment.value.end + AROUND)).unwrap_or_default();
    let among = || around.windows(4).filter(|part| is_code(part)).count() >= 3;
    let part =
        name.text.strip_prefix("PW-").is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    part || name.text == "PW" && among()
}

/// Tells whether the value is a part of an address that a page or a document links to: every reader has it.
fn is_linked(text: &[u8], assignment: &Assignment) -> bool {
    let before = text.get(assignment.value.start.saturating_sub(AROUND)..assignment.value.start);
    let before = before.unwrap_or_default();
    let opens = |mark: &str| memchr::memmem::rfind(before, mark.as_bytes()).map(|at| at + mark.len());
    ["href=\"http", "href='http", "](http"].iter().filter_map(|mark| opens(mark)).max().is_some_and(|at| {
        let between = before.get(at..).unwrap_or_default();
        between
            .iter()
            .all(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b')'))
    })
}

/// Tells whether a server's directive says where requests go: `fastcgi_pass php:9000`, `proxy_pass cluster`.
fn is_passed_on(assignment: &Assignment, name: &Name, value: &[u8]) -> bool {
    const DIRECTIVES: &[&str] =
        &["fastcgi_pass", "grpc_pass", "memcached_pass", "proxy_pass", "scgi_pass", "uwsgi_pass"];
    if assignment.operator == Operator::Space && DIRECTIVES.contains(&name.text.as_str()) {
        return true;
    }
    let (port, path) = (value.contains(&b':'), value.contains(&b'/'));
    let directive = assignment.operator == Operator::Space && (port || path);
    name.text.ends_with("_pass") && (directive || port && path)
}

/// Tells whether name and value are the labels of a block: `resource "access_key" "user" {`.
fn is_block(text: &[u8], assignment: &Assignment) -> bool {
    let line = text::line(text, assignment.value.end, AROUND);
    let rest = text.get(assignment.value.end..line.end).unwrap_or_default();
    assignment.operator == Operator::Space && rest.trim_ascii_end().ends_with(b"{")
}

/// Tells whether the value is a UUID in a list of them: ids of products or of rows.
fn is_listed_id(text: &[u8], assignment: &Assignment, value: &[u8]) -> bool {
    let around = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default().windows(36).any(is_uuid);
    let start = assignment.value.start;
    let end = assignment.value.end;
    is_uuid(value) && around(start.saturating_sub(AROUND)..start) && around(end..text.len().min(end + AROUND))
}

/// Tells whether name and value are two words of a sentence: `# First pass: check whether it is there`.
fn is_sentence(text: &[u8], assignment: &Assignment, value: &[u8], hint: &Hint) -> bool {
    let line = text::line(text, assignment.name.start, AROUND);
    let before = text.get(line.start..assignment.name.start).unwrap_or_default();
    let behind = text.get(assignment.value.end..line.end).unwrap_or_default();
    let word = |word: &[u8]| word.len() > 1 && word.iter().all(u8::is_ascii_lowercase);
    let mut words = behind.split(u8::is_ascii_whitespace);
    let goes_on = words.next().is_some_and(<[u8]>::is_empty) && words.next().is_some_and(word);
    let phrase = || value.contains(&b' ') && value.split(|byte| *byte == b' ').all(word);
    if before.trim_ascii_start().starts_with(b"#") && assignment.operator == Operator::Colon && phrase() {
        return true;
    }
    // `password: hunter what` alone on its line may be a setting.
    let begins = before.iter().all(|byte| !byte.is_ascii_alphanumeric());
    let settings = !matches!(hint.language, Language::Code | Language::Shell | Language::Prose);
    // `mysql --password=root shop` goes on as well.
    assignment.operator == Operator::Colon
        && assignment.quote.is_none()
        && word(value)
        && goes_on
        && !(begins && settings && !before.contains(&b'#'))
}

/// Shortest line that nobody wrote.
const LONG_LINE: usize = 1000;

/// Tells whether the value stands in a program that a tool has packed: there a name is a variable and its value an expression
/// or a text, and only what nobody thought up may be more.
fn is_minified(text: &[u8], assignment: &Assignment, value: &[u8], hint: &Hint) -> bool {
    if !matches!(hint.language, Language::Code | Language::Unknown) || fixture::is_specific(value) {
        return false;
    }
    let line = text::line(text, assignment.value.start, LONG_LINE);
    let near = assignment.value.start.saturating_sub(AROUND * 2).max(line.start)
        ..text.len().min(assignment.value.end + AROUND * 2).min(line.end);
    let around = text.get(near).unwrap_or_default();
    let spaces = around.iter().filter(|byte| **byte == b' ').count();
    let program = ["function", "=>", "return", "this.", "var ", "const ", "&&"];
    line.len() >= LONG_LINE
        && spaces * 8 < around.len()
        && program.iter().any(|mark| memchr::memmem::find(around, mark.as_bytes()).is_some())
}

/// Bytes before and behind a value in which others of its name are looked for.
const SIBLINGS: usize = 4000;

/// Tells whether a `key` is one of a list of things that each have one, all of one shape: the ids of those things.
fn is_among_siblings(text: &[u8], assignment: &Assignment, name: &Name, value: &[u8]) -> bool {
    if name.noun != Noun::Key || name.qualified || value.len() < 8 {
        return false;
    }
    let from = assignment.name.start.saturating_sub(SIBLINGS);
    let around = text.get(from..text.len().min(assignment.value.end + SIBLINGS)).unwrap_or_default();
    let like = |at: usize| {
        let behind = around.get(at + name.text.len()..).unwrap_or_default();
        let tie = behind.iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
        let other = behind.get(tie..).unwrap_or_default();
        let length = other.iter().take_while(|byte| is_word(**byte) || **byte == b'-').count();
        (1..=6).contains(&tie)
            && length == value.len()
            && other.get(..length).is_some_and(|other| other != value)
    };
    memchr::memmem::find_iter(around, name.text.as_bytes()).filter(|at| like(*at)).take(2).count() == 2
}

/// Tells whether a plain `key` begins an item of a list: the name of an entry, a label, a taint.
fn is_item(text: &[u8], assignment: &Assignment, name: &Name) -> bool {
    let line = text::line(text, assignment.name.start, AROUND);
    let before = text.get(line.start..assignment.name.start).unwrap_or_default().trim_ascii();
    assignment.operator == Operator::Colon && name.text == "key" && before == b"-"
}

/// Tells whether the name is the end of a package's: `"phpixie/auth": "dev-master#4ad10a6"`.
fn is_package(text: &[u8], assignment: &Assignment, hint: &Hint) -> bool {
    let before = assignment.name.start.checked_sub(1).and_then(|at| text.get(at));
    hint.language == Language::Json && before == Some(&b'/') && text.get(assignment.name.end) == Some(&b'"')
}

/// Tells whether a shell is told what to say when there is no value: `${DB_PASSWORD:?not set}`.
fn is_message(text: &[u8], assignment: &Assignment, value: &[u8]) -> bool {
    let start = assignment.name.start;
    text.get(start.saturating_sub(2)..start) == Some(b"${") && value.starts_with(b"?")
}

/// Tells whether the attribute of a page is bound to an expression: `[password]="form.password"`, `:token="token"`.
fn is_bound(text: &[u8], assignment: &Assignment, hint: &Hint) -> bool {
    let before = |back: usize| assignment.name.start.checked_sub(back).and_then(|at| text.get(at));
    let vue = before(1) == Some(&b':') && before(2).is_some_and(u8::is_ascii_whitespace);
    let angular = before(1) == Some(&b'[') && text.get(assignment.name.end) == Some(&b']');
    let page = matches!(hint.language, Language::Markup | Language::Code);
    page && (vue || angular) && text.get(assignment.value.start.saturating_sub(2)) == Some(&b'=')
}

/// Tells whether the value says where a system looks its users up (`nsswitch.conf`).
fn is_database(name: &Name, value: &[u8]) -> bool {
    name.text == "passwd"
        && matches!(value, b"compat" | b"files" | b"ldap" | b"sss" | b"systemd" | b"winbind")
}

/// Tells whether the name is that of a checksum over something secret, as charts annotate their pods: `checksum/secrets: 44136f`.
fn is_checksum(text: &[u8], assignment: &Assignment) -> bool {
    text.get(..assignment.name.start).is_some_and(|before| before.ends_with(b"checksum/"))
}

/// Returns what stands around name and value, in small letters, and where the name begins in it.
fn around(text: &[u8], assignment: &Assignment) -> (Vec<u8>, usize) {
    let from = assignment.name.start.saturating_sub(AROUND);
    let near = text.get(from..text.len().min(assignment.value.end + AROUND)).unwrap_or_default();
    (near.to_ascii_lowercase(), assignment.name.start - from)
}

/// Tells whether the value is a key of Algolia that only searches: the name of its index or the address of the service stands
/// beside it, since the page of every visitor asks with it.
fn is_for_searching(text: &[u8], assignment: &Assignment, name: &Name, value: &[u8]) -> bool {
    const MARKS: &[&str] = &["indexname", "index_name", "docsearch", "algolia.net"];
    let writes = |word: &String| matches!(word.as_str(), "admin" | "write" | "secret" | "private");
    name.noun == Noun::Key
        && value.len() == 32
        && value.iter().all(u8::is_ascii_hexdigit)
        && !name.words.iter().any(writes)
        && MARKS
            .iter()
            .any(|mark| memchr::memmem::find(&around(text, assignment).0, mark.as_bytes()).is_some())
}

/// Tells whether the value is the key of an application at a server of Pusher's kind, which its pages connect with, or the name
/// that a secret from elsewhere gets in a cluster (`- secretKey: password`).
fn is_of_binding(text: &[u8], assignment: &Assignment, name: &Name) -> bool {
    let beside = |mark: &str| memchr::memmem::find(&around(text, assignment).0, mark.as_bytes()).is_some();
    matches!(name.text.as_str(), "key" | "appKey") && beside("broadcaster")
        || matches!(name.text.as_str(), "key" | "secretKey") && beside("remoteref:")
}

/// Tells whether the value is the scheme that a header's credential follows: `Authorization: Snowflake Token=…`.
fn is_scheme(text: &[u8], assignment: &Assignment, name: &Name, value: &[u8]) -> bool {
    name.text.eq_ignore_ascii_case("authorization")
        && assignment.quote.is_none()
        && value.iter().all(u8::is_ascii_alphabetic)
        && text.get(assignment.value.end) == Some(&b' ')
}

/// Shortest hash of a password, in base64.
const HASH: usize = 20;

/// Tells whether the value is the salt of one password, whose hash stands beside it.
fn is_beside_hash(text: &[u8], assignment: &Assignment, name: &Name) -> bool {
    if name.noun != Noun::Salt || !name.text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return false;
    }
    let (near, own) = around(text, assignment);
    ["password", "passwd", "hash"].iter().any(|word| {
        memchr::memmem::find_iter(&near, word.as_bytes())
            .filter(|at| !(own..own + name.text.len()).contains(at))
            .filter_map(|at| near.get(at + word.len()..))
            .any(|rest| {
                let tie = rest.iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
                let value = rest.get(tie..).unwrap_or_default().iter();
                let digits = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
                (1..=6).contains(&tie) && value.take_while(digits).count() >= HASH
            })
    })
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
        assert_eq!(is_other(text.as_bytes(), &assignment, &name, &hint), expected, "{path}: {text}");
    }

    #[test]
    fn sentences_assign_nothing() {
        check("# First pass: check if target has it", "a.sh", true);
        check("'  Password: based on env variable\n'", "a.py", true);
        check("# * pass: show passed tests", "a.toml", true);
        check("mysql --user=root --password=root shop -e 'x'", "a.sh", false);
        check("password: hunter rain", "a.yml", false);
        check("password: hunterx # as it was", "a.yml", false);
    }

    #[test]
    fn packed_programs_assign_expressions() {
        let packed =
            |value: &str| format!("{}password:{value},{}", "a=>b(c);".repeat(100), "a=>b(c);".repeat(100));
        check(&packed("'wachtwoord'"), "main.js", true);
        check(&packed("'kT9xLw2QzR7vNc4bHf8s'"), "main.js", false);
        check("password:'wachtwoord'", "main.js", false);
    }

    #[test]
    fn keys_of_a_list_are_ids() {
        let one = "'key' => '334d419939c06bd99b4dfd8a49243f0f'";
        let list = format!(
            "{one},\n'key' => 'd6814fc83f45d2935e7777071e629ef9',\n'key' => '80af24a6a691230bbec33e930ab40665'"
        );
        check(one, "a.php", false);
        check(&list, "a.php", true);
        check(&list.replace("key", "api_key"), "a.php", false);
        check("  - key: zUFtS7D0UyMeueYu", "a.yml", true);
        check("  key: zUFtS7D0UyMeueYu", "a.yml", false);
    }

    #[test]
    fn keys_of_pages_are_for_everybody() {
        let key = "3f1a6b0c9d2e84751b6c0d9e8f7a2b3c";
        check(&format!("algolia: {{ apiKey: '{key}', indexName: 'docs' }}"), "site.config.js", true);
        check(&format!("algolia: {{ adminApiKey: '{key}', indexName: 'docs' }}"), "site.config.js", false);
        let firebase = |beside| format!("{{ apiKey: 'AIzaKiWr14YKQYpzrX0M6Wn1bD7s88CaAWrG4pl', {beside} }}");
        check(&firebase("messagingSenderId: '865861095253'"), "app.js", true);
        check(&firebase("libraries: 'places'"), "app.js", false);
        check(&format!("mail: {{ apiKey: '{key}', listName: 'docs' }}"), "site.config.js", false);
    }

    #[test]
    fn names_of_bindings_are_no_keys() {
        check("data:\n  - secretKey: dbpassword\n    remoteRef:\n      key: shop", "secret.yaml", true);
        check("new Echo({ broadcaster: 'reverb', key: 'g2iix2c1zwlt3dgvo35h' })", "app.js", true);
        check("data:\n  - secretKey: g2iix2c1zwlt3dgvo35h\n", "secret.yaml", false);
        check("    proxy_pass mycluster;", "nginx.conf", true);
        check("    mail_pass mycluster", "mail.conf", false);
        check("Authorization: Snowflake Token=\"k9XwLq27vT\"", "a.http", true);
        check("Authorization: k9XwLq27vT", "a.http", false);
    }

    #[test]
    fn a_salt_beside_its_hash_opens_nothing() {
        let hash = "Vq1Zk8rYh0oT3uJxW5nBc2dLfGs=";
        let salt = "<PasswordSalt>aKq0wnA2Riwo4SCzyYFfzFw==</PasswordSalt>";
        check(&format!("{salt}\n<Password>{hash}</Password>"), "users.config", true);
        check(&format!("{salt}\n<Password>see below</Password>"), "users.config", false);
        check(&format!("HASH_SALT=aKq0wnA2Riwo4SCzyYFfzFw\nDB_PASSWORD={hash}"), "app.env", false);
    }

    #[test]
    fn expressions_are_bound() {
        check("<pdf [password]=\"pdfPasswordOf\">", "a.html", true);
        check("<pdf :password=\"pdfPasswordOf\">", "a.vue", true);
        check("<pdf password=\"pdfPasswordOf\">", "a.html", false);
        check("form input[type=email]:focus, form input[type=password]:focus {", "a.css", true);
        check("{\"phpixie/auth\": \"dev-master#4ad10a65f4f888e6\"}", "composer.json", true);
        check("passwd:         compat", "nsswitch.conf", true);
        check("URL: p://a:${PG_PASSWORD:?Variable not set}@db", "compose.yml", true);
    }
}

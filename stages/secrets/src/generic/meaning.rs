//! What a value is when it is no credential: a type, a rule of validation, a public key, a reference, text for people.
//!
//! Each test here is about a class of values that is no credential under any name; whether one of the rest is a credential
//! is for the forest.

use crate::detect::assignment::{Assignment, Operator};
use crate::generic::name::{Name, Noun};
use crate::generic::{place, reference, shape};
use crate::hint::Hint;
use crate::text;

/// Tells whether the value is something else than a credential where it stands.
pub(super) fn is_other(text: &[u8], assignment: &Assignment, name: &Name, hint: &Hint) -> bool {
    let value = text.get(assignment.value.clone()).unwrap_or_default();
    name.noun == Noun::Key && is_fingerprint(text, assignment, name, value)
        || reference::is_reference(text, assignment, name, hint)
        || place::is_other(text, assignment, name, hint)
}

/// Tells whether the value itself says that it is something else, wherever its line stands.
pub(super) fn is_never(text: &[u8], assignment: &Assignment, value: &[u8]) -> bool {
    let compared = assignment.operator == Operator::Compare;
    // `${DB_PASSWORD:secret}`
    let falls_back = text.get(..assignment.name.start).is_some_and(|before| before.ends_with(b"${"));
    (assignment.quote.is_none() && !falls_back || compared || is_schema_type(value)) && is_type(value)
        || is_switch(value)
        || is_validation(value)
        || shape::is_other(value)
        || assignment.wrapped && is_encoding(value)
        || is_text(value)
        || assignment.quote.is_none() && is_literal(value)
}

/// Names of types, as declarations and schemas have them, and what a switch is set to.
const TYPES: &[&str] = &[
    "always",
    "any",
    "array",
    "binary",
    "blob",
    "bool",
    "boolean",
    "buffer",
    "byte",
    "bytes",
    "char",
    "int",
    "integer",
    "long",
    "never",
    "nil",
    "none",
    "null",
    "number",
    "object",
    "optional",
    "required",
    "secret",
    "securestring",
    "str",
    "string",
    "symbol",
    "text",
    "true",
    "false",
    "undef",
    "undefined",
    "uuid",
    "varchar",
    "void",
];

/// Tells whether a bare word is the name of a type.
fn is_type(value: &[u8]) -> bool {
    let value = value.split(|byte| *byte == b':').next_back().unwrap_or(value);
    let word = value
        .split(|byte| !byte.is_ascii_alphanumeric())
        .find(|part| !part.is_empty())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let rest = value.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() - word.len();
    TYPES.iter().any(|known| known.as_bytes() == word) && rest < 5
}

/// Tells whether the value turns something on or off, or says how it is kept: `MYSQL_RANDOM_ROOT_PASSWORD: 'true'`,
/// `'password' => 'hashed'`.
fn is_switch(value: &[u8]) -> bool {
    const SWITCHES: &[&str] =
        &["disabled", "enabled", "encrypted", "false", "hashed", "none", "null", "true", "undefined"];
    SWITCHES.iter().any(|switch| value.eq_ignore_ascii_case(switch.as_bytes()))
}

/// Tells whether a call is told how text is written: `password.encode("latin1")`.
fn is_encoding(value: &[u8]) -> bool {
    const ENCODINGS: &[&str] =
        &["ascii", "base64", "hex", "iso-8859-1", "latin-1", "latin1", "us-ascii", "utf-16", "utf-8", "utf8"];
    ENCODINGS.iter().any(|known| value.eq_ignore_ascii_case(known.as_bytes()))
}

/// Tells whether a bare value begins with a literal of a program, behind which it goes on: `null,"model":…`.
fn is_literal(value: &[u8]) -> bool {
    let length = value.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let (word, rest) = value.split_at(length);
    matches!(word, b"null" | b"true" | b"false" | b"undefined" | b"None" | b"nil")
        && matches!(rest.first(), Some(b',' | b';' | b')' | b'}' | b']' | b' '))
}

/// Tells whether the value is a type with the prefix that schemas of XML give it: `xsd:string`.
fn is_schema_type(value: &[u8]) -> bool {
    [&b"xsd:"[..], b"xs:", b"tns:", b"soapenc:"].iter().any(|prefix| value.starts_with(prefix))
}

/// Words of rules that forms are checked by.
const RULES: &[&str] = &[
    "alpha_num",
    "array",
    "boolean",
    "confirmed",
    "current_password",
    "filled",
    "integer",
    "nullable",
    "numeric",
    "present",
    "prohibited",
    "require",
    "required",
    "sometimes",
    "string",
    "trim",
];

/// Tells whether the value says how another value is checked: `required|string|min:6`.
fn is_validation(value: &[u8]) -> bool {
    let is_known = |part: &[u8]| {
        let rule = part.split(|byte| *byte == b':').next().unwrap_or(part);
        RULES.iter().any(|known| known.as_bytes() == rule)
            || matches!(rule, b"min" | b"max" | b"same" | b"size" | b"between") && rule.len() < part.len()
            || rule.starts_with(b"required_")
    };
    value.split(|byte| *byte == b'|').any(is_known)
        && value.split(|byte| *byte == b'|').all(|part| part.first().is_some_and(u8::is_ascii_lowercase))
}

/// How forms call the field of a password, in the languages that write it in plain letters.
const LABELS: &[&str] = &[
    "contrasena",
    "geslo",
    "hasło",
    "heslo",
    "jelszo",
    "kennwort",
    "lozinka",
    "lösenord",
    "parola",
    "passcode",
    "passord",
    "passphrase",
    "password",
    "passwort",
    "salasana",
    "senha",
    "sifre",
    "token",
    "wachtwoord",
];

/// Tells whether the value is text for people: words that begin with a capital, or in letters that no English password has.
pub(super) fn is_text(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    let foreign = !value.is_ascii() || text.contains("\\u0");
    // What Crowdin puts in place of a text that is being translated.
    if value.starts_with(b"crwdns") {
        return true;
    }
    // Several letters of a script that is no alphabet.
    if text
        .chars()
        .filter(|letter| matches!(letter, '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'))
        .count()
        > 3
    {
        return true;
    }
    if value.iter().any(u8::is_ascii_digit) && !text.contains("\\u") {
        return false;
    }
    let capital = text.chars().next().is_some_and(char::is_uppercase);
    let word = |word: &str| {
        word.chars().all(|letter| letter.is_alphanumeric() || "\\&'’.,:;!?()-/…".contains(letter))
    };
    let words = text.split_whitespace().count();
    let label = capital
        && words == 1
        && LABELS.contains(&text.to_lowercase().as_str())
        && text.chars().any(char::is_lowercase);
    label
        || foreign && text.chars().any(char::is_alphabetic)
        || capital && words > 1 && text.split_whitespace().all(word)
}

/// Bytes before a key in which the program stands that it is given to.
const COMMAND: usize = 120;

/// Tells whether the value is the id or the fingerprint of a key of OpenPGP, which finds the key and opens nothing.
fn is_fingerprint(text: &[u8], assignment: &Assignment, name: &Name, value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"0x").unwrap_or(value);
    let shaped = matches!(digits.len(), 8 | 16 | 32 | 40) && digits.iter().all(u8::is_ascii_hexdigit);
    let speaks = |word: &String| matches!(word.as_str(), "gpg" | "pgp" | "recv" | "keyring" | "fingerprint");
    let start = assignment.name.start;
    let line = text::line(text, start, COMMAND);
    let before = text.get(line.start..start).unwrap_or_default().to_ascii_lowercase();
    let told = |word: &[u8]| memchr::memmem::find(&before, word).is_some();
    // Package managers ask for keys by such an id.
    let id = value.len() > digits.len() && !name.qualified;
    shaped && (id || name.words.iter().any(speaks) || told(b"gpg ") || told(b"pgp "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::assignment::tests::found_in;
    use crate::hint::Language;

    fn check(line: &str, language: Language, expected: bool) {
        let Some((assignment, name)) = found_in(line, language) else {
            panic!("nothing is assigned in {line}")
        };
        let value = &line.as_bytes()[assignment.value.clone()];
        assert_eq!(
            is_never(line.as_bytes(), &assignment, value)
                || is_other(line.as_bytes(), &assignment, &name, &Hint { language, ..Hint::NONE }),
            expected,
            "{line}"
        );
    }

    #[test]
    fn rules_and_types_are_no_passwords() {
        let check = |line: &str, expected| check(line, Language::Code, expected);
        check("'password' => 'required|min:6|confirmed',", true);
        check("'password' => 'string|max:255',", true);
        check("'pwd' => 'require',", true);
        check("'password' => ['required', 'min:16'],", true);
        check("'password' => 'xsd:string',", true);
        check("RANDOM_ROOT_PASSWORD: 'true'", true);
        check("'password' => 'hashed',", true);
        check("password = 'anonymous@'", true);
        check("if password == 'undefined':", true);
        check("password = password.encode(\"latin1\")", true);
        super::tests::check("update_password: always", Language::Settings, true);
        check("'password' => 'red|green9Kx',", false);
        check("password = 'Min:4tY|x'", false);
    }

    #[test]
    fn what_is_public_opens_nothing() {
        let check = |line: &str, expected| check(line, Language::Code, expected);
        check("key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN a@b'", true);
        check("{\"token\": \"UA-28909194-3\"}", true);
        check("stripe_key = 'pk_live_4eC39HqLyjWDarjtT1zdp7dc'", true);
        check("run('--gpg-key=8D81803C0EBFCD88')", true);
        super::tests::check(
            "command: gpg --with-colons --list-keys C248DE6357445D6302F9A62E74BFD03C20CC21AF",
            Language::Settings,
            true,
        );
        check("PKG_KEY = '0xDE8B853FC155581D'", true);
        check("api_key = '0xDE8B853FC155581D'", false);
        check("api_key = '8D81803C0EBFCD88'", false);
        check("alphabetKey = 'ABCDEFGHIJKLMNOP'", true);
        check("final String key = 'QWERTYUIOPASDFGHJKLZXCVBNM';", true);
        check("password = 'abcdefg9'", false);
        check("token = '0123456789abcdef0123456789abcdef'", false);
    }

    #[test]
    fn what_is_looked_up_stands_elsewhere() {
        let code = |line: &str, expected| check(line, Language::Code, expected);
        code("S3_SECRET_KEY = envsecret('S3_SECRET_KEY')", true);
        code("const savedPassword = localStorage.getItem('rememberedPassword');", true);
        code("password=random.RandomPassword('workspacePwd', length=12).result", true);
        code("var password = new RandomUuid('sqlPassword').Result;", true);
        code("secret = new Secret('k9XwLq27vT')", false);
        code("password = 'DB_PASSWORD'", true);
        code("password = 'SUMMER_2026_DAY'", false);
        code("$options[CURLOPT_USERPWD] = \"$value[0]:$value[1]\";", true);
        code("'key' => sprintf('bills-paid-in-%s', code),", true);
        code("password = 'kT%s9x!Lw2Qz'", false);
        code("adminPassword: '[parameters(adminPassword)]'", true);
        code("token = 'op://vault/item/field'", true);
        let settings = |line: &str, expected| check(line, Language::Settings, expected);
        settings("password = var.db_password", true);
        settings("token: steps.login.outputs.token", true);
        settings("password = s3cr.et", false);
        settings("appUserPassword: appUserPassword", true);
        settings("admin_password = random_string.password.result", true);
        settings("password = random_string.demo11-db-passwd.result", true);
        settings("password = mark_t.1835-x.twain", false);
        settings("adminPassword: sqlAdminPassword", true);
        settings("password: hunterTwo", false);
        settings("t.password=t.url.password:t.url.password=t.password}", true);
        settings("password=mark.twain:1835", false);
        code("const OPTION_ADMIN_PASSWORD = 'admin-password';", true);
        settings("MYSQL_ROOT_PASSWORD: 'rootpassword'", false);
        code("password: 'label.password'", true);
        code("String TASK_LOSTPASSWORD = \"lostpassword\";", true);
        code("String ROOT_PASSWORD = \"password\";", false);
        code("String MOUNTAIN_PASS_ROAD_CONDITION = \"road_condition\";", true);
        code("String MOUNTAIN_PASS_ROAD = \"roadrunner\";", false);
        settings("print(json.dumps(dict(user='admin', password=password))))", true);
        settings("DB_PASSWORD=weakPassword", false);
        settings("spring.password: ${DB_PASSWORD:secret}", false);
        settings("DB_PASSWORD: secret", true);
        settings("checksum/secrets: 44136fa355b3678a1146ad16f7e8649e", true);
        check("    DB_PASSWORD = weakPassword \\", Language::Shell, false);
        code("'output_token' => 'NextToken',", true);
        code("'access_token' => 'NextTokenXq',", false);
        code("$secretKey = 'federation:webfinger:' . $hash;", true);
        code("$secretKey = 'federation9x' . $hash;", false);
        check("passkey = await manager.get(user);", Language::Unknown, true);
        check("User.create(password: pass_word, admin: true)", Language::Unknown, true);
        settings("vault_secret: secret/data/shop", true);
    }

    #[test]
    fn people_read_texts() {
        let json = |line: &str, expected| check(line, Language::Json, expected);
        json("{\"reset_password\": \"Parolni tiklash\"}", true);
        json("{\"token\": \"Token l\\u00e9trehoz\\u00e1sa\"}", true);
        json("{\"password\": \"Loynior\u{f0}\"}", true);
        json("{\"password\": \"長度為 8-30 位密碼\"}", true);
        json("{\"password\": \"Passwort\"}", true);
        json("{\"password\": \"crwdns1116:0crwdne1116:0\"}", true);
        json("{\"Confirm password\": \"bekreft passord\"}", true);
        json("{\"settings.mail.password\": \"Postmark-passord\"}", true);
        json("{\"spring.mail.password\": \"Post9mark\"}", false);
        json("{\"Admin password\": \"Kx82passord\"}", false);
        json("{\"password\": \"passwort\"}", false);
        json("{\"password\": \"Summer Rain 9\"}", false);
        let markup = |line: &str, expected| check(line, Language::Markup, expected);
        markup("<label for=\"password\">Kennwort</label>", true);
        markup("<td><a name='sys_user.password'>password</a></td>", true);
        markup("<property name=\"password\">trinity</property>", false);
    }

    #[test]
    fn names_mean_other_things_in_their_place() {
        check("'PY': 'Paraguay', 'PW': 'Palau', 'QA': 'Qatar'", Language::Code, true);
        check("{ PY: 'Paraguay',\n PW: 'Palau',\n QA: 'Qatar'", Language::Code, true);
        check("'PW-004': 'Airai'", Language::Code, true);
        check(
            "Edge = '771b48fd-d3d4-4f74-9232-fc157ab0507a',\n OnePassword = 'bada5566-a7aa-401f-bd96-45619a55120d',\n \
             Bar = 'd548826e-79b4-db40-a3d8-11116f7e8349'",
            Language::Code,
            true,
        );
        check("OnePassword = 'bada5566-a7aa-401f-bd96-45619a55120d'", Language::Code, false);
        check("'PW': 'Palau9x'", Language::Code, false);
        check("fastcgi_pass phpfpm:9001;", Language::Unknown, true);
        check("{\"pass\": \"routes/main\"}", Language::Json, true);
        check("resource \"access_key\" \"user\" {", Language::Settings, true);
        check(".password:focus {", Language::Unknown, true);
        check("input[type=\"password\"]:focus, input:hover {", Language::Unknown, true);
        check("- 'admin_password': shop_admin_password,", Language::Settings, true);
        check("<a href=\"https://h.io/join?authKey=Sm9XMTV2FyANBrv9rVp\">", Language::Markup, true);
        check("<x url=\"https://h.io/join?authKey=Sm9XMTV2FyANBrv9rVp\">", Language::Markup, false);
        check("key = r'SOFTWARE\\WOW6432Node\\Microsoft\\Edge'", Language::Code, true);
        check("{\"client_secret\": \"maxfiy so\u{2bb}zi\"}", Language::Json, true);
    }
}

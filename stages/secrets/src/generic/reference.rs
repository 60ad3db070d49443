//! Values that name a credential, or the place where one is kept: variables, look-ups, paths, stores of secrets.

use crate::detect::assignment::Assignment;
use crate::generic::name::{Name, Noun};
use crate::hint::{Hint, Language};
use crate::value::is_word;

/// Tells whether the value stands for one that is kept elsewhere.
pub(super) fn is_reference(text: &[u8], assignment: &Assignment, name: &Name, hint: &Hint) -> bool {
    let value = text.get(assignment.value.clone()).unwrap_or_default();
    is_registry_path(value)
        || is_path_of_words(value)
        || is_store_reference(value)
        || is_format(value)
        || is_name_of_variable(value)
        || is_name_of_field(value, name)
        || is_beginning(text, assignment, value)
        || is_own_name(value, assignment, name, hint)
        || is_made_elsewhere(text, assignment)
        || is_variable(text, assignment, value, hint)
        || assignment.quote.is_none() && (is_expression(value) || is_code(value))
}

/// Tells whether the value is a place in the registry of Windows, or in a file system of it.
fn is_registry_path(value: &[u8]) -> bool {
    let parts = || value.split(|byte| *byte == b'\\').filter(|part| !part.is_empty());
    parts().count() >= 3
        && parts()
            .take(2)
            .all(|part| part.len() > 2 && part.iter().all(|byte| is_word(*byte) || *byte == b':'))
}

/// Tells whether the value is a path of plain words: a route, a place in a store of secrets.
fn is_path_of_words(value: &[u8]) -> bool {
    let plain = |part: &[u8]| {
        part.len() > 1
            && part.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_' | b'.' | b':'))
    };
    let mut parts = value.split(|byte| *byte == b'/');
    value.contains(&b'/') && parts.all(plain)
}

/// Beginnings of what names a secret in a store of them.
const STORES: &[&str] = &[
    "arn:aws",
    "awssm:",
    "env:",
    "gcpsm:",
    "keyvault:",
    "op://",
    "ref+",
    "secretref:",
    "secretsmanager:",
    "sm://",
    "ssm:",
    "vault:",
    "@Microsoft.",
];

fn is_store_reference(value: &[u8]) -> bool {
    // Templates of Azure put their expressions in brackets.
    let expression = value.starts_with(b"[") && value.ends_with(b")]");
    expression || STORES.iter().any(|beginning| value.starts_with(beginning.as_bytes()))
}

/// Tells whether something will be filled in where the value has a directive of a format.
fn is_format(value: &[u8]) -> bool {
    let has = |mark: &str| memchr::memmem::find(value, mark.as_bytes()).is_some();
    let plain = value.iter().all(|byte| {
        byte.is_ascii_lowercase()
            || matches!(byte, b'%' | b'{' | b'}' | b'0' | b'-' | b'_' | b'.' | b':' | b'/' | b' ')
    });
    let directives = ["%s", "%d", "%v", "{}", "{0}", "%@"].iter().any(|mark| has(mark));
    let variable = value.first() == Some(&b'$')
        && value.iter().skip(1).position(|byte| !is_word(*byte)).is_some_and(|at| {
            at > 0 && matches!(value.get(at + 1), Some(b'[')) || value.get(at + 1..at + 3) == Some(b"->")
        });
    variable || directives && plain
}

/// Tells whether the value is what a credential is kept under: `DB_PASSWORD`, `label.password`.
pub(super) fn is_name_of_variable(value: &[u8]) -> bool {
    let constant = value.contains(&b'_')
        && value.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_' || byte.is_ascii_digit());
    // `label.password` is the key of a text, `spring.datasource.password` that of a setting.
    let dotted = value.contains(&b'.')
        && value.split(|byte| *byte == b'.').all(|part| {
            part.len() > 1
                && part.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_'))
        });
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    (constant && digits <= 2 || dotted) && Name::of(value).is_some()
}

/// Tells whether the value is the name of a field that holds the like: `output_token: "NextToken"`. A password may read so.
fn is_name_of_field(value: &[u8], name: &Name) -> bool {
    matches!(name.noun, Noun::Token | Noun::Key)
        && value.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && Name::of(value)
            .is_some_and(|value| value.noun == name.noun && value.behind == 0 && value.words.len() == 2)
}

/// Tells whether the value is only the beginning of one that is put together: `'user:' . $id`.
fn is_beginning(text: &[u8], assignment: &Assignment, value: &[u8]) -> bool {
    let behind = text.get(assignment.value.end + 1..).unwrap_or_default();
    let space = behind.iter().take_while(|byte| **byte == b' ').count();
    let joined = matches!(behind.get(space), Some(b'.' | b'+'));
    assignment.quote.is_some()
        && joined
        && matches!(value.last(), Some(b':' | b'-' | b'_' | b'/' | b'=' | b'.'))
}

/// Tells whether the value is its own name: a look-up by it, a variable or a column that is called like it.
fn is_own_name(value: &[u8], assignment: &Assignment, name: &Name, hint: &Hint) -> bool {
    let letters = |text: &[u8]| -> Vec<u8> {
        text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
    };
    let (own, value_letters) = (letters(name.text.as_bytes()), letters(value));
    let ends = own.ends_with(&value_letters) || value_letters.ends_with(&own);
    let several = name.words.len() > 1 || assignment.wrapped;
    // `MYSQL_ROOT_PASSWORD: password` is a weak one; `rootPassword: rootPassword` hands one on.
    // `const OPTION_ADMIN_PASSWORD = "admin-password"` says how an option is called, `TASK_LOSTPASSWORD = "lostpassword"` a task.
    let says_more =
        |value: Name| value.words.len() > 1 || hint.language == Language::Code && !value.is_bare();
    let tail =
        assignment.quote.is_some() && own.ends_with(&value_letters) && Name::of(value).is_some_and(says_more);
    // `MOUNTAIN_PASS_ELEVATION = "elevation"` is a column.
    let behind = name.words.get(name.words.len() - name.behind..).unwrap_or_default();
    let column = name.behind > 0 && behind.concat().into_bytes() == value_letters;
    // `dict(user='admin', password=password))` in a setting that is a program.
    let argument = assignment.quote.is_none() && own == value_letters && value.ends_with(b")");
    argument
        || column
        || several && (own == value_letters || tail || assignment.wrapped && value_letters.len() > 5 && ends)
}

/// Tells whether the value says under which name another is kept in a browser or drawn: `localStorage.getItem("savedPassword")`,
/// `new RandomPassword("workspacePwd")`.
fn is_made_elsewhere(text: &[u8], assignment: &Assignment) -> bool {
    let between = text.get(assignment.name.end..assignment.value.start).unwrap_or_default();
    let has = |mark: &str| memchr::memmem::find(between, mark.as_bytes()).is_some();
    assignment.wrapped && (has("torage.getItem(") || has("Random"))
}

/// First parts of what a template or a program looks up.
const SCOPES: &[&str] = &[
    "config",
    "data",
    "each",
    "env",
    "event",
    "github",
    "inputs",
    "item",
    "local",
    "matrix",
    "module",
    "needs",
    "options",
    "os",
    "outputs",
    "params",
    "parameters",
    "process",
    "props",
    "request",
    "response",
    "secrets",
    "self",
    "settings",
    "state",
    "steps",
    "this",
    "values",
    "var",
    "vars",
];

/// Tells whether a bare value is code that begins with a path of names: `t.url.password:t.user=x`.
fn is_code(value: &[u8]) -> bool {
    let head = value.iter().take_while(|byte| is_word(**byte) || **byte == b'.').count();
    let path = value.get(..head).unwrap_or_default();
    let rest = value.get(head..).unwrap_or_default();
    path.contains(&b'.')
        && path.split(|byte| *byte == b'.').all(|part| part.first().is_some_and(u8::is_ascii_alphabetic))
        && rest
            .iter()
            .filter(|byte| matches!(byte, b'=' | b'{' | b'}' | b'(' | b'|' | b':' | b'?' | b'['))
            .count()
            > 1
}

/// Words of programs that stand before what they are about.
const OPERATORS: &[&[u8]] =
    &[b"async", b"await", b"function", b"import", b"lambda", b"return", b"require", b"typeof", b"yield"];

/// Tells whether a bare value is a path of names: `var.password`, `steps.login.outputs.token`.
fn is_expression(value: &[u8]) -> bool {
    let value = value.strip_prefix(b".").unwrap_or(value);
    let parts: Vec<&[u8]> = value.split(|byte| *byte == b'.').collect();
    let is_name = |part: &&[u8]| {
        part.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
            && part.iter().all(|byte| is_word(*byte) || matches!(byte, b'-' | b'[' | b']'))
    };
    let first = parts.first().map(|part| part.to_ascii_lowercase()).unwrap_or_default();
    let result =
        parts.len() > 2 && parts.iter().all(|part| part.len() > 2 && !part.iter().any(u8::is_ascii_digit));
    // `random_string.db1-password.result`
    let plain = |part: &[u8]| part.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_');
    let resource = matches!(parts.as_slice(), [kind, _, attribute]
        if kind.contains(&b'_') && plain(kind) && attribute.len() > 1 && plain(attribute));
    OPERATORS.contains(&value)
        || parts.len() > 1
            && parts.iter().all(is_name)
            && (result || resource || SCOPES.iter().any(|scope| scope.as_bytes() == first))
}

/// Tells whether the value is a variable: a bare word under a quoted name, before a comma, or of several words that say
/// credential (`sqlAdminPassword`).
fn is_variable(text: &[u8], assignment: &Assignment, value: &[u8], hint: &Hint) -> bool {
    let before = assignment.name.start.checked_sub(1).and_then(|at| text.get(at));
    let snake = value.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_') && value.contains(&b'_');
    let quoted = matches!(before, Some(b'"' | b'\'')) && snake;
    let letters = value.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    let listed =
        matches!(text.get(assignment.value.end), Some(b',' | b')')) && hint.language == Language::Unknown;
    // `ENV DB_PASSWORD=weakPassword`: a shell would write a variable with `$`.
    let constant = |name: &[u8]| !name.iter().any(u8::is_ascii_lowercase);
    let literal = hint.language == Language::Shell
        || assignment.value.start == assignment.name.end + 1
            && text.get(assignment.name.clone()).is_some_and(constant);
    let humps = !literal
        && value.windows(2).any(|pair| matches!(pair, [b'a'..=b'z', b'A'..=b'Z']))
        && value.first().is_some_and(u8::is_ascii_lowercase)
        && Name::of(value).is_some();
    assignment.quote.is_none() && !assignment.embedded && letters && (quoted || listed || humps)
}

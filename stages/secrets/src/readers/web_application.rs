//! Settings of web applications that are code: Joomla, MediaWiki, Drupal, phpMyAdmin, Magento, Symfony, Django.

use super::syntax::pairs::lines;
use super::{Field, Form, Format, is_looked_up, says_secret};
use crate::detect::assignment;
use crate::hint::Language;

pub(super) const FORMAT: Format = Format {
    rule: "web-application-secret",
    names: &[
        "config.php",
        "config.inc.php",
        "configuration.php",
        "localsettings.php",
        "settings.php",
        "settings.local.php",
        "database.php",
        "db.php",
        "env.php",
        "app/etc/local.xml",
        "parameters.yml",
        "parameters.yaml",
        "settings.py",
        "local_settings.py",
        "settings_local.py",
        "production.py",
        "secrets.py",
        "conf.php",
        "configuration.yml",
    ],
    read,
};

/// Bytes of one line that are read.
const LONGEST: usize = 1000;

fn read(text: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    for line in lines(text) {
        let content = text.get(line.start..line.end.min(line.start + LONGEST)).unwrap_or_default();
        let lead = content.trim_ascii_start();
        if [&b"#"[..], b"//", b"*", b";"].iter().any(|mark| lead.starts_with(mark)) {
            continue;
        }
        // The last name on the line that has a value: `'password' => $x ?: 'y'`.
        let mut at = 0;
        for word in content.split(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'-')) {
            let name = line.start + at..line.start + at + word.len();
            at += word.len() + 1;
            let Some(spelled) =
                std::str::from_utf8(word).ok().filter(|word| word.len() >= 4 && says_secret(word))
            else {
                continue;
            };
            let Some(found) =
                assignment::parse(text, name, Language::Code).or_else(|| bare(text, &line, at, content))
            else {
                continue;
            };
            let value = text.get(found.value.clone()).unwrap_or_default();
            if !value.is_empty() && !is_looked_up(value) && found.operator != assignment::Operator::Compare {
                fields.push(Field { name: spelled.to_owned(), range: found.value, form: Form::Plain });
                break;
            }
        }
    }
    fields
}

/// YAML and XML settings leave the quotes away.
fn bare(
    text: &[u8],
    line: &std::ops::Range<usize>,
    behind: usize,
    content: &[u8],
) -> Option<assignment::Assignment> {
    let name = line.start..line.start + behind.checked_sub(1)?;
    let first = content.trim_ascii_start().first()?;
    let is_settings = first.is_ascii_alphabetic()
        && memchr::memmem::find(content, b": ").is_some()
        && !content.contains(&b';')
        && !content.contains(&b'(');
    let language = if *first == b'<' { Language::Markup } else { Language::Settings };
    let start = name.end.checked_sub(
        content
            .get(..behind - 1)?
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
            .count(),
    )?;
    (is_settings || *first == b'<').then(|| assignment::parse(text, start..name.end, language))?
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn settings_that_are_code_are_read() {
        check(
            "config.php",
            "<?php\n$dbuser = 'root';\n$dbpasswd = 'pass123';\n// $password = 'no';\n",
            &["pass123"],
        );
        check(
            "settings.php",
            "  'password' => 'abc1',\n$settings['hash_salt'] = 'abc2';\n",
            &["abc1", "abc2"],
        );
        check(
            "configuration.php",
            "\tpublic $password = 'abc1';\n\tpublic $secret = 'abc2';\n",
            &["abc1", "abc2"],
        );
        check("settings.py", "SECRET_KEY = 'zh!=!gq(w^_t'\nPASSWORD_HASHERS = ['x.y']\n", &["zh!=!gq(w^_t"]);
        check(
            "parameters.yml",
            "parameters:\n    database_password: abc1\n    secret: abc2\n",
            &["abc1", "abc2"],
        );
        check("settings.py", "S3_SECRET_KEY = envsecret('S3_SECRET_KEY')\n", &[]);
        check(
            "settings.php",
            "'new_password' => 'Shkruani fjalëkalimin',\n'secret' => 'Klucz tajny',\n",
            &[],
        );
        check("settings.py", "SECRET_KEY = os.environ['SECRET_KEY']\n", &[]);
    }
}

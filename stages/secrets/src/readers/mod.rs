//! Files that exist to hold credentials: each format has a reader that knows which of its fields are secret.
//!
//! A new format is one file here, its line in [`FORMATS`], and its entry in `rules/files.yaml`.

mod aws;
mod command_line;
mod database_tool;
mod docker;
mod dotenv;
mod file_transfer;
mod firefox;
mod game_server;
mod git_credentials;
mod google;
mod gradle;
mod htpasswd;
mod idea;
mod jenkins;
mod key_file;
mod kubeconfig;
mod mail;
mod maven;
mod mysql;
mod netrc;
mod npmrc;
mod nuget;
mod package_registry;
mod pgpass;
mod pypirc;
mod rails;
mod rclone;
mod s3cfg;
mod server;
mod shadow;
mod syntax;
mod terraform;
mod tunnel;
mod web_application;
mod wireless;
mod wordpress;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use model::SecretVerdict;
use serde::{Deserialize, Serialize};

use crate::candidate::Source;
use crate::engine_rule::EngineRule;
use crate::generic;
use crate::generic::name::{Name, Noun};
use crate::hint::Area;
use crate::limit::Limit;
use crate::pass::Pass;
use crate::placeholder;
use crate::published;
use syntax::Value;

pub(crate) use key_file::{key_store, may_be_key_store};

/// The formats, in any order but a fixed one. The list exists here alone.
const FORMATS: &[Format] = &[
    aws::FORMAT,
    command_line::FORMAT,
    database_tool::FORMAT,
    docker::FORMAT,
    dotenv::FORMAT,
    file_transfer::FORMAT,
    firefox::FORMAT,
    game_server::FORMAT,
    git_credentials::FORMAT,
    google::FORMAT,
    gradle::FORMAT,
    htpasswd::FORMAT,
    idea::FORMAT,
    jenkins::FORMAT,
    key_file::FORMAT,
    kubeconfig::FORMAT,
    mail::FORMAT,
    maven::FORMAT,
    mysql::FORMAT,
    netrc::FORMAT,
    npmrc::FORMAT,
    nuget::FORMAT,
    package_registry::FORMAT,
    pgpass::FORMAT,
    pypirc::FORMAT,
    rails::FORMAT,
    rclone::FORMAT,
    s3cfg::FORMAT,
    server::FORMAT,
    shadow::FORMAT,
    terraform::STATE,
    terraform::VARIABLES,
    tunnel::FORMAT,
    web_application::FORMAT,
    wireless::FORMAT,
    wordpress::FORMAT,
];

/// A format of credential files.
struct Format {
    /// The rule under which its fields are reported.
    rule: &'static str,
    /// Names of files, in lower case: the last parts of a path, with `*` inside a part.
    names: &'static [&'static str],
    /// Finds the secret fields.
    read: fn(&[u8]) -> Vec<Field>,
}

/// A secret field of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    name: String,
    range: Range<usize>,
    form: Form,
}

/// In what form a field holds its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it is.
    Plain,
    /// Encrypted with something that lies near by, or only obscured.
    Obscured,
    /// Hashed: it has to be guessed.
    Hashed,
    /// Drawn from all characters there are, so that nothing in it is a template.
    Random,
}

/// One of [`FORMATS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Reader(u8);

/// Longest file that is read.
const LONGEST: usize = 4 << 20;
/// Longest name of a file that is compared.
const LONGEST_NAME: usize = 128;

/// The last parts of all names, so that the path of an ordinary file is done with at once.
struct Names {
    whole: HashSet<&'static str, foldhash::fast::RandomState>,
    /// What stands before and behind the `*`.
    partial: Vec<(&'static str, &'static str)>,
}

static NAMES: OnceLock<Names> = OnceLock::new();

impl Names {
    fn new() -> Self {
        let last = |name: &'static str| name.rsplit('/').next().unwrap_or(name);
        let names = FORMATS.iter().flat_map(|format| format.names).map(|name| last(name));
        let (partial, whole): (Vec<_>, Vec<_>) = names.partition(|name| name.contains('*'));
        let partial = partial.into_iter().filter_map(|name| name.split_once('*')).collect();
        Self { whole: whole.into_iter().collect(), partial }
    }
}

impl Reader {
    /// Returns every reader.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..FORMATS.len()).filter_map(|at| u8::try_from(at).ok()).map(Self)
    }

    fn format(self) -> Option<&'static Format> {
        FORMATS.get(usize::from(self.0))
    }

    /// Returns the rule under which it reports.
    pub(crate) fn rule(self) -> &'static str {
        self.format().map_or("", |format| format.rule)
    }

    /// Tells whether a file of this name has a reader in some folder.
    pub(crate) fn may_read(name: &[u8]) -> bool {
        let mut lower = [0; LONGEST_NAME];
        let Some(lower) = lower.get_mut(..name.len()) else { return false };
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        std::str::from_utf8(lower).is_ok_and(is_known)
    }

    /// Returns the readers that a file of this name, in lower case, has in some folder.
    pub(crate) fn of_name(name: &str) -> impl Iterator<Item = Self> {
        let last = |known: &str| is_at(known.rsplit('/').next().unwrap_or(known), name);
        Self::all().filter(move |reader| {
            reader.format().is_some_and(|format| format.names.iter().any(|known| last(known)))
        })
    }

    /// Returns the reader for the file at a path, with its name in lower case.
    pub(crate) fn of(path: &str, name: &str) -> Option<Self> {
        if !is_known(name) {
            return None;
        }
        let path = path.to_ascii_lowercase();
        // Where two formats share a name, the longer one knows more of the path.
        let fit = |reader: &Self| {
            let names = reader.format().map_or(&[][..], |format| format.names).iter();
            names.filter(|name| is_at(name, &path)).map(|name| name.len()).max()
        };
        Self::all()
            .filter_map(|reader| Some((fit(&reader)?, reader)))
            .max_by_key(|(fit, _)| *fit)
            .map(|(_, reader)| reader)
    }
}

/// Tells whether any format has files of this name, in lower case.
fn is_known(name: &str) -> bool {
    let names = NAMES.get_or_init(Names::new);
    // The other half of a pair is for everyone.
    let public = name.contains("pub") && name.ends_with(".key");
    !public
        && (names.whole.contains(name) || names.partial.iter().any(|(head, tail)| has_ends(name, head, tail)))
}

fn has_ends(name: &str, head: &str, tail: &str) -> bool {
    // Asked for every name of a history: one byte mostly tells.
    let last = tail.as_bytes().last();
    (last.is_none() || last == name.as_bytes().last())
        && name.len() >= head.len() + tail.len()
        && name.starts_with(head)
        && name.ends_with(tail)
}

/// Tells whether the last parts of `path` match `name`.
fn is_at(name: &str, path: &str) -> bool {
    let mut parts = path.rsplit('/');
    name.rsplit('/').all(|wanted| {
        parts.next().is_some_and(|part| match wanted.split_once('*') {
            Some((head, tail)) => has_ends(part, head, tail),
            None => part == wanted,
        })
    })
}

/// Reads the pass's text, when its name promises a format.
pub(crate) fn read(pass: &mut Pass<'_>) {
    let Some(reader) = pass.context.hint.reader else { return };
    let Some(format) = reader.format() else { return };
    let area = pass.context.hint.area;
    if area == Area::Words {
        return;
    }
    let example = matches!(area, Area::Example | Area::Test);
    let text = pass.text.get(..LONGEST).unwrap_or(pass.text);
    if text.len() < pass.text.len() {
        pass.found.limit(Limit::CredentialFile);
    }
    for field in (format.read)(text) {
        let value = pass.text.get(field.range.clone()).unwrap_or_default();
        if !is_filled_in(value, field.form) {
            continue;
        }
        if published::is_known(value) || example && field.form == Form::Plain && placeholder::has_word(value)
        {
            pass.found.counts.placeholder += 1;
            continue;
        }
        let verdict = match field.form {
            Form::Plain | Form::Obscured | Form::Random => SecretVerdict::Likely,
            Form::Hashed => SecretVerdict::Format,
        };
        if let Some(candidate) = pass.push(EngineRule::File(reader), field.range, Source::Structure, verdict)
        {
            candidate.name = field.name;
        }
    }
}

/// Tells whether a field holds a value of its own. A weak one counts: in such a file it is still what opens the door.
fn is_filled_in(value: &[u8], form: Form) -> bool {
    const NOTHING: &[&str] = &[
        "true",
        "false",
        "null",
        "nil",
        "none",
        "yes",
        "no",
        "undefined",
        "changeme",
        "xxx",
        "todo",
        "empty",
    ];
    let lower = value.to_ascii_lowercase();
    let template = matches!(value.first(), Some(b'$' | b'<' | b'%' | b'@' | b'*' | b'!'))
        && form == Form::Plain
        && !is_mixed(value)
        || form == Form::Plain && (placeholder::has_mark(value) || placeholder::is_instruction(value))
        || value.starts_with(b"{{")
        // What a command prints.
        || value.len() > 1 && value.starts_with(b"`") && value.ends_with(b"`");
    value.len() >= 3
        && !template
        && !NOTHING.iter().any(|word| word.as_bytes() == lower)
        && !value.iter().all(|byte| matches!(byte, b'x' | b'X' | b'*' | b'.' | b'-' | b'_' | b'0'))
        && !lower.starts_with(b"your")
        && !lower.starts_with(b"placeholder")
}

/// Tells whether a value that begins like a template is too mixed to be one.
fn is_mixed(value: &[u8]) -> bool {
    let name = value.get(1..).unwrap_or_default();
    let is_name = name.iter().all(|byte| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'_' | b'{' | b'}' | b'>' | b'%' | b'@' | b'-' | b' ' | b'(' | b')' | b'.' | b':'
            )
    });
    !is_name
}

/// Tells whether a value of settings that are code names a variable, or is a text for people.
fn is_looked_up(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    let looks = [&b"env["[..], b"env.fetch(", b"getenv(", b"environ", b"ssmparameter"];
    generic::is_name_or_text(value) || looks.iter().any(|call| memchr::memmem::find(&lower, call).is_some())
}

/// Makes fields of the values that `is_secret` picks.
fn pick(values: Vec<Value>, is_secret: impl Fn(&Value) -> bool) -> Vec<Field> {
    let picked = values.into_iter().filter(is_secret);
    picked.map(|value| Field { name: value.path.join("."), range: value.range, form: Form::Plain }).collect()
}

/// Tells whether a name is one of `names`, in any case.
fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Tells whether a name itself says that its value is secret.
fn says_secret(name: &str) -> bool {
    Name::of(name.as_bytes()).is_some_and(|name| {
        let last = name.words.last().map_or("", String::as_str);
        let ends = name.behind == 0
            || name.behind == 1 && matches!(last, "base" | "value" | "raw" | "plain" | "data");
        ends && match name.noun {
            Noun::Password | Noun::Secret | Noun::Token | Noun::Salt => true,
            Noun::Key => name.qualified,
            Noun::Credential => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a text under a path and compares the values of its secret fields.
    #[track_caller]
    pub(super) fn check(path: &str, text: &str, expected: &[&str]) {
        let reader = Reader::of(path, path.rsplit('/').next().unwrap_or(path))
            .unwrap_or_else(|| panic!("no reader for {path}"));
        let fields = (reader.format().unwrap().read)(text.as_bytes());
        let filled =
            fields.iter().filter(|field| is_filled_in(text[field.range.clone()].as_bytes(), field.form));
        let values: Vec<_> = filled.map(|field| &text[field.range.clone()]).collect();
        assert_eq!(values, expected, "{path}");
    }

    #[test]
    fn names_of_files_are_the_last_parts_of_a_path() {
        let check =
            |name: &str, path: &str, expected| assert_eq!(is_at(name, path), expected, "{name} {path}");
        check(".npmrc", ".npmrc", true);
        check(".npmrc", "a/.npmrc", true);
        check(".npmrc", "a.npmrc", false);
        check("etc/shadow", "x/etc/shadow", true);
        check("etc/shadow", "shadow", false);
        check("*.tfvars", "a/b.tfvars", true);
        check(".env.*", ".env.local", true);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(text: Vec<u8>) {
            for format in FORMATS {
                for field in (format.read)(&text) {
                    proptest::prop_assert!(field.range.start <= field.range.end && field.range.end <= text.len());
                }
            }
        }

        #[test]
        fn any_text_is_survived(text in "[\\n \"'=:{}<>/a$#,\\\\]{0,80}") {
            for format in FORMATS {
                for field in (format.read)(text.as_bytes()) {
                    proptest::prop_assert!(field.range.end <= text.len());
                }
            }
        }
    }
}

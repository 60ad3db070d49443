//! One entry of a list of requirements.
//!
//! The grammar is that of <https://packaging.python.org/en/latest/specifications/dependency-specifiers/> and of
//! <https://pip.pypa.io/en/stable/reference/requirements-file-format/>.

use std::ops::Range;

use crate::declaration::normalize_python;

/// What an entry is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Another list.
    Include(String),
    /// A file that limits versions.
    Constraint(String),
    /// An option that names no package.
    Option,
    /// A folder of the tree itself.
    Own,
    Requirement(Requirement),
    Malformed,
}

/// A package asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Requirement {
    pub(super) name: String,
    /// The one version that fits; `None` when there is none or more than one.
    pub(super) version: Option<String>,
    /// First hash.
    pub(super) integrity: Option<String>,
    /// Range of name and version in the line.
    pub(super) at: Range<usize>,
}

impl Entry {
    /// Reads a line without its comment; `None` when it is empty.
    pub(super) fn of(line: &str) -> Option<Self> {
        if line.is_empty() {
            return None;
        }
        if line.starts_with('-') {
            return Some(Self::of_options(line));
        }
        let options = line.find(" --").or_else(|| line.find("\t--")).unwrap_or(line.len());
        let (body, options) = line.split_at(options);
        let integrity =
            options.split_whitespace().find_map(|word| word.strip_prefix("--hash=")).map(str::to_owned);
        let entry = address(body.trim_end(), 0).or_else(|| specifier(body)).unwrap_or(Self::Malformed);
        Some(match entry {
            Self::Requirement(requirement) => Self::Requirement(Requirement { integrity, ..requirement }),
            other => other,
        })
    }
}

impl Entry {
    /// Reads a line of options. Of several that name a file or a package, pip takes the first of the first kind here.
    fn of_options(line: &str) -> Self {
        let words = words(line);
        if let Some(path) = option(&words, "-r", "--requirement") {
            return Self::Include(path.to_owned());
        }
        if let Some(path) = option(&words, "-c", "--constraint") {
            return Self::Constraint(path.to_owned());
        }
        match option(&words, "-e", "--editable") {
            Some(target) => {
                let start = line.find(target).unwrap_or(0);
                let target = line.get(start..).filter(|rest| rest.starts_with(target)).map(|_| target);
                target.and_then(|target| address(target, start)).unwrap_or(Self::Own)
            }
            None => Self::Option,
        }
    }
}

/// Returns the value of an option among words: `-r x`, `-rx`, `--requirement x` or `--requirement=x`.
fn option<'a>(words: &'a [String], short: &str, long: &str) -> Option<&'a str> {
    words.iter().enumerate().find_map(|(at, word)| {
        if word == short || word == long {
            return words.get(at + 1).map(String::as_str);
        }
        let value = match word.strip_prefix(long) {
            Some(rest) => rest.strip_prefix('='),
            None => word.strip_prefix(short).filter(|_| !word.starts_with("--")),
        };
        value.filter(|value| !value.is_empty())
    })
}

/// Cuts a line into words as a shell does, which is how pip reads options: quotes and backslashes are taken off.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(characters.next()),
            (None, _) if character.is_whitespace() => words.extend(word.take()),
            (Some(_) | None, _) => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

/// Reads an entry that is an address or a path alone; `None` when it is something else.
fn address(text: &str, start: usize) -> Option<Entry> {
    let place = text.split(" ;").next().unwrap_or(text).trim_end();
    let at = start..start + place.len();
    let remote = place.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    });
    let path = place.starts_with(['.', '/']) || place.starts_with("file:") || place.ends_with(".whl");
    let bare = !place.contains(['/', ' ', '\t']);
    let path = path || (bare && archive(place).is_some_and(|(_, version)| version.is_some()));
    // A path such as `./a` never starts like a name; `a/b` does, and names cannot hold a slash.
    let path = path || place.split([' ', '[', ';', '=', '@']).next().is_some_and(|head| head.contains('/'));
    if !remote && !path {
        return None;
    }
    if let Some((name, version)) = wheel(place) {
        return Some(Entry::Requirement(Requirement { name, version: Some(version), integrity: None, at }));
    }
    let local = place.starts_with("file:") || !remote;
    let (name, version) = match (archive(place), local) {
        (Some(archive), true) => archive,
        (None, true) => return Some(Entry::Own),
        // A host of code names its archives as it likes; what is asked for must agree.
        (found, false) => {
            let name = fragment(place, "egg").unwrap_or(place);
            let version = found.filter(|(found, _)| is_same(found, name)).and_then(|(_, version)| version);
            (name.to_owned(), version)
        }
    };
    Some(Entry::Requirement(Requirement { name, version, integrity: None, at }))
}

fn is_same(one: &str, other: &str) -> bool {
    normalize_python(one) == normalize_python(other)
}

/// Returns name and version of an archive of sources by the name of its file, `name-1.0.tar.gz`; the version only where
/// the file has one in its name. A wheel of another name than wheels have is such an archive too.
fn archive(place: &str) -> Option<(String, Option<String>)> {
    const ENDINGS: [&str; 9] =
        [".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar", ".zip", ".whl"];
    let path = place.split(['#', '?']).next()?;
    let file = path.rsplit(['/', '\\']).next()?;
    let stem = ENDINGS.iter().find_map(|ending| file.strip_suffix(ending))?;
    let dashes = stem.rmatch_indices('-');
    let digit =
        |at: usize| stem.get(at + 1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let split = dashes
        .map(|(at, _)| at)
        .find(|at| digit(*at))
        .and_then(|at| Some((stem.get(..at)?, stem.get(at + 1..)?)));
    match split {
        Some((name, version)) if !name.is_empty() => Some((name.to_owned(), Some(version.to_owned()))),
        Some(_) | None => Some((stem.to_owned(), None)),
    }
}

/// Returns name and version of a wheel by the name of its file, which the format of wheels fixes.
fn wheel(place: &str) -> Option<(String, String)> {
    let path = place.split(['#', '?']).next()?;
    let file = path.rsplit(['/', '\\']).next()?.strip_suffix(".whl")?;
    let parts: Vec<&str> = file.split('-').collect();
    match parts.as_slice() {
        [name, version, .., _, _, _] if !name.is_empty() && !version.is_empty() => {
            Some(((*name).to_owned(), version.replace("%2B", "+").replace("%2b", "+")))
        }
        _ => None,
    }
}

/// Returns a value of the part behind `#`.
fn fragment<'a>(place: &'a str, key: &str) -> Option<&'a str> {
    let (_, fragment) = place.split_once('#')?;
    let value = fragment.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))?;
    let name = value.split(['[', '=']).next().unwrap_or(value);
    (!name.is_empty()).then_some(name)
}

/// Reads `name[extras] specifiers ; marker` or `name[extras] @ address ; marker`.
fn specifier(text: &str) -> Option<Entry> {
    let name_end =
        text.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(text.len());
    let name = text.get(..name_end)?;
    let well_formed = |end: Option<char>| end.is_some_and(|c| c.is_ascii_alphanumeric());
    if !well_formed(name.chars().next()) || !well_formed(name.chars().next_back()) {
        return None;
    }
    let mut at = skip_space(text, name_end);
    if text.get(at..)?.starts_with('[') {
        at += text.get(at..)?.find(']')? + 1;
        at = skip_space(text, at);
    }
    let behind = text.get(at..)?;
    let requirement = |version: Option<&str>, end: usize| {
        let version = version.map(str::to_owned);
        Entry::Requirement(Requirement { name: name.to_owned(), version, integrity: None, at: 0..end })
    };
    if let Some(place) = behind.strip_prefix('@') {
        let place = place.split(" ;").next().unwrap_or(place).trim();
        let version = wheel(place)
            .map(|(_, version)| version)
            .or_else(|| archive(place).filter(|(found, _)| is_same(found, name))?.1);
        return Some(requirement(version.as_deref(), text.trim_end().len().min(at + 1 + behind.len())));
    }
    let clauses = behind.split(';').next().unwrap_or(behind).trim_end();
    let inner = clauses.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
    let (clauses, offset) = inner.map_or((clauses, at), |inner| (inner, at + 1));
    if clauses.trim().is_empty() {
        return Some(requirement(None, name_end));
    }
    let pin = pin(clauses)?;
    let end = pin.as_ref().map_or(offset + clauses.len(), |pin| offset + pin.end);
    Some(requirement(pin.and_then(|pin| clauses.get(pin)), end))
}

/// Returns the range of the one version that clauses allow, `Some(None)` when they do not say one, `None` when they are
/// malformed.
#[expect(clippy::option_option, reason = "malformed, open and pinned are three answers")]
fn pin(clauses: &str) -> Option<Option<Range<usize>>> {
    const OPERATORS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];
    let mut pinned = None;
    let mut start = 0;
    for clause in clauses.split(',') {
        let from = skip_space(clauses, start);
        start += clause.len() + 1;
        let clause = clause.trim();
        // A comma at the end is allowed.
        if clause.is_empty() {
            continue;
        }
        let operator = OPERATORS.iter().find(|operator| clause.starts_with(**operator))?;
        let version = clause.get(operator.len()..)?;
        let value = version.trim_start();
        if value.is_empty() || value.contains(char::is_whitespace) {
            return None;
        }
        if matches!(*operator, "==" | "===") && !value.contains('*') {
            let at = from + operator.len() + (version.len() - value.len());
            pinned = Some(at..at + value.len());
        }
    }
    Some(pinned)
}

fn skip_space(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or("");
    at + (rest.len() - rest.trim_start().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &str) {
        let told = match Entry::of(line) {
            None => "nothing".to_owned(),
            Some(Entry::Requirement(Requirement { name, version, integrity, at })) => {
                let version = version.unwrap_or_else(|| "?".to_owned());
                let integrity = integrity.map(|hash| format!(" {hash}")).unwrap_or_default();
                format!("{name} {version}{integrity} <{}>", &line[at])
            }
            Some(entry) => format!("{entry:?}"),
        };
        assert_eq!(told, expected, "{line}");
    }

    #[test]
    fn pinned_entries() {
        check("flask==2.0.1", "flask 2.0.1 <flask==2.0.1>");
        check(
            "Flask [async, dotenv] == 2.0.1 ; python_version < \"3.11\"",
            "Flask 2.0.1 <Flask [async, dotenv] == 2.0.1>",
        );
        check("a===1.0+local", "a 1.0+local <a===1.0+local>");
        check("a (==1.0)", "a 1.0 <a (==1.0>");
        check("a>=1,==1.5,", "a 1.5 <a>=1,==1.5>");
        check("a==1 --hash=sha256:0a --hash=sha256:0b", "a 1 sha256:0a <a==1>");
        check("a==1;python_version>'3'", "a 1 <a==1>");
        check("./wheels/a_b-1.0+x-py3-none-any.whl", "a_b 1.0+x <./wheels/a_b-1.0+x-py3-none-any.whl>");
        check("./foo-1.0.tar.gz", "foo 1.0 <./foo-1.0.tar.gz>");
        check(
            "vendor/foo-bar-1.0rc1.zip ; python_version > '3'",
            "foo-bar 1.0rc1 <vendor/foo-bar-1.0rc1.zip>",
        );
        check("foo-1.0.tar.gz", "foo 1.0 <foo-1.0.tar.gz>");
        check("file:dist/foo-1.0.tgz", "foo 1.0 <file:dist/foo-1.0.tgz>");
        let sources = "https://registry.example/foo_bar-1.0.tar.gz#egg=foo-bar";
        check(sources, &format!("foo-bar 1.0 <{sources}>"));
        check(&format!("foo.bar @ {sources}"), &format!("foo.bar 1.0 <foo.bar @ {sources}>"));
        let wheel = "https://registry.example/a-1.0-1-py3-none-any.whl#sha256=00";
        check(wheel, &format!("a 1.0 <{wheel}>"));
        check(&format!("a @ {wheel}"), &format!("a 1.0 <a @ {wheel}>"));
    }

    #[test]
    fn entries_without_one_version() {
        check("flask", "flask ? <flask>");
        check("flask>=2,<3", "flask ? <flask>=2,<3>");
        check("flask==2.*", "flask ? <flask==2.*>");
        check(
            "git+https://host.example/a.git@v1#egg=a[x]",
            "a ? <git+https://host.example/a.git@v1#egg=a[x]>",
        );
        check("-e git+https://host.example/a.git#egg=a", "a ? <git+https://host.example/a.git#egg=a>");
        check("vendor/foo.whl", "foo ? <vendor/foo.whl>");
        check("./foo.zip", "foo ? <./foo.zip>");
        for sources in ["https://host.example/a/main.zip#egg=a", "https://host.example/a/v1-2.zip#egg=a"] {
            check(sources, &format!("a ? <{sources}>"));
            check(&format!("a @ {sources}"), &format!("a ? <a @ {sources}>"));
        }
        let nameless = "https://host.example/a/release-2.0.zip";
        check(nameless, &format!("{nameless} ? <{nameless}>"));
        check("a @ git+https://host.example/a.git", "a ? <a @ git+https://host.example/a.git>");
    }

    #[test]
    fn options_and_own_folders() {
        check("-r base.txt", "Include(\"base.txt\")");
        check("-rbase.txt", "Include(\"base.txt\")");
        check("--requirement=../base.txt", "Include(\"../base.txt\")");
        check("-c constraints.txt", "Constraint(\"constraints.txt\")");
        check("--constraint constraints.txt", "Constraint(\"constraints.txt\")");
        check("-r \"base.txt\"", "Include(\"base.txt\")");
        check("-r 'my base.txt'", "Include(\"my base.txt\")");
        check("--requirement=\"base.txt\"", "Include(\"base.txt\")");
        check("-r my\\ base.txt", "Include(\"my base.txt\")");
        check("--no-index -r base.txt", "Include(\"base.txt\")");
        check("--index-url https://registry.example", "Option");
        check("-i https://registry.example", "Option");
        check("-e .", "Own");
        check("./own", "Own");
        check("own/lib", "Own");
        check("file:own", "Own");
        check("", "nothing");
    }

    #[test]
    fn malformed_entries() {
        for line in
            ["Some prose about it", "a = 1", "a==", "== 1", "a==1 2", "[x]", "a[", "-_-", "a ==1 or b"]
        {
            let malformed = matches!(Entry::of(line), Some(Entry::Malformed | Entry::Option));
            assert!(malformed, "{line}: {:?}", Entry::of(line));
        }
    }

    proptest::proptest! {
        #[test]
        fn places_lie_in_the_line(line in r"[a-z0-9.=<>\[\],;@ /:()#*é-]{0,40}") {
            if let Some(Entry::Requirement(requirement)) = Entry::of(&line) {
                proptest::prop_assert!(line.get(requirement.at).is_some());
            }
        }
    }
}

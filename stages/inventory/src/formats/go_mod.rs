//! `go.mod`.
//!
//! From Go 1.17 on it names every module that a build needs; before, only those that `go.sum` tells completely (see
//! [`super::go_sum`]). What a `replace` puts in place of a module is what is built. `go.sum` beside has the hashes. The
//! release of Go itself is read by [`super::go_release`].

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use model::{Ecosystem, GapKind};

use crate::folder;
use crate::format::{Format, Parsed, Source, Trouble, package};
use crate::graph::Graph;
use crate::text::{Lines, Malformed, Piece, shown};

pub(crate) const FORMAT: Format =
    Format { name: "go.mod", globs: &["**/go.mod"], ecosystem: Ecosystem::Go, last_resort: false, parse };

/// What a line may begin with (<https://go.dev/ref/mod#go-mod-file>).
const VERBS: &[&str] =
    &["module", "go", "toolchain", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"];

/// One directive of the file.
pub(super) struct Directive<'a> {
    pub(super) verb: &'a str,
    pub(super) words: Vec<Piece<'a>>,
    /// What stands behind `//`.
    comment: &'a str,
    at: usize,
}

/// A module with its version; a replacement by a folder has none.
type Target<'a> = (Piece<'a>, Option<Piece<'a>>);

fn parse(source: &Source<'_>) -> Result<Parsed, Malformed> {
    let directives = directives(source.text)?;
    let lines = Lines::new(source.text);
    let mut graph = Graph::default();
    let replaced = replacements(&directives, &lines, &mut graph);
    let excluded: BTreeSet<(&str, &str)> =
        directives.iter().filter(|directive| directive.verb == "exclude").filter_map(pair).collect();
    let sums = (source.nearby.read)(&beside(source.path, "go.sum"));
    let hashes = super::go_sum::hashes(sums.as_deref().unwrap_or_default());
    let mut first = None;
    for directive in &directives {
        let line = lines.line(directive.at);
        match (directive.verb, directive.words.as_slice()) {
            ("require", [path, version]) => {
                if excluded.contains(&(&path.text, &version.text)) {
                    let reason = format!(
                        "`{} {}` is required and excluded: Go takes a later version that the file does not name",
                        shown(&path.text),
                        shown(&version.text)
                    );
                    let trouble = Trouble::new(GapKind::Partial, "excluded-version", line, reason);
                    graph.trouble(trouble.hint("run `go mod tidy`"));
                }
                let direct = directive.comment.trim_start_matches('/').trim_start();
                let direct = !(direct == "indirect" || direct.starts_with("indirect;"));
                let (path, version) = match replacement(&replaced, path, version) {
                    Some((_, None)) => {
                        graph.local();
                        continue;
                    }
                    Some((path, Some(version))) => (path, version),
                    None => (path, version),
                };
                first = first.or(Some(line));
                let at = path.at.start..version.at.end;
                let mut found = package(Ecosystem::Go, &path.text, &version.text, lines.span(&at));
                found.direct = Some(direct);
                found.integrity = hashes.get(&(&*path.text, &*version.text)).map(|hash| (*hash).to_owned());
                if graph.add(found).is_none() {
                    break;
                }
            }
            ("require", _) => graph.malformed_entry(line, "a `require` does not name a module and a version"),
            (verb, _) if VERBS.contains(&verb) => {}
            (verb, _) => graph.malformed_entry(line, format!("`{}` is no directive of go.mod", shown(verb))),
        }
    }
    if let Some(line) = first.filter(|_| sums.is_none()) {
        super::go_sum::missing(source.text, line).into_iter().for_each(|trouble| graph.trouble(trouble));
    }
    if !directives.iter().any(|directive| directive.verb == "module") {
        graph.malformed_entry(1, "no `module` is declared");
    }
    super::go_release::add(&directives, &lines, &mut graph);
    Ok(graph.finish_without_roots())
}

/// Reads a `go.work`: what its `replace` lines put in place of modules, and the release.
pub(super) fn workspace(source: &Source<'_>) -> Result<Parsed, Malformed> {
    let directives = directives(source.text)?;
    let lines = Lines::new(source.text);
    let mut graph = Graph::default();
    for (path, version) in replacements(&directives, &lines, &mut graph).into_values() {
        match version {
            Some(version) => {
                let at = path.at.start..version.at.end;
                graph.add(package(Ecosystem::Go, &path.text, &version.text, lines.span(&at)));
            }
            None => graph.local(),
        }
    }
    super::go_release::add(&directives, &lines, &mut graph);
    Ok(graph.finish_without_roots())
}

/// Returns the path of the file `name` in the folder of `path`.
pub(super) fn beside(path: &str, name: &str) -> String {
    let folder = folder::of(path);
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Returns the version in the `go` line of a `go.mod`, as major and minor.
pub(super) fn language(text: &str) -> Option<(u32, u32)> {
    let directives = directives(text).ok()?;
    let version = directives.iter().find(|directive| directive.verb == "go")?.words.first()?;
    let mut numbers = version.text.split('.').map(|part| {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part.get(..digits).and_then(|digits| digits.parse().ok())
    });
    Some((numbers.next()??, numbers.next().flatten().unwrap_or(0)))
}

/// Returns the modules that a `go.mod` names, its own among them; nothing of a malformed one.
pub(super) fn named(text: &str) -> BTreeSet<String> {
    let words = directives(text).into_iter().flatten().flat_map(|directive| directive.words);
    words.map(|word| word.text.into_owned()).collect()
}

fn pair<'a>(directive: &'a Directive<'_>) -> Option<(&'a str, &'a str)> {
    match directive.words.as_slice() {
        [path, version] => Some((&path.text, &version.text)),
        _ => None,
    }
}

/// Reads the `replace` directives: module and version, or module alone, to what takes its place.
fn replacements<'a>(
    directives: &'a [Directive<'a>],
    lines: &Lines<'_>,
    graph: &mut Graph,
) -> BTreeMap<(&'a str, Option<&'a str>), Target<'a>> {
    let mut replaced = BTreeMap::new();
    for directive in directives.iter().filter(|directive| directive.verb == "replace") {
        let arrow = directive.words.iter().position(|word| word.text == "=>").unwrap_or(0);
        let (old, new) = directive.words.split_at(arrow);
        let old: Option<(&str, Option<&str>)> = match old {
            [path] => Some((&path.text, None)),
            [path, version] => Some((&path.text, Some(&version.text))),
            _ => None,
        };
        let new = match new {
            [_, path] if is_folder(&path.text) => Some((path.clone(), None)),
            [_, path, version] => Some((path.clone(), Some(version.clone()))),
            _ => None,
        };
        match (old, new) {
            (Some(old), Some(new)) => {
                replaced.insert(old, new);
            }
            (None, _) | (_, None) => {
                graph.malformed_entry(lines.line(directive.at), "a `replace` is malformed");
            }
        }
    }
    replaced
}

/// Tells whether a replacement is a folder: the go command asks for a leading `./`, `../`, a root or a drive.
fn is_folder(path: &str) -> bool {
    let drive = path.get(1..2) == Some(":");
    drive
        || [".", ".."].contains(&path)
        || ["/", "\\", "./", "../", ".\\", "..\\"].iter().any(|head| path.starts_with(head))
}

/// Returns what takes the place of a module; a replacement of one version comes before that of all.
fn replacement<'a>(
    replaced: &'a BTreeMap<(&'a str, Option<&'a str>), Target<'a>>,
    path: &'a Piece<'a>,
    version: &'a Piece<'a>,
) -> Option<(&'a Piece<'a>, Option<&'a Piece<'a>>)> {
    let exact = replaced.get(&(&*path.text, Some(&*version.text)));
    let (path, version) = exact.or_else(|| replaced.get(&(&*path.text, None)))?;
    Some((path, version.as_ref()))
}

/// Cuts the text into directives; those of a block get the block's verb.
fn directives(text: &str) -> Result<Vec<Directive<'_>>, Malformed> {
    let mut directives = Vec::new();
    let mut block: Option<(&str, usize)> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let (mut words, comment) = words(line, at)?;
        let Some(first) = words.first().cloned() else { continue };
        if let Some((verb, _)) = block {
            if first.text == ")" {
                block = None;
            } else {
                directives.push(Directive { verb, words, comment, at: first.at.start });
            }
            continue;
        }
        let verb = text.get(first.at.clone()).unwrap_or("");
        if words.get(1).is_some_and(|word| word.text == "(") && words.len() == 2 {
            block = Some((verb, first.at.start));
            continue;
        }
        words.remove(0);
        directives.push(Directive { verb, words, comment, at: first.at.start });
    }
    match block {
        Some((verb, at)) => {
            Err(Malformed { at, reason: format!("the block of `{}` has no end", shown(verb)) })
        }
        None => Ok(directives),
    }
}

/// Cuts a line into words, and the comment behind them. A word in quotes loses them.
fn words(line: &str, offset: usize) -> Result<(Vec<Piece<'_>>, &str), Malformed> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(rest) = line.get(at..) {
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let Some(first) = trimmed.chars().next() else { break };
        if trimmed.starts_with("//") {
            return Ok((words, trimmed.trim_end()));
        }
        let (inner, length): (Range<usize>, usize) = match first {
            '"' | '`' => {
                let unclosed = || Malformed { at: offset + at, reason: "a quote has no end".to_owned() };
                let end = trimmed.get(1..).and_then(|inner| inner.find(first)).ok_or_else(unclosed)?;
                (1..end + 1, end + 2)
            }
            '(' | ')' => (0..1, 1),
            _ => {
                let end =
                    trimmed.find(|c: char| c.is_whitespace() || "()\"`".contains(c)).unwrap_or(trimmed.len());
                let end = trimmed.find("//").map_or(end, |comment| end.min(comment));
                (0..end, end)
            }
        };
        let text = trimmed.get(inner.clone()).unwrap_or("");
        let from = offset + at;
        words.push(Piece { text: text.into(), at: from + inner.start..from + inner.end });
        at += length;
    }
    Ok((words, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_words() {
        let check = |line: &str, expected: &[&str], comment: &str| {
            let (found, behind) = words(line, 0).unwrap();
            let texts: Vec<&str> = found.iter().map(|word| &*word.text).collect();
            assert_eq!((texts.as_slice(), behind), (expected, comment), "{line}");
            for word in &found {
                assert_eq!(&line[word.at.clone()], word.text);
            }
        };
        check(
            "require example.org/a v1.0.0 // indirect\r\n",
            &["require", "example.org/a", "v1.0.0"],
            "// indirect",
        );
        check("\t\"example.org/a b\" `v1`//x", &["example.org/a b", "v1"], "//x");
        check("require(", &["require", "("], "");
        check("a => ../b", &["a", "=>", "../b"], "");
        assert!(words("\"a", 0).is_err());
    }

    #[test]
    fn the_language_is_told() {
        assert_eq!(language("module a\ngo 1.17\n"), Some((1, 17)));
        assert_eq!(language("go 1.21rc1\n"), Some((1, 21)));
        assert_eq!(language("module a\n"), None);
    }
}

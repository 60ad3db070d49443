//! `go.sum`: hashes of modules.
//!
//! It is no lockfile: it keeps what was ever needed to work out the build. But before Go 1.17 a `go.mod` names only a
//! part of what is built, and then `go.sum` is the one file that names the rest: the highest version of a module whose
//! content has a hash is the one that is built, or one that was. Beside a newer `go.mod` it is read for hashes alone.

use std::collections::BTreeMap;

use model::{Ecosystem, GapKind};

use super::go_mod::{beside, language, named};
use crate::format::{Format, Parsed, Source, Trouble, package};
use crate::graph::Graph;
use crate::text::{Lines, Malformed};

pub(crate) const FORMAT: Format =
    Format { name: "go.sum", globs: &["**/go.sum"], ecosystem: Ecosystem::Go, last_resort: false, parse };

/// Code of the gap where there is none.
pub(crate) const NO_GO_SUM: &str = "no-go-sum";
/// The first version of Go whose `go.mod` names every module of a build.
const COMPLETE_SINCE: (u32, u32) = (1, 17);

fn parse(source: &Source<'_>) -> Result<Parsed, Malformed> {
    let lines = Lines::new(source.text);
    let mut graph = Graph::default();
    let manifest = (source.nearby.read)(&beside(source.path, "go.mod"));
    let Some(manifest) = manifest else {
        let reason = "there is no `go.mod` beside it, so that what is built cannot be told from what was";
        graph.trouble(Trouble::new(GapKind::Partial, "no-go-mod", 1, reason).hint("add the `go.mod`"));
        return Ok(graph.finish_without_roots());
    };
    check_lines(source.text, &lines, &mut graph);
    if is_complete(&manifest) {
        return Ok(graph.finish_without_roots());
    }
    for line in built(source.text, &lines, &mut graph, &manifest) {
        let at = line.at..line.at + line.module.len() + 1 + line.version.len();
        let mut found = package(Ecosystem::Go, line.module, line.version, lines.span(&at));
        found.direct = Some(false);
        found.integrity = Some(line.hash.to_owned());
        if graph.add(found).is_none() {
            break;
        }
    }
    Ok(graph.finish_without_roots())
}

/// Tells whether a `go.mod` names every module of the build.
fn is_complete(manifest: &str) -> bool {
    // Without a `go` line the language is that of Go 1.16 (https://go.dev/ref/mod#go-mod-file-go).
    language(manifest).is_some_and(|language| language >= COMPLETE_SINCE)
}

/// Says that there is no `go.sum` beside a `go.mod` that requires something in `line`, where it would name the rest.
pub(super) fn missing(manifest: &str, line: u32) -> Option<Trouble> {
    let reason = "go.mod names only a part of what is built before Go 1.17, and there is no `go.sum` beside it \
                  that names the rest";
    let trouble = || Trouble::new(GapKind::Partial, NO_GO_SUM, line, reason);
    (!is_complete(manifest)).then(|| trouble().hint("run `go mod tidy` and commit go.sum"))
}

/// One line.
#[derive(Clone, Copy)]
struct Line<'a> {
    module: &'a str,
    version: &'a str,
    hash: &'a str,
    at: usize,
}

/// Returns the lines, and the offset of those that are none.
fn read(text: &str) -> impl Iterator<Item = Result<Line<'_>, usize>> {
    let mut start = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let at = start + (line.len() - line.trim_start().len());
        start += line.len();
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next(), words.next()) {
            (None, ..) => None,
            (Some(module), Some(version), Some(hash), None) => Some(Ok(Line { module, version, hash, at })),
            _ => Some(Err(at)),
        }
    })
}

/// Says which lines are malformed; the go command refuses the file for one of them.
fn check_lines(text: &str, lines: &Lines<'_>, graph: &mut Graph) {
    let mut wrong = read(text).filter_map(Result::err);
    if let Some(first) = wrong.next() {
        let line = lines.line(first);
        let more = match wrong.count() {
            0 => String::new(),
            count => format!(", nor {count} more"),
        };
        graph.malformed_entry(line, format!("the line is not module, version and hash{more}"));
    }
}

/// Returns the line of the highest version of each module that is built and that `go.mod` does not name.
fn built<'a>(text: &'a str, lines: &Lines<'_>, graph: &mut Graph, manifest: &str) -> Vec<Line<'a>> {
    let named = named(manifest);
    let mut highest: BTreeMap<&str, Line<'_>> = BTreeMap::new();
    for line in read(text).filter_map(Result::ok) {
        // A hash of `go.mod` alone: the module was looked at and not built.
        if line.version.ends_with("/go.mod") || named.contains(line.module) {
            continue;
        }
        let Some(other) = highest.get(line.module) else {
            highest.insert(line.module, line);
            continue;
        };
        match advisory::version::compare(Ecosystem::Go, line.version, other.version) {
            Ok(order) if order.is_gt() => {
                highest.insert(line.module, line);
            }
            Ok(_) => {}
            Err(error) => graph.malformed_entry(lines.line(line.at), error.to_string()),
        }
    }
    let mut built: Vec<Line<'_>> = highest.into_values().collect();
    built.sort_by_key(|line| line.at);
    built
}

/// Returns the hashes of the contents of modules, by module and version.
pub(super) fn hashes(text: &str) -> BTreeMap<(&str, &str), &str> {
    read(text).filter_map(Result::ok).map(|line| ((line.module, line.version), line.hash)).collect()
}

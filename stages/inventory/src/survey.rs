//! The way through a tree: which files are read as what, and what comes of them all together.

use std::collections::{BTreeMap, BTreeSet};

use model::{Ecosystem, GapKind, Inventory, Manifest, plural};
use rayon::prelude::*;
use stage::{File, Files, Globs};

use crate::declaration::{self, Declarations};
use crate::folder::{self, Installed};
use crate::format::{Format, Nearby, Parsed, Source, Trouble};
use crate::formats::go_sum::NO_GO_SUM;
use crate::formats::requirements_txt::Constraints;
use crate::graph::MAKE_ANEW;
use crate::link::follow;
use crate::role::{Role, Roles};
use crate::text::{Lines, Malformed, conflict, decode, shown};
use crate::unlocked::{self, Cover};
use crate::unsupported::{Unsupported, WAIVE};

/// Largest file that is read; the largest lockfile seen in public has a third.
const LARGEST: u64 = 64 << 20;

/// Most gaps of one kind in one file that are told one by one.
const MOST_ALIKE: usize = 10;

/// Everything that a tree says of its packages.
#[derive(Default)]
pub(crate) struct Survey {
    pub(crate) inventory: Inventory,
    /// What is left open, with the path.
    pub(crate) troubles: Vec<(String, Trouble)>,
    pub(crate) counts: BTreeMap<&'static str, u64>,
}

/// A file with the path that it is read as: its own, or that of a link to it.
#[derive(Clone, Copy)]
struct Item<'a> {
    path: &'a str,
    file: File<'a>,
}

/// What is known of each file by its path alone.
#[derive(Default)]
struct Sorted<'a> {
    declarations: Vec<Item<'a>>,
    lockfiles: Vec<(Item<'a>, &'static Format)>,
    unsupported: Vec<(Item<'a>, &'static Unsupported)>,
    /// Links to files that are in one of the lists under their own name.
    twice: Vec<(&'a str, Role)>,
}

/// Says that the run goes on, or not.
type Cancelled<'a> = &'a (dyn Fn() -> bool + Sync);

/// Reads all lockfiles among `files`; `None` when cancelled.
pub(crate) fn take(
    files: &Files,
    roles: &Roles,
    exclude: &Globs,
    cancelled: Cancelled<'_>,
    advance: &(dyn Fn(u64) + Sync),
) -> Option<Survey> {
    let mut survey = Survey::default();
    let sorted = survey.sort(files, roles, exclude);
    let declarations = survey.declare(&sorted.declarations, cancelled)?;
    let mut cover = Cover::default();
    for (path, role) in sorted.twice {
        match role {
            Role::Lockfile(format) => cover.add(format.ecosystem.name(), path, Vec::new()),
            Role::Unsupported(lockfile) => cover.add_unread(lockfile.family, path),
            Role::Declaration(_) => {}
        }
    }
    survey.pass_over(&sorted.unsupported, &mut cover, cancelled)?;
    let read = |path: &str| read(follow(files, files.find(path)?).ok()?).ok();
    let constraints = Constraints::default();
    let nearby = Nearby { declarations: &declarations, read: &read, constraints: &constraints, cancelled };
    let (mut last, mut waiting): (Vec<_>, Vec<_>) =
        sorted.lockfiles.into_iter().partition(|(_, format)| format.last_resort);
    let mut seen: BTreeSet<&str> = waiting.iter().map(|(item, _)| item.path).collect();
    // Lists of requirements name further lists, each is read once.
    loop {
        if waiting.is_empty() {
            let covered = |path: &str| cover.covers(Ecosystem::PyPI.name(), folder::of(path));
            waiting = std::mem::take(&mut last);
            waiting.retain(|(item, _)| !covered(item.path) && seen.insert(item.path));
        }
        if waiting.is_empty() {
            break;
        }
        let parsed = waiting.par_iter().map(|(item, format)| {
            let parsed = (!cancelled()).then(|| parse(*item, format, &nearby));
            advance(1);
            parsed
        });
        let parsed: Vec<Parse> = parsed.collect::<Option<_>>()?;
        let mut included = Vec::new();
        for ((item, format), parsed) in waiting.iter().zip(parsed) {
            for (path, line) in survey.keep(item.path, format, parsed, &mut cover) {
                match files.find(&path) {
                    Some(file) if seen.insert(file.path()) => match follow(files, file) {
                        Ok(target) => included.push((Item { path: file.path(), file: target }, *format)),
                        Err(broken) => survey.troubles.push((path, broken.trouble())),
                    },
                    Some(_) => {}
                    None => survey.say_missing(item.path, &path, line),
                }
            }
        }
        waiting = included;
    }
    survey.close(&declarations, &cover);
    Some(survey)
}

/// What a file came to: a text read, or why not.
type Parse = Result<Parsed, Trouble>;

impl Survey {
    fn count(&mut self, what: &'static str, number: u64) {
        if number > 0 {
            *self.counts.entry(what).or_insert(0) += number;
        }
    }

    fn sort<'a>(&mut self, files: &'a Files, roles: &Roles, exclude: &Globs) -> Sorted<'a> {
        let installed = Installed::among(files.iter().map(|file| file.path()));
        let passed_over = |path: &str| exclude.matches(path) || installed.holds(path);
        let mut sorted = Sorted::default();
        for file in files.iter() {
            let path = file.path();
            let Some(role) = roles.of(path) else { continue };
            if exclude.matches(path) {
                self.count("excluded", 1);
                continue;
            }
            if installed.holds(path) {
                self.count("among-installed-packages", 1);
                continue;
            }
            let target = match follow(files, file) {
                Ok(target) => target,
                Err(broken) => {
                    self.troubles.push((path.to_owned(), broken.trouble()));
                    continue;
                }
            };
            let own = target.path();
            if own != path && !passed_over(own) && roles.of(own).is_some_and(|own| own.is(&role)) {
                self.count("links", 1);
                sorted.twice.push((path, role));
                continue;
            }
            let item = Item { path, file: target };
            match role {
                Role::Declaration(_) => sorted.declarations.push(item),
                Role::Lockfile(format) => sorted.lockfiles.push((item, format)),
                Role::Unsupported(lockfile) => sorted.unsupported.push((item, lockfile)),
            }
        }
        sorted
    }

    fn declare(&mut self, items: &[Item<'_>], cancelled: Cancelled<'_>) -> Option<Declarations> {
        let parse = |item: &Item<'_>| {
            let path = item.path;
            let parsed = declaration::kind(path).map(|kind| {
                let text = read(item.file)?;
                kind.read(&text).map_err(|error| malformed(&error, &text))
            });
            (!cancelled()).then(|| (path.to_owned(), parsed))
        };
        let parsed: Vec<_> = items.par_iter().map(parse).collect::<Option<_>>()?;
        let mut declarations = Declarations::default();
        for (path, parsed) in parsed {
            match parsed {
                Some(Ok(declaration)) => {
                    declarations.0.insert(path, declaration);
                }
                // What a project asks for adds to what lockfiles say; without it they are read all the same.
                Some(Err(trouble)) => {
                    self.troubles.push((path, Trouble { kind: GapKind::Partial, ..trouble }));
                }
                None => {}
            }
        }
        Some(declarations)
    }

    /// Says what is not read; `None` when cancelled.
    fn pass_over(
        &mut self,
        items: &[(Item<'_>, &'static Unsupported)],
        cover: &mut Cover,
        cancelled: Cancelled<'_>,
    ) -> Option<()> {
        let names = |(item, lockfile): &(Item<'_>, &Unsupported)| {
            if cancelled() {
                return None;
            }
            let words = lockfile.words;
            let text = if words.is_empty() { Ok(String::new()) } else { read(item.file) };
            Some(text.map(|text| words.is_empty() || words.iter().any(|word| text.contains(word))))
        };
        let told: Vec<Result<bool, Trouble>> = items.par_iter().map(names).collect::<Option<_>>()?;
        for ((item, lockfile), told) in items.iter().zip(told) {
            match told {
                Ok(false) => continue,
                Ok(true) => self.say_unsupported(item.path, lockfile),
                Err(trouble) => self.troubles.push((item.path.to_owned(), trouble)),
            }
            cover.add_unread(lockfile.family, item.path);
        }
        Some(())
    }

    /// Keeps what a lockfile says; returns the further files that it names.
    fn keep(&mut self, path: &str, format: &Format, parsed: Parse, cover: &mut Cover) -> Vec<(String, u32)> {
        let parsed = match parsed {
            Ok(parsed) => parsed,
            Err(trouble) => {
                cover.add_unread(format.ecosystem.name(), path);
                self.troubles.push((path.to_owned(), trouble));
                return Vec::new();
            }
        };
        self.count("lockfiles", 1);
        self.count("packages", parsed.packages.len() as u64);
        self.count("own-packages", parsed.local);
        cover.add(format.ecosystem.name(), path, parsed.members);
        self.troubles.extend(parsed.troubles.into_iter().map(|trouble| (path.to_owned(), trouble)));
        if !parsed.packages.is_empty() {
            let (path, format) = (path.to_owned(), format.name.to_owned());
            self.inventory.manifests.push(Manifest { path, format, packages: parsed.packages });
        }
        parsed.includes
    }

    fn say_unsupported(&mut self, path: &str, lockfile: &Unsupported) {
        let name = folder::name(path);
        let reason = format!("{} in {name} are not looked at: the format is not read yet", lockfile.what);
        let trouble =
            Trouble { line: None, ..Trouble::new(GapKind::Unread, "unsupported-format", 1, reason) };
        self.troubles.push((path.to_owned(), trouble.hint(WAIVE)));
    }

    fn say_missing(&mut self, path: &str, included: &str, line: u32) {
        let reason = format!("`{}` is included and is no `.txt` or `.in` file of the tree", shown(included));
        let trouble = Trouble::new(GapKind::Unread, "missing-include", line, reason);
        self.troubles.push((path.to_owned(), trouble.hint("add the file to the repository")));
    }

    /// Says what has no lockfile, and puts everything into order.
    fn close(&mut self, declarations: &Declarations, cover: &Cover) {
        let (open, passed_over) = unlocked::find(declarations, cover);
        let all = self.troubles.len();
        self.troubles.retain(|(path, trouble)| trouble.code != NO_GO_SUM || !folder::holds_test_data(path));
        let passed_over = passed_over + (all - self.troubles.len()) as u64;
        self.troubles.extend(open);
        self.count("without-lockfile-in-test-data", passed_over);
        for (path, trouble) in &mut self.troubles {
            // What tests read is broken on purpose as often as not, and nothing is installed from it.
            if trouble.kind == GapKind::Unread && folder::holds_test_data(path) {
                trouble.kind = GapKind::Partial;
            }
        }
        self.troubles = fold(std::mem::take(&mut self.troubles));
        self.inventory.manifests.sort_by(|a, b| a.path.cmp(&b.path));
    }
}

/// Makes one gap of all of one kind in one file but the first few: who reads about ten knows what to do about the others.
fn fold(mut troubles: Vec<(String, Trouble)>) -> Vec<(String, Trouble)> {
    troubles.sort_by(|(a, one), (b, other)| (a, one.kind, one.code).cmp(&(b, other.kind, other.code)));
    let mut folded = Vec::new();
    for group in
        troubles.chunk_by(|(a, one), (b, other)| (a, one.kind, one.code) == (b, other.kind, other.code))
    {
        let (first, rest) = group.split_at(group.len().min(MOST_ALIKE));
        folded.extend_from_slice(first);
        if let [(path, next), ..] = rest {
            let reason = format!("{} like those before in this file", plural(rest.len(), "more gap"));
            folded.push((path.clone(), Trouble { reason, ..next.clone() }));
        }
    }
    folded
}

fn parse(item: Item<'_>, format: &Format, nearby: &Nearby<'_>) -> Parse {
    let text = read(item.file)?;
    (format.parse)(&Source { path: item.path, text: &text, nearby }).map_err(|error| malformed(&error, &text))
}

/// Reads a file as text.
fn read(file: File<'_>) -> Result<String, Trouble> {
    let unread =
        |code, reason: String| Trouble { line: None, ..Trouble::new(GapKind::Unread, code, 1, reason) };
    if file.size() > LARGEST {
        return Err(unread(
            "too-large",
            format!("{} bytes, more than the {LARGEST} that are read", file.size()),
        ));
    }
    let bytes = file.read().map_err(|error| unread("unreadable", error.to_string()))?;
    match decode(&bytes) {
        Ok(text) => Ok(text.into_owned()),
        Err(error) => {
            let before = bytes.get(..error.at).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            Err(Trouble::new(GapKind::Unread, "not-text", line, error.reason).hint("save the file as UTF-8"))
        }
    }
}

fn malformed(error: &Malformed, text: &str) -> Trouble {
    let lines = Lines::new(text);
    if let Some(at) = conflict(text) {
        let reason = "the file has the marks of a merge that was not finished";
        return Trouble::new(GapKind::Unread, "malformed", lines.line(at), reason)
            .hint("resolve the conflict");
    }
    let reason = error.reason.clone();
    Trouble::new(GapKind::Unread, "malformed", lines.line(error.at), reason).hint(MAKE_ANEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_gaps_of_one_kind_are_told_by_the_first_few() {
        let gap =
            |code, line| ("a".to_owned(), Trouble::new(GapKind::Unread, code, line, format!("in {line}")));
        let mut troubles: Vec<_> = (1..=300_000).map(|line| gap("malformed-entry", line)).collect();
        troubles.push(gap("other", 1));
        let told: Vec<_> = fold(troubles).into_iter().map(|(_, gap)| (gap.line, gap.reason)).collect();
        assert_eq!(told.len(), MOST_ALIKE + 2);
        assert_eq!(told[0], (Some(1), "in 1".to_owned()));
        assert_eq!(told[10], (Some(11), "299990 more gaps like those before in this file".to_owned()));
        assert_eq!(told[11], (Some(1), "in 1".to_owned()));
    }
}

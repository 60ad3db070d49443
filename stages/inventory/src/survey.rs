//! The way through a tree: which files are read as what, and what comes of them all together.

use std::collections::{BTreeMap, BTreeSet};

use model::{GapKind, Inventory, Manifest};
use rayon::prelude::*;
use source::EntryKind;
use stage::{File, Files, Globs, GlobsError};

use crate::declaration::{self, Declarations};
use crate::folder;
use crate::format::{FORMATS, Format, Nearby, Parsed, Source, Trouble};
use crate::graph::MAKE_ANEW;
use crate::text::{Lines, Malformed, conflict, decode, shown};
use crate::unlocked::{self, Cover};
use crate::unsupported::{UNSUPPORTED, Unsupported};

/// Largest file that is read; the largest lockfile seen in public has a third.
const LARGEST: u64 = 64 << 20;

/// Everything that a tree says of its packages.
#[derive(Default)]
pub(crate) struct Survey {
    pub(crate) inventory: Inventory,
    /// What is left open, with the path.
    pub(crate) troubles: Vec<(String, Trouble)>,
    pub(crate) counts: BTreeMap<&'static str, u64>,
}

/// The formats with their globs compiled.
pub(crate) struct Formats {
    read: Vec<(&'static Format, Globs)>,
    unsupported: Vec<(&'static Unsupported, Globs)>,
}

impl Formats {
    pub(crate) fn new() -> Result<Self, GlobsError> {
        let read = FORMATS.iter().map(|format| Ok((format, Globs::new(format.globs)?)));
        let unsupported = UNSUPPORTED.iter().map(|lockfile| Ok((lockfile, Globs::new([lockfile.glob])?)));
        Ok(Self {
            read: read.collect::<Result<_, _>>()?,
            unsupported: unsupported.collect::<Result<_, _>>()?,
        })
    }

    fn of(&self, path: &str) -> Option<&'static Format> {
        self.read.iter().find(|(_, globs)| globs.matches(path)).map(|(format, _)| *format)
    }

    fn unsupported(&self, path: &str) -> Option<&'static Unsupported> {
        self.unsupported.iter().find(|(_, globs)| globs.matches(path)).map(|(lockfile, _)| *lockfile)
    }
}

/// What is known of each file by its path alone.
#[derive(Default)]
struct Sorted<'a> {
    declarations: Vec<File<'a>>,
    lockfiles: Vec<(File<'a>, &'static Format)>,
    unsupported: Vec<(&'a str, &'static Unsupported)>,
}

/// Reads all lockfiles among `files`; `None` when cancelled.
pub(crate) fn take(
    files: &Files,
    formats: &Formats,
    exclude: &Globs,
    cancelled: &(dyn Fn() -> bool + Sync),
    advance: &(dyn Fn(u64) + Sync),
) -> Option<Survey> {
    let mut survey = Survey::default();
    let sorted = survey.sort(files, formats, exclude);
    let declarations = survey.declare(&sorted.declarations, cancelled)?;
    let mut cover = Cover::default();
    for (path, lockfile) in sorted.unsupported {
        survey.say_unsupported(path, lockfile);
        if let Some(ecosystem) = lockfile.ecosystem {
            cover.add_unread(ecosystem, path);
        }
    }
    let read = |path: &str| read(files.find(path)?).ok();
    let nearby = Nearby { declarations: &declarations, read: &read };
    let mut seen: BTreeSet<&str> = sorted.lockfiles.iter().map(|(file, _)| file.path()).collect();
    let mut waiting = sorted.lockfiles;
    // Lists of requirements name further lists, each is read once.
    while !waiting.is_empty() {
        let parsed = waiting.par_iter().map(|(file, format)| {
            let parsed = (!cancelled()).then(|| parse(*file, format, &nearby));
            advance(1);
            parsed
        });
        let parsed: Vec<Parse> = parsed.collect::<Option<_>>()?;
        let mut included = Vec::new();
        for ((file, format), parsed) in waiting.iter().zip(parsed) {
            for (path, line) in survey.keep(file.path(), format, parsed, &mut cover) {
                match files.find(&path) {
                    Some(found) if seen.insert(found.path()) => included.push((found, *format)),
                    Some(_) => {}
                    None => survey.say_missing(file.path(), &path, line),
                }
            }
        }
        waiting = included;
    }
    let (open, passed_over) = unlocked::find(&declarations, &cover);
    survey.troubles.extend(open);
    survey.count("without-lockfile-in-test-data", passed_over);
    for (path, trouble) in &mut survey.troubles {
        // What tests read is broken on purpose as often as not, and nothing is installed from it.
        if trouble.kind == GapKind::Unread && folder::holds_test_data(path) {
            trouble.kind = GapKind::Partial;
        }
    }
    survey.inventory.manifests.sort_by(|a, b| a.path.cmp(&b.path));
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

    fn sort<'a>(&mut self, files: &'a Files, formats: &Formats, exclude: &Globs) -> Sorted<'a> {
        let mut sorted = Sorted::default();
        for file in files.iter() {
            let path = file.path();
            let format = formats.of(path);
            let unsupported = formats.unsupported(path);
            let declares = declaration::kind(path).is_some();
            if format.is_none() && unsupported.is_none() && !declares {
                continue;
            }
            if exclude.matches(path) {
                self.count("excluded", 1);
            } else if folder::holds_installed_packages(path) {
                self.count("among-installed-packages", 1);
            } else if let EntryKind::Link { target, inside } = file.kind() {
                self.link(path, target, *inside);
            } else if declares {
                sorted.declarations.push(file);
            } else if let Some(format) = format {
                sorted.lockfiles.push((file, format));
            } else if let Some(lockfile) = unsupported {
                sorted.unsupported.push((path, lockfile));
            }
        }
        sorted
    }

    /// A link into the tree leads to a file that is listed itself; one out of it leads to nothing that can be read.
    fn link(&mut self, path: &str, target: &str, inside: bool) {
        if inside {
            self.count("links", 1);
            return;
        }
        let reason = format!("a link to `{}`, which lies outside of the tree", shown(target));
        let trouble = Trouble { line: None, ..Trouble::new(GapKind::Unread, "link-outside", 1, reason) };
        self.troubles.push((path.to_owned(), trouble));
    }

    fn declare(&mut self, files: &[File<'_>], cancelled: &(dyn Fn() -> bool + Sync)) -> Option<Declarations> {
        let parse = |file: &File<'_>| {
            let path = file.path();
            let parsed = declaration::kind(path).map(|kind| {
                let text = read(*file)?;
                (kind.parse)(&text).map_err(|error| malformed(&error, &text))
            });
            (!cancelled()).then(|| (path.to_owned(), parsed))
        };
        let parsed: Vec<_> = files.par_iter().map(parse).collect::<Option<_>>()?;
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

    /// Keeps what a lockfile says; returns the further files that it names.
    fn keep(&mut self, path: &str, format: &Format, parsed: Parse, cover: &mut Cover) -> Vec<(String, u32)> {
        let parsed = match parsed {
            Ok(parsed) => parsed,
            Err(trouble) => {
                cover.add_unread(format.ecosystem, path);
                self.troubles.push((path.to_owned(), trouble));
                return Vec::new();
            }
        };
        self.count("lockfiles", 1);
        self.count("packages", parsed.packages.len() as u64);
        self.count("own-packages", parsed.local);
        cover.add(format.ecosystem, path, parsed.members);
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
        let hint = "waive this gap, or leave the file out with `inventory: { exclude: [...] }`";
        self.troubles.push((path.to_owned(), trouble.hint(hint)));
    }

    fn say_missing(&mut self, path: &str, included: &str, line: u32) {
        let reason = format!("`{}` is included and is no `.txt` or `.in` file of the tree", shown(included));
        let trouble = Trouble::new(GapKind::Unread, "missing-include", line, reason);
        self.troubles.push((path.to_owned(), trouble.hint("add the file to the repository")));
    }
}

fn parse(file: File<'_>, format: &Format, nearby: &Nearby<'_>) -> Parse {
    let text = read(file)?;
    (format.parse)(&Source { path: file.path(), text: &text, nearby })
        .map_err(|error| malformed(&error, &text))
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

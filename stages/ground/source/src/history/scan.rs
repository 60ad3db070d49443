//! Shows the blobs of a selection to a scanner.

use model::{Digest, hex};

use super::{Known, range};
use crate::objects::{Kind, Objects, Seen, Visit, Visited};
use crate::threads::on_threads;
use crate::{Blob, Hit, Looked, Problem, Repository, Selection, SourceError};

/// Larger blobs are not shown: a problem each, unless they are binary.
pub(super) const BLOB_BOUND: u64 = 64 << 20;
/// The code of the problem that a shallow clone is.
pub const SHALLOW_HISTORY: &str = "shallow-history";
/// So many problems of one kind are told one by one; the rest is counted.
const TOLD: usize = 100;

/// What a scan saw and what it could not see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryReport {
    /// How many blobs were shown.
    pub blobs: u64,
    /// Their size.
    pub inflated_bytes: u64,
    /// Size of the ranges that needed a look.
    pub scanned_bytes: u64,
    /// What could not be seen.
    pub problems: Vec<Problem>,
}

/// Shows every selected blob to `scanner` once, on `threads` threads (0: those of the current pool). Stops early when
/// `cancelled` says so; the report then covers what was seen.
///
/// Of [`Selection::Everything`], blobs that no ref reaches are shown too, as long as the repository still holds them:
/// [`super::attribute`] names no commit for those.
pub fn scan(
    repository: &Repository,
    selection: &Selection,
    scanner: &(dyn Fn(Blob<'_>) + Sync),
    cancelled: &(dyn Fn() -> bool + Sync),
    threads: usize,
) -> Result<HistoryReport, SourceError> {
    let audience =
        Audience { scanner: &blind(scanner), holder: &|_, _| {}, passes_over: &|_| false, cancelled };
    trace(repository, selection, &audience, threads)
}

/// Makes a scanner that says nothing, of which nothing is known, into one that leaves everything open.
pub(super) fn blind<'a>(
    scanner: &'a (dyn Fn(Blob<'_>) + Sync + 'a),
) -> impl Fn(Blob<'_>) -> Looked + Sync + 'a {
    |blob| {
        let length = blob.bytes.len();
        scanner(blob);
        Looked::open(length)
    }
}

/// Like [`scan`], and tells of every blob that holds what was found: see [`crate::Commits::trace`].
pub fn trace(
    repository: &Repository,
    selection: &Selection,
    audience: &Audience<'_>,
    threads: usize,
) -> Result<HistoryReport, SourceError> {
    on_threads(threads, || trace_in(repository, selection, &Known::default(), audience))?
}

/// Like [`trace`], in objects that may be open already.
pub(super) fn trace_in(
    repository: &Repository,
    selection: &Selection,
    known: &Known,
    audience: &Audience<'_>,
) -> Result<HistoryReport, SourceError> {
    let mut report = match selection {
        Selection::Everything => everything(repository, known.objects.of(repository)?, audience)?,
        Selection::Range { tips, excluded } => {
            range::scan(repository, tips, excluded, known, audience, BLOB_BOUND)?
        }
    };
    report
        .problems
        .sort_by(|one, two| (one.code, &one.path, &one.reason).cmp(&(two.code, &two.path, &two.reason)));
    Ok(report)
}

/// Who hears of blobs.
pub struct Audience<'a> {
    /// Looks at a blob, and returns what it made of the changed ranges.
    pub scanner: &'a (dyn Fn(Blob<'_>) -> Looked + Sync),
    /// Hears of each blob that holds anything, with all of it, sorted, each once.
    pub holder: &'a (dyn Fn(&Digest, &[Hit]) + Sync),
    /// Tells by its first [`BINARY_PREFIX`](crate::BINARY_PREFIX) bytes that the scanner passes over a blob whatever follows: it
    /// may then be shown without the rest.
    pub passes_over: &'a (dyn Fn(&[u8]) -> bool + Sync),
    /// Says that enough was seen.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
}

fn everything(
    repository: &Repository,
    objects: &Objects,
    audience: &Audience<'_>,
) -> Result<HistoryReport, SourceError> {
    let mut report = report(visit(repository, objects, &|_| true, audience, BLOB_BOUND)?);
    report.problems.extend_from_slice(objects.problems());
    report.problems.extend(shallow(repository.shallow_commits()?.len()));
    Ok(report)
}

/// Shows blobs that are wanted by their raw ids, in the order of the packs.
pub(super) fn visit(
    repository: &Repository,
    objects: &Objects,
    wanted: &(dyn Fn(&[u8]) -> bool + Sync),
    audience: &Audience<'_>,
    bound: u64,
) -> Result<Visited, SourceError> {
    let algorithm = objects.algorithm();
    let visitor = |seen: Seen<'_>| match Digest::new(algorithm, seen.id) {
        Some(id) => (audience.scanner)(Blob { id, bytes: seen.bytes, changed: seen.changed }),
        None => Looked::default(),
    };
    let holder = |id: &[u8], _: &[u8], hits: &[Hit]| {
        if let Some(id) = Digest::new(algorithm, id) {
            (audience.holder)(&id, hits);
        }
    };
    let visit = Visit {
        repository,
        objects,
        kind: Kind::Blob,
        wanted,
        bound,
        passed_over: audience.passes_over,
        visitor: &visitor,
        holder: &holder,
        cancelled: audience.cancelled,
    };
    visit.run()
}

/// Turns counts into problems.
pub(super) fn report(visited: Visited) -> HistoryReport {
    let mut problems: Vec<Problem> = Vec::new();
    for (id, size) in visited.too_large.iter().take(TOLD) {
        problems.push(too_large(&hex::encode(id), *size));
    }
    if let Some(rest) = visited.too_large.len().checked_sub(TOLD).filter(|rest| *rest > 0) {
        problems.push(Problem {
            code: "blob-too-large",
            path: String::new(),
            reason: match rest {
                1 => format!("one more blob has more than {BLOB_BOUND} bytes"),
                _ => format!("{rest} more blobs have more than {BLOB_BOUND} bytes"),
            },
        });
    }
    if let Some(first) = &visited.first_corrupt {
        problems.push(Problem {
            code: "corrupt-object",
            path: String::new(),
            reason: match visited.corrupt {
                1 => format!("object {first} cannot be read"),
                corrupt => format!("{corrupt} objects cannot be read, the first of them {first}"),
            },
        });
    }
    HistoryReport {
        blobs: visited.objects,
        inflated_bytes: visited.bytes,
        scanned_bytes: visited.changed,
        problems,
    }
}

fn too_large(id: &str, size: u64) -> Problem {
    Problem {
        code: "blob-too-large",
        path: String::new(),
        reason: format!("blob {id} has {size} bytes, more than the bound of {BLOB_BOUND}"),
    }
}

/// Tells that history goes no further than to a number of commits of a shallow clone.
pub(super) fn shallow(commits: usize) -> Option<Problem> {
    let unit = if commits == 1 { "commit" } else { "commits" };
    (commits > 0).then(|| Problem {
        code: SHALLOW_HISTORY,
        path: String::new(),
        reason: format!("the clone is shallow: history is cut at {commits} {unit}"),
    })
}

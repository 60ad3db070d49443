//! Credentials in commits: each said once, at the commit that first brought it in.

mod second;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::stage::{Given, Sink, StageError};
use model::{Digest, GapKind, SecretVerdict};
use source::{Audience, Blob, Introduced, Looked, Names, Problem, SHALLOW_HISTORY, TAGGED_CONTENT};

use crate::hint::{Hint, Language};
use crate::hit::{Hit, Scanned};
use crate::limit::Limit;
use crate::plain::PlainLines;
use crate::readers::Reader;
use crate::rules::Rules;
use crate::scan::{self, Options};
use crate::stage::Prepared;
use crate::text::{self, Form};
use crate::totals::Totals;
use second::Second;

/// Least probability in the first look: without a path less is known, and nothing must be lost by it.
const FIRST_LOOK: u8 = 10;

/// The exponent of how many plain lines are known of a whole history, and of the commits of a change, where room for more
/// takes longer to make than it saves.
const ALL_LINES: u32 = 22;
const FEW_LINES: u32 = 15;

/// What closes the gap that a shallow clone leaves.
const DEEPEN: &str =
    "fetch the whole history: git fetch --unshallow (GitHub: fetch-depth: 0; GitLab: GIT_DEPTH: \"0\")";

/// What closes the gap that missing objects leave.
const FETCH: &str = "fetch the whole history: git fetch --refetch --no-filter";

/// Blobs that hold something: the tag of each find, and where it is.
type Holders = BTreeMap<Digest, BTreeMap<u64, Range<usize>>>;

/// Looks at the commits under check.
pub(crate) fn look(given: &Given<'_>, out: &Sink, prepared: &Prepared<'_>) -> Result<(), StageError> {
    let commits = given.commits()?;
    let totals = Totals::default();
    let options =
        Options { threshold: prepared.options.threshold.min(FIRST_LOOK), ..prepared.options.clone() };
    // A blob's path is found out only when something is in it. Files that exist to hold credentials are known by name.
    let survey = given.compute(|| commits.survey(&Reader::may_read)).map_err(StageError::Failed)?;
    let plain = PlainLines::new(if prepared.whole_history { ALL_LINES } else { FEW_LINES });
    let first = First { names: survey.names, rules: &prepared.rules, options, plain };
    let noted = Noted::default();
    let scanner = |blob: Blob<'_>| {
        let mut scanned = first.look(&blob);
        totals.add(scanned.counts);
        out.advance(1);
        noted.scanned(blob.id, &mut scanned);
        looked(scanned, blob.bytes.len())
    };
    let holder = |blob: &Digest, hits: &[source::Hit]| noted.holds(*blob, hits);
    let audience = Audience {
        scanner: &scanner,
        holder: &holder,
        passes_over: &|head| scan::passes_over(head, &first.options),
        cancelled: &|| given.cancelled(),
    };
    let problems = given.compute(|| commits.trace(&audience)).map_err(StageError::Failed)?;
    if given.cancelled() {
        return Err(StageError::Cancelled);
    }
    let Noted { holders, limits, structures } = noted;
    let (holders, limits) = (inner(holders), inner(limits));
    let blobs: BTreeSet<Digest> = holders.keys().chain(limits.keys()).copied().collect();
    let origins = given.compute(|| commits.attribute(&blobs, &survey.absent)).map_err(StageError::Failed)?;
    say_problems(out, problems.into_iter().chain(survey.problems).chain(origins.problems));
    if let Some(missing) = origins.missing {
        given.lacks_objects()?;
        out.gap_at(GapKind::Unread, missing.code, &missing.path, None, missing.reason, Some(FETCH));
    }
    say_limits(out, &limits, &origins.places, prepared.whole_history);
    out.count("commits", origins.commits);
    if !prepared.whole_history {
        // A clone holds blobs that no commit leads to, and which ones differs from clone to clone.
        totals.say_contents(out);
    }
    let second =
        Second { given, prepared, holders: &holders, structures: inner(structures), looks: Mutex::default() };
    second.say(out, &origins.places)
}

/// What all threads note at the first look.
#[derive(Default)]
struct Noted {
    holders: Mutex<Holders>,
    limits: Mutex<BTreeMap<Digest, BTreeSet<Limit>>>,
    /// Tags of what more than a name speaks for.
    structures: Mutex<HashSet<u64>>,
}

impl Noted {
    fn scanned(&self, blob: Digest, scanned: &mut Scanned) {
        let reached = std::mem::take(&mut scanned.limits);
        if !reached.is_empty() {
            lock(&self.limits).insert(blob, reached.into_iter().collect());
        }
        let is_sure = |hit: &&Hit| hit.verdict != SecretVerdict::Likely;
        let mut sure = scanned.hits.iter().filter(is_sure).map(|hit| hit.tag).peekable();
        if sure.peek().is_some() {
            lock(&self.structures).extend(sure);
        }
    }

    fn holds(&self, blob: Digest, hits: &[source::Hit]) {
        let mut holders = lock(&self.holders);
        let known = holders.entry(blob).or_default();
        for hit in hits {
            known.entry(hit.tag).or_insert(hit.start..hit.end);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Says which limits were reached in what commits brought. Of a whole history, what no commit leads to is in this clone alone.
fn say_limits(
    out: &Sink,
    limits: &BTreeMap<Digest, BTreeSet<Limit>>,
    introduced: &BTreeMap<Digest, Vec<Introduced>>,
    whole_history: bool,
) {
    for (blob, reached) in limits {
        let place = introduced.get(blob).and_then(|places| places.first());
        if place.is_none() && whole_history {
            continue;
        }
        for limit in reached {
            limit.say(out, place.map_or("", |place| place.path.as_str()));
        }
    }
}

/// Says what of blobs, folders and commits cannot be read; what is said of several kinds is said once.
fn say_problems(out: &Sink, problems: impl Iterator<Item = Problem>) {
    let problems: BTreeSet<_> =
        problems.map(|problem| (problem.code, problem.path, problem.reason)).collect();
    for (code, path, reason) in problems {
        let hint = (code == SHALLOW_HISTORY).then_some(DEEPEN);
        let kind = if code == TAGGED_CONTENT { GapKind::Partial } else { GapKind::Unread };
        out.gap_at(kind, code, &path, None, reason, hint);
    }
}

/// Returns what a look at a blob of `length` bytes says to those that are deltas of it.
fn looked(scanned: Scanned, length: usize) -> Looked {
    let hits = scanned.hits.into_iter();
    let hits = hits.map(|hit| source::Hit { start: hit.range.start, end: hit.range.end, tag: hit.tag });
    let whole = 0..length;
    Looked { hits: hits.collect(), open: scanned.open.unwrap_or_else(|| vec![whole]), spans: scanned.spans }
}

/// The look at every blob, whose path is not known.
struct First<'a> {
    names: Names,
    rules: &'a Rules,
    options: Options,
    plain: PlainLines,
}

impl First<'_> {
    fn look(&self, blob: &Blob<'_>) -> Scanned {
        let mut scanned =
            scan::scan_version(blob.bytes, blob.changed, self.rules, &self.options, &self.plain);
        for name in self.names.get(&blob.id).into_iter().flatten() {
            for hint in Hint::by_name(name) {
                // What the blob that this is a delta of was called is another matter: all of it is read.
                let whole = 0..blob.bytes.len();
                let named =
                    scan::scan(blob.bytes, std::slice::from_ref(&whole), &hint, self.rules, &self.options);
                scanned.hits.extend(named.hits);
            }
        }
        if scanned.counts.binary > 0 && text::form(blob.bytes, Language::Code) != Form::Binary {
            // Odd bytes are taken for text under a name that promises it, which this blob may have.
            let whole = 0..blob.bytes.len();
            for language in [Language::Code, Language::Shell, Language::Settings] {
                let hint = Hint { language, ..Hint::NONE };
                let promised =
                    scan::scan(blob.bytes, std::slice::from_ref(&whole), &hint, self.rules, &self.options);
                scanned.hits.extend(promised.hits);
                scanned.limits.extend(promised.limits);
            }
        }
        scanned
    }
}

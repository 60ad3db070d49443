//! Credentials in commits: each said once, at the commit that first brought it in.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::stage::{Draft, Given, Place, Sink, StageError};
use model::{Digest, GapKind, SecretVerdict};
use rayon::prelude::*;
use source::{Audience, Blob, Content, Introduced, Looked, Names, Problem, SHALLOW_HISTORY, TAGGED_CONTENT};

use crate::finding::Source;
use crate::hint::{Hint, Language};
use crate::hit::{Hit, Scanned};
use crate::kept::Kept;
use crate::limit::Limit;
use crate::plain::PlainLines;
use crate::readers::Reader;
use crate::rules::Rules;
use crate::scan::{self, Options};
use crate::stage::Prepared;
use crate::text::{self, Form};
use crate::totals::Totals;

/// Places at which one credential is looked for again, now that the path is known.
const MOST_PLACES: usize = 64;
/// Of these, how many whose paths say the same: their versions of a file rarely differ around one credential.
const MOST_ALIKE: usize = 4;
/// Least probability in the first look: without a path less is known, and nothing must be lost by it.
const FIRST_LOOK: u8 = 10;

/// The exponent of how many plain lines are known of a whole history, and of the commits of a change, where room for more
/// takes longer to make than it saves.
const ALL_LINES: u32 = 22;
const FEW_LINES: u32 = 15;

/// Bytes around a find that are looked at to find it again: its keyword is near.
const NEAR: usize = 2 << 10;
/// The same of a structure, whose keyword may be far from the value as in a key of PuTTY, and of what is shown in a report.
const FAR: usize = 24 << 10;

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

/// What a look at a known path found, by blob and hint.
type Looks = HashMap<(Digest, Hint), Arc<[Hit]>>;

/// The second look, at blobs that hold something, under the paths at which they came in: it decides.
struct Second<'a> {
    given: &'a Given<'a>,
    prepared: &'a Prepared<'a>,
    holders: &'a Holders,
    /// Tags of what more than a name speaks for.
    structures: HashSet<u64>,
    looks: Mutex<Looks>,
}

/// A credential at the place where it came in.
struct Said<'a> {
    blob: Digest,
    place: &'a Introduced,
    /// What was looked with.
    hint: Hint,
    /// What that look found, and where.
    tag: u64,
    range: Range<usize>,
}

impl Said<'_> {
    /// Returns it as it is shown.
    fn of<'k>(&self, kept: &'k Kept) -> Option<&'k (Hit, Option<Place>)> {
        kept.hits.iter().find(|(hit, _)| hit.tag == self.tag && hit.range == self.range)
    }

    fn order(&self) -> (i64, &str, &str, &[u8]) {
        (self.place.time, &self.place.commit, &self.place.path, self.blob.bytes())
    }
}

impl Second<'_> {
    /// Says each credential at its first place.
    fn say(self, out: &Sink, introduced: &BTreeMap<Digest, Vec<Introduced>>) -> Result<(), StageError> {
        let places: Vec<_> = first_places(self.holders, introduced).into_iter().collect();
        let look = || places.par_iter().map(|(tag, places)| self.first(*tag, places)).collect();
        let found: Result<Vec<_>, StageError> = self.given.compute(look);
        // Two finds of the first look may turn out to be one.
        let mut all: BTreeMap<u64, Said<'_>> = BTreeMap::new();
        for said in found?.into_iter().flatten() {
            if all.get(&said.tag).is_none_or(|known| said.order() < known.order()) {
                all.insert(said.tag, said);
            }
        }
        let all: Vec<Said<'_>> = all.into_values().collect();
        // Few looks end in something that is said: only now is it worked out what is shown of it, once for all of a blob.
        let looks: HashSet<(Digest, Hint)> = all.iter().map(|said| (said.blob, said.hint)).collect();
        let keep_one = |look: (Digest, Hint)| Ok((look, self.keep(look.0, &look.1, |_| FAR)?));
        let keep = || looks.into_par_iter().map(keep_one).collect();
        let kept: Result<HashMap<(Digest, Hint), Kept>, StageError> = self.given.compute(keep);
        let kept = kept?;
        for said in &all {
            let wide = kept.get(&(said.blob, said.hint)).filter(|kept| said.of(kept).is_some());
            let found = match wide {
                Some(kept) => self.draft(said, kept),
                // Among all that stands around it something else may come first: where it was found, it is found again.
                None => self.draft(said, &self.keep(said.blob, &said.hint, |tag| self.reach(tag))?),
            };
            found.into_iter().for_each(|draft| out.find(draft));
        }
        Ok(())
    }

    fn draft(&self, said: &Said<'_>, kept: &Kept) -> Option<Draft> {
        let source = Source { path: &said.place.path, commit: Some(&said.place.commit) };
        let (hit, spot) = said.of(kept)?;
        Some(self.prepared.drafter().credential(kept, hit, spot.as_ref(), source)?.0)
    }

    /// Returns the first of the places, each a blob and where it came in, at which the credential still is one.
    fn first<'p>(
        &self,
        tag: u64,
        places: &[(Digest, &'p Introduced)],
    ) -> Result<Option<Said<'p>>, StageError> {
        let mut alike: HashMap<Hint, usize> = HashMap::new();
        for (blob, place) in places.iter().take(MOST_PLACES) {
            if self.given.cancelled() {
                return Err(StageError::Cancelled);
            }
            let hint = Hint::of(&place.path);
            let looks = alike.entry(hint).or_default();
            *looks += 1;
            if *looks > MOST_ALIKE {
                continue;
            }
            if let Some((hint, tag, range)) = self.find(*blob, tag, &hint, &place.path)? {
                return Ok(Some(Said { blob: *blob, place, hint, tag, range }));
            }
        }
        Ok(None)
    }

    /// Finds again what the first look found: the same value, or else what now stands there. What proves itself needs no path.
    /// Returns what it was found with, its tag there and its place.
    fn find(
        &self,
        blob: Digest,
        tag: u64,
        hint: &Hint,
        path: &str,
    ) -> Result<Option<(Hint, u64, Range<usize>)>, StageError> {
        let range = self.holders.get(&blob).and_then(|tags| tags.get(&tag)).cloned().unwrap_or_default();
        let is_for = |hit: &Hit| self.prepared.rules.is_for(hit.rule, path);
        let same = |hit: &&Hit| hit.tag == tag && is_for(hit);
        let there = |hit: &&Hit| hit.range.start < range.end && range.start < hit.range.end && is_for(hit);
        let sure = |hit: &&Hit| hit.tag == tag && hit.verdict != SecretVerdict::Likely && is_for(hit);
        let hits = self.look(blob, hint)?;
        if let Some(hit) = hits.iter().find(same).or_else(|| hits.iter().find(there)) {
            return Ok(Some((*hint, hit.tag, hit.range.clone())));
        }
        let blind = self.look(blob, &Hint::NONE)?;
        Ok(blind.iter().find(sure).map(|hit| (Hint::NONE, tag, hit.range.clone())))
    }

    fn look(&self, blob: Digest, hint: &Hint) -> Result<Arc<[Hit]>, StageError> {
        if let Some(hits) = lock(&self.looks).get(&(blob, *hint)) {
            return Ok(Arc::clone(hits));
        }
        let bytes = self.read(blob)?;
        let Prepared { rules, options, .. } = self.prepared;
        let parts = self.around(&blob, &bytes, |tag| self.reach(tag));
        let scanned = scan::scan(&bytes, &parts, hint, rules, options);
        let hits: Arc<[Hit]> = scanned.hits.into();
        lock(&self.looks).insert((blob, *hint), Arc::clone(&hits));
        Ok(hits)
    }

    /// Returns how far around a find its keyword may stand.
    fn reach(&self, tag: &u64) -> usize {
        if self.structures.contains(tag) { FAR } else { NEAR }
    }

    fn keep(&self, blob: Digest, hint: &Hint, reach: impl Fn(&u64) -> usize) -> Result<Kept, StageError> {
        let bytes = self.read(blob)?;
        let Prepared { rules, options, .. } = self.prepared;
        Ok(Kept::within(&bytes, &self.around(&blob, &bytes, reach), hint, rules, options))
    }

    /// Returns the parts of a blob that its finds can be told from, `reach` bytes around that of each tag.
    fn around(&self, blob: &Digest, bytes: &[u8], reach: impl Fn(&u64) -> usize) -> Vec<Range<usize>> {
        let mut parts: Vec<Range<usize>> = Vec::new();
        // A rule that means a whole text wants all of its keywords.
        let tags = self.holders.get(blob).filter(|_| !self.prepared.rules.mean_whole_texts());
        let mut around: Vec<Range<usize>> = Vec::new();
        for (tag, find) in tags.into_iter().flatten() {
            let reach = reach(tag);
            let start = text::line(bytes, find.start.saturating_sub(reach), reach).start;
            around.push(start..text::line(bytes, find.end.saturating_add(reach), reach).end);
        }
        around.sort_unstable_by_key(|part| (part.start, part.end));
        for Range { start, end } in around {
            match parts.last_mut() {
                Some(last) if start <= last.end => last.end = last.end.max(end),
                Some(_) | None => parts.push(start..end),
            }
        }
        if parts.is_empty() { vec![0..bytes.len()] } else { parts }
    }

    fn read(&self, blob: Digest) -> Result<Content, StageError> {
        self.given.commits()?.read(&blob).map_err(|error| StageError::Failed(error.to_string()))
    }
}

/// Returns for each credential where it came in, the earliest first.
fn first_places<'a>(
    holders: &Holders,
    introduced: &'a BTreeMap<Digest, Vec<Introduced>>,
) -> BTreeMap<u64, Vec<(Digest, &'a Introduced)>> {
    let mut places: BTreeMap<u64, Vec<(Digest, &Introduced)>> = BTreeMap::new();
    for (blob, tags) in holders {
        for tag in tags.keys() {
            let known = introduced.get(blob).into_iter().flatten();
            places.entry(*tag).or_default().extend(known.map(|place| (*blob, place)));
        }
    }
    for list in places.values_mut() {
        list.sort_by(|(a, one), (b, two)| {
            (one.time, &one.commit, &one.path, a.bytes()).cmp(&(two.time, &two.commit, &two.path, b.bytes()))
        });
    }
    places
}

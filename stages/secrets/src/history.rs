//! Credentials in commits: each said once, at the commit that first brought it in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use ::stage::{Given, Sink, StageError};
use model::{Digest, GapKind};
use source::{Blob, Introduced};

use crate::finding::Source;
use crate::hint::Hint;
use crate::hit::Limit;
use crate::kept::Kept;
use crate::scan::{self, Options};
use crate::stage::{Prepared, Totals};

/// Places at which one credential is looked for again, now that the path is known.
const MOST_PLACES: usize = 64;
/// Least probability in the first look: without a path less is known, and nothing must be lost by it.
const FIRST_LOOK: u8 = 10;

/// Blobs that hold something, with the tags of what.
type Holders = BTreeMap<Digest, BTreeSet<u64>>;

/// Looks at the commits under check.
pub(crate) fn look(given: &Given<'_>, out: &Sink, prepared: &Prepared<'_>) -> Result<(), StageError> {
    let commits = given.commits()?;
    let totals = Totals::default();
    let first = Options { threshold: prepared.options.threshold.min(FIRST_LOOK), ..prepared.options.clone() };
    let holders: Mutex<Holders> = Mutex::default();
    let limits: Mutex<BTreeMap<Digest, BTreeSet<Limit>>> = Mutex::default();
    let scanner = |blob: Blob<'_>| {
        let scanned = scan::scan(blob.bytes, blob.changed, &Hint::NONE, &prepared.rules, &first);
        totals.add(scanned.counts);
        out.advance(1);
        if !scanned.limits.is_empty() {
            limits
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(blob.id, scanned.limits.into_iter().collect());
        }
        let hits = scanned.hits.into_iter();
        hits.map(|hit| source::Hit { start: hit.range.start, end: hit.range.end, tag: hit.tag }).collect()
    };
    let holder = |blob: &Digest, hits: &[source::Hit]| {
        let mut holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
        holders.entry(*blob).or_default().extend(hits.iter().map(|hit| hit.tag));
    };
    let problems = given
        .compute(|| commits.trace(&scanner, &holder, &|| given.cancelled()))
        .map_err(StageError::Failed)?;
    if given.cancelled() {
        return Err(StageError::Cancelled);
    }
    for problem in problems {
        out.gap(GapKind::Unread, problem.code, &problem.path, problem.reason);
    }
    let holders = holders.into_inner().unwrap_or_else(PoisonError::into_inner);
    let limits = limits.into_inner().unwrap_or_else(PoisonError::into_inner);
    let blobs: BTreeSet<Digest> = holders.keys().chain(limits.keys()).copied().collect();
    let introduced = given.compute(|| commits.attribute(&blobs)).map_err(StageError::Failed)?;
    for (blob, reached) in &limits {
        let path =
            introduced.get(blob).and_then(|places| places.first()).map_or("", |place| place.path.as_str());
        for limit in reached {
            let (kind, code, reason) = limit.gap();
            out.gap(kind, code, path, reason);
        }
    }
    totals.say(out);
    say(given, out, prepared, &holders, &introduced)
}

/// Says each credential at its first place.
fn say(
    given: &Given<'_>,
    out: &Sink,
    prepared: &Prepared<'_>,
    holders: &Holders,
    introduced: &BTreeMap<Digest, Vec<Introduced>>,
) -> Result<(), StageError> {
    let mut kept: BTreeMap<(Digest, Vec<u8>), Kept> = BTreeMap::new();
    for (tag, places) in first_places(holders, introduced) {
        for (blob, place) in places.into_iter().take(MOST_PLACES) {
            if given.cancelled() {
                return Err(StageError::Cancelled);
            }
            let hint = Hint::of(&place.path);
            let known = match kept.entry((blob, hint.key())) {
                std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::btree_map::Entry::Vacant(slot) => {
                    let content = given.commits()?.read(&blob);
                    let bytes = content.map_err(|error| StageError::Failed(error.to_string()))?;
                    slot.insert(given.compute(|| Kept::of(&bytes, &hint, &prepared.rules, &prepared.options)))
                }
            };
            let source = Source { path: &place.path, commit: Some(&place.commit) };
            let mut hits = known.hits.iter().filter(|(hit, _)| hit.tag == tag);
            let Some((hit, spot)) = hits.find(|(hit, _)| prepared.rules.is_for(hit.rule, &place.path)) else {
                continue;
            };
            if let Some((draft, _)) = prepared.drafter().credential(known, hit, spot.as_ref(), source) {
                out.find(draft);
            }
            break;
        }
    }
    Ok(())
}

/// Returns for each credential where it came in, the earliest first.
fn first_places<'a>(
    holders: &Holders,
    introduced: &'a BTreeMap<Digest, Vec<Introduced>>,
) -> BTreeMap<u64, Vec<(Digest, &'a Introduced)>> {
    let mut places: BTreeMap<u64, Vec<(Digest, &Introduced)>> = BTreeMap::new();
    for (blob, tags) in holders {
        for tag in tags {
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

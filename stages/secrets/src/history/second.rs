//! The second look, at blobs in which the first one found something, under the paths at which they came in: it decides.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use ::stage::{Draft, Given, Place, Sink, StageError};
use model::{Digest, SecretVerdict};
use rayon::prelude::*;
use source::{Content, Introduced};

use super::{Holders, lock};
use crate::finding::Source;
use crate::hint::Hint;
use crate::hit::Hit;
use crate::kept::Kept;
use crate::scan;
use crate::stage::Prepared;
use crate::text;

/// Places at which one credential is looked for again, now that the path is known.
const MOST_PLACES: usize = 64;
/// Of these, how many whose paths say the same: their versions of a file rarely differ around one credential.
const MOST_ALIKE: usize = 4;
/// Bytes around a find that are looked at to find it again: its keyword is near.
const NEAR: usize = 2 << 10;
/// The same of a structure, whose keyword may be far from the value as in a key of PuTTY, and of what is shown in a report.
const FAR: usize = 24 << 10;

/// What a look at a known path found, by blob and hint.
pub(super) type Looks = HashMap<(Digest, Hint), Arc<[Hit]>>;

/// The second look.
pub(super) struct Second<'a> {
    pub(super) given: &'a Given<'a>,
    pub(super) prepared: &'a Prepared<'a>,
    pub(super) holders: &'a Holders,
    /// Tags of what more than a name speaks for.
    pub(super) structures: HashSet<u64>,
    pub(super) looks: Mutex<Looks>,
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
    pub(super) fn say(
        self,
        out: &Sink,
        introduced: &BTreeMap<Digest, Vec<Introduced>>,
    ) -> Result<(), StageError> {
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
            if *looks >= MOST_ALIKE {
                continue;
            }
            match self.find(*blob, tag, &hint, &place.path)? {
                // A part of another find, as a line of a key is, which says itself; later it may stand alone.
                Some((_, other, _)) if other != tag && self.holds(blob, other) => {}
                Some((hint, tag, range)) => return Ok(Some(Said { blob: *blob, place, hint, tag, range })),
                None => *looks += 1,
            }
        }
        Ok(None)
    }

    /// Tells whether the first look found this in a blob.
    fn holds(&self, blob: &Digest, tag: u64) -> bool {
        self.holders.get(blob).is_some_and(|tags| tags.contains_key(&tag))
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

//! What is kept of one content: the result of a scan with everything a report shows of it, and nothing of the values.

use std::ops::Range;

use ::stage::Place;
use serde::{Deserialize, Serialize};

use crate::hint::Hint;
use crate::hit::{Counts, Hit};
use crate::limit::Limit;
use crate::marker::Marker;
use crate::rules::Rules;
use crate::scan::{Options, scan};

/// How a pointer of Git LFS begins
/// (<https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>).
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

/// The result of one content.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Each with its place; none in what is no text.
    pub(crate) hits: Vec<(Hit, Option<Place>)>,
    pub(crate) markers: Vec<(Marker, Place)>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) counts: Counts,
}

impl Kept {
    /// Scans the content of a file and describes the places of what was found.
    pub(crate) fn of(bytes: &[u8], hint: &Hint, rules: &Rules, options: &Options) -> Self {
        let mut kept = Self::within(bytes, std::slice::from_ref(&(0..bytes.len())), hint, rules, options);
        kept.counts.pointers += u64::from(bytes.starts_with(POINTER));
        kept
    }

    /// Like [`Kept::of`], of parts of a content.
    pub(crate) fn within(
        bytes: &[u8],
        parts: &[Range<usize>],
        hint: &Hint,
        rules: &Rules,
        options: &Options,
    ) -> Self {
        let scanned = scan(bytes, parts, hint, rules, options);
        let Some(text) = scanned.text(bytes) else {
            let hits = scanned.hits.into_iter().map(|hit| (hit, None)).collect();
            return Self { hits, markers: Vec::new(), limits: scanned.limits, counts: scanned.counts };
        };
        let hits = scanned.hits.iter().map(|hit| hit.range.clone());
        let ranges: Vec<Range<usize>> =
            hits.chain(scanned.markers.iter().map(|marker| marker.range.clone())).collect();
        let mut places = Place::all(text, &ranges, &scanned.redact).into_iter();
        let hits = scanned.hits.into_iter().map(|hit| (hit, places.next())).collect();
        let markers =
            scanned.markers.into_iter().filter_map(|marker| Some((marker, places.next()?))).collect();
        Self { hits, markers, limits: scanned.limits, counts: scanned.counts }
    }
}

//! What a scanner made of an object, as far as an object that is a delta of it takes it over.

use std::ops::Range;

use super::delta::{Delta, Piece};
use crate::{Hit, Looked};

/// How far around a change open lines are looked at again: scanners look no further than this around a line.
const AROUND: usize = 256;
/// How much of a longer span is looked at again, on either side of a change.
const SPAN: usize = 64 << 10;

/// Returns what a delta takes over of what was made of its base, where it then is.
pub(super) fn take(base: &Looked, delta: &[u8]) -> Looked {
    // Many objects hold nothing: no second look at the delta then.
    if base.hits.is_empty() && base.open.is_empty() && base.spans.is_empty() {
        return Looked::default();
    }
    let pieces = Delta::parse(delta).map(Delta::pieces).unwrap_or_default();
    let hits = pieces.iter().flat_map(|piece| hits_in(&base.hits, piece)).collect();
    let parts = |ranges: &[Range<usize>]| pieces.iter().flat_map(|piece| parts_in(ranges, piece)).collect();
    Looked { hits, open: parts(&base.open), spans: parts(&base.spans) }
}

impl Looked {
    /// Forgets hits on changed lines, which are read again with all that lies near them.
    pub(super) fn forget(&mut self, changed: &[Range<usize>]) {
        self.hits.retain(|hit| overlaps(changed, hit.start..hit.end.max(hit.start + 1)).next().is_none());
    }
}

/// Adds what of `taken` lies near a change to what is changed. All is sorted, and what changed is sorted afterwards too; its
/// ranges may then meet.
pub(super) fn add_near(changed: &mut Vec<Range<usize>>, taken: &Looked) {
    let zone = |range: &Range<usize>, around: usize| {
        range.start.saturating_sub(around)..range.end.saturating_add(around)
    };
    let mut near: Vec<Range<usize>> =
        changed.iter().flat_map(|range| overlaps(&taken.open, zone(range, AROUND))).collect();
    for range in changed.iter().filter(|_| !taken.spans.is_empty()) {
        let (touched, longest) = (zone(range, AROUND), zone(range, SPAN));
        let touches = |span: &Range<usize>| span.start < touched.end && touched.start < span.end;
        near.extend(overlaps(&taken.spans, longest).filter(touches));
    }
    if !near.is_empty() {
        changed.extend(near);
        changed.sort_unstable_by_key(|range| (range.start, range.end));
    }
}

/// Joins what was taken over with what a scanner made of the changed ranges, which decides there what is open.
pub(super) fn join(taken: Looked, looked: Looked, changed: &[Range<usize>]) -> Looked {
    let Looked { mut hits, open, spans } = taken;
    hits.extend(looked.hits);
    Looked { hits, open: renew(&open, looked.open, changed), spans: renew(&spans, looked.spans, changed) }
}

/// Returns `before` outside of what changed, with what was found there, sorted and apart.
fn renew(before: &[Range<usize>], found: Vec<Range<usize>>, changed: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut all = Vec::with_capacity(before.len() + found.len());
    for part in before {
        let mut at = part.start;
        for range in overlaps(changed, part.clone()) {
            if at < range.start {
                all.push(at..range.start);
            }
            at = range.end;
        }
        if at < part.end {
            all.push(at..part.end);
        }
    }
    all.extend(found);
    all.sort_unstable_by_key(|part| (part.start, part.end));
    all.dedup_by(|next, last| {
        let meets = next.start <= last.end;
        last.end = if meets { last.end.max(next.end) } else { last.end };
        meets
    });
    all
}

fn parts_in<'a>(ranges: &'a [Range<usize>], piece: &Piece) -> impl Iterator<Item = Range<usize>> + use<'a> {
    let (from, to) = (piece.from, piece.to);
    overlaps(ranges, from..from + piece.length).map(move |part| part.start - from + to..part.end - from + to)
}

fn hits_in<'a>(hits: &'a [Hit], piece: &Piece) -> impl Iterator<Item = Hit> + use<'a> {
    let (from, to, end) = (piece.from, piece.to, piece.from + piece.length);
    let first = hits.partition_point(|hit| hit.start < from);
    let near = hits.get(first..).unwrap_or_default().iter().take_while(move |hit| hit.start < end);
    let inside = near.filter(move |hit| hit.end <= end);
    inside.map(move |hit| Hit { start: hit.start - from + to, end: hit.end - from + to, tag: hit.tag })
}

/// Returns the parts of sorted, disjoint ranges that lie inside `zone`.
fn overlaps(ranges: &[Range<usize>], zone: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let first = ranges.partition_point(|range| range.end <= zone.start);
    let near = ranges.get(first..).unwrap_or_default().iter().take_while(move |range| range.start < zone.end);
    near.map(move |range| range.start.max(zone.start)..range.end.min(zone.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_near_a_change_is_changed() {
        let check = |changed: &[Range<usize>], open: &[Range<usize>], expected: &[Range<usize>]| {
            let mut added = changed.to_vec();
            add_near(&mut added, &Looked { open: open.to_vec(), ..Looked::default() });
            assert_eq!(added, expected);
        };
        check(&[1000..1010], &[0..40, 700..740], &[1000..1010]);
        check(&[1000..1010], &[700..750], &[744..750, 1000..1010]);
        check(&[1000..1000], &[900..1020, 1300..1310], &[900..1020, 1000..1000]);
        check(&[], &[0..9], &[]);
    }

    #[test]
    fn all_of_a_span_is_changed() {
        let check = |changed: &[Range<usize>], spans: &[Range<usize>], expected: &[Range<usize>]| {
            let mut added = changed.to_vec();
            add_near(&mut added, &Looked { spans: spans.to_vec(), ..Looked::default() });
            assert_eq!(added, expected);
        };
        check(&[5000..5010], &[1000..2000, 3000..9000], &[3000..9000, 5000..5010]);
        check(&[5000..5010], &[1000..4800], &[1000..4800, 5000..5010]);
        check(&[5000..5010], &[1000..4700], &[5000..5010]);
        check(&[500_000..500_010], &[0..900_000], &[434_464..565_546, 500_000..500_010]);
    }

    #[test]
    fn hits_on_changed_lines_are_found_anew() {
        let hit = |start, end| Hit { start, end, tag: 1 };
        let mut taken = Looked { hits: vec![hit(0, 10), hit(20, 30), hit(40, 40)], ..Looked::default() };
        taken.forget(&[25..26, 40..50]);
        assert_eq!(taken.hits, [hit(0, 10)]);
    }

    #[test]
    fn what_was_open_stays_so_where_nothing_changed() {
        let check = |taken: &[Range<usize>],
                     looked: &[Range<usize>],
                     changed: &[Range<usize>],
                     expected: &[Range<usize>]| {
            let open = |open: &[Range<usize>]| Looked { open: open.to_vec(), ..Looked::default() };
            assert_eq!(join(open(taken), open(looked), changed).open, expected);
        };
        check(&[0..10, 20..30], &[], &[], &[0..10, 20..30]);
        check(&[0..10, 20..30], &[24..26], &[18..26], &[0..10, 24..30]);
        check(&[0..100], &[], &[10..20, 30..40], &[0..10, 20..30, 40..100]);
        check(&[], &[5..9, 0..5], &[0..9], &[0..9]);
    }

    #[test]
    fn what_a_delta_copies_is_where_it_was_put() {
        // Ten bytes of the base from 5 on, two new ones, its first five.
        let delta = [20, 17, 0x91, 5, 10, 2, b'x', b'y', 0x90, 5];
        let hit = |start, end| Hit { start, end, tag: 1 };
        let base = Looked {
            hits: vec![hit(1, 3), hit(4, 6), hit(6, 8)],
            open: vec![0..7, 14..20],
            spans: vec![4..15],
        };
        let expected = Looked {
            hits: vec![hit(1, 3), hit(13, 15)],
            open: vec![0..2, 9..10, 12..17],
            spans: vec![0..10, 16..17],
        };
        assert_eq!(take(&base, &delta), expected);
    }
}

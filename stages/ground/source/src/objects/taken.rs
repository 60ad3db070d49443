//! What a scanner made of an object, as far as an object that is a delta of it takes it over.

use std::ops::Range;

use super::delta::{Delta, Piece};
use super::seen::widen;
use crate::{AROUND, Hit, Looked};

/// Returns what a delta takes over of what was made of its base, where it then is.
pub(super) fn take(base: &Looked, delta: &[u8]) -> Looked {
    // Many objects hold nothing: no second look at the delta then.
    if base.hits.is_empty() && base.open.is_empty() && base.spans.is_empty() {
        return Looked::default();
    }
    let pieces = Delta::parse(delta).map(Delta::pieces).unwrap_or_default();
    // Most objects hold no hit.
    let with_hits = pieces.iter().filter(|_| !base.hits.is_empty());
    let hits = with_hits.flat_map(|piece| hits_in(&base.hits, piece)).collect();
    Looked { hits, open: parts(&pieces, &base.open), spans: parts(&pieces, &base.spans) }
}

/// Adds to the lines that changed, sorted and apart, those that are looked at again with them: open ones near them and spans
/// that they touch. A hit there is forgotten, to be found anew, and counts as changed: what makes it one may stand near it alone.
pub(super) fn add_near(bytes: &[u8], changed: &mut Vec<Range<usize>>, taken: &mut Looked) {
    if taken.hits.is_empty() && taken.open.is_empty() && taken.spans.is_empty() {
        return;
    }
    let mut news = changed.clone();
    while !news.is_empty() {
        let mut again = news.clone();
        for range in &news {
            let zone = range.start.saturating_sub(AROUND)..range.end.saturating_add(AROUND);
            again.extend(overlaps(&taken.open, &zone).map(|range| cut(range, &zone)));
            again.extend(overlaps(&taken.spans, &zone).cloned());
        }
        join_up(&mut again);
        widen(bytes, &mut again);
        news.clear();
        taken.hits.retain(|hit| {
            let place = hit.start..hit.end.max(hit.start + 1);
            let stays = overlaps(&again, &place).next().is_none();
            if !stays {
                news.push(place);
            }
            stays
        });
        join_up(&mut news);
        changed.extend(again);
    }
    join_up(changed);
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
        for range in overlaps(changed, part) {
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
    join_up(&mut all);
    all
}

/// Sorts ranges and joins those that meet.
fn join_up(ranges: &mut Vec<Range<usize>>) {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    ranges.dedup_by(|next, last| {
        let meets = next.start <= last.end;
        last.end = if meets { last.end.max(next.end) } else { last.end };
        meets
    });
}

/// Returns where the pieces put what they hold of sorted, disjoint ranges.
fn parts(pieces: &[Piece], ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut parts = Vec::with_capacity(ranges.len());
    // Most pieces follow each other in the base as well.
    let mut next = 0;
    for Piece { from, to, length } in pieces {
        let zone = *from..from + length;
        let is_behind = |at: usize| ranges.get(at).is_none_or(|range| range.end > zone.start);
        if !(is_behind(next) && next.checked_sub(1).is_none_or(|before| !is_behind(before))) {
            next = ranges.partition_point(|range| range.end <= zone.start);
        }
        while let Some(range) = ranges.get(next).filter(|range| range.start < zone.end) {
            let part = cut(range, &zone);
            parts.push(part.start - from + to..part.end - from + to);
            if range.end > zone.end {
                break;
            }
            next += 1;
        }
    }
    parts
}

fn hits_in<'a>(hits: &'a [Hit], piece: &Piece) -> impl Iterator<Item = Hit> + use<'a> {
    let (from, to, end) = (piece.from, piece.to, piece.from + piece.length);
    let first = hits.partition_point(|hit| hit.start < from);
    let near = hits.get(first..).unwrap_or_default().iter().take_while(move |hit| hit.start < end);
    let inside = near.filter(move |hit| hit.end <= end);
    inside.map(move |hit| Hit { start: hit.start - from + to, end: hit.end - from + to, tag: hit.tag })
}

/// Returns those of sorted, disjoint ranges that reach into `zone`.
fn overlaps<'a>(
    ranges: &'a [Range<usize>],
    zone: &Range<usize>,
) -> impl Iterator<Item = &'a Range<usize>> + use<'a> {
    let first = ranges.partition_point(|range| range.end <= zone.start);
    let end = zone.end;
    ranges.get(first..).unwrap_or_default().iter().take_while(move |range| range.start < end)
}

fn cut(range: &Range<usize>, zone: &Range<usize>) -> Range<usize> {
    range.start.max(zone.start)..range.end.min(zone.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten lines of a hundred bytes: what is looked at again with what changed, and which hits stay.
    fn check_near(taken: Looked, changed: &[Range<usize>], expected: &[Range<usize>], stay: &[usize]) {
        let text = format!("{}\n", "x".repeat(99)).repeat(10);
        let (mut changed, mut taken) = (changed.to_vec(), taken);
        add_near(text.as_bytes(), &mut changed, &mut taken);
        assert_eq!(changed, expected);
        assert_eq!(taken.hits.iter().map(|hit| hit.start).collect::<Vec<_>>(), stay);
    }

    fn hits(at: &[usize]) -> Vec<Hit> {
        at.iter().map(|start| Hit { start: *start, end: start + 10, tag: 1 }).collect()
    }

    #[test]
    fn what_is_open_near_a_change_is_looked_at_again() {
        let check = |changed, open: &[Range<usize>], expected: &[_]| {
            check_near(Looked { open: open.to_vec(), ..Looked::default() }, changed, expected, &[]);
        };
        check(&[900..1000], &[0..40, 500..540], &[900..1000]);
        check(&[900..1000], &[500..550, 640..650], &[600..700, 900..1000]);
        check(&[900..900], &[700..990], &[700..1000]);
        check(&[], &[0..9], &[]);
    }

    #[test]
    fn all_of_a_span_is_looked_at_again() {
        let check = |changed, spans: &[Range<usize>], expected: &[_]| {
            check_near(Looked { spans: spans.to_vec(), ..Looked::default() }, changed, expected, &[]);
        };
        check(&[500..600], &[0..100, 200..890], &[200..900]);
        check(&[800..890], &[0..550], &[0..600, 800..900]);
        check(&[800..890], &[0..540], &[800..900]);
    }

    #[test]
    fn a_hit_that_is_looked_at_again_counts_as_changed() {
        let check =
            |at: &[usize], open: &[Range<usize>], spans: &[Range<usize>], expected: &[_], stay: &[_]| {
                let taken = Looked { hits: hits(at), open: open.to_vec(), spans: spans.to_vec() };
                check_near(taken, &[900..1000], expected, stay);
            };
        check(&[0, 850, 950], &[], &[], &[900..1000], &[0, 850]);
        // What makes it one is 400 bytes ahead of the change, and near the hit.
        check(&[710], &[500..510, 700..720], &[], &[500..600, 700..800, 900..1000], &[]);
        check(&[310, 510], &[100..110, 300..310], &[500..950], &[100..200, 300..400, 500..1000], &[]);
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

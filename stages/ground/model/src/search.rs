//! Looking for an id in a sorted list. Ids are hashes: where one stands is told by how large it is, and a few looks find it
//! that lie close together, where halving the list misses the processor's cache at each look.

use std::cmp::Ordering;

/// So often an id is looked for where its size says; most are found within six looks.
const LOOKS: u32 = 16;

/// Returns where `id` stands in a sorted list of `length` ids.
pub fn search<'a>(id: &[u8], length: u32, held: impl Fn(u32) -> &'a [u8]) -> Option<u32> {
    let size = |id: &[u8]| id.first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
    let wanted = size(id);
    let (mut low, mut high) = (0, length);
    // Sizes of what stands ahead of `low` and at `high`.
    let (mut least, mut most) = (0, u64::MAX);
    for looks in 0.. {
        if low >= high {
            break;
        }
        // Where ids are not spread evenly the list is halved after all.
        let middle = if looks < LOOKS {
            let shift = (u64::BITS / 2).saturating_sub(u64::leading_zeros(most.saturating_sub(least)));
            let part = wanted.saturating_sub(least) >> shift;
            let whole = (most.saturating_sub(least) >> shift) + 1;
            let ahead = part.min(whole) * u64::from(high - low) / whole;
            u32::try_from(ahead).map_or(high, |ahead| low.saturating_add(ahead)).min(high - 1)
        } else {
            u32::midpoint(low, high)
        };
        let here = held(middle);
        match id.cmp(here) {
            Ordering::Less => (high, most) = (middle, size(here)),
            Ordering::Equal => return Some(middle),
            Ordering::Greater => (low, least) = (middle + 1, size(here)),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ids: &[[u8; 20]]) {
        let find = |id: &[u8]| search(id, u32::try_from(ids.len()).unwrap(), |at| &ids[at as usize]);
        for (at, id) in (0..).zip(ids) {
            assert_eq!(find(id), Some(at));
            for near in [id[19].wrapping_add(1), id[19].wrapping_sub(1)] {
                let mut other = *id;
                other[19] = near;
                assert_eq!(find(&other), ids.binary_search(&other).ok().map(|at| u32::try_from(at).unwrap()));
            }
        }
        assert_eq!(find(&[0; 20]).is_some(), ids.contains(&[0; 20]));
        assert_eq!(find(&[0xff; 20]).is_some(), ids.contains(&[0xff; 20]));
    }

    #[test]
    fn ids_are_found_however_they_are_spread() {
        let spread = |number: u32, shift: usize| {
            let mut id = [0x5a; 20];
            id[shift..shift + 4].copy_from_slice(&number.wrapping_mul(0x9e37_79b1).to_be_bytes());
            id
        };
        for (length, shift) in [(0, 0), (1, 0), (3000, 0), (3000, 6), (3000, 12), (300, 16)] {
            let mut ids: Vec<[u8; 20]> = (0..length).map(|number| spread(number, shift)).collect();
            ids.extend((length > 1).then_some([[0; 20], [0xff; 20]]).into_iter().flatten());
            ids.sort_unstable();
            check(&ids);
        }
    }
}

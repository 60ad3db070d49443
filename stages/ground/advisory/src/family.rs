//! Which advisories of one package are records of one flaw: GHSA, RUSTSEC, PYSEC and CVE number the same things.

use std::collections::BTreeMap;

/// Numbers the families of advisories that share an id or an alias, directly or through others. Each advisory comes as
/// its id and aliases; families are numbered by their first member.
///
/// `related` and `upstream` make no family: those name other flaws, or many at once.
pub(crate) fn families<'a>(advisories: impl Iterator<Item = impl Iterator<Item = &'a str>>) -> Vec<u32> {
    let mut parent: Vec<usize> = Vec::new();
    let mut owner: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, ids) in advisories.enumerate() {
        parent.push(at);
        for id in ids {
            let other = *owner.entry(id).or_insert(at);
            let (a, b) = (root(&mut parent, at), root(&mut parent, other));
            // The earlier one leads.
            if let Some(slot) = parent.get_mut(a.max(b)) {
                *slot = a.min(b);
            }
        }
    }
    let mut numbers: BTreeMap<usize, u32> = BTreeMap::new();
    (0..parent.len())
        .map(|at| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(root(&mut parent, at)).or_insert(next)
        })
        .collect()
}

/// Follows the parents up, shortening the way.
fn root(parent: &mut [usize], mut at: usize) -> usize {
    while let Some(up) = parent.get(at).copied().filter(|up| *up != at) {
        let above = parent.get(up).copied().unwrap_or(up);
        if let Some(slot) = parent.get_mut(at) {
            *slot = above;
        }
        at = up;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(advisories: &[&[&str]], expected: &[u32]) {
        assert_eq!(families(advisories.iter().map(|ids| ids.iter().copied())), expected, "{advisories:?}");
    }

    #[test]
    fn shared_ids_make_families() {
        check(&[], &[]);
        check(&[&["A"], &["B"], &["C"]], &[0, 1, 2]);
        check(&[&["GHSA-1", "CVE-1"], &["GHSA-2"], &["RUSTSEC-1", "CVE-1"]], &[0, 1, 0]);
        check(&[&["GHSA-1"], &["PYSEC-1", "GHSA-1"]], &[0, 0]);
        // The last one joins two that know nothing of each other.
        check(&[&["A", "CVE-1"], &["B", "CVE-2"], &["C"], &["D", "CVE-1", "CVE-2"]], &[0, 0, 1, 0]);
        // Two entries of one advisory.
        check(&[&["A"], &["A"]], &[0, 0]);
    }
}

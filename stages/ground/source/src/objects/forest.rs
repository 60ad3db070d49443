//! Which object of a pack is a delta of which: a forest whose roots are whole objects.

use gix_pack::data::entry::Header;
use rayon::prelude::*;

use super::{Kind, Pack};

/// From this many objects on a tree is worth beginning early.
const HEAVY: u32 = 64;
/// No node.
const NONE: u32 = u32::MAX;

/// One object of the pack.
struct Node {
    offset: u64,
    /// Its number in the index, which leads to its id.
    number: u32,
    /// Deltas of this one, without the heaviest: a list through `next`.
    first: u32,
    next: u32,
    /// The delta of this one that most others hang from. It is visited last, so that its base need not be kept
    /// meanwhile: whatever the shape, few objects are in memory at once.
    heavy: u32,
    /// How many objects hang from this one, itself with them.
    weight: u32,
}

/// What a node is made from.
enum Base {
    Itself(Kind),
    Node(u32),
    /// An object that this pack does not hold.
    Elsewhere(Vec<u8>),
    Unreadable,
}

/// A forest over all objects of one pack.
pub(crate) struct Forest {
    nodes: Vec<Node>,
    roots: Vec<Root>,
    unreachable: u64,
}

/// A tree of the forest.
pub(crate) struct Root {
    /// The node.
    pub(crate) node: u32,
    /// What it is.
    pub(crate) from: From,
}

/// What the root of a tree is.
pub(crate) enum From {
    /// A whole object.
    Whole(Kind),
    /// A delta of an object that lies elsewhere, by that one's id.
    Elsewhere(Vec<u8>),
}

impl Forest {
    /// Reads the headers of all objects.
    pub(crate) fn grow(pack: &Pack) -> Self {
        let mut offsets: Vec<(u64, u32)> = pack.offsets().zip(0..).collect();
        offsets.par_sort_unstable();
        let bases: Vec<Base> = offsets.par_iter().map(|(offset, _)| base(pack, *offset, &offsets)).collect();
        let node = |(offset, number): &(u64, u32)| Node {
            offset: *offset,
            number: *number,
            first: NONE,
            next: NONE,
            heavy: NONE,
            weight: 1,
        };
        let mut forest =
            Self { nodes: offsets.iter().map(node).collect(), roots: Vec::new(), unreachable: 0 };
        // A base nearly always lies ahead of its deltas; the weight of the rest is too small, which costs memory only.
        for (at, base) in bases.iter().enumerate().rev() {
            if let Base::Node(parent) = base {
                let weight = forest.nodes.get(at).map_or(0, |node| node.weight);
                if let Some(parent) = forest.nodes.get_mut(*parent as usize) {
                    parent.weight = parent.weight.saturating_add(weight);
                }
            }
        }
        for (at, base) in (0..).zip(bases) {
            match base {
                Base::Itself(kind) => forest.roots.push(Root { node: at, from: From::Whole(kind) }),
                Base::Elsewhere(id) => forest.roots.push(Root { node: at, from: From::Elsewhere(id) }),
                Base::Node(parent) => forest.hang(at, parent),
                Base::Unreadable => {}
            }
        }
        forest.unreachable = forest.count_unreachable();
        forest
    }

    /// Hangs a delta from its base.
    fn hang(&mut self, child: u32, parent: u32) {
        let weight = |nodes: &[Node], at: u32| nodes.get(at as usize).map_or(0, |node| node.weight);
        let Some((heavy, first)) = self.nodes.get(parent as usize).map(|node| (node.heavy, node.first))
        else {
            return;
        };
        let (heavy, light) = if weight(&self.nodes, child) > weight(&self.nodes, heavy) {
            (child, heavy)
        } else {
            (heavy, child)
        };
        if light != NONE
            && let Some(light) = self.nodes.get_mut(light as usize)
        {
            light.next = first;
        }
        if let Some(parent) = self.nodes.get_mut(parent as usize) {
            parent.heavy = heavy;
            parent.first = if light == NONE { first } else { light };
        }
    }

    /// Counts objects that no root leads to: those with an unreadable header, and circles of deltas.
    fn count_unreachable(&self) -> u64 {
        let mut reached = 0_u64;
        let mut open: Vec<u32> = self.roots.iter().map(|root| root.node).collect();
        while let Some(node) = open.pop() {
            reached += 1;
            open.extend(self.children(node));
        }
        (self.nodes.len() as u64).saturating_sub(reached)
    }

    /// Returns the trees: heavy ones first, so that none of them is left to one thread at the end; else in order of the
    /// pack, which is that of the disk.
    pub(crate) fn roots(&self) -> Vec<&Root> {
        let mut roots: Vec<&Root> = self.roots.iter().collect();
        roots.sort_by_key(|root| self.weight(root.node) < HEAVY);
        roots
    }

    /// Returns how many objects cannot be reached.
    pub(crate) fn unreachable(&self) -> u64 {
        self.unreachable
    }

    /// Returns the deltas of `node`, the heaviest last.
    pub(crate) fn children(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let (first, heavy) =
            self.nodes.get(node as usize).map_or((NONE, NONE), |node| (node.first, node.heavy));
        let next = |at: &u32| self.nodes.get(*at as usize).map(|node| node.next);
        std::iter::successors(Some(first), next)
            .take_while(|at| *at != NONE)
            .chain((heavy != NONE).then_some(heavy))
    }

    /// Returns the delta that follows `child` among those of `node`; the first one when there is no `child`.
    pub(crate) fn child_after(&self, node: u32, child: Option<u32>) -> Option<u32> {
        let (first, heavy) = self.nodes.get(node as usize).map(|node| (node.first, node.heavy))?;
        let candidate = match child {
            None => first,
            Some(child) if child == heavy => return None,
            Some(child) => self.nodes.get(child as usize)?.next,
        };
        let candidate = if candidate == NONE { heavy } else { candidate };
        (candidate != NONE).then_some(candidate)
    }

    /// Tells whether `child` is the last delta of `node`.
    pub(crate) fn is_last(&self, node: u32, child: u32) -> bool {
        self.nodes.get(node as usize).is_none_or(|node| node.heavy == child)
    }

    /// Tells whether anything is a delta of `node`.
    pub(crate) fn has_children(&self, node: u32) -> bool {
        self.nodes.get(node as usize).is_some_and(|node| node.heavy != NONE)
    }

    /// Returns how many objects hang from `node`, itself with them.
    pub(crate) fn weight(&self, node: u32) -> u32 {
        self.nodes.get(node as usize).map_or(0, |node| node.weight)
    }

    /// Returns where `node` lies in the pack, and its number in the index.
    pub(crate) fn place(&self, node: u32) -> (u64, u32) {
        self.nodes.get(node as usize).map_or((0, 0), |node| (node.offset, node.number))
    }
}

fn base(pack: &Pack, offset: u64, offsets: &[(u64, u32)]) -> Base {
    let at = |offset: u64| {
        let found = offsets.binary_search_by_key(&offset, |(offset, _)| *offset).ok();
        found.and_then(|at| u32::try_from(at).ok()).map_or(Base::Unreadable, Base::Node)
    };
    let Some(entry) = pack.entry(offset) else { return Base::Unreadable };
    match entry.header {
        Header::Commit => Base::Itself(Kind::Commit),
        Header::Tree => Base::Itself(Kind::Tree),
        Header::Blob => Base::Itself(Kind::Blob),
        Header::Tag => Base::Itself(Kind::Tag),
        Header::OfsDelta { base_distance } => {
            entry.checked_base_pack_offset(base_distance).map_or(Base::Unreadable, at)
        }
        Header::RefDelta { base_id } => match pack.find(base_id.as_slice()) {
            Some(offset) => at(offset),
            None => Base::Elsewhere(base_id.as_slice().to_vec()),
        },
    }
}

//! The keywords as a tree, from which the table of the automaton is filled.

use super::{CLASSES, Ends, PLACES, Table};

/// The keywords as a tree; [`Trie::into_table`] makes an automaton of it.
pub(super) struct Trie {
    /// The root is the first, and stands where there is no other.
    nodes: Vec<Node>,
    /// The root's children by class: it is asked most often, and has most of them.
    first: [usize; CLASSES],
}

/// What the keywords with one beginning have in common.
#[derive(Default, Clone)]
struct Node {
    /// The last class of the beginning.
    class: u8,
    child: usize,
    sibling: usize,
    /// The node of the longest end of this beginning that begins a keyword itself.
    suffix: usize,
    /// The keywords that end here.
    ends: Vec<u16>,
}

impl Trie {
    pub(super) fn new() -> Self {
        Self { nodes: vec![Node::default()], first: [0; CLASSES] }
    }

    /// Returns how many beginnings the keywords have.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    fn node(&self, node: usize) -> &Node {
        static NONE: Node = Node { class: 0, child: 0, sibling: 0, suffix: 0, ends: Vec::new() };
        self.nodes.get(node).unwrap_or(&NONE)
    }

    fn children(&self, node: usize) -> impl Iterator<Item = usize> {
        let listed = |node: usize| (node != 0).then_some(node);
        std::iter::successors(listed(self.node(node).child), move |last| listed(self.node(*last).sibling))
    }

    fn child(&self, node: usize, class: u8) -> usize {
        if node == 0 {
            return self.first.get(usize::from(class)).copied().unwrap_or(0);
        }
        self.children(node).find(|child| self.node(*child).class == class).unwrap_or(0)
    }

    pub(super) fn insert(&mut self, word: impl Iterator<Item = u8>, number: u16) {
        let mut node = 0;
        for class in word {
            let mut next = self.child(node, class);
            if next == 0 {
                next = self.nodes.len();
                let sibling = self.node(node).child;
                self.nodes.push(Node { class, sibling, ..Node::default() });
                self.nodes.get_mut(node).into_iter().for_each(|parent| parent.child = next);
                if node == 0 {
                    self.first.get_mut(usize::from(class)).into_iter().for_each(|slot| *slot = next);
                }
            }
            node = next;
        }
        self.nodes.get_mut(node).into_iter().for_each(|node| node.ends.push(number));
    }

    /// Finds the suffix of each node and what ends there as well. Returns all nodes, those near the root first.
    fn close(&mut self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.nodes.len());
        order.push(0);
        let mut done = 0;
        while let Some(node) = order.get(done).copied() {
            done += 1;
            let children = order.len();
            order.extend(self.children(node));
            for child in order.get(children..).unwrap_or_default() {
                let suffix = self.suffix(node, self.node(*child).class);
                let inherited = self.node(suffix).ends.clone();
                if let Some(child) = self.nodes.get_mut(*child) {
                    child.suffix = suffix;
                    child.ends.extend(inherited);
                }
            }
        }
        order
    }

    /// Returns the suffix of the child of `parent` with this class.
    fn suffix(&self, parent: usize, class: u8) -> usize {
        let mut shorter = parent;
        while shorter != 0 {
            shorter = self.node(shorter).suffix;
            match self.child(shorter, class) {
                0 => {}
                found => return found,
            }
        }
        0
    }

    /// Numbers the nodes so that those at which a keyword ends come last, and leads every missing child to where the
    /// suffix leads. `None` when there are too many.
    pub(super) fn into_table(mut self) -> Option<(Table, u16, Ends)> {
        let order = self.close();
        let is_plain = |node: &usize| self.node(*node).ends.is_empty();
        let (plain, ending): (Vec<usize>, Vec<usize>) = order.iter().copied().partition(is_plain);
        let first_end = u16::try_from(plain.len()).ok()?;
        let mut states = vec![0_u16; order.len()];
        for (number, node) in plain.iter().chain(&ending).enumerate() {
            *states.get_mut(*node)? = u16::try_from(number).ok()?;
        }
        let mut table = vec![0_u16; PLACES];
        for node in &order {
            let row = usize::from(*states.get(*node)?) * CLASSES;
            // Nearer to the root, so it is filled already.
            let shorter = usize::from(*states.get(self.node(*node).suffix)?) * CLASSES;
            table.copy_within(shorter..shorter + CLASSES, row);
            for child in self.children(*node) {
                *table.get_mut(row + usize::from(self.node(child).class))? = *states.get(child)?;
            }
        }
        let ends = ending.iter().map(|node| self.node(*node).ends.clone()).collect();
        Some((table.into_boxed_slice().try_into().ok()?, first_end, ends))
    }
}

//! The model: trees of questions about features, whose answers add up to a probability.
//!
//! `examples/train.rs` grows it; the file is its own format: a line per tree, see [`Forest::parse`].

use std::sync::OnceLock;

use crate::generic::features::NAMES;

/// The trees, as text.
const TREES: &str = include_str!("forest.txt");

/// Questions on the way to an answer, at most.
const DEPTH: usize = 3;
/// Questions and answers of a tree.
const QUESTIONS: usize = (1 << DEPTH) - 1;
const ANSWERS: usize = 1 << DEPTH;

/// A tree, all ways through it equally long: 500 of them fit into a processor's nearest cache, and none is a matter of guesses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tree {
    /// Feature and bound; behind question `n` follow `2n + 1` where the feature is at most the bound, and `2n + 2`.
    questions: [(u8, u8); QUESTIONS],
    /// Thousandths to add.
    answers: [i32; ANSWERS],
}

/// A node as it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Node {
    /// Go to the first node when the feature is at most the bound, else to the second.
    Question { feature: u8, bound: u8, least: usize, most: usize },
    /// Thousandths to add.
    Answer(i32),
}

/// A model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Forest {
    /// Thousandths to begin with.
    base: i32,
    trees: Vec<Tree>,
}

/// A text that is no model, and the line that says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {0} is no tree")]
pub struct ForestError(pub usize);

impl Forest {
    /// Reads a model. The first line is the base; each other line is a tree in the order of its nodes: `f:b:l:m` asks
    /// whether feature `f` is at most `b` and goes on at node `l` or `m`; a number alone is an answer, three questions away at most.
    pub fn parse(text: &str) -> Result<Self, ForestError> {
        let mut lines =
            text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let Some((first, base)) = lines.next() else { return Ok(Self::default()) };
        let base = base.parse().map_err(|_| ForestError(first + 1))?;
        let trees = lines
            .map(|(number, line)| tree(line).ok_or(ForestError(number + 1)))
            .collect::<Result<_, _>>()?;
        Ok(Self { base, trees })
    }

    /// Returns the probability in percent.
    pub fn probability(&self, features: &[u8]) -> u8 {
        let sum: i32 = self.base + self.trees.iter().map(|tree| tree.answer(features)).sum::<i32>();
        let odds = f64::from(sum) / 1000.0;
        // No more is known than that hardly one of a hundred is wrong.
        (100.0 / (1.0 + (-odds).exp())).round().min(99.0) as u8
    }
}

impl Tree {
    fn answer(&self, features: &[u8]) -> i32 {
        let at = (0..DEPTH).fold(0, |at, _| {
            let (feature, bound) = self.questions.get(at).copied().unwrap_or_default();
            let value = features.get(usize::from(feature)).copied().unwrap_or(0);
            2 * at + 1 + usize::from(value > bound)
        });
        self.answers.get(at - QUESTIONS).copied().unwrap_or(0)
    }

    /// Puts what hangs from a written node to a place of the tree. `None` when it hangs too deep.
    fn fill(&mut self, nodes: &[Node], node: usize, place: usize) -> Option<()> {
        match (nodes.get(node)?, self.questions.get_mut(place)) {
            (Node::Question { feature, bound, least, most }, Some(slot)) => {
                *slot = (*feature, *bound);
                self.fill(nodes, *least, 2 * place + 1)?;
                self.fill(nodes, *most, 2 * place + 2)
            }
            (Node::Question { .. }, None) => None,
            // An answer that is there early is the answer whatever else is asked.
            (Node::Answer(_), Some(_)) => {
                self.fill(nodes, node, 2 * place + 1)?;
                self.fill(nodes, node, 2 * place + 2)
            }
            (Node::Answer(thousandths), None) => {
                *self.answers.get_mut(place.checked_sub(QUESTIONS)?)? = *thousandths;
                Some(())
            }
        }
    }
}

fn tree(line: &str) -> Option<Tree> {
    let nodes: Vec<Node> = line.split(' ').map(node).collect::<Option<_>>()?;
    let known = nodes.iter().all(|node| match node {
        Node::Question { feature, .. } => usize::from(*feature) < NAMES.len(),
        Node::Answer(_) => true,
    });
    let mut tree = Tree::default();
    tree.fill(&nodes, 0, 0)?;
    known.then_some(tree)
}

fn node(text: &str) -> Option<Node> {
    let mut parts = text.split(':');
    let first = parts.next()?;
    let Some(bound) = parts.next() else { return first.parse().ok().map(Node::Answer) };
    Some(Node::Question {
        feature: first.parse().ok()?,
        bound: bound.parse().ok()?,
        least: parts.next()?.parse().ok()?,
        most: parts.next()?.parse().ok()?,
    })
}

/// Returns the model in force.
pub(super) fn forest() -> &'static Forest {
    static FOREST: OnceLock<Forest> = OnceLock::new();
    // Our own file always reads (a test sees to it).
    FOREST.get_or_init(|| Forest::parse(TREES).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_model_reads() {
        assert!(!Forest::parse(TREES).unwrap().trees.is_empty());
    }

    #[test]
    fn answers_add_up() {
        let forest = Forest::parse("# comment\n-1000\n0:9:1:2 -500 2000\n1:0:1:2 0 1000").unwrap();
        let check = |features: &[u8], expected: u8| assert_eq!(forest.probability(features), expected);
        check(&[5, 0], 18);
        check(&[10, 0], 73);
        check(&[10, 1], 88);
    }

    #[test]
    fn each_way_through_a_tree_has_its_answer() {
        let forest = Forest::parse("0\n0:3:1:2 1:5:3:4 3000 -4000 2:9:5:6 -1000 1000").unwrap();
        let check = |features: &[u8], expected: u8| assert_eq!(forest.probability(features), expected);
        check(&[3, 5, 99], 2);
        check(&[3, 6, 9], 27);
        check(&[3, 6, 10], 73);
        check(&[4, 0, 0], 95);
        check(&[], 2);
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        let check =
            |text: &str, line: usize| assert_eq!(Forest::parse(text), Err(ForestError(line)), "{text}");
        check("x", 1);
        check("0\n0:9:0:1 5", 2);
        check("0\n0:9:1:5 5 5", 2);
        check("0\n250:9:1:2 5 5", 2);
        check("0\n0:9:1:2 0:5:3:4 1 0:3:5:6 2 0:2:7:8 3 4 5", 2);
    }
}

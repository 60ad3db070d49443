//! The model: trees of questions about features, whose answers add up to a probability.
//!
//! `examples/train.rs` grows it; the file is its own format: a line per tree, see [`Forest::parse`].

use std::sync::OnceLock;

use crate::generic::features::NAMES;

/// The trees, as text.
const TREES: &str = include_str!("forest.txt");

/// A node: a question, or an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Node {
    /// Go to the first node when the feature is at most the bound, else to the second.
    Question { feature: usize, bound: u8, least: usize, most: usize },
    /// Thousandths to add.
    Answer(i32),
}

/// A model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Forest {
    /// Thousandths to begin with.
    base: i32,
    trees: Vec<Vec<Node>>,
}

/// A text that is no model, and the line that says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {0} is no tree")]
pub struct ForestError(pub usize);

impl Forest {
    /// Reads a model. The first line is the base; each other line is a tree in the order of its nodes: `f:b:l:m` asks
    /// whether feature `f` is at most `b` and goes on at node `l` or `m`; a number alone is an answer.
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
        let sum: i32 = self.base + self.trees.iter().map(|tree| answer(tree, features)).sum::<i32>();
        let odds = f64::from(sum) / 1000.0;
        // No more is known than that hardly one of a hundred is wrong.
        (100.0 / (1.0 + (-odds).exp())).round().min(99.0) as u8
    }
}

fn tree(line: &str) -> Option<Vec<Node>> {
    let nodes: Vec<Node> = line.split(' ').map(node).collect::<Option<_>>()?;
    // Every question leads further down, so that every walk ends.
    let forward = nodes.iter().enumerate().all(|(at, node)| match node {
        Node::Question { feature, least, most, .. } => {
            *feature < NAMES.len() && *least > at && *most > at && *least < nodes.len() && *most < nodes.len()
        }
        Node::Answer(_) => true,
    });
    forward.then_some(nodes)
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

fn answer(tree: &[Node], features: &[u8]) -> i32 {
    let mut at = 0;
    while let Some(node) = tree.get(at) {
        match node {
            Node::Answer(thousandths) => return *thousandths,
            Node::Question { feature, bound, least, most } => {
                let value = features.get(*feature).copied().unwrap_or(0);
                at = if value <= *bound { *least } else { *most };
            }
        }
    }
    0
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
    fn what_is_no_tree_is_refused() {
        let check =
            |text: &str, line: usize| assert_eq!(Forest::parse(text), Err(ForestError(line)), "{text}");
        check("x", 1);
        check("0\n0:9:0:1 5", 2);
        check("0\n0:9:1:5 5 5", 2);
        check("0\n250:9:1:2 5 5", 2);
    }
}

//! Grows the scorer's trees: `train TABLE… > src/generic/forest.txt`, where each TABLE is what `examples/features.rs`
//! prints; a table that is named several times counts as often.
//!
//! Gradient boosting on the logistic loss, with one histogram a feature. The same tables give the same trees.

#![expect(clippy::disallowed_methods, reason = "a program for measuring reads files; it is no stage")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::{env, fs, io};

/// Trees.
const ROUNDS: usize = 500;
/// Questions from the root to an answer.
const DEPTH: usize = 3;
/// Share of each answer that is taken.
const RATE: f64 = 0.05;
/// Pulls answers that few rows speak for toward nothing.
const SMOOTHING: f64 = 4.0;
/// Fewest rows (as weight of their doubt) on either side of a question.
const LEAST: f64 = 4.0;
/// Values of a feature.
const BINS: usize = 256;
/// Parts for the estimate: each is judged by trees that never saw its projects.
const FOLDS: u64 = 5;

/// A labeled line.
#[derive(Clone)]
struct Row {
    label: f64,
    project: String,
    features: Vec<u8>,
}

#[derive(Clone)]
enum Node {
    Question { feature: usize, bound: usize, least: usize, most: usize },
    Answer(f64),
}

struct Forest {
    base: f64,
    trees: Vec<Vec<Node>>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut rows = Vec::new();
    for path in env::args().skip(1) {
        rows.extend(read(&fs::read_to_string(path)?)?);
    }
    let mut errors = io::stderr().lock();
    let folds = fold(&rows);
    let mut judged: Vec<(f64, f64)> = Vec::new();
    for number in 0..FOLDS {
        let part = |inside: bool| -> Vec<Row> {
            let chosen = rows.iter().filter(|row| (folds.get(&row.project) == Some(&number)) == inside);
            chosen.cloned().collect()
        };
        let forest = grow(&part(false));
        judged.extend(part(true).iter().map(|row| (forest.score(&row.features), row.label)));
    }
    for percent in [10, 20, 30, 40, 50, 60, 70, 80, 90] {
        writeln!(errors, "{}", at_threshold(&judged, f64::from(percent) / 100.0))?;
    }
    let forest = grow(&rows);
    io::stdout().lock().write_all(forest.write().as_bytes())?;
    Ok(())
}

fn read(text: &str) -> Result<Vec<Row>, Box<dyn std::error::Error>> {
    let mut rows = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("label")) {
        let mut cells = line.split('\t');
        let label = if cells.next() == Some("T") { 1.0 } else { 0.0 };
        let place = cells.next().ok_or("a row has a place")?;
        let project = place.split('/').next().unwrap_or(place).to_owned();
        rows.push(Row { label, project, features: cells.map(str::parse).collect::<Result<_, _>>()? });
    }
    Ok(rows)
}

/// Deals the projects out to the folds, the largest first, so that the folds are of one size.
fn fold(rows: &[Row]) -> BTreeMap<String, u64> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *sizes.entry(&row.project).or_insert(0) += 1;
    }
    let mut order: Vec<(&str, usize)> = sizes.into_iter().collect();
    order.sort_by_key(|(name, size)| (std::cmp::Reverse(*size), *name));
    (0..).zip(order).map(|(number, (name, _)): (u64, _)| (name.to_owned(), number % FOLDS)).collect()
}

fn at_threshold(judged: &[(f64, f64)], threshold: f64) -> String {
    let count = |said: bool, is: f64| {
        judged.iter().filter(|(score, label)| (*score >= threshold) == said && *label == is).count() as f64
    };
    let (hit, wrong, missed) = (count(true, 1.0), count(true, 0.0), count(false, 1.0));
    let precision = hit / (hit + wrong).max(1.0);
    let recall = hit / (hit + missed).max(1.0);
    let mean = 2.0 * precision * recall / (precision + recall).max(1e-9);
    format!("threshold {threshold:.2}: precision {precision:.3} recall {recall:.3} F1 {mean:.3}")
}

fn sigmoid(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

fn grow(rows: &[Row]) -> Forest {
    let share = rows.iter().map(|row| row.label).sum::<f64>() / rows.len().max(1) as f64;
    let base = (share.max(1e-6) / (1.0 - share).max(1e-6)).ln();
    let mut odds = vec![base; rows.len()];
    let mut trees = Vec::new();
    for _ in 0..ROUNDS {
        // Gradient and curvature of the loss at each row.
        let slopes: Vec<(f64, f64)> = odds
            .iter()
            .zip(rows)
            .map(|(odds, row)| {
                let chance = sigmoid(*odds);
                (chance - row.label, chance * (1.0 - chance))
            })
            .collect();
        let mut tree = Vec::new();
        split(rows, &slopes, &(0..rows.len()).collect::<Vec<_>>(), DEPTH, &mut tree);
        for (odds, row) in odds.iter_mut().zip(rows) {
            *odds += answer(&tree, &row.features);
        }
        trees.push(tree);
    }
    Forest { base, trees }
}

/// Appends the node for these rows, and those below it.
fn split(rows: &[Row], slopes: &[(f64, f64)], chosen: &[usize], depth: usize, tree: &mut Vec<Node>) {
    let sum = |chosen: &[usize]| {
        chosen
            .iter()
            .filter_map(|at| slopes.get(*at))
            .fold((0.0, 0.0), |(g, h), (slope, curve)| (g + slope, h + curve))
    };
    let (slope, curve) = sum(chosen);
    let at = tree.len();
    tree.push(Node::Answer(-slope / (curve + SMOOTHING) * RATE));
    let question = if depth == 0 { None } else { best_question(rows, slopes, chosen, (slope, curve)) };
    let Some((feature, bound)) = question else { return };
    let is_least = |at: &&usize| {
        rows.get(**at)
            .and_then(|row| row.features.get(feature))
            .is_some_and(|value| usize::from(*value) <= bound)
    };
    let (below, above): (Vec<&usize>, Vec<&usize>) = chosen.iter().partition(is_least);
    let least = tree.len();
    split(rows, slopes, &below.into_iter().copied().collect::<Vec<_>>(), depth - 1, tree);
    let most = tree.len();
    split(rows, slopes, &above.into_iter().copied().collect::<Vec<_>>(), depth - 1, tree);
    if let Some(slot) = tree.get_mut(at) {
        *slot = Node::Question { feature, bound, least, most };
    }
}

/// Returns the question that tells the rows apart best.
fn best_question(
    rows: &[Row],
    slopes: &[(f64, f64)],
    chosen: &[usize],
    all: (f64, f64),
) -> Option<(usize, usize)> {
    let worth = |(slope, curve): (f64, f64)| slope * slope / (curve + SMOOTHING);
    let width = rows.first().map_or(0, |row| row.features.len());
    let mut best: Option<(f64, usize, usize)> = None;
    for feature in 0..width {
        let mut bins = vec![(0.0, 0.0); BINS];
        for at in chosen {
            let (Some(row), Some((slope, curve))) = (rows.get(*at), slopes.get(*at)) else { continue };
            let value = row.features.get(feature).copied().unwrap_or(0);
            if let Some(bin) = bins.get_mut(usize::from(value)) {
                bin.0 += slope;
                bin.1 += curve;
            }
        }
        let mut left = (0.0, 0.0);
        for (bound, bin) in bins.iter().enumerate() {
            left = (left.0 + bin.0, left.1 + bin.1);
            let right = (all.0 - left.0, all.1 - left.1);
            let gain = worth(left) + worth(right) - worth(all);
            if left.1 >= LEAST
                && right.1 >= LEAST
                && best.is_none_or(|(known, ..)| gain > known + 1e-9)
                && gain > 1e-6
            {
                best = Some((gain, feature, bound));
            }
        }
    }
    best.map(|(_, feature, bound)| (feature, bound))
}

fn answer(tree: &[Node], features: &[u8]) -> f64 {
    let mut at = 0;
    loop {
        match tree.get(at) {
            Some(Node::Question { feature, bound, least, most }) => {
                let value = features.get(*feature).copied().unwrap_or(0);
                at = if usize::from(value) <= *bound { *least } else { *most };
            }
            Some(Node::Answer(amount)) => return *amount,
            None => return 0.0,
        }
    }
}

impl Forest {
    fn score(&self, features: &[u8]) -> f64 {
        sigmoid(self.base + self.trees.iter().map(|tree| answer(tree, features)).sum::<f64>())
    }

    /// Writes the trees in the form that the crate reads.
    fn write(&self) -> String {
        let node = |node: &Node| match node {
            Node::Question { feature, bound, least, most } => format!("{feature}:{bound}:{least}:{most}"),
            Node::Answer(amount) => format!("{:.0}", amount * 1000.0),
        };
        let tree = |tree: &Vec<Node>| tree.iter().map(node).collect::<Vec<_>>().join(" ");
        let trees: Vec<String> = self.trees.iter().map(tree).collect();
        format!("# Grown by examples/train.rs.\n{:.0}\n{}\n", self.base * 1000.0, trees.join("\n"))
    }
}

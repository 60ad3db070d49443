//! What comments say of why a package is in the list. `pip-compile` and `uv pip compile` write it: `# via flask`, or `# via`
//! and one reason a line below it.

use std::collections::{BTreeMap, BTreeSet};

use model::DependencyScope;

use crate::declaration::normalize_python;
use crate::format::Parsed;
use crate::graph::Graph;

/// The reasons given so far. A requirement is named by its number in the list.
#[derive(Default)]
pub(super) struct Via {
    /// The requirement that a comment speaks of.
    pub(super) of: Option<usize>,
    /// Whether the comment goes on.
    open: bool,
    /// Requirement and name of what asks for it; `None` for the project itself.
    reasons: Vec<(usize, Option<String>)>,
}

impl Via {
    /// Says that comments speak of this requirement from here on.
    pub(super) fn begin(&mut self, requirement: usize) {
        self.of = Some(requirement);
        self.open = false;
    }

    /// Reads a comment.
    pub(super) fn read(&mut self, comment: &str) {
        let text = comment.trim_start_matches('#');
        let word = text.trim();
        let Some(of) = self.of else { return };
        if let Some(rest) = word.strip_prefix("via").filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
            self.open = rest.trim().is_empty();
            for reason in rest.split(',') {
                self.push(of, reason.trim());
            }
        } else if self.open && text.starts_with("  ") {
            self.push(of, word);
        } else {
            self.open = false;
        }
    }

    fn push(&mut self, of: usize, reason: &str) {
        // `-r file` and `project (pyproject.toml)` are the project itself; `-c file` is no reason.
        if reason.starts_with("-r ") || reason.contains('(') {
            self.reasons.push((of, None));
        } else if !reason.is_empty() && !reason.starts_with('-') {
            self.reasons.push((of, Some(normalize_python(reason))));
        }
    }

    /// Closes the graph. `indices` are the packages of the requirements. What has no reason is asked for by the list itself.
    pub(super) fn close(self, mut graph: Graph, indices: &[Vec<u32>]) -> Parsed {
        let mut by_name: BTreeMap<String, u32> = BTreeMap::new();
        for (index, package) in (0..).zip(graph.packages()) {
            // A name that stands twice, for two systems, is taken to mean the first.
            by_name.entry(normalize_python(&package.name)).or_insert(index);
        }
        let mut explained = BTreeSet::new();
        for (requirement, reason) in self.reasons {
            for of in indices.get(requirement).into_iter().flatten() {
                match &reason {
                    Some(parent) => {
                        explained.insert(*of);
                        if let Some(from) = by_name.get(parent) {
                            graph.link(*from, *of);
                        }
                    }
                    None => graph.ask(*of, DependencyScope::Unknown),
                }
            }
        }
        for of in indices.iter().flatten().filter(|of| !explained.contains(of)) {
            graph.ask(*of, DependencyScope::Unknown);
        }
        graph.finish()
    }
}

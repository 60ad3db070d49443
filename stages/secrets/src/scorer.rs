//! The scorer from outside: what it sees in a text and what it says, for those who train and measure it.

use std::ops::Range;

use crate::automaton::Automaton;
use crate::detect::assignment;
use crate::generic;
use crate::hint::{Hint, Language};

pub use crate::generic::features::{Features, NAMES};
pub use crate::generic::forest::{Forest, ForestError};

/// A name with a value, as the scorer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Where the value stands.
    pub value: Range<usize>,
    /// What the scorer sees.
    pub features: Features,
}

/// Returns everything in a text that the scorer is asked about.
pub fn see(text: &[u8], hint: &Hint) -> Vec<Seen> {
    let keywords: Vec<String> = assignment::KEYWORDS.iter().map(|word| (*word).to_owned()).collect();
    let mut seen = Vec::new();
    if hint.language == Language::Generated {
        return seen;
    }
    let Ok(automaton) = Automaton::new(&keywords) else { return seen };
    let mut read = 0;
    automaton.visit(text, std::slice::from_ref(&(0..text.len())), |at| {
        let Some((found, name)) = assignment::find(text, at.start..at.end, hint.language, &mut read) else {
            return;
        };
        let connection = assignment::is_connection(text, &found);
        if let Some(features) = generic::look(text, &found, &name, hint, connection) {
            seen.push(Seen { value: found.value, features });
        }
    });
    seen
}

//! What constraints files pin. Each is read once, however many lines and lists name it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::entry::Entry;
use super::line::logical_lines;
use crate::declaration::normalize_python;
use crate::format::Nearby;

/// The versions that one file pins, by name. It may pin several of one name, each for another system or Python.
pub(super) type Pins = BTreeMap<String, BTreeSet<String>>;

/// The constraints files read so far, by path; `None` for one that cannot be read.
#[derive(Default)]
pub(crate) struct Constraints(Mutex<BTreeMap<String, Option<Arc<Pins>>>>);

impl Constraints {
    /// Returns what the file at `path` pins; `None` when it is no text of the tree.
    pub(super) fn of(&self, path: &str, nearby: &Nearby<'_>) -> Option<Arc<Pins>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(known) = known {
            return known;
        }
        let pins = (nearby.read)(path).map(|text| Arc::new(read(&text, nearby)));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), pins.clone());
        pins
    }
}

fn read(text: &str, nearby: &Nearby<'_>) -> Pins {
    let mut pins = Pins::new();
    for logical in logical_lines(text) {
        // What comes of a run that was stopped is thrown away.
        if (nearby.cancelled)() {
            break;
        }
        if let Some(Entry::Requirement(requirement)) = Entry::of(&logical.text)
            && let Some(version) = requirement.version
        {
            pins.entry(normalize_python(&requirement.name)).or_default().insert(version);
        }
    }
    pins
}

//! What the stage counts: contents looked at, and what was passed over in them.

use std::sync::atomic::{AtomicU64, Ordering};

use ::stage::Sink;
use model::GapKind;

use crate::hit::Counts;

/// Name of the number of files that are no text.
pub(crate) const BINARY: &str = "binary";
/// Name of the number of members of archives that are no text.
pub(crate) const BINARY_MEMBERS: &str = "binary-in-archives";

/// What was passed over, counted by all threads.
#[derive(Default)]
pub(crate) struct Totals {
    contents: AtomicU64,
    fake: AtomicU64,
    placeholder: AtomicU64,
    binary: AtomicU64,
    binary_members: AtomicU64,
    links: AtomicU64,
    pointers: AtomicU64,
}

impl Totals {
    pub(crate) fn add(&self, counts: Counts) {
        self.contents.fetch_add(1, Ordering::Relaxed);
        self.fake.fetch_add(counts.fake, Ordering::Relaxed);
        self.placeholder.fetch_add(counts.placeholder, Ordering::Relaxed);
        self.binary.fetch_add(counts.binary, Ordering::Relaxed);
        self.binary_members.fetch_add(counts.binary_members, Ordering::Relaxed);
        self.pointers.fetch_add(counts.pointers, Ordering::Relaxed);
    }

    /// Counts a link, which is looked at where it leads.
    pub(crate) fn add_link(&self) {
        self.links.fetch_add(1, Ordering::Relaxed);
    }

    /// Says all numbers of a tree.
    pub(crate) fn say(&self, out: &Sink) {
        self.say_contents(out);
        out.count("proven-fake", self.fake.load(Ordering::Relaxed));
        out.count("placeholder", self.placeholder.load(Ordering::Relaxed));
        let links = self.links.load(Ordering::Relaxed);
        if links > 0 {
            out.count("links", links);
        }
        let pointers = self.pointers.load(Ordering::Relaxed);
        if pointers > 0 {
            let files = if pointers == 1 { "file is a pointer" } else { "files are pointers" };
            let reason = format!("{pointers} {files} of Git LFS; what is kept there was not looked at");
            out.gap_at(GapKind::Partial, "lfs-pointer", "", None, reason, Some("fetch it: git lfs pull"));
        }
    }

    /// Says how many contents there were. What was passed over in them is for files alone: of a history only what is new is
    /// read, and what of a blob is new depends on how it is stored.
    pub(crate) fn say_contents(&self, out: &Sink) {
        out.count("scanned", self.contents.load(Ordering::Relaxed));
        out.count(BINARY, self.binary.load(Ordering::Relaxed));
        let members = self.binary_members.load(Ordering::Relaxed);
        if members > 0 {
            out.count(BINARY_MEMBERS, members);
        }
    }
}

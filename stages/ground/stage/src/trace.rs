//! What a stage really read. The next run asks for the same reads again; if every answer is the same, so is the
//! stage's, and it need not run.

use model::Digest;
use serde::{Deserialize, Serialize};

/// One thing read, with a digest of the answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Read {
    /// The paths that a set of declared files has.
    Listing {
        /// Which set: `files`, `policy`.
        set: String,
        /// Digest over paths and kinds.
        digest: Digest,
    },
    /// The content of files of that set, as indices into the listing.
    Contents {
        /// Which set.
        set: String,
        /// Bit `n` is set when the `n`-th file was read.
        opened: Vec<u8>,
        /// Digest over the ids of the files read, in order.
        digest: Digest,
    },
    /// The commits given.
    History {
        /// Digest over the ids of all refs or tips concerned.
        digest: Digest,
    },
    /// A value of another stage; `None` when there was none.
    Artifact {
        /// Name of the channel.
        name: String,
        /// Digest of the value.
        digest: Option<Digest>,
    },
    /// A shard of a data set; `None` when it is not there.
    Shard {
        /// Name of the data set.
        data: String,
        /// Name of the shard.
        shard: String,
        /// Digest of its content.
        digest: Option<Digest>,
    },
    /// An environment variable; `None` when it is not set.
    Env {
        /// Name of the variable.
        name: String,
        /// Digest of its value.
        digest: Option<Digest>,
    },
    /// The date.
    Day {
        /// As `2026-01-31`.
        day: String,
    },
    /// What secrets are keyed with.
    Salt {
        /// Digest of it.
        digest: Digest,
    },
    /// Which objects the repository of the commits holds, where some are missing.
    Objects {
        /// Digest over what holds them.
        digest: Digest,
    },
}

/// All that a stage read, each thing once, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The reads.
    pub reads: Vec<Read>,
}

impl Trace {
    /// Adds a read, unless it is known already.
    pub fn add(&mut self, read: Read) {
        if let Err(at) = self.reads.binary_search(&read) {
            self.reads.insert(at, read);
        }
    }
}

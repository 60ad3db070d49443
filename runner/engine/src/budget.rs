//! How long a run may take as a whole.

use std::time::{Duration, Instant};

/// How long a run may take as a whole. The clock starts when the value is made; the scans that a change is compared
/// with run on the same clock.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    total: Duration,
    began: Instant,
}

impl Budget {
    /// Starts the clock.
    pub fn new(total: Duration) -> Self {
        Self { total, began: Instant::now() }
    }

    /// Returns the whole budget.
    pub fn total(&self) -> Duration {
        self.total
    }

    /// Returns what is left; zero when it is over.
    pub(crate) fn left(&self) -> Duration {
        self.total.saturating_sub(self.began.elapsed())
    }
}

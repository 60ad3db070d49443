//! The engine with small stages made for the purpose.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "everything here is a test: what does not hold ends it"
)]

mod probe;
mod run;
mod schedule;

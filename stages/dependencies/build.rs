//! Gives the stage the number of the code that decides its answers.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script reads the sources of the crate; it is no stage"
)]

#[path = "../revision.rs"]
mod revision;

fn main() -> Result<(), std::io::Error> {
    revision::write(&["src", "../ground/advisory/src"])
}

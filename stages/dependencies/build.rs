//! Gives the stage the number of the code that decides its answers.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script reads the sources of the crate; it is no stage"
)]

#[path = "../revision.rs"]
mod revision;

use std::io::Error;
use std::path::PathBuf;
use std::{env, fs};

/// What decides the answers: this crate, those of the ground that it works with, and the versions of other people's crates.
const SOURCES: [&str; 5] =
    ["src", "../ground/advisory/src", "../ground/model/src", "../ground/stage/src", "../../Cargo.lock"];

fn main() -> Result<(), Error> {
    println!("cargo::rerun-if-changed=../revision.rs");
    // A revision has 32 bits.
    let revision = revision::of(&SOURCES)? & u64::from(u32::MAX);
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| Error::other("OUT_DIR is not set"))?;
    fs::write(out.join("revision.rs"), format!("{revision}_u32"))
}

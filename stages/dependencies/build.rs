//! Gives the stage a number that differs with every change of the code that decides its answers, so that what an earlier
//! build answered is not taken for its own.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script reads the sources of the crate; it is no stage"
)]

use std::io::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What decides the answers beside the versions of other people's crates: this crate, and those of the ground that it
/// works with.
const SOURCES: [&str; 4] = ["src", "../ground/advisory/src", "../ground/model/src", "../ground/stage/src"];

fn main() -> Result<(), Error> {
    let mut paths = vec![PathBuf::from("../../Cargo.lock")];
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    for folder in SOURCES {
        println!("cargo::rerun-if-changed={folder}");
        collect(Path::new(folder), &mut paths)?;
    }
    paths.sort();
    // The hash of Fowler, Noll and Vo: it tells builds apart, and nobody gains by making two of them collide.
    let mut hash = 0x811C_9DC5_u32;
    for path in paths {
        for byte in fs::read(&path)?.into_iter().chain(path.to_string_lossy().bytes()) {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| Error::other("OUT_DIR is not set"))?;
    fs::write(out.join("revision.rs"), format!("{hash}_u32"))
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Error> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, paths)? } else { paths.push(path) }
    }
    Ok(())
}

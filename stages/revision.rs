//! For the build scripts of stages: a number that differs with every change of the code and data that decide a stage's answers,
//! so that what an earlier build answered is not taken for its own.

use std::io::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What every stage's answers depend on beside its own: the ground, and the versions of other people's crates.
const SHARED: [&str; 4] =
    ["../ground/model/src", "../ground/source/src", "../ground/stage/src", "../../Cargo.lock"];

/// Writes `revision.rs` for the crate to include: the number of what lies at `own` and of what all stages share, files, and
/// folders with all that is in them, relative to the crate's folder. Cargo runs the script again when any of it changes.
pub(crate) fn write(own: &[&str]) -> Result<(), Error> {
    println!("cargo::rerun-if-changed=../revision.rs");
    let mut paths = Vec::new();
    for source in own.iter().chain(&SHARED) {
        println!("cargo::rerun-if-changed={source}");
        collect(Path::new(source), &mut paths)?;
    }
    // A revision has 32 bits.
    let revision = number(paths)? & u64::from(u32::MAX);
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| Error::other("OUT_DIR is not set"))?;
    fs::write(out.join("revision.rs"), format!("{revision}_u32"))
}

fn number(mut paths: Vec<PathBuf>) -> Result<u64, Error> {
    paths.sort();
    // The hash of Fowler, Noll and Vo: it tells builds apart, and nobody gains by making two of them collide.
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for path in paths {
        let bytes = fs::read(&path)?;
        let name = path.to_string_lossy().replace('\\', "/");
        for part in [name.as_bytes(), &bytes] {
            for byte in (part.len() as u64).to_le_bytes().iter().chain(part) {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3);
            }
        }
    }
    Ok(hash)
}

fn collect(path: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Error> {
    if !path.is_dir() {
        paths.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        collect(&entry?.path(), paths)?;
    }
    Ok(())
}

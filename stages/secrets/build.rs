//! Turns `rules/*.yaml` into one compact file that the crate embeds, so that nothing parses YAML when a run starts.
//! The examples go into a second file that only tests read. The engine is given a number that differs with every change of it.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script reads the rules and writes what the engine embeds; it is no stage"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/rule_file.rs"]
#[expect(unreachable_pub, reason = "the file is a public module of the crate and a private one here")]
mod rule_file;

use rule_file::RuleEntry;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rustc-env=SECRETS_ENGINE={:016x}", engine()?);
    let mut paths: Vec<PathBuf> =
        fs::read_dir("rules")?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();

    let mut entries: Vec<RuleEntry> = Vec::new();
    for path in &paths {
        let text = fs::read_to_string(path)?;
        let read: Vec<RuleEntry> =
            serde_saphyr::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        entries.extend(read);
    }
    entries.sort_by(|a, b| a.id.cmp(&b.id));

    let examples: Vec<_> = entries
        .iter()
        .map(|entry| (entry.id.clone(), entry.path.clone(), entry.bad.clone(), entry.near_miss.clone()))
        .collect();
    for entry in &mut entries {
        entry.path = None;
        entry.bad.clear();
        entry.near_miss.clear();
    }
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(Path::new(&out).join("rules.bin"), postcard::to_stdvec(&entries)?)?;
    fs::write(Path::new(&out).join("examples.bin"), postcard::to_stdvec(&examples)?)?;
    Ok(())
}

/// Returns a number that differs wherever code, data or rules differ: results kept by another engine are not its own.
fn engine() -> Result<u64, std::io::Error> {
    let mut paths = vec![PathBuf::from("Cargo.toml")];
    for folder in ["rules", "src"] {
        collect(Path::new(folder), &mut paths)?;
    }
    paths.sort();
    let mut hash = Fnv(0xCBF2_9CE4_8422_2325);
    for path in paths {
        let bytes = fs::read(&path)?;
        hash.part(path.to_string_lossy().replace('\\', "/").as_bytes());
        hash.part(&bytes);
    }
    Ok(hash.0)
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), std::io::Error> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, paths)? } else { paths.push(path) }
    }
    Ok(())
}

/// The hash of Fowler, Noll and Vo: it tells builds apart, and nobody gains by making two of them collide.
struct Fnv(u64);

impl Fnv {
    fn part(&mut self, bytes: &[u8]) {
        for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3);
        }
    }
}

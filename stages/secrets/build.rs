//! Turns `rules/*.yaml` into one compact file that the crate embeds, so that nothing parses YAML when a run starts.
//! The examples go into a second file that only tests read. The engine is given a number that differs with every change of it.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script reads the rules and writes what the engine embeds; it is no stage"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "../revision.rs"]
mod revision;
#[path = "src/rule_file.rs"]
#[expect(unreachable_pub, reason = "the file is a public module of the crate and a private one here")]
mod rule_file;

use rule_file::RuleEntry;

fn main() -> Result<(), Box<dyn Error>> {
    revision::write(&["Cargo.toml", "rules", "src"])?;
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

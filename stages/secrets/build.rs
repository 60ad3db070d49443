//! Turns `rules/*.yaml` into one compact file that the crate embeds, so that nothing parses YAML when a run starts.
//! The examples go into a second file that only tests read, and one of each rule into a third, without its credential: `explain`
//! shows it. The engine is given a number that differs with every change of it.

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
    let shown: Vec<(String, String)> = entries
        .iter()
        // A line of which nothing is cut may show its credential whole.
        .filter_map(|entry| {
            let mut cut = entry.bad.first()?.lines().map(|line| (line, mask(line)));
            Some((entry.id.clone(), cut.find(|(line, masked)| line != masked)?.1))
        })
        .collect();
    for entry in &mut entries {
        entry.path = None;
        entry.bad.clear();
        entry.near_miss.clear();
    }
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(Path::new(&out).join("rules.bin"), postcard::to_stdvec(&entries)?)?;
    fs::write(Path::new(&out).join("examples.bin"), postcard::to_stdvec(&examples)?)?;
    fs::write(Path::new(&out).join("shown.bin"), postcard::to_stdvec(&shown)?)?;
    Ok(())
}

/// Characters that stay of what may be a credential, as findings show it.
const KEPT: usize = 4;

/// Cuts everything in a line that is no word: what has a digit, or changes its case too often for a name.
fn mask(line: &str) -> String {
    let mut masked = String::with_capacity(line.len());
    let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '+');
    for piece in line.split_inclusive(|character| !is_part(character)) {
        let part = piece.trim_end_matches(|character| !is_part(character));
        let rises =
            part.as_bytes().windows(2).filter(|pair| matches!(pair, [b'a'..=b'z', b'A'..=b'Z'])).count();
        let digits = part.bytes().any(|byte| byte.is_ascii_digit());
        if part.len() > KEPT + 1 && (digits || rises > 3) {
            masked.extend(part.chars().take(KEPT));
            masked.push('…');
        } else {
            masked.push_str(part);
        }
        masked.push_str(piece.get(part.len()..).unwrap_or_default());
    }
    masked
}

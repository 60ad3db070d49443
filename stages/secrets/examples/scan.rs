//! Scans folders with our own rules and prints what was found, or how fast: `scan [--quiet] [--threshold N] PATH…`.
//!
//! For measuring and for mending rules by eye. It shows no value, only where one stands.

#![expect(
    clippy::disallowed_methods,
    reason = "a program for measuring reads files and the clock; it is no stage"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

use secrets::{Hint, Options, Rules, scan};

/// What is known after a run.
#[derive(Default)]
struct Totals {
    files: usize,
    bytes: usize,
    hits: usize,
    busy: Duration,
}

#[expect(clippy::print_stderr, reason = "an example talks to a terminal")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let mut options = Options { salt: [0; 32], threshold: 50, archives: true };
    let mut quiet = false;
    let mut paths: Vec<PathBuf> = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quiet" => quiet = true,
            "--threshold" => {
                options.threshold = arguments.next().ok_or("--threshold needs a number")?.parse()?
            }
            path => paths.push(path.into()),
        }
    }
    let started = Instant::now();
    let rules = Rules::own()?;
    eprintln!("{rules:?} in {:?}", started.elapsed());
    let mut totals = Totals::default();
    for root in &paths {
        for path in files(root) {
            let Ok(bytes) = fs::read(&path) else { continue };
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            let begun = Instant::now();
            let scanned =
                scan(&bytes, std::slice::from_ref(&(0..bytes.len())), &Hint::of(&name), &rules, &options);
            totals.busy += begun.elapsed();
            totals.files += 1;
            totals.bytes += bytes.len();
            totals.hits += scanned.hits.len();
            if quiet {
                continue;
            }
            tell(&path, &bytes, &scanned, &rules);
        }
    }
    let megabytes = totals.bytes as f64 / 1e6;
    eprintln!(
        "{} files, {megabytes:.1} MB, {} hits; {:.2} s in the engine ({:.0} MB/s), {:.2} s in all",
        totals.files,
        totals.hits,
        totals.busy.as_secs_f64(),
        megabytes / totals.busy.as_secs_f64(),
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Prints what was found in one file.
#[expect(clippy::print_stdout, reason = "an example talks to a terminal")]
fn tell(path: &Path, bytes: &[u8], scanned: &secrets::Scanned, rules: &Rules) {
    let text = scanned.text(bytes).unwrap_or_default();
    for hit in &scanned.hits {
        let span = model::Span::of(text, hit.range.clone());
        let rule = rules.entry(hit.rule).map_or("", |entry| entry.id.as_str());
        println!(
            "{}:{}:{}-{}\t{rule}\t{:?}\t{}\t{}\t{}",
            path.display(),
            span.start_line,
            span.start_column,
            span.end_column,
            hit.verdict,
            hit.probability.map_or_else(String::new, |percent| percent.to_string()),
            hit.redacted,
            hit.decoded.join(" ")
        );
    }
    for limit in &scanned.limits {
        println!("{}\tlimit\t{limit:?}", path.display());
    }
}

/// Returns the files under a path, sorted, without git's own.
fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(kind) = fs::symlink_metadata(path) else { return Vec::new() };
    if kind.is_file() {
        return vec![path.to_path_buf()];
    }
    if !kind.is_dir() || path.file_name().is_some_and(|name| name == ".git") {
        return Vec::new();
    }
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    let mut inside: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    inside.sort();
    inside.iter().flat_map(|path| files(path)).collect()
}

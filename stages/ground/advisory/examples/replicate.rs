//! Measures the index at the size of the world: repeats real records under changed names and ids, then prints how long
//! building, opening and looking up take and how large the files are.
//!
//! ```text
//! cargo run --release -p advisory --example replicate -- DATA FOLDER [ADVISORIES [ECOSYSTEM …]]
//! ```
//!
//! DATA has the layout of the OSV bucket; FOLDER receives the repeated records and the shards. What ecosystems each
//! have is repeated equally often, so the mix of shapes stays that of the real records.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use advisory::{Index, Options, Source, build, file_name};
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// One look-up: ecosystem, name, version.
type Query = (usize, String, String);

const QUERIES: usize = 2_000;
const ROUNDS: usize = 400;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [data, folder, rest @ ..] = arguments.as_slice() else {
        return Err("usage: replicate DATA FOLDER [ADVISORIES [ECOSYSTEM …]]".into());
    };
    let (data, folder) = (Path::new(data), Path::new(folder));
    let target: usize = rest.first().map_or(Ok(300_000), |count| count.parse())?;
    let named: Vec<&str> = rest.iter().skip(1).map(String::as_str).collect();
    let ecosystems = if named.is_empty() { vec!["crates.io", "Go", "PyPI"] } else { named };
    let mut out = io::stdout().lock();

    let originals = ecosystems.iter().map(|one| records(data, one)).collect::<Outcome<Vec<_>>>()?;
    let copies = target.div_ceil(originals.iter().map(Vec::len).sum::<usize>().max(1));
    let repeated = folder.join("repeated");
    let mut json = 0;
    for (ecosystem, records) in ecosystems.iter().zip(&originals) {
        json += write(&repeated.join(ecosystem), records, copies)?;
    }

    let shards = folder.join("shards");
    let start = Instant::now();
    let report = build(Source::Path(&repeated), &shards, &Options::default())?;
    let took = start.elapsed();
    let advisories: u64 = report.shards.values().map(|shelf| shelf.advisories).sum();
    let packages: u64 = report.shards.values().map(|shelf| shelf.packages).sum();
    let bytes: u64 = report.shards.values().map(|shelf| shelf.bytes).sum();
    let lost = report.problems.iter().filter(|problem| problem.lost).count();
    writeln!(
        out,
        "{advisories} advisories, {packages} packages, {} MB of JSON, {lost} records lost",
        json / 1_000_000
    )?;
    writeln!(out, "build   {:>8.2} s, peak memory {} MB", took.as_secs_f64(), peak().unwrap_or(0) / 1_000)?;
    writeln!(out, "files   {:>8.1} MB", bytes as f64 / 1e6)?;

    let queries = queries(&originals, copies);
    let paths: Vec<_> = ecosystems.iter().map(|one| shards.join(file_name(one))).collect();
    let mut rounds: Vec<(Duration, Duration)> = Vec::new();
    let (mut matches, mut undecided) = (0, 0);
    let mut words = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let indexes = paths.iter().map(|path| Index::open(path)).collect::<Result<Vec<_>, _>>()?;
        let opened = start.elapsed();
        (matches, undecided) = (0, 0);
        let mut findings = Vec::new();
        for (ecosystem, name, version) in &queries {
            let Some(index) = indexes.get(*ecosystem) else { continue };
            let lookup = index.matches(name, version)?;
            matches += lookup.matches.len();
            undecided += lookup.undecided.len();
            findings.extend(lookup.matches.into_iter().map(|found| (*ecosystem, found)));
        }
        rounds.push((opened, start.elapsed()));
        let start = Instant::now();
        for (ecosystem, found) in findings.iter().step_by(findings.len().div_ceil(60).max(1)) {
            if let Some(index) = indexes.get(*ecosystem) {
                std::hint::black_box(index.text(found)?);
            }
        }
        words.push(start.elapsed());
    }
    writeln!(out, "asked   {} packages: {matches} matches, {undecided} undecided", queries.len())?;
    rounds.sort_by_key(|(_, all)| *all);
    words.sort();
    let (opened, all) = rounds.get(ROUNDS / 2).copied().unwrap_or_default();
    let (_, best) = rounds.first().copied().unwrap_or_default();
    writeln!(out, "open    {:>8.1} us (median of {ROUNDS})", opened.as_secs_f64() * 1e6)?;
    writeln!(
        out,
        "open + look-ups {:>8.3} ms (median), {:.3} ms (best)",
        all.as_secs_f64() * 1e3,
        best.as_secs_f64() * 1e3
    )?;
    let median = words.get(ROUNDS / 2).copied().unwrap_or_default();
    writeln!(out, "words of 60 findings {:>8.3} ms (median)", median.as_secs_f64() * 1e3)?;
    Ok(())
}

/// Reads the records of one archive.
fn records(data: &Path, ecosystem: &str) -> Outcome<Vec<Value>> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(data.join(ecosystem).join("all.zip"))?))?;
    let mut records = Vec::new();
    for at in 0..archive.len() {
        let mut content = Vec::new();
        archive.by_index(at)?.read_to_end(&mut content)?;
        records.push(serde_json::from_slice(&content)?);
    }
    Ok(records)
}

/// Writes every record `copies` times under other names; returns how many bytes of JSON that is.
fn write(folder: &Path, records: &[Value], copies: usize) -> Outcome<usize> {
    fs::create_dir_all(folder)?;
    let mut archive = ZipWriter::new(BufWriter::new(File::create(folder.join("all.zip"))?));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1));
    let mut bytes = 0;
    for copy in 0..copies {
        for record in records {
            let mut record = record.clone();
            rename(&mut record, copy);
            let text = record.to_string();
            bytes += text.len();
            let id = record.get("id").and_then(Value::as_str).unwrap_or("");
            archive.start_file(format!("{id}.json"), options)?;
            archive.write_all(text.as_bytes())?;
        }
    }
    archive.finish()?.flush()?;
    Ok(bytes)
}

fn rename(record: &mut Value, copy: usize) {
    if let Some(id) = record.get_mut("id") {
        *id = Value::String(another(id.as_str().unwrap_or(""), copy));
    }
    for alias in record.get_mut("aliases").and_then(Value::as_array_mut).into_iter().flatten() {
        *alias = Value::String(another(alias.as_str().unwrap_or(""), copy));
    }
    for affected in record.get_mut("affected").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(name) = affected.pointer_mut("/package/name") {
            *name = Value::String(another(name.as_str().unwrap_or(""), copy));
        }
    }
}

fn another(name: &str, copy: usize) -> String {
    if copy == 0 { name.to_owned() } else { format!("{name}-c{copy}") }
}

/// Makes the look-ups: one half hits packages at a version that a record of theirs speaks of, the other misses.
fn queries(originals: &[Vec<Value>], copies: usize) -> Vec<Query> {
    let mut known: BTreeMap<(usize, String), String> = BTreeMap::new();
    for (ecosystem, records) in originals.iter().enumerate() {
        for record in records {
            let name = record.pointer("/affected/0/package/name").and_then(Value::as_str);
            let ranges = record.pointer("/affected/0/ranges").and_then(Value::as_array);
            let event = ranges.and_then(|ranges| ranges.last()?.pointer("/events/0/introduced")?.as_str());
            if let (Some(name), Some(version)) = (name, event) {
                known.entry((ecosystem, name.to_owned())).or_insert_with(|| version.to_owned());
            }
        }
    }
    let step = (known.len() * 2 / QUERIES).max(1);
    let hits = known.iter().step_by(step).take(QUERIES / 2).enumerate();
    hits.flat_map(|(at, ((ecosystem, name), version))| {
        let copy = at * 7 % copies;
        [
            (*ecosystem, another(name, copy), version.clone()),
            (*ecosystem, format!("{}-nobody", another(name, copy)), version.clone()),
        ]
    })
    .collect()
}

/// Returns the most memory that the process had, in kilobytes, where the system says.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.parse().ok()
}

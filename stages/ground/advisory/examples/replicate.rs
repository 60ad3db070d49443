//! Measures the index at the size of the world: repeats real records under changed names and ids, then prints how long
//! building, opening and looking up take and how large the files are.
//!
//! ```text
//! cargo run --release -p advisory --example replicate -- DATA FOLDER [ADVISORIES [ECOSYSTEM …]]
//! ```
//!
//! DATA has the layout of the OSV bucket; FOLDER receives the repeated records and the shards. A FOLDER that has
//! shards already is only asked. Each ecosystem is repeated equally often, so the mix of shapes stays the real one.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read as _, StdoutLock, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use advisory::{Index, MANIFEST, Match, Options, Source, build, file_name};
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// One look-up: ecosystem, name, version.
type Query = (usize, String, String);

const ECOSYSTEMS: [&str; 3] = ["crates.io", "Go", "PyPI"];
const QUERIES: usize = 2_000;
const ROUNDS: usize = 201;
const FINDINGS: usize = 60;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [data, folder, rest @ ..] = arguments.as_slice() else {
        return Err("usage: replicate DATA FOLDER [ADVISORIES]".into());
    };
    let (data, folder) = (Path::new(data), Path::new(folder));
    let target: usize = rest.first().map_or(Ok(300_000), |count| count.parse())?;
    let originals = ECOSYSTEMS.iter().map(|one| records(data, one)).collect::<Outcome<Vec<_>>>()?;
    let copies = target.div_ceil(originals.iter().map(Vec::len).sum::<usize>().max(1));
    let mut out = io::stdout().lock();
    if !folder.join("shards").join(MANIFEST).exists() {
        measure_build(&originals, copies, folder, &mut out)?;
    }
    measure_asking(&queries(&originals, copies), &folder.join("shards"), &mut out)
}

fn measure_build(
    originals: &[Vec<Value>],
    copies: usize,
    folder: &Path,
    out: &mut StdoutLock<'_>,
) -> Outcome<()> {
    let repeated = folder.join("repeated");
    let mut json = 0;
    for (ecosystem, records) in ECOSYSTEMS.iter().zip(originals) {
        json += write(&repeated.join(ecosystem), records, copies)?;
    }
    let (start, before) = (Instant::now(), computed());
    let report = build(Source::Path(&repeated), &folder.join("shards"), &Options::default())?;
    let (took, after) = (start.elapsed(), computed());
    let alone = after.zip(before).map_or(took, |(after, before)| after.saturating_sub(before));
    let advisories: u64 = report.shards.values().map(|shelf| shelf.advisories).sum();
    let packages: u64 = report.shards.values().map(|shelf| shelf.packages).sum();
    let bytes: u64 = report.shards.values().map(|shelf| shelf.bytes).sum();
    let lost = report.problems.iter().filter(|problem| problem.lost).count();
    writeln!(out, "{advisories} advisories, {packages} packages, {lost} records lost")?;
    let (took, alone) = (took.as_secs_f64(), alone.as_secs_f64());
    writeln!(out, "build {took:.2} s, {alone:.2} s computed, from {} MB of JSON", json / 1_000_000)?;
    writeln!(out, "peak memory {} MB", peak().unwrap_or(0) / 1_000)?;
    writeln!(out, "files {:.1} MB", bytes as f64 / 1e6)?;
    Ok(())
}

/// Opens the shards anew for every round, as every run of the tool does.
fn measure_asking(queries: &[Query], shards: &Path, out: &mut StdoutLock<'_>) -> Outcome<()> {
    let open = || -> Outcome<Vec<Index>> {
        let one = |name: &&str| Index::open(&shards.join(file_name(name)));
        Ok(ECOSYSTEMS.iter().map(one).collect::<Result<_, _>>()?)
    };
    repeat("open", out, || open().map(drop))?;
    let (mut matches, mut undecided) = (0, 0);
    repeat("open and ask", out, || {
        let indexes = open()?;
        (matches, undecided) = (0, 0);
        for (ecosystem, name, version) in queries {
            let Some(index) = indexes.get(*ecosystem) else { continue };
            let lookup = index.matches(name, version)?;
            matches += lookup.matches.len();
            undecided += lookup.undecided.len();
        }
        Ok(())
    })?;
    writeln!(out, "{} packages asked for: {matches} matches, {undecided} undecided", queries.len())?;
    let indexes = open()?;
    let mut findings: Vec<(&Index, Match<'_>)> = Vec::new();
    for (ecosystem, name, version) in queries {
        let Some(index) = indexes.get(*ecosystem) else { continue };
        findings.extend(index.matches(name, version)?.matches.pop().map(|found| (index, found)));
    }
    let step = findings.len().div_ceil(FINDINGS).max(1);
    repeat("read 60 texts", out, || {
        for (index, found) in findings.iter().step_by(step) {
            std::hint::black_box(index.text(found)?);
        }
        Ok(())
    })
}

/// Runs something many times, and prints what it took: the best and the median by the clock, and the mean of the time
/// that this thread computed, in which other programs do not count.
fn repeat(what: &str, out: &mut StdoutLock<'_>, mut run: impl FnMut() -> Outcome<()>) -> Outcome<()> {
    let mut times = Vec::with_capacity(ROUNDS);
    let before = computed();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        run()?;
        times.push(start.elapsed());
    }
    let after = computed();
    times.sort();
    let at = |place: usize| times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    write!(out, "{what} {:.3} ms best, {:.3} ms median", at(0), at(ROUNDS / 2))?;
    if let (Some(before), Some(after)) = (before, after) {
        let mean = after.saturating_sub(before).as_secs_f64() * 1e3 / ROUNDS as f64;
        write!(out, ", {mean:.3} ms computed")?;
    }
    writeln!(out)?;
    Ok(())
}

/// Returns how long this thread has computed, where the system tells it; exact to a few milliseconds.
fn computed() -> Option<Duration> {
    let times = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    times.split(' ').next()?.parse().ok().map(Duration::from_nanos)
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

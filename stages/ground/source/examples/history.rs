//! Scans the whole history of a repository with a scanner that only looks for one word, and prints what it cost.
//! `history FOLDER [WORD] [THREADS]`

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use model::Digest;
use source::{Blob, Hit, Looked, Repository, Selection};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let argument = |at: usize| arguments.get(at).map(String::as_str);
    let folder = argument(1).ok_or("name a repository")?;
    let word = argument(2).unwrap_or("AKIA").as_bytes();
    let threads = argument(3).unwrap_or("2").parse()?;
    let repository = Repository::open(Path::new(folder))?;
    let finder = memchr::memmem::Finder::new(word);
    let (hits, found) = (AtomicU64::new(0), Mutex::new(BTreeSet::new()));
    let scanner = |blob: Blob<'_>| -> Looked {
        let parts =
            blob.changed.iter().filter_map(|range| Some((range.start, blob.bytes.get(range.clone())?)));
        let starts = parts.flat_map(|(start, part)| finder.find_iter(part).map(move |at| start + at));
        let here: Vec<Hit> = starts.map(|start| Hit { start, end: start + word.len(), tag: 0 }).collect();
        hits.fetch_add(here.len() as u64, Ordering::Relaxed);
        Looked { hits: here, ..Looked::default() }
    };
    let holder = |blob: &Digest, _: &[Hit]| {
        found.lock().map(|mut found| found.insert(*blob)).ok();
    };
    let everything = Selection::Everything;
    let begun = Instant::now();
    let survey = source::history::survey(&repository, &everything, &|_| false, threads)?;
    let surveyed = begun.elapsed();
    let begun = Instant::now();
    let audience = source::Audience {
        scanner: &scanner,
        holder: &holder,
        passes_over: &|_| false,
        cancelled: &|| false,
    };
    let report = source::history::trace(&repository, &everything, &audience, threads)?;
    let scanned = begun.elapsed();
    let found = found.into_inner()?;
    let begun = Instant::now();
    let origins = source::history::attribute(&repository, &everything, &found, &survey.absent, threads)?;
    let attributed = begun.elapsed();
    let mut out = std::io::stdout().lock();
    use std::io::Write as _;
    writeln!(
        out,
        "{} blobs, {} MB inflated, {} MB scanned",
        report.blobs,
        report.inflated_bytes >> 20,
        report.scanned_bytes >> 20
    )?;
    writeln!(out, "survey {surveyed:.2?}; {} objects absent", survey.absent.len())?;
    writeln!(out, "scan {scanned:.2?}; {} finds, held by {} blobs", hits.into_inner(), found.len())?;
    writeln!(out, "attribution {attributed:.2?}; {} blobs placed", origins.places.len())?;
    for (blob, places) in origins.places.iter().take(3) {
        writeln!(out, "{blob} {:?}", places.first())?;
    }
    for problem in report.problems.iter().chain(&origins.missing) {
        writeln!(out, "{}: {}", problem.code, problem.reason)?;
    }
    Ok(())
}

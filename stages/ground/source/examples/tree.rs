//! Lists a folder and asks for the id of every file, and prints what it cost. `tree FOLDER [THREADS] [COMMIT]`

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use rayon::prelude::*;
use source::{CommitTree, EntryKind, Options, Repository, Tree, WorkTree};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let argument = |at: usize| arguments.get(at).map(String::as_str);
    let folder = Path::new(argument(1).ok_or("name a folder")?).to_path_buf();
    let threads = argument(2).unwrap_or("2").parse()?;
    let commit = argument(3).map(str::to_owned);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    // Twice: the second time finds everything warm.
    for _ in 0..2 {
        let begun = Instant::now();
        let tree: Box<dyn Tree> = match &commit {
            Some(commit) => {
                let repository = Repository::open(&folder)?;
                let commit = repository.resolve(commit)?;
                Box::new(CommitTree::open(&repository, &commit, 64 << 20)?)
            }
            None => Box::new(WorkTree::open(&folder, &Options::default())?),
        };
        report(&*tree, begun)?;
    }
    Ok(())
}

fn report(tree: &dyn Tree, begun: Instant) -> Result<(), Box<dyn std::error::Error>> {
    let listed = begun.elapsed();
    let files = tree.entries().iter().filter(|entry| entry.kind == EntryKind::File).count();
    let begun = Instant::now();
    let failed = (0..tree.entries().len()).into_par_iter().filter(|at| tree.id(*at).is_err()).count();
    let identified = begun.elapsed();
    let begun = Instant::now();
    let bytes: usize = (0..tree.entries().len())
        .into_par_iter()
        .filter_map(|at| tree.read(at).ok())
        .map(|read| read.len())
        .sum();
    let read = begun.elapsed();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{files} files in {listed:.1?}; ids in {identified:.1?} ({failed} without); {} MB read in {read:.1?}",
        bytes >> 20
    )?;
    for problem in tree.problems() {
        writeln!(out, "{} {}: {}", problem.code, problem.path, problem.reason)?;
    }
    Ok(())
}

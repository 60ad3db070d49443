//! Builds a database from a source and looks packages up in it, by hand:
//!
//! ```text
//! cargo run -p advisory --example database -- build SOURCE FOLDER
//! cargo run -p advisory --example database -- status FOLDER
//! cargo run -p advisory --example database -- show FOLDER ECOSYSTEM NAME VERSION
//! cargo run -p advisory --example database -- ask FOLDER ECOSYSTEM < "NAME VERSION" a line
//! ```

use std::error::Error;
use std::io::Write as _;
use std::path::Path;

use advisory::{Index, Options, Source, State, build, file_name, status};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut out = std::io::stdout().lock();
    match words.as_slice() {
        ["build", source, folder] => {
            let options = Options { built_from: (*source).to_owned(), ..Options::default() };
            let report = build(Source::Path(Path::new(source)), Path::new(folder), &options)?;
            for problem in &report.problems {
                writeln!(out, "{}{problem}", if problem.lost { "lost " } else { "" })?;
            }
            for (ecosystem, shelf) in &report.shards {
                writeln!(out, "{ecosystem}: {} advisories, {} packages", shelf.advisories, shelf.packages)?;
            }
        }
        ["status", folder] => {
            for (ecosystem, state) in status(Path::new(folder))?.states {
                match state {
                    State::Ready(summary) => writeln!(out, "{ecosystem}: {summary:?}")?,
                    State::Unusable(error) => writeln!(out, "{ecosystem}: {error}")?,
                    State::Other(digest) => writeln!(out, "{ecosystem}: replaced by {digest}")?,
                }
            }
        }
        ["show", folder, ecosystem, name, version] => {
            let index = Index::open(&Path::new(folder).join(file_name(ecosystem)))?;
            let lookup = index.matches(name, version)?;
            for found in &lookup.matches {
                writeln!(out, "{found:#?}\n{:#?}", index.text(found)?)?;
            }
            for open in &lookup.undecided {
                writeln!(out, "{open:#?}")?;
            }
        }
        ["ask", folder, ecosystem] => {
            let index = Index::open(&Path::new(folder).join(file_name(ecosystem)))?;
            for line in std::io::stdin().lines() {
                let line = line?;
                let (name, version) = line.split_once(' ').ok_or("a line is NAME VERSION")?;
                let lookup = index.matches(name, version)?;
                let found = lookup.matches.iter().map(|one| format!("{} {:?}", one.affected, one.fixed));
                let ids: Vec<&str> = lookup.matches.iter().map(|one| one.id).collect();
                let open: Vec<&str> = lookup.undecided.iter().map(|one| one.id).collect();
                let found: Vec<String> = found.collect();
                writeln!(out, "{line}\t{}\t{}\t{}", ids.join(" "), open.join(" "), found.join(" | "))?;
            }
        }
        _ => return Err("build SOURCE FOLDER, status FOLDER, show or ask FOLDER ECOSYSTEM …".into()),
    }
    Ok(())
}

//! Prints what the scorer sees: `features ROOT < LABELS`, where each line of LABELS is `PATH:LINE LABEL` (`T` or `F`), and the
//! paths are below ROOT. A row is the label, the place and the features.

#![expect(
    clippy::disallowed_methods,
    reason = "a program for measuring reads files and the clock; it is no stage"
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::{env, fs, io};

use secrets::Hint;
use secrets::scorer::{NAMES, see};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = env::args().nth(1).ok_or("the folder that the labels are below")?;
    let mut labels: BTreeMap<String, BTreeMap<u32, String>> = BTreeMap::new();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let Some((place, label)) = line.rsplit_once(' ') else { continue };
        let Some((path, number)) = place.rsplit_once(':') else { continue };
        labels.entry(path.to_owned()).or_default().insert(number.parse()?, label.to_owned());
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    writeln!(out, "label\tplace\t{}", NAMES.join("\t"))?;
    for (path, lines) in &labels {
        let Ok(bytes) = fs::read(Path::new(&root).join(path)) else { continue };
        // The first folder is the checkout's own.
        let inside = path.split_once('/').map_or(path.as_str(), |(_, inside)| inside);
        for seen in see(&bytes, &Hint::of(inside)) {
            let line = model::Span::of(&bytes, seen.value.clone()).start_line;
            let Some(label) = lines.get(&line) else { continue };
            let values: Vec<String> = seen.features.iter().map(ToString::to_string).collect();
            writeln!(out, "{label}\t{path}:{line}\t{}", values.join("\t"))?;
        }
    }
    Ok(())
}

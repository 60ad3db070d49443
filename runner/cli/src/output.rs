//! Where reports go: standard output, or a file each. Formats are those of `report::formats`.

use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use report::formats::{self, Color, Format, Options, Show, Timings, printable};
use report::{Exit, Record, State, Verdict};

use crate::args::Output;
use crate::fault::Fault;
use crate::kept::Kept;
use crate::sections::Wanted;
use crate::terminal::Terminal;

/// The name that stands for standard output.
pub(crate) const STANDARD: &str = "-";

/// A report to write.
pub(crate) struct Report {
    format: &'static Format,
    file: Option<PathBuf>,
}

/// Reads `--format` and `--output`; without any, the text report on standard output. The record goes to a file of its own.
pub(crate) fn reports(output: &Output, record: Option<&Path>) -> Result<Vec<Report>, Fault> {
    let mut reports = Vec::new();
    for asked in &output.formats {
        let (name, file) = match asked.split_once('=') {
            Some((name, STANDARD)) => (name, None),
            Some((name, file)) if !file.is_empty() => (name, Some(PathBuf::from(file))),
            Some(_) => {
                return Err(Fault::usage(format!("--format {asked} names no file"))
                    .hint(format!("name one: --format {asked}FILE")));
            }
            None => (asked.as_str(), None),
        };
        reports.push(Report { format: find(name)?, file });
    }
    if reports.is_empty() {
        reports.push(Report { format: find("text")?, file: None });
    }
    if let Some(file) = output.output.as_ref().filter(|file| file.as_os_str() != STANDARD) {
        let mut open = reports.iter_mut().filter(|report| report.file.is_none());
        let first = open.next();
        let first = first.ok_or_else(|| {
            Fault::usage("--output has no report left: every format has its own file")
                .hint("leave --output away, or one of the files")
        })?;
        first.file = Some(file.clone());
    }
    if reports.iter().filter(|report| report.file.is_none()).count() > 1 {
        return Err(Fault::usage("several reports would go to standard output")
            .hint("give all but one a file: --format sarif=report.sarif"));
    }
    if record.is_some_and(|file| file.as_os_str() == STANDARD) {
        return Err(
            Fault::usage("a record does not go to standard output").hint("name a file: --record FILE")
        );
    }
    apart(&reports, record)?;
    Ok(reports)
}

/// Refuses a file that is named for two outputs: one would be lost.
pub(crate) fn apart(reports: &[Report], record: Option<&Path>) -> Result<(), Fault> {
    let mut taken = BTreeSet::new();
    let files = reports.iter().filter_map(|report| report.file.as_deref()).chain(record);
    for file in files.filter(|file| !is_special(file)) {
        if !taken.insert(real(file)) {
            let error = format!("several outputs would go to {}", file.display());
            return Err(Fault::usage(error).hint("give each a file of its own"));
        }
    }
    Ok(())
}

/// Refuses an output in the place of what decides what passes.
pub(crate) fn spare(reports: &[Report], record: Option<&Path>, kept: &Kept) -> Result<(), Fault> {
    let named =
        |report: &'_ Report| Some((report.file.clone()?, format!("the {} report", report.format.name)));
    let record = record.map(|file| (file.to_owned(), "the record".to_owned()));
    for (file, what) in reports.iter().filter_map(named).chain(record) {
        if let Some(reason) = kept.refusal(&file) {
            let error = format!("{what} is not written to {}: {reason}", file.display());
            return Err(Fault::usage(error).hint("name another file"));
        }
    }
    Ok(())
}

/// Returns the one name of a file, whether or not it is there.
pub(crate) fn real(file: &Path) -> PathBuf {
    let below = || Some(folder_of(file).canonicalize().ok()?.join(file.file_name()?));
    let there = file.canonicalize().ok();
    there.or_else(below).or_else(|| std::path::absolute(file).ok()).unwrap_or_else(|| file.to_owned())
}

/// Adds those of the pipeline file, format and file: only files below the folder under check.
pub(crate) fn of_pipeline(
    reports: &mut Vec<Report>,
    wanted: &[Wanted],
    root: &Path,
    kept: &Kept,
) -> Result<(), Fault> {
    for wanted in wanted {
        let place = crate::place::inside(root, &wanted.file);
        let place = place.and_then(|place| kept.refusal(&place).map_or(Ok(place), Err));
        let place = place.map_err(|reason| {
            let message = format!("`{}` is not written: {reason}", wanted.file.escape_debug());
            let error = wanted.error(message);
            Fault::from(error.advise("name a file below the folder under check, or give the place on the command line: --format FORMAT=FILE"))
        })?;
        let same = |known: &Report| {
            known.format.name == wanted.format.name
                && known.file.as_deref().is_some_and(|file| real(file) == real(&place))
        };
        if !reports.iter().any(same) {
            reports.push(Report { format: wanted.format, file: Some(place) });
        }
    }
    Ok(())
}

fn find(name: &str) -> Result<&'static Format, Fault> {
    formats::find(name).ok_or_else(|| {
        let names: Vec<&str> = formats::FORMATS.iter().map(|format| format.name).collect();
        Fault::usage(format!("`{name}` is no report format"))
            .hint(format!("take one of: {}", names.join(", ")))
    })
}

/// Lines for people. What is foreign in them is made harmless, so that no line ends but ours.
#[derive(Default)]
pub(crate) struct Lines(String);

impl Lines {
    /// Adds a line.
    pub(crate) fn line(&mut self, text: impl Display) -> &mut Self {
        let _ = writeln!(self.0, "{}", printable::line(&text.to_string()));
        self
    }

    /// Adds an empty line.
    pub(crate) fn gap(&mut self) -> &mut Self {
        self.0.push('\n');
        self
    }

    /// Tells whether there is no line yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the text.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// Renders and writes every report, and returns how that ends: one that cannot be written keeps no other back.
pub(crate) fn render(
    reports: &[Report],
    output: &Output,
    terminal: &Terminal,
    record: &Record,
    verdict: &Verdict,
) -> Exit {
    let written = |report: &Report| {
        let to_terminal = report.file.is_none();
        let options = Options {
            color: if terminal.color && to_terminal { Color::Always } else { Color::Never },
            width: terminal.width.filter(|_| to_terminal),
            timings: if output.timings { Timings::Shown } else { Timings::Hidden },
            show: Show { min_severity: output.min_severity, states: output.all.then(|| State::ALL.to_vec()) },
        };
        let text = (report.format.render)(&formats::Report { record, verdict }, &options);
        match &report.file {
            Some(file) => write(file, text.as_bytes()),
            None => print(text.as_bytes()),
        }
    };
    Exit::of(reports.iter().map(|report| terminal.exit(written(report).map(|()| Exit::Pass))))
}

/// Prints to standard output; a reader that has gone away is no error.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Fault> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            let fault = Fault::incomplete(format!("cannot write to standard output: {error}"));
            Err(fault.hint("make room there, or send it elsewhere"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a file whole or not at all; folders on the way are made. Special files, as `/dev/stdout`, are written through.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let refuse = |error: std::io::Error| {
        let fault = Fault::incomplete(format!("cannot write {}: {error}", path.display()));
        fault.hint("make room there, or name a file that you may write")
    };
    if is_special(path) {
        return std::fs::write(path, bytes).map_err(refuse);
    }
    let folder = folder_of(path);
    std::fs::create_dir_all(folder).map_err(refuse)?;
    let mut file = tempfile::Builder::new().prefix(".sluicegate-").tempfile_in(folder).map_err(refuse)?;
    file.write_all(bytes).map_err(refuse)?;
    readable(file.as_file());
    file.persist(path).map_err(|error| refuse(error.error))?;
    Ok(())
}

/// Tells whether something is there that is no file to replace: a device, a pipe.
fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Gives a report the permissions of an ordinary file: temporary files are the user's alone.
fn readable(file: &std::fs::File) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let _ = file.set_permissions(std::fs::Permissions::from_mode(0o644));
    }
    #[cfg(not(unix))]
    let _ = file;
}

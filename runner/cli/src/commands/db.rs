//! `sluicegate db`: advisories on this machine.

use std::fmt::Write as _;
use std::path::Path;

use advisory::{BuildError, Lacking, Options, Refused, Report, Source, State};
use model::{Ecosystem, plural};
use report::Exit;
use report::formats::printable;
use reqwest::Url;

use crate::args::{DbArgs, DbCommand};
use crate::context::Context;
use crate::fault::Fault;
use crate::{download, folders, output};

/// The public OSV bucket: the one address that the product cannot do without.
const PUBLIC_BUCKET: &str = include_str!("../../defaults/advisories.url");

/// Records of a source that cannot be read are named up to this number.
const MOST_NAMED: usize = 20;

/// Brings advisories, or tells what is there.
pub(crate) async fn db(args: &DbArgs, context: &Context) -> Result<Exit, Fault> {
    match &args.command {
        DbCommand::Update { from, ecosystems, offline, force, data_dir } => {
            let folder = folders::data(data_dir.as_ref())?;
            let from = from.as_deref().unwrap_or(PUBLIC_BUCKET.trim());
            if *offline && from.contains("://") {
                return Err(Fault::usage(format!("--offline refuses {from}"))
                    .hint("give a folder or a file: --from DIR|FILE"));
            }
            ecosystems.iter().try_for_each(|name| check_name(name))?;
            let options = Options {
                ecosystems: ecosystems.clone(),
                built_from: from.to_owned(),
                fetched: Some(jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
                lacking: if *force { Lacking::Anything } else { Lacking::Nothing },
            };
            update(from, options, &folder, context).await
        }
        DbCommand::Status { data_dir } => status(&folders::data(data_dir.as_ref())?),
    }
}

/// Refuses the name of an ecosystem in other letters than OSV's, which no source has.
fn check_name(name: &str) -> Result<(), Fault> {
    let known = Ecosystem::ALL.map(Ecosystem::name);
    let meant = known.into_iter().find(|known| known.eq_ignore_ascii_case(name) && *known != name);
    meant.map_or(Ok(()), |meant| {
        Err(Fault::usage(format!("`{name}` is no ecosystem")).hint(format!("write it as OSV does: {meant}")))
    })
}

async fn update(from: &str, options: Options, folder: &Path, context: &Context) -> Result<Exit, Fault> {
    let asked = options.ecosystems.clone();
    let built = if from.contains("://") {
        let base = bucket(from)?;
        let download =
            tempfile::tempdir().map_err(|error| download::no_room(&std::env::temp_dir(), &error))?;
        fetch(&base, &asked, download.path(), context).await?;
        // Nobody here can mend a record of theirs, and all others are better new than old: runs say what is missing.
        let lacking = options.lacking.max(Lacking::Records);
        build(download.path(), folder, &Options { built_from: base.to_string(), lacking, ..options })?
    } else {
        build(Path::new(from), folder, &options)?
    };
    let mut text = String::new();
    for (ecosystem, shelf) in &built.shards {
        let newest = shelf.newest.as_deref().unwrap_or("unknown");
        let before = built.before.get(ecosystem).map(|before| format!(" ({} before)", before.advisories));
        let (advisories, before) = (plural(shelf.advisories, "advisory"), before.unwrap_or_default());
        let _ = writeln!(text, "{ecosystem}: {advisories}{before}, newest {newest}, {}", shelf.digest);
    }
    output::print(printable::source(&text).as_bytes())?;
    for problem in &built.problems {
        context.terminal.say(format_args!("warning: {problem}"));
    }
    for (ecosystem, shelf) in built.before.iter().filter(|(name, _)| !built.shards.contains_key(*name)) {
        let kept = match shelf.advisories {
            1 => "its one advisory of before stays".to_owned(),
            advisories => format!("its {advisories} advisories of before stay"),
        };
        context.terminal.say(format_args!("{ecosystem}: {kept}"));
    }
    outcome(&built, &asked)
}

/// Tells what did not come of what was asked for.
fn outcome(built: &Report, asked: &[String]) -> Result<Exit, Fault> {
    let mut faults = Vec::new();
    for refused in &built.refused {
        faults.push(refused.to_string());
        if let Refused::Unread { lost, .. } = refused {
            faults.extend(lost.iter().take(MOST_NAMED).map(ToString::to_string));
            let more = lost.len().saturating_sub(MOST_NAMED);
            faults.extend((more > 0).then(|| format!("and {more} more")));
        }
    }
    let came = |name: &String| built.shards.keys().any(|one| one.split(':').next() == Some(name));
    if faults.is_empty() {
        let missing = asked.iter().filter(|name| !came(name));
        faults.extend(missing.map(|name| format!("the source has no advisory of {name}")));
    }
    let mut faults = faults.into_iter();
    let Some(first) = faults.next() else { return Ok(Exit::Pass) };
    let hint = match built.refused.first() {
        Some(Refused::Unread { .. }) => "mend or remove what cannot be read, or take the rest with --force",
        Some(Refused::Fewer { .. }) => "see whether the source is whole; --force takes it as it is",
        None => "see that the source has it, as NAME/all.zip, or leave the name away",
    };
    let fault = |error: String| Fault::incomplete(error).hint(hint);
    Err(faults.map(fault).fold(fault(first), Fault::and))
}

fn build(source: &Path, folder: &Path, options: &Options) -> Result<Report, Fault> {
    if !source.exists() {
        return Err(Fault::usage(format!("{} does not exist", source.display())).hint(
            "give --from a folder in the layout of the OSV bucket, <ECOSYSTEM>/all.zip, or leave it away to download",
        ));
    }
    let built = tokio::task::block_in_place(|| advisory::build(Source::Path(source), folder, options));
    built.map_err(|error| {
        let hint = match &error {
            BuildError::Source(_) | BuildError::Nothing(_) => {
                "give the layout of the OSV bucket: <ECOSYSTEM>/all.zip, or files *.json"
            }
            BuildError::Store { .. } => {
                "make room there, or name a folder that you may write with --data-dir"
            }
            BuildError::Write(_) | BuildError::Read(_) => {
                "take fewer at once: --ecosystem NAME; where one alone fails, report it"
            }
        };
        Fault::incomplete(error).hint(hint)
    })
}

/// Reads the address of a bucket.
fn bucket(from: &str) -> Result<Url, Fault> {
    let slash = if from.ends_with('/') { "" } else { "/" };
    download::address(&format!("{from}{slash}"))
}

/// Downloads the archive of each ecosystem into the layout of the bucket.
async fn fetch(base: &Url, ecosystems: &[String], folder: &Path, context: &Context) -> Result<(), Fault> {
    let all: Vec<String> = Ecosystem::ALL.iter().map(|ecosystem| ecosystem.name().to_owned()).collect();
    let wanted = if ecosystems.is_empty() { &all } else { ecosystems };
    let client = download::client()?;
    for ecosystem in wanted {
        let below = folder.join(ecosystem);
        if ecosystem.contains(['/', '\\']) || ecosystem.starts_with('.') {
            let known: Vec<&str> = Ecosystem::ALL.iter().map(|ecosystem| ecosystem.name()).collect();
            return Err(Fault::usage(format!("`{ecosystem}` is no ecosystem"))
                .hint(format!("take one of: {}", known.join(", "))));
        }
        std::fs::create_dir_all(&below).map_err(|error| download::no_room(&below, &error))?;
        let mut url = base.clone();
        let path = url.path_segments_mut();
        path.map_err(|()| Fault::usage("the address takes no path").hint("write it as https://HOST/PATH"))?
            .pop_if_empty()
            .push(ecosystem)
            .push("all.zip");
        download::download(&client, url, &below.join("all.zip"), context).await?;
    }
    Ok(())
}

fn status(folder: &Path) -> Result<Exit, Fault> {
    let status = advisory::status(folder)
        .map_err(|error| Fault::incomplete(error).hint("build one: sluicegate db update"))?;
    let mut text = format!("{}\n", folder.display());
    let mut exit = Exit::Pass;
    for (ecosystem, shelf) in &status.manifest.shards {
        let newest = shelf.newest.as_deref().unwrap_or("unknown");
        let fetched = shelf.fetched.as_deref().unwrap_or("unknown");
        let _ = writeln!(
            text,
            "{ecosystem}: {} of {}, newest {newest}, fetched {fetched}, from {}, {}",
            plural(shelf.advisories, "advisory"),
            plural(shelf.packages, "package"),
            shelf.built_from,
            shelf.digest
        );
        if shelf.lost > 0 {
            let _ = writeln!(text, "  without {} that could not be read", plural(shelf.lost, "record"));
        }
        match status.states.get(ecosystem) {
            Some(State::Unusable(error)) => {
                exit = Exit::Incomplete;
                let _ = writeln!(text, "  cannot be used: {error}; run `sluicegate db update`");
            }
            Some(State::Other(digest)) => {
                let _ = writeln!(text, "  the file is another one: {digest}");
            }
            Some(State::Ready(_)) | None => {}
        }
    }
    output::print(printable::source(&text).as_bytes())?;
    Ok(exit)
}

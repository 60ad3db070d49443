//! `sluicegate db`: advisories on this machine.

use std::fmt::Write as _;
use std::path::Path;

use advisory::{Options, Source, State};
use model::Ecosystem;
use report::Exit;
use report::formats::printable;
use reqwest::Url;

use crate::args::{DbArgs, DbCommand};
use crate::context::Context;
use crate::fault::Fault;
use crate::{download, folders, output};

/// The public OSV bucket: the one address that the product cannot do without.
const PUBLIC_BUCKET: &str = include_str!("../../defaults/advisories.url");

/// Brings advisories, or tells what is there.
pub(crate) async fn db(args: &DbArgs, context: &Context) -> Result<Exit, Fault> {
    match &args.command {
        DbCommand::Update { from, ecosystems, offline, data_dir } => {
            let folder = folders::data(data_dir.as_ref())?;
            let from = from.as_deref().unwrap_or(PUBLIC_BUCKET.trim());
            if *offline && from.contains("://") {
                return Err(Fault::usage(format!("--offline refuses {from}"))
                    .hint("give a folder or a file: --from DIR|FILE"));
            }
            update(from, ecosystems, &folder, context).await
        }
        DbCommand::Status { data_dir } => status(&folders::data(data_dir.as_ref())?),
    }
}

async fn update(from: &str, ecosystems: &[String], folder: &Path, context: &Context) -> Result<Exit, Fault> {
    let fetched = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let options = |built_from: String| Options {
        ecosystems: ecosystems.to_vec(),
        built_from,
        fetched: Some(fetched.clone()),
    };
    let built = if from.contains("://") {
        let base = bucket(from)?;
        let download = tempfile::tempdir().map_err(Fault::incomplete)?;
        fetch(&base, ecosystems, download.path(), context).await?;
        build(download.path(), folder, options(base.to_string()))?
    } else {
        build(Path::new(from), folder, options(from.to_owned()))?
    };
    let mut text = String::new();
    for (ecosystem, shelf) in &built.shards {
        let newest = shelf.newest.as_deref().unwrap_or("unknown");
        let _ =
            writeln!(text, "{ecosystem}: {} advisories, newest {newest}, {}", shelf.advisories, shelf.digest);
    }
    for problem in &built.problems {
        context.terminal.say(format_args!("warning: {problem}"));
    }
    output::print(printable::source(&text).as_bytes())?;
    Ok(Exit::Pass)
}

fn build(source: &Path, folder: &Path, options: Options) -> Result<advisory::Report, Fault> {
    if !source.exists() {
        return Err(Fault::usage(format!("{} does not exist", source.display())).hint(
            "give --from a folder in the layout of the OSV bucket, <ECOSYSTEM>/all.zip, or leave it away to download",
        ));
    }
    let built = tokio::task::block_in_place(|| advisory::build(Source::Path(source), folder, &options));
    built.map_err(|error| {
        Fault::incomplete(error)
            .hint("the layout is that of the OSV bucket: <ECOSYSTEM>/all.zip, or files *.json")
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
            return Err(Fault::usage(format!("`{ecosystem}` is no ecosystem")));
        }
        std::fs::create_dir_all(&below).map_err(Fault::incomplete)?;
        let mut url = base.clone();
        let path = url.path_segments_mut();
        path.map_err(|()| Fault::usage("the address takes no path"))?
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
            "{ecosystem}: {} advisories of {} packages, newest {newest}, fetched {fetched}, from {}, {}",
            shelf.advisories, shelf.packages, shelf.built_from, shelf.digest
        );
        if shelf.lost > 0 {
            let _ = writeln!(text, "  {} records could not be read and are missing", shelf.lost);
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

//! `sluicegate db`: advisories on this machine.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use advisory::{Options, Source, State};
use model::Ecosystem;
use report::Exit;
use reqwest::{Client, Url};

use crate::args::{DbArgs, DbCommand};
use crate::context::Context;
use crate::fault::Fault;
use crate::{folders, output};

/// The public OSV bucket: the one address that the product cannot do without.
const PUBLIC_BUCKET: &str = include_str!("../../defaults/advisories.url");
/// An archive larger than this is not taken.
const MOST_BYTES: u64 = 4 << 30;
/// How long a connection may be silent.
const SILENCE: Duration = Duration::from_secs(60);

/// Brings advisories, or tells what is there.
pub(crate) async fn db(args: &DbArgs, context: &Context) -> Result<Exit, Fault> {
    match &args.command {
        DbCommand::Update { from, ecosystems, data_dir } => {
            let folder = folders::data(data_dir.as_ref())?;
            let from = from.as_deref().unwrap_or(PUBLIC_BUCKET.trim());
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
        let base = address(from)?;
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
        anstream::eprintln!("warning: {problem}");
    }
    output::print(text.as_bytes())?;
    Ok(Exit::Pass)
}

fn build(source: &Path, folder: &Path, options: Options) -> Result<advisory::Report, Fault> {
    if !source.exists() {
        return Err(Fault::usage(format!("{} does not exist", source.display())));
    }
    let built = tokio::task::block_in_place(|| advisory::build(Source::Path(source), folder, &options));
    built.map_err(|error| {
        Fault::incomplete(error)
            .hint("the layout is that of the OSV bucket: <ECOSYSTEM>/all.zip, or files *.json")
    })
}

/// Takes an address over HTTPS, or of this machine itself.
fn address(from: &str) -> Result<Url, Fault> {
    let slashed = if from.ends_with('/') { from.to_owned() } else { format!("{from}/") };
    let url =
        Url::parse(&slashed).map_err(|error| Fault::usage(format!("`{from}` is no address: {error}")))?;
    let loopback = url.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() == "https" || (url.scheme() == "http" && loopback) {
        return Ok(url);
    }
    Err(Fault::usage(format!("`{from}` is not an https address"))
        .hint("advisories are taken over https only"))
}

/// Downloads the archive of each ecosystem into the layout of the bucket.
async fn fetch(base: &Url, ecosystems: &[String], folder: &Path, context: &Context) -> Result<(), Fault> {
    let all: Vec<String> = Ecosystem::ALL.iter().map(|ecosystem| ecosystem.name().to_owned()).collect();
    let wanted = if ecosystems.is_empty() { &all } else { ecosystems };
    let client = Client::builder()
        .user_agent(concat!("sluicegate/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(20))
        .read_timeout(SILENCE)
        .build()
        .map_err(Fault::incomplete)?;
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
        download(&client, url, &below.join("all.zip"), context).await?;
    }
    Ok(())
}

async fn download(client: &Client, url: Url, file: &Path, context: &Context) -> Result<(), Fault> {
    use std::io::Write as _;
    let refuse = |reason: String| {
        Fault::incomplete(format!("cannot fetch {url}: {reason}")).hint(
        "give a mirror or a folder: sluicegate db update --from DIR|URL; a proxy is taken from HTTPS_PROXY",
    )
    };
    let response = client.get(url.clone()).send().await.map_err(|error| refuse(chain(&error)))?;
    let mut response = response.error_for_status().map_err(|error| refuse(chain(&error)))?;
    let bar = indicatif::ProgressBar::new(response.content_length().unwrap_or(0));
    if !context.terminal.live {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let mut out = std::fs::File::create(file).map_err(Fault::incomplete)?;
    let mut total = 0;
    loop {
        let chunk = tokio::select! {
            chunk = response.chunk() => chunk.map_err(|error| refuse(chain(&error)))?,
            () = context.cancel.cancelled() => return Err(Fault::interrupted()),
        };
        let Some(chunk) = chunk else { break };
        total += chunk.len() as u64;
        if total > MOST_BYTES {
            return Err(refuse("it is larger than any database".into()));
        }
        bar.inc(chunk.len() as u64);
        out.write_all(&chunk).map_err(Fault::incomplete)?;
    }
    bar.finish_and_clear();
    if !context.terminal.quiet {
        anstream::eprintln!("fetched {url}: {} kB", total / 1000);
    }
    Ok(())
}

/// Returns an error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
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
    output::print(text.as_bytes())?;
    Ok(exit)
}

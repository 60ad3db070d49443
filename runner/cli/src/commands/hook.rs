//! `sluicegate hook`: the check before a push. Every ref that git names on standard input is checked, as the commits that
//! the remote does not have yet, never as what lies in the worktree.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use report::Exit;
use source::{Repository, SourceError};

use crate::args::{Choice, HookArgs, HookCommand, Output, RunArgs};
use crate::commands::run::{Outgoing, execute};
use crate::context::Context;
use crate::fault::Fault;

/// What the hook's file says. It fails closed when the program is not there.
const SCRIPT: &str = "#!/bin/sh
# Installed by `sluicegate hook install`; taken away by `sluicegate hook uninstall`.
if ! command -v sluicegate >/dev/null 2>&1; then
    echo 'sluicegate is not on PATH, so the push is not checked and not let through' >&2
    exit 1
fi
exec sluicegate hook pre-push \"$@\"
";
/// By this line a hook is known to be ours.
const MARK: &str = "# Installed by `sluicegate hook install`";
/// Name of the hook's file.
const NAME: &str = "pre-push";
/// What to do where somebody else than git calls the hook.
const BY_GIT: &str = "let git call it: sluicegate hook install, then git push";
/// A list of refs longer than this is not from git.
const MOST_INPUT: u64 = 16 << 20;

/// Installs, removes or is the hook.
pub(crate) async fn hook(args: &HookArgs, context: &Context) -> Result<Exit, Fault> {
    match &args.command {
        HookCommand::Install { path, force } => install(path, *force, context),
        HookCommand::Uninstall { path } => uninstall(path, context),
        HookCommand::PrePush { remote, url: _ } => pre_push(remote, context).await,
    }
}

fn install(path: &Path, force: bool, context: &Context) -> Result<Exit, Fault> {
    let file = hook_file(path)?;
    // What cannot be read is somebody's as well.
    let foreign = match std::fs::read(&file) {
        Ok(hook) => !is_ours(&hook),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    };
    if foreign && !force {
        return Err(Fault::usage(format!("{} is a hook of yours", file.display()))
            .hint("call `sluicegate hook pre-push \"$@\"` in it, or replace it with --force"));
    }
    crate::output::write(&file, SCRIPT.as_bytes())?;
    executable(&file).map_err(|error| untouched(&file, &error))?;
    context.terminal.say(format_args!("installed {}; `git push` now runs profile `push`", file.display()));
    Ok(Exit::Pass)
}

fn uninstall(path: &Path, context: &Context) -> Result<Exit, Fault> {
    let file = hook_file(path)?;
    match std::fs::read(&file) {
        Ok(hook) if is_ours(&hook) => {
            std::fs::remove_file(&file).map_err(|error| untouched(&file, &error))?;
            context.terminal.say(format_args!("removed {}", file.display()));
            Ok(Exit::Pass)
        }
        Ok(_) => Err(Fault::usage(format!("{} is a hook of yours and stays", file.display()))
            .hint("take the line that calls sluicegate out of it, or remove it by hand")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Fault::usage(format!("{} does not exist", file.display()))
                .hint("name the repository that has the hook: sluicegate hook uninstall FOLDER"))
        }
        Err(error) => Err(untouched(&file, &error)),
    }
}

/// Describes a hook that cannot be read, changed or removed.
fn untouched(file: &Path, error: &std::io::Error) -> Fault {
    Fault::incomplete(format!("{}: {error}", file.display()))
        .hint("run it as a user who may read and change the hooks of the repository")
}

fn is_ours(hook: &[u8]) -> bool {
    String::from_utf8_lossy(hook).contains(MARK)
}

/// Returns where git looks for the hook.
fn hook_file(path: &Path) -> Result<PathBuf, Fault> {
    let repository = git2::Repository::discover(path).map_err(|error| match error.code() {
        git2::ErrorCode::NotFound => SourceError::NoRepository { path: path.to_owned() },
        _ => SourceError::Open { path: path.to_owned(), source: error },
    })?;
    let configured = repository.config().and_then(|config| config.get_path("core.hooksPath")).ok();
    let folder = match configured {
        Some(folder) if folder.is_absolute() => folder,
        Some(folder) => repository.workdir().unwrap_or(repository.path()).join(folder),
        None => repository.commondir().join("hooks"),
    };
    Ok(folder.join(NAME))
}

fn executable(file: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// A line of what git says on standard input: local ref, its object, remote ref, its object.
struct Update {
    reference: String,
    object: String,
    known: Option<String>,
}

async fn pre_push(remote: &str, context: &Context) -> Result<Exit, Fault> {
    let mut updates = updates(&standard_input()?)?.into_iter().peekable();
    let path = PathBuf::from(".");
    let repository = Repository::discover(&path)?;
    let repository = repository.ok_or(SourceError::NoRepository { path })?;
    let branches = repository.remote_branches(Some(remote)).map_err(Fault::lacking)?;
    let had: BTreeSet<String> = branches.into_iter().map(|branch| branch.commit).collect();
    let mut exits = Vec::new();
    let mut done: BTreeSet<String> = BTreeSet::new();
    while let Some(update) = updates.next() {
        if context.cancel.is_cancelled() {
            return Ok(Exit::Interrupted);
        }
        let checked = match tip(&repository, &update) {
            Ok(tip) if !done.insert(tip.clone()) => continue,
            Ok(tip) => {
                context
                    .terminal
                    .say(format_args!("checking {} before the push to {remote}", update.reference));
                let known = update.known.and_then(|object| repository.resolve(&object).ok());
                let excluded = had.iter().cloned().chain(known).collect();
                let root = repository.root().unwrap_or(repository.git_folder()).to_owned();
                let last = updates.peek().is_none();
                execute(&arguments(root), context, Some(Outgoing { tip, excluded, last })).await
            }
            Err(fault) => Err(fault),
        };
        // The others of the push are looked at all the same, so that one push tells everything.
        exits.push(context.terminal.exit(checked));
    }
    Ok(Exit::of(exits))
}

/// Reads the whole list of refs. A list that goes on behind the bound is refused, for what stands there is pushed too.
fn standard_input() -> Result<String, Fault> {
    let mut text = String::new();
    let read = std::io::stdin().take(MOST_INPUT + 1).read_to_string(&mut text);
    read.map_err(|error| Fault::usage(format!("standard input is no list of refs: {error}")).hint(BY_GIT))?;
    if text.len() as u64 > MOST_INPUT {
        return Err(Fault::usage(format!("standard input is longer than {MOST_INPUT} bytes"))
            .hint("push fewer refs at once"));
    }
    Ok(text)
}

/// Returns the commit that a ref is to become. A tag may name a file or a folder instead, which no stage looks at.
fn tip(repository: &Repository, update: &Update) -> Result<String, Fault> {
    let Update { reference, object, .. } = update;
    repository.resolve(object).map_err(|error| {
        tracing::debug!("{error}");
        Fault::incomplete(format!(
            "{reference} names no commit but another object, {object}, which is not checked"
        ))
        .hint("tag a commit, or leave the ref out of the push")
    })
}

/// Reads every line; a ref that is deleted brings nothing to check. Object ids of any hash are taken.
fn updates(text: &str) -> Result<Vec<Update>, Fault> {
    let mut updates = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [reference, object, _, known] = fields[..] else {
            let error = format!("`{line}` is no line of git's pre-push protocol");
            return Err(Fault::usage(error).hint(BY_GIT));
        };
        let zero = |id: &str| id.bytes().all(|byte| byte == b'0');
        if !zero(object) {
            let known = (!zero(known)).then(|| known.to_owned());
            updates.push(Update { reference: reference.to_owned(), object: object.to_owned(), known });
        }
    }
    Ok(updates)
}

fn arguments(path: PathBuf) -> RunArgs {
    let choice = Choice {
        path,
        config: ::plan::PipelineFile::NAME.to_owned(),
        profile: Some("push".to_owned()),
        stages: Vec::new(),
        since: None,
        shard: None,
        include_ignored: false,
        offline: false,
        no_cache: false,
        jobs: None,
        data_dir: std::env::var_os("SLUICEGATE_DATA_DIR").map(PathBuf::from),
        cache_dir: std::env::var_os("SLUICEGATE_CACHE_DIR").map(PathBuf::from),
    };
    let output = Output { formats: Vec::new(), output: None, min_severity: None, all: false, timings: false };
    RunArgs { choice, output, record: None, fail_fast: false, no_inline_ignores: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_deletions_are_left_out() {
        let zero = "0".repeat(64);
        let text = format!(
            "refs/heads/a aa refs/heads/a bb\n(delete) {zero} refs/heads/b cc\nrefs/heads/c dd refs/heads/c {zero}\n"
        );
        let read = updates(&text).unwrap();
        let told: Vec<_> = read.iter().map(|u| (u.object.as_str(), u.known.as_deref())).collect();
        assert_eq!(told, [("aa", Some("bb")), ("dd", None)]);
        assert!(updates("nonsense\n").is_err());
        assert!(updates("").unwrap().is_empty());
    }
}

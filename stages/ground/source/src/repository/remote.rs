//! What the repository knows of others: remote-tracking refs, and which branch a change is likely to land on.

use std::collections::BTreeSet;

use super::Repository;
use crate::SourceError;

/// A branch by its ref.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Branch {
    /// Full name: `refs/remotes/origin/main`.
    pub reference: String,
    /// Name without remote: `main`.
    pub name: String,
    /// Full id of the commit it points to.
    pub commit: String,
}

/// Names of target branches where no remote says which one it is.
const USUAL: [&str; 4] = ["main", "master", "trunk", "develop"];

impl Repository {
    /// Returns the remote that the current branch follows, else `origin`, else the only one.
    pub fn default_remote(&self) -> Result<Option<String>, SourceError> {
        let branch = self.branch()?;
        self.with(|handle| {
            let configured = branch.and_then(|branch| {
                handle.config().and_then(|config| config.get_string(&format!("branch.{branch}.remote"))).ok()
            });
            let remotes: BTreeSet<String> = handle
                .remotes()
                .map(|names| names.iter().filter_map(|name| name.ok().flatten().map(str::to_owned)).collect())
                .unwrap_or_default();
            let first = if remotes.len() == 1 { remotes.first().cloned() } else { None };
            // A branch may follow the local repository, which is written `.`.
            let configured = configured.filter(|name| name != ".");
            Ok(configured.or_else(|| remotes.get("origin").cloned()).or(first))
        })
    }

    /// Returns the remote-tracking branches of `remote`, or of all remotes, sorted by name. The alias `HEAD` is left out.
    pub fn remote_branches(&self, remote: Option<&str>) -> Result<Vec<Branch>, SourceError> {
        let prefix = match remote {
            Some(remote) => format!("refs/remotes/{remote}/"),
            None => "refs/remotes/".to_owned(),
        };
        self.with(|handle| {
            let unreadable =
                |source| SourceError::Object { what: "list of refs", id: prefix.clone(), source };
            let mut branches = BTreeSet::new();
            for reference in handle.references().map_err(unreadable)? {
                let reference = reference.map_err(unreadable)?;
                let full = String::from_utf8_lossy(reference.name_bytes()).into_owned();
                let Some(rest) = full.strip_prefix(&prefix) else { continue };
                let name =
                    if remote.is_some() { Some(rest) } else { rest.split_once('/').map(|(_, name)| name) };
                // A remote may name things that are no commits; no change lands there.
                let (Some(name), Some(_), Ok(commit)) =
                    (name, reference.target(), reference.peel_to_commit())
                else {
                    continue;
                };
                let (name, commit) = (name.to_owned(), commit.id().to_string());
                branches.insert(Branch { reference: full, name, commit });
            }
            Ok(branches.into_iter().collect())
        })
    }

    /// Returns the branches that a change most likely lands on, the likeliest first: what the default remote calls its
    /// HEAD, then the usual names at that remote, then the usual names here.
    pub fn target_candidates(&self) -> Result<Vec<Branch>, SourceError> {
        let remote = self.default_remote()?;
        self.with(|handle| {
            let mut names = Vec::new();
            if let Some(remote) = &remote {
                let prefix = format!("refs/remotes/{remote}/");
                let head = handle.find_reference(&format!("{prefix}HEAD")).ok();
                names.extend(
                    head.as_ref().and_then(|head| head.symbolic_target().ok().flatten()).map(str::to_owned),
                );
                names.extend(USUAL.iter().map(|name| format!("{prefix}{name}")));
            }
            names.extend(USUAL.iter().map(|name| format!("refs/heads/{name}")));
            let mut candidates: Vec<Branch> = Vec::new();
            for reference in names {
                let found = handle.find_reference(&reference).and_then(|found| found.peel_to_commit());
                let Ok(commit) = found else { continue };
                if candidates.iter().any(|known| known.reference == reference) {
                    continue;
                }
                let prefix =
                    remote.as_ref().map(|remote| format!("refs/remotes/{remote}/")).unwrap_or_default();
                let name = reference.strip_prefix(&prefix).filter(|_| !prefix.is_empty());
                let name =
                    name.or_else(|| reference.strip_prefix("refs/heads/")).unwrap_or(&reference).to_owned();
                candidates.push(Branch { name, reference, commit: commit.id().to_string() });
            }
            Ok(candidates)
        })
    }
}

//! What the environment says of the run: the CI service's event, branch and target.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;

use plan::Event;
use serde_json::Value;

/// The description of an event is read up to here.
const MOST_BYTES: u64 = 32 << 20;

/// What the environment says of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// What started the run.
    pub(crate) event: Event,
    /// The branch under check, or the target branch of a change.
    pub(crate) branch: Option<String>,
    /// The branch that a change is to land on.
    pub(crate) target: Option<String>,
    /// The default branch of the repository.
    pub(crate) default_branch: Option<String>,
    /// Of a push: the commit that the branch was at before.
    pub(crate) before: Option<String>,
    /// Whether a CI service runs us.
    pub(crate) ci: bool,
}

/// Reads the variables that GitHub Actions, GitLab CI and the generic `CI` set.
pub(crate) fn surroundings(environment: &BTreeMap<String, String>) -> Surroundings {
    let get = |name: &str| environment.get(name).filter(|value| !value.is_empty()).cloned();
    if get("GITHUB_ACTIONS").is_some() {
        return github(&get);
    }
    if get("GITLAB_CI").is_some() {
        return gitlab(&get);
    }
    Surroundings {
        event: Event::Local,
        branch: None,
        target: None,
        default_branch: None,
        before: None,
        ci: get("CI").is_some(),
    }
}

fn github(get: &dyn Fn(&str) -> Option<String>) -> Surroundings {
    let event = match get("GITHUB_EVENT_NAME").as_deref() {
        Some("pull_request" | "pull_request_target" | "merge_group") => Event::PullRequest,
        Some("schedule") => Event::Schedule,
        Some("workflow_dispatch") => Event::Manual,
        Some(_) | None if get("GITHUB_REF_TYPE").as_deref() == Some("tag") => Event::Tag,
        Some(_) | None => Event::Push,
    };
    let target = get("GITHUB_BASE_REF");
    let branch = target.clone().or_else(|| get("GITHUB_REF_NAME"));
    let told = get("GITHUB_EVENT_PATH").and_then(|path| described(&path)).unwrap_or_default();
    let say = |pointer: &str| told.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let before = commit(say("/before"), event);
    Surroundings {
        event,
        branch,
        target,
        default_branch: say("/repository/default_branch"),
        before,
        ci: true,
    }
}

fn gitlab(get: &dyn Fn(&str) -> Option<String>) -> Surroundings {
    let event = match get("CI_PIPELINE_SOURCE").as_deref() {
        Some("merge_request_event") => Event::PullRequest,
        Some("schedule") => Event::Schedule,
        Some("web" | "api" | "trigger") => Event::Manual,
        Some(_) | None if get("CI_COMMIT_TAG").is_some() => Event::Tag,
        Some(_) | None => Event::Push,
    };
    let target = get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
    let branch = target.clone().or_else(|| get("CI_COMMIT_BRANCH"));
    let before = commit(get("CI_COMMIT_BEFORE_SHA"), event);
    Surroundings { event, branch, target, default_branch: get("CI_DEFAULT_BRANCH"), before, ci: true }
}

/// Reads the file in which GitHub describes the event.
fn described(path: &str) -> Option<Value> {
    let file = File::open(path).ok()?;
    serde_json::from_reader(std::io::BufReader::new(file.take(MOST_BYTES))).ok()
}

/// Takes the commit that a branch was at before a push. Zeros stand for a branch that was not there.
fn commit(id: Option<String>, event: Event) -> Option<String> {
    let known =
        |id: &String| id.bytes().all(|byte| byte.is_ascii_hexdigit()) && id.bytes().any(|byte| byte != b'0');
    id.filter(|id| event == Event::Push && known(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variables: &[(&str, &str)], event: Event, branch: Option<&str>, target: Option<&str>) {
        let environment =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let found = surroundings(&environment);
        assert_eq!((found.event, found.branch.as_deref(), found.target.as_deref()), (event, branch, target));
    }

    #[test]
    fn each_service_is_read_in_its_own_words() {
        check(&[], Event::Local, None, None);
        let github = ("GITHUB_ACTIONS", "true");
        let pull = [
            github,
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_BASE_REF", "main"),
            ("GITHUB_REF_NAME", "7/merge"),
        ];
        check(&pull, Event::PullRequest, Some("main"), Some("main"));
        check(
            &[github, ("GITHUB_EVENT_NAME", "push"), ("GITHUB_REF_NAME", "dev")],
            Event::Push,
            Some("dev"),
            None,
        );
        let tag =
            [github, ("GITHUB_EVENT_NAME", "push"), ("GITHUB_REF_TYPE", "tag"), ("GITHUB_REF_NAME", "v1")];
        check(&tag, Event::Tag, Some("v1"), None);
        let gitlab = ("GITLAB_CI", "true");
        let merge = [
            gitlab,
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ];
        check(&merge, Event::PullRequest, Some("main"), Some("main"));
        check(
            &[gitlab, ("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_BRANCH", "dev")],
            Event::Push,
            Some("dev"),
            None,
        );
    }

    #[test]
    fn a_push_is_told_with_the_commit_before_it() {
        let check = |source: &str, before: &str, expected: Option<&str>| {
            let pairs =
                [("GITLAB_CI", "true"), ("CI_PIPELINE_SOURCE", source), ("CI_COMMIT_BEFORE_SHA", before)];
            let environment = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            assert_eq!(surroundings(&environment.collect()).before.as_deref(), expected);
        };
        check(
            "push",
            "1234567890abcdef1234567890abcdef12345678",
            Some("1234567890abcdef1234567890abcdef12345678"),
        );
        check("push", "0000000000000000000000000000000000000000", None);
        check("push", "HEAD", None);
        check("web", "1234567890abcdef1234567890abcdef12345678", None);
    }
}

//! What GitHub's webhooks tell, as far as it says where to look.
//!
//! Pure: bytes in, repositories out. Nothing else in an event is believed; what happened is then read from GitHub
//! itself. So what is left out here costs time until the next sweep, and never more.
//!
//! Only events about base branches and the bot's own branches (`towpath/`) count, so that other work in a busy
//! repository causes no reads. Events about what the bot itself just did are not dropped, apart from its statuses and
//! the checks of its own App: a user may share the token. They cost a few conditional requests for each promotion.

mod body;

use serde::de::Error as _;

use crate::model::{BRANCH_PREFIX, UserName, words};
use body::Body;

/// Most repositories that one event may name; what is beyond is found by the next sweep.
const REPOSITORIES_MAX: usize = 1_000;
/// How many branches GitHub names with a status; there may be more then.
const BRANCHES_OF_STATUS: usize = 10;
/// What stands before the name of a branch in the name of its ref.
const BRANCH_REFS: &str = "refs/heads/";

words! {
    /// The events of GitHub that can say where to look. There are some fifty others, which nobody here waits for.
    EventKind {
        /// A branch moved.
        Push = "push",
        /// A pull request was opened, closed, labelled, or got another head.
        PullRequest = "pull_request",
        /// Somebody reviewed a pull request.
        PullRequestReview = "pull_request_review",
        /// Somebody commented on a pull request, or on an issue.
        IssueComment = "issue_comment",
        /// The merge queue made a commit that it would merge, or gave one up.
        MergeGroup = "merge_group",
        /// A check ended.
        CheckRun = "check_run",
        /// All checks of one App ended.
        CheckSuite = "check_suite",
        /// A commit got a status.
        Status = "status",
        /// A deployment went on.
        DeploymentStatus = "deployment_status",
        /// A workflow of GitHub Actions ended.
        WorkflowRun = "workflow_run",
        /// A branch or tag was made.
        Create = "create",
        /// A branch or tag is gone.
        Delete = "delete",
        /// A repository was renamed, archived, or is gone.
        Repository = "repository",
        /// The App was installed, or is gone.
        Installation = "installation",
        /// The App got repositories, or lost some.
        InstallationRepositories = "installation_repositories",
        /// A package was published.
        Package = "package",
        /// The same, as GitHub called it first.
        RegistryPackage = "registry_package",
        /// The webhook was made.
        Ping = "ping",
    }
}

/// Why an event cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// It is no text.
    #[error("the body is not UTF-8 text, or holds a NUL")]
    NotText,
    /// It is not JSON, or not what GitHub sends under this name.
    #[error("the body is no `{kind}` of GitHub: {}", crate::sanitize::line(&.why.to_string()))]
    Foreign {
        /// What its header says that it is.
        kind: EventKind,
        /// What is wrong.
        why: serde_json::Error,
    },
}

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventContent {
    /// Something happened in these repositories, in GitHub's spelling.
    Repositories(Vec<String>),
    /// Something happened on these branches of a repository, in GitHub's spelling.
    Branches(String, Vec<String>),
    /// An image may have got another tag; `registry::push` knows how to read it.
    Package,
    /// It is what the bot itself just did, and nothing that anybody else could have.
    Own,
    /// Nothing that anybody waits for.
    Nothing,
}

/// An event that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What it says.
    pub news: EventContent,
    /// The installation of the App that it came from, where it came from one.
    pub installation: Option<u64>,
}

/// Reads the body of an event whose header says `kind`, and which `bot` receives.
///
/// # Errors
/// Where the body is not text, not JSON, or not of that kind.
pub fn read(kind: EventKind, body: &[u8], bot: &UserName) -> Result<Event, EventError> {
    let text = std::str::from_utf8(body).map_err(|_| EventError::NotText)?;
    if text.contains('\0') {
        return Err(EventError::NotText);
    }
    // Read once: two readers could take two different keys of the same name.
    let body: Body = serde_json::from_str(text).map_err(|why| EventError::Foreign { kind, why })?;
    if !body.is(kind) {
        let why =
            serde_json::Error::custom("it lacks what such an event holds, or holds what another one does");
        return Err(EventError::Foreign { kind, why });
    }
    let installation = body.installation.as_ref().map(|installation| installation.id);
    Ok(Event { news: news(kind, body, bot), installation })
}

fn news(kind: EventKind, body: Body, bot: &UserName) -> EventContent {
    if body.is_of(kind, bot) {
        return EventContent::Own;
    }
    match kind {
        EventKind::Ping => EventContent::Nothing,
        EventKind::Package | EventKind::RegistryPackage => EventContent::Package,
        EventKind::Installation | EventKind::InstallationRepositories => {
            let mut named: Vec<String> = body.installed().map(|own| own.full_name).collect();
            named.truncate(REPOSITORIES_MAX);
            EventContent::Repositories(named)
        }
        // What has begun or is about to decides nothing; its end comes as an event of its own.
        EventKind::CheckRun if body.acts(&["created"]) => EventContent::Nothing,
        EventKind::CheckSuite if body.acts(&["requested"]) => EventContent::Nothing,
        EventKind::WorkflowRun if body.acts(&["requested", "in_progress"]) => EventContent::Nothing,
        // What became of a group is told by its pull requests and the base.
        EventKind::MergeGroup if !body.acts(&["checks_requested"]) => EventContent::Nothing,
        // An issue is none of ours.
        EventKind::IssueComment if !body.is_on_pull_request() => EventContent::Nothing,
        EventKind::IssueComment | EventKind::DeploymentStatus | EventKind::Repository => body
            .repository()
            .map_or(EventContent::Nothing, |repository| EventContent::Repositories(vec![repository])),
        EventKind::Push
        | EventKind::PullRequest
        | EventKind::PullRequestReview
        | EventKind::MergeGroup
        | EventKind::CheckRun
        | EventKind::CheckSuite
        | EventKind::Status
        | EventKind::WorkflowRun
        | EventKind::Create
        | EventKind::Delete => on_branches(kind, &body),
    }
}

/// News of the branches that an event names; of the whole repository where it does not say which.
fn on_branches(kind: EventKind, body: &Body) -> EventContent {
    let Some(repository) = body.repository() else { return EventContent::Nothing };
    match body.branches(kind) {
        Branches::Unsaid => EventContent::Repositories(vec![repository]),
        Branches::Named(branches) if branches.is_empty() => EventContent::Nothing,
        Branches::Named(branches) => EventContent::Branches(repository, branches),
    }
}

/// Whether what happens on a branch can matter to a place on `base`: only that branch and our own do.
#[must_use]
pub fn concerns(branch: &str, base: &str) -> bool {
    branch == base || branch.starts_with(BRANCH_PREFIX)
}

/// Which branches an event is about.
enum Branches {
    /// It does not say so.
    Unsaid,
    /// These; none where it is about a tag.
    Named(Vec<String>),
}

#[cfg(test)]
mod tests;

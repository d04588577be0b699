//! The few keys of GitHub's events that are read; everything else may change without notice.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{BRANCH_REFS, BRANCHES_OF_STATUS, Branches, EventKind};
use crate::model::UserName;

/// What the names of our statuses start with.
const STATUS_PREFIX: &str = "towpath/";
/// What ends the name of the account of an App.
const APP_SUFFIX: &str = "[bot]";

/// The body of any event.
#[derive(Deserialize)]
pub(super) struct Body {
    action: Option<String>,
    repository: Option<Repository>,
    pub(super) installation: Option<Installation>,
    sender: Option<Account>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    ref_type: Option<String>,
    master_branch: Option<IgnoredAny>,
    before: Option<IgnoredAny>,
    after: Option<IgnoredAny>,
    pull_request: Option<PullRequest>,
    review: Option<IgnoredAny>,
    thread: Option<IgnoredAny>,
    comment: Option<IgnoredAny>,
    issue: Option<Issue>,
    merge_group: Option<MergeGroup>,
    check_run: Option<CheckRun>,
    check_suite: Option<CheckSuite>,
    sha: Option<IgnoredAny>,
    context: Option<String>,
    branches: Option<Vec<Branch>>,
    deployment: Option<IgnoredAny>,
    deployment_status: Option<IgnoredAny>,
    workflow_run: Option<WorkflowRun>,
    repositories: Option<Vec<Repository>>,
    repositories_added: Option<Vec<Repository>>,
    repositories_removed: Option<Vec<Repository>>,
    package: Option<IgnoredAny>,
    registry_package: Option<IgnoredAny>,
    zen: Option<IgnoredAny>,
    hook: Option<IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct Repository {
    pub(super) full_name: String,
}

#[derive(Deserialize)]
pub(super) struct Installation {
    pub(super) id: u64,
}

#[derive(Deserialize)]
struct Account {
    login: String,
}

#[derive(Deserialize)]
struct PullRequest {
    head: Head,
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "ref")]
    reference: String,
}

#[derive(Deserialize)]
struct Issue {
    pull_request: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct MergeGroup {
    /// The branch into which it goes, by its whole name.
    base_ref: String,
}

#[derive(Deserialize)]
struct CheckRun {
    app: Option<App>,
    check_suite: Option<CheckSuite>,
}

#[derive(Deserialize)]
struct CheckSuite {
    app: Option<App>,
    head_branch: Option<String>,
}

#[derive(Deserialize)]
struct App {
    slug: Option<String>,
}

#[derive(Deserialize)]
struct WorkflowRun {
    head_branch: Option<String>,
}

#[derive(Deserialize)]
struct Branch {
    name: String,
}

impl Body {
    /// Whether it holds what an event of this kind holds, and nothing that only another one does.
    pub(super) fn is(&self, kind: EventKind) -> bool {
        let acts = self.action.is_some();
        match kind {
            EventKind::Push => self.reference.is_some() && self.before.is_some() && self.after.is_some(),
            EventKind::PullRequest => {
                let is_more = self.review.is_some() || self.thread.is_some() || self.comment.is_some();
                acts && self.pull_request.is_some() && !is_more
            }
            EventKind::PullRequestReview => acts && self.pull_request.is_some() && self.review.is_some(),
            EventKind::IssueComment => acts && self.issue.is_some() && self.comment.is_some(),
            EventKind::MergeGroup => acts && self.merge_group.is_some(),
            EventKind::CheckRun => acts && self.check_run.is_some() && self.deployment.is_none(),
            EventKind::CheckSuite => acts && self.check_suite.is_some(),
            EventKind::Status => self.sha.is_some() && self.context.is_some(),
            EventKind::DeploymentStatus => self.deployment_status.is_some() && self.deployment.is_some(),
            EventKind::WorkflowRun => acts && self.workflow_run.is_some() && self.deployment.is_none(),
            EventKind::Create => self.is_of_ref() && self.master_branch.is_some(),
            EventKind::Delete => self.is_of_ref() && self.master_branch.is_none(),
            EventKind::Repository => acts && self.repository.is_some() && !self.is_about_a_part(),
            EventKind::Installation => {
                acts && self.installation.is_some() && self.repository.is_none() && !self.is_list()
            }
            EventKind::InstallationRepositories => acts && self.installation.is_some() && self.is_list(),
            EventKind::Package => acts && self.package.is_some(),
            EventKind::RegistryPackage => acts && self.registry_package.is_some(),
            EventKind::Ping => self.zen.is_some() && self.hook.is_some(),
        }
    }

    const fn is_of_ref(&self) -> bool {
        self.reference.is_some() && self.ref_type.is_some()
    }

    const fn is_list(&self) -> bool {
        self.repositories_added.is_some() || self.repositories_removed.is_some()
    }

    /// Whether it is about something within a repository.
    const fn is_about_a_part(&self) -> bool {
        self.pull_request.is_some()
            || self.issue.is_some()
            || self.comment.is_some()
            || self.merge_group.is_some()
            || self.check_run.is_some()
            || self.check_suite.is_some()
            || self.deployment.is_some()
            || self.workflow_run.is_some()
            || self.package.is_some()
            || self.registry_package.is_some()
    }

    /// Whether the action is one of these.
    pub(super) fn acts(&self, actions: &[&str]) -> bool {
        self.action.as_deref().is_some_and(|action| actions.contains(&action))
    }

    /// Whether a comment stands on a pull request: to GitHub each of them is an issue too.
    pub(super) fn is_on_pull_request(&self) -> bool {
        self.issue.as_ref().is_some_and(|issue| issue.pull_request.is_some())
    }

    pub(super) fn repository(&self) -> Option<String> {
        self.repository.as_ref().map(|repository| repository.full_name.clone())
    }

    /// The repositories that an installation got or lost.
    pub(super) fn installed(self) -> impl Iterator<Item = Repository> {
        let lists = [self.repositories, self.repositories_added, self.repositories_removed];
        lists.into_iter().flatten().flatten()
    }

    /// Whether it tells the bot what the bot itself did, and what nobody else can do: a status of ours, or a check of
    /// our own App. Of everything else a second look is worth its price: another hand may have done it under the same
    /// name, and what GitHub answered right after our own doing may have been too old.
    pub(super) fn is_of(&self, kind: EventKind, bot: &UserName) -> bool {
        let is_own = |app: &Option<App>| {
            let slug = app.as_ref().and_then(|app| app.slug.as_deref());
            slug.is_some() && slug == bot.as_str().strip_suffix(APP_SUFFIX)
        };
        match kind {
            EventKind::Status => {
                let is_by_bot = self
                    .sender
                    .as_ref()
                    .is_some_and(|sender| sender.login.eq_ignore_ascii_case(bot.as_str()));
                is_by_bot && self.context.as_ref().is_some_and(|context| context.starts_with(STATUS_PREFIX))
            }
            // A person may ask for a check again, or press a button on it.
            EventKind::CheckRun if self.acts(&["rerequested", "requested_action"]) => false,
            EventKind::CheckRun => self.check_run.as_ref().is_some_and(|check| is_own(&check.app)),
            EventKind::CheckSuite if self.acts(&["rerequested"]) => false,
            EventKind::CheckSuite => self.check_suite.as_ref().is_some_and(|suite| is_own(&suite.app)),
            EventKind::Push
            | EventKind::PullRequest
            | EventKind::PullRequestReview
            | EventKind::IssueComment
            | EventKind::MergeGroup
            | EventKind::DeploymentStatus
            | EventKind::WorkflowRun
            | EventKind::Create
            | EventKind::Delete
            | EventKind::Repository
            | EventKind::Installation
            | EventKind::InstallationRepositories
            | EventKind::Package
            | EventKind::RegistryPackage
            | EventKind::Ping => false,
        }
    }

    /// The branches that it is about, where it says so.
    pub(super) fn branches(&self, kind: EventKind) -> Branches {
        let said = |branch: Option<&String>| {
            branch.map_or(Branches::Unsaid, |branch| Branches::Named(vec![branch.clone()]))
        };
        let of_suite =
            |suite: &Option<CheckSuite>| said(suite.as_ref().and_then(|own| own.head_branch.as_ref()));
        match kind {
            EventKind::Push => {
                let branch = self.reference.as_deref().and_then(|own| own.strip_prefix(BRANCH_REFS));
                Branches::Named(branch.map(str::to_owned).into_iter().collect())
            }
            EventKind::Create | EventKind::Delete => {
                let is_branch = self.ref_type.as_deref() == Some("branch");
                let branch = if is_branch { self.reference.clone() } else { None };
                Branches::Named(branch.into_iter().collect())
            }
            EventKind::PullRequest | EventKind::PullRequestReview => {
                said(self.pull_request.as_ref().map(|pull| &pull.head.reference))
            }
            EventKind::MergeGroup => {
                let base = self.merge_group.as_ref().map(|group| group.base_ref.as_str());
                let base = base.map(|own| own.strip_prefix(BRANCH_REFS).unwrap_or(own).to_owned());
                said(base.as_ref())
            }
            EventKind::CheckRun => {
                self.check_run.as_ref().map_or(Branches::Unsaid, |run| of_suite(&run.check_suite))
            }
            EventKind::CheckSuite => of_suite(&self.check_suite),
            EventKind::WorkflowRun => {
                said(self.workflow_run.as_ref().and_then(|run| run.head_branch.as_ref()))
            }
            EventKind::Status => match self.branches.as_deref() {
                Some(branches) if (1..BRANCHES_OF_STATUS).contains(&branches.len()) => {
                    Branches::Named(branches.iter().map(|branch| branch.name.clone()).collect())
                }
                Some(_) | None => Branches::Unsaid,
            },
            EventKind::IssueComment
            | EventKind::DeploymentStatus
            | EventKind::Repository
            | EventKind::Installation
            | EventKind::InstallationRepositories
            | EventKind::Package
            | EventKind::RegistryPackage
            | EventKind::Ping => Branches::Unsaid,
        }
    }
}

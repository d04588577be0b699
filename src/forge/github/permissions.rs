//! What an App of Towpath may do and hears of: one table for its manifest, for its tokens and for `towpath doctor`.

use http::Method;

use super::scope::Scope;
use super::webhook::EventKind;
use crate::model::Access;

/// A permission of GitHub and what it is for.
#[derive(Copy, Clone, Debug)]
pub struct Permission {
    /// Its name in the REST interface.
    pub name: &'static str,
    /// How much of it is needed.
    pub access: Access,
    /// What it is needed for, in words that end a sentence.
    pub purpose: &'static str,
    /// Whether nothing works without it; each token asks for these, and no more.
    pub is_vital: bool,
}

const fn vital(name: &'static str, access: Access, purpose: &'static str) -> Permission {
    Permission { name, access, purpose, is_vital: true }
}

const fn useful(name: &'static str, access: Access, purpose: &'static str) -> Permission {
    Permission { name, access, purpose, is_vital: false }
}

/// Every permission, and nothing that could change a right, a secret or a workflow.
pub const PERMISSIONS: [Permission; 9] = [
    vital("checks", Access::Write, "it shows the gates as a check"),
    vital("contents", Access::Write, "it reads configuration, writes branches and merges"),
    useful("deployments", Access::Write, "it tells what runs where"),
    // GitHub lets nobody subscribe to comments without it, those on pull requests included.
    useful("issues", Access::Read, "it hears of comments"),
    useful("members", Access::Read, "it asks who belongs to a team"),
    // Without it an App hears nothing of what the queue waits for.
    useful("merge_queues", Access::Read, "it hears of the merge queue"),
    vital("metadata", Access::Read, "it sees the repository at all"),
    vital("pull_requests", Access::Write, "it opens pull requests and comments on them"),
    useful("statuses", Access::Read, "it hears of the results of builds"),
];

/// What asking teams for reviews needs: GitHub looks the team up with the token that asks (github/docs issue 35057).
pub(super) const ASKING_TEAMS: [(&str, Access); 2] =
    [("members", Access::Read), ("pull_requests", Access::Write)];

/// The mutations that write commits and move branches.
const BRANCH_MUTATIONS: [&str; 3] = ["createCommitOnBranch(", "createRef(", "updateRefs("];

/// The permission that only an organization can grant.
pub(super) const OF_ORGANIZATIONS: &str = "members";

/// The events to subscribe to. What concerns the installation itself comes unasked, and asking for it is refused.
pub const EVENTS: [EventKind; 12] = [
    EventKind::CheckRun,
    EventKind::CheckSuite,
    EventKind::Create,
    EventKind::Delete,
    EventKind::DeploymentStatus,
    EventKind::IssueComment,
    EventKind::MergeGroup,
    EventKind::PullRequest,
    EventKind::PullRequestReview,
    EventKind::Push,
    EventKind::Repository,
    EventKind::Status,
];

/// The permission that a request needs, where that is plain from where it goes to; nothing where it is not.
///
/// It is as much of it as Towpath needs for everything, so that nobody has to grant it twice.
pub(super) fn permission_for(
    scope: Scope<'_>,
    method: &Method,
    path: &str,
) -> Option<(&'static str, Access)> {
    let name = permission_of_path(path)?;
    let asked = if *method == Method::GET { Access::Read } else { Access::Write };
    let wanted = PERMISSIONS.iter().find(|own| own.name == name).map_or(asked, |own| own.access);
    // Source code is only read.
    let is_source = matches!(scope, Scope::Source(_));
    Some((name, if is_source { asked } else { wanted.max(asked) }))
}

/// The same of a GraphQL document: what moves branches needs one permission, and of other documents it is not plain.
pub(super) fn permission_for_document(document: &str) -> Option<(&'static str, Access)> {
    let moves_branches = BRANCH_MUTATIONS.iter().any(|name| document.contains(name));
    moves_branches.then_some(("contents", Access::Write))
}

/// By what one may ask for something, as GitHub's "Permissions required for fine-grained personal access tokens" has it.
fn permission_of_path(path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap_or_default();
    let mut parts = path.trim_start_matches('/').split('/');
    let (place, _owner) = (parts.next()?, parts.next()?);
    if place == "orgs" {
        return parts.next().filter(|part| *part == "teams").map(|_| OF_ORGANIZATIONS);
    }
    if place != "repos" {
        return None;
    }
    let _repository = parts.next()?;
    match (parts.next()?, parts.next_back().unwrap_or_default()) {
        ("commits", "check-runs" | "check-suites") | ("check-runs" | "check-suites", _) => Some("checks"),
        ("commits", "status" | "statuses") | ("statuses", _) => Some("statuses"),
        // A merge writes to the branch.
        ("pulls", "merge") => Some("contents"),
        ("pulls" | "issues" | "labels", _) => Some("pull_requests"),
        ("deployments", _) => Some("deployments"),
        ("activity" | "commits" | "compare" | "contents" | "git" | "tarball", _) => Some("contents"),
        _ => None,
    }
}

/// How GitHub writes how much somebody may do.
#[must_use]
pub const fn access_word(access: Access) -> &'static str {
    match access {
        Access::None => "none",
        Access::Read => "read",
        Access::Write => "write",
        Access::Admin => "admin",
    }
}

/// How much a word of GitHub stands for; one that is unknown is taken for the most.
pub(super) fn access_of(word: &str) -> Access {
    match word {
        "none" => Access::None,
        "read" => Access::Read,
        "write" => Access::Write,
        _ => Access::Admin,
    }
}

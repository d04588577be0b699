//! What the bot may do: an App is told exactly, a classic token by its scopes, a fine-grained one only by trying.

use http::StatusCode;

use super::super::GitHubForge;
use super::super::permissions::{OF_ORGANIZATIONS, PERMISSIONS, access_of};
use super::super::scope::Scope;
use super::super::transport::{Call, encode_path};
use super::super::webhook::EventKind;
use super::TokenScope;
use super::wire::Installed;
use crate::forge::ForgeError;
use crate::model::{Access, Grant, Probe, RepositoryName};

/// Where tokens are made.
const TOKENS: &str = "Settings > Developer settings > Personal access tokens of the bot's account";
/// Scopes of a classic token that do no harm beside `repo`.
const HARMLESS_SCOPES: [&str; 9] = [
    "repo:status",
    "repo_deployment",
    "public_repo",
    "repo:invite",
    "security_events",
    "read:org",
    "read:repo_hook",
    "read:packages",
    "read:user",
];
/// The one scope that is enough.
const REPO: &str = "repo";
/// A permission that a fine-grained token has to have, and what can be read with it, to see whether it is there.
struct PermissionProbe {
    permission: &'static str,
    /// What is read, below the repository.
    path: &'static str,
    purpose: &'static str,
    is_vital: bool,
}

const PROBES: [PermissionProbe; 4] = [
    PermissionProbe {
        permission: "contents",
        path: "/git/matching-refs/heads/towpath",
        purpose: "it reads configuration, writes branches and merges",
        is_vital: true,
    },
    PermissionProbe {
        permission: "pull_requests",
        path: "/pulls?per_page=1",
        purpose: "it opens pull requests and comments on them",
        is_vital: true,
    },
    PermissionProbe {
        permission: "statuses",
        path: "/commits/HEAD/statuses?per_page=1",
        purpose: "it shows the gates as a commit status, without which nothing is promoted",
        is_vital: true,
    },
    PermissionProbe {
        permission: DEPLOYMENTS,
        path: "/deployments?per_page=1",
        purpose: "it tells what runs where",
        is_vital: false,
    },
];
/// What only landings that are shown as deployments need.
const DEPLOYMENTS: &str = "deployments";
/// What GitHub asks of whoever subscribes to events that are of use to some, what for, and which events.
const OF_EVENTS: [(&str, &str, &[EventKind]); 3] = [
    ("actions", "it hears of workflow runs", &[EventKind::WorkflowRun]),
    (DEPLOYMENTS, "it hears of deployments", &[EventKind::DeploymentStatus]),
    ("packages", "it hears of new images", &[EventKind::Package, EventKind::RegistryPackage]),
];

/// What somebody has to be granted, and what for.
#[derive(Copy, Clone)]
struct RequiredPermission {
    access: Access,
    purpose: &'static str,
    is_vital: bool,
}

impl GitHubForge {
    /// What the bot may do in a repository, held against what it has to.
    pub(super) async fn grants(
        &self,
        repository: &RepositoryName,
        who: &TokenScope<'_>,
    ) -> Probe<Vec<Grant>> {
        match (self.is_app(), who.scopes) {
            (true, _) => self.grants_of_app(repository, who.events).await,
            (false, Some(scopes)) => Probe::Known(of_scopes(scopes)),
            (false, None) => self.probed(repository, who.organization).await,
        }
    }

    async fn grants_of_app(&self, repository: &RepositoryName, events: &[String]) -> Probe<Vec<Grant>> {
        let path = format!("/repos/{repository}/installation");
        let installed: Installed = match self.told(Scope::Bot, "see its installation", path).await {
            Probe::Known(installed) => installed,
            Probe::Unknown(why) => return Probe::Unknown(why),
            Probe::Absent => return Probe::Unknown("the App is not installed there".to_owned()),
        };
        if let Some(since) = installed.suspended_at {
            return Probe::Unknown(format!("the App is suspended there since {since}"));
        }
        Probe::Known(self.of_app(&installed, events))
    }

    /// The permissions of an App against the table, and what it has beyond.
    fn of_app(&self, installed: &Installed, events: &[String]) -> Vec<Grant> {
        let Installed { permissions, html_url, target_type, .. } = installed;
        let granted = |name: &str| permissions.get(name).map_or(Access::None, |word| access_of(word));
        let settings = format!("the App's settings > Permissions & events, then accept it at {html_url}");
        let is_person = target_type == "User";
        let is_asked = |name: &str| !(is_person && name == OF_ORGANIZATIONS) && self.uses(name);
        let asked = PERMISSIONS.iter().filter(|own| is_asked(own.name)).map(|own| {
            let wanted =
                RequiredPermission { access: own.access, purpose: own.purpose, is_vital: own.is_vital };
            grant(own.name, granted(own.name), wanted, &settings, true)
        });
        let is_other =
            |name: &&String| PERMISSIONS.iter().all(|own| own.name != name.as_str() || !self.uses(name));
        let others = permissions.keys().filter(is_other).filter(|name| granted(name) > Access::None);
        let others = others.map(|name| grant(name, granted(name), of_events(name, events), &settings, true));
        asked.chain(others).collect()
    }

    /// Whether a permission is used at all, as the forge is configured.
    fn uses(&self, permission: &str) -> bool {
        permission != DEPLOYMENTS || self.inner.deployments
    }

    /// What a fine-grained token lets the bot read. It can be asked for nothing else.
    async fn probed(&self, repository: &RepositoryName, members_of: Option<&str>) -> Probe<Vec<Grant>> {
        let mut grants = Vec::with_capacity(PROBES.len() + 1);
        for probe in PROBES.iter().filter(|probe| self.uses(probe.permission)) {
            let path = format!("/repos/{repository}{}", probe.path);
            let granted = match self.readable(Scope::Repository(repository), path).await {
                Ok(granted) => granted,
                Err(error) => return Probe::Unknown(error.to_string()),
            };
            let wanted = RequiredPermission {
                access: Access::Write,
                purpose: probe.purpose,
                is_vital: probe.is_vital,
            };
            grants.push(grant(probe.permission, granted, wanted, TOKENS, false));
        }
        if let Some(organization) = members_of {
            let path = format!("/orgs/{}/teams?per_page=1", encode_path(organization));
            let granted = match self.readable(Scope::Organization(organization), path).await {
                Ok(granted) => granted,
                Err(error) => return Probe::Unknown(error.to_string()),
            };
            let purpose = "it asks who belongs to a team, without which what they write has to wait";
            let wanted = RequiredPermission { access: Access::Read, purpose, is_vital: true };
            grants.push(grant(OF_ORGANIZATIONS, granted, wanted, TOKENS, false));
        }
        Probe::Known(grants)
    }

    /// Whether something may be read. What is refused is forbidden, or said not to exist.
    async fn readable(&self, scope: Scope<'_>, path: String) -> Result<Access, ForgeError> {
        match self.inner.transport.call_with_headers(Call::get(scope, "look", path)).await {
            Ok((response, _)) if response.status == StatusCode::NOT_FOUND => Ok(Access::None),
            // Whoever learns that a repository is empty was let in.
            Ok(_) => Ok(Access::Read),
            Err(ForgeError::Forbidden { .. }) => Ok(Access::None),
            Err(error) => Err(error),
        }
    }
}

/// What a permission that Towpath itself does not need is good for: to hear of events that somebody subscribed to.
fn of_events(permission: &str, events: &[String]) -> RequiredPermission {
    let is_heard = |kind: &EventKind| events.iter().any(|event| event == kind.word());
    let useful = OF_EVENTS.iter().find(|(name, _, kinds)| *name == permission && kinds.iter().any(is_heard));
    match useful {
        Some((_, purpose, _)) => RequiredPermission { access: Access::Read, purpose, is_vital: false },
        None => RequiredPermission { access: Access::None, purpose: "", is_vital: false },
    }
}

/// A permission as it was found.
fn grant(name: &str, granted: Access, wanted: RequiredPermission, settings: &str, is_exact: bool) -> Grant {
    Grant {
        permission: name.to_owned(),
        wanted: wanted.access,
        granted,
        is_exact,
        is_vital: wanted.is_vital,
        purpose: wanted.purpose.to_owned(),
        settings: settings.to_owned(),
    }
}

/// The scopes of a classic token: `repo` is all that is needed, and much more than that.
fn of_scopes(scopes: &[String]) -> Vec<Grant> {
    let has_repo = scopes.iter().any(|scope| scope == REPO);
    let of = |scope: &str, wanted, granted, purpose: &str| Grant {
        permission: scope.to_owned(),
        wanted,
        granted,
        is_exact: true,
        is_vital: true,
        purpose: purpose.to_owned(),
        settings: TOKENS.to_owned(),
    };
    let purpose = "everything in a private repository needs it";
    let repo = of(REPO, Access::Write, if has_repo { Access::Write } else { Access::None }, purpose);
    let is_harmless = |scope: &&String| scope.as_str() == REPO || HARMLESS_SCOPES.contains(&scope.as_str());
    let others = scopes.iter().filter(|scope| !is_harmless(scope));
    std::iter::once(repo).chain(others.map(|scope| of(scope, Access::None, Access::Write, ""))).collect()
}

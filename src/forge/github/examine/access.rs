//! What the bot may do: an App is told exactly, a classic token by its scopes, a fine-grained one only by trying.

use super::super::GitHubForge;
use super::super::connection::Call;
use super::super::credentials::Scope;
use super::super::permissions::{OF_ORGANIZATIONS, PERMISSIONS, access_of};
use super::wire::Installed;
use crate::forge::ForgeError;
use crate::model::{Access, Grant, RepositoryName, Told};

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
/// What can be read with each permission of a fine-grained token, to see whether it is there.
const PROBES: [(&str, &str); 3] = [
    ("contents", "/git/matching-refs/heads/towpath"),
    ("pull_requests", "/pulls?per_page=1"),
    ("deployments", "/deployments?per_page=1"),
];

impl GitHubForge {
    /// What the bot may do in a repository, held against what it has to.
    pub(super) async fn grants(
        &self,
        repository: &RepositoryName,
        scopes: Option<&[String]>,
    ) -> Told<Vec<Grant>> {
        match (self.is_app(), scopes) {
            (true, _) => self.grants_of_app(repository).await,
            (false, Some(scopes)) => Told::Known(of_scopes(scopes)),
            (false, None) => self.probed(repository).await,
        }
    }

    async fn grants_of_app(&self, repository: &RepositoryName) -> Told<Vec<Grant>> {
        let path = format!("/repos/{repository}/installation");
        let installed: Installed = match self.told(Scope::Bot, "see its installation", path).await {
            Told::Known(installed) => installed,
            Told::Unknown(why) => return Told::Unknown(why),
            Told::Absent => return Told::Unknown("the App is not installed there".to_owned()),
        };
        if let Some(since) = installed.suspended_at {
            return Told::Unknown(format!("the App is suspended there since {since}"));
        }
        Told::Known(of_app(&installed))
    }

    async fn probed(&self, repository: &RepositoryName) -> Told<Vec<Grant>> {
        let mut grants = Vec::with_capacity(PROBES.len());
        for (permission, path) in PROBES {
            let path = format!("/repos/{repository}{path}");
            let call = Call::get(Scope::Repository(repository), "look", path);
            let granted = match self.inner.connection.ask(call).await {
                Ok((answer, _)) if answer.status.is_success() => Access::Read,
                Ok(_) | Err(ForgeError::Forbidden { .. }) => Access::None,
                Err(error) => return Told::Unknown(error.to_string()),
            };
            grants.push(grant(permission, granted, TOKENS, false));
        }
        Told::Known(grants)
    }
}

/// The permissions of an App against the table, and what it has beyond.
fn of_app(installed: &Installed) -> Vec<Grant> {
    let Installed { permissions, html_url, target_type, .. } = installed;
    let granted = |name: &str| permissions.get(name).map_or(Access::None, |word| access_of(word));
    let settings = format!("the App's settings > Permissions & events, then accept it at {html_url}");
    let is_person = target_type == "User";
    let asked = PERMISSIONS.iter().filter(|own| !is_person || own.name != OF_ORGANIZATIONS);
    let known = asked.map(|own| grant(own.name, granted(own.name), &settings, true));
    let others = permissions.keys().filter(|name| PERMISSIONS.iter().all(|own| own.name != name.as_str()));
    known.chain(others.map(|name| grant(name, granted(name), &settings, true))).collect()
}

/// A permission as it was found.
fn grant(name: &str, granted: Access, settings: &str, is_exact: bool) -> Grant {
    let own = PERMISSIONS.iter().find(|own| own.name == name);
    Grant {
        permission: name.to_owned(),
        wanted: own.map_or(Access::None, |own| own.access),
        granted,
        is_exact,
        is_vital: own.is_some_and(|own| own.is_vital),
        purpose: own.map(|own| own.purpose.to_owned()).unwrap_or_default(),
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

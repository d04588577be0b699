//! People, Apps and teams.

use serde_json::{Value, json};
use towpath::model::{Time, UserName};

use super::super::super::State;
use super::{WEB, api, node_id, time};

/// What the bot's App may do and hear of, as its settings say.
pub(in super::super) struct Grants {
    pub(in super::super) permissions: Value,
    pub(in super::super) events: Value,
}

/// An account's number: always the same for a name.
pub(in super::super) fn account_id(login: &str) -> u64 {
    login.to_ascii_lowercase().bytes().fold(7, |id, byte| (id * 31 + u64::from(byte)) % 1_000_003)
}

/// An account as others see it.
pub(in super::super) fn account(login: &str) -> Value {
    let id = account_id(login);
    let url = api(&format!("/users/{}", login.replace('[', "%5B").replace(']', "%5D")));
    json!({
        "login": login,
        "id": id,
        "node_id": node_id("U", id),
        "avatar_url": format!("{WEB}/avatars/{id}"),
        "gravatar_id": "",
        "url": url,
        "html_url": format!("{WEB}/{}", login.trim_end_matches("[bot]")),
        "followers_url": format!("{url}/followers"),
        "following_url": format!("{url}/following{{/other_user}}"),
        "gists_url": format!("{url}/gists{{/gist_id}}"),
        "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{url}/subscriptions"),
        "organizations_url": format!("{url}/orgs"),
        "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events{{/privacy}}"),
        "received_events_url": format!("{url}/received_events"),
        "type": kind(login),
        "site_admin": false,
    })
}

/// An account as it sees itself.
pub(in super::super) fn own_account(login: &str, at: Time) -> Value {
    let mut account = account(login);
    for empty in ["name", "company", "location", "email", "hireable", "bio"] {
        account[empty] = Value::Null;
    }
    account["blog"] = json!("");
    for number in ["public_repos", "public_gists", "followers", "following"] {
        account[number] = json!(0);
    }
    account["created_at"] = json!(time(at));
    account["updated_at"] = json!(time(at));
    account
}

impl State {
    /// An account as everybody sees it.
    pub(in super::super) fn public_account(&self, login: &str) -> Value {
        let mut account = own_account(login, self.started_at());
        account["id"] = json!(self.present_id(login));
        account
    }

    /// What somebody may do in the repository.
    pub(in super::super) fn permission(&self, login: &str) -> Value {
        let is_this = |name: &UserName| name.as_str().eq_ignore_ascii_case(login);
        let role = self.permissions.iter().find(|(name, _)| is_this(name)).map_or("read", |(_, role)| role);
        let permission = match role {
            "maintain" => "write",
            "triage" => "read",
            role => role,
        };
        let mut user = account(login);
        user["id"] = json!(self.present_id(login));
        user["role_name"] = json!(role);
        json!({ "permission": permission, "role_name": role, "user": user })
    }

    /// The number of the account that has a name now.
    fn present_id(&self, login: &str) -> u64 {
        account_id(login) + u64::from(self.github.taken_over.contains(login))
    }
}

fn kind(login: &str) -> &'static str {
    match login {
        "acme" => "Organization",
        login if login.ends_with("[bot]") => "Bot",
        _ => "User",
    }
}

/// An App.
pub(in super::super) fn app(slug: &str, grants: &Grants, at: Time) -> Value {
    json!({
        "id": 12,
        "slug": slug,
        "node_id": node_id("A", 12),
        "client_id": "Iv1.0123456789abcdef",
        "owner": account("acme"),
        "name": slug,
        "description": "Tows releases",
        "external_url": "https://towpath.test",
        "html_url": format!("{WEB}/apps/{slug}"),
        "created_at": time(at),
        "updated_at": time(at),
        "permissions": grants.permissions,
        "events": grants.events,
        "installations_count": 1,
    })
}

/// The App in an organization.
pub(in super::super) fn installation(slug: &str, grants: &Grants, at: Time) -> Value {
    let id = 7;
    json!({
        "id": id,
        "account": account("acme"),
        "repository_selection": "selected",
        "access_tokens_url": api(&format!("/app/installations/{id}/access_tokens")),
        "repositories_url": api("/installation/repositories"),
        "html_url": format!("{WEB}/organizations/acme/settings/installations/{id}"),
        "app_id": 12,
        "app_slug": slug,
        "target_id": account_id("acme"),
        "target_type": "Organization",
        "permissions": grants.permissions,
        "events": grants.events,
        "created_at": time(at),
        "updated_at": time(at),
        "single_file_name": null,
        "suspended_by": null,
        "suspended_at": null,
    })
}

/// A team, by its organization and slug.
pub(in super::super) fn team(organization: &str, slug: &str, at: Time) -> Value {
    let id = account_id(slug);
    let url = api(&format!("/organizations/{}/team/{id}", account_id(organization)));
    json!({
        "id": id,
        "node_id": node_id("T", id),
        "url": url,
        "html_url": format!("{WEB}/orgs/{organization}/teams/{slug}"),
        "name": slug,
        "slug": slug,
        "description": null,
        "permission": "push",
        "privacy": "closed",
        "members_url": format!("{url}/members{{/member}}"),
        "repositories_url": format!("{url}/repos"),
        "members_count": 1,
        "repos_count": 1,
        "created_at": time(at),
        "updated_at": time(at),
        "organization": organization_of(organization, at),
        "type": "organization",
        "parent": null,
    })
}

/// Somebody's place in a team.
pub(in super::super) fn membership(organization: &str, slug: &str, login: &str) -> Value {
    let login = login.replace('[', "%5B").replace(']', "%5D");
    let url = api(&format!("/organizations/{organization}/team/{slug}/memberships/{login}"));
    json!({ "url": url, "role": "member", "state": "active" })
}

fn organization_of(login: &str, at: Time) -> Value {
    let (id, url) = (account_id(login), api(&format!("/orgs/{login}")));
    json!({
        "login": login,
        "id": id,
        "node_id": node_id("O", id),
        "url": url,
        "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events"),
        "hooks_url": format!("{url}/hooks"),
        "issues_url": format!("{url}/issues"),
        "members_url": format!("{url}/members{{/member}}"),
        "public_members_url": format!("{url}/public_members{{/member}}"),
        "avatar_url": format!("{WEB}/avatars/{id}"),
        "description": null,
        "archived_at": null,
        "has_organization_projects": true,
        "has_repository_projects": true,
        "public_repos": 1,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": format!("{WEB}/{login}"),
        "created_at": time(at),
        "updated_at": time(at),
        "type": "Organization",
    })
}

//! How the GitHub of a story is set up: what an owner clicks in its settings, and what `towpath doctor` reads.

use axum::http::response::Builder;
use chrono::TimeDelta;
use serde_json::{Value, json};
use towpath::forge::github::{EVENTS, PERMISSIONS, access_word};
use towpath::model::Time;
use towpath::observe::{Clock as _, SystemClock};

use super::super::State;
use super::json::{self, Grants};
use super::{Asked, Said, error, not_found};

/// The settings; all is well unless a test says otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// What a classic token is good for; nothing for a fine-grained one.
    pub(crate) scopes: Option<&'static str>,
    /// How long the token still lasts.
    pub(crate) token_lasts: Option<TimeDelta>,
    /// Whether its clock is the machine's, as for the real binary, and not that of the story.
    pub(crate) is_on_machine_time: bool,
    /// How far its clock is behind.
    pub(crate) clock_behind: TimeDelta,
    /// The repository's name by now.
    pub(crate) renamed_to: Option<&'static str>,
    pub(crate) archived: bool,
    pub(crate) is_gone: bool,
    pub(crate) may_push: bool,
    pub(crate) refuses_deployments: bool,
    /// What the App was granted.
    pub(crate) permissions: Value,
    pub(crate) events: Value,
    /// Where the App's events go.
    pub(crate) hook: Value,
    /// The webhooks of the repository, where the asker may read them.
    pub(crate) repository_hooks: Option<Vec<Value>>,
    /// The webhooks of the organization, where the asker may read them.
    pub(crate) organization_hooks: Option<Vec<Value>>,
    /// What became of the latest events: how many minutes ago, and with which status.
    pub(crate) deliveries: Vec<(i64, u16)>,
    /// Rules, and how the branches start that they are for.
    pub(crate) rules: Vec<(&'static str, Value)>,
    /// Whether the asker may pass the rules by: `always`, `pull_requests_only` or `never`.
    pub(crate) bypass: &'static str,
    /// The older protection of the base, and whether the asker may read it.
    pub(crate) protection: Option<(Value, bool)>,
    /// How many requests are left of 5,000.
    pub(crate) remaining: u64,
}

impl Default for Setup {
    fn default() -> Self {
        let permissions = PERMISSIONS.iter().map(|own| (own.name.to_owned(), json!(access_word(own.access))));
        Self {
            scopes: Some("repo, read:org"),
            token_lasts: None,
            is_on_machine_time: false,
            clock_behind: TimeDelta::zero(),
            renamed_to: None,
            archived: false,
            is_gone: false,
            may_push: true,
            refuses_deployments: false,
            permissions: Value::Object(permissions.collect()),
            events: EVENTS.iter().map(|event| event.word()).collect(),
            hook: json!({ "url": "https://towpath.test/hooks/github/hub", "content_type": "json", "secret": "********", "insecure_ssl": "0" }),
            repository_hooks: None,
            organization_hooks: None,
            deliveries: vec![(5, 202), (60, 202)],
            rules: Vec::new(),
            bypass: "never",
            protection: None,
            remaining: 4_990,
        }
    }
}

impl Setup {
    pub(super) fn grants(&self) -> Grants {
        Grants { permissions: self.permissions.clone(), events: self.events.clone() }
    }
}

impl State {
    /// What time it is by GitHub's clock.
    pub(super) fn clock(&self) -> Time {
        let setup = &self.github.setup;
        let now = if setup.is_on_machine_time { SystemClock.now() } else { self.forge_now() };
        now - setup.clock_behind
    }

    /// The headers that every answer has.
    pub(super) fn with_headers(&self, mut builder: Builder) -> Builder {
        let setup = &self.github.setup;
        builder = builder.header("date", date(self.clock()));
        if let Some(scopes) = setup.scopes {
            builder = builder.header("x-oauth-scopes", scopes);
        }
        if let Some(lasts) = setup.token_lasts {
            let end = (self.forge_now() + lasts).format("%Y-%m-%d %H:%M:%S UTC").to_string();
            builder = builder.header("github-authentication-token-expiration", end);
        }
        builder
    }

    pub(super) fn limits(&self) -> Said {
        let reset = (self.forge_now() + TimeDelta::minutes(30)).timestamp();
        let limit = |remaining: u64| json!({ "limit": 5_000, "remaining": remaining, "used": 5_000 - remaining, "reset": reset });
        let core = limit(self.github.setup.remaining);
        let resources = json!({ "core": core, "graphql": limit(5_000), "search": limit(5_000) });
        (200, json!({ "resources": resources, "rate": core }))
    }

    pub(super) fn hook_config(&self) -> Said {
        (200, self.github.setup.hook.clone())
    }

    pub(super) fn hook_deliveries(&self) -> Said {
        let sent = |(index, (minutes, status)): (usize, &(i64, u16))| {
            json!({
                "id": index,
                "guid": format!("delivery-{index}"),
                "delivered_at": json::time(self.forge_now() - TimeDelta::minutes(*minutes)),
                "redelivery": false,
                "duration": 0.3,
                "status": if *status < 300 { "OK" } else { "Invalid HTTP Response" },
                "status_code": status,
                "event": "push",
                "action": null,
                "installation_id": null,
                "repository_id": null,
            })
        };
        (200, self.github.setup.deliveries.iter().enumerate().map(sent).collect())
    }

    /// The repository as its settings have it.
    pub(super) fn own_repository(&self) -> Value {
        let setup = &self.github.setup;
        let name = setup.renamed_to.unwrap_or(self.place.repository.as_str());
        let mut repository = json::full_repository(name, self.started_at(), &self.protection.forbidden);
        repository["archived"] = json!(setup.archived);
        repository["permissions"]["push"] = json!(setup.may_push);
        repository
    }

    /// What an owner sees in the settings of the organization.
    pub(super) fn settings_of_organization(&self, parts: &[&str]) -> Said {
        match parts {
            ["hooks"] => {
                let hooks = self.github.setup.organization_hooks.clone();
                hooks.map_or_else(not_found, |hooks| (200, Value::Array(hooks)))
            }
            ["hooks", _, "deliveries"] => self.hook_deliveries(),
            // Who is in which of them no doctor wants to know.
            ["teams"] => (200, json!([])),
            _ => not_found(),
        }
    }

    /// What an owner sees in the settings of the repository.
    pub(super) fn settings(&self, asked: &Asked<'_>) -> Option<Said> {
        let setup = &self.github.setup;
        match asked.parts.as_slice() {
            ["hooks"] => Some(
                setup.repository_hooks.clone().map_or_else(not_found, |hooks| (200, Value::Array(hooks))),
            ),
            ["hooks", _, "deliveries"] => Some(self.hook_deliveries()),
            ["deployments"] => Some((200, json!([]))),
            ["rulesets", "1"] => Some(self.ruleset()),
            ["rules", "branches", branch @ ..] => Some(self.rules_of(&branch.join("/"))),
            ["branches", branch @ .., "protection"] => Some(self.protection_of(&branch.join("/"))),
            ["branches", branch @ ..] => Some(self.branch(&branch.join("/"))),
            _ => None,
        }
    }

    fn rules_of(&self, branch: &str) -> Said {
        let rules = self.github.setup.rules.iter();
        let own = rules.filter(|(start, _)| branch.starts_with(start)).map(|(_, rule)| in_ruleset(rule));
        (200, own.collect())
    }

    /// The one ruleset there is.
    fn ruleset(&self) -> Said {
        let ruleset = json!({
            "id": 1,
            "name": "what everybody has to keep to",
            "target": "branch",
            "source_type": "Repository",
            "source": self.place.repository.as_str(),
            "enforcement": "active",
            "current_user_can_bypass": self.github.setup.bypass,
        });
        (200, ruleset)
    }

    fn protection_of(&self, branch: &str) -> Said {
        let is_base = branch == self.place.branch.as_str();
        match &self.github.setup.protection {
            Some((protection, true)) if is_base => (200, protection.clone()),
            Some((_, false)) => (403, error("Resource not accessible by integration")),
            Some(_) | None => (404, error("Branch not protected")),
        }
    }

    fn branch(&self, name: &str) -> Said {
        let Some(tip) = name.parse().ok().and_then(|name| self.git.tip(&name)) else { return not_found() };
        let is_protected = self.github.setup.protection.is_some() && name == self.place.branch.as_str();
        let url = json::api(&format!("/repos/{}/branches/{name}", self.place.repository));
        (
            200,
            json!({
                "name": name,
                "commit": self.commit_json(tip.as_str(), self.git.get(tip)),
                "_links": { "html": url, "self": url },
                "protected": is_protected,
                "protection": { "enabled": is_protected },
                "protection_url": format!("{url}/protection"),
            }),
        )
    }
}

/// An instant as headers have it.
pub(super) fn date(at: Time) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn in_ruleset(rule: &Value) -> Value {
    let mut rule = rule.clone();
    rule["ruleset_id"] = json!(1);
    rule["ruleset_source_type"] = json!("Repository");
    rule["ruleset_source"] = json!("acme/deploy");
    rule
}

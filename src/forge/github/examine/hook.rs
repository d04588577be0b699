//! Where GitHub sends its events, and what became of them.

use super::super::GitHubForge;
use super::super::credentials::Scope;
use super::super::permissions::EVENTS;
use super::wire::{Delivery, HookConfig, RepositoryHook};
use crate::model::{Deliveries, Hook, RepositoryName, Told};

/// How many of the latest events are looked at.
const DELIVERIES_MAX: usize = 100;
/// Every event, in GitHub's word.
const ALL_EVENTS: &str = "*";

impl GitHubForge {
    /// The hook of the App, which tells of every repository.
    pub(super) async fn hook_of_app(&self, events: &[String]) -> Told<Hook> {
        if !self.is_app() {
            return Told::Absent;
        }
        match self.told(Scope::Bot, "read its webhook", "/app/hook/config".to_owned()).await {
            Told::Known(config) => {
                let path = "/app/hook/deliveries".to_owned();
                Told::Known(hook(&config, true, events, self.deliveries(Scope::Bot, path).await))
            }
            Told::Unknown(why) => Told::Unknown(why),
            // An App may have none.
            Told::Absent => Told::Known(hook(&HookConfig::default(), true, events, Told::Absent)),
        }
    }

    /// The hook of a repository that is meant for Towpath, where there is no App.
    pub(super) async fn hook_of(&self, repository: &RepositoryName) -> Told<Hook> {
        if self.is_app() {
            return Told::Absent;
        }
        let scope = Scope::Repository(repository);
        let path = format!("/repos/{repository}/hooks?per_page=100");
        let all: Vec<RepositoryHook> = match self.told(scope, "read the webhooks", path).await {
            Told::Known(all) => all,
            Told::Unknown(why) => return Told::Unknown(why),
            Told::Absent => return Told::Unknown("only an owner may read the webhooks".to_owned()),
        };
        let end = format!("/hooks/github/{}", self.name());
        let own = |hook: &&RepositoryHook| {
            hook.config.url.as_deref().is_some_and(|url| url.trim_end_matches('/').ends_with(&end))
        };
        let Some(own) = all.iter().find(own) else { return Told::Absent };
        let path = format!("/repos/{repository}/hooks/{}/deliveries", own.id);
        Told::Known(hook(&own.config, own.active, &own.events, self.deliveries(scope, path).await))
    }

    async fn deliveries(&self, scope: Scope<'_>, path: String) -> Told<Deliveries> {
        let path = format!("{path}?per_page={DELIVERIES_MAX}");
        let all: Vec<Delivery> = match self.told(scope, "read its deliveries", path).await {
            Told::Known(all) => all,
            Told::Unknown(why) => return Told::Unknown(why),
            Told::Absent => return Told::Absent,
        };
        let (taken, refused): (Vec<&Delivery>, Vec<&Delivery>) =
            all.iter().partition(|own| (200..300).contains(&own.status_code));
        let last = refused.iter().max_by_key(|own| own.delivered_at);
        Told::Known(Deliveries {
            count: all.len(),
            failed: refused.len(),
            taken_at: taken.iter().map(|own| own.delivered_at).max(),
            refused: last.map(|own| (own.delivered_at, noted(own))),
        })
    }
}

fn hook(config: &HookConfig, is_active: bool, events: &[String], deliveries: Told<Deliveries>) -> Hook {
    let is_heard = |word: &str| events.iter().any(|event| event == word || event == ALL_EVENTS);
    let missing = EVENTS.iter().map(|event| event.word()).filter(|word| !is_heard(word));
    Hook {
        url: config.url.clone().filter(|url| !url.is_empty()),
        is_active,
        has_secret: config.secret.as_ref().is_some_and(|secret| !secret.is_empty()),
        is_json: config.content_type.as_deref() == Some("json"),
        missing_events: missing.map(str::to_owned).collect(),
        deliveries,
    }
}

/// What GitHub noted of an event that was not taken.
fn noted(own: &Delivery) -> String {
    match own.status_code {
        0 => own.status.clone(),
        code => format!("{code} {}", own.status),
    }
}

//! Where GitHub sends its events, and what became of them.

use super::super::GitHubForge;
use super::super::permissions::EVENTS;
use super::super::scope::Scope;
use super::super::transport::encode_path;
use super::super::webhook::EventKind;
use super::wire::{Delivery, HookConfig, ListedHook};
use crate::model::{Deliveries, Hook, Probe, RepositoryName};

/// How many of the latest events are looked at.
const DELIVERIES_MAX: usize = 100;
/// What the address of every hook of Towpath has before the name of its forge.
const HOOKS: &str = "/hooks/github/";
/// Every event, in GitHub's word.
const ALL_EVENTS: &str = "*";

impl GitHubForge {
    /// The hook of the App, which tells of every repository.
    pub(super) async fn hook_of_app(&self, events: &[String]) -> Probe<Hook> {
        if !self.is_app() {
            return Probe::Absent;
        }
        match self.told(Scope::Bot, "read its webhook", "/app/hook/config".to_owned()).await {
            Probe::Known(config) => {
                let path = "/app/hook/deliveries".to_owned();
                Probe::Known(self.hook(&config, true, events, self.deliveries(Scope::Bot, path).await))
            }
            Probe::Unknown(why) => Probe::Unknown(why),
            // An App may have none.
            Probe::Absent => Probe::Known(self.hook(&HookConfig::default(), true, events, Probe::Absent)),
        }
    }

    /// The hook that is meant for Towpath where there is no App: of a repository, or of its organization.
    pub(super) async fn hook_of(
        &self,
        repository: &RepositoryName,
        organization: Option<&str>,
    ) -> Probe<Hook> {
        if self.is_app() {
            return Probe::Absent;
        }
        let scope = Scope::Repository(repository);
        let unread = "those of the repository only an owner may read";
        let own = self.hook_among(scope, &format!("/repos/{repository}/hooks"), unread).await;
        if own.known().is_some_and(|hook| self.is_led_to(hook.url.as_deref())) {
            return own;
        }
        let Some(organization) = organization else { return own };
        let scope = Scope::Organization(organization);
        let unread = "those of the organization only its owners may read";
        match (
            self.hook_among(scope, &format!("/orgs/{}/hooks", encode_path(organization)), unread).await,
            own,
        ) {
            // Both lead to another forge's: that of the repository is nearer.
            (Probe::Known(found), own @ Probe::Known(_)) if !self.is_led_to(found.url.as_deref()) => own,
            (found @ Probe::Known(_), _) | (Probe::Absent, found) => found,
            (Probe::Unknown(why), Probe::Unknown(first)) => Probe::Unknown(format!("{first}; {why}")),
            (Probe::Unknown(why), Probe::Known(other)) => {
                let url = other.url.unwrap_or_default();
                Probe::Unknown(format!("that of the repository leads to `{url}`; {why}"))
            }
            (Probe::Unknown(why), Probe::Absent) => Probe::Unknown(format!("the repository has none; {why}")),
        }
    }

    /// Whether an address ends in that of this forge.
    fn is_led_to(&self, url: Option<&str>) -> bool {
        let end = format!("{HOOKS}{}", self.name());
        url.is_some_and(|url| url.trim_end_matches('/').ends_with(&end))
    }

    /// The hook in a listing whose address is that of this forge, or else one that leads to another forge's: then
    /// somebody may have mistaken the name.
    async fn hook_among(&self, scope: Scope<'_>, path: &str, unread: &str) -> Probe<Hook> {
        let listing = format!("{path}?per_page=100");
        let all: Vec<ListedHook> = match self.told(scope, "read the webhooks", listing).await {
            Probe::Known(all) => all,
            Probe::Unknown(why) => return Probe::Unknown(why),
            Probe::Absent => return Probe::Unknown(unread.to_owned()),
        };
        let url = |hook: &ListedHook| hook.config.url.clone().unwrap_or_default();
        let Some(own) = all.iter().find(|hook| self.is_led_to(hook.config.url.as_deref())) else {
            let other = all.iter().find(|hook| url(hook).contains(HOOKS));
            let shown = |own: &ListedHook| self.hook(&own.config, own.active, &own.events, Probe::Absent);
            return other.map_or(Probe::Absent, |other| Probe::Known(shown(other)));
        };
        let deliveries = match self.deliveries(scope, format!("{path}/{}/deliveries", own.id)).await {
            Probe::Absent => Probe::Unknown("only an owner may read them".to_owned()),
            known @ (Probe::Known(_) | Probe::Unknown(_)) => known,
        };
        Probe::Known(self.hook(&own.config, own.active, &own.events, deliveries))
    }

    async fn deliveries(&self, scope: Scope<'_>, path: String) -> Probe<Deliveries> {
        let path = format!("{path}?per_page={DELIVERIES_MAX}");
        let all: Vec<Delivery> = match self.told(scope, "read its deliveries", path).await {
            Probe::Known(all) => all,
            Probe::Unknown(why) => return Probe::Unknown(why),
            Probe::Absent => return Probe::Absent,
        };
        let (taken, refused): (Vec<&Delivery>, Vec<&Delivery>) =
            all.iter().partition(|own| (200..300).contains(&own.status_code));
        let last = refused.iter().max_by_key(|own| own.delivered_at);
        Probe::Known(Deliveries {
            count: all.len(),
            failed: refused.len(),
            taken_at: taken.iter().map(|own| own.delivered_at).max(),
            refused: last.map(|own| (own.delivered_at, noted(own))),
        })
    }

    fn hook(
        &self,
        config: &HookConfig,
        is_active: bool,
        events: &[String],
        deliveries: Probe<Deliveries>,
    ) -> Hook {
        let is_heard = |word: &str| events.iter().any(|event| event == word || event == ALL_EVENTS);
        // Who shows no deployments, and so has no right to them, cannot hear of them.
        let wanted =
            EVENTS.iter().filter(|event| self.inner.deployments || **event != EventKind::DeploymentStatus);
        let missing = wanted.map(|event| event.word()).filter(|word| !is_heard(word));
        Hook {
            url: config.url.clone().filter(|url| !url.is_empty()),
            is_active,
            has_secret: config.secret.as_ref().is_some_and(|secret| !secret.is_empty()),
            is_json: config.content_type.as_deref() == Some("json"),
            missing_events: missing.map(str::to_owned).collect(),
            deliveries,
        }
    }
}

/// What GitHub noted of an event that was not taken.
fn noted(own: &Delivery) -> String {
    match own.status_code {
        0 => own.status.clone(),
        code => format!("{code} {}", own.status),
    }
}

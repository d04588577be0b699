//! The events of GitHub: which repositories and images they are about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Request, header};
use axum::response::Response;
use axum::routing::post;

use super::gate::WebhookGate;
use super::proof::Proof;
use super::registry::named;
use super::{EventInbox, GITHUB_DELIVERY, IntakeResult, answered, id, text_of};
use crate::config::GitHubForgeSettings;
use crate::forge::github::webhook::{self, EventContent, EventKind};
use crate::ledger::{DeliverySubject, Ledger};
use crate::model::{ConfigBranch, ForgeName, ImageName, PushKind, PushProof, RepositoryName, UserName};
use crate::observe::Clock;
use crate::registry::push;
use crate::server::Routes;
use crate::server::intake::WebhookRefusal;

/// Where GitHub signs the body. What it signs in `X-Hub-Signature`, by SHA-1, is not looked at.
const SIGNATURE: &str = "X-Hub-Signature-256";
/// Where GitHub says what the body is.
const EVENT: &str = "x-github-event";
/// The content type that GitHub's page for webhooks offers first.
const FORM: &str = "application/x-www-form-urlencoded";
/// What an event is called in metrics that is none of those that matter.
const OTHER: &str = "other";
/// What it is called before it is known.
const UNREAD: &str = "unread";

/// Says who the bot is there, as far as that is known.
pub type Bot = Arc<dyn Fn() -> UserName + Send + Sync>;

/// The hook of one GitHub.
pub struct GitHubHook {
    forge: ForgeName,
    /// The host of its registry.
    containers: String,
    installation: Option<u64>,
    places: Vec<ConfigBranch>,
    bot: Bot,
    door: WebhookGate,
}

impl std::fmt::Debug for GitHubHook {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("GitHubHook").field("forge", &self.forge).finish_non_exhaustive()
    }
}

impl GitHubHook {
    /// The hook of a GitHub, where anybody can prove to be one; `places` are all that services use.
    #[must_use]
    pub fn new(settings: &GitHubForgeSettings, places: &[ConfigBranch], bot: Bot) -> Option<Self> {
        if settings.webhook_secrets.is_empty() {
            return None;
        }
        let forge = settings.name.clone();
        let proof = Proof::new(PushProof::Signature(SIGNATURE), None, settings.webhook_secrets.clone());
        Some(Self {
            containers: settings.containers(),
            installation: settings.installation(),
            places: places.iter().filter(|place| place.forge == forge).cloned().collect(),
            bot,
            door: WebhookGate::new(format!("github/{forge}"), proof),
            forge,
        })
    }

    /// Reads an event that was proven: what it is about of what is used here.
    fn read(
        &self,
        kind: EventKind,
        body: &Bytes,
        images: &[ImageName],
    ) -> Result<EventScope, WebhookRefusal> {
        let event = webhook::read(kind, body, &(self.bot)()).map_err(|error| self.unread(&error))?;
        let is_elsewhere = |own: u64| event.installation.is_some_and(|its| its != own);
        if self.installation.is_some_and(is_elsewhere) {
            return Ok(EventScope::Nothing(IntakeResult::Unused));
        }
        Ok(match event.news {
            EventContent::Nothing if kind == EventKind::Ping => {
                tracing::info!(source = self.door.source(), "GitHub reaches this webhook");
                EventScope::Nothing(IntakeResult::Ignored)
            }
            EventContent::Own => EventScope::Nothing(IntakeResult::Own),
            EventContent::Nothing => EventScope::Nothing(IntakeResult::Ignored),
            EventContent::Repositories(named) => self.repositories(|place| has_name(&named, place)),
            EventContent::Branches(name, branches) => {
                let is_moved = |place: &ConfigBranch| {
                    branches.iter().any(|branch| webhook::concerns(branch, place.branch.as_str()))
                };
                self.repositories(|place| has_name(std::slice::from_ref(&name), place) && is_moved(place))
            }
            EventContent::Package => {
                let pushed = push::read(PushKind::Ghcr, body).map_err(|error| self.unread(&error))?;
                EventScope::of(DeliverySubject::Images(named(images, &pushed.repositories, &self.containers)))
            }
        })
    }

    fn repositories(&self, is_meant: impl Fn(&ConfigBranch) -> bool) -> EventScope {
        let meant: BTreeSet<RepositoryName> = self
            .places
            .iter()
            .filter(|place| is_meant(place))
            .map(|place| place.repository.clone())
            .collect();
        EventScope::of(DeliverySubject::Repositories(self.forge.clone(), meant.into_iter().collect()))
    }

    fn unread(&self, error: &dyn std::error::Error) -> WebhookRefusal {
        tracing::warn!(source = self.door.source(), "an event could not be read: {error}");
        WebhookRefusal::Malformed
    }
}

/// What an event is about.
enum EventScope {
    This(DeliverySubject),
    Nothing(IntakeResult),
}

impl EventScope {
    fn of(subject: DeliverySubject) -> Self {
        let is_empty = match &subject {
            DeliverySubject::Images(images) => images.is_empty(),
            DeliverySubject::Repositories(_, repositories) => repositories.is_empty(),
        };
        if is_empty { Self::Nothing(IntakeResult::Unused) } else { Self::This(subject) }
    }
}

/// To GitHub, upper and lower case in the name of a repository are the same.
fn has_name(named: &[String], place: &ConfigBranch) -> bool {
    named.iter().any(|name| name.eq_ignore_ascii_case(place.repository.as_str()))
}

/// The hooks of all GitHubs.
#[derive(Debug)]
pub struct GitHubHooks<L, C> {
    /// By the name of the forge, which stands in the address.
    pub hooks: BTreeMap<String, GitHubHook>,
    /// Who keeps what comes in.
    pub reception: Arc<EventInbox<L, C>>,
}

impl<L: Ledger + 'static, C: Clock + 'static> GitHubHooks<L, C> {
    /// The routes of these hooks.
    pub fn into_routes(self) -> Routes {
        let router = Router::new().route("/hooks/github/{forge}", post(answer::<L, C>));
        Routes(router.with_state(Arc::new(self)))
    }

    /// Takes an event; says what it is, once that is known, and what became of it.
    async fn take(
        &self,
        hook: &GitHubHook,
        request: Request<Body>,
    ) -> (&'static str, Result<IntakeResult, WebhookRefusal>) {
        let (headers, body) = match hook.door.enter(request).await {
            Ok(entered) => entered,
            Err(refusal) => return (UNREAD, Err(refusal)),
        };
        if is_form(&headers) {
            tracing::warn!(
                source = hook.door.source(),
                "set the content type of the webhook to application/json"
            );
            return (UNREAD, Err(WebhookRefusal::Form));
        }
        let Some(name) = text_of(&headers, EVENT) else { return (UNREAD, Err(WebhookRefusal::Malformed)) };
        let Some(kind) = EventKind::from_word(&name) else { return (OTHER, Ok(IntakeResult::Ignored)) };
        let taken = match hook.read(kind, &body, &self.reception.images) {
            Err(refusal) => Err(refusal),
            Ok(EventScope::Nothing(why)) => Ok(why),
            Ok(EventScope::This(subject)) => {
                let id = id(text_of(&headers, GITHUB_DELIVERY), &body);
                self.reception.keep(hook.door.source(), id, subject).await
            }
        };
        (kind.word(), taken)
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    text_of(headers, header::CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with(FORM))
}

async fn answer<L: Ledger + 'static, C: Clock + 'static>(
    State(hooks): State<Arc<GitHubHooks<L, C>>>,
    Path(forge): Path<String>,
    request: Request<Body>,
) -> Response {
    let Some(hook) = hooks.hooks.get(&forge) else {
        return answered("none", "none", Err(WebhookRefusal::Unknown));
    };
    let (kind, taken) = hooks.take(hook, request).await;
    answered(hook.door.source(), kind, taken)
}

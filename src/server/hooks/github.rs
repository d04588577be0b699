//! The events of GitHub: which repositories and images they are about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Request, header};
use axum::response::Response;
use axum::routing::post;

use super::door::Door;
use super::proof::Proof;
use super::registry::named;
use super::{GITHUB_DELIVERY, Reception, Taken, answered, id, text_of};
use crate::config::GitHubForgeSettings;
use crate::forge::github::events::{self, EventKind, News};
use crate::ledger::{Ledger, Subject};
use crate::model::{ForgeName, ImageName, Place, PushKind, PushProof, RepositoryName, UserName};
use crate::observe::Clock;
use crate::registry::push;
use crate::server::Routes;
use crate::server::intake::Refusal;

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
    places: Vec<Place>,
    bot: Bot,
    door: Door,
}

impl std::fmt::Debug for GitHubHook {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("GitHubHook").field("forge", &self.forge).finish_non_exhaustive()
    }
}

impl GitHubHook {
    /// The hook of a GitHub, where anybody can prove to be one; `places` are all that services use.
    #[must_use]
    pub fn new(settings: &GitHubForgeSettings, places: &[Place], bot: Bot) -> Option<Self> {
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
            door: Door::new(format!("github/{forge}"), proof),
            forge,
        })
    }

    /// Reads an event that was proven: what it is about of what is used here.
    fn read(&self, kind: EventKind, body: &Bytes, images: &[ImageName]) -> Result<About, Refusal> {
        let event = events::read(kind, body, &(self.bot)()).map_err(|error| self.unread(&error))?;
        let is_elsewhere = |own: u64| event.installation.is_some_and(|its| its != own);
        if self.installation.is_some_and(is_elsewhere) {
            return Ok(About::Nothing(Taken::Unused));
        }
        Ok(match event.news {
            News::Nothing if kind == EventKind::Ping => {
                tracing::info!(source = self.door.source(), "GitHub reaches this webhook");
                About::Nothing(Taken::Ignored)
            }
            News::Own => About::Nothing(Taken::Own),
            News::Nothing => About::Nothing(Taken::Ignored),
            News::Repositories(named) => self.repositories(|place| has_name(&named, place)),
            News::Branches(name, branches) => {
                let is_moved = |place: &Place| {
                    branches.iter().any(|branch| events::concerns(branch, place.branch.as_str()))
                };
                self.repositories(|place| has_name(std::slice::from_ref(&name), place) && is_moved(place))
            }
            News::Package => {
                let pushed = push::read(PushKind::Ghcr, body).map_err(|error| self.unread(&error))?;
                About::of(Subject::Images(named(images, &pushed.repositories, &self.containers)))
            }
        })
    }

    fn repositories(&self, is_meant: impl Fn(&Place) -> bool) -> About {
        let meant: BTreeSet<RepositoryName> = self
            .places
            .iter()
            .filter(|place| is_meant(place))
            .map(|place| place.repository.clone())
            .collect();
        About::of(Subject::Repositories(self.forge.clone(), meant.into_iter().collect()))
    }

    fn unread(&self, error: &dyn std::error::Error) -> Refusal {
        tracing::warn!(source = self.door.source(), "an event could not be read: {error}");
        Refusal::Malformed
    }
}

/// What an event is about.
enum About {
    This(Subject),
    Nothing(Taken),
}

impl About {
    fn of(subject: Subject) -> Self {
        let is_empty = match &subject {
            Subject::Images(images) => images.is_empty(),
            Subject::Repositories(_, repositories) => repositories.is_empty(),
        };
        if is_empty { Self::Nothing(Taken::Unused) } else { Self::This(subject) }
    }
}

/// To GitHub, upper and lower case in the name of a repository are the same.
fn has_name(named: &[String], place: &Place) -> bool {
    named.iter().any(|name| name.eq_ignore_ascii_case(place.repository.as_str()))
}

/// The hooks of all GitHubs.
#[derive(Debug)]
pub struct GitHubHooks<L, C> {
    /// By the name of the forge, which stands in the address.
    pub hooks: BTreeMap<String, GitHubHook>,
    /// Who keeps what comes in.
    pub reception: Arc<Reception<L, C>>,
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
    ) -> (&'static str, Result<Taken, Refusal>) {
        let (headers, body) = match hook.door.enter(request).await {
            Ok(entered) => entered,
            Err(refusal) => return (UNREAD, Err(refusal)),
        };
        if is_form(&headers) {
            tracing::warn!(
                source = hook.door.source(),
                "set the content type of the webhook to application/json"
            );
            return (UNREAD, Err(Refusal::Form));
        }
        let Some(name) = text_of(&headers, EVENT) else { return (UNREAD, Err(Refusal::Malformed)) };
        let Some(kind) = EventKind::from_word(&name) else { return (OTHER, Ok(Taken::Ignored)) };
        let taken = match hook.read(kind, &body, &self.reception.images) {
            Err(refusal) => Err(refusal),
            Ok(About::Nothing(why)) => Ok(why),
            Ok(About::This(subject)) => {
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
        return answered("none", "none", Err(Refusal::Unknown));
    };
    let (kind, taken) = hooks.take(hook, request).await;
    answered(hook.door.source(), kind, taken)
}

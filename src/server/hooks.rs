//! `POST /hooks/registry/NAME`: the events of registries.
//!
//! In this order: the name, the headers, the proof where it needs no body, the body within its bounds, the proof where
//! it is a signature of the body, and only then what the body says. An event is kept in the ledger before it is
//! answered with 202; so what was acknowledged is never lost. An event that is authentic and of no use is answered
//! with 202 too, because some products switch a hook off that refuses.

mod proof;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::Routes;
use super::intake::{self, Refusal};
use crate::config::HookSettings;
use crate::ledger::{Acceptance, Delivery, DeliveryId, Ledger};
use crate::model::{ImageName, PushKind, Time};
use crate::observe::Clock;
use crate::registry::push::{self, Pushed};
use proof::Proof;

/// Longest id of a product that is kept as it is; of a longer one, its hash.
const ID_BYTES_MAX: usize = 128;
/// Where GitHub names a delivery.
const GITHUB_DELIVERY: &str = "x-github-delivery";

/// The hook of one registry.
#[derive(Debug)]
pub struct RegistryHook {
    kind: PushKind,
    host: String,
    source: String,
    proof: Proof,
    turns: Semaphore,
}

impl RegistryHook {
    /// The hook of the registry `name`, whose images are at `host`.
    #[must_use]
    pub fn new(name: &str, host: &str, settings: &HookSettings) -> Self {
        Self {
            kind: settings.kind,
            host: host.to_owned(),
            source: format!("registry/{name}"),
            proof: Proof::new(settings),
            turns: Semaphore::new(intake::BODIES_AT_ONCE_MAX),
        }
    }
}

/// Hears of an image to which something was pushed, once that is kept.
pub type Told = Arc<dyn Fn(&ImageName, Time) + Send + Sync>;

/// The hooks of all registries.
pub struct RegistryHooks<L, C> {
    /// By the name in the address.
    pub hooks: BTreeMap<String, RegistryHook>,
    /// Every image that anybody uses.
    pub images: Vec<ImageName>,
    /// Where events are kept before they are answered.
    pub ledger: L,
    /// When they came.
    pub clock: C,
    /// Who hears of them then.
    pub told: Told,
}

impl<L, C> std::fmt::Debug for RegistryHooks<L, C> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RegistryHooks").field("hooks", &self.hooks).finish_non_exhaustive()
    }
}

/// What became of an event that was not refused.
#[derive(Copy, Clone)]
enum Taken {
    Accepted,
    Doubled,
    Ignored,
}

impl Taken {
    const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Doubled => "doubled",
            Self::Ignored => "ignored",
        }
    }
}

impl<L: Ledger + 'static, C: Clock + 'static> RegistryHooks<L, C> {
    /// The routes of these hooks.
    pub fn into_routes(self) -> Routes {
        let router = Router::new().route("/hooks/registry/{name}", post(answer::<L, C>));
        Routes(router.with_state(Arc::new(self)))
    }

    async fn take(&self, hook: &RegistryHook, request: Request<Body>) -> Result<Taken, Refusal> {
        let (head, body) = request.into_parts();
        let claim = hook.proof.check_head(&head.headers, head.uri.query()).ok_or(Refusal::Unproven)?;
        intake::check_head(&head.headers)?;
        let _turn = intake::turn(&hook.turns).await?;
        let body = intake::body(body).await?;
        if !hook.proof.check_body(&claim, &body) {
            return Err(Refusal::Unproven);
        }
        let pushed = push::read(hook.kind, &body).map_err(|error| {
            tracing::warn!(source = hook.source, "an event could not be read: {error}");
            Refusal::Malformed
        })?;
        self.keep(hook, &head.headers, &body, pushed).await
    }

    /// Keeps an event that anybody has a use for, and only then tells of it.
    async fn keep(
        &self,
        hook: &RegistryHook,
        headers: &HeaderMap,
        body: &Bytes,
        pushed: Pushed,
    ) -> Result<Taken, Refusal> {
        let is_meant =
            |image: &&ImageName| pushed.repositories.iter().any(|pushed| pushed.holds(image, &hook.host));
        let images: Vec<ImageName> = self.images.iter().filter(is_meant).cloned().collect();
        if images.is_empty() {
            return Ok(Taken::Ignored);
        }
        let received_at = self.clock.now();
        let id = id(hook.kind, headers, pushed.id, body);
        let delivery = Delivery { source: hook.source.clone(), id, received_at, images };
        let accepted = self.ledger.accept(&delivery).await.map_err(|error| {
            tracing::error!(source = hook.source, "an event was not taken: {error}");
            Refusal::NotKept
        })?;
        if accepted == Acceptance::Doubled {
            return Ok(Taken::Doubled);
        }
        for image in &delivery.images {
            tracing::info!(source = hook.source, %image, "an event tells of a push");
            (self.told)(image, received_at);
        }
        Ok(Taken::Accepted)
    }
}

async fn answer<L: Ledger + 'static, C: Clock + 'static>(
    State(hooks): State<Arc<RegistryHooks<L, C>>>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Response {
    let Some(hook) = hooks.hooks.get(&name) else {
        count("none", "none", Refusal::Unknown.word());
        return refused(Refusal::Unknown);
    };
    let taken = hooks.take(hook, request).await;
    count(&hook.source, hook.kind.word(), taken.map_or_else(Refusal::word, Taken::word));
    match taken {
        Ok(_) => StatusCode::ACCEPTED.into_response(),
        Err(refusal) => {
            tracing::debug!(source = hook.source, "an event was refused: {}", refusal.word());
            refused(refusal)
        }
    }
}

fn refused(refusal: Refusal) -> Response {
    (refusal.status(), refusal.sentence()).into_response()
}

fn count(source: &str, kind: &'static str, outcome: &'static str) {
    let labels = [("source", source.to_owned()), ("kind", kind.to_owned()), ("outcome", outcome.to_owned())];
    metrics::counter!("towpath_deliveries_total", &labels).increment(1);
}

/// What tells an event from others: the product's own name for it where it has one.
fn id(kind: PushKind, headers: &HeaderMap, own: Option<String>, body: &Bytes) -> DeliveryId {
    let header = headers.get(GITHUB_DELIVERY).filter(|_| kind == PushKind::Ghcr);
    let own = own.or_else(|| Some(header?.to_str().ok()?.to_owned())).filter(|id| !id.is_empty());
    match own {
        Some(id) if id.len() <= ID_BYTES_MAX => DeliveryId::Given(id),
        Some(id) => DeliveryId::Given(format!("sha256:{:x}", Sha256::digest(id.as_bytes()))),
        None => DeliveryId::OfContent(format!("sha256:{:x}", Sha256::digest(body))),
    }
}

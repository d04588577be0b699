//! The events of registries: which images they are about.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Request};
use axum::response::Response;
use axum::routing::post;

use super::gate::WebhookGate;
use super::proof::Proof;
use super::{EventInbox, GITHUB_DELIVERY, IntakeResult, answered, id, text_of};
use crate::config::HookSettings;
use crate::ledger::{DeliverySubject, Ledger};
use crate::model::{ImageName, PushKind};
use crate::observe::Clock;
use crate::registry::push::{self, PushedRepository};
use crate::server::Routes;
use crate::server::intake::WebhookRefusal;

/// The hook of one registry.
#[derive(Debug)]
pub struct RegistryHook {
    kind: PushKind,
    host: String,
    door: WebhookGate,
}

impl RegistryHook {
    /// The hook of the registry `name`, whose images are at `host`.
    #[must_use]
    pub fn new(name: &str, host: &str, settings: &HookSettings) -> Self {
        let HookSettings { kind, secrets, header } = settings;
        let proof = Proof::new(kind.proof(), header.clone(), secrets.clone());
        Self { kind: *kind, host: host.to_owned(), door: WebhookGate::new(format!("registry/{name}"), proof) }
    }
}

/// The hooks of all registries.
#[derive(Debug)]
pub struct RegistryHooks<L, C> {
    /// By the name in the address.
    pub hooks: BTreeMap<String, RegistryHook>,
    /// Who keeps what comes in.
    pub reception: Arc<EventInbox<L, C>>,
}

impl<L: Ledger + 'static, C: Clock + 'static> RegistryHooks<L, C> {
    /// The routes of these hooks.
    pub fn into_routes(self) -> Routes {
        let router = Router::new().route("/hooks/registry/{name}", post(answer::<L, C>));
        Routes(router.with_state(Arc::new(self)))
    }

    async fn take(
        &self,
        hook: &RegistryHook,
        request: Request<Body>,
    ) -> Result<IntakeResult, WebhookRefusal> {
        let (headers, body) = hook.door.enter(request).await?;
        let pushed = push::read(hook.kind, &body).map_err(|error| {
            tracing::warn!(source = hook.door.source(), "an event could not be read: {error}");
            WebhookRefusal::Malformed
        })?;
        let images = named(&self.reception.images, &pushed.repositories, &hook.host);
        if images.is_empty() {
            return Ok(IntakeResult::Ignored);
        }
        let own = pushed.id.or_else(|| in_header(hook.kind, &headers));
        let id = id(own, &body);
        self.reception.keep(hook.door.source(), id, DeliverySubject::Images(images)).await
    }
}

/// The images that lie in one of these repositories of a registry.
pub(super) fn named(images: &[ImageName], pushed: &[PushedRepository], host: &str) -> Vec<ImageName> {
    let is_meant = |image: &&ImageName| pushed.iter().any(|pushed| pushed.holds(image, host));
    images.iter().filter(is_meant).cloned().collect()
}

fn in_header(kind: PushKind, headers: &HeaderMap) -> Option<String> {
    if kind == PushKind::Ghcr { text_of(headers, GITHUB_DELIVERY) } else { None }
}

async fn answer<L: Ledger + 'static, C: Clock + 'static>(
    State(hooks): State<Arc<RegistryHooks<L, C>>>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Response {
    let Some(hook) = hooks.hooks.get(&name) else {
        return answered("none", "none", Err(WebhookRefusal::Unknown));
    };
    let taken = hooks.take(hook, request).await;
    answered(hook.door.source(), hook.kind.word(), taken)
}

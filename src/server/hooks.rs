//! `POST /hooks/registry/NAME` and `POST /hooks/github/FORGE`: the events of registries and forges.
//!
//! In this order: the name, the headers, the proof where it needs no body, the body within its bounds, the proof where
//! it is a signature of the body, and only then what the body says. An event is kept in the ledger before it is
//! answered with 202; so what was acknowledged is never lost. An authentic event that concerns nothing here is answered
//! with 202 too, because some products switch a hook off that refuses.

mod gate;
mod github;
mod proof;
mod registry;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use super::intake::WebhookRefusal;
use crate::ledger::{Acceptance, Delivery, DeliveryId, DeliverySubject, Ledger};
use crate::model::{ForgeName, ImageName, RepositoryName, Time};
use crate::observe::Clock;
pub use github::{Bot, GitHubHook, GitHubHooks};
pub use registry::{RegistryHook, RegistryHooks};

/// Longest id of a product that is kept as it is; of a longer one, its hash.
const ID_BYTES_MAX: usize = 128;
/// How long an event may take to be kept. GitHub waits 10 s for a response, other products less.
const KEEP_MAX: Duration = Duration::from_secs(2);
/// After how many seconds the sender of an event may try again when the service is busy.
const RETRY_AFTER_S: &str = "5";
/// Where GitHub names a delivery.
const GITHUB_DELIVERY: &str = "x-github-delivery";

/// Hears of an image to which something was pushed, once that is kept.
pub type Pushed = Arc<dyn Fn(&ImageName, Time) + Send + Sync>;
/// Hears of a repository in which something happened, once that is kept.
pub type Happened = Arc<dyn Fn(&ForgeName, &RepositoryName) + Send + Sync>;

/// Keeps what comes in, and then tells of it.
pub struct EventInbox<L, C> {
    /// Every image that anybody uses.
    pub images: Vec<ImageName>,
    /// Where events are kept before they are answered.
    pub ledger: L,
    /// When they came.
    pub clock: C,
    /// Who hears of images then.
    pub pushed: Pushed,
    /// Who hears of repositories then.
    pub happened: Happened,
}

impl<L, C> std::fmt::Debug for EventInbox<L, C> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("EventInbox").field("images", &self.images).finish_non_exhaustive()
    }
}

/// What became of an event that was not refused.
#[derive(Copy, Clone)]
enum IntakeResult {
    Accepted,
    Doubled,
    Ignored,
    /// It tells of what the bot itself did.
    Own,
    /// It is about what nobody here uses.
    Unused,
}

impl IntakeResult {
    const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Doubled => "doubled",
            Self::Ignored => "ignored",
            Self::Own => "own",
            Self::Unused => "unused",
        }
    }
}

impl<L: Ledger, C: Clock> EventInbox<L, C> {
    /// Keeps an event that somebody has a use for, and only then tells of it.
    async fn keep(
        &self,
        source: &str,
        id: DeliveryId,
        subject: DeliverySubject,
    ) -> Result<IntakeResult, WebhookRefusal> {
        let received_at = self.clock.now();
        let delivery = Delivery { source: source.to_owned(), id, received_at, subject };
        let accepted = tokio::time::timeout(KEEP_MAX, self.ledger.accept(&delivery)).await.map_err(|_| {
            // The write may still complete, and GitHub does not redeliver by itself
            // (https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries), so the look that the
            // event asks for is not left to a second delivery.
            self.tell(&delivery);
            tracing::error!(
                source,
                "the ledger did not confirm an event within {} s; the sender got 503, and the event is acted on anyway; check the disk of \
                 the ledger",
                KEEP_MAX.as_secs()
            );
            WebhookRefusal::NotKept
        })?;
        let accepted = accepted.map_err(|error| {
            tracing::error!(source, "the ledger could not store an event; the sender got 503: {error}");
            WebhookRefusal::NotKept
        })?;
        if accepted == Acceptance::Doubled {
            return Ok(IntakeResult::Doubled);
        }
        self.tell(&delivery);
        Ok(IntakeResult::Accepted)
    }

    fn tell(&self, delivery: &Delivery) {
        let source = &delivery.source;
        match &delivery.subject {
            DeliverySubject::Images(images) => {
                for image in images {
                    tracing::info!(source, %image, "an event reports a push");
                    (self.pushed)(image, delivery.received_at);
                }
            }
            DeliverySubject::Repositories(forge, repositories) => {
                for repository in repositories {
                    tracing::info!(source, %repository, "an event reports a change of a repository");
                    (self.happened)(forge, repository);
                }
            }
        }
    }
}

/// The answer to an event, counted.
fn answered(source: &str, kind: &'static str, taken: Result<IntakeResult, WebhookRefusal>) -> Response {
    let outcome = taken.map_or_else(WebhookRefusal::word, IntakeResult::word);
    let labels = [("source", source.to_owned()), ("kind", kind.to_owned()), ("outcome", outcome.to_owned())];
    metrics::counter!("towpath_deliveries_total", &labels).increment(1);
    tracing::debug!(source, kind, outcome, "an event came in");
    match taken {
        Ok(_) => StatusCode::ACCEPTED.into_response(),
        Err(refusal) => {
            let mut response = (refusal.status(), refusal.sentence()).into_response();
            if response.status() == StatusCode::SERVICE_UNAVAILABLE {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
            }
            response
        }
    }
}

/// What tells an event from others: the product's own name for it where it has one.
fn id(own: Option<String>, body: &Bytes) -> DeliveryId {
    match own.filter(|id| !id.is_empty()) {
        Some(id) if id.len() <= ID_BYTES_MAX => DeliveryId::Given(id),
        Some(id) => DeliveryId::Given(format!("sha256:{:x}", Sha256::digest(id.as_bytes()))),
        None => DeliveryId::OfContent(format!("sha256:{:x}", Sha256::digest(body))),
    }
}

/// The text of a header, where it is there and is text.
fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

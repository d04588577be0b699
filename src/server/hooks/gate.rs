//! The way in: nothing is read before it is bounded, and nothing is believed before it is proven.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request};
use tokio::time::Instant;

use super::proof::Proof;
use crate::server::intake::{self, BodyBudget, WebhookRefusal};

/// How often the log says that somebody has no proof.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// The door of one hook.
#[derive(Debug)]
pub(super) struct WebhookGate {
    source: String,
    proof: Proof,
    budget: BodyBudget,
    /// When somebody was last said to have no proof.
    told: Mutex<Option<Instant>>,
}

impl WebhookGate {
    pub(super) fn new(source: String, proof: Proof) -> Self {
        Self { source, proof, budget: BodyBudget::new(), told: Mutex::default() }
    }

    /// What events of this hook say where they come from.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The headers and the body of an event that proves where it comes from.
    pub(super) async fn enter(&self, request: Request<Body>) -> Result<(HeaderMap, Bytes), WebhookRefusal> {
        let (head, body) = request.into_parts();
        let claim =
            self.proof.check_head(&head.headers, head.uri.query()).await.ok_or_else(|| self.unproven())?;
        intake::check_head(&head.headers)?;
        let body = self.budget.read(body).await?;
        let key = self.proof.check_body(&claim, &body).await.ok_or_else(|| self.unproven())?;
        self.count(key);
        Ok((head.headers, body))
    }

    /// Says that an event has no proof, once in a while: whoever set it up wrongly looks into the log, and whoever floods
    /// the door does not fill it.
    fn unproven(&self) -> WebhookRefusal {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
            *told = Some(Instant::now());
            tracing::warn!(
                source = self.source,
                "an event proves by none of the secrets where it comes from; compare them with those at its sender"
            );
        }
        WebhookRefusal::Unproven
    }

    /// Says which secret was right, so that one sees when an old one is no longer in use.
    fn count(&self, key: usize) {
        let labels = [("source", self.source.clone()), ("key", key.to_string())];
        metrics::counter!("towpath_hook_keys_total", &labels).increment(1);
        tracing::debug!(source = self.source, key, "an event proved itself");
    }
}

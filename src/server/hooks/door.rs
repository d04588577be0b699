//! The way in: nothing is read before it is bounded, and nothing is believed before it is proven.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request};
use tokio::sync::Semaphore;

use super::proof::Proof;
use crate::server::intake::{self, Refusal};

/// The door of one hook.
#[derive(Debug)]
pub(super) struct Door {
    source: String,
    proof: Proof,
    turns: Semaphore,
}

impl Door {
    pub(super) fn new(source: String, proof: Proof) -> Self {
        Self { source, proof, turns: Semaphore::new(intake::BODIES_AT_ONCE_MAX) }
    }

    /// What events of this hook say where they come from.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The headers and the body of an event that proves where it comes from.
    pub(super) async fn enter(&self, request: Request<Body>) -> Result<(HeaderMap, Bytes), Refusal> {
        let (head, body) = request.into_parts();
        let claim = self.proof.check_head(&head.headers, head.uri.query()).ok_or(Refusal::Unproven)?;
        let is_small = intake::check_head(&head.headers)?;
        let _turn = if is_small { None } else { Some(intake::turn(&self.turns).await?) };
        let body = intake::body(body).await?;
        let key = self.proof.check_body(&claim, &body).ok_or(Refusal::Unproven)?;
        self.count(key);
        Ok((head.headers, body))
    }

    /// Says which secret was right, so that one sees when an old one is no longer in use.
    fn count(&self, key: usize) {
        let labels = [("source", self.source.clone()), ("key", key.to_string())];
        metrics::counter!("towpath_hook_keys_total", &labels).increment(1);
        tracing::debug!(source = self.source, key, "an event proved itself");
    }
}

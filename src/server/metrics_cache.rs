//! The text of the metrics, rendered at most once in a short interval.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use tokio::time::Instant;

/// How old the text may be that a client gets. Rendering takes milliseconds and anybody may ask, so requests that come
/// together share one text. Prometheus asks every 15 seconds or more rarely.
const AGE_MAX: Duration = Duration::from_secs(1);

/// Renders the metrics, and keeps the text for requests that come soon after. Clones share one text.
#[derive(Clone)]
pub(super) struct MetricsCache {
    render: Arc<dyn Fn() -> String + Send + Sync>,
    rendered: Arc<Mutex<Option<Rendered>>>,
}

struct Rendered {
    text: Bytes,
    at: Instant,
}

impl MetricsCache {
    pub(super) fn new(render: Arc<dyn Fn() -> String + Send + Sync>) -> Self {
        Self { render, rendered: Arc::default() }
    }

    /// The metrics as they were at most a second before `now`. While one request renders them, others wait for its text.
    pub(super) fn text(&self, now: Instant) -> Bytes {
        let mut rendered = self.rendered.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |rendered: &&Rendered| now.duration_since(rendered.at) < AGE_MAX;
        if let Some(fresh) = rendered.as_ref().filter(is_fresh) {
            return fresh.text.clone();
        }
        let text = Bytes::from((self.render)());
        *rendered = Some(Rendered { text: text.clone(), at: now });
        text
    }
}

#[cfg(test)]
mod tests;
